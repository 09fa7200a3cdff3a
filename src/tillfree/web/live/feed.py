"""One WebSocket per browser, one message for all of them: the floor ten times a second."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tillfree.web.console import Console
from tillfree.web.guard import is_own_origin
from tillfree.web.live.frames import encode_feed, encode_frame, encode_summary
from tillfree.web.live.words import Say
from tillfree.web.roles import may
from tillfree.web.sessions import reader_of
from tillfree.web.texts import languages, preferred, translations

__all__ = ["Broadcast"]

_log = logging.getLogger(__name__)
_EVERY_S = 0.1
_SUMMARY_EVERY = 10
_CHECK_SESSIONS_EVERY = 300
_FIRST_FEED = 40
_WAITING_MAX = 40
_FRAMES_MAX = 2
"""A browser that has not taken so many messages yet gets no further frame: it sees fewer, never old ones."""
_CLIENTS_MAX = 200
_REFUSED, _GONE, _BUSY = 4403, 4401, 1013


class _Client:
    """One browser that looks."""

    def __init__(self, socket: WebSocket, language: str) -> None:
        self.socket = socket
        self.language = language
        self.waiting: asyncio.Queue[bytes] = asyncio.Queue(_WAITING_MAX)
        self.close_code = 0

    def offer(self, message: bytes, *, frame: bool) -> None:
        """Hand a message over; a browser so slow that words of the feed would be lost is let go, and comes again."""
        if frame and self.waiting.qsize() >= _FRAMES_MAX:
            return
        try:
            self.waiting.put_nowait(message)
        except asyncio.QueueFull:
            self.close_code = _BUSY


class Broadcast:
    """Makes each message once, however many browsers look; while none does, it makes none."""

    def __init__(self, console: Console, score: Callable[[], object] | None = None) -> None:
        self._console = console
        self._score = score
        self._clients: set[_Client] = set()

    def routes(self) -> list[BaseRoute]:
        """The address of the WebSocket."""
        return [WebSocketRoute("/live/stream", self._attend)]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Sends while the block runs."""
        task = asyncio.create_task(self._run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    # ---- one browser ----------------------------------------------------------------------------------------

    async def _attend(self, socket: WebSocket) -> None:
        reader = await run_in_threadpool(reader_of, self._console, socket)
        allowed = is_own_origin(socket.headers) and may(reader.role, "live.see")
        if not allowed or len(self._clients) >= _CLIENTS_MAX:
            await socket.close(_BUSY if allowed else _REFUSED)
            return
        await socket.accept()
        client = _Client(socket, preferred(socket.headers.get("accept-language", ""), languages(self._console.texts)))
        entries = self._console.store.feed()[-_FIRST_FEED:]
        client.offer(
            encode_feed(entries, self._console, _say_in(client.language, self._console.texts), self._console.clock),
            frame=False,
        )
        self._clients.add(client)
        listener = asyncio.create_task(_listen(socket))
        try:
            while not listener.done() and not client.close_code:
                message = asyncio.create_task(client.waiting.get())
                await asyncio.wait({message, listener}, return_when=asyncio.FIRST_COMPLETED, timeout=5.0)
                if not message.done():
                    message.cancel()
                    continue
                await socket.send_text(message.result().decode())
        except (WebSocketDisconnect, RuntimeError, OSError):
            client.close_code = 0
        finally:
            self._clients.discard(client)
            listener.cancel()
            if client.close_code:
                with contextlib.suppress(RuntimeError, OSError):
                    await socket.close(client.close_code)

    # ---- all of them ----------------------------------------------------------------------------------------

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        told = self._console.store.snapshot().feed
        due_s, count = loop.time(), 0
        while True:
            due_s = max(due_s + _EVERY_S, loop.time())
            await asyncio.sleep(due_s - loop.time())
            count += 1
            snapshot = self._console.store.snapshot()
            if not self._clients:
                told = snapshot.feed
                continue
            try:
                self._offer(encode_frame(snapshot), frame=True)
                if snapshot.feed > told:
                    told = await self._tell_feed(told)
                if count % _SUMMARY_EVERY == 0:
                    await self._tell_summary()
                if count % _CHECK_SESSIONS_EVERY == 0:
                    await self._check_sessions()
            except Exception:  # noqa: BLE001  a message that cannot be made must not end all that follow
                _log.exception("a message for the live page could not be made")

    def _offer(self, message: bytes, *, frame: bool = False, language: str | None = None) -> None:
        for client in self._clients:
            if language is None or client.language == language:
                client.offer(message, frame=frame)

    async def _tell_feed(self, told: int) -> int:
        entries = self._console.store.feed(told)
        for language in {client.language for client in self._clients}:
            self._offer(
                encode_feed(entries, self._console, _say_in(language, self._console.texts), self._console.clock),
                language=language,
            )
        return entries[-1].sequence if entries else told

    async def _tell_summary(self) -> None:
        score = self._score() if self._score is not None else None
        for language in {client.language for client in self._clients}:
            message = await run_in_threadpool(
                encode_summary, self._console, _say_in(language, self._console.texts), self._console.clock, score
            )
            self._offer(message, language=language)

    async def _check_sessions(self) -> None:
        """Who was signed out, or lost their role, sees no more."""
        for client in list(self._clients):
            reader = await run_in_threadpool(reader_of, self._console, client.socket)
            if not may(reader.role, "live.see"):
                client.close_code = _GONE


async def _listen(socket: WebSocket) -> None:
    """Browsers have nothing to say; this ends when they go."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError, OSError):
        while (await socket.receive())["type"] != "websocket.disconnect":
            pass


def _say_in(language: str, folder: Path) -> Say:
    catalogue = translations(language, folder)

    def say(text: str, **values: object) -> str:
        said = catalogue.gettext(text)
        return said % values if values else said

    return say
