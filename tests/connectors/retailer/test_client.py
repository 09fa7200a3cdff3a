"""The client against a simulated retailer over real HTTP: answers, refusals, silence, floods."""

import time
from collections.abc import Iterator

import httpx2
import pytest

from tillfree.connectors.retailer.breaker import Breaker
from tillfree.connectors.retailer.client import RetailerClient
from tillfree.connectors.retailer.errors import RetailerRefused, RetailerUnavailable
from tillfree.connectors.retailer.settings import RetailerSettings
from tillfree.connectors.retailer.signing import Key
from tillfree.simulation.retail.connectors import Faults, SimulatedRetailer
from tillfree.simulation.retail.serving import serving

KEY = Key("AKIDSTORE", "a-secret")
REFUSALS = [(400, True), (404, True), (409, True), (302, True), (408, False), (429, False), (500, False), (503, False)]


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[SimulatedRetailer, str]]:
    retailer = SimulatedRetailer(keys=(KEY,))
    with serving(retailer) as address:
        yield retailer, address


@pytest.fixture
def retailer(served: tuple[SimulatedRetailer, str]) -> SimulatedRetailer:
    served[0].faults = Faults()
    served[0].calls.clear()
    return served[0]


def client_of(address: str, **values: object) -> RetailerClient:
    told: dict[str, object] = {"endpoint": address, "breaker_failures": 3, "breaker_pause_ms": 1000}
    settings = RetailerSettings(**(told | values))  # type: ignore[arg-type]
    return RetailerClient(settings, f"{KEY.id}:{KEY.secret}", now_ns=time.time_ns)


@pytest.fixture
def client(served: tuple[SimulatedRetailer, str], retailer: SimulatedRetailer) -> Iterator[RetailerClient]:
    assert retailer is served[0]
    made = client_of(served[1])
    yield made
    made.close()


def test_each_connector_answers_a_signed_call(client: RetailerClient, retailer: SimulatedRetailer) -> None:
    assert client.verify_identity("SHOPPER-1", "event-1").id == "shopper-1"
    assert client.shopper("5550100", phone=True).id == "shopper-1"
    scan = client.resolve_scan("LOYAL-1")
    assert (scan.id, scan.type) == ("loyal-1", "LOYALTY")
    assert client.scan_details(scan).promotion_ids == ("club-10",)
    body = retailer.calls[0][1]
    assert body["identityKey"] == "U0hPUFBFUi0x"
    assert body["authEvent"]["location"] == "ENTRY"
    assert body["keyChannel"] == "OPTICAL"
    ids = [told["requestId"] for _, told in retailer.calls if "requestId" in told]
    assert len(set(ids)) == len(ids) == 3


def test_a_wrong_key_is_a_refusal(served: tuple[SimulatedRetailer, str], retailer: SimulatedRetailer) -> None:
    settings = RetailerSettings(endpoint=served[1])
    wrong = RetailerClient(settings, "AKIDSTORE:wrong", now_ns=time.time_ns)
    with pytest.raises(RetailerRefused) as caught:
        wrong.verify_identity("SHOPPER-1", "event-1")
    assert caught.value.status == 403
    assert retailer.calls
    wrong.close()


@pytest.mark.parametrize(("status", "refused"), REFUSALS)
def test_a_refusal_is_told_from_silence(
    client: RetailerClient, retailer: SimulatedRetailer, status: int, refused: bool
) -> None:
    retailer.faults.status = status
    with pytest.raises(RetailerRefused if refused else RetailerUnavailable):
        client.verify_identity("SHOPPER-1", "event-1")


def test_retry_after_is_read_in_both_forms(client: RetailerClient, retailer: SimulatedRetailer) -> None:
    for text, least, most in (
        ("7", 7, 7), ("Fri, 31 Dec 2099 23:59:59 GMT", 3600, 3600), ("soon", 0, 0), ("-5", 0, 0),
        ("9" * 40, 3600, 3600),
    ):  # fmt: skip
        retailer.faults = Faults(status=429, retry_after=text)
        with pytest.raises(RetailerUnavailable) as caught:
            client.verify_identity("SHOPPER-1", "event-1")
        assert least <= caught.value.after_s <= most, text


