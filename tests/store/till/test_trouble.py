"""The network fails, answers come twice, late, or make no sense; and the program is killed in between."""

import os
import random
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.commerce.shops import SETTINGS, SHOP
from tests.storage.database.made import record
from tests.store.till.counters import CARD, Bank, Clock, make_till, trip, unavailable, usd, walk
from tillfree.commerce.errors import PaymentError
from tillfree.commerce.payments.processor import Answer, Order, ProcessorUnavailable
from tillfree.commerce.payments.settings import PaymentSettings
from tillfree.commerce.pricing import Pricing
from tillfree.core.ids import PaymentId, TripId, VisitId
from tillfree.core.money import Money
from tillfree.storage.database.database import IN_MEMORY, Database
from tillfree.storage.database.money.payments import DueOrder
from tillfree.store.settings import StoreSettings
from tillfree.store.till.errors import TillError
from tillfree.store.till.sending import Sending
from tillfree.store.till.till import Till

ROOT = Path(__file__).resolve().parents[3]


def test_without_a_network_people_come_in_and_pay_later() -> None:
    bank, clock = Bank(), Clock()
    with Database.open(IN_MEMORY) as database:
        till = make_till(database, bank, clock)
        real, bank.ask = bank.ask, unavailable  # type: ignore[method-assign,assignment]
        name = walk(till, clock)
        assert database.trip(name).status == "settling"  # type: ignore[union-attr]
        assert database.orders_waiting() == 1
        bank.ask = real  # type: ignore[method-assign]
        clock.go(60)
        till.tick()
        assert database.trip(name).status == "settled"  # type: ignore[union-attr]
        assert bank.looked_up, "what may have arrived is looked up first"
        assert bank.balance_minor == 593


def test_a_lost_answer_is_looked_up_and_nothing_is_asked_twice() -> None:
    bank, clock = Bank(), Clock()
    lost: set[str] = set()

    def lose(order: Order) -> None:
        if order.key not in lost:
            lost.add(order.key)
            raise ProcessorUnavailable("the answer was lost")

    bank.after = lose
    with Database.open(IN_MEMORY) as database:
        till = make_till(database, bank, clock)
        walk(till, clock)
        for _ in range(10):
            clock.go(10)
            till.tick()
        assert bank.kinds() == ["authorise", "capture"]
        assert bank.balance_minor == 593
        assert database.prove_ledger().holds


def test_waits_grow_and_are_bounded() -> None:
    sending = Sending(Bank(), PaymentSettings(first_retry_s=1, longest_retry_s=60), random.Random(3))
    due, waits = DueOrder(key="k", payment=PaymentId("p"), due_ns=0), []
    for _ in range(12):
        due = sending.later(due, 0)
        waits.append(due.due_ns / 1e9)
    assert 0.75 <= waits[0] <= 1.25
    assert all(wait <= 75 for wait in waits)
    assert min(waits[7:]) >= 45
    assert due.sent
    assert due.tries == 12


def test_one_notice_is_one_and_an_impossible_one_is_refused() -> None:
    bank, clock = Bank(), Clock()
    bank.before = lambda _order: "pending"
    with Database.open(IN_MEMORY) as database:
        till = make_till(database, bank, clock)
        till.open(trip(clock), CARD)
        till.tick()
        key = "pay-t1/authorise/1"
        approved = Answer(key=key, outcome="approved", reference="r", amount=usd(2500))
        for _ in range(3):
            till.notice(approved, notice="n1")
        till.notice(approved, notice="n2")
        till.notice(Answer(key=key, outcome="declined"), notice="n3")
        till.notice(Answer(key="somebody/else/1", outcome="approved"), notice="n4")
        assert database.trip(TripId("t1")).hold == usd(2500)  # type: ignore[union-attr]
        assert [told.kind for told in database.announcements(0)].count("payment.held") == 1
        till.capture(TripId("t1"), usd(100))
        for amount in (usd(101), usd(-1), Money(100, "EUR")):
            wrong = Answer(key="pay-t1/capture/1", outcome="approved", amount=amount)
            with pytest.raises(PaymentError):
                till.notice(wrong, notice=f"wrong {amount}")
        assert database.prove_ledger().holds


def test_an_answer_about_something_else_or_of_too_much_is_not_believed() -> None:
    bank, clock = Bank(), Clock()
    with Database.open(IN_MEMORY) as database:
        till = make_till(database, bank, clock)
        real = bank.ask

        def confused(order: Order) -> Answer:
            real(order)
            if order.kind == "authorise":
                return Answer(key="another", outcome="approved")
            return Answer(key=order.key, outcome="approved", amount=usd(10**6))

        bank.ask = confused  # type: ignore[method-assign]
        walk(till, clock)
        clock.go(30)
        till.tick()  # it is looked up, and the look-up is right
        clock.go(30)
        till.tick()
        assert bank.balance_minor == 593
        assert database.trip(TripId("t1")).status == "settled"  # type: ignore[union-attr]
        assert database.prove_ledger().holds


def test_threads_send_and_end(tmp_path: Path) -> None:
    bank, clock = Bank(), Clock()
    captured = threading.Event()
    bank.after = lambda order: captured.set() if order.kind == "capture" else None
    chosen = StoreSettings(commerce=SETTINGS, payments=PaymentSettings(workers=3))
    with Database.open(tmp_path) as database:
        till = Till(database, chosen, bank, clock, prices=lambda _time_ns: Pricing(SHOP, SETTINGS))
        till.open(trip(clock), CARD)
        till.bind(TripId("t1"), VisitId("v1"))
        till.finished(record("v1", closed_ns=clock()))
        assert captured.wait(30)
        till.close()
        assert database.trip(TripId("t1")).status == "settled"  # type: ignore[union-attr]
        assert bank.kinds() == ["authorise", "capture"]


def test_many_trips_in_one_transaction_or_none(tmp_path: Path) -> None:
    bank, clock = Bank(), Clock()
    with Database.open(tmp_path) as database:
        till = make_till(database, bank, clock)
        with pytest.raises(TillError, match="no trip"):
            _half_way(till, clock)
        assert database.trip(TripId("t1")) is None
        with till.together():
            for number in range(50):
                till.open(trip(clock, f"t{number}"), CARD)
        till.tick()
        assert len(bank.holds) == 50


def _half_way(till: Till, clock: Clock) -> None:
    with till.together():
        till.open(trip(clock, "t1"), CARD)
        till.cancel(TripId("another"))


# ---- killed between any two steps -----------------------------------------------------------------------------------


def test_a_kill_at_any_moment_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """The program of `killed.py` is killed before and after each of its steps and orders in turn, and started again."""
    paths = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    environment = {**os.environ, "PYTHONPATH": paths, "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.store.till.killed", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    assert int(done.stdout) >= 15
