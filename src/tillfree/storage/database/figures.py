"""Sums of visits for reports beyond sales and conversion; each is one query or two, however many visits there are."""

import statistics
from collections import Counter, defaultdict

import msgspec
from sqlalchemy import ColumnElement, and_, case, func, select

from tillfree.commerce.receipt import Receipt
from tillfree.core.ids import ProductId, TrackId, VisitId
from tillfree.core.time import NS_PER_MINUTE, NS_PER_S
from tillfree.storage.database.database import Database
from tillfree.storage.database.tables import DECISIONS, EVIDENCE, LINES, VISITS

__all__ = [
    "QUARTER_NS",
    "LeftOut",
    "QuarterSales",
    "ReviewFigures",
    "StayFigures",
    "TruthCase",
    "Waiting",
    "arrivals_by_quarter",
    "endings_by_quarter",
    "left_out",
    "review_figures",
    "sales_by_quarter",
    "stay_figures",
    "truth_cases",
    "waiting",
]

QUARTER_NS = 900 * NS_PER_S
"""Every time zone of today is whole quarter hours from UTC, so these can be put into the hours of any of them."""
_CASES_AT_ONCE = 100


class QuarterSales(msgspec.Struct, frozen=True):
    """Receipts in force with something on them, whose visits ended in a quarter of an hour."""

    begin_ns: int
    receipts: int
    units: int
    gross_minor: int


class Waiting(msgspec.Struct, frozen=True):
    """Visits that nobody has decided yet, and what the model would charge for them."""

    visits: int
    units: int
    gross_minor: int


class StayFigures(msgspec.Struct, frozen=True):
    """How long visits lasted: `by_minute` counts visits by whole minutes. The median is None without visits."""

    visits: int
    mean_s: float | None
    median_s: float | None
    by_minute: dict[int, int]


class ReviewFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the visits that the model was unsure of.

    `waits_s` has the time from the end of each decided visit to its first decision; a visit of a recording may be of
    another time than the decision, and then says nothing. `by` and `choices` count the newest decisions.
    """

    visits: int
    reviewed: int
    decided: int
    waits_s: tuple[float, ...]
    by: dict[str, int]
    choices: dict[str, int]


class LeftOut(msgspec.Struct, frozen=True):
    """Units of a product that the model had on receipts which are not charged so."""

    product: ProductId
    name: str
    units: int
    gross_minor: int


class TruthCase(msgspec.Struct, frozen=True):
    """A visit of which the truth is known: what the model said, and what was so."""

    visit: VisitId
    person: TrackId
    status: str
    said: dict[ProductId, int]
    true: dict[ProductId, int]
    simulated: bool


class _Decided(msgspec.Struct):
    by: str
    time_ns: int
    choice: str


class _Known(msgspec.Struct):
    """The part of a `VisitRecord` that is compared; the long rest of it is passed over."""

    visit: VisitId
    receipt: Receipt
    simulated: bool = False
    person: TrackId = TrackId("")
    truth: dict[ProductId, int] | None = None


_decided = msgspec.msgpack.Decoder(_Decided)
_known = msgspec.msgpack.Decoder(_Known)


def within(since_ns: int, until_ns: int) -> tuple[ColumnElement[bool], ...]:
    """Visits that ended at or after a time and before another."""
    return VISITS.c.closed_ns >= since_ns, VISITS.c.closed_ns < until_ns


def sales_by_quarter(database: Database, since_ns: int, until_ns: int, currency: str) -> list[QuarterSales]:
    """Sales of each quarter of an hour that has any, in order."""
    quarter = (VISITS.c.closed_ns - VISITS.c.closed_ns % QUARTER_NS).label("quarter")
    joined = LINES.join(VISITS, and_(LINES.c.visit == VISITS.c.visit, LINES.c.decision == VISITS.c.in_force))
    statement = (
        select(
            quarter,
            func.count(VISITS.c.visit.distinct()).label("receipts"),
            func.sum(LINES.c.quantity).label("units"),
            func.sum(LINES.c.gross_minor).label("gross"),
        )
        .select_from(joined)
        .where(*within(since_ns, until_ns), VISITS.c.currency == currency)
        .group_by(quarter)
        .order_by(quarter)
    )
    with database.reading() as connection:
        rows = connection.execute(statement).all()
    return [QuarterSales(row.quarter, row.receipts, row.units, row.gross) for row in rows]


def arrivals_by_quarter(database: Database, since_ns: int, until_ns: int) -> dict[int, int]:
    """How many of the visits that are over began in each quarter of an hour."""
    return _by_quarter(database, VISITS.c.opened_ns, since_ns, until_ns)


def endings_by_quarter(database: Database, since_ns: int, until_ns: int) -> dict[int, int]:
    """How many visits ended in each quarter of an hour."""
    return _by_quarter(database, VISITS.c.closed_ns, since_ns, until_ns)


def _by_quarter(database: Database, column: ColumnElement[int], since_ns: int, until_ns: int) -> dict[int, int]:
    quarter = (column - column % QUARTER_NS).label("quarter")
    statement = (
        select(quarter, func.count().label("visits"))
        .where(column >= since_ns, column < until_ns)
        .group_by(quarter)
        .order_by(quarter)
    )
    with database.reading() as connection:
        return {row.quarter: row.visits for row in connection.execute(statement)}


def waiting(database: Database, since_ns: int, until_ns: int, currency: str) -> Waiting:
    """The visits that wait for the decision of a person."""
    statement = select(
        func.count().label("visits"),
        func.coalesce(func.sum(VISITS.c["items"]), 0).label("units"),
        func.coalesce(func.sum(VISITS.c.total_minor), 0).label("gross"),
    ).where(*within(since_ns, until_ns), VISITS.c.outcome == "to review", VISITS.c.currency == currency)
    with database.reading() as connection:
        row = connection.execute(statement).one()
    return Waiting(row.visits, row.units, row.gross)


def stay_figures(database: Database, since_ns: int, until_ns: int) -> StayFigures:
    """How long the visits lasted that ended within a time."""
    stay = VISITS.c.closed_ns - VISITS.c.opened_ns
    minute = (stay // NS_PER_MINUTE).label("minute")
    minutes = (
        select(minute, func.count().label("visits"))
        .where(*within(since_ns, until_ns))
        .group_by(minute)
        .order_by(minute)
    )
    with database.reading() as connection:
        by_minute = {row.minute: row.visits for row in connection.execute(minutes)}
        visits = sum(by_minute.values())
        if not visits:
            return StayFigures(0, None, None, {})
        mean = connection.scalar(select(func.avg(stay / 1e9)).where(*within(since_ns, until_ns)))
        middle = (
            select(stay / 1e9)
            .where(*within(since_ns, until_ns))
            .order_by(stay)
            .offset((visits - 1) // 2)
            .limit(2 - visits % 2)
        )
        median = statistics.fmean(connection.scalars(middle).all())
    return StayFigures(visits, mean, median, by_minute)


def review_figures(database: Database, since_ns: int, until_ns: int) -> ReviewFigures:
    """What became of the visits that ended within a time and waited for a person."""
    counted = select(
        func.count().label("visits"),
        func.coalesce(func.sum(case((VISITS.c.status == "review", 1), else_=0)), 0).label("reviewed"),
        func.coalesce(func.sum(case((VISITS.c.outcome == "decided", 1), else_=0)), 0).label("decided"),
    ).where(*within(since_ns, until_ns))
    made = (
        select(DECISIONS.c.visit, DECISIONS.c.record, VISITS.c.closed_ns)
        .select_from(DECISIONS.join(VISITS, DECISIONS.c.visit == VISITS.c.visit))
        .where(*within(since_ns, until_ns))
        .order_by(DECISIONS.c.number)
    )
    first_wait_s: dict[str, float] = {}
    newest: dict[str, _Decided] = {}
    with database.reading() as connection:
        row = connection.execute(counted).one()
        for decision in connection.execute(made):
            newest[decision.visit] = decided = _decided.decode(decision.record)
            first_wait_s.setdefault(decision.visit, (decided.time_ns - decision.closed_ns) / 1e9)
    return ReviewFigures(
        visits=row.visits,
        reviewed=row.reviewed,
        decided=row.decided,
        waits_s=tuple(first_wait_s.values()),
        by=dict(Counter(decided.by for decided in newest.values()).most_common()),
        choices=dict(Counter(decided.choice for decided in newest.values()).most_common()),
    )


def left_out(database: Database, since_ns: int, until_ns: int, currency: str) -> tuple[list[LeftOut], list[LeftOut]]:
    """Units that the model had on a receipt and whoever decided left out; and those on receipts that still wait."""
    is_model = LINES.c.decision == 0
    counts = case((is_model, LINES.c.quantity), else_=-LINES.c.quantity)
    values = case((is_model, LINES.c.gross_minor), else_=-LINES.c.gross_minor)
    named = (LINES.c.product, func.max(LINES.c.name).label("name"))
    joined = LINES.join(VISITS, LINES.c.visit == VISITS.c.visit)
    in_time = (*within(since_ns, until_ns), VISITS.c.currency == currency)
    by_visit = (
        select(*named, func.sum(counts).label("units"), func.sum(values).label("gross"))
        .select_from(joined)
        .where(*in_time, VISITS.c.outcome == "decided", is_model | (LINES.c.decision == VISITS.c.in_force))
        .group_by(LINES.c.visit, LINES.c.product)
        .having(func.sum(counts) > 0)
    )
    decided: dict[str, list[tuple[str, int, int]]] = defaultdict(list)
    undecided = (
        select(*named, func.sum(LINES.c.quantity).label("units"), func.sum(LINES.c.gross_minor).label("gross"))
        .select_from(joined)
        .where(*in_time, VISITS.c.outcome == "to review", is_model)
        .group_by(LINES.c.product)
        .order_by(LINES.c.product)
    )
    with database.reading() as connection:
        for row in connection.execute(by_visit):
            decided[row.product].append((row.name, row.units, row.gross))
        waits = [LeftOut(row.product, row.name, row.units, row.gross) for row in connection.execute(undecided)]
    away = [
        LeftOut(ProductId(product), rows[-1][0], sum(r[1] for r in rows), sum(r[2] for r in rows))
        for product, rows in sorted(decided.items())
    ]
    return away, waits


def truth_cases(database: Database, since_ns: int, until_ns: int, limit: int) -> list[TruthCase]:
    """The newest visits of which the truth is known and not erased yet, newest first."""
    statement = (
        select(EVIDENCE.c.record)
        .select_from(EVIDENCE.join(VISITS, EVIDENCE.c.visit == VISITS.c.visit))
        .where(*within(since_ns, until_ns), VISITS.c.right.is_not(None))
        .order_by(VISITS.c.closed_ns.desc(), VISITS.c.visit.desc())
        .limit(limit)
    )
    found: list[TruthCase] = []
    with database.reading() as connection:
        for record in connection.execution_options(yield_per=_CASES_AT_ONCE).scalars(statement):
            known = _known.decode(record)
            if known.truth is None:
                continue
            said = known.receipt.quantities()
            case_ = TruthCase(known.visit, known.person, known.receipt.status, said, known.truth, known.simulated)
            found.append(case_)
    return found
