"""What stands before each call of the retailer: its key, its rate, its form, and answers that are given again."""

import hashlib
import logging
import os
import secrets
import threading
from collections.abc import Callable
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from tillfree.commerce.payments.processor import ProcessorUnavailable
from tillfree.commerce.trips import Trip
from tillfree.connectors.errors import SignatureError
from tillfree.connectors.retailer.priced_cart import CartError
from tillfree.connectors.retailer.signing import Key, Verifier, keys_of
from tillfree.connectors.retailer.signing import Request as SignedRequest
from tillfree.connectors.retailer.wire import decode, encode
from tillfree.core.errors import TillfreeError
from tillfree.core.ids import TripId
from tillfree.core.money import Money, MoneyError
from tillfree.storage.database.errors import DatabaseError
from tillfree.storage.database.integration.answers import GivenAnswer
from tillfree.store.till.till import Till
from tillfree.web.console import Console
from tillfree.web.errors import WebError
from tillfree.web.rate_limits import RateLimits

__all__ = ["Call", "CallError", "Operation", "Reply", "RetailerCounter", "money_of", "refusal"]

_JSON = "application/json"
_ONCE = ("authorization", "host", "x-amz-date", "x-amz-content-sha256")
"""Headers of which the one that is verified must be the only one."""
_log = logging.getLogger(__name__)


class CallError(WebError):
    """A call cannot be carried out: the status and the word for it that the API has, and a sentence."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{code}: {message}" if code else message)
        self.status, self.code, self.headers = status, code, headers or {}


class Reply(msgspec.Struct, frozen=True):
    """An answer: its status, and its message (None: an empty body)."""

    status: int
    message: msgspec.Struct | None = None


class Call(msgspec.Struct, frozen=True):
    """One call as a handler sees it: whose key it has, what it says, and under which name this server was called."""

    counter: "RetailerCounter"
    key: Key
    message: Any
    base: str

    def trip(self) -> Trip:
        """The trip that the message names, of this store.

        Raises:
            CallError: another store, or no such trip.
        """
        return self.counter.trip(self.message.store_id, self.message.shopping_trip_id)


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One address: what its message is, who answers it, and which of its fields makes a repetition harmless."""

    path: str
    kind: Any
    handler: Callable[[Call], Reply]
    idempotent_by: Callable[[Any], str] | None = None


