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
        self._scopes = {surcharge.id: _scope(surcharge) for surcharge, _ in self._surcharges}
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
        about = self._candidates(goods, local, loyalty=loyalty, coupons=coupons)
        if not about:
            return []
        units = sorted(_units(goods), key=lambda unit: (unit.product, unit.weight_g or 0, unit.line))
        of_line: list[list[int]] = [[] for _ in goods]
        for number, unit in enumerate(units):
            of_line[unit.line].append(number)
        claims = [(offer, sorted(n for line in lines for n in of_line[line])) for offer, lines in about]
        savings: list[Saving] = []
        for offer, cuts in choose_offers(units, claims):
            by_line: dict[int, int] = {}
            for number, cut in cuts.items():
                by_line[units[number].line] = by_line.get(units[number].line, 0) + cut
            savings += [Saving(offer, line, amount) for line, amount in sorted(by_line.items()) if amount]
        return savings

    def _candidates(
        self, goods: Sequence[Good], local: datetime, *, loyalty: bool, coupons: Collection[str]
    ) -> list[tuple[Offer, set[int]]]:
        """The offers that this payer may have now, each with the lines that it is about."""
        about: dict[int, set[int]] = {}
        for line, good in enumerate(goods):
            for key in (_ALL, ("product", good.product.id), *(("tag", tag) for tag in good.product.tags)):
                for number in self._about.get(key, ()):
                    about.setdefault(number, set()).add(line)
        found = []
        for number, lines in sorted(about.items()):
            offer, window = self._offers[number]
            if (offer.loyalty and not loyalty) or (offer.coupon and offer.coupon not in coupons):
                continue
            if window.holds(local):
                left_out = frozenset(offer.except_tags)
                found.append((offer, {line for line in lines if not left_out.intersection(goods[line].product.tags)}))
        return found

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
    """What a deposit or fee is about, ready to be asked."""

    products: frozenset[str]
    tags: frozenset[str]

    def holds(self, product: Product) -> bool:
        """Whether a product is meant; where nothing is named, everything is."""
        if not self.products and not self.tags:
            return True
        return product.id in self.products or bool(self.tags.intersection(product.tags))


def _scope(surcharge: Surcharge) -> _Scope:
    return _Scope(frozenset(surcharge.products), frozenset(surcharge.tags))


def _units(goods: Sequence[Good]) -> Iterator[Unit]:
    for line, good in enumerate(goods):
        for _ in range(1 if good.weight_g is not None else good.quantity):
            yield Unit(line, good.product.id, good.price_minor, good.weight_g)
