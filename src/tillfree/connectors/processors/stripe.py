"""Stripe: PaymentIntents that are captured by hand, behind the protocol of the till.

Facts: docs.stripe.com/api (payment_intents, refunds, idempotent_requests, errors), docs.stripe.com/payments/
place-a-hold-on-a-payment-method. A hold at Stripe can be made larger (incremental authorisation), never smaller; what
is not captured of it is let go. Keys are forgotten there after a day or so; what changes an intent that exists is
therefore also recognised by its state, so that asking again later still does nothing twice.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from tillfree.commerce.payments.processor import Answer, Order, ProcessorRefusal
from tillfree.connectors.processors.calls import Caller, Reply, object_in
from tillfree.connectors.processors.secret_keys import Secret
from tillfree.connectors.processors.stripe_amounts import from_stripe, to_stripe
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_S

__all__ = [
    "STRIPE_ADDRESS",
    "STRIPE_VERSION",
    "StripeProcessor",
    "intent_answer",
    "refund_answer",
    "stripe_caller",
    "stripe_token",
]

STRIPE_ADDRESS = "https://api.stripe.com"
STRIPE_VERSION = "2024-06-20"
"""The version of the API that this was written for; Stripe answers in the shapes of that version."""
_DECLINED_STATES = frozenset({"requires_payment_method", "requires_action", "requires_confirmation", "canceled"})
_NOT_BEGUN = frozenset({"requires_payment_method", "requires_confirmation"})
_REASONS = frozenset({"duplicate", "fraudulent", "requested_by_customer"})


def stripe_token(customer: str, method: str) -> str:
    """One token for both: Stripe charges a saved card by its customer and its payment method."""
    return f"{customer}/{method}" if customer else method


def stripe_caller(key: Secret, *, address: str = STRIPE_ADDRESS, timeout_s: float = 8.0) -> Caller:
    """A connection to Stripe."""
    headers = {"Authorization": f"Bearer {key.reveal()}", "Stripe-Version": STRIPE_VERSION}
    return Caller("Stripe", address or STRIPE_ADDRESS, headers, timeout_s)


class StripeProcessor:
    """Behind the protocol `Processor`. Tokens are those of `stripe_token`, references are ids of PaymentIntents."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def ask(self, order: Order) -> Answer:
        """Carries out an order. Raises as `Processor.ask`."""
        match order.kind:
            case "authorise" | "charge":
                return self._start(order)
            case "adjust":
                return self._adjust(order)
            case "capture":
                return self._capture(order)
            case "void":
                return self._void(order)
            case "refund":
                return self._refund(order)

    def look_up(self, key: str) -> Answer | None:
        """What became of a hold or a charge. Raises as `Processor.look_up`.

        Stripe's search may lag by a minute, and finds neither changes nor refunds: None means that one may ask again
        with the same key, which is safe.
        """
        params = {"query": f"metadata['tillfree_key']:'{_quoted(key)}'", "limit": "1", "expand[]": "data.latest_charge"}
        reply = self._caller.call("GET", "/v1/payment_intents/search", params=params)
        found = reply.body.get("data")
        if not reply.is_good or not isinstance(found, list) or not found or not isinstance(found[0], dict):
            return None
        if found[0].get("status") in _NOT_BEGUN and not found[0].get("last_payment_error"):
            return None  # made, but never confirmed: the same request again goes on with it
        return intent_answer(key, found[0])

    # ---- one order each -----------------------------------------------------------------------------------------

    def _start(self, order: Order) -> Answer:
        minor, currency = to_stripe(_amount(order))
        customer, _, method = order.token.rpartition("/")
        fields = {
            "amount": str(minor),
            "currency": currency,
            "payment_method": method,
            "payment_method_types[]": "card",
            "confirm": "true",
            "off_session": "true",
            "capture_method": "manual" if order.kind == "authorise" else "automatic",
            "metadata[tillfree_key]": order.key,
            "metadata[tillfree_payment]": order.payment,
            "expand[]": "latest_charge",
        }
        if customer:
            fields["customer"] = customer
        if order.kind == "authorise":
            fields["payment_method_options[card][request_incremental_authorization]"] = "if_available"
            fields["payment_method_options[card][request_extended_authorization]"] = "if_available"
        reply = self._post("/v1/payment_intents", fields, order)
        return intent_answer(order.key, reply.body) if reply.is_good else _wrong(order, reply)

    def _adjust(self, order: Order) -> Answer:
        wanted = _amount(order)
        minor, _ = to_stripe(wanted)
        intent = self._intent(order)
        held = intent.get("amount_capturable")
        if intent.get("status") != "requires_capture" or not isinstance(held, int):
            return _declined(order, str(intent.get("status", "")), "there is no open hold")
        if minor <= held:
            # It is large enough, and cannot be made smaller: what is not captured is let go at the capture.
            return Answer(key=order.key, outcome="approved", reference=order.reference, amount=wanted)
        fields = {"amount": str(minor), "metadata[tillfree_adjust_key]": order.key, "expand[]": "latest_charge"}
        reply = self._post(f"{_path(order)}/increment_authorization", fields, order)
        if reply.is_good:
            return intent_answer(order.key, reply.body)
        # Whether a hold may grow hangs on the scheme, the card and the trade: "no" is an answer of the issuer.
        error = object_in(reply.body, "error")
        return _declined(order, _code(error), str(error.get("message", "")))

    def _capture(self, order: Order) -> Answer:
        minor, _ = to_stripe(_amount(order))
        fields = {"amount_to_capture": str(minor), "metadata[tillfree_capture_key]": order.key}
        reply = self._post(f"{_path(order)}/capture", fields, order)
        if reply.is_good:
            return intent_answer(order.key, reply.body)
        if object_in(reply.body, "error").get("code") != "payment_intent_unexpected_state":
            return _wrong(order, reply)
        intent = self._intent(order)
        ours = object_in(intent, "metadata").get("tillfree_capture_key") == order.key
        if intent.get("status") == "succeeded" and ours and intent.get("amount_received") == minor:
            return intent_answer(order.key, intent)
        if intent.get("status") == "canceled":
            return _declined(order, "hold_expired", "the hold had ended")
        return _wrong(order, reply)

    def _void(self, order: Order) -> Answer:
        reply = self._post(f"{_path(order)}/cancel", {"cancellation_reason": "abandoned"}, order)
        if not reply.is_good and self._intent(order).get("status") != "canceled":
            return _wrong(order, reply)
        return Answer(key=order.key, outcome="approved", reference=order.reference)

    def _refund(self, order: Order) -> Answer:
        minor, _ = to_stripe(_amount(order))
        known = self._caller.call(
            "GET", "/v1/refunds", params={"payment_intent": order.reference, "limit": "100"}
        ).body.get("data", [])
        for refund in known if isinstance(known, list) else []:
            if object_in(refund, "metadata").get("tillfree_key") == order.key:
                return refund_answer(order.key, refund)
        fields = {
            "payment_intent": order.reference,
            "amount": str(minor),
            "reason": order.reason if order.reason in _REASONS else "requested_by_customer",
            "metadata[tillfree_key]": order.key,
            "metadata[tillfree_payment]": order.payment,
        }
        reply = self._post("/v1/refunds", fields, order)
        return refund_answer(order.key, reply.body) if reply.is_good else _wrong(order, reply)

    # ---- requests -----------------------------------------------------------------------------------------------

    def _intent(self, order: Order) -> dict[str, Any]:
        reply = self._caller.call("GET", _path(order), params={"expand[]": "latest_charge"})
        if not reply.is_good:
            raise ProcessorRefusal(f"order {order.key}: Stripe knows no hold {order.reference!r} ({reply.status})")
        return reply.body

    def _post(self, path: str, fields: Mapping[str, str], order: Order) -> Reply:
        headers = {"Idempotency-Key": order.key, "Content-Type": "application/x-www-form-urlencoded"}
        return self._caller.call("POST", path, content=urlencode(fields).encode(), headers=headers)


