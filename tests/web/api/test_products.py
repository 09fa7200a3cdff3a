"""Products over the API: read, made, replaced, patched, and nobody's change lost."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.web.api.conftest import SHORT, client_of
from tests.web.conftest import console_on, wait_until_ended
from tillfree.web.console import Console
from tillfree.web.shop_editing import editor_for

BODY: dict[str, Any] = {"name": "Oat drink", "price": {"minor": 249, "currency": "EUR"}}


@pytest.fixture
def shop() -> Iterator[Console]:
    with console_on(SHORT) as console:
        wait_until_ended(console.store)
        yield console


@pytest.fixture
def api(shop: Console) -> TestClient:
    return client_of(shop, "products:read", "products:write")


def test_pages_give_every_product_once(shop: Console, api: TestClient) -> None:
    seen: list[str] = []
    address = "/api/v1/products?limit=3"
    while address:
        answer = api.get(address)
        page = answer.json()
        seen += [product["id"] for product in page["items"]]
        assert (page["next"] is None) == ("next" not in answer.links)
        address = answer.links["next"]["url"] if page["next"] else ""
    assert seen == sorted(product.id for product in shop.store.shop.products)


def test_words_find_products(shop: Console, api: TestClient) -> None:
    product = shop.store.shop.products[0]
    found = api.get("/api/v1/products", params={"text": product.name.upper()}).json()["items"]
    assert product.id in [one["id"] for one in found]
    assert api.get("/api/v1/products", params={"text": "nobody sells this"}).json() == {"items": [], "next": None}


def test_a_product_is_made_read_and_replaced(shop: Console, api: TestClient) -> None:
    made = api.put("/api/v1/products/4006381333931", json=BODY)
    assert made.status_code == 201, made.text
    read = api.get("/api/v1/products/4006381333931")
    assert read.json() == made.json()
    assert read.headers["etag"] == made.headers["etag"] == made.json()["etag"]
    again = api.get("/api/v1/products/4006381333931", headers={"if-none-match": read.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")

    body = BODY | {"min_age": 18, "barcodes": ["036000291452", "036000291452"]}
    changed = api.put("/api/v1/products/4006381333931", json=body, headers={"if-match": read.headers["etag"]})
    assert changed.status_code == 200
    assert changed.json()["barcodes"] == ["036000291452"]
    kept = editor_for(shop).shop.product_index()["4006381333931"]  # type: ignore[index]
    assert (kept.name, kept.price_minor, kept.min_age) == ("Oat drink", 249, 18)
    acts = [row.entry.what for row in shop.database.audit_log(shop_query())]
    assert acts[:2] == ["product.change", "product.add"]
    told = shop.database.announcements(0, kinds=("catalogue.changed",))
    assert [one.body for one in told][-1] == {"version": shop.database.shop_versions(1)[0].number}


def shop_query() -> Any:
    from tillfree.storage.database.audit import AuditQuery

    return AuditQuery(what="product.")


def test_a_patch_changes_what_it_names(api: TestClient) -> None:
    made = api.put("/api/v1/products/p1", json=BODY | {"weight_g": 1000.0, "tax_class": "food"}).json()
    patched = api.patch(
        "/api/v1/products/p1",
        content=b'{"price": null, "weight_g": null, "name": "Oats"}',
        headers={"if-match": made["etag"], "content-type": "application/merge-patch+json"},
    )
    assert patched.status_code == 200, patched.text
    expected = made | {"price": None, "weight_g": None, "name": "Oats", "etag": patched.headers["etag"]}
    assert patched.json() == expected
    assert api.patch("/api/v1/products/p2", json={"name": "x"}).status_code == 404


def test_nobody_overwrites_what_they_have_not_seen(api: TestClient) -> None:
    first = api.put("/api/v1/products/p1", json=BODY).json()["etag"]
    assert api.put("/api/v1/products/p1", json=BODY | {"name": "x"}).status_code == 428
    second = api.patch("/api/v1/products/p1", json={"min_age": 16}, headers={"if-match": first})
    assert second.status_code == 200
    for method in (api.put, api.patch):
        stale = method("/api/v1/products/p1", json={"name": "y"}, headers={"if-match": first})
        assert stale.status_code == 412
        assert stale.json()["type"] == "/api#problem-changed-meanwhile"
        assert stale.headers["etag"] == second.headers["etag"]
    assert api.put("/api/v1/products/p9", json=BODY, headers={"if-match": first}).status_code == 412
    assert api.put("/api/v1/products/p1", json=BODY, headers={"if-none-match": "*"}).status_code == 412


def test_of_many_changes_at_once_one_wins(shop: Console) -> None:
    api = client_of(shop)
    etag = api.put("/api/v1/products/p1", json=BODY).json()["etag"]
    statuses: list[int] = []

    def change(number: int) -> None:
        own = client_of(shop)
        body = {"price": {"minor": 100 + number, "currency": "EUR"}}
        statuses.append(own.patch("/api/v1/products/p1", json=body, headers={"if-match": etag}).status_code)

    threads = [threading.Thread(target=change, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [412] * 7


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": " "}, "/name"),
        ({"name": "a\nb"}, "/name"),
        ({"name": "x", "tax_class": "nobody"}, "/tax_class"),
        ({"name": "x", "barcodes": ["ok", "a|b"]}, "/barcodes/1"),
        ({"name": "x", "price": {"minor": 0, "currency": "EUR"}}, "/price/minor"),
        ({"name": "x", "price": {"minor": -5, "currency": "EUR"}}, "/price/minor"),
        ({"name": "x", "price": {"minor": 1.5, "currency": "EUR"}}, "/price/minor"),
        ({"name": "x", "price": {"minor": 1, "currency": "XXX"}}, "/price/currency"),
        ({"name": "x", "price": {"minor": 1, "currency": "EUR", "more": 1}}, "/price"),
        ({"name": "x", "weight_g": -1}, "/weight_g"),
        ({"name": "x", "sold_by": "box"}, "/sold_by"),
        ({"name": "x", "min_age": 100}, "/min_age"),
        ({"name": "x", "rfid": "yes"}, "/rfid"),
    ],
)
def test_what_is_wrong_is_said_where_it_is(api: TestClient, body: dict[str, Any], pointer: str) -> None:
    answer = api.put("/api/v1/products/p1", json=body)
    assert answer.status_code == 422
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer], answer.text
    assert api.get("/api/v1/products/p1").status_code == 404


def test_another_currency_is_refused(api: TestClient) -> None:
    answer = api.put("/api/v1/products/p1", json={"name": "x", "price": {"minor": 1, "currency": "JPY"}})
    assert answer.status_code == 422
    assert "EUR" in answer.json()["detail"]


@pytest.mark.parametrize("id_", ["a|b", "x" * 81, "unknown-item", "%20", "a%0ab"])
def test_an_id_that_is_none_makes_no_product(api: TestClient, id_: str) -> None:
    assert api.put(f"/api/v1/products/{id_}", json=BODY).status_code == 422
