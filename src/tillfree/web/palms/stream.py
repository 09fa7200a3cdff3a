"""The WebSocket of a station: pictures come in as JPEG, the newest wins, and what to do goes back."""

import asyncio
import contextlib
import itertools
import logging
import time
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.routing import BaseRoute, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tillfree.core.errors import TillfreeError
from tillfree.web.console import Console
from tillfree.web.guard import is_own_origin
from tillfree.web.machines import STATION_STREAM
from tillfree.web.palms.opening import is_staff, may_open
from tillfree.web.palms.pictures import FRAME_BYTES_MAX, read_frame
from tillfree.web.palms.session import Begin, Confirm, Pin, Session

__all__ = ["Stations"]

_log = logging.getLogger(__name__)
_STATIONS_MAX = 40
_LOOKED_AT_ONCE = 2
"""So many pictures are looked at at the same time; more would only wait for the processor."""
_TEXT_MAX = 2000
_IDLE_S = 120.0
"""A screen that sends nothing for so long is let go; it comes again by itself."""
_FORGETS_EVERY_S = 2.0
_REFUSED, _BUSY = 4403, 1013
_Said = Begin | Pin | Confirm


class Stations:
    """The stations that are connected."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._connected = 0
        self._turns = asyncio.Semaphore(_LOOKED_AT_ONCE)

    def routes(self) -> list[BaseRoute]:
        """The address of the WebSocket."""
        return [WebSocketRoute(STATION_STREAM, self._attend)]

    async def _attend(self, socket: WebSocket) -> None:
        room = self._console.palm_room
        allowed = room is not None and is_own_origin(socket.headers)
        allowed = allowed and await run_in_threadpool(may_open, self._console, socket)
        if room is None or not allowed or self._connected >= _STATIONS_MAX:
            await socket.close(_BUSY if allowed else _REFUSED)
            return
        await socket.accept()
        self._connected += 1
        notices = self._console.palm_notices
        languages = ("en",) if notices is None else notices.languages
        staff = await run_in_threadpool(is_staff, self._console, socket)
        session = Session(room.eyes, room.clerk, room.rules, languages, staff=staff)
        try:
            await _Talk(socket, session, self._turns).run()
        finally:
            self._connected -= 1
            session.close()


class _Talk:
    """One connection: a task that reads, one that looks at what is newest, and one that forgets."""

    def __init__(self, socket: WebSocket, session: Session, turns: asyncio.Semaphore) -> None:
        self._socket = socket
        self._session = session
        self._turns = turns
        self._newest: bytes | None = None
        self._there = asyncio.Event()
        self._sending = asyncio.Lock()

    async def run(self) -> None:
        """Until the browser goes."""
        tasks = [asyncio.create_task(self._look()), asyncio.create_task(self._forget())]
        try:
            await self._read()
        except (WebSocketDisconnect, RuntimeError, OSError):
            pass
        except TimeoutError:
            with contextlib.suppress(RuntimeError, OSError):
                await self._socket.close(_BUSY)
        finally:
            for task in tasks:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task

    async def _read(self) -> None:
        while True:
            message = await asyncio.wait_for(self._socket.receive(), _IDLE_S)
            if message["type"] == "websocket.disconnect":
                return
            picture, text = message.get("bytes"), message.get("text")
            if picture is not None:
                # One that was not looked at yet is forgotten: a person wants to hear of their hand as it is now.
                self._newest = picture if len(picture) <= FRAME_BYTES_MAX else b""
                self._there.set()
            elif text is not None:
                await self._send(await run_in_threadpool(self._hear, text))
                await self._open()

    async def _look(self) -> None:
        for _ in itertools.count():
            await self._there.wait()
            self._there.clear()
            picture, self._newest = self._newest, None
            if picture is None:
                continue
            async with self._turns:
                answer = await run_in_threadpool(self._see, picture)
            try:
                await self._send(answer)
                await self._open()
            except (WebSocketDisconnect, RuntimeError, OSError):
                return

    async def _open(self) -> None:
        """A door is told outside of the turns, so that a slow one holds up no other station."""
        if self._session.opens:
            await self._send(await run_in_threadpool(self._tell_door))

    async def _forget(self) -> None:
        """What has its time is forgotten, also while the screen sends nothing."""
        while True:
            await asyncio.sleep(_FORGETS_EVERY_S)
            await run_in_threadpool(self._session.expire, time.monotonic_ns())

    def _see(self, picture: bytes) -> list[dict[str, Any]]:
        try:
            return self._session.see(read_frame(picture), time.monotonic_ns())
        except TillfreeError as error:
            return [{"k": "wrong", "code": "picture", "text": str(error)}]
        except Exception:  # noqa: BLE001  a bug in what looks at pictures must not end the station
            _log.exception("a picture could not be looked at")
            return [{"k": "wrong", "code": "trouble"}]

    def _tell_door(self) -> list[dict[str, Any]]:
        return self._session.open(time.monotonic_ns())

    def _hear(self, text: str) -> list[dict[str, Any]]:
        try:
            said = msgspec.json.decode(text[:_TEXT_MAX], type=_Said)
        except (msgspec.DecodeError, UnicodeError):
            return [{"k": "wrong", "code": "not understood"}]
        if isinstance(said, Begin):
            return self._session.begin(said)
        now_ns = time.monotonic_ns()
        return self._session.prove(said, now_ns) if isinstance(said, Pin) else self._session.confirm(said, now_ns)

    async def _send(self, messages: list[dict[str, Any]]) -> None:
        async with self._sending:
            for message in messages:
                await self._socket.send_text(msgspec.json.encode(message).decode())
