"""What can be read: trips, payments, visits, stock, events and files."""

import csv
import io
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.web.api.conftest import Paying
from tillfree.core.money import CURRENCY_EXPONENTS
from tillfree.storage.database.paging import PAGE_MAX
from tillfree.web.api.shapes import one_page


def everything(client: TestClient, address: str) -> list[dict[str, Any]]:
    """All items of all pages, two by two."""
    found: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(200):
        page = client.get(address, params={"limit": 2} | ({"after": cursor} if cursor else {})).json()
        found += page["items"]
        cursor = page["next"]
        if not cursor:
            return found
    raise AssertionError("the pages never end")


@pytest.mark.parametrize("address", ["/trips", "/payments", "/visits", "/stock", "/events", "/products", "/disputes"])
def test_pages_of_two_give_what_one_page_gives(client: TestClient, address: str) -> None:
    whole = client.get(f"/api/v1{address}", params={"limit": 500}).json()
    assert whole["next"] is None
    assert everything(client, f"/api/v1{address}") == whole["items"]
    assert len(whole["items"]) >= 1


def test_a_page_of_all_that_the_database_gives_at_once_is_followed_by_another() -> None:
    rows = list(range(PAGE_MAX + 1))
    assert one_page(rows[:3], 2, str) == ([0, 1], "1")
    assert one_page(rows[:2], 2, str) == ([0, 1], "")
    assert one_page(rows[:0], 2, str) == ([], "")
    assert one_page(rows[:PAGE_MAX], PAGE_MAX, str) == (rows[:PAGE_MAX], str(PAGE_MAX - 1))
    assert one_page(rows, PAGE_MAX, str) == (rows[:PAGE_MAX], str(PAGE_MAX - 1))


def test_trips_and_their_receipts(paying: Paying, client: TestClient) -> None:
    trips = client.get("/api/v1/trips").json()["items"]
    assert [trip["id"] for trip in trips] == list(reversed(paying.trips))
    for trip in trips:
        assert client.get(f"/api/v1/trips/{trip['id']}").json() == trip
        answer = client.get(f"/api/v1/trips/{trip['id']}/receipt")
        receipt = answer.json()
        assert receipt["gross"] == trip["total"]
        assert receipt["net"]["minor"] + receipt["tax"]["minor"] == receipt["gross"]["minor"]
        assert sum(line["charged"]["minor"] for line in receipt["lines"]) == receipt["net"]["minor"]
        same = client.get(f"/api/v1/trips/{trip['id']}/receipt", headers={"if-none-match": answer.headers["etag"]})
        assert same.status_code == 304
        payment = client.get(f"/api/v1/trips/{trip['id']}/payment").json()
        assert client.get(f"/api/v1/payments/{trip['payment']}").json() == payment
        assert payment["taken"] == trip["total"]


def test_trips_of_a_status_and_of_a_time(client: TestClient) -> None:
    assert client.get("/api/v1/trips", params={"status": "debt"}).json()["items"] == []
    trips = client.get("/api/v1/trips", params={"status": "settled"}).json()["items"]
    middle = trips[1]["opened"]
    since = client.get("/api/v1/trips", params={"since": middle}).json()["items"]
    until = client.get("/api/v1/trips", params={"until": middle}).json()["items"]
    assert since + until == trips
    assert len(since) == 2


def test_nothing_of_a_payer_and_no_place_is_told(client: TestClient) -> None:
    for address in ("/trips", "/payments", "/visits", "/events", "/exports/sales.csv", "/exports/epcis"):
        text = client.get(f"/api/v1{address}").text
        for secret in ("4242", "tok", "keyed", "visa", "route", "track"):
            assert secret not in text, (address, secret)


def test_visits_and_their_receipts(paying: Paying, client: TestClient) -> None:
    visits = client.get("/api/v1/visits", params={"limit": 500}).json()["items"]
    for visit in visits:
        assert client.get(f"/api/v1/visits/{visit['id']}").json() == visit
        assert client.get(f"/api/v1/visits/{visit['id']}/receipt").json()["gross"] == visit["total"]
    waiting = client.get("/api/v1/visits", params={"outcome": "to-review"}).json()["items"]
    assert waiting == [visit for visit in visits if visit["outcome"] == "to-review"]
    assert len(waiting) == paying.console.database.count_open_reviews() > 0


def test_events_come_in_order_with_amounts_in_one_shape(client: TestClient) -> None:
    events = client.get("/api/v1/events", params={"limit": 500}).json()["items"]
    numbers = [event["number"] for event in events]
    assert numbers == sorted(set(numbers))
    assert client.get("/api/v1/events", params={"after": numbers[-1]}).json() == {"items": [], "next": None}
    captured = client.get("/api/v1/events", params={"type": "payment.captured"}).json()["items"]
    assert len(captured) == 3

    def check(value: Any) -> None:
        if isinstance(value, dict):
            assert not any(name.endswith("_minor") for name in value)
            assert set(value) == {"minor", "currency"} or "currency" not in value
            for inner in value.values():
                check(inner)
        elif isinstance(value, list):
            assert not (len(value) == 2 and value[1] in CURRENCY_EXPONENTS)

    for event in events:
        check(event["data"])
    assert all("amount" in event["data"] for event in captured)


def test_stock_is_read_and_counted(paying: Paying, client: TestClient) -> None:
    facing = client.get("/api/v1/stock", params={"limit": 1}).json()["items"][0]
    counted = client.post("/api/v1/stock/counts", json={"facing": facing["facing"], "count": 3, "par": 9})
    assert counted.status_code == 200, counted.text
    assert (counted.json()["count"], counted.json()["par"]) == (3, 9)
    again = client.get("/api/v1/stock", params={"product": facing["product"]}).json()["items"][0]
    assert (again["count"], again["par"]) == (3, 9)
    assert paying.console.database.counts()[facing["facing"]].count == 3
    assert client.post("/api/v1/stock/counts", json={"facing": "nowhere", "count": 3}).status_code == 422


def test_the_store_says_how_it_is(client: TestClient) -> None:
    store = client.get("/api/v1/store").json()
    assert (store["name"], store["currency"], store["state"], store["payments"]) == (
        "Corner shop",
        "EUR",
        "ended",
        True,
    )


def test_both_tables_sum_to_the_receipts(client: TestClient) -> None:
    whole = sum(trip["total"]["minor"] for trip in client.get("/api/v1/trips").json()["items"])
    for by in ("line", "tax"):
        answer = client.get("/api/v1/exports/sales.csv", params={"by": by})
        assert answer.headers["content-type"] == "text/csv; charset=utf-8"
        rows = list(csv.DictReader(io.StringIO(answer.text)))
        assert sum(int(row["gross_minor"]) for row in rows) == whole
        assert len({row["row"] for row in rows}) == len(rows)


def test_the_epcis_document_has_each_trip(paying: Paying, client: TestClient) -> None:
    answer = client.get("/api/v1/exports/epcis", params={"gln": "4012345000009"})
    assert answer.headers["content-type"] == "application/ld+json"
    events = answer.json()["epcisBody"]["eventList"]
    assert len(events) == len(paying.trips)
    assert {event["bizLocation"]["id"] for event in events} == {"https://id.gs1.org/414/4012345000009"}


@pytest.mark.parametrize(
    "path", ["/trips/x", "/trips/x/receipt", "/payments/x", "/visits/x", "/disputes/99", "/webhooks/x"]
)
def test_what_is_not_there_is_not_found(client: TestClient, path: str) -> None:
    answer = client.get(f"/api/v1{path}")
    assert (answer.status_code, answer.json()["type"]) == (404, "/api#problem-not-found")
