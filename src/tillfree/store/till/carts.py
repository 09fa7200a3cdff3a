"""The cart of a trip: what all who came in on it carried out together, and its receipt."""

import math
from collections.abc import Callable, Sequence

import msgspec

from tillfree.commerce.assisted import handed_of
from tillfree.commerce.pricing import COUPONS_MAX, Pricing, Sale
from tillfree.commerce.receipt import Receipt
from tillfree.commerce.trips import Payer, Trip
from tillfree.core.events import CartLine
from tillfree.core.ids import EventId, ProductId, VisitId
from tillfree.storage.database.decisions import ReviewDecision
from tillfree.storage.database.records import VisitRecord
from tillfree.store.till.errors import TillError
from tillfree.store.till.policy import Policy

__all__ = ["Left", "combined_lines", "is_undecided", "priced", "undecided_notes", "was_inside", "weights_of"]

_STILL_INSIDE = ("end of recording", "restart")
NO_REVIEW = "Nobody looked at this in time: only what is certain is charged."


class Left(msgspec.Struct, frozen=True):
    """Somebody who left: the record of the visit, and what a person decided about it, if anybody did."""

    record: VisitRecord
    decision: ReviewDecision | None

    @property
    def receipt(self) -> Receipt:
        """The receipt in force."""
        return self.record.receipt if self.decision is None else self.decision.receipt


def is_undecided(left: Left) -> bool:
    """Whether a person has to look at it first."""
    return left.decision is None and left.record.receipt.status == "review"


def was_inside(left: Left) -> bool:
    """Whether the program stopped, or the shop was changed, while they were inside.

    What they did afterwards is not known; so of such a visit nothing is certain, unless a person says so.
    """
    return left.record.reason in _STILL_INSIDE


def undecided_notes(people: Sequence[Left]) -> tuple[str, ...]:
    """What the receipt says where the certain part of an undecided visit is charged."""
    return (NO_REVIEW,) if any(is_undecided(left) for left in people) else ()


def combined_lines(people: Sequence[Left], certain: Policy | None = None) -> tuple[CartLine, ...]:
    """One line for each product, in order; with a policy, of undecided visits only what it thinks certain.

    The probability of a line is the product of those of everybody's part of it.
    """
    carts = [_lines(left, certain) for left in people]
    found: list[CartLine] = []
    for product in sorted({line.product for lines in carts for line in lines}):
        parts = [line for lines in carts for line in lines if line.product == product]
        evidence: dict[EventId, None] = dict.fromkeys(event for line in parts for event in line.evidence)
        chances = (_exactly(left, lines, product) for left, lines in zip(people, carts, strict=True))
        chance = round(min(1.0, math.prod(chances)), 9)
        found.append(CartLine(product, sum(line.quantity for line in parts), chance, tuple(evidence)))
    return tuple(found)


def weights_of(people: Sequence[Left]) -> dict[ProductId, int]:
    """Grams of what was sold by weight, as the receipts in force have them; nothing where one of them has no weight."""
    weighed: dict[ProductId, int] = {}
    unknown: set[ProductId] = set()
    for line in (line for left in people for line in left.receipt.lines if line.kind == "item"):
        if line.weight_g is None:
            unknown.add(line.product)
        else:
            weighed[line.product] = weighed.get(line.product, 0) + line.weight_g
    return {product: weight_g for product, weight_g in weighed.items() if product not in unknown}


def _lines(left: Left, certain: Policy | None) -> list[CartLine]:
    if certain is not None and is_undecided(left):
        return [] if was_inside(left) else list(certain.certain(left.record))
    receipt = left.receipt
    return [
        CartLine(line.product, line.quantity, line.probability, line.evidence)
        for line in receipt.lines
        if line.kind == "item"
    ]


def _exactly(left: Left, lines: Sequence[CartLine], product: ProductId) -> float:
    line = next((line for line in lines if line.product == product), None)
    if line is not None:
        return line.probability
    if left.decision is not None:
        return 1.0
    without = math.fsum(other.probability for other in left.record.alternatives if not other.items.get(product))
    return max(left.record.receipt.probability, without)


def priced(
    trip: Trip,
    payer: Payer | None,
    people: Sequence[Left],
    prices: Callable[[int], Pricing] | None,
    certain: Policy | None = None,
) -> Receipt:
    """The receipt of a trip.

    That of a single visit stays as it is, since it was priced when it ended; a cart of several, a part of one, or one
    with the offers of a shopper or with what staff handed over is priced anew, by the `prices` of the time when the
    last one left. `people` may be none where staff handed over anything. `certain` leaves out what is not certain of
    undecided visits.

    Raises:
        TillError: there has to be a price, and nobody gave any.
    """
    id_ = f"{trip.id}/receipt"
    loyalty = trip.loyalty or (payer is not None and bool(payer.loyalty))
    coupons = () if payer is None else payer.coupons
    whole = certain is None or not any(is_undecided(left) for left in people)
    handed = handed_of(trip.added)
    if len(people) == 1 and whole and not loyalty and not coupons and not handed:
        return msgspec.structs.replace(people[0].receipt, id=id_)
    if prices is None:
        raise TillError(f"trip {trip.id!r}: nobody gave the till prices for a cart of several; start it with prices")
    lines = combined_lines(people, certain)
    visits = tuple(left.record.visit for left in people)
    acts = {act.id: act for left in people for act in left.record.interactions}
    # Where nobody was seen inside, it was sold when staff last did anything.
    time_ns = max([left.record.receipt.time_ns for left in people] or [line.time_ns for line in trip.added])
    pricing = prices(time_ns)
    sale = Sale(
        visit=visits[0] if visits else VisitId(""),
        time_ns=time_ns,
        handed=handed,
        lines=lines,
        probability=round(min(1.0, math.prod(left.receipt.probability for left in people)), 9),
        review=whole and any(is_undecided(left) for left in people),
        loyalty=loyalty,
        coupons=coupons[:COUPONS_MAX],
        weights=pricing.weigh(sorted(acts.values(), key=lambda act: (act.time_ns, act.id)), visits),
        id=id_,
        notes=(*_notes(people), *(undecided_notes(people) if certain is not None else ())),
    )
    return pricing.receipt(sale)


def _notes(people: Sequence[Left]) -> tuple[str, ...]:
    # What belongs to the price of a line is said again by whoever prices it anew.
    return tuple(
        dict.fromkeys(note for left in people for note in left.receipt.notes if not note.endswith("not in the total."))
    )
