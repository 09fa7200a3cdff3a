"""Answers no processor should give, a disk that is full, clocks that jump; and money is where it should be."""

import sqlite3
import threading
from pathlib import Path

import pytest

from tests.commerce.shops import SETTINGS, SHOP
from tests.storage.database.made import choose, record
from tests.store.till.counters import CARD, Bank, Clock, make_till, trip, usd, walk
from tillfree.commerce.errors import PaymentError
from tillfree.commerce.payments.processor import Answer, Order
from tillfree.commerce.payments.settings import PaymentSettings
from tillfree.commerce.policy_settings import PolicyRow, PolicySettings
from tillfree.commerce.pricing import Pricing
from tillfree.core.ids import TripId, VisitId
from tillfree.core.money import Money
from tillfree.storage.database.database import IN_MEMORY, Database
from tillfree.storage.database.errors import DatabaseError
from tillfree.store.settings import StoreSettings
from tillfree.store.till.table_policy import TablePolicy
from tillfree.store.till.till import Till


def lying(bank: Bank, kind: str, **changed: object) -> None:
    """The bank does what it is asked, and says something else about one kind of orders."""
    honest = bank.ask

    def ask(order: Order) -> Answer:
        answer = honest(order)
        if order.kind != kind:
            return answer
        values = {"amount": answer.amount, "reference": answer.reference, "expires_ns": answer.expires_ns, **changed}
        return Answer(key=order.key, outcome=answer.outcome, **values)  # type: ignore[arg-type]

    bank.ask = ask  # type: ignore[method-assign]


# ---- impossible answers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": usd(2**70)},
        {"amount": usd(2**53 + 1)},
        {"amount": usd(-1)},
        {"amount": Money(2500, "JPY")},
        {"expires_ns": 2**63},
        {"expires_ns": -1},
        {"reference": "\ud800"},
    ],
)
def test_one_impossible_answer_holds_up_nobody_else(wrong: dict[str, object]) -> None:
    bank, clock = Bank(), Clock()
    with Database.open(IN_MEMORY) as database:
        till = make_till(database, bank, clock)
        honest = bank.ask
        lying(bank, "authorise", **wrong)
        lie = bank.ask
        bank.ask = lambda order: (lie if order.payment == "pay-bad" else honest)(order)  # type: ignore[method-assign]
        bank.look_up = lambda _key: None  # type: ignore[method-assign,assignment]
        with till.together():
            for name in ("bad", "good", "other"):
                till.open(trip(clock, name), CARD)
        till.tick()
        assert {name: database.trip(TripId(name)).hold for name in ("good", "other")} == {  # type: ignore[union-attr]
            "good": usd(2500), "other": usd(2500),
        }  # fmt: skip
        assert database.orders_waiting() == 1
        assert database.prove_ledger().faults == ()
        # What was said by mistake is said right later, and all is well.
        bank.ask = honest  # type: ignore[method-assign]
        clock.go(60)
        till.tick()
        assert database.trip(TripId("bad")).hold == usd(2500)  # type: ignore[union-attr]


def test_a_refund_that_is_approved_with_nothing_ends() -> None:
    bank, clock = Bank(), Clock()
    with Database.open(IN_MEMORY) as database:
        till = make_till(database, bank, clock)
        name = walk(till, clock)
        lying(bank, "refund", amount=usd(0))
        till.refund(name, usd(100), key="r", reason="wrong item", by="ann")
        till.tick()
        payment = database.payment_of_trip(name)
        assert payment is not None
        assert [p.outcome for p in payment.placed if p.order.kind == "refund"] == ["declined"]
        assert payment.refundable_minor == 593, "it can be tried again, under another key"
        assert database.prove_ledger().faults == ()


