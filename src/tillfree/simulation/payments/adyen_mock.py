"""A local mock of the part of Adyen's Checkout API that Tillfree calls, over a simulated processor. Not Adyen.

It is written from the public documentation and checks what is sent. Changes are answered "received" and told by
webhook, as Adyen does. Nothing here was compared with the real service.
"""

import hashlib
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tillfree.commerce.payments.processor import Answer, Order, OrderKind, ProcessorRefusal
from tillfree.connectors.processors.adyen_notices import adyen_signature
from tillfree.connectors.processors.secret_keys import Secret
from tillfree.core.ids import PaymentId
from tillfree.core.money import Money, MoneyError
from tillfree.simulation.payments.faults import SimulatedFault
from tillfree.simulation.payments.processor import Notice, SimulatedProcessor
from tillfree.simulation.payments.wire_faults import fault_response

__all__ = ["AdyenMock"]

_KINDS: dict[str, OrderKind] = {
    "amountUpdates": "adjust",
    "captures": "capture",
    "cancels": "void",
    "refunds": "refund",
}
_EVENTS: dict[str, str] = {
    "authorise": "AUTHORISATION",
    "charge": "AUTHORISATION",
    "adjust": "AUTHORISATION_ADJUSTMENT",
    "capture": "CAPTURE",
    "void": "CANCELLATION",
    "refund": "REFUND",
}
_PAYMENT = frozenset({
    "merchantAccount", "reference", "amount", "paymentMethod", "shopperReference", "shopperInteraction",
    "recurringProcessingModel", "metadata", "additionalData", "captureDelayHours",
})  # fmt: skip
_CHANGE: dict[str, frozenset[str]] = {
    "amountUpdates": frozenset({"merchantAccount", "reference", "amount", "industryUsage"}),
    "captures": frozenset({"merchantAccount", "reference", "amount"}),
    "cancels": frozenset({"merchantAccount", "reference"}),
    "refunds": frozenset({"merchantAccount", "reference", "amount", "merchantRefundReason"}),
}


