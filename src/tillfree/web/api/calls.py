"""From an HTTP request to a handler and back: who asks, how often, what exactly, and never twice."""

import asyncio
import hashlib
import logging
import re
import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match, Route
from starlette.types import Scope

from tillfree.core.errors import TillfreeError
from tillfree.core.time import NS_PER_MINUTE
from tillfree.storage.database.database import Database
from tillfree.storage.database.errors import DatabaseError
from tillfree.storage.database.integration.answers import GivenAnswer
from tillfree.storage.database.integration.keys import ApiKey
from tillfree.web.api.operations import IDEMPOTENCY_KEY, Call, Operation, Page, Reply
from tillfree.web.api.problems import Fault, Problem
from tillfree.web.console import Console
from tillfree.web.errors import AskError
from tillfree.web.rate_limits import RateLimits

__all__ = ["PREFIX", "routes_of"]

PREFIX = "/api/v1"
_PROBLEM = "application/problem+json"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)
_KEY = re.compile(IDEMPOTENCY_KEY, re.ASCII)
_WHERE = re.compile(r" - at `(?:key in )?\$([^`]*)`$")
_JSON_TYPES = {"application/json", "application/merge-patch+json"}
_USED_EVERY_NS = NS_PER_MINUTE
_ANSWER_S = 5.0
_WINDOW_S = 60
"""Keys are given so many requests a minute."""
_encoder = msgspec.json.Encoder(order="deterministic")
_log = logging.getLogger(__name__)


def routes_of(operations: Iterable[Operation], limits: RateLimits | None = None) -> list[Route]:
    """The addresses of all operations; each knows its methods, and answers others with 405 and `Allow`."""
    limits = limits or RateLimits(time.monotonic, window_s=_WINDOW_S)
    by_path: dict[str, dict[str, _Endpoint]] = {}
    for operation in operations:
        by_path.setdefault(operation.path, {})[operation.method] = _Endpoint(operation, limits)
    return [_route(path, endpoints) for path, endpoints in by_path.items()]


def _route(path: str, endpoints: dict[str, "_Endpoint"]) -> Route:
    async def answer(request: Request) -> Response:
        return await endpoints["GET" if request.method == "HEAD" else request.method].answer(request)

    return _ApiRoute(PREFIX + path, answer, methods=list(endpoints), name=path)


class _ApiRoute(Route):
    """An address that says quickly that another one is meant: there are many, and all are asked in turn."""

    def __init__(self, path: str, *arguments: Any, **more: Any) -> None:
        super().__init__(path, *arguments, **more)
        self._begin = path.partition("{")[0]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if not scope.get("root_path") and not scope["path"].startswith(self._begin):
            return Match.NONE, {}
        return super().matches(scope)


