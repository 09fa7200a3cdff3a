"""Staff serve a shopper: by the API, by the console, and found by the retailer's system over real HTTP."""

import re
import time
from collections.abc import Iterator
from typing import Any

import httpx2
import msgspec
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page
from starlette.testclient import TestClient

from tests.store.retailer.staging import retailer_settings
from tests.store.till.counters import CARD, record, trip
from tests.web.api.conftest import SHORT, Paying, app_of, client_of, paying_console
from tests.web.conftest import PASSWORD, served
from tillfree.catalog.model import Product
from tillfree.commerce.pricing import Pricing
from tillfree.commerce.trips import Payer, Trip
from tillfree.connectors.retailer.client import RetailerClient
from tillfree.core.ids import ProductId, TripId, VisitId
from tillfree.simulation.retail.connectors import Faults, SimulatedRetailer
from tillfree.simulation.retail.serving import serving
from tillfree.storage.database.audit import AuditQuery
from tillfree.store.entry.desk import EntryDesk
from tillfree.store.retailer.identity import RetailerGate
from tillfree.store.settings import StoreSettings

HERE = TripId("here")
CHEESE, SOAP, WHISKY = "cheese", "soap", "whisky"


def shelf() -> tuple[Product, ...]:
    return (
        Product(ProductId(CHEESE), "Cheese", price_minor=1000, sold_by="weight", barcodes=("12345",)),
        Product(ProductId(SOAP), "Soap <b>", price_minor=199, barcodes=("4006381333931",)),
        Product(ProductId(WHISKY), "Whisky", price_minor=2999, min_age=18),
    )


class Serving(msgspec.Struct):
    paying: Paying
    retailer: SimulatedRetailer

    @property
    def trip(self) -> Trip:
        found = self.paying.console.database.trip(HERE)
        assert found is not None
        return found

    def client(self, role: str) -> TestClient:
        database = self.paying.console.database
        if database.user(role) is None:
            database.add_user(role, PASSWORD, role)  # type: ignore[arg-type]
        client = TestClient(
            app_of(self.paying.console),
            base_url="http://127.0.0.1",
            follow_redirects=False,
            headers={"sec-fetch-site": "same-origin"},
        )
        assert client.post("/sign-in", data={"name": role, "password": PASSWORD}).status_code == 303
        return client

    def leave(self) -> Trip:
        till = self.paying.console.till
        assert till is not None
        till.bind(HERE, VisitId("v-here"))
        self.paying.clock.go(60)
        till.finished(record("v-here", {}, closed_ns=self.paying.clock()))
        till.tick()
        return self.trip


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serving]:
    retailer = SimulatedRetailer()
    with serving(retailer) as address, paying_console(SHORT) as paying:
        console, settings = paying.console, retailer_settings(endpoint=address, identifies="retailer")
        store = console.store
        commerce = msgspec.structs.replace(
            store.settings.commerce,
            embedded_barcodes={"29IIIIIPPPPPC": "weight/3", "28IIIIIPPPPPC": "price/2"},
        )
        monkeypatch.setattr(store, "settings", msgspec.structs.replace(store.settings, commerce=commerce))
        goods = msgspec.structs.replace(store.shop, currency="USD", products=(*store.shop.products, *shelf()))
        assert store.apply_shop(goods)
        till: Any = console.till
        till._closing._prices = lambda _time_ns: Pricing(goods, commerce)
        client = RetailerClient(settings, "", now_ns=time.time_ns)
        gate = RetailerGate(client, settings, timeout_s=2.0)
        console.desk = EntryDesk(console.database, StoreSettings(retailer=settings), till, paying.clock, retailer=gate)
        payer = msgspec.structs.replace(CARD, account="shopper-1")
        till.open(trip(paying.clock, HERE, gate="gate-1"), payer)
        till.tick()
        yield Serving(paying, retailer)
        console.desk.close()
        client.close()


