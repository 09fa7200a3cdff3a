"""Webhooks of processors: only what is signed is told to the till, each notice once, and failures are sent again."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.web.conftest import console_on
from tillfree.commerce.payments.processor import Answer
from tillfree.connectors.errors import SignatureError
from tillfree.connectors.processors.adyen_notices import AdyenNotices, adyen_signature
from tillfree.connectors.processors.notices import NoticeError
from tillfree.connectors.processors.secret_keys import Secret
from tillfree.connectors.processors.settings import ProcessorSettings
from tillfree.connectors.processors.stripe_notices import StripeNotices, stripe_signature
from tillfree.core.errors import TillfreeError
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_S
from tillfree.web.api.processor_webhooks import routes
from tillfree.web.app import make_app
from tillfree.web.console import Console

SECRET = Secret("whsec_test")
HMAC = Secret("44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056")
NOW_S = 1_750_000_000
ENVIRONMENT = {"STRIPE": SECRET.reveal(), "ADYEN": HMAC.reveal()}
STRIPE = ProcessorSettings(kind="stripe", webhook_variable="STRIPE")
ADYEN = ProcessorSettings(kind="adyen", webhook_variable="ADYEN", merchant_account="Shop")


class Heard:
    """In the place of a till: what it was told."""

    def __init__(self) -> None:
        self.notices: list[tuple[str, Answer]] = []
        self.trouble: TillfreeError | None = None

    def notice(self, answer: Answer, *, notice: str) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.notices.append((notice, answer))


@pytest.fixture(scope="module")
def console() -> Iterator[Console]:
    with console_on() as made:
        made.now_ns = lambda: NOW_S * NS_PER_S
        yield made


@pytest.fixture
def heard(console: Console) -> Heard:
    heard = Heard()
    console.till = heard  # type: ignore[assignment]
    return heard


def client(console: Console, settings: ProcessorSettings, environment: dict[str, str] | None = None) -> TestClient:
    known = ENVIRONMENT if environment is None else environment
    app = Starlette(routes=routes(lambda _console: settings, known))
    app.state.console = console
    return TestClient(app)


def event(kind: str = "payment_intent.succeeded", **more: Any) -> bytes:
    intent = {
        "id": "pi_1",
        "object": "payment_intent",
        "status": "succeeded",
        "amount": 900,
        "amount_received": 900,
        "currency": "eur",
        "metadata": {"tillfree_key": "p1/authorise/1", "tillfree_capture_key": "p1/capture/1"},
        **more,
    }
    return msgspec.json.encode({"id": "evt_1", "type": kind, "data": {"object": intent}})


def item(code: str = "CAPTURE", success: object = "true", **more: Any) -> dict[str, Any]:
    made = {
        "pspReference": "M1",
        "originalReference": "P1",
        "merchantAccountCode": "Shop",
        "merchantReference": "p1/capture/1",
        "amount": {"value": 900, "currency": "EUR"},
        "eventCode": code,
        "success": success,
        **more,
    }
    made["additionalData"] = {"hmacSignature": adyen_signature(made, HMAC)}
    return made


def items(*made: dict[str, Any]) -> bytes:
    wrapped = [{"NotificationRequestItem": one} for one in made]
    return msgspec.json.encode({"live": "false", "notificationItems": wrapped})


def post_stripe(console: Console, body: bytes, time_s: int = NOW_S, secret: Secret = SECRET) -> int:
    headers = {"Stripe-Signature": stripe_signature(body, secret, time_s), "Content-Type": "application/json"}
    return client(console, STRIPE).post("/webhooks/stripe", content=body, headers=headers).status_code


def test_a_signed_event_of_stripe_is_told(console: Console, heard: Heard) -> None:
    assert post_stripe(console, event()) == 200
    assert heard.notices == [
        ("evt_1", Answer(key="p1/capture/1", outcome="approved", reference="pi_1", amount=Money(900, "EUR")))
    ]


@pytest.mark.parametrize(
    ("time_s", "secret"), [(NOW_S - 301, SECRET), (NOW_S + 301, SECRET), (NOW_S, Secret("whsec_other"))]
)
def test_an_old_or_foreign_signature_of_stripe(console: Console, heard: Heard, time_s: int, secret: Secret) -> None:
    assert post_stripe(console, event(), time_s, secret) == 401
    assert not heard.notices


def test_a_changed_body_or_a_missing_signature(console: Console, heard: Heard) -> None:
    body = event()
    headers = {"Stripe-Signature": stripe_signature(body, SECRET, NOW_S)}
    changed = body.replace(b"900", b"901")
    for content, sent in ((changed, headers), (body, {}), (body, {"Stripe-Signature": "v1=abc"})):
        assert client(console, STRIPE).post("/webhooks/stripe", content=content, headers=sent).status_code == 401
    assert not heard.notices


def test_two_signatures_while_a_secret_is_changed(console: Console, heard: Heard) -> None:
    body = event()
    old, new = (stripe_signature(body, secret, NOW_S) for secret in (Secret("old"), SECRET))
    headers = {"Stripe-Signature": f"{old},{new.partition(',')[2]}"}
    assert client(console, STRIPE).post("/webhooks/stripe", content=body, headers=headers).status_code == 200
    assert len(heard.notices) == 1


@pytest.mark.parametrize(
    ("kind", "more", "answer"),
    [
        (
            "payment_intent.amount_capturable_updated",
            {"status": "requires_capture", "amount_capturable": 2500},
            Answer(key="p1/authorise/1", outcome="approved", reference="pi_1", amount=Money(2500, "EUR")),
        ),
        (
            "payment_intent.payment_failed",
            {"status": "requires_payment_method", "last_payment_error": {"decline_code": "stolen_card"}},
            Answer(key="p1/authorise/1", outcome="declined", reference="pi_1", code="stolen_card"),
        ),
        (
            "payment_intent.canceled",
            {"status": "canceled", "cancellation_reason": "automatic"},
            Answer(key="p1/authorise/1", outcome="declined", reference="pi_1", code="hold_expired"),
        ),
        ("payment_intent.canceled", {"status": "canceled", "cancellation_reason": "abandoned"}, None),
        ("customer.created", {}, None),
        ("payment_intent.succeeded", {"metadata": {}}, None),
        (
            "refund.failed",
            {"status": "failed", "failure_reason": "lost_or_stolen_card", "payment_intent": "pi_1",
             "metadata": {"tillfree_key": "p1/refund/1"}},
            Answer(key="p1/refund/1", outcome="declined", reference="pi_1", amount=Money(900, "EUR"),
                   code="refund_failed", message="lost_or_stolen_card"),
        ),
    ],
)  # fmt: skip
def test_what_events_of_stripe_say(kind: str, more: dict[str, Any], answer: Answer | None) -> None:
    body = event(kind, **more)
    told = StripeNotices(SECRET).read(body, stripe_signature(body, SECRET, NOW_S), NOW_S * NS_PER_S)
    assert [notice.answer for notice in told] == ([] if answer is None else [answer])


def test_signed_items_of_adyen_are_told(console: Console, heard: Heard) -> None:
    body = items(item(), item("CAPTURE_FAILED", reason="no funds"), item("REPORT_AVAILABLE"))
    response = client(console, ADYEN).post("/webhooks/adyen", content=body)
    assert (response.status_code, response.text.strip()) == (200, "[accepted]")
    assert [(name, answer.outcome, answer.code) for name, answer in heard.notices] == [
        ("M1/CAPTURE", "approved", ""),
        ("M1/CAPTURE_FAILED", "declined", "capture_failed"),
    ]
    assert heard.notices[0][1].reference == "P1"


def test_one_foreign_item_of_adyen_and_nothing_is_taken(console: Console, heard: Heard) -> None:
    forged = item()
    forged["amount"] = {"value": 1, "currency": "EUR"}
    stranger = item(merchantAccountCode="Other")
    unsigned = item()
    del unsigned["additionalData"]
    for bad in (forged, stranger, unsigned):
        assert client(console, ADYEN).post("/webhooks/adyen", content=items(item(), bad)).status_code == 401
    assert not heard.notices


@pytest.mark.parametrize(
    ("made", "key", "outcome", "reference", "code"),
    [
        (item("AUTHORISATION", originalReference=None), "p1/capture/1", "approved", "M1", ""),
        (item("AUTHORISATION", "false", originalReference=None), "p1/capture/1", "declined", "M1", "authorisation"),
        (item("AUTHORISATION_ADJUSTMENT"), "p1/capture/1", "approved", "P1", ""),
        (item("CANCELLATION", True), "p1/capture/1", "approved", "P1", ""),
        (item("REFUND", "false"), "p1/capture/1", "declined", "P1", "refund"),
        (item("EXPIRE"), "p1/capture/1", "declined", "P1", "hold_expired"),
    ],
)
def test_what_items_of_adyen_say(made: dict[str, Any], key: str, outcome: str, reference: str, code: str) -> None:
    (told,) = AdyenNotices(HMAC, "Shop").read(items(made), "", 0)
    answer = told.answer
    assert (answer.key, answer.outcome, answer.reference, answer.code) == (key, outcome, reference, code)


def test_the_signature_of_adyens_own_example() -> None:
    # The item and the key that Adyen's documentation signs as an example ("Verify HMAC signatures").
    example = {
        "pspReference": "7914073381342284",
        "merchantAccountCode": "TestMerchant",
        "merchantReference": "TestPayment-1407325143704",
        "amount": {"value": 1130, "currency": "EUR"},
        "eventCode": "AUTHORISATION",
        "success": "true",
    }
    assert adyen_signature(example, HMAC) == "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0="


def test_what_cannot_be_kept_is_sent_again(console: Console, heard: Heard) -> None:
    heard.trouble = TillfreeError("the disk is full")
    assert post_stripe(console, event()) == 503
    heard.trouble = None
    assert post_stripe(console, event()) == 200


def test_signed_nonsense_is_400(console: Console, heard: Heard) -> None:
    for body in (b"", b"{", b"[]", b"{}", b"[" * 10_000, b'{"id": 5, "type": "x"}', b"\xff"):
        assert post_stripe(console, body) == 400
        assert client(console, ADYEN).post("/webhooks/adyen", content=body).status_code == 400
    assert not heard.notices


def test_a_webhook_comes_through_the_guard_of_the_console_without_a_cookie(
    console: Console, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STRIPE", SECRET.reveal())
    console.store.settings = msgspec.structs.replace(console.store.settings, processor=STRIPE)
    served = TestClient(make_app(console), base_url="http://localhost")
    body = event()
    for content_type in ("application/json", "application/x-www-form-urlencoded", ""):
        headers = {"Stripe-Signature": stripe_signature(body, SECRET, NOW_S), "Content-Type": content_type}
        assert served.post("/webhooks/stripe", content=body, headers=headers).status_code == 200
    assert served.post("/webhooks/stripe", content=body).status_code == 401
    assert served.post("/webhooks/adyen", content=body).status_code == 404
    assert served.get("/webhooks/stripe").status_code == 405
    assert served.post("/webhooks/stripe", content=b"x" * 2_000_000).status_code == 413
    assert len(heard.notices) == 3


def test_only_the_processor_of_the_settings_is_listened_to(console: Console, heard: Heard) -> None:
    assert client(console, ADYEN).post("/webhooks/stripe", content=event()).status_code == 404
    assert client(console, STRIPE).post("/webhooks/adyen", content=items(item())).status_code == 404
    assert client(console, ProcessorSettings()).post("/webhooks/stripe", content=event()).status_code == 404
    assert client(console, STRIPE, {}).post("/webhooks/stripe", content=event()).status_code == 503
    console.till = None
    assert client(console, STRIPE).post("/webhooks/stripe", content=event()).status_code == 404
    assert not heard.notices


@given(st.binary(max_size=300), st.text(max_size=100))
def test_any_request_is_refused_and_nothing_else(body: bytes, signature: str) -> None:
    with pytest.raises(SignatureError):
        StripeNotices(SECRET).read(body, signature, 0)
    with pytest.raises(NoticeError):
        AdyenNotices(HMAC, "Shop").read(body, signature, 0)
