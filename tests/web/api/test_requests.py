"""Every operation against every scope, and what hostile or clumsy clients send."""

import asyncio
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from starlette.testclient import TestClient

from tests.web.api.conftest import Paying, app_of, client_of
from tillfree.storage.database.errors import DatabaseError
from tillfree.web.api.operations import Operation
from tillfree.web.api.problems import PROBLEMS
from tillfree.web.api.scopes import SCOPES, Scope
from tillfree.web.api.table import OPERATIONS
from tillfree.web.machines import body_bytes_max

ClientWith = Callable[..., TestClient]
EACH = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
HOSTILE = [
    "x" * 5000, "%00", "..%2f..%2fetc%2fpasswd", "%2e%2e", "'%20OR%201=1--", "%F0%9F%98%80", "%ff", "%ED%A0%80", "-1",
    "9" * 400, "%0d%0aSet-Cookie:a=b", "<script>", "null", "{id}", "٣",
]  # fmt: skip


def address(operation: Operation, value: str = "x") -> str:
    return "/api/v1" + re.sub(r"\{\w+\}", value, operation.path)


def send(client: TestClient, operation: Operation, value: str = "x", **more: Any) -> httpx2.Response:
    headers = {"idempotency-key": "k"} | more.pop("headers", {})
    if operation.body is not None and "content" not in more:
        more["content"] = b"{}"
        headers.setdefault("content-type", "application/json")
    return client.request(operation.method, address(operation, value), headers=headers, **more)


def assert_problem(answer: httpx2.Response, *names: str) -> None:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    problem = answer.json()
    name = problem["type"].removeprefix("/api#problem-")
    assert name in (names or PROBLEMS), answer.text
    assert problem["status"] == answer.status_code == PROBLEMS[name][0]
    assert problem["title"] == PROBLEMS[name][1]


@EACH
def test_without_a_key_nothing_is_answered(paying: Paying, operation: Operation) -> None:
    client = TestClient(app_of(paying.console), base_url="http://127.0.0.1")
    good = client_of(paying.console).headers["authorization"]
    for header in ("", "Bearer", "Bearer x", "Basic " + good.partition(" ")[2], good[:-1], good + "x", "Bearer tf__"):
        answer = send(client, operation, headers={"authorization": header})
        assert_problem(answer, "unauthorised")
        assert answer.headers["www-authenticate"].startswith("Bearer ")


@EACH
def test_no_session_of_a_browser_opens_it(paying: Paying, operation: Operation) -> None:
    client = TestClient(app_of(paying.console), base_url="http://127.0.0.1", cookies={"tillfree": "x" * 43})
    assert_problem(send(client, operation), "unauthorised")


@EACH
def test_exactly_one_scope_opens_it(client_with: ClientWith, operation: Operation) -> None:
    others = [scope for scope in SCOPES if scope != operation.scope]
    refused = send(client_with(*others), operation)
    assert_problem(refused, "forbidden")
    assert f'scope="{operation.scope}"' in refused.headers["www-authenticate"]
    assert send(client_with(operation.scope), operation).status_code not in (401, 403)


def test_every_scope_is_of_use() -> None:
    assert {operation.scope for operation in OPERATIONS} == set(SCOPES)


def test_names_and_addresses_are_there_once() -> None:
    names = [operation.name for operation in OPERATIONS]
    places = [(operation.method, operation.path) for operation in OPERATIONS]
    assert len(set(names)) == len(names)
    assert len(set(places)) == len(places)


def test_a_revoked_key_opens_nothing(paying: Paying) -> None:
    made = paying.console.database.add_api_key("x", ("store:read",), "", paying.clock())
    client = TestClient(app_of(paying.console), base_url="http://127.0.0.1")
    headers = {"authorization": f"Bearer {made.secret}"}
    assert client.get("/api/v1/store", headers=headers).status_code == 200
    assert paying.console.database.revoke_api_key(made.key.id)
    assert_problem(client.get("/api/v1/store", headers=headers), "unauthorised")


