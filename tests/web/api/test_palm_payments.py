"""Somebody pays with their hand at a till: over the API, as a till asks. Whoever is not certain pays nothing."""

import base64
import dataclasses
import http.client
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.palms.stand_in import ALL, DOUBTFUL, agreed, samples
from tests.store.till.counters import unavailable
from tests.web.api.conftest import SHORT, Paying, client_of, paying_console
from tests.web.api.palm_shop import CARD, CONSENT, capture, enrolled, png, till_in, till_of
from tests.web.conftest import served
from tillfree.catalog.model import Product
from tillfree.commerce.payments.processor import Order, ProcessorUnavailable
from tillfree.storage.database.audit import AuditQuery
from tillfree.storage.database.integration.answers import KEPT_NS, STUCK_NS
from tillfree.store.palms.settings import PalmSettings
from tillfree.store.till.selling import SALE_MINOR_MAX
from tillfree.web.api.problems import PROBLEMS

PATH = "/api/v1/palms/payments"
DUE: dict[str, Any] = {"amount": {"minor": 420, "currency": "EUR"}, "reference": "sale 7"}
_keys = iter(range(10**9))


@pytest.fixture
def shop(paying: Paying) -> Iterator[Paying]:
    with till_in(paying) as made:
        yield made


@pytest.fixture
def ann(shop: Paying) -> str:
    """Somebody whose palm pays."""
    palm = enrolled(shop, 1)
    assert client_of(shop.console).post(f"/api/v1/palms/{palm}/cards", json=CARD).status_code == 201
    return palm


def asks(shop: Paying, body: dict[str, Any], key: str = "", *, scope: str = "palms:pay", client: Any = None) -> Any:
    client = client or client_of(shop.console, scope)
    return client.post(PATH, json=body, headers={"idempotency-key": key or f"k{next(_keys)}"})


def pays(shop: Paying, person: int = 1, **more: Any) -> dict[str, Any]:
    answer = asks(shop, {"captures": [capture(shop, person)], **(more if "lines" in more else DUE | more)})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def refused(answer: httpx2.Response, name: str = "refused") -> str:
    assert (answer.status_code, answer.json()["type"]) == (PROBLEMS[name][0], f"/api#problem-{name}"), answer.text
    return str(answer.json()["detail"])


def settled(shop: Paying) -> int:
    """What the bank has, when all is done."""
    assert shop.console.till is not None
    shop.console.till.tick()
    assert not shop.bank.holds, "nothing stays put aside"
    assert shop.console.database.prove_ledger().holds
    return shop.bank.balance_minor


def product(shop: Paying) -> Product:
    """Something that anybody may buy."""
    sold = shop.console.store.shop.products
    return next(one for one in sold if one.price_minor and one.sold_by == "unit" and not one.min_age)


# ---- paying ---------------------------------------------------------------------------------------------------------


def test_a_palm_pays_an_amount_and_it_can_go_back(shop: Paying, ann: str) -> None:
    before = settled(shop)
    said = pays(shop)
    assert (said["paid"], said["reason"], said["message"]) == (True, "", "Thank you")
    assert said["total"] == {"minor": 420, "currency": "EUR"}
    assert (said["card"], said["receipt"]) == ({"brand": "visa", "last4": "4242"}, None)
    assert settled(shop) == before + 420
    client = client_of(shop.console)
    trip = client.get(f"/api/v1/trips/{said['trip']}").json()
    assert (trip["status"], trip["entry"], trip["gate"], trip["reference"]) == ("settled", "palm", "north", "sale 7")
    back = client.post(
        f"/api/v1/payments/{said['payment']}/refunds",
        json={"amount": {"minor": 20, "currency": "EUR"}, "reason": "dented"},
        headers={"idempotency-key": "back"},
    )
    assert back.status_code == 202
    assert settled(shop) == before + 400
    (row,) = shop.console.database.audit_log(AuditQuery(what="palm.pay", subject=said["trip"]))
    assert (row.entry.who, ann in row.entry.detail) == ("key test", False)