@pytest.mark.parametrize(
    "body", [b"", b"null", b"[]", b"{}", b'{"visitorDetails": {"id": ""}}', b"<html>", b"\xff", b"[" * 10_000]
)
def test_an_answer_that_is_none_is_no_answer(client: RetailerClient, retailer: SimulatedRetailer, body: bytes) -> None:
    retailer.faults.body = body
    with pytest.raises(RetailerUnavailable):
        client.verify_identity("SHOPPER-1", "event-1")


def test_an_answer_may_be_only_so_large(client: RetailerClient, retailer: SimulatedRetailer) -> None:
    retailer.faults.body = b" " * (256 * 1024 + 1)
    with pytest.raises(RetailerUnavailable, match="256 KiB"):
        client.verify_identity("SHOPPER-1", "event-1")


def test_a_slow_connector_is_waited_for_so_long_only(client: RetailerClient, retailer: SimulatedRetailer) -> None:
    retailer.faults.delay_s = 1.0
    with pytest.raises(RetailerUnavailable, match="no answer"):
        client.verify_identity("SHOPPER-1", "event-1", timeout_s=0.05)


def test_after_failures_in_a_row_nothing_is_sent_for_a_while(
    client: RetailerClient, retailer: SimulatedRetailer
) -> None:
    retailer.faults.status = 500
    for _ in range(3):
        with pytest.raises(RetailerUnavailable):
            client.verify_identity("SHOPPER-1", "event-1")
    sent = len(retailer.calls)
    assert client.is_resting
    retailer.faults.status = 0
    with pytest.raises(RetailerUnavailable, match="left alone"):
        client.verify_identity("SHOPPER-1", "event-1")
    assert len(retailer.calls) == sent


def test_nobody_there_is_no_answer() -> None:
    client = client_of("http://127.0.0.1:9", connector_auth="none")
    with pytest.raises(RetailerUnavailable):
        client.verify_identity("SHOPPER-1", "event-1")
    client.close()
    client = client_of("", connector_auth="none")
    with pytest.raises(RetailerUnavailable, match=r"retailer\.endpoint"):
        client.verify_identity("SHOPPER-1", "event-1")
    client.close()


def test_answers_may_be_wrapped_or_bare_and_have_new_fields() -> None:
    answers = [
        b'{"scanResult": {"id": "a", "type": "LOYALTY"}, "new": 1}',
        b'{"id": "a", "type": "LOYALTY", "new": {}}',
    ]

    def answer(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=answers.pop())

    settings = RetailerSettings(endpoint="http://retailer.example", connector_auth="bearer")
    client = RetailerClient(settings, "k", now_ns=time.time_ns, transport=httpx2.MockTransport(answer))
    assert client.resolve_scan("x") == client.resolve_scan("y")
    client.close()


def test_a_breaker_opens_tries_once_and_closes() -> None:
    clock = [0.0]
    breaker = Breaker(2, 10.0, lambda: clock[0])
    for _ in range(2):
        assert breaker.wait_s() == 0
        breaker.told(answered=False)
    assert breaker.is_open
    assert breaker.wait_s() == 10
    clock[0] = 10.0
    assert breaker.wait_s() == 0  # one may try
    assert breaker.wait_s() > 0  # others wait for what it finds
    breaker.told(answered=False)
    assert breaker.wait_s() == 10
    clock[0] = 20.0
    assert breaker.wait_s() == 0
    breaker.told(answered=True)
    assert not breaker.is_open
    assert breaker.wait_s() == 0


@pytest.mark.parametrize("status", [400, 503])
def test_what_a_connector_says_of_a_person_is_in_no_message(status: int) -> None:
    """Messages of errors come into logs, and connectors like to say which code it was that they did not know."""
    answers = httpx2.MockTransport(lambda _request: httpx2.Response(status, json={"errorMsg": "no shopper CODE-77"}))
    settings = RetailerSettings(endpoint="http://retailer.example", connector_auth="none", breaker_failures=100)
    client = RetailerClient(settings, "", now_ns=time.time_ns, transport=answers)
    asked = (
        lambda: client.verify_identity("CODE-77", "event-1"),
        lambda: client.shopper("CODE-77"),
        lambda: client.resolve_scan("CODE-77"),
    )
    for ask in asked:
        with pytest.raises((RetailerRefused, RetailerUnavailable), match=str(status)) as caught:
            ask()
        assert "CODE-77" not in str(caught.value)
    client.close()