def intent_answer(key: str, intent: Mapping[str, Any]) -> Answer:
    """What a PaymentIntent says."""
    status = str(intent.get("status", ""))
    charge = object_in(intent, "latest_charge")
    reference = str(intent.get("id", ""))
    if status in _DECLINED_STATES:
        error = object_in(intent, "last_payment_error")
        code = _code(error) or ("authentication_required" if status == "requires_action" else status)
        return Answer(
            key=key, outcome="declined", reference=reference, code=code, message=str(error.get("message", ""))
        )
    minor = intent.get({"requires_capture": "amount_capturable", "succeeded": "amount_received"}.get(status, "amount"))
    return Answer(
        key=key,
        outcome="approved" if status in ("requires_capture", "succeeded") else "pending",
        reference=reference,
        amount=from_stripe(minor, intent.get("currency")),
        expires_ns=_expires_ns(charge) if status == "requires_capture" else 0,
    )


def refund_answer(key: str, refund: Mapping[str, Any]) -> Answer:
    """What a refund says; `requires_action` waits for the shopper."""
    status = str(refund.get("status", ""))
    outcomes = {"succeeded": "approved", "failed": "declined", "canceled": "declined"}
    return Answer(
        key=key,
        outcome="approved" if outcomes.get(status) == "approved" else ("declined" if status in outcomes else "pending"),
        reference=str(refund.get("payment_intent") or ""),
        amount=from_stripe(refund.get("amount"), refund.get("currency")),
        code=str(refund.get("failure_reason") or ""),
    )


def _wrong(order: Order, reply: Reply) -> Answer:
    """A decline of the issuer is an answer; anything else is an order that is wrong as it stands."""
    error = object_in(reply.body, "error")
    message = str(error.get("message", ""))
    if error.get("type") == "card_error":
        intent = object_in(error, "payment_intent")
        return Answer(
            key=order.key,
            outcome="declined",
            reference=str(intent.get("id", "") or order.reference),
            code=_code(error),
            message=message,
        )
    raise ProcessorRefusal(f"order {order.key}: Stripe refuses it ({reply.status} {_code(error)}): {message}")


def _declined(order: Order, code: str, message: str) -> Answer:
    return Answer(key=order.key, outcome="declined", reference=order.reference, code=code, message=message)


def _code(error: Mapping[str, Any]) -> str:
    return str(error.get("decline_code") or error.get("code") or "")


def _expires_ns(charge: Mapping[str, Any]) -> int:
    details = object_in(charge, "payment_method_details")
    for kind in ("card", "card_present"):
        before = object_in(details, kind).get("capture_before")
        if isinstance(before, int):
            return before * NS_PER_S
    return 0


def _amount(order: Order) -> Money:
    if order.amount is None:
        raise ProcessorRefusal(f"order {order.key}: {order.kind} needs an amount")
    return order.amount


def _path(order: Order) -> str:
    return f"/v1/payment_intents/{quote(order.reference, safe='')}"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