def test_lines_are_priced_by_the_store_and_stand_on_a_receipt(shop: Paying, ann: str) -> None:
    before, tea = settled(shop), product(shop)
    said = pays(shop, lines=[{"product": tea.id, "quantity": 2}])
    assert said["paid"], said
    (line,) = [line for line in said["receipt"]["lines"] if line["kind"] == "item"]
    assert (line["product"], line["quantity"], line["probability"]) == (tea.id, 2, 1.0)
    assert said["receipt"]["gross"] == said["total"]
    assert settled(shop) == before + said["total"]["minor"]
    kept = client_of(shop.console).get(f"/api/v1/trips/{said['trip']}/receipt").json()
    assert kept == said["receipt"]
    assert ann not in str(said)


def test_an_answer_names_neither_the_palm_nor_a_token_nor_a_score(shop: Paying, ann: str) -> None:
    said = pays(shop)
    assert set(said) == {
        "paid", "reason", "message", "guidance", "trip", "payment", "total", "card", "receipt",
    }  # fmt: skip
    assert not {ann, "tok_of_ann", "fp_of_ann"} & set(map(str, said.values()))


def test_one_of_several_cards_pays_and_no_other(shop: Paying, ann: str) -> None:
    client = client_of(shop.console)
    client.post(f"/api/v1/palms/{ann}/cards", json={"token": "second", "last4": "1111"})
    body = {"captures": [capture(shop, 1)], "purpose": "pay"}
    cards = client.post("/api/v1/palms/identify", json=body).json()["cards"]
    assert [(one["last4"], one["default"]) for one in cards] == [("4242", True), ("1111", False)]
    assert pays(shop, chosen=cards[1]["card"])["card"]["last4"] == "1111"
    assert pays(shop)["card"]["last4"] == "4242"
    before = settled(shop)
    answer = asks(shop, {"captures": [capture(shop, 1)], "chosen": "0" * 12, **DUE})
    assert "no card" in refused(answer)
    assert settled(shop) == before


# ---- once -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("ann")
def test_asked_twice_it_is_paid_once(shop: Paying) -> None:
    before, client = settled(shop), client_of(shop.console, "palms:pay")
    body = {"captures": [capture(shop, 1)], **DUE}
    first = asks(shop, body, "once", client=client)
    again = asks(shop, body, "once", client=client)
    assert (again.content, again.headers["idempotency-replayed"]) == (first.content, "true")
    assert settled(shop) == before + 420
    for other in (DUE | {"amount": {"minor": 421, "currency": "EUR"}}, DUE | {"reference": "sale 8"}):
        refused(asks(shop, {"captures": [capture(shop, 1)], **other}, "once", client=client), "key-reused")
    assert settled(shop) == before + 420


@pytest.mark.usefixtures("ann")
def test_where_the_answer_is_forgotten_the_sale_is_not(shop: Paying) -> None:
    """The captures were used up by the first time, and nobody has to hold up their hand again."""
    before, client = settled(shop), client_of(shop.console, "palms:pay")
    body = {"captures": [capture(shop, 1)], **DUE}
    first = asks(shop, body, "once", client=client).json()
    shop.clock.now_ns += KEPT_NS
    assert settled(shop) == before + 420
    again = asks(shop, body, "once", client=client)
    assert (again.status_code, again.json()["paid"], again.json()["trip"]) == (200, True, first["trip"])
    shop.clock.now_ns += KEPT_NS
    other = body | {"amount": {"minor": 5, "currency": "EUR"}}
    assert "another sale" in refused(asks(shop, other, "once", client=client), "key-reused")
    assert settled(shop) == before + 420


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize("lost", ["before the hold", "between hold and taking", "before the answer"])
def test_after_a_crash_the_same_request_is_paid_once(shop: Paying, monkeypatch: pytest.MonkeyPatch, lost: str) -> None:
    before, client, database = settled(shop), client_of(shop.console, "palms:pay"), shop.console.database
    body = {"captures": [capture(shop, 1)], **DUE}
    till = shop.console.till
    assert till is not None
    with monkeypatch.context() as patch:

        def crash(*_values: object, **_more: object) -> Any:
            raise KeyboardInterrupt

        patch.setattr(database, "drop_answer", lambda *_values, **_more: None)
        where = {"before the hold": "_await_bank", "between hold and taking": "_concluded"}.get(lost)
        patch.setattr(till, where, crash) if where else patch.setattr(database, "finish_answer", crash)
        with pytest.raises(BaseException):  # noqa: B017, PT011  what the test client makes of it
            asks(shop, body, "crashed", client=client)
    till.close()
    shop.console.till = till_of(shop)
    shop.clock.now_ns += STUCK_NS
    answer = asks(shop, body, "crashed", client=client)
    assert (answer.status_code, answer.json()["paid"]) == (200, True), answer.text
    assert settled(shop) == before + 420
    assert asks(shop, body, "crashed", client=client).json()["paid"]
    assert settled(shop) == before + 420


