"""Whatever another system answers, an adapter gives an answer or one of its own errors, and nothing else happens."""

import contextlib
from collections.abc import Callable
from typing import Any

import httpx2
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.connectors.simulated_shop import ACCOUNT, HMAC_KEY, order
from tillfree.commerce.payments.processor import Answer, OrderKind, Processor, ProcessorRefusal, ProcessorUnavailable
from tillfree.connectors.processors.adyen import AdyenProcessor
from tillfree.connectors.processors.adyen_notices import AdyenNotices, adyen_signature
from tillfree.connectors.processors.calls import Caller
from tillfree.connectors.processors.notices import NoticeError
from tillfree.connectors.processors.stripe import StripeProcessor
from tillfree.connectors.processors.stripe_notices import StripeNotices, stripe_signature
from tillfree.connectors.terminals.nexo_terminal import NexoTerminal
from tillfree.connectors.terminals.taps import NoTap, TerminalError
from tillfree.core.money import Money
from tillfree.identity.credentials import CardTap

# Made once: a connection that could be encrypted takes its time to prepare.
CALLER = Caller("Test", "https://processor.example", {}, 1.0)
TERMINAL = NexoTerminal(address="https://terminal.example/nexo", poi="P", sale="S", now_ns=lambda: 0)
KINDS: list[OrderKind] = ["authorise", "adjust", "capture", "void", "refund", "charge"]
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=12),
    st.sampled_from(["succeeded", "requires_capture", "received", "Authorised", "eur", "EUR", "true", "Success"]),
)
NAMES = st.sampled_from([
    "id", "status", "amount", "amount_capturable", "amount_received", "currency", "latest_charge", "metadata", "data",
    "error", "type", "code", "payment_intent", "payment_method_details", "card", "capture_before", "resultCode",
    "pspReference", "value", "refusalReason", "errorCode", "message", "last_payment_error", "card_error",
])  # fmt: skip
JSON: st.SearchStrategy[Any] = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=8), max_leaves=25
)
STATUSES = st.sampled_from([200, 201, 204, 301, 400, 401, 402, 404, 409, 422, 429, 500])


def answering(status: int, body: bytes) -> Caller:
    """A caller to somebody who always answers that."""
    transport = httpx2.MockTransport(lambda _request: httpx2.Response(status, content=body))
    CALLER._client = httpx2.Client(transport=transport, base_url="https://processor.example", trust_env=False)
    return CALLER


def asked(processor: Processor, kind: OrderKind) -> None:
    try:
        answer = processor.ask(order(kind, None if kind == "void" else 500, reference="ref"))
    except (ProcessorUnavailable, ProcessorRefusal):
        return
    assert isinstance(answer, Answer)
    assert answer.key == f"p1/{kind}/1"
    assert answer.amount is None or isinstance(answer.amount.minor, int)
    msgspec.json.encode(answer)


@given(st.sampled_from(KINDS), STATUSES, JSON)
def test_any_json_from_a_processor(kind: OrderKind, status: int, body: Any) -> None:
    data = msgspec.json.encode(body)
    makers: list[Callable[[Caller], Processor]] = [StripeProcessor, lambda caller: AdyenProcessor(caller, ACCOUNT)]
    for make in makers:
        asked(make(answering(status, data)), kind)
    with contextlib.suppress(ProcessorUnavailable):
        StripeProcessor(answering(status, data)).look_up("p1/authorise/1")


@given(st.sampled_from(KINDS), STATUSES, st.binary(max_size=60))
def test_any_bytes_from_a_processor(kind: OrderKind, status: int, body: bytes) -> None:
    asked(StripeProcessor(answering(status, body)), kind)
    asked(AdyenProcessor(answering(status, body), ACCOUNT), kind)


def test_an_answer_without_an_end_is_cut_off() -> None:
    with pytest.raises(ProcessorUnavailable, match="bytes"):
        answering(200, b" " * 1_000_001).call("GET", "/")


