"""The price of each product at a time: the shelf price of the catalogue, or an entry of the price list in force."""

from collections.abc import Iterable
from datetime import datetime

from tillfree.catalog.model import Product, Shop
from tillfree.catalog.offers import PriceEntry
from tillfree.catalog.periods import Window, window_of
from tillfree.core.ids import ProductId

__all__ = ["PriceList"]

_DAWN = datetime.min  # noqa: DTZ901  local time by meaning


class PriceList:
    """Prices of one store. Of several entries in force: the store's own, the one that began last, the lowest."""

    def __init__(self, shop: Shop, store: str) -> None:
        """`store` is the name by which entries name this store.

        Raises:
            CatalogError: a time of an entry is not understood.
        """
        self._entries: dict[ProductId, list[tuple[PriceEntry, Window]]] = {}
        for entry in shop.prices:
            if entry.store in ("", store):
                self._entries.setdefault(entry.product, []).append((entry, window_of(entry)))
        for entries in self._entries.values():
            entries.sort(key=_rank, reverse=True)

    def entry(self, product: ProductId, local: datetime) -> PriceEntry | None:
        """The entry in force at a local time of the store; None where the shelf price is."""
        return next((entry for entry, window in self._entries.get(product, ()) if window.holds(local)), None)

    def price_minor(self, product: Product, local: datetime) -> int | None:
        """What one unit (or kilogram) costs; None where nobody knows."""
        entry = self.entry(product.id, local) if self._entries else None
        return product.price_minor if entry is None else entry.price_minor

    def in_force(self, local: datetime) -> Iterable[PriceEntry]:
        """All entries that replace a shelf price at a local time, products in order."""
        for product in sorted(self._entries):
            entry = self.entry(product, local)
            if entry is not None:
                yield entry


def _rank(pair: tuple[PriceEntry, Window]) -> tuple[bool, datetime, int]:
    entry, window = pair
    return entry.store != "", window.begin or _DAWN, -entry.price_minor