@pytest.mark.usefixtures("ann")
def test_after_a_crash_and_too_late_nothing_is_paid(shop: Paying, monkeypatch: pytest.MonkeyPatch) -> None:
    before, client, till = settled(shop), client_of(shop.console, "palms:pay"), shop.console.till
    assert till is not None
    body = {"captures": [capture(shop, 1)], **DUE}
    with monkeypatch.context() as patch:

        def crash(*_values: object, **_more: object) -> Any:
            raise ZeroDivisionError

        patch.setattr(till, "_concluded", crash)
        assert asks(shop, body, "late", client=client).status_code == 500
    assert shop.bank.holds
    shop.clock.go(121)
    assert settled(shop) == before
    said = asks(shop, body, "late", client=client).json()
    assert (said["paid"], said["reason"]) == (False, "cancelled")
    assert settled(shop) == before


# ---- who does not pay -----------------------------------------------------------------------------------------------


def nobody_pays(shop: Paying, reason: str, person: int = 1, **more: Any) -> dict[str, Any]:
    before, asked = settled(shop), len(shop.bank.asked)
    said = pays(shop, person, **more)
    assert (said["paid"], said["reason"], said["trip"], said["card"]) == (False, reason, None, None)
    assert said["message"]
    assert (settled(shop), len(shop.bank.asked)) == (before, asked), "the bank is not even asked"
    return said


@pytest.mark.usefixtures("ann")
def test_a_stranger_and_no_hand_pay_nothing(shop: Paying) -> None:
    nobody_pays(shop, "unknown", 2)
    assert nobody_pays(shop, "no hand", 0)["guidance"] == "no hand"


def test_who_is_half_sure_shows_the_other_hand_as_well_and_pays(paying: Paying) -> None:
    careful = PalmSettings(may=ALL, false_identification_rate=1e-4, false_match_rate=1e-4, duplicate_rate=1e-1)
    with till_in(paying, careful) as shop:
        desk = shop.console.palm_desk
        assert desk is not None
        for person in range(1, 20):
            desk.enrol(samples(person), agreed(), by="test")
        hands = samples(DOUBTFUL) + samples(DOUBTFUL, "right")
        palm = desk.enrol(hands, agreed(), by="test").subject
        client_of(shop.console).post(f"/api/v1/palms/{palm}/cards", json=CARD)
        assert "other hand" in nobody_pays(shop, "other hand", DOUBTFUL)["message"]
        both = [capture(shop, DOUBTFUL), capture(shop, DOUBTFUL, "right")]
        assert asks(shop, {"captures": both, **DUE}).json()["paid"]
        assert settled(shop) == 420


@pytest.mark.usefixtures("ann")
def test_what_does_not_live_pays_nothing(shop: Paying, monkeypatch: pytest.MonkeyPatch) -> None:
    assert shop.console.palm_desk is not None
    recogniser = shop.console.palm_desk.recogniser
    read = recogniser.read
    for live in (False, None):
        monkeypatch.setattr(recogniser, "read", lambda frames, live=live: dataclasses.replace(read(frames), live=live))
        nobody_pays(shop, "not live")


