"""The retailer's systems at the gate: in time, or not at all; and the real desk with them."""

import time
from collections.abc import Iterator

import pytest

from tests.store.retailer.staging import CARD, NOW_NS, World, retailer_settings
from tillfree.commerce.trips import Trip
from tillfree.connectors.errors import SignatureError
from tillfree.connectors.retailer.client import RetailerClient
from tillfree.core.errors import TillfreeError
from tillfree.core.ids import TripId
from tillfree.core.money import Money
from tillfree.identity.credentials import CardTap, ScannedCode
from tillfree.simulation.retail.connectors import Faults, SimulatedRetailer
from tillfree.simulation.retail.serving import serving
from tillfree.store.entry.desk import EntryDesk
from tillfree.store.retailer.house import connector_key, retailer_gate
from tillfree.store.retailer.identity import RetailerGate
from tillfree.store.retailer.purchases import auth_event_id, trip_on_wire
from tillfree.store.settings import StoreSettings

HOLD = Money(3000, "USD")
TRIP = Trip(id=TripId("a" * 24), gate="gate-1", entry="card", opened_ns=NOW_NS)


class Asked:
    def __init__(self, retailer: SimulatedRetailer, address: str) -> None:
        self.retailer, self.address = retailer, address
        self.gates: list[RetailerClient] = []

    def gate(self, **settings: object) -> RetailerGate:
        told = retailer_settings(endpoint=self.address, breaker_failures=1000, **settings)
        client = RetailerClient(told, "", now_ns=time.time_ns)
        self.gates.append(client)
        return RetailerGate(client, told, timeout_s=2.0)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[SimulatedRetailer, str]]:
    retailer = SimulatedRetailer()
    with serving(retailer) as address:
        yield retailer, address


@pytest.fixture
def asked(served: tuple[SimulatedRetailer, str]) -> Iterator[Asked]:
    retailer, address = served
    retailer.faults = Faults()
    retailer.calls.clear()
    made = Asked(retailer, address)
    yield made
    for client in made.gates:
        client.close()


@pytest.mark.parametrize(
    ("code", "known", "role", "id_"),
    [
        ("SHOPPER-1", True, "shopper", "shopper-1"),
        ("STAFF-1", True, "associate", "associate-1"),
        ("CASH-1", True, "shopper", "cash-1"),
        ("LOYAL-1", True, "shopper", "loyal-1"),
        ("NOBODY", False, "shopper", ""),
        ("ü\n", False, "shopper", ""),
    ],
)
def test_whom_the_retailer_knows(asked: Asked, code: str, known: bool, role: str, id_: str) -> None:
    answer = asked.gate().verify(ScannedCode(text=code), "gate-1", NOW_NS)
    assert answer is not None
    assert (answer.known, answer.role, answer.id) == (known, role, id_)
    ((_, body),) = asked.retailer.calls
    assert body["authEvent"]["id"] == auth_event_id("store-1", "gate-1", NOW_NS)


@pytest.mark.parametrize(
    ("faults", "answered"),
    [
        (Faults(status=500), False), (Faults(status=503), False), (Faults(status=429), False),
        (Faults(body=b"oops"), False), (Faults(status=401), True), (Faults(status=403), True),
        (Faults(deny=True), True), (Faults(visitor_type="ROBOT"), True),
    ],
)  # fmt: skip
def test_silence_is_told_from_a_no(asked: Asked, faults: Faults, answered: bool) -> None:
    asked.retailer.faults = faults
    answer = asked.gate().verify(ScannedCode(text="SHOPPER-1"), "gate-1", NOW_NS)
    assert (answer is not None) == answered
    assert answer is None or not answer.known


def test_a_code_that_is_none_of_theirs_never_reaches_them(asked: Asked) -> None:
    gate = asked.gate(code_pattern="SHOPPER-[0-9]+")
    refused = gate.verify(ScannedCode(text="SHOPPER-1 or 1=1"), "gate-1", NOW_NS)
    assert refused is not None
    assert not refused.known
    assert asked.retailer.calls == []
    found = gate.verify(ScannedCode(text="SHOPPER-2"), "gate-1", NOW_NS)
    assert found is not None
    assert found.known
    with pytest.raises(TillfreeError, match="code_pattern"):
        asked.gate(code_pattern="(")


def test_a_loyalty_code_brings_its_promotions(asked: Asked) -> None:
    gate = asked.gate()
    found = gate.loyalty("LOYAL-1")
    assert found is not None
    assert (found.id, found.provider, found.promotions) == ("loyal-1", "Simulated club", ("club-10",))
    assert gate.loyalty("SHOPPER-1") is None
    assert gate.loyalty("NOBODY") is None
    asked.retailer.faults = Faults(status=500)
    assert gate.loyalty("LOYAL-1") is None


@pytest.mark.parametrize(
    ("risk", "faults", "risks", "admitted"),
    [
        ("none", Faults(deny=True), (), True),
        ("none", Faults(), ("BadDebt",), False),
        ("retailer", Faults(), (), True),
        ("retailer", Faults(deny=True), (), False),
        ("retailer", Faults(status=500), (), False),
        ("retailer", Faults(status=404), (), False),
        ("recommendation", Faults(), (), True),
        ("recommendation", Faults(deny=True), (), False),
        ("recommendation", Faults(status=500), (), True),
        ("recommendation", Faults(status=404), (), True),
        ("recommendation", Faults(status=500), ("BadDebt",), False),
    ],
)
def test_who_decides_on_a_card(asked: Asked, risk: str, faults: Faults, risks: tuple[str, ...], admitted: bool) -> None:
    asked.retailer.faults = faults
    answer = asked.gate(risk=risk).may_enter(TRIP, CARD, HOLD, risks=risks)
    assert answer.admitted is admitted


