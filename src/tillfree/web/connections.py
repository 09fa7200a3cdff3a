"""Connections whose other end is slow on purpose: nobody holds one open by sending, or taking, next to nothing."""

import asyncio
from functools import partial
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from tillfree.web.machines import STATION_STREAM

__all__ = ["CONNECTIONS_MAX", "HEAD_S", "PICTURE_BYTES_MAX", "STUCK_S", "HttpConnection", "SocketConnection"]

CONNECTIONS_MAX = 600
"""So many connections at once, of which 200 may look at the floor; further ones are closed at once."""
HEAD_S = 15.0
"""So long may the head of a request take, counted from its first byte or from the beginning of the connection."""
STUCK_S = 30.0
"""So long may a browser take nothing of what was sent to it."""
PICTURE_BYTES_MAX = 256 * 1024 + 8
"""The largest message to a palm station; all other WebSockets take next to nothing."""
_LIMITS = ("max_message_size", "max_size")
"""What the limit of a connection is called in `websockets`, and was until version 15."""


class _Stuck:
    """Ends a connection that takes nothing: `transport.close()` would wait for it for ever."""

    _alarm: asyncio.TimerHandle | None = None

    def begin(self, transport: asyncio.Transport) -> None:
        """It takes nothing more."""
        self.end()
        self._alarm = asyncio.get_running_loop().call_later(STUCK_S, transport.abort)

    def end(self) -> None:
        """It takes something again, or is gone."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None


class HttpConnection(H11Protocol):
    """HTTP whose requests must come in good time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stuck = _Stuck()
        self._late: asyncio.TimerHandle | None = None
        self._upgraded = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # noqa: D102
        if len(self.connections) >= CONNECTIONS_MAX:
            transport.abort()
            return
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: D102
        self._stuck.end()
        self._expect_nothing()
        if self.transport is not None:
            super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:  # noqa: D102
        if self.transport is None:
            return
        super().data_received(data)
        cycle: RequestResponseCycle | None = self.cycle  # None before the first request
        if self._upgraded or (cycle is not None and not cycle.response_complete):
            self._expect_nothing()
        elif self._late is None:
            self._expect()

    def handle_websocket_upgrade(self, event: Any) -> None:  # noqa: D102
        self._upgraded = True
        super().handle_websocket_upgrade(event)

    def pause_writing(self) -> None:  # noqa: D102
        super().pause_writing()
        self._stuck.begin(self.transport)

    def resume_writing(self) -> None:  # noqa: D102
        self._stuck.end()
        super().resume_writing()

    def _expect(self) -> None:
        self._late = self.loop.call_later(HEAD_S, self.transport.abort)

    def _expect_nothing(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class SocketConnection(WebSocketsSansIOProtocol):
    """A WebSocket whose browser must take what it is sent."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._stuck = _Stuck()

    def handle_connect(self, event: Request) -> None:  # noqa: D102
        if event.path.partition("?")[0] == STATION_STREAM:
            for name in filter(partial(hasattr, self.conn), _LIMITS):
                setattr(self.conn, name, PICTURE_BYTES_MAX)
        super().handle_connect(event)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: D102
        self._stuck.end()
        super().connection_lost(exc)

    def pause_writing(self) -> None:  # noqa: D102
        super().pause_writing()
        self._stuck.begin(self.transport)

    def resume_writing(self) -> None:  # noqa: D102
        self._stuck.end()
        super().resume_writing()