def test_who_linked_nothing_or_did_not_agree_pays_nothing(shop: Paying) -> None:
    palm, client = enrolled(shop, 1), client_of(shop.console)
    nobody_pays(shop, "not linked")
    client.post(f"/api/v1/palms/{palm}/cards", json=CARD)
    assert pays(shop)["paid"]
    client.post(f"/api/v1/palms/{palm}/withdrawals", json={"purposes": ["pay"]})
    nobody_pays(shop, "no consent")


def test_consent_to_pay_is_enough_and_that_to_enter_is_not(shop: Paying) -> None:
    for person, purposes, reason in ((1, ["identify", "pay"], ""), (2, ["identify", "enter"], "no consent")):
        palm = enrolled(shop, person, consent=CONSENT | {"purposes": purposes})
        card = CARD | {"token": f"t{person}", "fingerprint": f"f{person}"}
        client_of(shop.console).post(f"/api/v1/palms/{palm}/cards", json=card)
        assert pays(shop, person)["reason"] == reason


@pytest.mark.parametrize("attested", [False, True])
def test_an_enrolment_at_home_pays_by_a_hover_at_a_station_that_signs(paying: Paying, *, attested: bool) -> None:
    with till_in(paying, PalmSettings(may=ALL, attested=attested)) as shop:
        desk = shop.console.palm_desk
        assert desk is not None
        palm = desk.enrol(samples(1), agreed(), by="test", confirmed=False).subject
        client_of(shop.console).post(f"/api/v1/palms/{palm}/cards", json=CARD)
        if attested:
            assert pays(shop)["paid"]
        else:
            nobody_pays(shop, "unconfirmed")


def test_a_site_or_a_station_where_palms_do_not_pay(paying: Paying) -> None:
    may = tuple(one for one in ALL if one != "pay")
    for chosen in (PalmSettings(may=may), PalmSettings(may=ALL, may_at={"north": may})):
        with till_in(paying, chosen) as shop:
            palm = enrolled(shop, 1)
            client_of(shop.console).post(f"/api/v1/palms/{palm}/cards", json=CARD)
            nobody_pays(shop, "not allowed")


def test_over_an_amount_a_pin_is_asked_for_and_three_wrong_ones_lock(shop: Paying, ann: str) -> None:
    client_of(shop.console).put(f"/api/v1/palms/{ann}/pin", json={"pin": "4711"})
    much: dict[str, Any] = {"amount": {"minor": 6000, "currency": "EUR"}}
    nobody_pays(shop, "pin needed", **much)
    nobody_pays(shop, "pin wrong", **much, pin="1")
    before = settled(shop)
    assert pays(shop, **much, pin="4711")["paid"]
    assert settled(shop) == before + 6000
    for reason, pin in (("pin wrong", "1"), ("pin wrong", "2"), ("locked", "3"), ("locked", "4711")):
        nobody_pays(shop, reason, **much, pin=pin)
    assert pays(shop)["paid"], "a small amount needs none"


def test_much_more_takes_a_card_that_is_tapped(shop: Paying, ann: str) -> None:
    client_of(shop.console).put(f"/api/v1/palms/{ann}/pin", json={"pin": "4711"})
    much: dict[str, Any] = {"amount": {"minor": 30_000, "currency": "EUR"}}
    nobody_pays(shop, "second factor needed", **much, pin="4711")
    nobody_pays(shop, "second factor needed", **much, tapped="fp_of_somebody")
    assert pays(shop, **much, tapped="fp_of_ann")["paid"]


def test_the_total_of_lines_asks_for_the_pin_too(shop: Paying, ann: str) -> None:
    assert shop.console.palm_desk is not None
    shop.console.palm_desk.settings = PalmSettings(may=ALL, pin_over_minor=1)
    client_of(shop.console).put(f"/api/v1/palms/{ann}/pin", json={"pin": "4711"})
    lines = [{"product": product(shop).id}]
    nobody_pays(shop, "pin needed", lines=lines)
    assert pays(shop, lines=lines, pin="4711")["paid"]