class _ApiError(Exception):
    """An answer that says what was wrong with the request."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"status": status, "errorCode": code, "message": message, "errorType": "validation"}


class AdyenMock:
    """One merchant account of the mock; `key` is the API key that requests must carry."""

    def __init__(self, processor: SimulatedProcessor, key: str, merchant_account: str) -> None:
        self._processor = processor
        self._key = key
        self._account = merchant_account
        self._sent: dict[str, str] = {}
        self._orders: dict[str, Order] = {}
        self._lock = threading.RLock()
        self.requests: list[tuple[str, dict[str, Any]]] = []
        """Path and body of every request that was let in; never its headers."""

    def app(self) -> Starlette:
        """The application to serve."""
        return Starlette(
            routes=[
                Route("/v71/payments", self._endpoint(self._pay), methods=["POST"]),
                Route("/v71/payments/{psp}/{change}", self._endpoint(self._change), methods=["POST"]),
            ]
        )

    def _endpoint(
        self, act: Callable[[Request, dict[str, Any]], tuple[int, dict[str, Any]]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            body = await request.body()
            try:
                status, answer = await run_in_threadpool(self._answer, request, body, act)
            except _ApiError as error:
                return JSONResponse(error.body, error.status)
            except SimulatedFault as fault:
                return await fault_response(request, fault)
            return JSONResponse(answer, status)

        return endpoint

    def _answer(
        self,
        request: Request,
        body: bytes,
        act: Callable[[Request, dict[str, Any]], tuple[int, dict[str, Any]]],
    ) -> tuple[int, dict[str, Any]]:
        with self._lock:
            if request.headers.get("x-api-key") != self._key:
                raise _ApiError(401, "000", "HTTP Status Response - Unauthorized")
            if request.headers.get("content-type") != "application/json":
                raise _ApiError(415, "000", "Bodies are JSON")
            fields = msgspec.json.decode(body)
            key = request.headers.get("idempotency-key", "")
            if not 0 < len(key) <= 64:
                raise _ApiError(422, "702", "The mock wants an Idempotency-Key of 1 to 64 characters")
            digest = hashlib.sha256(request.url.path.encode() + body).hexdigest()
            if self._sent.setdefault(key, digest) != digest:
                raise _ApiError(422, "702", "The key was used for another request")
            if fields.get("merchantAccount") != self._account:
                raise _ApiError(403, "901", "Invalid Merchant Account")
            if not 0 < len(fields.get("reference", "")) <= 80:
                raise _ApiError(422, "130", "Reference Missing")
            self.requests.append((request.url.path, fields))
            return act(request, fields)

    def _pay(self, _request: Request, fields: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        _only(fields, _PAYMENT)
        method = fields.get("paymentMethod", {})
        if method.get("type") != "scheme" or not method.get("storedPaymentMethodId"):
            raise _ApiError(422, "14_006", "Required field 'paymentMethod.storedPaymentMethodId' is not provided")
        if fields.get("shopperInteraction") != "ContAuth" or not fields.get("shopperReference"):
            raise _ApiError(422, "800", "Contract not found")
        extra = fields.get("additionalData", {})
        is_hold = extra.get("authorisationType") == "PreAuth" and extra.get("manualCapture") == "true"
        kind: OrderKind = "authorise" if is_hold else "charge"
        answer = self._ask(
            Order(
                key=fields["reference"],
                kind=kind,
                payment=PaymentId(fields.get("metadata", {}).get("tillfree_payment", "")),
                amount=_money(fields),
                token=method["storedPaymentMethodId"],
            )
        )
        if answer.outcome == "pending":
            return 200, {"pspReference": answer.reference, "resultCode": "Received"}
        if answer.outcome == "declined":
            return 200, {
                "pspReference": "",
                "resultCode": "Refused",
                "refusalReason": answer.message,
                "refusalReasonCode": answer.code,
            }
        assert answer.amount is not None
        full = answer.amount == _money(fields)
        return 200, {
            "pspReference": answer.reference,
            "resultCode": "Authorised" if full else "PartiallyAuthorised",
            "amount": {"value": answer.amount.minor, "currency": answer.amount.currency},
        }

    def _change(self, request: Request, fields: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        name, psp = request.path_params["change"], request.path_params["psp"]
        if name not in _KINDS:
            raise _ApiError(404, "000", "Not found")
        _only(fields, _CHANGE[name])
        hold = self._processor.books.holds.get(psp)
        if hold is None:
            raise _ApiError(422, "167", "Original pspReference required for this operation")
        key = fields["reference"]
        amount = None if name == "cancels" else _money(fields)
        order = Order(key=key, kind=_KINDS[name], payment=hold.payment, amount=amount, reference=psp)
        self._ask(order)
        own = hashlib.sha256(key.encode()).hexdigest()[:16].upper()
        return 201, {"paymentPspReference": psp, "pspReference": own, "reference": key, "status": "received"}

    def _ask(self, order: Order) -> Answer:
        self._orders[order.key] = order
        try:
            return self._processor.ask(order)
        except ProcessorRefusal as error:
            raise _ApiError(422, "131", str(error)) from error

    def webhook(self, notice: Notice, secret: Secret) -> bytes | None:
        """The signed body of the webhook for a notice of the processor; None where it is of nothing that was asked."""
        answer = notice.answer
        order = self._orders.get(answer.key)
        if order is None:
            return None
        kind = order.kind
        event = "CAPTURE_FAILED" if answer.code == "capture_failed" else _EVENTS[kind]
        is_start = kind in ("authorise", "charge")
        hold = self._processor.books.holds.get(order.reference)
        amount = answer.amount or order.amount or Money(0, "EUR" if hold is None else hold.currency)
        own = hashlib.sha256(answer.key.encode()).hexdigest()[:16].upper()
        item: dict[str, Any] = {
            "pspReference": answer.reference if is_start else own,
            "originalReference": None if is_start else answer.reference,
            "merchantAccountCode": self._account,
            "merchantReference": answer.key,
            "amount": {"value": amount.minor, "currency": amount.currency},
            "eventCode": event,
            "success": "true" if answer.outcome == "approved" or event == "CAPTURE_FAILED" else "false",
            "reason": answer.message,
        }
        item["additionalData"] = {"hmacSignature": adyen_signature(item, secret)}
        return msgspec.json.encode({"live": "false", "notificationItems": [{"NotificationRequestItem": item}]})


def _only(fields: Mapping[str, Any], known: frozenset[str]) -> None:
    for name in fields:
        if name not in known:
            raise _ApiError(400, "702", f"Unrecognized field: {name}")


def _money(fields: Mapping[str, Any]) -> Money:
    amount = fields.get("amount", {})
    try:
        return Money(int(amount["value"]), str(amount["currency"]))
    except (KeyError, TypeError, ValueError, MoneyError) as error:
        raise _ApiError(422, "137", "Invalid amount specified") from error
