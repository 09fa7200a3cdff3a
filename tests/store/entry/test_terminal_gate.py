"""A terminal at a gate: who is let in, who is not, and that no hold is forgotten."""

from pathlib import Path

import pytest

from tillfree.commerce.payments.processor import Answer, Order, ProcessorRefusal, ProcessorUnavailable
from tillfree.connectors.terminals.taps import NoTap, TapResult
from tillfree.core.ids import PaymentId
from tillfree.core.money import Money
from tillfree.identity.credentials import CardTap, TerminalHold
from tillfree.identity.reasons import reason_text
from tillfree.simulation.entrance.switches import Switches
from tillfree.simulation.entrance.taps import SimulatedCardGate
from tillfree.simulation.payments.cards import make_card
from tillfree.simulation.payments.processor import SimulatedProcessor
from tillfree.storage.database.database import Database
from tillfree.store.entry.desk import EntryDesk
from tillfree.store.entry.terminal_gate import TerminalGate
from tillfree.store.settings import StoreSettings
from tillfree.store.till.till import Till
from tillfree.store.till.watched import WatchedProcessor

NOW_NS = 1_900_000_000_000_000_000
HOLD = Money(2500, "USD")


class Terminal:
    """Gives the same tap each time."""

    def __init__(self, tap: TapResult) -> None:
        self.tap = tap
        self.cancelled = False

    def wait_for_tap(self, hold: Money, *, reference: str) -> TapResult:
        assert hold == HOLD
        assert reference
        return self.tap

    def cancel(self) -> None:
        self.cancelled = True


class Bank:
    """Notes what it is asked; fails as it is told."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.asked: list[Order] = []

    def ask(self, order: Order) -> Answer:
        self.asked.append(order)
        if self.failures:
            raise self.failures.pop(0)
        return Answer(key=order.key, outcome="approved", reference=order.reference)

    def look_up(self, key: str) -> Answer | None:
        raise ProcessorUnavailable(key)


def tap(**more: object) -> CardTap:
    held = TerminalHold(reference="hold-1", amount=HOLD, expires_ns=NOW_NS + 10**15)
    return CardTap(terminal="t", token="tok", fingerprint="fp", hold=held, expires="2099-01", **more)  # type: ignore[arg-type]


def turn(folder: Path, found: TapResult, bank: Bank) -> tuple[bool | None, Database]:
    database = Database.open(folder)
    settings = StoreSettings()
    till = Till(database, settings, bank, lambda: NOW_NS, workers=0)
    desk = EntryDesk(database, settings, till, lambda: NOW_NS)
    gate = TerminalGate("door", Terminal(found), desk, bank, HOLD)
    answer = gate.turn()
    till.close()
    desk.close()
    return (None if answer is None else answer.opens), database


def test_a_good_card_comes_in_with_what_the_terminal_put_aside(tmp_path: Path) -> None:
    bank = Bank()
    opens, database = turn(tmp_path, tap(), bank)
    with database:
        assert opens is True
        (trip,) = database.open_trips()
        assert trip.hold == HOLD
        payment = database.payment_of_trip(trip.id)
        assert payment is not None
        assert payment.held_minor == 2500
        assert bank.asked == []


@pytest.mark.parametrize(
    "failures",
    [
        (),
        (ProcessorUnavailable("no"),),
        (ProcessorRefusal("unknown"),),
        tuple(ProcessorUnavailable("no") for _ in "abc"),
    ],
)
def test_a_card_that_is_refused_gets_its_hold_back(tmp_path: Path, failures: tuple[Exception, ...]) -> None:
    bank = Bank(*failures)
    opens, database = turn(tmp_path, tap(funding="prepaid"), bank)
    with database:
        assert opens is False
        assert {(order.kind, order.reference, order.key) for order in bank.asked} == {
            ("void", "hold-1", "gate/hold-1/void")
        }
        assert database.open_trips() == []
        assert database.count_refusals(0) == {"prepaid": 1}


@pytest.mark.parametrize(
    ("reason", "told"), [("declined", {"declined": 1}), ("expired", {"expired": 1}), ("nobody", {})]
)
def test_what_the_terminal_itself_refuses_is_written_down(tmp_path: Path, reason: str, told: dict[str, int]) -> None:
    opens, database = turn(tmp_path, NoTap(reason=reason), Bank())
    with database:
        assert opens is (False if told else None)
        assert database.count_refusals(0) == told


@pytest.mark.parametrize(
    "code", ["ISSUER_UNAVAILABLE", "Issuer unavailable", "issuer_not_available", "UnreachableHost"]
)
def test_a_bank_that_gives_no_answer_has_not_said_no(tmp_path: Path, code: str) -> None:
    opens, database = turn(tmp_path, NoTap(reason="declined", code=code), Bank())
    with database:
        assert opens is False
        assert database.count_refusals(0) == {"no_answer": 1}
    assert "no answer" in reason_text("no_answer")
    assert reason_text("no_answer") != reason_text("declined")


@pytest.mark.parametrize("broken", ["processor/slow", "processor/down", "network"])
def test_a_simulated_card_at_a_processor_that_does_not_answer(tmp_path: Path, broken: str) -> None:
    card = make_card(1, 1)
    with Database.open(tmp_path) as database:
        settings = StoreSettings()

        def clock() -> int:
            return NOW_NS

        switches = Switches(SimulatedProcessor(clock, cards={card.token: card}))
        till = Till(database, settings, switches, clock, workers=0)
        desk = EntryDesk(database, settings, till, clock)
        with SimulatedCardGate("gate", desk, switches, Money(2500, "USD"), clock) as gate:
            switches.set(broken, broken=True)
            answer = gate.tap(card, 1)
            assert answer is not None
            assert (answer.opens, answer.reason) == (False, "no_answer")
            switches.set(broken, broken=False)
        desk.close()
        till.close()


def test_a_processor_counts_as_down_after_three_questions_without_an_answer() -> None:
    bank = Bank(*(ProcessorUnavailable("no") for _ in range(2)))
    watched = WatchedProcessor(bank)
    order = Order(key="k", kind="void", payment=PaymentId("p"))
    for _ in range(2):
        with pytest.raises(ProcessorUnavailable):
            watched.ask(order)
    assert watched.online
    with pytest.raises(ProcessorUnavailable):
        watched.look_up("k")
    assert not watched.online
    watched.ask(order)
    assert watched.online
