"""Which offers a cart gets, where several might: by priority, then what is best for the shopper.

The rule, in full:

1. Offers that are not stackable share the units: a unit has at most one of them. Those of the highest priority choose
   first. Among equals, those that want the same units are tried in every order, up to five of them, and the order
   that saves most is taken (equal savings: the order of their ids). Of more than five, the one that saves most on
   what is still free comes next, and so on; of more than forty, those that save most alone take part.
2. Then stackable offers, by priority and id, each on what is left to pay of every unit that it is about.

An offer whose conditions are not met by the units that it may still have takes nothing off. Nothing costs less than
nothing.
"""

import itertools
from collections.abc import Iterator, Sequence

from tillfree.catalog.offers import Offer
from tillfree.commerce.offers.cuts import Cuts, Unit, cuts_of

__all__ = ["Claim", "choose_offers"]

_ORDERS_OF = 5
_RIVALS_MAX = 40

Claim = tuple[Offer, Sequence[int]]
"""An offer with the numbers of the units that it is about, in canonical order."""


def choose_offers(units: Sequence[Unit], claims: Sequence[Claim]) -> list[tuple[Offer, Cuts]]:
    """The offers that apply, in the order in which they do, with what each takes off every unit."""
    left = [unit.price_minor for unit in units]
    free = [True] * len(units)
    applied: list[tuple[Offer, Cuts]] = []
    ordered = sorted(claims, key=lambda claim: (-claim[0].priority, claim[0].id))
    for _, tier in itertools.groupby((c for c in ordered if not c[0].stackable), key=lambda claim: claim[0].priority):
        # Whatever saves nothing on all units that are free saves nothing on fewer.
        useful = [claim for claim in tier if cuts_of(claim[0], units, [i for i in claim[1] if free[i]], left)]
        for rivals in _rivals(useful):
            for offer, cuts in _best(rivals, units, left, free):
                _apply(cuts, left)
                for i in cuts:
                    free[i] = False
                applied.append((offer, cuts))
    for offer, mine in (claim for claim in ordered if claim[0].stackable):
        cuts = cuts_of(offer, units, mine, left)
        if cuts:
            _apply(cuts, left)
            applied.append((offer, cuts))
    return applied


def _apply(cuts: Cuts, left: list[int]) -> None:
    for i, cut in cuts.items():
        left[i] -= cut


def _rivals(claims: list[Claim]) -> Iterator[list[Claim]]:
    """Offers in groups that share units, directly or over others; each in order of id."""
    groups: list[tuple[set[int], list[Claim]]] = []
    for claim in claims:
        mine, members = set(claim[1]), [claim]
        apart = []
        for other in groups:
            if other[0] & mine:
                mine |= other[0]
                members = [*other[1], *members]
            else:
                apart.append(other)
        groups = [*apart, (mine, members)]
    for _, members in groups:
        yield sorted(members, key=lambda claim: claim[0].id)


def _best(rivals: list[Claim], units: Sequence[Unit], left: list[int], free: list[bool]) -> list[tuple[Offer, Cuts]]:
    if len(rivals) > _ORDERS_OF:
        return _greedy(rivals, units, left, free)
    best: list[tuple[Offer, Cuts]] = []
    most = 0
    for order in itertools.permutations(rivals):
        found, saved, taken = [], 0, set[int]()
        for offer, mine in order:
            cuts = cuts_of(offer, units, [i for i in mine if free[i] and i not in taken], left)
            if cuts:
                found.append((offer, cuts))
                saved += sum(cuts.values())
                taken.update(cuts)
        if saved > most:
            best, most = found, saved
    return best


def _greedy(rivals: list[Claim], units: Sequence[Unit], left: list[int], free: list[bool]) -> list[tuple[Offer, Cuts]]:
    found: list[tuple[Offer, Cuts]] = []
    taken: set[int] = set()
    alone = [sum(cuts_of(offer, units, [i for i in mine if free[i]], left).values()) for offer, mine in rivals]
    ranked = sorted(range(len(rivals)), key=lambda n: -alone[n])[:_RIVALS_MAX]
    waiting = [rivals[n] for n in sorted(ranked) if alone[n]]
    while waiting:
        tried = [
            (cuts_of(offer, units, [i for i in mine if free[i] and i not in taken], left), (offer, mine))
            for offer, mine in waiting
        ]
        cuts, claim = max(tried, key=lambda pair: sum(pair[0].values()))
        if not cuts:
            break
        found.append((claim[0], cuts))
        taken.update(cuts)
        waiting.remove(claim)
    return found
