"""From a card at a terminal to the money: terminal, gate, desk, till and processor, each over its own protocol."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.storage.database.made import record
from tillfree.connectors.terminals.nexo_terminal import NexoTerminal
from tillfree.core.ids import VisitId
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_S
from tillfree.simulation.payments.cards import SimulatedCard, make_card
from tillfree.simulation.payments.processor import SimulatedProcessor
from tillfree.simulation.payments.serving import LocalServer
from tillfree.simulation.payments.terminal import SimulatedTerminal
from tillfree.storage.database.database import Database
from tillfree.store.entry.desk import EntryAnswer, EntryDesk
from tillfree.store.entry.terminal_gate import TerminalGate
from tillfree.store.settings import StoreSettings
from tillfree.store.till.till import Till

POI = "V400m-1"
HOLD = Money(2500, "USD")
CARD = make_card(11, 1)


class Entrance:
    """A shop with one gate, whose clock stands still until somebody moves it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now_ns = 1_750_000_000 * NS_PER_S
        self.core = SimulatedProcessor(lambda: self.now_ns)
        self.terminal = SimulatedTerminal(POI, self.core, lambda: self.now_ns)
        self.database = Database.open(folder)
        settings = StoreSettings()
        self.till = Till(self.database, settings, self.core, lambda: self.now_ns, workers=0)
        self.desk = EntryDesk(self.database, settings, self.till, lambda: self.now_ns)
        self.server = LocalServer(self.terminal.app())
        self.server.__enter__()
        self.client = NexoTerminal(
            address=f"{self.server.address}/nexo", poi=POI, sale="Gate1", now_ns=lambda: self.now_ns, wait_s=20.0
        )
        self.gate = TerminalGate("door", self.client, self.desk, self.core, HOLD)

    def close(self) -> None:
        self.client.close()
        self.server.__exit__(None, None, None)
        self.till.close()
        self.desk.close()
        self.database.close()

    def tap(self, card: SimulatedCard) -> EntryAnswer | None:
        with ThreadPoolExecutor(1) as pool:
            turn = pool.submit(self.gate.turn)
            assert self.terminal.wait_until_asked()
            self.terminal.present(card)
            return turn.result(20)

    def later(self, seconds: float) -> None:
        self.now_ns += round(seconds * NS_PER_S)
        self.till.tick()


@pytest.fixture
def entrance(tmp_path: Path) -> Iterator[Entrance]:
    made = Entrance(tmp_path)
    yield made
    made.close()


def test_a_tap_becomes_a_payment_out_of_the_hold_of_the_terminal(entrance: Entrance) -> None:
    answer = entrance.tap(CARD)
    assert answer is not None
    assert answer.opens
    assert answer.trip is not None
    entrance.later(5)
    entrance.till.bind(answer.trip.id, VisitId("v1"))
    entrance.later(300)
    visit = record(closed_ns=entrance.now_ns)
    entrance.till.finished(visit)
    for _ in range(3):
        entrance.later(120)
    trip = entrance.database.trip(answer.trip.id)
    assert trip is not None
    assert trip.status == "settled"
    totals = entrance.core.books.by_card()[CARD.token]
    assert totals.taken_minor == visit.receipt.total.gross.minor > 0
    assert (totals.open_minor, totals.captures) == (0, 1)
    assert len(entrance.core.books.holds) == 1
    assert entrance.database.prove_ledger().holds
    kept = b"".join(path.read_bytes() for path in entrance.folder.iterdir() if path.is_file())
    assert b"settled" in kept
    assert CARD.number.encode() not in kept


def test_nobody_comes_in_and_the_hold_is_let_go(entrance: Entrance) -> None:
    answer = entrance.tap(CARD)
    assert answer is not None
    assert answer.opens
    for _ in range(3):
        entrance.later(200)
    assert [hold.state for hold in entrance.core.books.holds.values()] == ["void"]


def test_a_prepaid_card_stays_outside_with_its_money(entrance: Entrance) -> None:
    answer = entrance.tap(make_card(11, 2, funding="prepaid"))
    assert answer is not None
    assert not answer.opens
    assert answer.reason == "prepaid"
    assert [hold.state for hold in entrance.core.books.holds.values()] == ["void"]


def test_an_expired_card_stays_outside(entrance: Entrance) -> None:
    answer = entrance.tap(make_card(11, 3, expires="2020-01"))
    assert answer is not None
    assert (answer.opens, answer.reason) == (False, "expired")
    assert not entrance.core.books.holds