class _Endpoint:
    """What all operations do alike."""

    def __init__(self, operation: Operation, limits: RateLimits) -> None:
        self._operation = operation
        self._limits = limits
        self._body = None if operation.body is None else msgspec.json.Decoder(operation.body)

    async def answer(self, request: Request) -> Response:
        """The answer, whatever happens."""
        id_ = _request_id(request)
        headers = {"X-Request-Id": id_}
        try:
            key = await self._admit(request, headers)
            data = b"" if self._body is None else await _body(request)
            gone = _hung_up(request, asyncio.get_running_loop())
            response = await run_in_threadpool(self._run, request, key, data, id_, gone)
        except Problem as problem:
            response = _problem_response(problem, id_)
        except DatabaseError as error:
            _log.error("request %s: %s", id_, error)
            response = _problem_response(Problem("unavailable", "the store's memory cannot be used now"), id_)
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response

    # ---- who, and how often ---------------------------------------------------------------------------------

    async def _admit(self, request: Request, headers: dict[str, str]) -> ApiKey:
        console: Console = request.app.state.console
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        key = await _key_of(console.database, secret.strip()) if kind.lower() == "bearer" else None
        if key is None:
            challenge = {"WWW-Authenticate": 'Bearer realm="tillfree"'}
            raise Problem("unauthorised", "there is no key in Authorization, or it is not good", headers=challenge)
        allowance = self._limits.take(key.id, key.per_minute)
        headers |= allowance.headers()
        if not allowance.granted:
            raise Problem("too-many-requests", f"this key may make {key.per_minute} requests a minute")
        scope = self._operation.scope
        if scope not in key.scopes:
            challenge = {"WWW-Authenticate": f'Bearer realm="tillfree", error="insufficient_scope", scope="{scope}"'}
            raise Problem("forbidden", f"this needs the scope {scope}, which the key has not", headers=challenge)
        now_ns = console.now_ns()
        if now_ns - key.used_ns > _USED_EVERY_NS:
            await run_in_threadpool(console.database.note_api_key_use, key.id, now_ns)
        return key

    # ---- what exactly ---------------------------------------------------------------------------------------

    def _run(self, request: Request, key: ApiKey, data: bytes, id_: str, gone: Callable[[], bool]) -> Response:
        operation = self._operation
        call = Call(
            console=request.app.state.console,
            key=key,
            path=request.path_params,
            query=self._query(request),
            body=None if self._body is None else _decoded(self._body, data),
            if_match=request.headers.get("if-match", ""),
            if_none_match=request.headers.get("if-none-match", ""),
            idempotency_key=self._idempotency_key(request),
            gone=gone,
        )
        if not call.idempotency_key:
            return self._done(call, request)
        # With the key in it, as two answers to the same body, a badge at a gate, would else be seen to belong together.
        asked = f"{call.idempotency_key}\n{operation.method} {request.url.path}?{request.url.query}\n"
        print_ = hashlib.sha256(asked.encode() + data).digest()
        return self._once(call, request, id_, print_)

    def _query(self, request: Request) -> msgspec.Struct:
        values: dict[str, str] = {}
        for name, value in request.query_params.multi_items():
            if name in values:
                raise Problem("malformed", f"{name[:60]!r} is given twice")
            values[name] = value
        try:
            return msgspec.convert(values, self._operation.query, strict=False)
        except msgspec.ValidationError as error:
            fault = _fault(error)
            raise Problem("malformed", f"{fault.pointer.removeprefix('/')}: {fault.detail}".lstrip(": ")) from error

    def _idempotency_key(self, request: Request) -> str:
        text = request.headers.get("idempotency-key")
        if self._operation.method != "POST":
            return ""
        if text is None:
            if self._operation.money:
                raise Problem("idempotency-key-needed", "send a header Idempotency-Key; see the guide")
            return ""
        found = _KEY.fullmatch(text)
        if found is None:
            raise Problem("malformed", "Idempotency-Key: give 1 to 200 visible ASCII characters, best a random UUID")
        return found[1]

    # ---- never twice ----------------------------------------------------------------------------------------

    def _once(self, call: Call, request: Request, id_: str, fingerprint: bytes) -> Response:
        database, owner, key = call.database, call.key.id, call.idempotency_key
        before = database.begin_answer(owner, key, fingerprint, call.console.now_ns())
        if isinstance(before, GivenAnswer):
            again = before.headers | {"Idempotency-Replayed": "true"}
            return Response(before.body, before.status, again, before.media_type or None)
        if before == "other":
            raise Problem("key-reused", "this Idempotency-Key was used for another request")
        if before == "in flight":
            raise Problem("in-flight", "a request with this Idempotency-Key is at work", headers={"Retry-After": "1"})
        try:
            try:
                response = self._done(call, request)
            except Problem as problem:
                response = _problem_response(problem, id_)
            if response.status_code >= 500:
                database.drop_answer(owner, key, call.noted)
                return response
        except BaseException:
            database.drop_answer(owner, key, call.noted)
            raise
        kept = {name: value for name, value in response.headers.items() if name in ("etag", "location")}
        database.finish_answer(
            owner,
            key,
            GivenAnswer(
                status=response.status_code,
                headers=kept,
                media_type=response.media_type or "",
                body=bytes(response.body),
            ),
            call.noted,
        )
        return response

    def _done(self, call: Call, request: Request) -> Response:
        try:
            found = self._operation.run(call)
        except (Problem, DatabaseError):
            raise
        except AskError as error:
            name = {404: "not-found", 409: "conflict"}.get(error.status, "refused")
            raise Problem(name, str(error)) from error
        except TillfreeError as error:
            raise Problem("refused", str(error)) from error
        return self._response(found, call, request)

    def _response(self, found: Any, call: Call, request: Request) -> Response:
        operation = self._operation
        reply = found if isinstance(found, Reply) else Reply(found)
        headers = dict(reply.headers)
        if reply.etag:
            headers["ETag"] = reply.etag
            if operation.method == "GET" and _matches(call.if_none_match, reply.etag):
                return Response(None, 304, headers)
        if reply.data is not None:
            kind = operation.media_type
            kind += "; charset=utf-8" if kind.startswith("text/") else ""
            return Response(reply.data, reply.status or operation.status, headers, kind)
        if operation.answer is None and not operation.paged:
            return Response(None, reply.status or 204, headers)
        value = reply.value
        if isinstance(value, Page):
            if value.next:
                query = dict(request.query_params) | {"after": value.next}
                headers["Link"] = f'<{request.url.path}?{urlencode(query)}>; rel="next"'
            value = {"items": value.items, "next": value.next or None}
        return Response(_encoder.encode(value), reply.status or operation.status, headers, "application/json")


