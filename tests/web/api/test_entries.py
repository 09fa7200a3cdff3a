"""Readers at a gate, and accounts that pay: over the API as a retailer's app and devices use it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.web.api.conftest import SHORT, Paying, client_of, paying_console
from tillfree.catalog.model import Product
from tillfree.commerce.payments.payment import main_hold
from tillfree.core.ids import ProductId, TripId
from tillfree.core.time import NS_PER_S
from tillfree.identity.badges import Badge
from tillfree.identity.reasons import reason_text
from tillfree.storage.database.integration.answers import ANSWERS
from tillfree.store.entry.key_files import KeyFolder

GATE = "north"
CARD = {"token": "tok_of_ann", "fingerprint": "fp_of_ann", "brand": "visa", "last4": "4242"}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Paying]:
    with paying_console(SHORT, tmp_path) as made:
        KeyFolder(tmp_path).make(("shopper",))
        yield made


def shown(shop: Paying, kind: str, value: str, **more: Any) -> dict[str, Any]:
    answer = client_of(shop.console).post("/api/v1/entries", json={"gate": GATE, "kind": kind, "value": value, **more})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def issued(shop: Paying, **body: Any) -> str:
    answer = client_of(shop.console).post("/api/v1/entries/codes", json={"account": "ann", **body})
    assert answer.status_code == 201
    return str(answer.json()["code"])


def test_a_code_of_an_account_with_a_card_opens_the_gate_once_and_is_held(shop: Paying) -> None:
    client = client_of(shop.console)
    linked = client.put("/api/v1/accounts/ann", json=CARD | {"loyalty": "club-1", "coupons": ["TEA50"]})
    assert linked.status_code == 200
    code = issued(shop, group_size=2, coupons=["MILK1"])
    answer = shown(shop, "code", code)
    assert (answer["opens"], answer["group_size"]) == (True, 2)
    assert shown(shop, "code", code) == {"opens": False, "message": reason_text("used"), "trip": None, "group_size": 1}
    trip = shop.console.database.trip(TripId(answer["trip"]))
    assert trip is not None
    assert (trip.gate, trip.entry, trip.loyalty) == (GATE, "code", True)
    with shop.console.database.book() as book:
        payer = book.payer(trip.id)
    assert payer is not None
    assert payer.coupons == ("MILK1", "TEA50")
    assert shop.console.till is not None
    shop.console.till.tick()
    payment = shop.console.database.payment_of_trip(trip.id)
    assert payment is not None
    hold = main_hold(payment)
    assert hold is not None
    assert hold.state == "held"


def test_codes_go_by_the_clock_of_the_gate(shop: Paying) -> None:
    shop.console.now_ns = lambda: shop.clock() + 3600 * NS_PER_S
    assert shown(shop, "code", issued(shop))["opens"]


def test_an_account_without_a_card_is_the_retailers_to_charge(shop: Paying) -> None:
    answer = shown(shop, "code", issued(shop))
    trip = shop.console.database.trip(TripId(answer["trip"]))
    assert trip is not None
    assert trip.payment == ""


def test_a_palm_pays_with_what_its_account_is_linked_to_until_that_is_taken_back(shop: Paying) -> None:
    client = client_of(shop.console)
    assert not shown(shop, "palm", "ann")["opens"]
    client.put("/api/v1/accounts/ann", json=CARD | {"age_years": 30})
    answer = shown(shop, "palm", "ann")
    trip = shop.console.database.trip(TripId(answer["trip"]))
    assert trip is not None
    assert (trip.entry, trip.age_years) == ("palm", 30)
    assert client.delete("/api/v1/accounts/ann").status_code == 204
    assert client.delete("/api/v1/accounts/ann").status_code == 404
    assert client.get("/api/v1/accounts/ann").status_code == 404
    assert not shown(shop, "palm", "ann")["opens"]


def test_badges_are_shown_by_their_readers(shop: Paying) -> None:
    badge = Badge(badge="B1", account="employee-1", paid_by="badge account")
    shop.console.database.set_badges([("B1", msgspec.msgpack.encode(badge))])
    answer = shown(shop, "badge", "B1")
    trip = shop.console.database.trip(TripId(answer["trip"]))
    assert trip is not None
    assert trip.entry == "badge"
    assert not shown(shop, "badge", "B2")["opens"]


def test_a_question_that_is_asked_again_opens_for_the_same_trip(shop: Paying) -> None:
    client, code = client_of(shop.console), issued(shop)
    body = {"gate": GATE, "kind": "code", "value": code}
    first, again = (client.post("/api/v1/entries", json=body, headers={"idempotency-key": "k"}) for _ in range(2))
    assert first.json()["opens"]
    assert again.json() == first.json()


def test_two_answers_about_one_badge_have_nothing_in_common(shop: Paying) -> None:
    badge = Badge(badge="B1", account="employee-1")
    shop.console.database.set_badges([("B1", msgspec.msgpack.encode(badge))])
    client = client_of(shop.console)
    body = {"gate": GATE, "kind": "badge", "value": "B1"}
    for key in "ab":
        client.post("/api/v1/entries", json=body, headers={"idempotency-key": key})
    with shop.console.database.reading() as connection:
        prints = [row.fingerprint for row in connection.execute(ANSWERS.select())]
    assert len(set(prints)) == len(prints) == 2


def test_a_token_is_never_given_back_and_a_card_number_never_taken(shop: Paying) -> None:
    client = client_of(shop.console)
    answer = client.put("/api/v1/accounts/ann", json=CARD)
    assert answer.json() == {
        "account": "ann", "pays": True, "brand": "visa", "last4": "4242", "loyalty": "", "age_years": 0, "coupons": [],
        "email": "", "language": "",
    }  # fmt: skip
    assert CARD["token"] not in client.get("/api/v1/accounts/ann").text
    assert client.put("/api/v1/accounts/ann", json={"token": "4111 1111 1111 1111"}).status_code == 422


def test_a_card_that_is_blocked_stays_so_in_an_account(shop: Paying) -> None:
    desk = shop.console.desk
    assert desk is not None
    client_of(shop.console).put("/api/v1/accounts/ann", json=CARD)
    shop.console.database.add_block(desk.known_as("card", "fp_of_ann"), why="theft", by="mia", time_ns=1)
    assert not shown(shop, "code", issued(shop))["opens"]
    assert not shown(shop, "palm", "ann")["opens"]


def test_each_needs_its_own_right(shop: Paying) -> None:
    reader = client_of(shop.console, "entries:present")
    assert reader.put("/api/v1/accounts/ann", json=CARD).status_code == 403
    assert reader.post("/api/v1/entries/codes", json={"account": "ann"}).status_code == 403
    app = client_of(shop.console, "accounts:write", "entries:write")
    assert app.post("/api/v1/entries", json={"gate": GATE, "kind": "palm", "value": "ann"}).status_code == 403


def test_a_group_is_said_before_the_card_is_read(shop: Paying) -> None:
    client, desk = client_of(shop.console), shop.console.desk
    assert desk is not None
    assert client.post("/api/v1/entries/groups", json={"gate": GATE, "group_size": 3}).status_code == 204
    assert desk.group_at("south") == 1
    assert (desk.group_at(GATE), desk.group_at(GATE)) == (3, 1)
    assert client.post("/api/v1/entries/groups", json={"gate": GATE, "group_size": 99}).status_code == 422
    desk.expect_group(GATE, 2)
    shop.clock.now_ns += 61 * NS_PER_S
    assert desk.group_at(GATE) == 1, "whoever said it is gone"


def test_offers_are_shown_while_a_trip_goes_on(shop: Paying) -> None:
    client = client_of(shop.console)
    client.put("/api/v1/accounts/ann", json=CARD)
    trip = shown(shop, "palm", "ann")["trip"]
    answer = client.post(f"/api/v1/trips/{trip}/offers", json={"loyalty": "club-1", "coupons": ["TEA50"]})
    assert (answer.status_code, answer.json()["loyalty"]) == (200, True)
    over = client.post(f"/api/v1/trips/{shop.trips[0]}/offers", json={"coupons": ["TEA50"]})
    assert over.status_code == 422
    assert "priced already" in over.json()["detail"]


def test_what_a_scanned_number_means(shop: Paying) -> None:
    client, store = client_of(shop.console), shop.console.store
    product = next(product for product in store.shop.products if product.price_minor is not None)
    found = client.get("/api/v1/scans", params={"code": product.id}).json()
    assert (found["product"], found["reason"], found["weight_g"]) == (product.id, "", None)
    assert found["price"]["minor"] == product.price_minor
    unknown = client.get("/api/v1/scans", params={"code": "4006381333931"}).json()
    assert (unknown["product"], unknown["reason"]) == (None, "not in the catalogue")


def test_a_label_of_the_shops_scales_says_its_price_and_its_weight(
    shop: Paying, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, store = client_of(shop.console), shop.console.store
    layouts = {"21IIIIIPPPPPC": "price/2", "29IIIIIPPPPPC": "weight/3"}
    commerce = msgspec.structs.replace(store.settings.commerce, embedded_barcodes=layouts)
    monkeypatch.setattr(store, "settings", msgspec.structs.replace(store.settings, commerce=commerce))
    ham = Product(id=ProductId("12345"), name="Ham", price_minor=2000, sold_by="weight")
    assert store.apply_shop(msgspec.structs.replace(store.shop, products=(*store.shop.products, ham)))
    priced = client.get("/api/v1/scans", params={"code": _checked("211234500875")}).json()
    assert (priced["product"], priced["price"]["minor"]) == ("12345", 875)
    weighed = client.get("/api/v1/scans", params={"code": _checked("291234500412")}).json()
    assert (weighed["product"], weighed["weight_g"], weighed["price"]["minor"]) == ("12345", 412, 824)
    plain = client.get("/api/v1/scans", params={"code": "12345"}).json()
    assert plain["price"] is None, "nobody weighed it"


def _checked(digits: str) -> str:
    """With the check digit of an EAN-13."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"
