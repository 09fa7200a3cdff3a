"""The pages of trips, refunds, debts and the ledger: what they show, what they do once, and what they refuse."""

import re
from collections.abc import Callable, Iterator
from html import unescape

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser
from starlette.testclient import TestClient

from tests.web.conftest import PASSWORD, console_on, served, wait_until_ended
from tests.web.kept_visits import EVIL, PLAIN, SECOND, START_NS, hostile_shop, kept_visit
from tillfree.commerce.payments.settings import PaymentSettings
from tillfree.commerce.pricing import Pricing
from tillfree.commerce.settings import CommerceSettings
from tillfree.commerce.trips import Payer, Trip
from tillfree.core.ids import ProductId, TripId, VisitId
from tillfree.core.money import Money
from tillfree.simulation.payments.cards import make_card
from tillfree.simulation.payments.processor import SimulatedProcessor
from tillfree.storage.database.money.deliveries import Delivery, DeliveryKind
from tillfree.storage.database.money.trips import TripQuery
from tillfree.store.settings import StoreSettings
from tillfree.store.till.till import Till
from tillfree.web.app import make_app
from tillfree.web.console import Console

POOR = make_card(1, 1, limit_minor=2600)
RICH = make_card(1, 2)
SAME = {"sec-fetch-site": "same-origin"}
CURRENCY = hostile_shop().currency


class Clock:
    """Stands still until it is told otherwise."""

    now_ns = START_NS

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture(scope="module")
def console() -> Iterator[Console]:
    """A console with four trips: paid, in debt, in review, and one of somebody who is inside."""
    with console_on() as made:
        wait_until_ended(made.store)
        clock = Clock()
        processor = SimulatedProcessor(clock, cards={card.token: card for card in (POOR, RICH)})
        settings = StoreSettings(currency=CURRENCY, payments=PaymentSettings(hold_minor=2500))
        pricing = Pricing(hostile_shop(), CommerceSettings(), "Corner shop")
        till = Till(made.database, settings, processor, clock, prices=lambda _time_ns: pricing, workers=0)
        made.till = till
        _trip(till, clock, "paid", RICH.token, {PLAIN: 2, SECOND: 1})
        _trip(till, clock, "debt", POOR.token, {PLAIN: 20})
        _trip(till, clock, "review", RICH.token, {PLAIN: 1}, review=True)
        till.open(_entry("inside", clock), Payer(kind="card", token=RICH.token))
        till.tick()
        yield made
        till.close()


def _entry(name: str, clock: Clock) -> Trip:
    return Trip(id=TripId(f"trip-{name}"), gate=f"gate {EVIL}", entry="card", opened_ns=clock(), simulated=True)


def _trip(
    till: Till, clock: Clock, name: str, token: str, items: dict[ProductId, int], *, review: bool = False
) -> None:
    till.open(_entry(name, clock), Payer(kind="card", token=token))
    till.tick()
    till.bind(TripId(f"trip-{name}"), VisitId(f"V-{name}"))
    till.finished(kept_visit(f"V-{name}", [(items, 0.99)], review=review))
    till.tick()


@pytest.fixture
def manager(client_as: Callable[[str], TestClient]) -> TestClient:
    return client_as("manager")


def confirmed(client: TestClient, path: str, query: str) -> dict[str, list[str]]:
    """The fields of the confirmation that a page asks for."""
    page = client.get(f"{path}?{query}")
    assert page.status_code == 200, page.text
    form = page.text[page.text.index(f'<form method="post" action="{path}"') :]
    fields: dict[str, list[str]] = {}
    for name, value in re.findall(r'name="(\w+)" value="([^"]*)"', form[: form.index("</form>")]):
        fields.setdefault(name, []).append(unescape(value))
    return fields


def test_the_list_shows_each_trip_with_its_state(console: Console, manager: TestClient) -> None:
    page = manager.get("/trips").text
    for said in ("Paid", "Not collected", "Waits for review", "Inside"):
        assert said in page
    states = {trip.id: trip.status for trip in console.database.trips(TripQuery(limit=10))}
    assert states == {"trip-paid": "settled", "trip-debt": "debt", "trip-review": "review", "trip-inside": "inside"}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=debt", {"trip-debt"}),
        ("entry=card", {"trip-paid", "trip-debt", "trip-review", "trip-inside"}),
        ("entry=palm", set()),
        ("text=trip-p", {"trip-paid"}),
        ("text=V-review", {"trip-review"}),
        ("day=2000-01-01", set()),
    ],
)
def test_the_list_and_its_file_can_be_filtered(manager: TestClient, query: str, found: set[str]) -> None:
    page = manager.get(f"/trips?{query}").text
    assert set(re.findall(r'href="/trips/(trip-\w+)"', page)) == found
    rows = manager.get(f"/trips.csv?{query}").text.splitlines()[1:]
    assert {row.partition(",")[0] for row in rows} == found