@pytest.mark.usefixtures("ann")
def test_a_card_that_is_declined_is_an_answer(shop: Paying) -> None:
    before = settled(shop)
    shop.bank.before = lambda order: "declined" if order.kind == "authorise" else None
    said = pays(shop)
    shop.bank.before = lambda _order: None
    assert (said["paid"], said["reason"], said["receipt"]) == (False, "declined", None)
    assert settled(shop) == before
    assert client_of(shop.console).get(f"/api/v1/trips/{said['trip']}").json()["status"] == "void"


@pytest.mark.usefixtures("ann")
def test_a_bank_without_an_answer_takes_nothing_now_or_later(shop: Paying) -> None:
    before = settled(shop)

    def lost(order: Order) -> None:
        raise ProcessorUnavailable(order.key)

    shop.bank.after = lost
    said = pays(shop)
    shop.bank.after = lambda _order: None
    assert (said["paid"], said["reason"]) == (False, "no_answer")
    shop.clock.go(60)
    assert settled(shop) == before


def test_a_till_that_hung_up_while_the_bank_thought_takes_nothing(shop: Paying, ann: str) -> None:
    """Its shopper may have paid with coins by then. The key of that try is used up by it."""
    assert ann
    before, client = settled(shop), client_of(shop.console, "palms:pay")
    sent, thought, slow = json.dumps({"captures": [capture(shop, 1)], **DUE}), threading.Event(), threading.Event()

    def think(_order: Order) -> None:
        thought.set()
        slow.wait(20)

    shop.bank.before = think
    with served(shop.console) as server:
        address = urlsplit(server.address)
        caller = http.client.HTTPConnection(str(address.hostname), address.port, timeout=20)
        headers = {"idempotency-key": "hung-up", "content-type": "application/json"}
        caller.request("POST", PATH, sent, headers | {"authorization": client.headers["authorization"]})
        assert thought.wait(5), caller.getresponse().read()
        caller.close()
        time.sleep(0.5)  # the server hears of it
        slow.set()
        shop.bank.before = lambda _order: None
        for _ in range(100):
            trips = [trip for trip in shop.console.database.open_trips() if trip.asked]
            if not trips:
                break
            time.sleep(0.1)
    assert settled(shop) == before
    said = client.post(PATH, content=sent, headers=headers).json()
    assert (said["paid"], said["reason"]) == (False, "cancelled")
    assert settled(shop) == before


def test_what_is_blocked_pays_nothing(shop: Paying) -> None:
    palm, client = enrolled(shop, 9), client_of(shop.console)
    client.post(f"/api/v1/palms/{palm}/cards", json=CARD | {"token": "nine", "fingerprint": "fp_of_nine"})
    entered = client.post("/api/v1/palms/entries", json={"captures": [capture(shop, 9)], "gate": "gate"}).json()
    shop.console.database.block_trip(entered["trip"], why="test", by="ann", time_ns=shop.clock())
    assert shop.console.till is not None
    shop.clock.go(300)
    shop.console.till.tick()
    nobody_pays(shop, "blocked", 9)


