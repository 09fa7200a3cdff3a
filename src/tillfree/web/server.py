"""Serves a console: one port, one process, until it is told to stop."""

import asyncio
import socket
from collections.abc import Callable

import uvicorn
from starlette.applications import Starlette

from tillfree.web.connections import HttpConnection, SocketConnection
from tillfree.web.errors import WebError

__all__ = ["bound_socket", "serve"]

_MESSAGE_BYTES_MAX = 1024
"""Browsers have nothing to say on the WebSocket."""
_STOP_S = 2


def bound_socket(host: str, port: int) -> socket.socket:
    """A socket that listens on that address; port 0 takes any that is free.

    Raises:
        WebError: the port is taken, may not be used, or the address is none of this machine's.
    """
    if not 0 <= port <= 65_535:  # getaddrinfo would take what is left of it after a division
        raise WebError(f"port {port}: is none; give a number from 0 to 65535")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError) as error:
        raise WebError(f"{host}:{port}: is no address to serve at ({error}); give --host and --port") from error
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
    except OSError as error:
        listening.close()
        reason = error.strerror or error
        raise WebError(f"{host}:{port}: cannot be used ({reason}); choose another with --port, or 0 for any") from error
    return listening


def serve(app: Starlette, listening: socket.socket, ready: Callable[[], None]) -> None:
    """Answers requests until Ctrl+C or SIGTERM; `ready` is called once when the first can come."""
    config = uvicorn.Config(
        app,
        http=HttpConnection,
        ws=SocketConnection,
        # A message for all browsers is made once; packing it for each would cost more than it saves.
        ws_per_message_deflate=False,
        ws_max_size=_MESSAGE_BYTES_MAX,
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=_STOP_S,
    )
    asyncio.run(_Told(config, ready).serve(sockets=[listening]))


class _Told(uvicorn.Server):
    """A server that tells when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if not self.should_exit:
            self._ready()
