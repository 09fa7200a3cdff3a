"""Another state of the shop: what of it may be in force at once, and what must wait until nobody is inside."""

import msgspec

from tillfree.catalog.model import Product, Shop

__all__ = ["as_sold", "at_once", "is_physical"]


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


def as_sold(then: Shop, now: Shop) -> Shop:
    """The shop of the time of a sale, with what only today's catalogue knows.

    Goods that had no price then, or were in no catalogue, may have got one since so that their sale can be charged.
    """
    if then is now:
        return then
    known = then.product_index()
    unpriced = {product.id for product in then.products if product.price_minor is None}
    unpriced -= {entry.product for entry in then.prices}
    late = [product for product in now.products if product.id in unpriced or product.id not in known]
    if not late:
        return then
    names = {product.id for product in late}
    return msgspec.structs.replace(
        then,
        products=(*(product for product in then.products if product.id not in names), *late),
        prices=(*then.prices, *(entry for entry in now.prices if entry.product in names)),
    )


def _body(shop: Shop) -> tuple[object, ...]:
    weights = {product.id: (product.weight_g, product.weight_sigma_g, product.rfid) for product in shop.products}
    return shop.fixtures, shop.facings, shop.zones, shop.cameras, weights


def _repriced(old: Product, new: Product | None) -> Product:
    if new is None:
        return old
    return msgspec.structs.replace(new, weight_g=old.weight_g, weight_sigma_g=old.weight_sigma_g, rfid=old.rfid)
