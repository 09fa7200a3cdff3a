"""Decisions of people: append-only, proved, and labelled data."""

import msgspec
import pytest

from tests.commerce.shops import NOON_NS, SETTINGS, SHOP
from tests.storage.database.made import HOSTILE, MILK, TEA, choose, full_record, priced, record
from tillfree.commerce.pricing import Pricing, Sale
from tillfree.core.ids import UNKNOWN_PRODUCT, VisitId
from tillfree.storage.database.database import Database
from tillfree.storage.database.decisions import ReviewDecision
from tillfree.storage.database.errors import DatabaseError
from tillfree.storage.database.visits import VisitQuery


def test_a_decision_comes_back_as_it_was(database: Database) -> None:
    database.add_visit(full_record())
    assert database.decision(VisitId("v1")) is None
    database.decide(choose("v1", {"tea": 1, "milk": 1}))
    assert database.decision(VisitId("v1")) == choose("v1", {"tea": 1, "milk": 1})
    assert database.visit(VisitId("v1")) == full_record()


def test_the_newest_decision_counts_and_none_is_lost(database: Database) -> None:
    database.add_visit(full_record())
    first = choose("v1", {"tea": 1}, time_ns=20)
    second = choose("v1", {}, by="bob", time_ns=10, choice="nothing")  # a clock was set back in between
    database.decide(first)
    database.decide(second)
    assert database.decision(VisitId("v1")) == second
    assert database.decisions_of(VisitId("v1")) == [first, second]
    assert database.decisions(since_ns=0) == [first, second]
    assert database.decisions(since_ns=11) == [first]
    assert database.count_decisions() == 2
    assert database.sales(0, 2**62).totals == ()


def test_a_charged_visit_may_be_decided_too(database: Database) -> None:
    database.add_visit(record(items={"tea": 2}))
    database.decide(choose("v1", {"tea": 1}, choice="edited"))
    (row,) = database.visits(VisitQuery())
    assert (row.status, row.outcome, row.decided_total) == ("charge", "decided", priced(items={"tea": 1}).total.gross)


def test_deciding_about_nobody_is_an_error(database: Database) -> None:
    with pytest.raises(DatabaseError, match=r"no visit 'v1' to decide"):
        database.decide(choose("v1", {"tea": 1}))
    assert database.decisions(since_ns=0) == []
    assert list(database.labels()) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"receipt": priced("v2")}, "of visit 'v2'"),
        ({"receipt": priced(review=True)}, "waits for review itself"),
        ({"items": {TEA: 3}}, "chosen quantities"),
        ({"items": {MILK: 1}}, "chosen quantities"),
        ({"choice": "nothing"}, "nothing was taken, and charges"),
    ],
)
def test_a_receipt_of_something_else_is_refused(database: Database, change: dict[str, object], problem: str) -> None:
    database.add_visit(full_record())
    with pytest.raises(DatabaseError, match=problem):
        database.decide(msgspec.structs.replace(choose("v1", {"tea": 2}), **change))
    assert database.count_open_reviews() == 1


def test_another_currency_is_refused(database: Database) -> None:
    database.add_visit(full_record())
    shop = msgspec.structs.replace(SHOP, currency="EUR")
    sale = Sale(visit=VisitId("v1"), time_ns=NOON_NS, lines=(), probability=1.0)
    receipt = Pricing(shop, SETTINGS).receipt(sale)
    with pytest.raises(DatabaseError, match="priced in USD, the decision in EUR"):
        database.decide(msgspec.structs.replace(choose("v1", {}), receipt=receipt))


def test_an_unknown_item_may_be_chosen_and_is_not_charged(database: Database) -> None:
    database.add_visit(full_record())
    chosen = msgspec.structs.replace(choose("v1", {"tea": 1}), items={TEA: 1, UNKNOWN_PRODUCT: 1})
    database.decide(chosen)
    assert database.decision(VisitId("v1")) == chosen


def test_labels_hold_the_choice_and_what_the_model_thought(database: Database) -> None:
    database.add_visit(full_record())
    database.decide(choose("v1", {"tea": 2}))
    database.decide(choose("v1", {"tea": 1, "milk": 1}, by="bob", time_ns=7))
    (label,) = database.labels()
    assert (label.visit, label.by, label.time_ns, label.choice) == ("v1", "bob", 7, "alternative")
    assert label.items == {TEA: 1, MILK: 1}
    assert label.model_items == {TEA: 2}
    assert label.alternatives == full_record().alternatives
    assert (label.odds, label.simulated) == (0.2, True)


def test_labels_come_in_order_however_many_and_do_not_hold_the_database(database: Database) -> None:
    wanted = []
    for place in range(401):
        database.add_visit(record(f"v{place}", {}, review=True))
        database.decide(choose(f"v{place}", {}, choice="nothing"))
        wanted.append(f"v{place}")
    found = []
    for label in database.labels():
        found.append(label.visit)
        assert database.visit(label.visit) is not None
    assert found == wanted


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_a_decision_is_only_text(database: Database, text: str) -> None:
    database.add_visit(record())
    decision: ReviewDecision = msgspec.structs.replace(choose("v1", {"tea": 2}), by=text, note=text)
    database.decide(decision)
    assert database.decision(VisitId("v1")) == decision