@given(JSON, st.sampled_from(["payment_intent.succeeded", "refund.updated", "payment_intent.canceled"]))
def test_any_signed_event_is_read_or_refused(thing: Any, kind: str) -> None:
    for body in (
        msgspec.json.encode({"id": "e", "type": kind, "data": {"object": thing}}),
        msgspec.json.encode(thing),
    ):
        with contextlib.suppress(NoticeError):
            for notice in StripeNotices(HMAC_KEY).read(body, stripe_signature(body, HMAC_KEY, 5), 5 * 10**9):
                assert notice.answer.key


@given(st.dictionaries(st.sampled_from(["pspReference", "originalReference", "amount", "success", "reason"]), JSON))
def test_any_signed_item_is_read_or_refused(more: dict[str, Any]) -> None:
    item = {
        "merchantAccountCode": ACCOUNT, "merchantReference": "p1/capture/1", "eventCode": "CAPTURE", **more,
    }  # fmt: skip
    item["additionalData"] = {"hmacSignature": adyen_signature(item, HMAC_KEY)}
    body = msgspec.json.encode({"notificationItems": [{"NotificationRequestItem": item}]})
    (notice,) = AdyenNotices(HMAC_KEY, ACCOUNT).read(body, "", 0)
    assert notice.answer.key == "p1/capture/1"


GOOD: dict[str, Any] = {
    "Response": {
        "Result": "Success",
        "AdditionalResponse": "pspReference=P1&cardSummary=1234&expiryMonth=3&expiryYear=2030&emvData=9A03260101",
    },
    "POIData": {"POITransactionID": {"TransactionID": "T.P1"}},
    "PaymentResult": {
        "AmountsResp": {"Currency": "EUR", "AuthorizedAmount": 25.0},
        "PaymentInstrumentData": {"CardData": {"PaymentBrand": "visa", "MaskedPan": "****1234"}},
    },
}
PATHS: list[tuple[str, ...]] = [
    ("Response",), ("Response", "Result"), ("Response", "AdditionalResponse"), ("Response", "ErrorCondition"),
    ("POIData",), ("POIData", "POITransactionID", "TransactionID"), ("PaymentResult",),
    ("PaymentResult", "AmountsResp", "AuthorizedAmount"), ("PaymentResult", "AmountsResp", "Currency"),
    ("PaymentResult", "PaymentInstrumentData", "CardData", "MaskedPan"),
]  # fmt: skip
ADDITIONAL = st.builds(
    "pspReference={}&expiryMonth={}&expiryYear={}&emvData={}&fundingSource={}".format,
    st.text("aA1²=&%", max_size=6),
    st.text("0123²x", max_size=5),
    st.text("0123²x", max_size=5),
    st.text("0123456789ABCDEF", max_size=20),
    st.text(max_size=6),
)


def changed(path: tuple[str, ...], value: Any) -> dict[str, Any]:
    body: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(GOOD))
    here = body
    for name in path[:-1]:
        here = here[name]
    here[path[-1]] = value
    return body


def tapped(body: Any) -> object:
    def answer(request: httpx2.Request) -> httpx2.Response:
        header = msgspec.json.decode(request.content)["SaleToPOIRequest"]["MessageHeader"]
        return httpx2.Response(200, json={"SaleToPOIResponse": {"MessageHeader": header, "PaymentResponse": body}})

    TERMINAL._client = httpx2.Client(transport=httpx2.MockTransport(answer), trust_env=False)
    return TERMINAL.wait_for_tap(Money(2500, "EUR"), reference="entry-1")


def test_the_answer_that_is_changed_below_is_good() -> None:
    tap = tapped(GOOD)
    assert isinstance(tap, CardTap)
    assert (tap.last4, tap.expires, tap.emv) == ("1234", "2030-03", {"9A": "260101"})


@given(st.sampled_from(PATHS), JSON | ADDITIONAL)
def test_any_answer_of_a_terminal(path: tuple[str, ...], value: Any) -> None:
    try:
        tap = tapped(changed(path, value))
    except TerminalError:
        return
    assert isinstance(tap, CardTap | NoTap)
    msgspec.json.encode(tap)


@given(JSON)
def test_any_json_of_a_terminal(body: Any) -> None:
    with contextlib.suppress(TerminalError):
        assert isinstance(tapped(body), CardTap | NoTap)