def test_the_retailer_may_overrule_and_want_another_hold(asked: Asked) -> None:
    gate = asked.gate(risk="retailer")
    asked.retailer.faults = Faults(hold=("12.50", "USD"))
    assert gate.may_enter(TRIP, CARD, HOLD).hold == Money(1250, "USD")
    asked.retailer.faults = Faults(hold=("12.50", "EUR"))  # another currency can not be held here
    assert gate.may_enter(TRIP, CARD, HOLD).hold is None
    (_, body) = asked.retailer.calls[-1]
    assert body["shopperIdentity"]["id"] == "mark-1"
    assert body["authorizedAmount"] == {"value": 30.0, "currencyCode": "USD"}
    assert "tok-1" not in str(body)  # a token is nothing that the retailer gets
    assert "4242" not in str(body)


def test_the_real_desk_asks_it_and_the_cart_names_the_same_event(asked: Asked) -> None:
    world = World(retailer_settings(endpoint=asked.address))
    gate = asked.gate(identifies="retailer")
    desk = EntryDesk(world.database, world.settings, world.till, world.clock, retailer=gate)
    try:
        answer = desk.present("gate-1", ScannedCode(text="SHOPPER-1"))
        assert answer.opens, answer
        assert answer.trip is not None
        payer = world.database.payer(answer.trip.id)
        assert payer is not None
        assert payer.account == "shopper-1"
        (_, body) = asked.retailer.calls[-1]
        assert body["authEvent"]["id"] == auth_event_id("store-1", "gate-1", answer.trip.opened_ns)
        refused = desk.present("gate-1", ScannedCode(text="NOBODY"))
        assert not refused.opens
        assert refused.reason == "unknown"
    finally:
        desk.close()
        world.close()


@pytest.mark.parametrize(
    ("risk", "faults", "opens"),
    [
        ("retailer", Faults(), True),
        ("retailer", Faults(deny=True), False),
        ("retailer", Faults(status=500), False),
        ("recommendation", Faults(), True),
        ("recommendation", Faults(deny=True), False),
        ("recommendation", Faults(status=500), True),
        ("none", Faults(deny=True), True),
    ],
)
def test_the_real_desk_asks_the_retailer_about_cards(asked: Asked, risk: str, faults: Faults, opens: bool) -> None:
    world = World(retailer_settings(endpoint=asked.address, risk=risk))
    asked.retailer.faults = faults
    desk = EntryDesk(world.database, world.settings, world.till, world.clock, retailer=asked.gate(risk=risk))
    try:
        card = CardTap(terminal="t", token="tok-9", fingerprint="of-the-processor", expires="2030-01")
        answer = desk.present("gate-1", card)
        assert answer.opens is opens, answer
        assert (len(asked.retailer.calls) == 0) is (risk == "none")
        for _, body in asked.retailer.calls:
            assert "of-the-processor" not in str(body)  # the mark that is sent is keyed by this store
            assert "tok-9" not in str(body)
            if answer.trip is not None:
                assert body["shopperInteraction"]["shoppingTripId"] == trip_on_wire(answer.trip.id)
    finally:
        desk.close()
        world.close()


def test_a_retailer_that_decides_on_cards_alone_is_not_asked_about_codes(asked: Asked) -> None:
    world = World(retailer_settings(endpoint=asked.address, risk="retailer", identifies="tillfree"))
    gate = asked.gate(risk="retailer", identifies="tillfree")
    desk = EntryDesk(world.database, world.settings, world.till, world.clock, retailer=gate)
    try:
        assert desk.present("gate-1", ScannedCode(text="SHOPPER-1")).reason == "unknown"
        assert asked.retailer.calls == []
    finally:
        desk.close()
        world.close()


def test_the_settings_say_who_is_asked() -> None:
    for told, codes in (
        ({}, None),
        ({"identifies": "retailer"}, True),
        ({"risk": "retailer"}, False),
        ({"identifies": "retailer", "risk": "recommendation"}, True),
    ):
        settings = StoreSettings(retailer=retailer_settings(endpoint="http://127.0.0.1:9", **told))
        gate = retailer_gate(settings, time.time_ns, timeout_s=1)
        assert (None if gate is None else gate.reads_codes) is codes
    nowhere = StoreSettings(retailer=retailer_settings(identifies="retailer"))
    assert retailer_gate(nowhere, time.time_ns, timeout_s=1) is None


def test_a_missing_key_is_said_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = StoreSettings(retailer=retailer_settings(endpoint="http://x.example", connector_auth="sigv4"))
    monkeypatch.delenv("TILLFREE_CONNECTOR_KEY", raising=False)
    with pytest.raises(SignatureError, match="TILLFREE_CONNECTOR_KEY"):
        connector_key(settings)
    monkeypatch.setenv("TILLFREE_CONNECTOR_KEY", "no colon")
    with pytest.raises(SignatureError, match="id:secret"):
        connector_key(settings)
    monkeypatch.setenv("TILLFREE_CONNECTOR_KEY", "id:secret")
    assert connector_key(settings) == "id:secret"
