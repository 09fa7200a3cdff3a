"""What shoppers said is wrong, as it is kept: one for each line, budgets that hold, told to everybody in order."""

import threading
from pathlib import Path

import msgspec
import pytest

from tillfree.commerce.disputes import Dispute
from tillfree.core.ids import ProductId, TripId
from tillfree.core.money import Money
from tillfree.storage.database.database import Database
from tillfree.storage.database.errors import DatabaseError

NOW, DAY = 1_800_000_000_000_000_000, 86_400 * 10**9


def dispute(line: int = 0, trip: str = "trip-1", minor: int = 300, opened_ns: int = NOW) -> Dispute:
    return Dispute(
        number=0, trip=TripId(trip), line=line, product=ProductId("p"), name="Milk", quantity=1, really=0,
        reason="not_taken", note="I never saw it.", probability=0.9, asked=Money(minor, "EUR"), given=Money(0, "EUR"),
        status="open", opened_ns=opened_ns,
    )  # fmt: skip


def never(_trip: Money, _day: Money) -> bool:
    return False


def test_one_dispute_for_each_line() -> None:
    with Database.open(":memory:") as database:
        first, new = database.open_dispute(dispute(), never)
        again, second = database.open_dispute(msgspec.structs.replace(dispute(), note="Once more"), lambda *_: True)
        assert (new, second) == (True, False)
        assert again == first
        assert first.status == "open"
        other, new = database.open_dispute(dispute(line=1), never)
        assert new
        assert database.disputes("open") == [first, other]
        assert database.disputes_of(TripId("trip-1")) == [first, other]
        assert database.dispute(first.number) == first


def test_what_went_back_before_is_told_to_the_rule() -> None:
    asked: list[tuple[int, int]] = []

    def rule(trip: Money, day: Money) -> bool:
        asked.append((trip.minor, day.minor))
        return True

    with Database.open(":memory:") as database:
        database.open_dispute(dispute(0), rule)
        database.open_dispute(dispute(1, minor=200), rule)
        database.open_dispute(dispute(0, "trip-2"), rule)
        database.open_dispute(dispute(0, "trip-3", opened_ns=NOW + DAY - 1), rule)
        database.open_dispute(dispute(0, "trip-4", opened_ns=NOW + DAY), rule)
        database.open_dispute(dispute(2), never)
    assert asked == [(0, 0), (300, 300), (0, 500), (0, 800), (0, 300)]


def test_a_budget_holds_when_many_ask_at_once(tmp_path: Path) -> None:
    budget = 1000
    with Database.open(tmp_path / "store") as database:
        start = threading.Barrier(8)

        def ask(number: int) -> None:
            start.wait()
            for line in range(5):
                database.open_dispute(dispute(line, f"trip-{number}"), lambda _trip, day: day.minor + 300 <= budget)

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        given = [one.given.minor for one in database.disputes(limit=100)]
    assert len(given) == 40
    assert sum(given) == 900


def test_a_person_decides_once() -> None:
    with Database.open(":memory:") as database:
        made, _ = database.open_dispute(dispute(), never)
        decided = database.decide_dispute(
            made.number, given=Money(100, "EUR"), by="Ada", answer="One of them.", now_ns=NOW + 5
        )
        assert (decided.status, decided.given.minor, decided.by, decided.decided_ns) == (
            "refunding",
            100,
            "Ada",
            NOW + 5,
        )
        with pytest.raises(DatabaseError, match="'Ada' decided it already"):
            database.decide_dispute(made.number, given=Money(0, "EUR"), by="Bela", answer="No.", now_ns=NOW + 6)
        assert database.dispute(made.number) == decided
        waits = database.dispute_paid(made.number, problem="no answer")
        assert (waits.status, waits.problem) == ("refunding", "no answer")
        assert database.dispute_paid(made.number).status == "refunded"
        assert database.dispute_paid(made.number, problem="late").status == "refunded"


@pytest.mark.parametrize("given", [Money(301, "EUR"), Money(-1, "EUR"), Money(10, "USD")])
def test_no_more_goes_back_than_was_asked_for(given: Money) -> None:
    with Database.open(":memory:") as database:
        made, _ = database.open_dispute(dispute(), never)
        with pytest.raises(DatabaseError, match="not between"):
            database.decide_dispute(made.number, given=given, by="Ada", answer="x", now_ns=NOW)
        with pytest.raises(DatabaseError, match="no dispute 99"):
            database.decide_dispute(99, given=Money(0, "EUR"), by="Ada", answer="x", now_ns=NOW)


def test_everybody_is_told_and_nothing_that_the_shopper_wrote() -> None:
    with Database.open(":memory:") as database:
        made, _ = database.open_dispute(dispute(), never)
        database.decide_dispute(made.number, given=Money(0, "EUR"), by="Ada", answer="It was there.", now_ns=NOW + 1)
        database.open_dispute(dispute(1), lambda *_: True)
        told = database.announcements(0)
    assert [(one.kind, one.body["status"]) for one in told] == [
        ("dispute.opened", "open"),
        ("dispute.decided", "rejected"),
        ("dispute.opened", "refunding"),
        ("dispute.decided", "refunding"),
    ]
    assert all(one.subject == "trip-1" for one in told)
    assert all(one.body["dispute"] for one in told)
    written = msgspec.json.encode(told).decode()
    assert "never saw" not in written
    assert "Ada" not in written
    assert "It was there" not in written


def test_old_ones_are_forgotten_unless_money_is_on_its_way() -> None:
    with Database.open(":memory:") as database:
        rejected, _ = database.open_dispute(dispute(0), never)
        database.decide_dispute(rejected.number, given=Money(0, "EUR"), by="Ada", answer="x", now_ns=NOW)
        database.open_dispute(dispute(1), lambda *_: True)
        database.open_dispute(dispute(2), never)
        assert database.erase_disputes(NOW + 1) == 1
        assert database.count_disputes() == {"refunding": 1, "open": 1}