# ---- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize(
    ("wrong", "name", "detail"),
    [
        ({"amount": {"minor": 0, "currency": "EUR"}}, "refused", "more than nothing"),
        ({"amount": {"minor": -420, "currency": "EUR"}}, "refused", "more than nothing"),
        ({"amount": {"minor": SALE_MINOR_MAX + 1, "currency": "EUR"}}, "refused", "at most"),
        ({"amount": {"minor": 10**16, "currency": "EUR"}}, "invalid", "amount"),
        ({"amount": {"minor": 4.2, "currency": "EUR"}}, "invalid", "amount"),
        ({"amount": {"minor": 420, "currency": "USD"}}, "refused", "currency is EUR"),
        ({"amount": {"minor": 420, "currency": "eur"}}, "invalid", "currency"),
        ({"amount": None}, "refused", "amount or lines"),
        ({"lines": [{"product": "x"}]}, "refused", "amount or lines"),
        ({"amount": None, "lines": [{"product": "no such"}]}, "refused", "no such product"),
        ({"amount": None, "lines": [{}]}, "refused", "scan or product"),
        ({"amount": None, "lines": [{"product": "a", "scan": "b"}]}, "refused", "scan or product"),
        ({"amount": None, "lines": [{"product": "a", "quantity": 0}]}, "invalid", "quantity"),
        ({"amount": None, "lines": [{"product": "a", "quantity": -1}]}, "invalid", "quantity"),
        ({"reference": "a\nb"}, "refused", "printable"),
        ({"pin": "four"}, "invalid", "pin"),
        ({"captures": []}, "invalid", "captures"),
        ({"palm": "a name is no hand"}, "invalid", "palm"),
    ],
)
def test_what_cannot_be_paid_is_refused_before_anybody_is_looked_at(
    shop: Paying, wrong: dict[str, Any], name: str, detail: str
) -> None:
    before, shown = settled(shop), capture(shop, 1)
    assert detail in refused(asks(shop, {"captures": [shown], **DUE, **wrong}), name)
    assert settled(shop) == before
    assert asks(shop, {"captures": [shown], **DUE}).json()["paid"], "the challenge is not used up by that"


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize(
    "wrong",
    [
        {"signature": ""},
        {"signature": base64.b64encode(b"s" * 64).decode()},
        {"nonce": "made up"},
        {"time_ms": 5},
        {"station": "south"},
        {"frames": [{"band": "nir", "picture": base64.b64encode(png(2)).decode()}]},
    ],
)
def test_a_capture_that_no_station_signed_pays_nothing(shop: Paying, wrong: dict[str, Any]) -> None:
    before = settled(shop)
    refused(asks(shop, {"captures": [capture(shop, 1, **wrong)], **DUE}))
    assert settled(shop) == before


@pytest.mark.usefixtures("ann")
def test_a_capture_pays_once_and_none_of_two_stations(shop: Paying) -> None:
    before, shown = settled(shop), capture(shop, 1)
    assert asks(shop, {"captures": [shown], **DUE}).json()["paid"]
    assert "was used" in refused(asks(shop, {"captures": [shown], **DUE}))
    two = [capture(shop, 1), capture(shop, 1, station="south")]
    assert "several stations" in refused(asks(shop, {"captures": two, **DUE}))
    assert settled(shop) == before + 420


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize("scope", ["palms:present", "palms:enrol", "entries:present", "payments:refund", "trips:sell"])
def test_a_key_for_something_else_takes_no_money(shop: Paying, scope: str) -> None:
    before, shown = settled(shop), capture(shop, 1)
    refused(asks(shop, {"captures": [shown], **DUE}, scope=scope), "forbidden")
    assert settled(shop) == before


@pytest.mark.usefixtures("ann")
def test_without_a_key_or_an_idempotency_key_no_money_moves(shop: Paying) -> None:
    before, body = settled(shop), {"captures": [capture(shop, 1)], **DUE}
    client = client_of(shop.console, "palms:pay")
    refused(client.post(PATH, json=body), "idempotency-key-needed")
    wrong = client.post(PATH, json=body, headers={"authorization": "Bearer tf_no", "idempotency-key": "k"})
    refused(wrong, "unauthorised")
    assert settled(shop) == before


@pytest.mark.usefixtures("ann")
def test_a_key_asks_so_often_and_no_more(shop: Paying) -> None:
    client = client_of(shop.console, "palms:pay", per_minute=2)
    shown = capture(shop, 2)
    for _ in range(2):
        asks(shop, {"captures": [shown], **DUE}, client=client)
    refused(asks(shop, {"captures": [shown], **DUE}, client=client), "too-many-requests")