def test_a_trip_shows_what_became_of_its_mails_and_no_address(console: Console, manager: TestClient) -> None:
    kinds: tuple[DeliveryKind, ...] = ("receipt", "refund")
    for kind in kinds:
        mail = Delivery(
            key=f"{kind}.paid", trip=TripId("trip-paid"), kind=kind, address="a@b.example", language="en",
            next_ns=START_NS, made_ns=START_NS,
        )  # fmt: skip
        console.database.add_delivery(mail)
    first, _ = console.database.deliveries_of(TripId("trip-paid"))
    console.database.end_delivery(first.number, "refused", START_NS + 1, "550 a@b.example is nobody")
    page = manager.get("/trips/trip-paid").text
    assert "refused by the shopper&#39;s mail server" in page
    assert "The word of the refund waits to be sent" in page
    assert "a@b.example" not in page
    assert "By e-mail" not in manager.get("/trips/trip-debt").text


def test_hostile_names_are_shown_as_text(manager: TestClient) -> None:
    for path in ("/trips/trip-paid", "/trips/trip-paid/refund?how=lines&line=0&reason=other&note=<b>x", "/ledger"):
        page = manager.get(path).text
        assert "<script>alert" not in page
        assert "<b>x" not in page
        assert "\u202e" not in page


def test_a_trip_shows_members_money_events_and_books(manager: TestClient) -> None:
    page = manager.get("/trips/trip-paid").text
    assert 'href="/visits/V-paid"' in page
    assert f"6.00\u00a0{CURRENCY}" in page
    assert "is to be paid" in page
    assert "was taken of what was put aside" in page
    assert "At the payment processor" in page


def test_a_refund_is_shown_first_and_done_once(console: Console, manager: TestClient) -> None:
    path = "/trips/trip-paid/refund"
    fields = confirmed(manager, path, "how=lines&line=1&reason=not+taken&note=asked")
    for _ in range(2):
        assert manager.post(path, data=fields).status_code == 303
    assert console.till is not None
    console.till.tick()
    payment = console.database.payment_of_trip(TripId("trip-paid"))
    assert payment is not None
    assert (payment.refunded_minor, len(payment.refunds)) == (100, 1)
    assert payment.refunds[0].lines == (1,)
    page = manager.get("/trips/trip-paid").text
    assert "Was not taken: asked" in page
    assert "Given back" in page
    assert re.search(r'id="line-1"[^>]* disabled>', page), "a line goes back once"
    assert not re.search(r'id="line-0"[^>]* disabled>', page)
    again = manager.get(f"{path}?how=lines&line=1&reason=not+taken")
    assert again.status_code == 409
    assert "went back already" in again.text
    fields = confirmed(manager, path, "how=whole&reason=goodwill&note=")
    assert manager.post(path, data=fields).status_code == 303
    console.till.tick()
    payment = console.database.payment_of_trip(TripId("trip-paid"))
    assert payment is not None
    assert payment.refunded_minor == 600
    assert manager.get(f"{path}?how=whole&reason=goodwill").status_code == 409
    assert console.database.prove_ledger().holds


@pytest.mark.parametrize(
    "query",
    [
        "how=whole&reason=because", "how=none&reason=goodwill", "how=lines&reason=goodwill",
        "how=lines&line=9&reason=goodwill", "how=lines&line=-1&reason=goodwill", "how=amount&amount=0&reason=goodwill",
        "how=amount&amount=-1&reason=goodwill", "how=amount&amount=1e3&reason=goodwill",
        "how=amount&amount=0.001&reason=goodwill", "how=amount&amount=99999999&reason=goodwill",
        "how=amount&amount=%D9%A3&reason=goodwill", "how=amount&amount=&reason=goodwill",
    ],
)  # fmt: skip
def test_a_refund_that_cannot_be_is_refused(manager: TestClient, query: str) -> None:
    assert manager.get(f"/trips/trip-debt/refund?{query}").status_code in (400, 409)
    assert manager.post("/trips/trip-debt/refund", data={"key": "x", "how": "whole"}).status_code == 400