def add(client: TestClient, key: str, **body: object) -> httpx2.Response:
    return client.post(f"/api/v1/trips/{HERE}/items", json=body, headers={"idempotency-key": key})


def code_of(digits: str) -> str:
    """With the check digit of an EAN-13."""
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


LABEL, PRICED, SOAP_CODE = code_of("291234500412"), code_of("281234500417"), "4006381333931"


def test_a_label_a_number_and_a_product_are_added_once_and_paid(shop: Serving) -> None:
    client = client_of(shop.paying.console)
    before = shop.paying.bank.balance_minor
    first = add(client, "a", scan=LABEL)
    assert first.status_code == 200, first.text
    assert add(client, "a", scan=LABEL).json() == first.json()
    assert add(client, "b", scan=PRICED).status_code == 200
    assert add(client, "c", scan=SOAP_CODE, quantity=3).status_code == 200
    assert add(client, "d", product="soap", quantity=-1).status_code == 200
    assert add(client, "e", product="cheese", weight_g=100).status_code == 200
    items = client.get(f"/api/v1/trips/{HERE}/items").json()["items"]
    assert [(one["product"], one["quantity"], one["weight_g"], (one["price"] or {}).get("minor")) for one in items] == [
        ("cheese", 1, 412, None), ("cheese", 1, None, 417), ("soap", 2, None, None), ("cheese", 1, 100, None),
    ]  # fmt: skip
    paid = shop.leave()
    assert paid.status == "settled"
    receipt = client.get(f"/api/v1/trips/{HERE}/receipt").json()
    assert [line["amount"]["minor"] for line in receipt["lines"]] == [412, 417, 398, 100]
    assert paid.receipt is not None
    assert shop.paying.bank.balance_minor - before == paid.receipt.total.gross.minor >= 412 + 417 + 398 + 100
    assert shop.paying.console.database.prove_ledger().faults == ()
    assert add(client, "f", product="soap").status_code == 422
    log = shop.paying.console.database.audit_log(AuditQuery(what="trip.item"))
    assert len(log) == 5


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"product": "cheese"}, 422),
        ({"product": "nothing of the sort"}, 422),
        ({"scan": "0000000000"}, 422),
        ({"scan": "soap", "product": "soap"}, 422),
        ({}, 422),
        ({"product": "soap", "quantity": 0}, 422),
        ({"product": "soap", "quantity": -1}, 422),
        ({"product": "soap", "quantity": 101}, 422),
        ({"product": "cheese", "weight_g": 0}, 422),
        ({"product": "whisky"}, 409),
    ],
)
def test_what_cannot_be_sold_is_refused(shop: Serving, body: dict[str, object], status: int) -> None:
    answer = add(client_of(shop.paying.console), "a", **body)
    assert answer.status_code == status, answer.text
    assert shop.trip.added == ()


def test_it_needs_a_scope_of_its_own_and_a_key_of_the_writer(shop: Serving) -> None:
    console = shop.paying.console
    assert add(client_of(console, "trips:write", "trips:read"), "a", product="soap").status_code == 403
    assert add(client_of(console, "trips:sell"), "a", product="soap").status_code == 200
    client = client_of(console)
    assert client.post(f"/api/v1/trips/{HERE}/items", json={"product": "soap"}).status_code == 400
    elsewhere = client.post("/api/v1/trips/none/items", json={"product": "soap"}, headers={"idempotency-key": "x"})
    assert elsewhere.status_code == 404


def fields(page: str) -> dict[str, str]:
    return {"key": re.findall(r'name="key" value="([0-9a-f]{32})"', page)[0]}


