"""A local mock of the part of Stripe's API that Tillfree calls, over a simulated processor. Not Stripe.

It is written from the public documentation and checks what is sent: authorisation, form encoding, idempotency keys,
unknown parameters, currencies. Nothing here was compared with the real service.
"""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tillfree.simulation.payments.faults import SimulatedFault
from tillfree.simulation.payments.processor import Notice, SimulatedProcessor
from tillfree.simulation.payments.stripe_account import ApiError
from tillfree.simulation.payments.stripe_readers import StripeReaders
from tillfree.simulation.payments.wire_faults import fault_response

__all__ = ["StripeMock"]


class StripeMock(StripeReaders):
    """One account of the mock. `key` is the secret key that requests must carry."""

    def __init__(self, processor: SimulatedProcessor, key: str, now_ns: Callable[[], int]) -> None:
        super().__init__(processor, now_ns)
        self._key = key
        self._sent: dict[str, tuple[str, str]] = {}
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        """Method, path and fields of every request that was let in; never its headers."""

    def app(self) -> Starlette:
        """The application to serve."""
        table: list[tuple[str, str, Callable[[Request, dict[str, str]], dict[str, Any]]]] = [
            ("POST", "/v1/customers", self._customer),
            ("POST", "/v1/payment_intents", self._create),
            ("GET", "/v1/payment_intents/search", self._search),
            ("GET", "/v1/payment_intents/{id}", self._get),
            ("POST", "/v1/payment_intents/{id}/increment_authorization", self._increment),
            ("POST", "/v1/payment_intents/{id}/capture", self._capture),
            ("POST", "/v1/payment_intents/{id}/cancel", self._cancel),
            ("POST", "/v1/refunds", self._refund),
            ("GET", "/v1/refunds", self._list_refunds),
            ("GET", "/v1/terminal/readers/{id}", self._reader),
            ("POST", "/v1/terminal/readers/{id}/process_payment_intent", self._process),
            ("POST", "/v1/terminal/readers/{id}/cancel_action", self._cancel_action),
        ]
        return Starlette(
            routes=[Route(path, self._endpoint(act), methods=[method]) for method, path, act in table],
        )

    def _endpoint(
        self, act: Callable[[Request, dict[str, str]], dict[str, Any]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            body = await request.body()
            try:
                return JSONResponse(await run_in_threadpool(self._answer, request, body, act))
            except ApiError as error:
                return JSONResponse(error.body, error.status)
            except SimulatedFault as fault:
                return await fault_response(request, fault)

        return endpoint

    def _answer(
        self, request: Request, body: bytes, act: Callable[[Request, dict[str, str]], dict[str, Any]]
    ) -> dict[str, Any]:
        with self._lock:
            if request.headers.get("authorization") != f"Bearer {self._key}":
                raise ApiError(401, "", "Invalid API Key provided")
            fields = dict(request.query_params) if request.method == "GET" else self._form(request, body)
            self.requests.append((request.method, request.url.path, fields))
            return act(request, fields)

    def _form(self, request: Request, body: bytes) -> dict[str, str]:
        if request.headers.get("content-type") != "application/x-www-form-urlencoded":
            raise ApiError(400, "", "Request bodies are form encoded")
        pairs = parse_qsl(body.decode(), keep_blank_values=True)
        fields = dict(pairs)
        if len(fields) != len(pairs):
            raise ApiError(400, "", "A parameter was sent twice")
        key = request.headers.get("idempotency-key", "")
        if not 0 < len(key) <= 255:
            raise ApiError(400, "", "The mock wants an Idempotency-Key of 1 to 255 characters")
        digest = hashlib.sha256(body).hexdigest()
        if self._sent.setdefault(key, (request.url.path, digest)) != (request.url.path, digest):
            raise ApiError(400, "", "Keys can only be used with the same parameters", "idempotency_error")
        return fields

    def event(self, notice: Notice) -> bytes | None:
        """The body of the webhook for a notice of the processor; None where Stripe has no such event."""
        with self._lock:
            key, good = notice.answer.key, notice.answer.outcome == "approved"
            refund = next((name for known, name, _ in self._refunds if known == key), None)
            if refund is not None:
                intent = self._intents[refund]
                kind = "refund.updated" if good else "refund.failed"
                thing = self._shown_refund(key, intent, notice.answer, notice.answer.amount or intent.amount)
            else:
                found = [intent for intent in self._intents.values() if key in intent.metadata.values()]
                if not found:
                    return None
                thing = self._shown(found[0])
                kinds = {"requires_capture": "amount_capturable_updated", "succeeded": "succeeded"}
                kind = "payment_intent." + kinds.get(thing["status"], "payment_failed")
                if thing["status"] == "canceled":
                    kind = "payment_intent.canceled"
            body = {"id": notice.id, "object": "event", "type": kind, "data": {"object": thing}}
            return msgspec.json.encode(body)
