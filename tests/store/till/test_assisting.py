"""Staff hand things over to somebody who is inside: once, never below zero, and charged with all else."""

from pathlib import Path

import pytest

from tests.store.till.counters import CARD, Bank, Clock, make_till, record, trip, usd, walk
from tillfree.commerce.trips import Payer, Trip
from tillfree.core.ids import ProductId, TripId, VisitId
from tillfree.storage.database.database import Database
from tillfree.store.till.errors import TillError
from tillfree.store.till.till import Till

TEA, MILK, T1 = ProductId("tea"), ProductId("milk"), TripId("t1")
TWO_OF_TEA = 593


@pytest.fixture
def till(database: Database, bank: Bank, clock: Clock) -> Till:
    made = make_till(database, bank, clock)
    made.open(trip(clock), CARD)
    made.tick()
    return made


def kept(database: Database) -> Trip:
    found = database.trip(T1)
    assert found is not None
    return found


def leave(till: Till, clock: Clock, items: dict[str, int] | None = None, **more: object) -> None:
    till.bind(T1, VisitId("v1"))
    clock.go(60)
    till.finished(record("v1", items, closed_ns=clock(), **more))  # type: ignore[arg-type]
    till.tick()


def test_what_staff_handed_over_is_on_the_receipt_and_paid(
    till: Till, database: Database, bank: Bank, clock: Clock
) -> None:
    till.add_item(T1, TEA, 2, key="a", by="associate")
    leave(till, clock, {})
    paid = kept(database)
    assert paid.status == "settled"
    assert paid.receipt is not None
    (line,) = paid.receipt.lines
    assert (line.product, line.quantity, line.probability, line.evidence) == (TEA, 2, 1.0, ("scan#1",))
    assert bank.balance_minor == TWO_OF_TEA
    till.refund(T1, usd(100), key="r", reason="broken", by="ann", lines=(0,))
    till.tick()
    assert bank.balance_minor == TWO_OF_TEA - 100
    assert database.prove_ledger().faults == ()


def test_it_stands_beside_what_was_taken_from_the_shelf(till: Till, database: Database, clock: Clock) -> None:
    till.add_item(T1, TEA, 1, key="a", by="associate")
    till.add_item(T1, TEA, 1, key="b", by="associate", price_minor=417, scan="2123456004171")
    leave(till, clock, {"tea": 2})
    receipt = kept(database).receipt
    assert receipt is not None
    assert [(line.quantity, line.evidence) for line in receipt.lines] == [
        (2, receipt.lines[0].evidence), (1, ("scan#1",)), (1, ("scan#2",)),
    ]  # fmt: skip
    assert receipt.lines[2].unit_price == usd(417)
    assert receipt.quantities() == {TEA: 4}


def test_asking_twice_adds_once(till: Till, database: Database, clock: Clock) -> None:
    for _ in range(2):
        till.add_item(T1, TEA, 2, key="a", by="associate")
    assert [line.quantity for line in kept(database).added] == [2]
    with pytest.raises(TillError, match="used for something else"):
        till.add_item(T1, TEA, 1, key="a", by="associate")
    leave(till, clock, {})
    assert till.add_item(T1, TEA, 2, key="a", by="associate").status == "settled"


def test_no_more_is_taken_off_than_staff_added(till: Till, clock: Clock, bank: Bank) -> None:
    till.add_item(T1, TEA, 2, key="a", by="associate")
    till.add_item(T1, TEA, 1, key="b", by="associate", price_minor=417)
    for quantity, price_minor, weight_g in ((3, None, None), (1, 418, None), (1, None, 5)):
        with pytest.raises(TillError, match="cannot be taken off"):
            till.take_off(T1, TEA, quantity, key="c", by="associate", price_minor=price_minor, weight_g=weight_g)
    till.take_off(T1, TEA, 2, key="d", by="associate")
    till.take_off(T1, TEA, key="e", by="associate", price_minor=417)
    leave(till, clock)
    assert bank.balance_minor == TWO_OF_TEA
    assert till.handed(T1) == ()


def test_all_that_was_added_and_taken_off_leaves_the_trip_as_it_was(
    till: Till, database: Database, clock: Clock, bank: Bank
) -> None:
    till.add_item(T1, MILK, 5, key="a", by="associate")
    till.take_off(T1, MILK, 5, key="b", by="associate")
    clock.go(10**6)
    till.tick()
    assert kept(database).status == "abandoned"
    assert bank.balance_minor == 0


def test_a_trip_on_which_nobody_was_seen_still_pays(till: Till, database: Database, clock: Clock, bank: Bank) -> None:
    clock.go(30)
    till.add_item(T1, TEA, 2, key="a", by="associate")
    clock.go(10**6)
    till.tick()
    paid = kept(database)
    assert (paid.status, bank.balance_minor) == ("settled", TWO_OF_TEA)
    assert "handed over" in paid.why
    assert database.prove_ledger().faults == ()
    assert "trip.left" in [told.kind for told in database.announcements(0)]


def test_a_visit_in_doubt_waits_and_then_what_staff_added_is_certain(
    database: Database, clock: Clock, bank: Bank
) -> None:
    till = make_till(database, bank, clock, after_review="certain")
    till.open(trip(clock), CARD)
    till.add_item(T1, TEA, 2, key="a", by="associate")
    leave(till, clock, {"milk": 1}, review=True, reason="restart")
    assert kept(database).status == "review"
    clock.go(30 * 86_400)
    till.tick()
    assert (kept(database).status, bank.balance_minor) == ("settled", TWO_OF_TEA)


@pytest.mark.parametrize(
    "wrong", [{"quantity": 0}, {"quantity": 101}, {"weight_g": 0}, {"price_minor": -1}, {"key": ""}]
)
def test_what_cannot_be_is_refused(till: Till, database: Database, wrong: dict[str, object]) -> None:
    values: dict[str, object] = {"key": "a", "by": "associate", **wrong}
    with pytest.raises(TillError):
        till.add_item(T1, TEA, **values)  # type: ignore[arg-type]
    with pytest.raises(TillError):
        till.take_off(T1, TEA, **values)  # type: ignore[arg-type]
    assert kept(database).added == ()


def test_who_is_gone_or_pays_nothing_is_not_served(till: Till, clock: Clock) -> None:
    walk(till, clock, "gone")
    till.open(trip(clock, "staff", entry="staff", role="associate"), Payer(kind="none"))
    for name in ("gone", "staff", "nobody"):
        with pytest.raises(TillError):
            till.add_item(TripId(name), TEA, key="a", by="associate")


def test_it_is_on_the_disk_when_the_till_says_so(tmp_path: Path, clock: Clock, bank: Bank) -> None:
    with Database.open(tmp_path) as database:
        till = make_till(database, bank, clock)
        till.open(trip(clock), CARD)
        till.add_item(T1, TEA, 2, key="a", by="associate")
        # No end of the till: as if it were killed here.
    with Database.open(tmp_path) as database:
        till = make_till(database, bank, clock)
        till.add_item(T1, TEA, 2, key="a", by="associate")
        leave(till, clock, {})
        assert (kept(database).status, bank.balance_minor) == ("settled", TWO_OF_TEA)
        # Old trips forget what staff did, and when; the receipt stays.
        database.erase_before(clock() + 100 * 86_400 * 10**9)
        old = kept(database)
        assert old.added == ()
        assert old.receipt is not None
        assert old.receipt.lines[0].evidence == ()