def test_when_a_key_was_used_is_noted(paying: Paying) -> None:
    made = paying.console.database.add_api_key("noted", ("store:read",), "", paying.clock())
    client = TestClient(app_of(paying.console), base_url="http://127.0.0.1")
    client.get("/api/v1/store", headers={"authorization": f"bearer {made.secret}"})
    (kept,) = [key for key in paying.console.database.api_keys() if key.id == made.key.id]
    assert kept.used_ns == paying.clock()


def test_a_key_may_do_so_much_a_minute_and_others_go_on(client_with: ClientWith) -> None:
    slow, other = client_with("store:read", per_minute=3), client_with("store:read", per_minute=3)
    answers = [slow.get("/api/v1/store") for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[0].headers["ratelimit-policy"] == '"default";q=3;w=60'
    assert answers[0].headers["ratelimit"].startswith('"default";r=2;t=')
    assert_problem(answers[3], "too-many-requests")
    assert 1 <= int(answers[3].headers["retry-after"]) <= 61
    assert other.get("/api/v1/store").status_code == 200


@pytest.mark.parametrize("value", HOSTILE)
def test_no_name_in_an_address_breaks_it(client: TestClient, value: str) -> None:
    for operation in OPERATIONS:
        if operation.parameters:
            answer = send(client, operation, value)
            assert answer.status_code < 500, (operation.name, answer.text)
            assert "html" not in answer.headers.get("content-type", "")


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=501", "limit=1e2", "limit=٣", "limit=+1", "limit=", "after=%00", "after=" + "9" * 30,
        "after=9999999999999999999~x",
        "after=~", "since=x", "since=2026", "since=2026-01-01", "since=0001-01-01T00:00:00Z&until=9999-12-31T23:59:59Z",
        "since=2026-01-01T00:00:00", "limit=1&limit=2", "unknown=1", "%ff=%ff", "a" * 3000, "&" * 3000, "status=x",
        "text=" + "(a%2B)%2B" * 900, "type=%27", "product=%00", "by=x", "gln=1", "outcome=nobody",
    ],
)  # fmt: skip
def test_no_parameter_breaks_it(client: TestClient, query: str) -> None:
    for operation in OPERATIONS:
        if operation.method == "GET":
            answer = client.get(f"{address(operation)}?{query}")
            assert answer.status_code < 500, (operation.name, answer.text)
            if answer.status_code >= 400:
                assert_problem(answer)


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (b"", ["malformed"]),
        (b"{", ["malformed"]),
        (b"\xff\xfe{}", ["malformed"]),
        (b'{"a": "\xed\xa0\x80"}', ["malformed", "invalid"]),
        (b"[]", ["invalid"]),
        (b"null", ["invalid"]),
        (b"NaN", ["malformed"]),
        (b'{"nobody knows this": 1}', ["invalid"]),
        (b"[" * 100_000, ["invalid", "malformed"]),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, ["invalid", "malformed"]),
        (json.dumps({"name": "x" * 500_000}).encode(), ["invalid"]),
        (b'{"amount": {"minor": 1' + b"0" * 300 + b', "currency": "USD"}}', ["invalid", "malformed"]),
    ],
)
def test_no_body_breaks_it(client: TestClient, body: bytes, names: list[str]) -> None:
    for operation in OPERATIONS:
        if operation.body is not None:
            answer = send(client, operation, content=body, headers={"content-type": "application/json"})
            assert_problem(answer, *names)


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx", "html"])
def test_only_json_is_read(client: TestClient, kind: str) -> None:
    for operation in OPERATIONS:
        if operation.body is not None:
            assert_problem(send(client, operation, content=b"{}", headers={"content-type": kind}), "media-type")


