"""What stands before every page: hosts, origins and sizes that are let through, and headers that bind the browser."""

import asyncio
import ipaddress
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tillfree.web.machines import body_bytes_max, is_for_machines, machine_error

__all__ = ["BODY_BYTES_MAX", "BODY_S", "Guard", "is_own_origin"]

BODY_BYTES_MAX = 6 * 1024 * 1024
"""The largest body of a request: a catalogue of 5 MB, and a form around it."""
BODY_S = 120.0
"""So long may a body take to come; who sends a byte now and then would hold what waits for it for ever."""
_PATH_MAX = 2000
"""The longest address; no name that we give is near it, and a number of more than some thousand digits is none."""
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    # Pages show who was where: nothing of them stays on a shared machine.
    "Cache-Control": "no-store",
}
_RAW = tuple((name.lower().encode(), value.encode()) for name, value in _HEADERS.items())
_SECURE = (b"strict-transport-security", b"max-age=31536000")


class Guard:
    """ASGI middleware; WebSockets pass, and check their origin themselves (`is_own_origin`).

    A change (anything but GET and HEAD) must come from a page of ours: browsers say so in `Sec-Fetch-Site` or `Origin`
    (OWASP, Cross-Site Request Forgery Prevention), and cookies are `SameSite=Strict` besides. Addresses for machines
    (`web.machines`) know no cookie and prove each request by a key or a signature: its origin is no matter.
    """

    def __init__(self, app: ASGIApp, names: frozenset[str] = frozenset(), secure: bool = False) -> None:
        self._app = app
        self._names = names
        self._raw = (*_RAW, _SECURE) if secure else _RAW

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through, or answers it with what is wrong."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if not self._is_known(headers.get("host", "")):
            await _refusal(scope, 421, "This name is not one of this server's. Start it with --name.")(
                scope, receive, send
            )
            return
        if scope["type"] == "websocket":
            await self._app(scope, receive, send)
            return
        path = scope["path"]
        if len(path) > _PATH_MAX:
            await _refusal(scope, 404, "There is no address as long as that.")(scope, receive, send)
            return
        if scope["method"] not in ("GET", "HEAD") and not is_for_machines(path) and not _is_from_us(headers):
            await _refusal(scope, 403, "This change does not come from a page of this console.")(scope, receive, send)
            return
        bytes_max = body_bytes_max(path) if is_for_machines(path) else BODY_BYTES_MAX
        if not _has_bounded_body(headers, bytes_max):
            await _refusal(scope, 413, "That is more than this server takes at once.")(scope, receive, send)
            return
        await self._app(scope, _Counted(receive, bytes_max), self._sender(send))

    def _sender(self, send: Send) -> Send:
        async def sender(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = list(message.get("headers", ()))
                there = {name.lower() for name, _ in headers}
                message["headers"] = headers + [pair for pair in self._raw if pair[0] not in there]
            await send(message)

        return sender

    def _is_known(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
            if name == "localhost" or name in self._names:
                return True
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


class _Counted:
    """A body that says no length is cut off where it becomes too large, and any where it takes too long."""

    def __init__(self, receive: Receive, bytes_max: int) -> None:
        self._receive = receive
        self._bytes_max = bytes_max
        self._bytes = 0
        self._until_s = asyncio.get_running_loop().time() + BODY_S
        self._more = True

    async def __call__(self) -> Message:
        if not self._more:  # what comes now is that the browser is gone, which may take as long as it likes
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._until_s):
                message = await self._receive()
        except TimeoutError:
            return {"type": "http.disconnect"}
        self._more = bool(message.get("more_body", False))
        self._bytes += len(message.get("body", b""))
        if self._bytes > self._bytes_max:
            return {"type": "http.disconnect"}
        return message


def is_own_origin(headers: Headers) -> bool:
    """Whether a WebSocket is opened by a page of this very server."""
    origin = headers.get("origin", "")
    return bool(origin) and urlsplit(origin).netloc == headers.get("host", "")


def _is_from_us(headers: Headers) -> bool:
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    return is_own_origin(headers)


def _has_bounded_body(headers: Headers, bytes_max: int) -> bool:
    length = headers.get("content-length", "0")
    return length.isascii() and length.isdigit() and len(length) <= 20 and int(length) <= bytes_max


def _refusal(scope: Scope, status: int, message: str) -> Response:
    """A line of text for a browser, JSON for a machine."""
    if scope["type"] == "http" and is_for_machines(scope["path"]):
        return machine_error(scope["path"], status, message)
    return PlainTextResponse(message + "\n", status)
