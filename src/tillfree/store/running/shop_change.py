"""Another state of the shop: what of it may be in force at once, and what must wait until nobody is inside."""

import msgspec

from tillfree.catalog.model import Product, Shop

__all__ = ["at_once", "is_physical"]


def is_physical(old: Shop, new: Shop) -> bool:
    """Whether two shops differ in what the inference weighs and sees: furniture, facings, weights, doors, cameras."""
    return _body(old) != _body(new)


def at_once(old: Shop, new: Shop) -> Shop:
    """The old shop with the names, prices, offers and tax of the new one."""
    renewed = new.product_index()
    return msgspec.structs.replace(
        old,
        name=new.name,
        currency=new.currency,
        prices=new.prices,
        offers=new.offers,
        surcharges=new.surcharges,
        products=tuple(_repriced(product, renewed.get(product.id)) for product in old.products),
    )


def _body(shop: Shop) -> tuple[object, ...]:
    weights = {product.id: (product.weight_g, product.weight_sigma_g, product.rfid) for product in shop.products}
    return shop.fixtures, shop.facings, shop.zones, shop.cameras, weights


def _repriced(old: Product, new: Product | None) -> Product:
    if new is None:
        return old
    return msgspec.structs.replace(new, weight_g=old.weight_g, weight_sigma_g=old.weight_sigma_g, rfid=old.rfid)