def test_a_trip_that_cannot_be_charged_is_not_announced_every_minute() -> None:
    """The shop is priced in another currency than the hold: nothing is final, and nobody is told that it is."""
    bank, clock = Bank(), Clock()
    settings = StoreSettings(currency="EUR", commerce=SETTINGS)
    with Database.open(IN_MEMORY) as database:
        bank.now_ns = clock
        till = Till(database, settings, bank, clock, prices=lambda _time_ns: Pricing(SHOP, SETTINGS), workers=0)
        name = walk(till, clock)
        for _ in range(5):
            clock.go(61)
            till.tick()
        kept = database.trip(name)
        assert kept is not None
        assert "EUR" in kept.why
        told = [announced.kind for announced in database.announcements(0)]
        assert told.count("receipt.final") == 0
        assert told.count("trip.left") == 0
        assert not bank.taken
        till.cancel(name)
        till.tick()
        assert not bank.holds
        assert database.prove_ledger().faults == ()


# ---- disks ----------------------------------------------------------------------------------------------------------


def test_an_answer_that_could_not_be_written_is_looked_up_and_not_asked_again(tmp_path: Path) -> None:
    """A processor forgets keys after a day; a disk may be full for longer."""
    bank, clock = Bank(), Clock()
    with Database.open(tmp_path) as database:
        till = make_till(database, bank, clock)
        till.open(trip(clock), CARD)
        with sqlite3.connect(tmp_path / "store.db") as raw:  # as a full disk: nothing can be written about orders
            raw.execute(
                "CREATE TRIGGER full BEFORE INSERT ON payment_events BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
            )
            raw.execute(
                "CREATE TRIGGER full_2 BEFORE UPDATE ON payment_orders BEGIN SELECT RAISE(ABORT, 'disk is full'); END"
            )
        with pytest.raises(DatabaseError):
            till.tick()
        assert bank.kinds() == ["authorise"]
        with sqlite3.connect(tmp_path / "store.db") as raw:
            raw.execute("DROP TRIGGER full")
            raw.execute("DROP TRIGGER full_2")
        raw.close()
        till.tick()
        assert bank.kinds() == ["authorise"]
        assert bank.looked_up == ["pay-t1/authorise/1"]
        assert database.trip(TripId("t1")).hold == usd(2500)  # type: ignore[union-attr]


def test_a_trip_that_was_altered_holds_up_nobody_else(tmp_path: Path) -> None:
    bank, clock = Bank(), Clock()
    with Database.open(tmp_path) as database:
        till = make_till(database, bank, clock)
        for name in ("a", "b"):
            till.open(trip(clock, name), CARD)
            till.bind(TripId(name), VisitId(f"v-{name}"))
        till.tick()
        database.add_visit(record("v-a", closed_ns=clock()))
        database.add_visit(record("v-b", closed_ns=clock()))
        with sqlite3.connect(tmp_path / "store.db") as raw:
            raw.execute("UPDATE trips SET record = x'00', wake_ns = 1 WHERE trip = 'a'")
        raw.close()
        again = make_till(database, bank, clock)
        again.tick()
        assert database.trip(TripId("b")).status == "settled"  # type: ignore[union-attr]


def test_a_payment_that_was_altered_holds_up_nobody_else(tmp_path: Path) -> None:
    bank, clock = Bank(), Clock()
    with Database.open(tmp_path) as database:
        till = make_till(database, bank, clock)
        for name in ("a", "b"):
            till.open(trip(clock, name), CARD)
        with sqlite3.connect(tmp_path / "store.db") as raw:
            raw.execute("UPDATE payments SET record = x'00' WHERE payment = 'pay-a'")
        raw.close()
        till.tick()
        assert database.trip(TripId("b")).hold == usd(2500)  # type: ignore[union-attr]


# ---- clocks ---------------------------------------------------------------------------------------------------------


def test_an_order_of_a_clock_that_was_hours_ahead_is_sent_all_the_same() -> None:
    bank, clock = Bank(), Clock()
    with Database.open(IN_MEMORY) as database:
        till = make_till(database, bank, clock)
        clock.go(5 * 3600)
        till.open(trip(clock), CARD)
        clock.go(-5 * 3600)
        till.tick()
        assert bank.kinds() == ["authorise"]


