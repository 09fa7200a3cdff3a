"""What one offer takes off the units that it may have, and which of them it then has: one function per kind.

Units are numbers into lists; `left` is what is still to be paid of each, in the smallest unit of the currency. Every
function goes through them from the dearest on, equals in their canonical order, so that the answer does not depend on
how a cart was written down.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from tillfree.catalog.offers import Offer
from tillfree.commerce.allocation import allocate
from tillfree.commerce.tax import divide_rounded
from tillfree.core.ids import ProductId

__all__ = ["Cuts", "Unit", "cuts_of"]

_MILLION = 1_000_000
_GRAMS = 1000

Cuts = Mapping[int, int]
"""How much is taken off which unit; one that is part of a group without getting cheaper stands there with 0."""


class Unit(msgspec.Struct, frozen=True, gc=False):
    """One unit of a line, or all that was weighed of loose goods; `line` counts the lines of the cart."""

    line: int
    product: ProductId
    price_minor: int
    weight_g: int | None = None


def cuts_of(offer: Offer, units: Sequence[Unit], mine: Sequence[int], left: Sequence[int]) -> Cuts:
    """What the offer takes off the units numbered `mine`; empty where its conditions are not met, or it is of no use.

    `mine` is in canonical order.
    """
    count = sum(units[i].weight_g is None for i in mine)
    if count < offer.at_least or sum(left[i] for i in mine) < offer.spend_minor:
        return {}
    dearest = sorted(mine, key=lambda i: -left[i])
    return _KINDS[offer.kind](offer, units, dearest, left)


def _percent(offer: Offer, _units: Sequence[Unit], mine: Sequence[int], left: Sequence[int]) -> Cuts:
    """Rounded once, over everything together."""
    chosen = mine[: offer.limit] if offer.limit else mine
    base = sum(left[i] for i in chosen)
    return _shared(divide_rounded(base * offer.rate_ppm, _MILLION), chosen, left)


def _amount(offer: Offer, units: Sequence[Unit], mine: Sequence[int], left: Sequence[int]) -> Cuts:
    if not offer.each:
        return _shared(min(offer.amount_minor, sum(left[i] for i in mine)), mine, left)
    whole = [i for i in mine if units[i].weight_g is None]
    chosen = whole[: _limit(offer)] if _limit(offer) else whole
    return {i: min(offer.amount_minor, left[i]) for i in chosen if left[i]}


def _price(offer: Offer, units: Sequence[Unit], mine: Sequence[int], left: Sequence[int]) -> Cuts:
    cuts: dict[int, int] = {}
    for i in mine:
        weight_g = units[i].weight_g
        price = offer.price_minor if weight_g is None else divide_rounded(offer.price_minor * weight_g, _GRAMS)
        if price < left[i] and not (offer.limit and len(cuts) >= offer.limit):
            cuts[i] = left[i] - price
    return cuts


def _multi_buy(offer: Offer, units: Sequence[Unit], mine: Sequence[int], left: Sequence[int]) -> Cuts:
    """Groups of the dearest first: that makes the free ones as dear as they can be."""

    def cut(group: Sequence[int]) -> int:
        return sum(left[i] for i in group[offer.pay :])

    return _grouped(offer, units, mine, left, cut)


def _bundle(offer: Offer, units: Sequence[Unit], mine: Sequence[int], left: Sequence[int]) -> Cuts:
    def cut(group: Sequence[int]) -> int:
        return sum(left[i] for i in group) - offer.price_minor

    return _grouped(offer, units, mine, left, cut)


def _grouped(
    offer: Offer,
    units: Sequence[Unit],
    mine: Sequence[int],
    left: Sequence[int],
    cut: Callable[[Sequence[int]], int],
) -> Cuts:
    """Groups of `buy` units, of all products together or of each alone; those that save most, up to the limit."""
    pools: dict[ProductId, list[int]] = {}
    for i in mine:
        if units[i].weight_g is None:
            pools.setdefault(ProductId("") if offer.mix else units[i].product, []).append(i)
    groups = [
        pool[first : first + offer.buy]
        for pool in pools.values()
        for first in range(0, len(pool) - offer.buy + 1, offer.buy)
    ]
    useful = sorted((group for group in groups if cut(group) > 0), key=lambda group: -cut(group))
    cuts: dict[int, int] = {}
    for group in useful[: _limit(offer)] if _limit(offer) else useful:
        # Every unit of a group has its part: whoever gives one back gets what it cost as part of the group.
        cuts.update(_shared(cut(group), group, left))
    return cuts


def _limit(offer: Offer) -> int:
    """A coupon is used once in a trip, unless it says more."""
    return offer.limit or (1 if offer.coupon else 0)


def _shared(total: int, mine: Sequence[int], left: Sequence[int]) -> Cuts:
    return dict(zip(mine, allocate(total, [left[i] for i in mine]), strict=True)) if total else {}


_KINDS: dict[str, Callable[[Offer, Sequence[Unit], Sequence[int], Sequence[int]], Cuts]] = {
    "percent": _percent,
    "amount": _amount,
    "price": _price,
    "multi_buy": _multi_buy,
    "bundle": _bundle,
}
