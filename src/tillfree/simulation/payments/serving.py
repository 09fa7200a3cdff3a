"""Serves an application on a free port of this machine, in a thread of its own, while a block runs."""

import socket
import threading
from types import TracebackType

import uvicorn
from starlette.applications import Starlette

from tillfree.simulation.errors import SimulationError

__all__ = ["LocalServer"]

_START_S = 10.0


class LocalServer:
    """One server; `address` is where it answers, and only this machine can reach it."""

    def __init__(self, app: Starlette, *, port: int = 0) -> None:
        self._app = app
        self._port = port
        self.address = ""

    def __enter__(self) -> "LocalServer":
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", self._port))
        except OSError as error:
            listening.close()
            raise SimulationError(f"port {self._port} cannot be used ({error.strerror}); give 0 for any") from error
        self.address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(self._app, access_log=False, log_level="warning", timeout_graceful_shutdown=1)
        self._server = _Told(config)
        self._thread = threading.Thread(target=self._server.run, args=([listening],), daemon=True)
        self._thread.start()
        if not self._server.started_event.wait(_START_S):
            raise SimulationError(f"nothing answers at {self.address} after {_START_S} s; is this machine overloaded?")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(_START_S)


class _Told(uvicorn.Server):
    """A server that tells when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.started_event = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.started_event.set()
