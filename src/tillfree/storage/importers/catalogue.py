"""Collecting the products of an import: the first row of an id counts, oddities are counted."""

import msgspec

from tillfree.catalog.model import Product
from tillfree.catalog.product_table import ProductLimits
from tillfree.core.ids import ProductId
from tillfree.storage.recordings.tally import Tally

__all__ = ["ProductRows", "usable_price_minor", "usable_weight_g"]

_LIMITS = ProductLimits()
_PRICE_MAX = 1e7


def usable_weight_g(weight_g: float | None) -> float | None:
    """The weight of one unit, None where it is missing or not to be believed."""
    return weight_g if weight_g is not None and _LIMITS.weight_min_g <= weight_g <= _LIMITS.weight_max_g else None


def usable_price_minor(price: float | None) -> int | None:
    """The price in minor units (cents), None where it is missing or impossible."""
    return round(price * 100) if price is not None and 0.0 <= price <= _PRICE_MAX else None


class ProductRows:
    """Products by id, in the order of their first rows."""

    def __init__(self, tally: Tally) -> None:
        self.products: dict[ProductId, Product] = {}
        self._tally = tally

    def add(self, product: Product, where: str, expected: bool = False) -> None:
        """Takes a row; a second one of an id only fills in a weight or price that the first did not have.

        `expected` is for sources that list a product once per place: then only contradictions are counted.
        """
        known = self.products.get(product.id)
        if known is None:
            self.products[product.id] = product
            return
        where = f"{where}, {product.id}"
        if not expected:
            self._tally.add("product listed twice: its first row is used", where)
        if known.weight_g is not None and product.weight_g is not None and known.weight_g != product.weight_g:
            self._tally.add("product listed with two weights: the first is used", where)
        if (
            known.price_minor is not None
            and product.price_minor is not None
            and known.price_minor != product.price_minor
        ):
            self._tally.add("product listed with two prices: the first is used", where)
        self.products[product.id] = msgspec.structs.replace(
            known,
            weight_g=product.weight_g if known.weight_g is None else known.weight_g,
            price_minor=product.price_minor if known.price_minor is None else known.price_minor,
        )

    def report(self) -> None:
        """Counts what is odd about the whole."""
        for product in self.products.values():
            if product.weight_g is None:
                self._tally.add("product without a usable weight: the scales cannot tell it", product.id)
        placeholders = sum(product.price_minor == 100 for product in self.products.values())
        if len(self.products) > 20 and placeholders > 0.8 * len(self.products):
            self._tally.add("product with the price 1.00: probably a placeholder", times=placeholders)
