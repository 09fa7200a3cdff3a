"""The page of keys and webhooks."""

import re
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from tillfree.storage.database.integration.hooks import Hook
from tillfree.web.console import Console

ClientAs = Callable[[str], TestClient]
PUBLIC = "https://93.184.215.14/hook"


def secret_on(page: str) -> str:
    found = re.search(r'<code class="whole">([^<]+)</code>', page)
    assert found is not None, page
    return found[1]


def test_a_key_is_made_shown_once_and_revoked(console: Console, client_as: ClientAs) -> None:
    client = client_as("engineer")
    made = client.post(
        "/integrations/keys/add", data={"name": "Our <ERP>", "scope": ["store:read", "events:read"], "per_minute": "60"}
    )
    secret = secret_on(made.text)
    key = console.database.api_key_of(secret)
    assert key is not None
    assert (key.scopes, key.per_minute, key.by) == (("events:read", "store:read"), 60, "engineer")
    page = client.get("/integrations").text
    assert secret not in page
    assert "Our &lt;ERP&gt;" in page
    assert client.get("/api/v1/store", headers={"authorization": f"Bearer {secret}"}).status_code == 200
    assert client.post("/integrations/keys/revoke", data={"id": key.id}).status_code == 303
    assert client.get("/api/v1/store", headers={"authorization": f"Bearer {secret}"}).status_code == 401
    assert client.post("/integrations/keys/revoke", data={"id": key.id}).status_code == 404


@pytest.mark.parametrize(
    "data", [{"name": ""}, {"name": "x"}, {"name": "x", "scope": "everything"}, {"name": "", "scope": "store:read"}]
)
def test_a_key_without_name_or_use_is_not_made(console: Console, client_as: ClientAs, data: dict[str, str]) -> None:
    before = console.database.api_keys()
    assert client_as("engineer").post("/integrations/keys/add", data=data).status_code == 400
    assert console.database.api_keys() == before


def make_hook(console: Console, client: TestClient) -> tuple[Hook, str]:
    made = client.post("/integrations/webhooks/add", data={"url": PUBLIC, "kind": "trip.settled", "note": "books"})
    assert made.status_code == 200
    return console.database.hooks()[-1], secret_on(made.text)


def test_a_webhook_is_made_tried_paused_renewed_and_removed(console: Console, client_as: ClientAs) -> None:
    client = client_as("engineer")
    hook, secret = make_hook(console, client)
    assert (hook.url, hook.kinds, hook.note) == (PUBLIC, ("trip.settled",), "books")
    page = f"/integrations/webhooks/{hook.id}"
    assert PUBLIC in client.get(page).text
    assert secret not in client.get(page).text
    assert client.post("/integrations/webhooks/test", data={"id": hook.id}).headers["location"] == page
    assert console.database.count_hook_deliveries(hook.id) == {"waiting": 1}
    assert "webhook.test" in client.get(page).text
    for state in ("paused", "active"):
        client.post("/integrations/webhooks/switch", data={"id": hook.id})
        now = console.database.hook(hook.id)
        assert now is not None
        assert now.state == state
    renewed = client.post("/integrations/webhooks/secret", data={"id": hook.id})
    assert secret_on(renewed.text) != secret
    assert len(console.database.hook_secrets(hook.id, console.now_ns()).secrets) == 2
    delivery = console.database.hook_deliveries(hook.id)[0]
    assert client.post("/integrations/webhooks/redeliver", data={"id": hook.id, "delivery": delivery.id}).is_redirect
    assert client.post("/integrations/webhooks/redeliver", data={"id": hook.id, "delivery": "x"}).status_code == 404
    assert client.post("/integrations/webhooks/remove", data={"id": hook.id}).status_code == 303
    assert client.get(page).status_code == 404
    for act in ("switch", "test", "secret", "redeliver", "remove"):
        assert client.post(f"/integrations/webhooks/{act}", data={"id": hook.id}).status_code == 404


@pytest.mark.parametrize(
    "url", ["", "x", "http://93.184.215.14/", "https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest"]
)
def test_a_webhook_to_nowhere_or_inside_is_not_made(console: Console, client_as: ClientAs, url: str) -> None:
    before = console.database.hooks()
    answer = client_as("engineer").post("/integrations/webhooks/add", data={"url": url})
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert console.database.hooks() == before


def test_another_webhook_is_not_sent_the_messages_of_one(console: Console, client_as: ClientAs) -> None:
    client = client_as("engineer")
    one, _ = make_hook(console, client)
    other, _ = make_hook(console, client)
    client.post("/integrations/webhooks/test", data={"id": one.id})
    delivery = console.database.hook_deliveries(one.id)[0].id
    answer = client.post("/integrations/webhooks/redeliver", data={"id": other.id, "delivery": delivery})
    assert answer.status_code == 404


def test_events_that_are_none_are_refused(client_as: ClientAs) -> None:
    answer = client_as("engineer").post("/integrations/webhooks/add", data={"url": PUBLIC, "kind": "everything"})
    assert answer.status_code == 400
