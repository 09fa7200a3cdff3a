"""What a policy costs: how many are charged wrongly, how much money is taken wrongly or given away, who is reviewed.

One trip is all that one payer pays for: a party, else a person. Amounts are sums of shelf prices of the catalogue in
the smallest unit of its currency, without offers and tax. Whoever is reviewed is taken to be charged rightly, by a
person who looks; a person of the truth who got no receipt was given everything.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from tillfree.catalog.model import Shop
from tillfree.commerce.policy import Believed, Case, certain_lines, decide
from tillfree.commerce.policy_settings import PolicyRow
from tillfree.core.ids import UNKNOWN_PRODUCT, ProductId, TrackId
from tillfree.core.money import Money
from tillfree.evaluation.intervals import Interval, wilson
from tillfree.evaluation.predictions import Items, Prediction

__all__ = [
    "AS_SET",
    "USUAL_POLICIES",
    "PolicyRisk",
    "PolicyTable",
    "PolicyTally",
    "Priced",
    "RowTally",
    "TripOutcome",
    "add_up",
    "tally",
    "trips_of",
]

AS_SET = "as set"
_SEEN_OUT = ("", "exit", "gate")
_CERTAIN = 0.99


class PolicyTable(msgspec.Struct, frozen=True):
    """Rows as in the settings, and how probable a quantity must be to belong to the certain part."""

    rows: tuple[PolicyRow, ...] = ()
    certain_from: float = _CERTAIN


def _rows(*rows: PolicyRow) -> PolicyTable:
    return PolicyTable(rows)


USUAL_POLICIES: dict[str, PolicyTable] = {
    "all charged": _rows(PolicyRow(then="charge", in_doubt=True)),
    "from 0.90, else review": _rows(PolicyRow(then="charge", from_probability=0.9)),
    "from 0.95, else review": _rows(PolicyRow(then="charge", from_probability=0.95)),
    "from 0.99, else review": _rows(PolicyRow(then="charge", from_probability=0.99)),
    "from 0.90, else certain part": _rows(
        PolicyRow(then="charge", from_probability=0.9), PolicyRow(then="certain", in_doubt=True)
    ),
    "certain part of all": _rows(PolicyRow(then="certain", in_doubt=True)),
}
"""Tables that every recording is measured by, beside the one that is set; the certain part is from 0.99 on."""


class TripOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """One trip as a policy sees it, with what was really carried out by those for whom it pays."""

    true: Items
    visits: tuple[Believed, ...]
    probability: float
    review: bool
    in_doubt: bool


class Priced(msgspec.Struct, frozen=True):
    """Shelf prices and ages of a shop; what has no price of a unit is worth nothing, and is charged to nobody."""

    prices: dict[ProductId, int]
    restricted: frozenset[ProductId]
    currency: str

    @classmethod
    def of(cls, shop: Shop) -> "Priced":
        """Those of a shop's products that are sold by the unit."""
        return cls(
            {p.id: price for p in shop.products if p.sold_by == "unit" and (price := p.price_minor or 0) > 0},
            frozenset(product.id for product in shop.products if product.min_age > 0),
            shop.currency,
        )

    def value(self, items: Mapping[ProductId, int]) -> int:
        """What a cart costs."""
        return sum(self.prices.get(product, 0) * count for product, count in items.items())


class RowTally(msgspec.Struct, frozen=True, kw_only=True):
    """What one row of a table decided; row 0 is where none fitted. Amounts in the smallest unit of the currency.

    `over` counts trips that were charged for something that was not taken (`over_minor`), `under` those that were
    given something (`under_minor`); one trip may be both. `due_minor` is what was really taken.
    """

    row: int
    action: str
    trips: int = 0
    over: int = 0
    under: int = 0
    right: int = 0
    charged_minor: int = 0
    over_minor: int = 0
    under_minor: int = 0
    due_minor: int = 0


class PolicyTally(msgspec.Struct, frozen=True, kw_only=True):
    """All trips of one or more recordings under one policy; `missed` are persons without any receipt."""

    policy: str
    rows: tuple[RowTally, ...]
    missed: int = 0
    missed_minor: int = 0
    currency: str = ""


class PolicyRisk(msgspec.Struct, frozen=True, kw_only=True):
    """The same as shares, with Wilson's 95 % bounds: of all trips reviewed; of those charged, over and under.

    `over_share` is money taken wrongly per money that was due, `under_share` money given away, both of all trips.
    """

    reviewed: Interval
    charged_over: Interval
    charged_under: Interval
    over_share: float
    under_share: float
    trips: int
    charged: int

    @classmethod
    def of(cls, rows: Sequence[RowTally], missed: int = 0, missed_minor: int = 0) -> "PolicyRisk":
        """Of some rows together."""
        charged = [row for row in rows if row.action != "review"]
        count = sum(row.trips for row in charged)
        trips = sum(row.trips for row in rows)
        due = sum(row.due_minor for row in rows) + missed_minor
        over, under = sum(row.over_minor for row in charged), sum(row.under_minor for row in charged) + missed_minor
        return cls(
            reviewed=wilson(trips - count, trips),
            charged_over=wilson(sum(row.over for row in charged), count),
            charged_under=wilson(sum(row.under for row in charged) + missed, count + missed),
            over_share=over / due if due else math.nan,
            under_share=under / due if due else math.nan,
            trips=trips + missed,
            charged=count,
        )


