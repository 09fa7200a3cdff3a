"""What stands before each call: signatures, keys, rates, bodies; and answers that are given again."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import Message

from tests.web.retailer.staging import BASE, KEYS, OTHER, OURS, Caller, calling
from tillfree.connectors.retailer.signing import Key, sign
from tillfree.storage.database.errors import DatabaseError
from tillfree.web.retailer.page import OPERATIONS

PATHS = [operation.path for operation in OPERATIONS]
ADJUST = "/v1/adjust/charge"


def body_for(caller: Caller) -> dict[str, Any]:
    trip = caller.world.shopped()
    return {"storeId": "store-1", "shoppingTripId": trip.id, "amount": {"amount": 10, "code": "USD"}}


@pytest.mark.parametrize("path", PATHS)
def test_no_call_is_open_to_anybody(caller: Caller, path: str) -> None:
    body = msgspec.json.encode({"storeId": "store-1"})
    signed = sign("POST", BASE + path, body, OURS, region="us-east-1", now_ns=caller.world.now_ns)
    wrong_key = sign(
        "POST", BASE + path, body, Key("AKIDRETAILER", "guess"), region="us-east-1", now_ns=caller.world.now_ns
    )
    unknown = sign(
        "POST", BASE + path, body, Key("AKIDNOBODY", "a-secret"), region="us-east-1", now_ns=caller.world.now_ns
    )
    other = sign("POST", BASE + path, b"{}", OURS, region="us-east-1", now_ns=caller.world.now_ns)
    attempts: list[dict[str, str]] = [
        {},
        {"authorization": "Bearer AKIDRETAILER:a-secret"},
        {"authorization": "Basic QUtJRA=="},
        {"cookie": "tillfree=x", "sec-fetch-site": "same-origin"},
        wrong_key,
        unknown,
        other | {"content-type": "application/json"},
        signed | {"x-amz-date": "20240309T160001Z"},
        signed | {"authorization": signed["authorization"].replace("us-east-1", "eu-west-1")},
        signed | {"authorization": signed["authorization"][:-1] + "x"},
        signed | {"authorization": signed["authorization"].replace("host;", "")},
        signed | {"authorization": "AWS4-HMAC-SHA256 " + "a" * 10_000},
    ]
    for headers in attempts:
        answer = caller.client.post(path, content=body, headers=headers)
        assert answer.status_code == 403, headers
        assert set(answer.json()) == {"errorMsg"}
        assert "secret" not in answer.text


@pytest.mark.parametrize("name", ["authorization", "x-amz-date", "x-amz-content-sha256"])
def test_what_decides_whose_a_call_is_is_said_once(caller: Caller, name: str) -> None:
    """Of two headers of one name, one would be verified, and another server in between may have looked at the other."""
    body = msgspec.json.encode({"storeId": "store-1"})
    signed = sign("POST", BASE + ADJUST, body, OURS, region="us-east-1", now_ns=caller.world.now_ns)
    other = sign("POST", BASE + ADJUST, body + b" ", OTHER, region="us-east-1", now_ns=caller.world.now_ns - 10**9)
    for headers in ([*signed.items(), (name, other[name])], [(name, other[name]), *signed.items()]):
        answer = caller.client.post(ADJUST, content=body, headers=headers)
        assert answer.status_code == 403, headers
        assert "said once" in answer.json()["errorMsg"]


@pytest.mark.parametrize("authorization", ["", "Bearer x", "AWS4-HMAC-SHA256 Credential=AKIDNOBODY/x"])
def test_nobody_reads_the_body_of_a_stranger(caller: Caller, authorization: str) -> None:
    """Anybody could fill the memory with calls of 16 MB each."""
    sent: list[Message] = []

    async def receive() -> Message:
        raise AssertionError("the body was asked for")

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": "POST", "path": ADJUST, "raw_path": ADJUST.encode(), "root_path": "",
        "query_string": b"", "scheme": "http", "server": ("127.0.0.1", 80), "client": ("10.0.0.9", 1),
        "headers": [(b"host", b"127.0.0.1"), (b"authorization", authorization.encode())],
    }  # fmt: skip

    async def call() -> None:
        await caller.client.app(scope, receive, send)

    with ThreadPoolExecutor(1) as thread:  # where a browser is driven, this thread has a loop that runs
        thread.submit(asyncio.run, call()).result()
    assert sent[0]["status"] == 403


@pytest.mark.parametrize("path", PATHS)
def test_reading_is_posting(caller: Caller, path: str) -> None:
    answer = caller.client.get(path)
    assert answer.status_code == 405
    assert "errorMsg" in answer.json()


def test_an_old_or_early_signature_is_refused_and_says_so(caller: Caller) -> None:
    body = msgspec.json.encode(body_for(caller))
    for seconds, right in ((-299, True), (299, True), (-302, False), (302, False)):
        now_ns = caller.world.now_ns + seconds * 10**9
        headers = sign("POST", BASE + ADJUST, body, OURS, region="us-east-1", now_ns=now_ns)
        answer = caller.client.post(ADJUST, content=body, headers=headers)
        assert (answer.status_code == 200) == right, seconds
        assert right or "clock" in answer.text
        caller.world.now_ns += 10**9


@pytest.mark.usefixtures("keys")
def test_a_key_may_make_so_many_calls_and_is_told_when_to_come_again() -> None:
    with calling(requests_per_s=5) as caller:
        body = msgspec.json.encode({"storeId": "store-1", "shoppingTripId": "nobody"})

        def call(key: Key) -> Any:
            headers = sign(
                "POST", BASE + "/v1/cancel/charge", body, key, region="us-east-1", now_ns=caller.world.now_ns
            )
            return caller.client.post("/v1/cancel/charge", content=body, headers=headers)

        assert [call(OURS).status_code for _ in range(6)] == [400] * 5 + [429]
        refused = call(OURS)
        assert refused.json() == {"errorMsg": "Too Many Requests"}
        assert refused.headers["retry-after"] == "1"
        assert call(OTHER).status_code == 400  # the rate of one key is none of another's
        caller.world.now_ns += 10**9
        assert call(OURS).status_code == 400


@pytest.mark.usefixtures("keys")
def test_a_bearer_key_is_taken_only_where_the_settings_say_so() -> None:
    with calling(server_auth="bearer") as caller:
        body = body_for(caller)
        right = {"authorization": f"Bearer {KEYS.split()[0]}"}
        assert caller.call(ADJUST, body, headers=right).status_code == 200
        assert caller.call(ADJUST, body, headers={"authorization": "Bearer AKIDRETAILER"}).status_code == 403
        assert caller.call(ADJUST, body).status_code == 403


@pytest.mark.parametrize("text", ["", "no colon", "a:b a:c", ":", "a:"])
def test_without_usable_keys_every_call_is_refused(caller: Caller, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("TILLFREE_RETAILER_KEYS", text)
    assert caller.call(ADJUST, body_for(caller)).status_code == 403


def test_a_new_key_needs_no_new_start(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TILLFREE_RETAILER_KEYS", "AKIDNEW:fresh")
    assert caller.call(ADJUST, body_for(caller), key=Key("AKIDNEW", "fresh")).status_code == 200
    assert caller.call(ADJUST, body_for(caller)).status_code == 403


def test_a_body_may_be_only_so_large(caller: Caller) -> None:
    answer = caller.call(ADJUST, b" " * (16 * 1024 * 1024 + 1))
    assert answer.status_code == 413
    assert "errorMsg" in answer.json()


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[[" * 20_000, b'{"a":' * 20_000, b"\xff\xfe", b'"x"', b"1e999", b'{"storeId": "\\ud800"}'],
)
@pytest.mark.parametrize("path", PATHS)
def test_no_body_breaks_a_call(caller: Caller, path: str, body: bytes) -> None:
    answer = caller.call(path, body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"errorMsg"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
FIELDS = st.sampled_from(
    ["storeId", "shoppingTripId", "amount", "refundRequestId", "refundReasonCode", "catalogItems", "lineItems",
     "orderTotals", "ingestionId", "skus", "totalAmount", "settledAmount", "idempotentShoppingTripId"]
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.sampled_from(PATHS), body=st.dictionaries(FIELDS, JSON | st.just("store-1"), max_size=8))
def test_whatever_stands_in_a_body_is_an_answer_of_the_api(caller: Caller, path: str, body: dict[str, Any]) -> None:
    answer = caller.call(path, body)
    assert answer.status_code in (200, 201, 400, 404, 413), (path, body)
    if answer.status_code >= 400:
        assert set(answer.json()) == {"errorMsg"}


def test_a_database_that_cannot_be_read_is_an_error_that_says_nothing_of_it(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = body_for(caller)

    def broken(_trip: str) -> None:
        raise DatabaseError("a secret path: is damaged")

    monkeypatch.setattr(caller.world.database, "trip", broken)
    answer = caller.call(ADJUST, body)
    assert answer.status_code == 500
    assert "secret" not in answer.text


def test_a_store_without_a_till_says_so(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    body = body_for(caller)
    monkeypatch.setattr(caller.console, "till", None)
    assert caller.call(ADJUST, body).status_code == 503


def test_the_same_refund_from_many_threads_is_one(caller: Caller) -> None:
    trip = caller.world.shopped()
    told = {"storeId": "store-1", "shoppingTripId": trip.id}
    assert caller.call("/v1/capture/charge", told | {"amount": {"amount": 10, "code": "USD"}}).status_code == 200
    caller.world.till.tick()
    refund = msgspec.json.encode(
        told
        | {
            "amount": {"amount": 4, "code": "USD"},
            "refundRequestId": "11111111-2222-3333-4444-555555555555",
            "refundReasonCode": "OTHER",
        }
    )
    headers = sign("POST", BASE + "/v1/refund", refund, OURS, region="us-east-1", now_ns=caller.world.now_ns)
    answers: list[tuple[int, str]] = []

    def call() -> None:
        answer = caller.client.post("/v1/refund", content=refund, headers=headers)
        answers.append((answer.status_code, answer.text))

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    caller.world.till.tick()
    assert caller.world.processor.moved("refund") == 400
    assert len({text for status, text in answers if status == 200}) == 1
    assert {status for status, _ in answers} <= {200, 409}
