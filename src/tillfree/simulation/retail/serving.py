"""Serves the simulated retailer over real HTTP, in a thread, on a port of this machine."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import uvicorn

from tillfree.simulation.retail.connectors import SimulatedRetailer, make_app

__all__ = ["serving"]

_STOP_S = 10.0


@contextlib.contextmanager
def serving(retailer: SimulatedRetailer, port: int = 0) -> Iterator[str]:
    """The address of the connectors, without `/v1`, for as long as the block lasts; port 0 is any free one."""
    listening = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(make_app(retailer), log_level="error", lifespan="off", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listening]}, name="simulated retailer", daemon=True
    )
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(_STOP_S)
        listening.close()