def test_a_debt_is_tried_again_paid_and_given_up(console: Console, manager: TestClient) -> None:
    path = "/trips/trip-debt/debt"
    before = console.database.payment_of_trip(TripId("trip-debt"))
    assert before is not None
    assert before.debt_minor > 0
    assert manager.post(path, data=confirmed(manager, path, "act=retry")).status_code == 303
    assert console.till is not None
    console.till.tick()
    fields = confirmed(manager, path, "act=paid&amount=1.00")
    for _ in range(2):
        manager.post(path, data=fields)
    after = console.database.payment_of_trip(TripId("trip-debt"))
    assert after is not None
    assert after.debt_paid_minor == 100
    assert manager.get(f"{path}?act=paid&amount=99999").status_code == 400
    manager.post(path, data=confirmed(manager, path, "act=write_off"))
    after = console.database.payment_of_trip(TripId("trip-debt"))
    assert after is not None
    assert after.debt_minor == 0
    assert manager.get(f"{path}?act=retry").status_code == 409
    assert console.database.prove_ledger().holds


def test_who_may_see_may_not_refund(client_as: Callable[[str], TestClient]) -> None:
    for role in ("viewer", "associate", "engineer"):
        for path in ("/trips", "/trips/trip-paid", "/ledger", "/ledger.csv", "/trips/trip-paid/refund"):
            assert client_as(role).get(path).status_code == 403, (role, path)
        assert client_as(role).post("/trips/trip-paid/refund").status_code == 403


def test_the_ledger_is_shown_saved_and_proved(console: Console, manager: TestClient) -> None:
    assert "Not proved since" in manager.get("/ledger").text
    assert manager.post("/ledger/prove").status_code == 303
    page = manager.get("/ledger").text
    assert "every sum right" in page
    rows = manager.get("/ledger.csv").text.splitlines()
    assert rows[0].startswith("number,time,trip")
    assert len(rows) - 1 == sum(len(row.entry.postings) for row in console.database.ledger_entries())
    only = manager.get("/ledger.csv?trip=trip-inside").text.splitlines()[1:]
    assert only
    assert all(",trip-inside," in row for row in only)


def test_a_ledger_that_was_tampered_with_says_so() -> None:
    with console_on() as made:
        wait_until_ended(made.store)
        clock = Clock()
        till = Till(made.database, StoreSettings(currency=CURRENCY), SimulatedProcessor(clock), clock, workers=0)
        made.till = till
        _trip(till, clock, "one", RICH.token, {PLAIN: 1})
        with made.database._writing() as connection:
            connection.exec_driver_sql("UPDATE ledger SET what = 'nothing' WHERE number = 1")
        with TestClient(make_app(made), base_url="http://127.0.0.1", headers=SAME) as client:
            client.post("/sign-in", data={"name": "manager", "password": PASSWORD})
            page = client.post("/ledger/prove").text
        assert "The ledger does not prove" in page
        till.close()


def test_a_sale_at_a_till_says_that_nobody_came_in_on_it() -> None:
    with console_on() as made:
        wait_until_ended(made.store)
        clock = Clock()
        till = Till(made.database, StoreSettings(currency=CURRENCY), SimulatedProcessor(clock), clock, workers=0)
        made.till = till
        sale = Trip(
            id=TripId("palm-1"), gate="north", entry="palm", opened_ns=clock(), asked="x", reference=f"R7 {EVIL}"
        )
        till.sell(sale, Payer(kind="card", token=RICH.token), Money(420, CURRENCY))
        till.tick()
        with TestClient(make_app(made), base_url="http://127.0.0.1", headers=SAME) as client:
            client.post("/sign-in", data={"name": "manager", "password": PASSWORD})
            page = client.get("/trips/palm-1").text
            assert client.get("/trips").status_code == 200
        assert "Nobody: it is a sale at a till." in page
        assert "R7 " in page
        assert EVIL not in page
        till.close()


@pytest.mark.parametrize(("width", "theme"), [(375, "dark"), (1920, "light"), (375, "light")])
def test_every_page_is_for_everybody(console: Console, chromium: Browser, width: int, theme: str) -> None:
    with served(console) as server:
        context = chromium.new_context(
            viewport={"width": width, "height": 800}, color_scheme="dark" if theme == "dark" else "light"
        )
        page = context.new_page()
        page.goto(server.address + "/sign-in")
        page.fill("input[name=name]", "manager")
        page.fill("input[name=password]", PASSWORD)
        page.click("main button")
        axe, wrong = Axe(), []
        for path in (
            "/trips", "/trips/trip-paid", "/trips/trip-debt", "/trips/trip-review", "/trips/trip-inside", "/ledger",
            "/reports",
        ):  # fmt: skip
            answer = page.goto(server.address + path)
            assert answer is not None
            assert answer.status == 200
            found = axe.run(page).response["violations"]
            wrong += [(path, violation["id"], violation["nodes"][0]["html"][:200]) for violation in found]
            wide = int(page.evaluate("document.documentElement.scrollWidth"))
            assert wide <= width, (path, wide)
        context.close()
        assert not wrong, wrong
