"""Offers and a deposit for a simulated store, so that its receipts show what prices can do; assumed."""

import msgspec

from tillfree.catalog.model import Product, Shop
from tillfree.catalog.offers import Offer, Surcharge

__all__ = ["with_offers"]

_SNACKS = ("Crisps", "Gummies", "Chocolate", "Nut Mix", "Chewing Gum", "Cookies", "Dried Fruit")
_BOTTLES = ("Cola", "Lemonade", "Iced Tea", "Still Water", "Energy Drink", "Lager")


def with_offers(shop: Shop) -> Shop:
    """The shop with three snacks for two and a deposit on bottles; one that has offers of its own stays as it is."""
    if shop.offers or shop.surcharges:
        return shop
    snacks, bottles = _named(shop, _SNACKS), _named(shop, _BOTTLES)
    offers = [Offer(id="snacks-3-for-2", name="3 for 2", kind="multi_buy", products=snacks, buy=3, pay=2, mix=True)]
    deposits = [Surcharge(id="bottle", name="Bottle deposit", kind="deposit", amount_minor=25, products=bottles)]
    return msgspec.structs.replace(
        shop, offers=tuple(offers if snacks else ()), surcharges=tuple(deposits if bottles else ())
    )


def _named(shop: Shop, words: tuple[str, ...]) -> tuple[str, ...]:
    def is_one(product: Product) -> bool:
        return product.sold_by != "weight" and any(f" {word} " in f"{product.name} " for word in words)

    return tuple(product.id for product in shop.products if is_one(product))
