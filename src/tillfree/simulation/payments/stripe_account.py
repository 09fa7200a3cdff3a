"""Intents and refunds of one account of the mock of Stripe's API, over a simulated processor. Not Stripe."""

import hashlib
import threading
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from starlette.requests import Request

from tillfree.commerce.payments.processor import Answer, Order, OrderKind, ProcessorRefusal
from tillfree.core.ids import PaymentId
from tillfree.core.money import CURRENCY_EXPONENTS, Money
from tillfree.core.time import NS_PER_S
from tillfree.simulation.payments.cards import SimulatedCard
from tillfree.simulation.payments.holds import Hold
from tillfree.simulation.payments.processor import SimulatedProcessor

__all__ = ["ApiError", "Intent", "StripeAccount", "only_known"]

_CREATE = frozenset({
    "amount", "currency", "payment_method", "payment_method_types[]", "confirm", "off_session", "capture_method",
    "customer", "expand[]", "setup_future_usage", "metadata[tillfree_key]", "metadata[tillfree_payment]",
    "payment_method_options[card][request_incremental_authorization]",
    "payment_method_options[card][request_extended_authorization]",
    "payment_method_options[card_present][request_incremental_authorization_support]",
    "payment_method_options[card_present][request_extended_authorization]",
})  # fmt: skip
_ADJUST = frozenset({"amount", "metadata[tillfree_adjust_key]", "expand[]"})
_CAPTURE = frozenset({"amount_to_capture", "metadata[tillfree_capture_key]"})
_CANCEL = frozenset({"cancellation_reason"})
_REFUND = frozenset({"payment_intent", "amount", "reason", "metadata[tillfree_key]", "metadata[tillfree_payment]"})
_SEARCH = "metadata['tillfree_key']:'"