def test_a_body_beyond_a_mebibyte_is_refused(client: TestClient) -> None:
    much = b'{"note": "' + b"x" * body_bytes_max("/api/v1/webhooks") + b'"}'
    answer = client.post("/api/v1/webhooks", content=much, headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert answer.json()["type"] == "/api#problem-too-large"


def test_a_body_that_says_no_length_and_never_ends_is_cut_off(paying: Paying, client: TestClient) -> None:
    sent: list[dict[str, Any]] = []
    chunks = 0

    async def receive() -> dict[str, Any]:
        nonlocal chunks
        chunks += 1
        assert chunks < 1000
        return {"type": "http.request", "body": b"x" * 65_536, "more_body": True}

    async def take(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/api/v1/webhooks", "raw_path": b"/api/v1/webhooks", "query_string": b"", "root_path": "",
        "headers": [
            (b"host", b"127.0.0.1"), (b"content-type", b"application/json"),
            (b"authorization", client.headers["authorization"].encode()),
        ],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip

    async def call() -> None:
        await app_of(paying.console)(scope, receive, take)

    with ThreadPoolExecutor(1) as thread:  # where a browser is driven, this thread has a loop that runs
        thread.submit(asyncio.run, call()).result()
    assert sent[0]["status"] == 408


@pytest.mark.parametrize(
    "headers",
    [
        {"idempotency-key": ""}, {"idempotency-key": "x" * 201}, {"idempotency-key": "a b"}, {"idempotency-key": 'a"b'},
        {"idempotency-key": "\xe4"},
    ],
)  # fmt: skip
def test_a_key_that_is_none_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    encoded = {name: value.encode("latin-1") for name, value in headers.items()}
    body = {"facing": "x", "count": 1}
    assert_problem(client.post("/api/v1/stock/counts", json=body, headers=encoded), "malformed")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "comes_back"),
    [("abc-123", True), ("x" * 64, True), ("x" * 65, False), ("a b", False), ("<x>", False), ("", False)],
)
def test_the_id_of_a_request_comes_back_if_it_is_one(client: TestClient, given: str, comes_back: bool) -> None:
    said = client.get("/api/v1/store", headers={"x-request-id": given}).headers["x-request-id"]
    assert (said == given) is comes_back
    assert re.fullmatch(r"[A-Za-z0-9._-]{1,64}", said)


@EACH
def test_other_methods_are_told_which_there_are(client: TestClient, operation: Operation) -> None:
    known = {one.method for one in OPERATIONS if one.path == operation.path}
    wrong = next(method for method in ("TRACE", "DELETE", "PUT") if method not in known)
    answer = client.request(wrong, address(operation))
    assert_problem(answer, "method")
    assert known <= set(answer.headers["allow"].split(", "))


def test_an_address_that_is_none_says_so_in_json(client: TestClient) -> None:
    for path in ("/api/v1/nothing", "/api/v1/", "/api/v2/store", "/api/x", "/api/v1/products/a/b/c"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.json()["type"] == "/api#problem-not-found"


def test_nothing_of_ours_is_told_where_it_breaks(
    paying: Paying, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_values: object, **_more: object) -> None:
        raise DatabaseError("/secret/store.db: is damaged")

    monkeypatch.setattr(paying.console.database, "announcements", broken)
    answer = client.get("/api/v1/events")
    assert_problem(answer, "unavailable")
    assert "secret" not in answer.text

    def ours(*_values: object, **_more: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(paying.console.database, "announcements", ours)
    answer = client.get("/api/v1/events")
    assert answer.status_code == 500
    assert answer.json()["type"] == "/api#problem-internal"
    assert "secret" not in answer.text


@pytest.mark.parametrize("scope", SCOPES)
def test_the_page_says_what_each_scope_is_for(paying: Paying, scope: Scope) -> None:
    page = TestClient(app_of(paying.console), base_url="http://127.0.0.1").get("/api")
    assert page.status_code == 200
    assert f"<code>{scope}</code>" in page.text
    assert "<script>" not in page.text


def test_every_problem_is_explained_where_its_type_leads(paying: Paying) -> None:
    page = TestClient(app_of(paying.console), base_url="http://127.0.0.1").get("/api").text
    assert {name for name in PROBLEMS if f'id="problem-{name}"' not in page} == set()