def test_a_processor_whose_clock_is_years_behind_is_not_asked_for_holds_without_end() -> None:
    bank, clock = Bank(), Clock()
    with Database.open(IN_MEMORY) as database:
        till = make_till(database, bank, clock)
        bank.now_ns = lambda: 10**18
        till.open(trip(clock), CARD)
        till.bind(TripId("t1"), VisitId("v1"))
        for _ in range(10):
            till.tick()
            clock.go(60)
        assert bank.kinds() == ["authorise"]
        till.finished(record("v1", closed_ns=clock()))
        till.tick()
        assert bank.balance_minor == 593


def test_a_clock_that_jumps_takes_nothing_twice() -> None:
    bank, clock = Bank(), Clock()
    with Database.open(IN_MEMORY) as database:
        till = make_till(database, bank, clock)
        for number, jump_s in enumerate((7200, -9000, 40_000, -80_000, 3600, -3600)):
            clock.go(jump_s)
            walk(till, clock, f"t{number}")
            clock.go(-jump_s // 2)
            till.tick()
        for _ in range(30):
            clock.go(3600)
            till.tick()
        assert bank.balance_minor == 6 * 593
        assert not bank.holds
        assert database.orders_waiting() == 0
        assert database.prove_ledger().faults == ()


# ---- people ---------------------------------------------------------------------------------------------------------


def test_two_people_refund_the_same_trip_at_once_and_no_more_goes_back_than_came(tmp_path: Path) -> None:
    bank, clock = Bank(), Clock()
    with Database.open(tmp_path) as database:
        till = make_till(database, bank, clock)
        name = walk(till, clock)
        start = threading.Barrier(8)
        refused: list[str] = []

        def give_back(number: int) -> None:
            start.wait()
            try:
                till.refund(name, usd(200), key=f"r{number}", reason="wrong item", by=f"person {number}")
            except PaymentError as error:
                refused.append(str(error))

        people = [threading.Thread(target=give_back, args=(number,)) for number in range(8)]
        for person in people:
            person.start()
        for person in people:
            person.join()
        till.tick()
        assert len(refused) == 6
        assert bank.balance_minor == 193
        assert database.prove_ledger().faults == ()


def test_nothing_is_given_back_while_nobody_knows_whether_it_was_taken() -> None:
    bank, clock = Bank(), Clock()
    bank.before = lambda order: "pending" if order.kind == "capture" else None
    with Database.open(IN_MEMORY) as database:
        till = make_till(database, bank, clock)
        name = walk(till, clock)
        with pytest.raises(PaymentError, match="more than can be given back"):
            till.refund(name, usd(1), key="r", reason="wrong item", by="ann")
        bank.before = lambda _order: None
        bank.answers.pop("pay-t1/capture/1")
        clock.go(60)
        till.tick()
        till.refund(name, usd(593), key="r", reason="wrong item", by="ann")
        till.tick()
        assert bank.balance_minor == 0
        assert database.prove_ledger().faults == ()


def test_of_a_party_one_is_in_review_and_one_comes_in_again() -> None:
    bank, clock = Bank(), Clock()
    with Database.open(IN_MEMORY) as database:
        till = make_till(database, bank, clock)
        name = TripId("t1")
        till.open(trip(clock, group_size=2), CARD)
        for visit, review in (("v1", True), ("v2", False)):
            till.bind(name, VisitId(visit))
            till.finished(record(visit, closed_ns=clock(), review=review))
            till.tick()
        assert database.trip(name).status == "review"  # type: ignore[union-attr]
        till.bind(name, VisitId("v3"))
        database.decide(choose("v1", {"milk": 1}))
        till.tick()
        assert database.trip(name).status == "inside"  # type: ignore[union-attr]
        assert not bank.taken
        for _ in range(2):
            till.finished(record("v3", {}, closed_ns=clock()))
            till.tick()
        clock.go(120)
        till.tick()
        kept = database.trip(name)
        assert kept is not None
        assert kept.status == "settled"
        assert kept.receipt is not None
        assert bank.balance_minor == kept.receipt.total.gross.minor
        assert {str(line.product): line.quantity for line in kept.receipt.lines if line.kind == "item"} == {
            "tea": 2, "milk": 1,
        }  # fmt: skip
        assert bank.kinds().count("capture") == 1
        assert database.prove_ledger().faults == ()


def test_an_amount_that_numbers_elsewhere_do_not_hold_is_refused() -> None:
    bank, clock = Bank(), Clock()
    with Database.open(IN_MEMORY) as database:
        till = make_till(database, bank, clock)
        till.open(trip(clock), CARD)
        till.tick()
        for act in (till.capture, till.adjust):
            for minor in (2**53 + 1, 2**63, 2**70):
                with pytest.raises(PaymentError, match="check it"):
                    act(TripId("t1"), usd(minor))
        assert bank.kinds() == ["authorise"]
        assert database.prove_ledger().faults == ()


def test_many_trips_that_wait_for_a_release_do_not_keep_decided_ones_waiting() -> None:
    bank, clock = Bank(), Clock()
    settings = StoreSettings(commerce=SETTINGS, policy=PolicySettings(rows=(PolicyRow(then="review"),)))
    with Database.open(IN_MEMORY) as database:
        prices, policy = lambda _time_ns: Pricing(SHOP, SETTINGS), TablePolicy(settings)
        till = Till(database, settings, bank, clock, prices=prices, policy=policy, workers=0)
        with till.together():
            for number in range(201):
                till.open(trip(clock, f"t{number}"), CARD)
                till.bind(TripId(f"t{number}"), VisitId(f"v{number}"))
                till.finished(record(f"v{number}", closed_ns=clock()))
        clock.go(1)
        till.open(trip(clock, "late"), CARD)
        till.bind(TripId("late"), VisitId("v-late"))
        till.finished(record("v-late", closed_ns=clock(), review=True))
        database.decide(choose("v-late", {"milk": 1}))
        till.tick()
        assert database.trip(TripId("late")).status == "settled"  # type: ignore[union-attr]


def test_a_capture_that_fails_just_after_the_end_is_tried_with_the_payer_known() -> None:
    bank, clock = Bank(), Clock()
    with Database.open(IN_MEMORY) as database:
        till = make_till(database, bank, clock, payer_minutes=1)
        name = walk(till, clock)
        clock.go(50)
        del bank.taken["ref-pay-t1/authorise/1"]
        bank.before = lambda _order: "pending"
        till.notice(Answer(key="pay-t1/capture/1", outcome="declined", code="capture_failed"), notice="n")
        till.tick()
        clock.go(120)
        till.tick()
        assert database.payer(name) is not None, "the charge has not been answered yet"
        bank.before = lambda _order: None
        bank.answers.pop("pay-t1/charge/1")
        clock.go(60)
        till.tick()
        assert database.trip(name).status == "settled"  # type: ignore[union-attr]
        assert bank.balance_minor == 593
        clock.go(120)
        till.tick()
        assert database.payer(name) is None


@pytest.mark.parametrize("reason", ["end of recording", "restart"])
def test_whoever_was_inside_when_the_program_stopped_is_never_charged_on_a_guess(reason: str) -> None:
    """They may have put everything back since: where nobody looks at it in time, nothing is paid, the hold let go."""
    bank, clock = Bank(), Clock()
    settings = StoreSettings(commerce=SETTINGS, payments=PaymentSettings(review_h=1))
    with Database.open(IN_MEMORY) as database:
        for policy in (None, TablePolicy(settings)):
            name = f"t-{policy is None}"
            bank.now_ns = clock
            till = Till(
                database,
                settings,
                bank,
                clock,
                prices=lambda _time_ns: Pricing(SHOP, SETTINGS),
                policy=policy,
                workers=0,
            )
            walk(till, clock, name, review=True, reason=reason)
            assert database.trip(TripId(name)).status == "review"  # type: ignore[union-attr]
            clock.go(3700)
            till.tick()
            assert database.trip(TripId(name)).status == "void"  # type: ignore[union-attr]
        assert not bank.taken
        assert not bank.holds
        assert database.prove_ledger().faults == ()