async def _key_of(database: Database, secret: str) -> ApiKey | None:
    """Whose secret it is. A key that was used a moment ago costs no look at the file, and no way to another thread."""
    return database.remembered_api_key(secret) or await run_in_threadpool(database.api_key_of, secret)


def _hung_up(request: Request, loop: asyncio.AbstractEventLoop) -> Callable[[], bool]:
    """Asks, from another thread, whether whoever sent the request is still there."""

    def gone() -> bool:
        return asyncio.run_coroutine_threadsafe(request.is_disconnected(), loop).result(_ANSWER_S)

    return gone


def _matches(header: str, etag: str) -> bool:
    return any(part.strip().removeprefix("W/") in (etag, "*") for part in header.split(","))


def _request_id(request: Request) -> str:
    given = request.headers.get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


async def _body(request: Request) -> bytes:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _JSON_TYPES:
        raise Problem("media-type", "send JSON, with Content-Type: application/json")
    try:
        return await request.body()
    except ClientDisconnect as error:
        raise Problem("timeout", "the body did not come to its end, or is too large") from error


def _decoded(decoder: "msgspec.json.Decoder[Any]", data: bytes) -> Any:
    try:
        return decoder.decode(data)
    except msgspec.ValidationError as error:
        fault = _fault(error)
        raise Problem("invalid", f"{fault.pointer or 'the body'}: {fault.detail}", errors=(fault,)) from error
    except RecursionError as error:
        raise Problem("invalid", "the body is nested too deep") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem("malformed", f"the body is no JSON: {error}"[:300]) from error


def _fault(error: msgspec.ValidationError) -> Fault:
    """What msgspec says, with the place as a JSON pointer."""
    text = str(error)
    found = _WHERE.search(text)
    if found is None:
        return Fault("", text)
    parts = re.findall(r"\.([^.\[]+)|\[(\d+|\.\.\.)\]", found[1])
    return Fault("".join("/" + (name or index).replace("~", "~0") for name, index in parts), text[: found.start()])


def _problem_response(problem: Problem, id_: str) -> Response:
    body = problem.body(f"urn:tillfree:request:{id_}")
    return Response(_encoder.encode(body), problem.status, problem.headers, _PROBLEM)
