"""Terminals at the gate, over real HTTP: a tap, no tap, lost answers, a line that is down."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.connectors.simulated_shop import KEY, Clock, Stripe
from tillfree.connectors.processors.secret_keys import Secret
from tillfree.connectors.processors.stripe import stripe_caller
from tillfree.connectors.terminals.nexo import additional_response, amount_number, read_amount
from tillfree.connectors.terminals.nexo_terminal import NexoTerminal
from tillfree.connectors.terminals.stripe_reader import StripeReader
from tillfree.connectors.terminals.taps import NoTap, TapResult, TerminalError
from tillfree.core.money import CURRENCY_EXPONENTS, Money
from tillfree.identity.credentials import CardTap
from tillfree.simulation.payments.cards import SimulatedCard, make_card
from tillfree.simulation.payments.faults import FaultTable
from tillfree.simulation.payments.processor import SimulatedProcessor
from tillfree.simulation.payments.serving import LocalServer
from tillfree.simulation.payments.terminal import SimulatedTerminal

POI = "V400m-346403161"
HOLD = Money(2500, "EUR")
CARD = make_card(3, 1)


class Gate:
    """A terminal that is served, and the client that waits at it."""

    def __init__(self, faults: FaultTable | None = None, *, wait_s: float = 20.0, port: int = 0) -> None:
        self.clock = Clock()
        self.core = SimulatedProcessor(self.clock, faults=faults or FaultTable())
        self.terminal = SimulatedTerminal(POI, self.core, self.clock, wait_s=wait_s, key=KEY)
        self.server = LocalServer(self.terminal.app(), port=port)

    def __enter__(self) -> "Gate":
        self.server.__enter__()
        self.client = self.connect(f"{self.server.address}/nexo")
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()
        self.server.__exit__(None, None, None)

    def connect(self, address: str, wait_s: float = 20.0) -> NexoTerminal:
        return NexoTerminal(address=address, poi=POI, sale="Gate1", now_ns=self.clock, key=Secret(KEY), wait_s=wait_s)

    def tap(self, act: Callable[[], object], reference: str = "entry-1", hold: Money = HOLD) -> TapResult:
        """What the client gets when something happens while it waits."""
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(self.client.wait_for_tap, hold, reference=reference)
            assert self.terminal.wait_until_asked()
            act()
            return waiting.result(20)

    def present(self, card: SimulatedCard, **more: object) -> TapResult:
        return self.tap(lambda: self.terminal.present(card), **more)  # type: ignore[arg-type]


@pytest.fixture
def gate() -> Iterator[Gate]:
    with Gate() as opened:
        yield opened


def test_a_card_is_read_and_money_put_aside(gate: Gate) -> None:
    tap = gate.present(CARD)
    assert isinstance(tap, CardTap)
    assert tap.hold is not None
    held = gate.core.books.holds[tap.hold.reference]
    assert (held.held_minor, held.state, tap.hold.amount) == (2500, "open", HOLD)
    assert (tap.last4, tap.brand, tap.expires, tap.funding) == (CARD.last4, "visa", "2030-12", "credit")
    assert tap.token.endswith(f"/{CARD.token}")
    assert tap.fingerprint == CARD.fingerprint
    assert not tap.wallet
    for tag in ("9F26", "9F27", "9F10", "9F37", "9F36", "95", "9A", "9C", "9F02", "5F2A", "82", "9F1A", "9F34", "5F34",
                "84", "9F39"):  # fmt: skip
        assert tap.emv[tag], tag
    assert tap.emv["9F02"] == "000000002500"
    assert tap.emv["5F2A"] == "0978"


def test_the_number_of_the_card_does_not_leave_the_terminal(gate: Gate) -> None:
    tap = gate.present(CARD)
    assert CARD.number not in repr(tap)
    assert CARD.number not in repr(gate.core.books.holds)
    assert not {"5A", "57", "5F20"} & set(tap.emv if isinstance(tap, CardTap) else ())


def test_two_taps_of_a_card_share_a_fingerprint_and_no_shopper(gate: Gate) -> None:
    first, second = gate.present(CARD), gate.present(CARD, reference="entry-2")
    assert isinstance(first, CardTap)
    assert isinstance(second, CardTap)
    assert first.fingerprint == second.fingerprint
    assert first.token.split("/")[0] != second.token.split("/")[0]
    assert first.emv["9F26"] != second.emv["9F26"]
    assert (first.emv["9F36"], second.emv["9F36"]) == ("0001", "0002")


def test_a_wallet_is_known_as_one(gate: Gate) -> None:
    tap = gate.present(make_card(3, 2, wallet=True))
    assert isinstance(tap, CardTap)
    assert tap.wallet
    assert tap.emv["9F34"] == "010002"


def test_a_prepaid_card_is_told_as_such(gate: Gate) -> None:
    tap = gate.present(make_card(3, 2, funding="prepaid"))
    assert isinstance(tap, CardTap)
    assert tap.funding == "prepaid"


def test_an_expired_card_puts_nothing_aside(gate: Gate) -> None:
    assert gate.present(make_card(3, 2, expires="2019-01")) == NoTap(reason="expired", code="EXPIRED_CARD")
    assert not gate.core.books.holds


def test_a_card_without_money_is_declined() -> None:
    with Gate() as gate:
        poor = make_card(3, 5, limit_minor=100)
        gate.core.add_card(poor)
        assert gate.present(poor) == NoTap(reason="declined", code="INSUFFICIENT_FUNDS")


def test_the_red_key_and_the_store_can_end_the_waiting(gate: Gate) -> None:
    assert gate.tap(gate.terminal.press_cancel) == NoTap(reason="cancelled")
    assert gate.tap(gate.client.cancel, "entry-2") == NoTap(reason="nobody")
    assert isinstance(gate.present(CARD, reference="entry-3"), CardTap)


def test_nobody_comes() -> None:
    with Gate(wait_s=0.05) as gate:
        assert gate.client.wait_for_tap(HOLD, reference="entry-1") == NoTap(reason="nobody")


def test_a_lost_answer_is_asked_for_again_and_nothing_is_held_twice(gate: Gate) -> None:
    gate.terminal.lose_answers(1)
    tap = gate.present(CARD)
    assert isinstance(tap, CardTap)
    assert len(gate.core.books.holds) == 1


def test_a_line_too_slow_for_the_wait_ends_the_waiting_at_the_terminal_too(gate: Gate) -> None:
    client = gate.connect(f"{gate.server.address}/nexo", wait_s=0.2)
    assert client.wait_for_tap(HOLD, reference="entry-9") == NoTap(reason="nobody")
    client.close()
    assert isinstance(gate.present(CARD), CardTap)


def test_the_same_reference_again_gives_the_same_tap(gate: Gate) -> None:
    tap = gate.present(CARD)
    assert gate.client.wait_for_tap(HOLD, reference="entry-1") == tap
    assert len(gate.core.books.holds) == 1


def test_an_acquirer_that_is_down_is_a_decline() -> None:
    with Gate(FaultTable(timeout_before_ppm=1_000_000)) as gate:
        tap = gate.present(CARD)
        assert tap == NoTap(reason="declined", code="ISSUER_UNAVAILABLE")


def test_a_hold_whose_answer_never_came_is_let_go() -> None:
    with Gate(FaultTable(timeout_after_ppm=1_000_000)) as gate:
        tap = gate.present(CARD)
        assert isinstance(tap, NoTap)
        assert [hold.state for hold in gate.core.books.holds.values()] == ["void"]


def test_an_issuer_that_approves_a_part() -> None:
    with Gate(FaultTable(partial_ppm=1_000_000)) as gate:
        tap = gate.present(CARD)
        assert isinstance(tap, CardTap)
        assert tap.hold is not None
        assert 0 < tap.hold.amount.minor < HOLD.minor


def test_offline_then_back_again() -> None:
    with Gate() as gate:
        port = int(gate.server.address.rpartition(":")[2])
        client, core = gate.connect(f"{gate.server.address}/nexo"), gate.core
    with pytest.raises(TerminalError, match="cannot be reached"):
        client.wait_for_tap(HOLD, reference="entry-1")
    with Gate(port=port) as again:
        again.client, old = client, again.client
        assert isinstance(again.present(CARD, reference="entry-2"), CardTap)
        old.close()
    assert not core.books.holds


def test_only_one_may_wait(gate: Gate) -> None:
    def second() -> None:
        with pytest.raises(TerminalError, match="already"):
            gate.client.wait_for_tap(HOLD, reference="entry-2")
        gate.terminal.present(CARD)

    assert isinstance(gate.tap(second), CardTap)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b'{"SaleToPOIRequest": 5}', b'{"SaleToPOIRequest": {"MessageHeader": {}}}', b"[" * 5000,
        b'{"SaleToPOIRequest": {"MessageHeader": {"MessageCategory": "Payment", "POIID": "other"}}}',
    ],
)  # fmt: skip
def test_hostile_messages_are_answered_400(gate: Gate, body: bytes) -> None:
    reply = httpx2.post(f"{gate.server.address}/nexo", content=body, headers={"X-API-Key": KEY})
    assert reply.status_code == 400
    assert httpx2.post(f"{gate.server.address}/nexo", content=body).status_code == 401


@given(st.sampled_from(sorted(CURRENCY_EXPONENTS)), st.integers(0, 10**12))
def test_amounts_survive_as_numbers(currency: str, minor: int) -> None:
    amount = Money(minor, currency)
    assert read_amount(amount_number(amount), currency) == amount


@pytest.mark.parametrize("number", [None, "5", True, 1.001, float("nan"), float("inf")])
def test_numbers_that_are_no_amounts(number: object) -> None:
    assert read_amount(number, "EUR") is None


@given(st.text(max_size=200))
def test_any_additional_response_is_read_or_left_out(text: str) -> None:
    assert all(isinstance(value, str) for value in additional_response(text).values())


def test_additional_responses_of_both_kinds() -> None:
    assert additional_response("a=1&b=x%20y") == {"a": "1", "b": "x y"}
    assert additional_response("eyJhZGRpdGlvbmFsRGF0YSI6eyJhIjoiMSJ9fQ==") == {"a": "1"}


# ---- Stripe's readers -------------------------------------------------------------------------------------------


class ReaderGate:
    """A reader of the mock, and its client; something happens at the first question that is asked."""

    def __init__(self, shop: Stripe, act: Callable[[], object], wait_s: float = 60.0) -> None:
        self.shop, self._act = shop, act
        self._wait_s = wait_s
        self._happened = threading.Event()
        shop.mock.add_reader("tmr_1")

    def wait(self, hold: Money = HOLD, reference: str = "entry-1") -> TapResult:
        with LocalServer(self.shop.mock.app()) as server:
            caller = stripe_caller(Secret(KEY), address=server.address)
            try:
                reader = StripeReader(caller, "tmr_1", now_ns=self.shop.clock, pause=self._pause, wait_s=self._wait_s)
                self.cancel = reader.cancel
                return reader.wait_for_tap(hold, reference=reference)
            finally:
                caller.close()

    def _pause(self, seconds: float) -> None:
        self.shop.clock.move(seconds)
        if not self._happened.is_set():
            self._happened.set()
            self._act()


def test_a_card_at_a_reader_of_stripe() -> None:
    shop = Stripe()
    tap = ReaderGate(shop, lambda: shop.mock.present("tmr_1", CARD, {"9F26": "AB", "84": CARD.application})).wait()
    assert isinstance(tap, CardTap)
    assert tap.token == f"cus_1/{CARD.token}"
    assert (tap.fingerprint, tap.last4, tap.expires) == (CARD.fingerprint, CARD.last4, "2030-12")
    assert tap.hold is not None
    assert tap.hold.amount == HOLD
    assert tap.hold.expires_ns > shop.clock()
    assert tap.emv == {"9F26": "AB", "84": CARD.application}
    fields = shop.mock.requests[1][2]
    assert fields["payment_method_options[card_present][request_incremental_authorization_support]"] == "true"
    assert CARD.number not in repr(shop.mock.requests)


def test_no_card_at_a_reader_leaves_no_hold() -> None:
    shop = Stripe()
    assert ReaderGate(shop, lambda: shop.mock.refuse_card("tmr_1")).wait() == NoTap(reason="cancelled")
    shop = Stripe()
    assert ReaderGate(shop, lambda: None, wait_s=3).wait() == NoTap(reason="nobody")
    shop = Stripe()
    waiting = ReaderGate(shop, lambda: waiting.cancel())  # noqa: PLW0108  there is no reader to name yet
    assert waiting.wait() == NoTap(reason="cancelled")
    assert not shop.core.books.holds


def test_a_declined_card_at_a_reader() -> None:
    shop = Stripe(FaultTable(declined_ppm=1_000_000))
    tap = ReaderGate(shop, lambda: shop.mock.present("tmr_1", CARD)).wait()
    assert isinstance(tap, NoTap)
    assert tap.reason in ("declined", "expired")


def test_a_reader_that_is_offline() -> None:
    shop = Stripe()
    waiting = ReaderGate(shop, lambda: None)
    shop.mock.set_online("tmr_1", online=False)
    with pytest.raises(TerminalError, match="offline"):
        waiting.wait()
