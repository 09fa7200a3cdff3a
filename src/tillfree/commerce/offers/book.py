"""The offers, deposits and fees of one store, found by what is in a cart and by the time."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

import msgspec

from tillfree.catalog.model import Product, Shop
from tillfree.catalog.offers import Offer, Surcharge
from tillfree.catalog.periods import Window, window_of
from tillfree.commerce.offers.choice import choose_offers
from tillfree.commerce.offers.cuts import Unit

__all__ = ["UNITS_MAX", "Good", "OfferBook", "Saving"]

UNITS_MAX = 1000
"""Of more units than this in one cart no offer is worked out: the cart is no shopper's, and goes to review."""


class Good(msgspec.Struct, frozen=True):
    """One line of a cart that has a price: that of a unit, or with `weight_g` that of all that was weighed."""

    product: Product
    price_minor: int
    quantity: int
    weight_g: int | None = None


class Saving(msgspec.Struct, frozen=True):
    """What an offer takes off one line."""

    offer: Offer
    line: int
    amount_minor: int


class OfferBook:
    """Everything that changes what a cart costs beyond the prices of its goods. Pure."""

    def __init__(self, shop: Shop, store: str) -> None:
        """`store` is the name by which offers name this store.

        Raises:
            CatalogError: a time of an offer is not understood.
        """
        here = sorted((o for o in shop.offers if not o.stores or store in o.stores), key=lambda offer: offer.id)
        self._offers: list[tuple[Offer, Window]] = [(offer, window_of(offer)) for offer in here]
        self._surcharges = [
            (surcharge, window_of(surcharge))
            for surcharge in sorted(shop.surcharges, key=lambda surcharge: surcharge.id)
            if not surcharge.stores or store in surcharge.stores
        ]
        self._scopes = {offer.id: _scope(offer) for offer in here}
        self._scopes.update((surcharge.id, _scope(surcharge)) for surcharge, _ in self._surcharges)
        self._about: dict[tuple[str, str], list[int]] = {}
        for number, (offer, _) in enumerate(self._offers):
            for key in _keys(offer):
                self._about.setdefault(key, []).append(number)
        self._surcharged = {key for surcharge, _ in self._surcharges for key in _keys(surcharge)}

    def __bool__(self) -> bool:
        """Whether there are any offers."""
        return bool(self._offers)

    # ---- offers ---------------------------------------------------------------------------------------------

    def savings(
        self, goods: Sequence[Good], local: datetime, *, loyalty: bool, coupons: Collection[str]
    ) -> list[Saving]:
        """What offers take off each line, in the order in which they apply; lines of `goods` count from 0."""
        found = self._candidates(goods, local, loyalty=loyalty, coupons=coupons)
        if not found:
            return []
        units = sorted(_units(goods), key=lambda unit: (unit.product, unit.weight_g or 0, unit.line))
        claims = []
        for offer in found:
            about = self._scopes[offer.id]
            meant = [about.holds(good.product) for good in goods]
            mine = [number for number, unit in enumerate(units) if meant[unit.line]]
            claims.append((offer, mine))
        savings: list[Saving] = []
        for offer, cuts in choose_offers(units, claims):
            by_line: dict[int, int] = {}
            for number, cut in cuts.items():
                by_line[units[number].line] = by_line.get(units[number].line, 0) + cut
            savings += [Saving(offer, line, amount) for line, amount in sorted(by_line.items()) if amount]
        return savings

    def _candidates(
        self, goods: Sequence[Good], local: datetime, *, loyalty: bool, coupons: Collection[str]
    ) -> list[Offer]:
        numbers = set(self._about.get(_ALL, ()))
        for good in goods:
            numbers.update(self._about.get(("product", good.product.id), ()))
            for tag in good.product.tags:
                numbers.update(self._about.get(("tag", tag), ()))
        return [
            offer
            for offer, window in (self._offers[number] for number in sorted(numbers))
            if (loyalty or not offer.loyalty) and (not offer.coupon or offer.coupon in coupons) and window.holds(local)
        ]

    def coupons(self, local: datetime) -> frozenset[str]:
        """Codes of coupons that are good for anything at a local time."""
        return frozenset(offer.coupon for offer, window in self._offers if offer.coupon and window.holds(local))

    def in_force(self, local: datetime) -> Iterator[Offer]:
        """The offers that hold at a local time, whoever may have them; in order of id."""
        return (offer for offer, window in self._offers if window.holds(local))

    # ---- deposits and fees ----------------------------------------------------------------------------------

    def surcharges(self, product: Product, local: datetime) -> list[Surcharge]:
        """What is due on top of one unit of a product, or once for a trip with it; in order of id."""
        if not self._surcharged.intersection((_ALL, ("product", product.id), *(("tag", tag) for tag in product.tags))):
            return []
        return [s for s, window in self._surcharges if window.holds(local) and self._scopes[s.id].holds(product)]

    def surcharges_in_force(self, local: datetime) -> Iterator[Surcharge]:
        """The deposits and fees that hold at a local time, in order of id."""
        return (surcharge for surcharge, window in self._surcharges if window.holds(local))


_ALL = ("all", "")


def _keys(thing: Offer | Surcharge) -> list[tuple[str, str]]:
    keys = [("product", product) for product in thing.products] + [("tag", tag) for tag in thing.tags]
    return keys or [_ALL]


class _Scope(msgspec.Struct, frozen=True):
    """What an offer, deposit or fee is about, ready to be asked."""

    products: frozenset[str]
    tags: frozenset[str]
    except_tags: frozenset[str]

    def holds(self, product: Product) -> bool:
        """Whether a product is meant; where nothing is named, everything is."""
        if self.except_tags.intersection(product.tags):
            return False
        if not self.products and not self.tags:
            return True
        return product.id in self.products or bool(self.tags.intersection(product.tags))


def _scope(thing: Offer | Surcharge) -> _Scope:
    except_tags = thing.except_tags if isinstance(thing, Offer) else ()
    return _Scope(frozenset(thing.products), frozenset(thing.tags), frozenset(except_tags))


def _units(goods: Sequence[Good]) -> Iterator[Unit]:
    for line, good in enumerate(goods):
        for _ in range(1 if good.weight_g is not None else good.quantity):
            yield Unit(line, good.product.id, good.price_minor, good.weight_g)
