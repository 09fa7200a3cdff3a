"""Adyen: pre-authorised payments with changes that are answered later by webhook, behind the protocol of the till.

Facts: docs.adyen.com/api-explorer/Checkout, docs.adyen.com/online-payments/adjust-authorisation, docs.adyen.com/
development-resources/api-idempotency. Adyen names what comes by webhook after the `reference` of the request, so every
request carries the key of its order there. It cannot be asked what became of an order: the same order is sent again
with the same key (which is known there for seven days at least), or its webhook comes.
"""

import hashlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from tillfree.commerce.payments.processor import Answer, Order, ProcessorRefusal, ProcessorUnavailable
from tillfree.connectors.processors.calls import Caller, Reply, object_in
from tillfree.connectors.processors.secret_keys import Secret
from tillfree.core.money import Money, MoneyError

__all__ = ["ADYEN_ADDRESS", "AdyenProcessor", "adyen_caller", "adyen_token", "from_adyen", "to_adyen"]

ADYEN_ADDRESS = "https://checkout-test.adyen.com/v71"
"""Adyen's address for tests; a live account has one of its own."""
_KEY_MAX = 64
_REFERENCE_MAX = 80
_WAITING = frozenset({"Received", "Pending"})
_IN_PROGRESS = "704"
_PATHS = {"adjust": "amountUpdates", "capture": "captures", "void": "cancels", "refund": "refunds"}


def adyen_token(shopper: str, stored_method: str) -> str:
    """One token for both: Adyen charges a stored card by the shopper's reference and the stored method."""
    return f"{shopper}/{stored_method}"


def adyen_caller(key: Secret, *, address: str = ADYEN_ADDRESS, timeout_s: float = 8.0) -> Caller:
    """A connection to Adyen's Checkout API."""
    return Caller("Adyen", address or ADYEN_ADDRESS, {"X-API-Key": key.reveal()}, timeout_s)


class AdyenProcessor:
    """Behind the protocol `Processor`. Tokens are those of `adyen_token`, references are PSP references."""

    def __init__(self, caller: Caller, merchant_account: str) -> None:
        self._caller = caller
        self._merchant_account = merchant_account

    def ask(self, order: Order) -> Answer:
        """Carries out an order. Raises as `Processor.ask`."""
        if len(order.key) > _REFERENCE_MAX:
            raise ProcessorRefusal(f"order {order.key}: Adyen takes keys of {_REFERENCE_MAX} characters at most")
        if order.kind in ("authorise", "charge"):
            return self._start(order)
        return self._change(order)

    def look_up(self, key: str) -> Answer | None:  # noqa: ARG002  Adyen has no such question
        """Always None, so that the same order is sent again: Adyen knows its key for a week at least."""
        return None

    def _start(self, order: Order) -> Answer:
        shopper, _, stored = order.token.partition("/")
        if not shopper or not stored:
            raise ProcessorRefusal(f"order {order.key}: its token is none of Adyen's (shopper/stored method)")
        fields: dict[str, Any] = {
            "amount": to_adyen(_amount(order)),
            "paymentMethod": {"type": "scheme", "storedPaymentMethodId": stored},
            "shopperReference": shopper,
            "shopperInteraction": "ContAuth",
            "recurringProcessingModel": "UnscheduledCardOnFile",
            "metadata": {"tillfree_payment": str(order.payment)},
        }
        if order.kind == "authorise":
            fields["additionalData"] = {"authorisationType": "PreAuth", "manualCapture": "true"}
        else:
            fields["captureDelayHours"] = 0
        reply = self._post("/payments", fields, order)
        result = str(reply.body.get("resultCode", ""))
        if result in _WAITING:
            return Answer(key=order.key, outcome="pending", reference=_psp(reply), amount=order.amount)
        if result in ("Authorised", "PartiallyAuthorised"):
            approved = from_adyen(object_in(reply.body, "amount")) or order.amount
            return Answer(key=order.key, outcome="approved", reference=_psp(reply), amount=approved)
        return Answer(
            key=order.key,
            outcome="declined",
            reference=_psp(reply),
            code=str(reply.body.get("refusalReasonCode") or result),
            message=str(reply.body.get("refusalReason", "")),
        )

    def _change(self, order: Order) -> Answer:
        fields: dict[str, Any] = {}
        if order.kind != "void":
            fields["amount"] = to_adyen(_amount(order))
        if order.kind == "refund":
            fields["merchantRefundReason"] = "DUPLICATE" if order.reason == "duplicate" else "CUSTOMER REQUEST"
        if order.kind == "adjust":
            fields["industryUsage"] = "delayedCharge"
        reply = self._post(f"/payments/{quote(order.reference, safe='')}/{_PATHS[order.kind]}", fields, order)
        if reply.body.get("status") != "received":
            raise ProcessorUnavailable(f"order {order.key}: Adyen did not say that it received it; asked again")
        return Answer(key=order.key, outcome="pending", reference=order.reference, amount=order.amount)

    def _post(self, path: str, fields: Mapping[str, Any], order: Order) -> Reply:
        body = {"merchantAccount": self._merchant_account, "reference": order.key, **fields}
        headers = {"Content-Type": "application/json", "Idempotency-Key": _header_key(order.key)}
        reply = self._caller.call("POST", path, content=msgspec.json.encode(body), headers=headers)
        if reply.is_good:
            return reply
        code, message = str(reply.body.get("errorCode", "")), str(reply.body.get("message", ""))
        if code == _IN_PROGRESS:
            raise ProcessorUnavailable(f"order {order.key}: Adyen is at it just now; asked again")
        raise ProcessorRefusal(f"order {order.key}: Adyen refuses it ({reply.status} {code}): {message}")


def to_adyen(amount: Money) -> dict[str, Any]:
    """The object to send: Adyen's smallest units are those of ISO 4217 for every currency that Tillfree knows."""
    return {"value": amount.minor, "currency": amount.currency}


def from_adyen(amount: Mapping[str, Any]) -> Money | None:
    """The amount in an answer; None where there is none that we know."""
    value, currency = amount.get("value"), amount.get("currency")
    if not isinstance(value, int) or isinstance(value, bool) or not isinstance(currency, str):
        return None
    try:
        return Money(value, currency)
    except MoneyError:
        return None


def _header_key(key: str) -> str:
    return key if len(key) <= _KEY_MAX else hashlib.sha256(key.encode()).hexdigest()


def _psp(reply: Reply) -> str:
    return str(reply.body.get("pspReference", ""))


def _amount(order: Order) -> Money:
    if order.amount is None:
        raise ProcessorRefusal(f"order {order.key}: {order.kind} needs an amount")
    return order.amount