class RetailerCounter:
    """Where the retailer's calls come in; one for a console. What it keeps in memory are rates, and nothing else."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.database = console.database
        self.settings = console.store.settings.retailer
        self.currency = console.store.settings.currency
        self._limits = RateLimits(console.now_s, window_s=1)
        self._keys: tuple[Key, ...] = ()
        self._keys_text: str | None = None
        self._lock = threading.Lock()

    # ---- what handlers ask ------------------------------------------------------------------------------------

    @property
    def till(self) -> Till:
        """The till.

        Raises:
            CallError: this store has none.
        """
        if self.console.till is None:
            raise CallError(503, "ServiceUnavailableException", "this store takes no payments; set payments up")
        return self.console.till

    def trip(self, store: str, reference: str) -> Trip:
        """A trip of this store. Raises CallError: another store, or no such trip."""
        self.need_store(store)
        trip = self.database.trip(TripId(reference))
        if trip is None:
            known = self.database.trip_on_the_wire(reference)
            trip = None if known is None else self.database.trip(known)
        if trip is None:
            raise CallError(400, "UnknownShoppingTrip", "there is no such trip in this store")
        return trip

    def need_store(self, store: str) -> None:
        """Raises CallError: it is another store."""
        if store != self.settings.store_id:
            raise CallError(400, "BadRequestException", "storeId is not a store of this account")

    def callers(self) -> tuple[Key, ...]:
        """The keys of callers, as the environment has them now: a new key needs no new start."""
        text = os.environ.get(self.settings.server_keys_env, "")
        with self._lock:
            if text != self._keys_text:
                try:
                    self._keys = keys_of(text)
                except SignatureError as error:
                    _log.error("%s: %s; every call is refused", self.settings.server_keys_env, error)
                    self._keys = ()
                self._keys_text = text
            return self._keys

    # ---- one call ---------------------------------------------------------------------------------------------

    async def answer(self, request: Request, operation: Operation) -> Response:
        """The whole way of a call, from its bytes to those of its answer."""
        try:
            self._need_known_key(request)  # who has none need not send us megabytes
        except CallError as error:
            return refusal(error.status, str(error), error.code)
        try:
            body = await request.body()
        except ClientDisconnect:
            return refusal(408, "the request did not come to its end")
        return await run_in_threadpool(self._answer, request, operation, body)

    def _answer(self, request: Request, operation: Operation, body: bytes) -> Response:
        try:
            key = self._caller(request, body)
            allowance = self._limits.take(key.id, self.settings.requests_per_s)
            if not allowance.granted:
                raise CallError(429, "", "Too Many Requests", {"Retry-After": str(allowance.retry_after_s)})
            message = _read(body, operation.kind)
            base = f"{request.url.scheme}://{request.headers.get('host', '')}"
            return self._once(operation, Call(self, key, message, base))
        except CallError as error:
            return refusal(error.status, str(error), error.code, error.headers)
        except CartError as error:
            return refusal(400, f"{error.code}: {error}", error.code)
        except ProcessorUnavailable:
            message = "the payment processor does not answer; call again"
            return refusal(503, message, "ServiceUnavailableException", {"Retry-After": "5"})
        except DatabaseError as error:
            _log.error("%s: %s", operation.path, error)
            return refusal(500, "something is wrong on our side; call again", "InternalServerException")
        except TillfreeError as error:
            return refusal(400, f"BadRequestException: {error}", "BadRequestException")

    def _need_known_key(self, request: Request) -> None:
        """A look at the headers alone, before the body is read. It proves nothing yet.

        Raises:
            CallError: they name no key of ours, or say something twice that decides whose the call is.
        """
        names = [name for name, _ in request.headers.items()]
        if any(names.count(name) > 1 for name in _ONCE):
            raise CallError(403, "AccessDeniedException", f"each of {', '.join(_ONCE)} is said once")
        authorization = request.headers.get("authorization", "")
        if not any(key.id in authorization for key in self.callers()):
            raise CallError(403, "AccessDeniedException", "the call carries no key of this store; sign it")

    def _caller(self, request: Request, body: bytes) -> Key:
        """Whose key the call carries.

        Raises:
            CallError: none, or none that is known.
        """
        keys = self.callers()
        authorization = request.headers.get("authorization", "")
        if authorization.startswith("Bearer ") and self.settings.server_auth in ("bearer", "either"):
            said = authorization.removeprefix("Bearer ").strip().encode()
            for key in keys:
                if secrets.compare_digest(said, f"{key.id}:{key.secret}".encode()):
                    return key
            raise CallError(403, "AccessDeniedException", "this key is not one of this store")
        if self.settings.server_auth == "bearer":
            raise CallError(403, "AccessDeniedException", "send the header Authorization: Bearer KEY")
        raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
        signed = SignedRequest(
            method=request.method,
            path=raw.partition(b"?")[0].decode("ascii", "replace"),
            query=request.url.query,
            headers=dict(request.headers),
            body=body,
        )
        verifier = Verifier(keys, region=self.settings.region, skew_s=self.settings.clock_skew_s)
        try:
            return verifier.verify(signed, self.console.now_ns())
        except SignatureError as error:
            raise CallError(403, "AccessDeniedException", str(error)) from error

    def _once(self, operation: Operation, call: Call) -> Response:
        """The answer; where the call has a key of its own, the one that was given before."""
        if operation.idempotent_by is None:
            return _response(operation.handler(call))
        owner, key = f"retailer {operation.path}", operation.idempotent_by(call.message)
        digest = hashlib.sha256(encode(call.message)).digest()
        known = self.database.begin_answer(owner, key, digest, self.console.now_ns())
        if known == "other":
            raise CallError(409, "ConflictException", "this id was used for another call already; use a new one")
        if known == "in flight":
            raise CallError(
                409, "ConflictException", "the same call is at work; wait for its answer", {"Retry-After": "1"}
            )
        if isinstance(known, GivenAnswer):
            return Response(known.body, known.status, known.headers, known.media_type)
        try:
            response = _response(operation.handler(call))
        except BaseException:
            self.database.drop_answer(owner, key)
            raise
        given = GivenAnswer(status=response.status_code, headers={}, media_type=_JSON, body=bytes(response.body))
        self.database.finish_answer(owner, key, given)
        return response


def money_of(amount: Any, currency: str, *, least: int = 1) -> Money:
    """An amount of a message in the store's currency.

    Raises:
        CallError: another currency, too many digits, or less than `least`.
    """
    try:
        money: Money = amount.money()
    except MoneyError as error:
        raise CallError(400, "BadRequestException", f"amount: {error}") from error
    if money.currency != currency:
        raise CallError(400, "BadRequestException", f"amount: {money.currency}, but this store has {currency}")
    if money.minor < least:
        raise CallError(400, "BadRequestException", f"amount: {money} is not enough")
    return money


def refusal(status: int, message: str, code: str = "", headers: dict[str, str] | None = None) -> Response:
    """An error as the API has it: a sentence in `errorMsg`; the word for it in a header besides."""
    found = dict(headers or {})
    if code:
        found["x-amzn-errortype"] = code
    return Response(msgspec.json.encode({"errorMsg": message}), status, found, _JSON)


def _response(reply: Reply) -> Response:
    return Response(b"" if reply.message is None else encode(reply.message), reply.status, media_type=_JSON)


def _read(body: bytes, kind: Any) -> Any:
    try:
        return decode(body, kind)
    except msgspec.DecodeError as error:
        raise CallError(400, "BadRequestException", f"the body is not as it must be: {error}") from error