def trips_of(
    true: Mapping[TrackId, Items], visits: Mapping[TrackId, Sequence[Prediction]]
) -> tuple[list[TripOutcome], list[Items]]:
    """All trips of a recording, and what those took who got no receipt.

    `visits` has the receipts of each person of the truth, and of others.
    """
    party_of = {
        person: next((v.party for v in found if v.party), "") or f"person {person}" for person, found in visits.items()
    }
    people: dict[str, list[TrackId]] = defaultdict(list)
    for person, party in party_of.items():
        people[party].append(person)
    trips = [_trip([true.get(p, {}) for p in who], [v for p in who for v in visits[p]]) for who in people.values()]
    missed = [items for person, items in true.items() if person not in visits and items]
    # Somebody who was only imagined, and took nothing, is no trip.
    return [trip for trip in trips if trip.true or any(visit.lines for visit in trip.visits)], missed


def _trip(true: Iterable[Items], visits: Sequence[Prediction]) -> TripOutcome:
    items: Items = {}
    for taken in true:
        for product, count in taken.items():
            items[product] = items.get(product, 0) + count
    return TripOutcome(
        true={product: count for product, count in items.items() if count > 0},
        visits=tuple(Believed(lines=visit.lines, alternatives=visit.alternatives) for visit in visits),
        probability=min(1.0, math.prod(visit.probability for visit in visits)),
        review=any(visit.review for visit in visits),
        in_doubt=any(
            visit.anonymous or visit.reason not in _SEEN_OUT or any(li.product == UNKNOWN_PRODUCT for li in visit.lines)
            for visit in visits
        ),
    )


def tally(
    name: str, policy: PolicyTable, trips: Sequence[TripOutcome], missed: Sequence[Items], priced: Priced
) -> PolicyTally:
    """All trips decided by one policy, against the truth."""
    actions = {0: "none fits", **{number: row.then for number, row in enumerate(policy.rows, 1)}}
    rows: dict[tuple[int, str], RowTally] = {}
    for trip in trips:
        number, action, items = _decided(policy, trip, priced)
        if number == 0:
            actions[0] = action
        key = (number, action)
        rows[key] = _counted(rows.get(key, RowTally(row=number, action=action)), trip, items, priced)
    for number, action in actions.items():
        if number and (number, action) not in rows:
            rows[number, action] = RowTally(row=number, action=action)
    return PolicyTally(
        policy=name,
        rows=tuple(rows[key] for key in sorted(rows, key=lambda key: (key[0] == 0, key))),
        missed=len(missed),
        missed_minor=sum(priced.value(items) for items in missed),
        currency=priced.currency,
    )


def _decided(policy: PolicyTable, trip: TripOutcome, priced: Priced) -> tuple[int, str, Items]:
    best: Items = {}
    for line in (line for visit in trip.visits for line in visit.lines):
        best[line.product] = best.get(line.product, 0) + line.quantity
    unpriced = any(product not in priced.prices for product in best)
    verdict = decide(
        policy.rows,
        Case(
            probability=trip.probability,
            amount=Money(priced.value(best), priced.currency),
            age_restricted=any(product in priced.restricted for product in best),
            in_doubt=trip.in_doubt or unpriced,
            review=trip.review,
        ),
    )
    if verdict.action == "certain":
        return (
            verdict.row,
            verdict.action,
            {line.product: line.quantity for line in certain_lines(trip.visits, policy.certain_from)},
        )
    return verdict.row, verdict.action, best


def _counted(row: RowTally, trip: TripOutcome, items: Items, priced: Priced) -> RowTally:
    due = priced.value(trip.true)
    if row.action == "review":
        return msgspec.structs.replace(row, trips=row.trips + 1, due_minor=row.due_minor + due)
    charged = {product: count for product, count in items.items() if product in priced.prices and count > 0}
    true = {product: count for product, count in trip.true.items() if product in priced.prices}
    over = {product: count - true.get(product, 0) for product, count in charged.items() if count > true.get(product, 0)}
    under = {p: count - charged.get(p, 0) for p, count in true.items() if count > charged.get(p, 0)}
    return msgspec.structs.replace(
        row,
        trips=row.trips + 1,
        over=row.over + bool(over),
        under=row.under + bool(under),
        right=row.right + (not over and not under),
        charged_minor=row.charged_minor + priced.value(charged),
        over_minor=row.over_minor + priced.value(over),
        under_minor=row.under_minor + priced.value(under),
        due_minor=row.due_minor + due,
    )


def add_up(tallies: Iterable[PolicyTally]) -> tuple[PolicyTally, ...]:
    """The recordings together, policies in the order in which they first come; currencies are never mixed."""
    found: dict[tuple[str, str], PolicyTally] = {}
    for one in tallies:
        key = (one.policy, one.currency)
        found[key] = _together(found[key], one) if key in found else one
    return tuple(found.values())


def _together(left: PolicyTally, right: PolicyTally) -> PolicyTally:
    rows = {(row.row, row.action): row for row in left.rows}
    for row in right.rows:
        known = rows.get((row.row, row.action))
        rows[row.row, row.action] = row if known is None else _sum(known, row)
    return PolicyTally(
        policy=left.policy,
        rows=tuple(rows[key] for key in sorted(rows, key=lambda key: (key[0] == 0, key))),
        missed=left.missed + right.missed,
        missed_minor=left.missed_minor + right.missed_minor,
        currency=left.currency,
    )


def _sum(left: RowTally, right: RowTally) -> RowTally:
    names = [name for name in RowTally.__struct_fields__ if name not in ("row", "action")]
    sums = {name: getattr(left, name) + getattr(right, name) for name in names}
    return RowTally(row=left.row, action=left.action, **sums)
