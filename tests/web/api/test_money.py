"""Refunds, decisions and other things that must happen once."""

import re
import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from tests.web.api.conftest import SHORT, Paying, client_of, paying_console
from tillfree.storage.database.audit import AuditQuery
from tillfree.storage.database.integration.answers import KEPT_NS, STUCK_NS

BODY: dict[str, Any] = {"amount": {"minor": 100, "currency": "USD"}, "reason": "bottle was broken"}


@pytest.fixture
def shop() -> Iterator[Paying]:
    with paying_console(SHORT) as made:
        yield made


def refund(client: TestClient, payment: str, key: str, body: dict[str, Any] = BODY) -> httpx2.Response:
    return client.post(f"/api/v1/payments/{payment}/refunds", json=body, headers={"idempotency-key": key})


def returned(shop: Paying, payment: str) -> int:
    assert shop.console.till is not None
    shop.console.till.tick()
    read: dict[str, Any] = client_of(shop.console).get(f"/api/v1/payments/{payment}").json()
    return int(read["returned"]["minor"])


def test_a_refund_happens_once_however_often_it_is_asked_for(shop: Paying) -> None:
    client = client_of(shop.console)
    before = shop.bank.balance_minor
    first = refund(client, "pay-trip1", "a")
    assert first.status_code == 202
    again = refund(client, "pay-trip1", "a")
    assert (again.status_code, again.content) == (202, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert returned(shop, "pay-trip1") == 100
    assert shop.bank.balance_minor == before - 100
    (row,) = shop.console.database.audit_log(AuditQuery(what="payment.refund"))
    assert row.entry.who == "key test"


def test_a_key_in_quotes_is_the_same_key_and_the_document_says_so(shop: Paying) -> None:
    client = client_of(shop.console)
    first, again = refund(client, "pay-trip1", "a"), refund(client, "pay-trip1", '"a"')
    assert (again.status_code, again.content) == (202, first.content)
    assert refund(client, "pay-trip1", "a b").status_code == 400
    path = client.get("/api/v1/openapi.json").json()["paths"]["/payments/{id}/refunds"]
    (key,) = [one["schema"] for one in path["post"]["parameters"] if one["name"] == "Idempotency-Key"]
    told = [bool(re.search(key["pattern"], text)) for text in ("a", '"a"', "a b", "", "a" * 201)]
    assert told == [True, True, False, False, False]


def test_a_key_is_for_one_request(shop: Paying) -> None:
    client = client_of(shop.console)
    refund(client, "pay-trip1", "a")
    for payment, body in (("pay-trip1", BODY | {"reason": "other"}), ("pay-trip2", BODY)):
        other = refund(client, payment, "a", body)
        assert other.status_code == 422
        assert other.json()["type"] == "/api#problem-key-reused"
    assert returned(shop, "pay-trip1") == 100
    assert returned(shop, "pay-trip2") == 0


def test_keys_of_two_systems_are_two(shop: Paying) -> None:
    refund(client_of(shop.console), "pay-trip1", "a")
    refund(client_of(shop.console), "pay-trip1", "a")
    assert returned(shop, "pay-trip1") == 200


def test_at_once_a_refund_happens_once(shop: Paying) -> None:
    client = client_of(shop.console)
    statuses: list[int] = []
    threads = [
        threading.Thread(target=lambda: statuses.append(refund(client, "pay-trip1", "a").status_code)) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(statuses) <= {202, 409}
    assert 202 in statuses
    assert returned(shop, "pay-trip1") == 100


def test_without_a_key_no_money_moves(shop: Paying) -> None:
    answer = client_of(shop.console).post("/api/v1/payments/pay-trip1/refunds", json=BODY)
    assert answer.status_code == 400
    assert answer.json()["type"] == "/api#problem-idempotency-key-needed"
    assert returned(shop, "pay-trip1") == 0


@pytest.mark.parametrize(
    "body",
    [
        BODY | {"amount": {"minor": 0, "currency": "USD"}},
        BODY | {"amount": {"minor": -1, "currency": "USD"}},
        BODY | {"amount": {"minor": 100, "currency": "EUR"}},
        BODY | {"amount": {"minor": 10_000_000, "currency": "USD"}},
        BODY | {"reason": " "},
        BODY | {"reason": "a\nb"},
        BODY | {"lines": [99]},
    ],
)
def test_what_cannot_go_back_is_refused_and_that_is_remembered(shop: Paying, body: dict[str, Any]) -> None:
    client = client_of(shop.console)
    for _ in range(2):
        answer = refund(client, "pay-trip1", "a", body)
        assert answer.status_code == 422, answer.text
        assert answer.json()["type"] == "/api#problem-refused"
    assert returned(shop, "pay-trip1") == 0


def test_never_more_than_was_taken(shop: Paying) -> None:
    client = client_of(shop.console)
    taken = client.get("/api/v1/payments/pay-trip1").json()["taken"]["minor"]
    statuses = [refund(client, "pay-trip1", f"k{number}").status_code for number in range(10)]
    assert statuses == [202] * (taken // 100) + [422] * (10 - taken // 100)
    assert returned(shop, "pay-trip1") == taken // 100 * 100


def test_where_the_answer_was_lost_the_same_key_does_nothing_twice(
    shop: Paying, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process ends between the refund and the answer: what is kept of the request says "at work" for a minute."""
    client = client_of(shop.console)
    monkeypatch.setattr(shop.console.database, "finish_answer", lambda *_values: None)
    assert refund(client, "pay-trip1", "a").status_code == 202
    in_flight = refund(client, "pay-trip1", "a")
    assert (in_flight.status_code, in_flight.json()["type"]) == (409, "/api#problem-in-flight")
    assert in_flight.headers["retry-after"] == "1"
    shop.clock.now_ns += STUCK_NS
    monkeypatch.undo()
    assert refund(client, "pay-trip1", "a").status_code == 202
    assert returned(shop, "pay-trip1") == 100


def test_an_error_of_ours_is_not_kept(shop: Paying, monkeypatch: pytest.MonkeyPatch) -> None:
    client = client_of(shop.console)

    def broken(*_values: object, **_more: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(shop.console.till, "refund", broken)
    assert refund(client, "pay-trip1", "a").status_code == 500
    monkeypatch.undo()
    assert refund(client, "pay-trip1", "a").status_code == 202
    assert returned(shop, "pay-trip1") == 100


def test_after_a_day_an_answer_is_forgotten_and_the_money_is_not(shop: Paying) -> None:
    client = client_of(shop.console)
    refund(client, "pay-trip1", "a")
    shop.clock.now_ns += KEPT_NS
    late = refund(client, "pay-trip1", "a")
    assert "idempotency-replayed" not in late.headers
    assert returned(shop, "pay-trip1") == 100


def test_a_dispute_is_decided_once(shop: Paying) -> None:
    client = client_of(shop.console)
    (dispute,) = client.get("/api/v1/disputes", params={"status": "open"}).json()["items"]
    address = f"/api/v1/disputes/{dispute['number']}/decision"
    too_much = {"given": {"minor": dispute["asked"]["minor"] + 1, "currency": "USD"}}
    assert client.post(address, json=too_much, headers={"idempotency-key": "a"}).status_code == 422
    given = {"given": dispute["asked"], "answer": "Sorry."}
    made = client.post(address, json=given, headers={"idempotency-key": "b"})
    assert made.json()["given"] == dispute["asked"]
    assert client.post(address, json=given, headers={"idempotency-key": "b"}).content == made.content
    late = client.post(address, json=given, headers={"idempotency-key": "c"})
    assert (late.status_code, late.json()["type"]) == (409, "/api#problem-conflict")
    assert returned(shop, "pay-trip1") == dispute["asked"]["minor"]
    assert client.get("/api/v1/disputes", params={"status": "open"}).json()["items"] == []


def test_where_nobody_pays_that_is_said(shop: Paying) -> None:
    shop.console.till = shop.console.desk = shop.console.receipts = None
    client = client_of(shop.console)
    assert refund(client, "pay-trip1", "a").status_code == 503
    assert client.post("/api/v1/trips/trip1/age-checks", json={"age_years": 18}).status_code == 503
    body = {"given": {"minor": 0, "currency": "USD"}}
    headers = {"idempotency-key": "b"}
    assert client.post("/api/v1/disputes/1/decision", json=body, headers=headers).status_code == 503
    assert client.get("/api/v1/store").json()["payments"] is False
