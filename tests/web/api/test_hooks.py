"""Webhooks over the API."""

from collections.abc import Callable
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.web.api.conftest import Paying

PUBLIC = "https://93.184.215.14/hook"


def make(client: TestClient, **more: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/webhooks", json={"url": PUBLIC, **more})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/api/v1/webhooks/{made['webhook']['id']}"
    return made


def test_a_webhook_lives_and_goes(paying: Paying, client: TestClient) -> None:
    made = make(client, types=["trip.*", "trip.*"], note="books")
    address = f"/api/v1/webhooks/{made['webhook']['id']}"
    assert made["secret"].startswith("whsec_")
    assert client.get(address).json() == made["webhook"]
    assert made["webhook"]["types"] == ["trip.*"]
    assert made["webhook"] in client.get("/api/v1/webhooks").json()["items"]
    assert made["secret"] not in client.get("/api/v1/webhooks").text
    changed = client.patch(address, json={"active": False, "types": []}).json()
    assert (changed["state"], changed["types"], changed["note"]) == ("paused", [], "books")
    assert client.patch(address, json={"active": True}).json()["state"] == "active"
    renewed = client.post(f"{address}/secret").json()["secret"]
    assert renewed != made["secret"]
    assert paying.console.database.hook_secrets(made["webhook"]["id"], paying.clock()).secrets == (
        renewed, made["secret"],
    )  # fmt: skip
    assert client.delete(address).status_code == 204
    assert client.get(address).status_code == 404
    for method, path in (("PATCH", ""), ("POST", "/secret"), ("POST", "/test"), ("POST", "/redeliver"), ("DELETE", "")):
        answer = client.request(method, address + path, json={} if path in ("", "/redeliver") else None)
        assert answer.status_code == 404, (method, path)


def test_messages_are_listed_and_sent_again(client: TestClient) -> None:
    id_ = make(client)["webhook"]["id"]
    address = f"/api/v1/webhooks/{id_}"
    sent = client.post(f"{address}/test")
    assert sent.status_code == 202
    for _ in range(4):
        client.post(f"{address}/test")
    seen: list[str] = []
    cursor = ""
    for _ in range(10):
        page = client.get(f"{address}/deliveries", params={"limit": 2} | ({"after": cursor} if cursor else {})).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert len(seen) == len(set(seen)) == 5
    assert sent.json()["id"] in seen
    assert client.get(f"{address}/deliveries", params={"state": "dead"}).json()["items"] == []
    assert client.post(f"{address}/redeliver", json={"delivery": seen[0]}).json() == {"waiting": 1}
    assert client.post(f"{address}/redeliver", json={}).json() == {"waiting": 0}
    other = make(client)["webhook"]["id"]
    assert client.post(f"/api/v1/webhooks/{other}/redeliver", json={"delivery": seen[0]}).status_code == 422


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/x", "http://93.184.215.14/", "https://10.0.0.1/", "https://user:pw@93.184.215.14/"]
)
def test_no_webhook_goes_inside(client: TestClient, url: str) -> None:
    answer = client.post("/api/v1/webhooks", json={"url": url})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/url"
    address = f"/api/v1/webhooks/{make(client)['webhook']['id']}"
    assert client.patch(address, json={"url": url}).status_code == 422


@pytest.mark.parametrize("types", [["everything"], ["trip"], ["*"], ["TRIP.x"], ["trip.settled\n"], [""]])
def test_types_are_types(client: TestClient, types: list[str]) -> None:
    assert client.post("/api/v1/webhooks", json={"url": PUBLIC, "types": types}).status_code == 422


def test_a_key_that_may_not_read_events_has_none_sent_to_itself(client_with: Callable[..., TestClient]) -> None:
    writer = client_with("webhooks:write")
    answer = writer.post("/api/v1/webhooks", json={"url": PUBLIC})
    assert answer.status_code == 403
    assert "events:read" in answer.json()["detail"]
    made = make(client_with("webhooks:write", "events:read"))
    address = f"/api/v1/webhooks/{made['webhook']['id']}"
    assert writer.patch(address, json={"url": "https://93.184.215.15/hook"}).status_code == 403
    assert writer.patch(address, json={"types": []}).status_code == 403
    assert writer.patch(address, json={"active": False}).json()["state"] == "paused"
    assert writer.delete(address).status_code == 204