class ApiError(Exception):
    """An answer that says what was wrong with the request."""

    def __init__(self, status: int, code: str, message: str, kind: str = "invalid_request_error", **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": kind, "code": code, "message": message, **more}}


class Intent(msgspec.Struct, kw_only=True):
    """What the mock keeps of an intent beside the hold: keys of its first and its last order."""

    id: str
    amount: Money
    manual: bool
    metadata: dict[str, str]
    started: str = ""
    last: str = ""
    error: dict[str, str] | None = None
    cancelled: str = ""
    card: SimulatedCard | None = None
    emv: dict[str, str] = {}


class StripeAccount:
    """What the API does with intents and refunds."""

    def __init__(self, processor: SimulatedProcessor, now_ns: Callable[[], int]) -> None:
        self._processor = processor
        self._now_ns = now_ns
        self._intents: dict[str, Intent] = {}
        self._by_order: dict[str, str] = {}
        self._refunds: list[tuple[str, str, dict[str, str]]] = []
        self._customers = 0
        self._lock = threading.RLock()

    def _customer(self, _request: Request, fields: dict[str, str]) -> dict[str, Any]:
        only_known(fields, frozenset())
        self._customers += 1
        return {"id": f"cus_{self._customers}", "object": "customer"}

    def _create(self, request: Request, fields: dict[str, str]) -> dict[str, Any]:
        only_known(fields, _CREATE)
        amount = _money(fields["amount"], fields["currency"])
        key = request.headers["idempotency-key"]
        known = self._by_order.get(key)
        if known is None:
            known = self._by_order[key] = "pi_" + hashlib.sha256(key.encode()).hexdigest()[:24]
            self._intents[known] = Intent(
                id=known, amount=amount, manual=fields.get("capture_method") == "manual", metadata=_metadata(fields)
            )
        intent = self._intents[known]
        if fields.get("confirm") != "true":
            return self._shown(intent)
        if fields.get("off_session") != "true" or not fields.get("payment_method"):
            raise ApiError(400, "parameter_missing", "A confirmed intent needs off_session and a payment_method")
        kind: OrderKind = "authorise" if intent.manual else "charge"
        self._authorise(intent, kind, key, fields["payment_method"])
        return self._shown(intent)

    def _authorise(self, intent: Intent, kind: OrderKind, key: str, token: str) -> None:
        payment = PaymentId(intent.metadata.get("tillfree_payment", intent.id))
        # Noted before it is asked: of what was done without an answer the intent must know, too.
        intent.started = intent.last = key
        answer = self._ask(Order(key=key, kind=kind, payment=payment, amount=intent.amount, token=token))
        if answer.outcome == "declined":
            intent.error = {"type": "card_error", "code": "card_declined", "decline_code": answer.code}
            shown = self._shown(intent)
            raise ApiError(
                402, "card_declined", answer.message, "card_error", decline_code=answer.code, payment_intent=shown
            )
        intent.error = None

    def _hold(self, intent: Intent) -> Hold | None:
        started = self._processor.peek(intent.started) if intent.started else None
        if started is None or started.outcome != "approved":
            return None
        return self._processor.books.holds.get(started.reference)

    def _ask(self, order: Order) -> Answer:
        try:
            return self._processor.ask(order)
        except ProcessorRefusal as error:
            raise ApiError(400, "payment_intent_unexpected_state", str(error)) from error

    def _intent(self, name: str) -> Intent:
        intent = self._intents.get(name)
        if intent is None:
            raise ApiError(404, "resource_missing", f"No such payment_intent: '{name}'")
        return intent

    def _get(self, request: Request, fields: dict[str, str]) -> dict[str, Any]:
        only_known(fields, frozenset({"expand[]"}))
        return self._shown(self._intent(request.path_params["id"]))

    def _search(self, _request: Request, fields: dict[str, str]) -> dict[str, Any]:
        only_known(fields, frozenset({"query", "limit", "expand[]"}))
        query = fields.get("query", "")
        if not (query.startswith(_SEARCH) and query.endswith("'")):
            raise ApiError(400, "", "The mock searches for metadata['tillfree_key'] only")
        key = query[len(_SEARCH) : -1].replace("\\'", "'").replace("\\\\", "\\")
        self._processor.look_up(key)  # a question may stay without an answer, too
        found = [intent for intent in self._intents.values() if intent.metadata.get("tillfree_key") == key]
        return {"object": "search_result", "data": [self._shown(intent) for intent in found]}

    def _increment(self, request: Request, fields: dict[str, str]) -> dict[str, Any]:
        only_known(fields, _ADJUST)
        intent = self._intent(request.path_params["id"])
        hold = self._hold(intent)
        if hold is None or hold.state != "open":
            raise ApiError(400, "payment_intent_unexpected_state", "Only an open hold can be incremented")
        amount = Money(int(fields["amount"]), intent.amount.currency)
        key = request.headers["idempotency-key"]
        if amount.minor <= hold.held_minor and self._processor.peek(key) is None:
            raise ApiError(400, "amount_too_small", "The amount must be greater than what is authorised")
        intent.metadata.update(_metadata(fields))
        answer = self._modify(intent, "adjust", key, amount)
        if answer.outcome == "declined":
            if answer.code == "adjustment_not_supported":
                raise ApiError(400, "incremental_authorization_not_supported", answer.message)
            raise ApiError(402, "card_declined", answer.message, "card_error", decline_code=answer.code)
        return self._shown(intent)

    def _capture(self, request: Request, fields: dict[str, str]) -> dict[str, Any]:
        only_known(fields, _CAPTURE)
        intent = self._intent(request.path_params["id"])
        amount = Money(int(fields["amount_to_capture"]), intent.amount.currency)
        intent.metadata.update(_metadata(fields))
        answer = self._modify(intent, "capture", request.headers["idempotency-key"], amount)
        if answer.outcome == "declined":
            raise ApiError(400, "payment_intent_unexpected_state", answer.message)
        return self._shown(intent)

    def _cancel(self, request: Request, fields: dict[str, str]) -> dict[str, Any]:
        only_known(fields, _CANCEL)
        intent = self._intent(request.path_params["id"])
        if self._hold(intent) is None:
            intent.cancelled = "abandoned"
            return self._shown(intent)
        self._modify(intent, "void", request.headers["idempotency-key"], None)
        intent.cancelled = "abandoned"
        return self._shown(intent)

    def _modify(self, intent: Intent, kind: OrderKind, key: str, amount: Money | None) -> Answer:
        hold = self._hold(intent)
        if hold is None:
            raise ApiError(400, "payment_intent_unexpected_state", "There is no hold yet")
        order = Order(key=key, kind=kind, payment=hold.payment, amount=amount, reference=hold.reference)
        intent.last = key
        return self._ask(order)

    def _refund(self, request: Request, fields: dict[str, str]) -> dict[str, Any]:
        only_known(fields, _REFUND)
        intent = self._intent(fields["payment_intent"])
        key = request.headers["idempotency-key"]
        amount = Money(int(fields["amount"]), intent.amount.currency)
        if not any(known == key for known, _, _ in self._refunds):
            self._refunds.append((key, intent.id, _metadata(fields)))
        answer = self._modify(intent, "refund", key, amount)
        return self._shown_refund(key, intent, answer, amount)

    def _shown_refund(self, key: str, intent: Intent, answer: Answer, amount: Money) -> dict[str, Any]:
        status = {"approved": "succeeded", "declined": "failed", "pending": "pending"}[answer.outcome]
        metadata = next((metadata for known, _, metadata in self._refunds if known == key), {})
        return {
            "id": "re_" + hashlib.sha256(key.encode()).hexdigest()[:24],
            "object": "refund",
            "payment_intent": intent.id,
            "amount": amount.minor,
            "currency": amount.currency.lower(),
            "status": status,
            "failure_reason": answer.code or None,
            "metadata": metadata,
        }

    def _list_refunds(self, _request: Request, fields: dict[str, str]) -> dict[str, Any]:
        only_known(fields, frozenset({"payment_intent", "limit"}))
        shown = []
        for key, name, _ in self._refunds:
            answer = self._processor.peek(key)
            if name == fields.get("payment_intent") and answer is not None:
                intent = self._intent(name)
                shown.append(self._shown_refund(key, intent, answer, answer.amount or intent.amount))
        return {"object": "list", "data": shown}

    def _shown(self, intent: Intent) -> dict[str, Any]:
        self._processor.advance(self._now_ns())
        hold = self._hold(intent)
        pending = self._processor.peek(intent.last) if intent.last else None
        states = {"open": "requires_capture", "captured": "succeeded", "void": "canceled", "expired": "canceled"}
        status = "requires_payment_method" if hold is None else states[hold.state]
        if pending is not None and pending.outcome == "pending":
            status = "processing"
        elif pending is not None and pending.outcome == "declined" and hold is None:
            intent.error = {"type": "card_error", "code": "card_declined", "decline_code": pending.code}
        if hold is None and intent.cancelled:
            status = "canceled"
        is_open = hold is not None and hold.state == "open"
        return {
            "id": intent.id,
            "object": "payment_intent",
            "amount": intent.amount.minor if hold is None else hold.held_minor,
            "amount_capturable": hold.held_minor if is_open and hold is not None else 0,
            "amount_received": 0 if hold is None else hold.captured_minor,
            "currency": intent.amount.currency.lower(),
            "status": status,
            "capture_method": "manual" if intent.manual else "automatic",
            "cancellation_reason": (intent.cancelled or "automatic") if status == "canceled" else None,
            "metadata": dict(intent.metadata),
            "last_payment_error": intent.error,
            "latest_charge": None if hold is None else self._charge(intent, hold.expires_ns),
        }

    def _charge(self, intent: Intent, expires_ns: int) -> dict[str, Any]:
        details: dict[str, Any] = {"capture_before": expires_ns // NS_PER_S}
        if intent.card is None:
            return {"object": "charge", "payment_method_details": {"type": "card", "card": details}}
        card = intent.card
        details |= {
            "brand": "mastercard" if card.brand == "mc" else card.brand,
            "last4": card.last4,
            "exp_month": int(card.expires[5:]),
            "exp_year": int(card.expires[:4]),
            "funding": card.funding,
            "fingerprint": card.fingerprint,
            "generated_card": card.token,
            "wallet": {"type": "apple_pay"} if card.wallet else None,
            "incremental_authorization_supported": True,
            "receipt": {
                "application_cryptogram": intent.emv.get("9F26", ""),
                "dedicated_file_name": intent.emv.get("84", ""),
                "terminal_verification_results": intent.emv.get("95", ""),
            },
        }
        return {"object": "charge", "payment_method_details": {"type": "card_present", "card_present": details}}


def only_known(fields: Mapping[str, str], known: frozenset[str]) -> None:
    """Refuses a parameter that the documentation does not have."""
    for name in fields:
        if name not in known:
            raise ApiError(400, "parameter_unknown", f"Received unknown parameter: {name}")


def _money(text: str, currency: str) -> Money:
    if currency != currency.lower() or currency.upper() not in CURRENCY_EXPONENTS:
        raise ApiError(400, "invalid_currency", f"Invalid currency: {currency}")
    if not text.isdigit() or int(text) < 1:
        raise ApiError(400, "parameter_invalid_integer", f"Invalid positive integer: {text}")
    if CURRENCY_EXPONENTS[currency.upper()] == 3 and int(text) % 10:
        raise ApiError(400, "invalid_amount", "Three-decimal amounts must be multiples of ten")
    return Money(int(text), currency.upper())


def _metadata(fields: Mapping[str, str]) -> dict[str, str]:
    return {name[9:-1]: value for name, value in fields.items() if name.startswith("metadata[")}
