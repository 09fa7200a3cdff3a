"""Sums for reports: quarters of hours, stays, reviews, what was left off, and the truth."""

import msgspec

from tests.commerce.shops import NOON_NS
from tests.storage.database.made import MILK, TEA, choose, full_record, priced, record
from tillfree.core.ids import TrackId
from tillfree.core.time import NS_PER_S
from tillfree.storage.database.database import Database
from tillfree.storage.database.figures import (
    QUARTER_NS,
    arrivals_by_quarter,
    endings_by_quarter,
    left_out,
    review_figures,
    sales_by_quarter,
    stay_figures,
    truth_cases,
    waiting,
)

_ALL = (0, 2 * NOON_NS)
_CURRENCY = priced().currency


def test_an_empty_database_has_no_figures(database: Database) -> None:
    assert sales_by_quarter(database, *_ALL, _CURRENCY) == []
    assert arrivals_by_quarter(database, *_ALL) == endings_by_quarter(database, *_ALL) == {}
    assert waiting(database, *_ALL, _CURRENCY).visits == 0
    assert stay_figures(database, *_ALL).median_s is None
    assert review_figures(database, *_ALL).reviewed == 0
    assert left_out(database, *_ALL, _CURRENCY) == ([], [])
    assert truth_cases(database, *_ALL, 10) == []


def test_sales_are_put_into_quarters_and_sum_to_the_sales(database: Database) -> None:
    quarter = NOON_NS - NOON_NS % QUARTER_NS
    database.add_visit(record("a", {"tea": 2}, closed_ns=quarter))
    database.add_visit(record("b", {"tea": 1, "milk": 1}, closed_ns=quarter + QUARTER_NS - 1))
    database.add_visit(record("c", {"milk": 3}, closed_ns=quarter + QUARTER_NS))
    database.add_visit(record("d", {"milk": 9}, closed_ns=quarter, review=True))
    found = sales_by_quarter(database, *_ALL, _CURRENCY)
    assert [(q.begin_ns, q.receipts, q.units) for q in found] == [(quarter, 2, 4), (quarter + QUARTER_NS, 1, 3)]
    assert sum(q.gross_minor for q in found) == database.sales(*_ALL).totals[0].gross.minor
    assert sales_by_quarter(database, *_ALL, "XXX") == []
    assert sales_by_quarter(database, quarter + 1, quarter + QUARTER_NS, _CURRENCY)[0].units == 2
    waits = waiting(database, *_ALL, _CURRENCY)
    assert (waits.visits, waits.units) == (1, 9)
    assert endings_by_quarter(database, *_ALL) == {quarter: 3, quarter + QUARTER_NS: 1}
    # They lasted a minute: two of them began in the quarter before.
    assert sum(arrivals_by_quarter(database, *_ALL).values()) == 4
    assert arrivals_by_quarter(database, *_ALL)[quarter - QUARTER_NS] == 2


def test_stays_have_a_mean_and_a_median(database: Database) -> None:
    for name, stay_s in (("a", 30), ("b", 90), ("c", 100), ("d", 1000)):
        made = record(name)
        database.add_visit(msgspec.structs.replace(made, opened_ns=made.closed_ns - stay_s * NS_PER_S))
    found = stay_figures(database, *_ALL)
    assert (found.visits, found.mean_s, found.median_s) == (4, 305.0, 95.0)
    assert found.by_minute == {0: 1, 1: 2, 16: 1}
    made = record("e")
    database.add_visit(msgspec.structs.replace(made, opened_ns=made.closed_ns - 99 * NS_PER_S))
    assert stay_figures(database, *_ALL).median_s == 99.0


def test_reviews_are_counted_by_their_newest_decision_and_wait_for_their_first(database: Database) -> None:
    for name in ("a", "b", "c"):
        database.add_visit(record(name, {"tea": 2}, review=True))
    database.add_visit(record("d"))
    database.decide(choose("a", {"tea": 1}, by="ann", time_ns=NOON_NS + 60 * NS_PER_S))
    database.decide(choose("a", {}, by="bob", time_ns=NOON_NS + 500 * NS_PER_S, choice="nothing"))
    database.decide(choose("b", {"tea": 2}, by="bob", time_ns=NOON_NS + 120 * NS_PER_S))
    found = review_figures(database, *_ALL)
    assert (found.visits, found.reviewed, found.decided) == (4, 3, 2)
    assert sorted(found.waits_s) == [60.0, 120.0]
    assert found.by == {"bob": 2}
    assert found.choices == {"nothing": 1, "alternative": 1}


def test_what_a_person_left_off_is_told_apart_from_what_waits(database: Database) -> None:
    database.add_visit(record("a", {"tea": 3, "milk": 1}, review=True))
    database.add_visit(record("b", {"tea": 1}, review=True))
    database.add_visit(record("c", {"milk": 2}, review=True))
    database.add_visit(record("d", {"milk": 5}))
    # One unit of tea less, one of milk more than the model said: the milk makes up for nothing.
    database.decide(choose("a", {"tea": 2, "milk": 2}, choice="edited"))
    database.decide(choose("b", {}, choice="nothing"))
    away, waits = left_out(database, *_ALL, _CURRENCY)
    one = priced("x", {"tea": 1}).total.gross.minor
    assert [(found.product, found.units) for found in away] == [(TEA, 2)]
    assert abs(away[0].gross_minor - 2 * one) <= 1
    assert [(found.product, found.units) for found in waits] == [(MILK, 2)]


def test_only_the_decision_in_force_counts_as_left_off(database: Database) -> None:
    database.add_visit(record("a", {"tea": 2}, review=True))
    database.decide(choose("a", {}, choice="nothing"))
    database.decide(choose("a", {"tea": 2}))
    assert left_out(database, *_ALL, _CURRENCY) == ([], [])


def test_the_newest_visits_with_a_truth_are_compared(database: Database) -> None:
    database.add_visit(full_record("old", NOON_NS))
    database.add_visit(full_record("new", NOON_NS + NS_PER_S))
    database.add_visit(record("unknown", closed_ns=NOON_NS + 2 * NS_PER_S))
    found = truth_cases(database, *_ALL, 10)
    assert [case.visit for case in found] == ["new", "old"]
    assert found[0].true == {TEA: 1, MILK: 1}
    assert found[0].said == {TEA: 2}
    assert (found[0].person, found[0].status, found[0].simulated) == (TrackId("secret person"), "review", True)
    assert [case.visit for case in truth_cases(database, *_ALL, 1)] == ["new"]
