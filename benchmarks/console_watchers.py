"""Clients of the live page that are no browsers: to the server the same, to the machine next to nothing."""

import asyncio
import re
import threading
import time
from types import TracebackType

import websockets

__all__ = ["PlainClients", "age_ms"]

_AGE = re.compile(r'^\{"k":"frame","t":\d+,"a":([\d.eE+]+),')
_OPEN_S = 30.0


def age_ms(message: str, now_ms: float) -> float | None:
    """How long ago the store took in what this frame shows; None where the message is no frame."""
    found = _AGE.match(message)
    return None if found is None else now_ms - float(found[1])


class PlainClients:
    """So many WebSockets that read everything they are sent, in a thread of their own, while the block runs."""

    def __init__(self, address: str, count: int) -> None:
        self._origin = address.rstrip("/")
        self._count = count
        self._ages: list[float] = []
        self._all_open = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __enter__(self) -> "PlainClients":
        self._thread.start()
        if not self._all_open.wait(_OPEN_S):
            raise TimeoutError(f"{self._count} WebSockets could not be opened at {self._origin}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(10.0)

    def forget(self) -> None:
        """Ages count from now on."""
        self._ages = []

    def ages_ms(self) -> list[float]:
        """Age of every frame when it was read."""
        return list(self._ages)

    def _work(self) -> None:
        self._task = self._loop.create_task(self._read_all())
        try:
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        finally:
            self._loop.close()

    async def _read_all(self) -> None:
        address = self._origin.replace("http", "ws", 1) + "/live/stream"
        opened = [
            await websockets.connect(address, origin=websockets.Origin(self._origin), compression=None, max_size=None)
            for _ in range(self._count)
        ]
        self._all_open.set()
        try:
            await asyncio.gather(*(self._read(client) for client in opened))
        finally:
            await asyncio.gather(*(client.close() for client in opened))

    async def _read(self, client: websockets.ClientConnection) -> None:
        async for message in client:
            age = age_ms(str(message), time.time() * 1000)
            if age is not None:
                self._ages.append(age)