def test_an_associate_serves_on_a_page_that_shows_no_money(shop: Serving) -> None:
    associate, path = shop.client("associate"), f"/trips/{HERE}/items"
    assert associate.get(f"/trips/{HERE}").status_code == 403
    form = fields(associate.get(path).text)
    for _ in range(2):
        assert associate.post(path, data={**form, "act": "add", "what": SOAP_CODE, "quantity": "2"}).status_code == 303
    page = associate.get(path).text
    assert "Soap &lt;b&gt;" in page
    assert [(line.quantity, line.by) for line in shop.trip.added] == [(2, "associate")]
    assert associate.post(path, data={**fields(page), "act": "take_off", "what": "soap"}).status_code == 303
    assert [line.quantity for line in shop.trip.added] == [2, -1]
    assert associate.post(path, data={**fields(page), "act": "add", "what": "whisky"}).status_code == 303
    assert "proof of age" in associate.get(path).text
    assert associate.post(path, data={"act": "add", "what": "soap"}).status_code == 400
    assert shop.client("viewer").post(path, data={**form, "act": "add", "what": "soap"}).status_code == 403
    assert "Handed over by staff" in shop.client("manager").get(f"/trips/{HERE}").text
    shop.leave()
    assert "Add to the trip" not in associate.get(path).text


@pytest.mark.parametrize(("kind", "code"), [("code", "SHOPPER-1"), ("phone", "5550100")])
def test_a_shopper_is_found_by_the_retailers_system(shop: Serving, kind: str, code: str) -> None:
    associate = shop.client("associate")
    assert "Find a shopper" in associate.get("/gate").text
    answer = associate.post("/gate/find", data={"kind": kind, "code": code})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/trips/{HERE}/items")
    ((path, body),) = shop.retailer.calls
    assert path == "/v1/identity/shopper"
    assert body["shopperKeyType"] == ("PHONE_NUMBER" if kind == "phone" else "QR_CODE")
    kept = [row.entry for row in shop.paying.console.database.audit_log(AuditQuery(limit=500))]
    assert code not in str(kept)
    assert "shopper-1" not in str(kept)


@pytest.mark.parametrize(
    ("code", "faults", "said"),
    [
        ("SHOPPER-2", Faults(), "no trip of theirs is open"),
        ("NOBODY", Faults(), "knows no shopper"),
        ("STAFF-1", Faults(), "knows no shopper"),
        ("SHOPPER-1", Faults(status=500), "does not answer"),
        ("", Faults(), "Scan the shopper"),
    ],
)
def test_who_is_not_found_is_said_so(shop: Serving, code: str, faults: Faults, said: str) -> None:
    associate, shop.retailer.faults = shop.client("associate"), faults
    answer = associate.post("/gate/find", data={"kind": "code", "code": code})
    assert answer.headers["location"] == "/gate"
    assert said in associate.get("/gate").text


def test_who_left_is_not_found_any_more(shop: Serving) -> None:
    shop.leave()
    associate = shop.client("associate")
    assert associate.post("/gate/find", data={"kind": "code", "code": "SHOPPER-1"}).headers["location"] == "/gate"


def test_a_badge_of_the_same_name_is_somebody_else(shop: Serving) -> None:
    till: Any = shop.paying.console.till
    shop.leave()
    till.open(trip(shop.paying.clock, "badge", entry="badge"), Payer(kind="badge", account="shopper-1"))
    associate = shop.client("associate")
    assert associate.post("/gate/find", data={"kind": "code", "code": "SHOPPER-1"}).headers["location"] == "/gate"


def test_the_pages_are_accessible(shop: Serving, browser_page: Page) -> None:
    shop.paying.console.demo = True
    client = client_of(shop.paying.console)
    add(client, "a", scan=LABEL)
    with served(shop.paying.console) as server:
        for width in (375, 1920):
            browser_page.set_viewport_size({"width": width, "height": 900})
            for path in (f"/trips/{HERE}/items", f"/trips/{HERE}", "/gate"):
                browser_page.goto(server.address + path)
                found = Axe().run(browser_page)
                assert found.violations_count == 0, found.generate_report()
                wide = browser_page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
                assert wide, f"{path} at {width} px scrolls sideways"