def test_a_palm_without_that_age_buys_nothing_for_grown_ups(shop: Paying, ann: str) -> None:
    old = msgspec.structs.replace(product(shop), min_age=18)
    running = shop.console.store
    whole = running.shop
    products = tuple(old if one.id == old.id else one for one in whole.products)
    running.apply_shop(msgspec.structs.replace(whole, products=products))
    try:
        before, lines = settled(shop), [{"product": old.id}]
        assert "18 or more" in refused(asks(shop, {"captures": [capture(shop, 1)], "lines": lines}), "conflict")
        assert settled(shop) == before
        client_of(shop.console).put(f"/api/v1/palms/{ann}/links", json={"age_over": 18, "age_proof": "passport"})
        assert pays(shop, lines=lines)["paid"]
    finally:
        running.apply_shop(whole)


@pytest.mark.usefixtures("ann")
def test_a_store_without_palms_or_without_a_till_says_so(shop: Paying) -> None:
    body = {"captures": [capture(shop, 1)], **DUE}
    till, shop.console.till = shop.console.till, None
    refused(asks(shop, body), "unavailable")
    shop.console.till = till
    palms, shop.console.palm_desk = shop.console.palm_desk, None
    refused(asks(shop, body), "unavailable")
    shop.console.palm_desk = palms


# ---- the books ------------------------------------------------------------------------------------------------------


@given(
    sales=st.lists(
        st.tuples(
            st.sampled_from([1, 2, 3]), st.integers(1, 9000), st.sampled_from(["yes", "declined", "lost", "twice"])
        ),
        min_size=1,
        max_size=6,
    )
)
@settings(max_examples=15, deadline=None)
def test_the_bank_has_what_was_told_to_be_paid(palm_till: Paying, sales: list[tuple[int, int, str]]) -> None:
    shop = palm_till
    before = settled(shop)
    expected, client = 0, client_of(shop.console, "palms:pay")
    for person, minor, mood in sales:
        body = {"captures": [capture(shop, person)], "amount": {"minor": minor, "currency": "EUR"}}
        key = f"k{next(_keys)}"
        shop.bank.before = lambda order, mood=mood: (  # type: ignore[misc]
            "declined" if mood == "declined" and order.kind == "authorise" else None
        )
        shop.bank.after = unavailable if mood == "lost" else lambda _order: None  # type: ignore[assignment]
        answers = [asks(shop, body, key, client=client).json() for _ in range(2 if mood == "twice" else 1)]
        shop.bank.before, shop.bank.after = lambda _order: None, lambda _order: None
        assert all(answer == answers[0] for answer in answers)
        allowed = person < 3 and minor <= 5000
        assert answers[0]["paid"] == (allowed and mood in ("yes", "twice"))
        expected += minor if answers[0]["paid"] else 0
    shop.clock.go(60)
    assert settled(shop) == before + expected


@pytest.fixture(scope="module")
def palm_till() -> Iterator[Paying]:
    """A store of its own: two people pay by palm, of a third nobody knows."""
    with paying_console(SHORT) as paying, till_in(paying) as made:
        assert made.console.till is not None
        for person in (1, 2):
            palm = enrolled(made, person)
            card = CARD | {"token": f"t{person}", "fingerprint": f"f{person}"}
            client_of(made.console).post(f"/api/v1/palms/{palm}/cards", json=card)
        yield made


def test_nothing_of_a_palm_is_written_beside_the_money(tmp_path: Path) -> None:
    with paying_console(SHORT, tmp_path) as paying, till_in(paying) as shop:
        palm = enrolled(shop, 1)
        client_of(shop.console).post(f"/api/v1/palms/{palm}/cards", json=CARD)
        client_of(shop.console).put(f"/api/v1/palms/{palm}/pin", json={"pin": "4711"})
        shown = capture(shop, 1)
        body = {"captures": [shown], "amount": {"minor": 6000, "currency": "EUR"}, "pin": "4711"}
        assert asks(shop, body).json()["paid"]
        settled(shop)
        picture = shown["frames"][0]["picture"].encode()
        for path in tmp_path.rglob("*"):
            if path.is_file():
                kept = path.read_bytes()
                assert not any(one in kept for one in (palm.encode(), picture, png(1), b"fp_of_ann")), path
