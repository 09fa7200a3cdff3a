"""A door controller on the other end of a real line: it polls by itself, and says what it heard."""

import contextlib
import os
import select
import socket
import threading
import time
from collections.abc import Callable

from tillfree.connectors.doors.errors import DoorError
from tillfree.connectors.doors.wiegand import WiegandNumber
from tillfree.simulation.door_panel import SimulatedPanel
from tillfree.simulation.errors import SimulationError

__all__ = ["Bytes", "FileBytes", "SocketBytes", "TcpController", "eventually", "poll_over"]

_REPLY_S = 0.3
"""Longer than the 200 ms of the standard: the machine of the tests has much else to do."""


class Bytes:
    """One end of a line. `frames` keeps all that went over it, in both directions."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.heard: list[bytes] = []

    def send(self, data: bytes) -> None:
        raise NotImplementedError

    def take(self, wait_s: float) -> bytes:
        raise NotImplementedError

    def __call__(self, data: bytes) -> bytes:
        """A frame goes out, and its answer comes back; empty where none comes in time."""
        self.sent.append(data)
        self.send(data)
        answer, until_s = b"", time.monotonic() + _REPLY_S
        while time.monotonic() < until_s:
            answer += self.take(0.02)
            if len(answer) >= 5 and len(answer) >= int.from_bytes(answer[2:4], "little"):
                self.heard.append(answer)
                return answer
        return b""


class SocketBytes(Bytes):
    def __init__(self, line: socket.socket) -> None:
        super().__init__()
        self.line = line

    def send(self, data: bytes) -> None:
        self.line.sendall(data)

    def take(self, wait_s: float) -> bytes:
        self.line.settimeout(wait_s)
        try:
            data = self.line.recv(4096)
        except TimeoutError:
            return b""
        if not data:
            raise ConnectionResetError
        return data


class FileBytes(Bytes):
    def __init__(self, file: int) -> None:
        super().__init__()
        self.file = file

    def send(self, data: bytes) -> None:
        os.write(self.file, data)

    def take(self, wait_s: float) -> bytes:
        return os.read(self.file, 4096) if select.select([self.file], [], [], wait_s)[0] else b""


def poll_over(line: Bytes, panel: SimulatedPanel, over: Callable[[], bool]) -> None:
    """Polls until it is over, or the line breaks."""
    panel._ask = line
    while not over():
        try:
            panel.poll()
        except (SimulationError, DoorError):
            time.sleep(0.02)  # a controller begins anew after a while
        except OSError:
            return
        time.sleep(0.01)


class TcpController:
    """Waits for a connection, as a converter to RS-485 does, and polls whoever connects; again and again."""

    def __init__(self, address: int = 0, *, key: bytes = b"", allowed: tuple[WiegandNumber, ...] = ()) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.host, self.port = self._listening.getsockname()[:2]
        self._over = threading.Event()
        self.panel = SimulatedPanel(lambda _: b"", address, key=key)
        self.panel.allowed |= set(allowed)
        self.lines: list[SocketBytes] = []
        self.polls = threading.Event()
        self.polls.set()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "TcpController":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.polls.set()
        self._listening.close()
        self.cut()
        self._thread.join(5.0)

    @property
    def opened(self) -> list[WiegandNumber]:
        """Whom the door was opened for."""
        return self.panel.opened

    def cut(self) -> None:
        """The connection breaks."""
        for one in self.lines:
            with contextlib.suppress(OSError):
                one.line.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        self._listening.settimeout(0.1)
        while not self._over.is_set():
            try:
                line, _ = self._listening.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            with line:
                self.lines.append(SocketBytes(line))
                self.polls.wait()
                poll_over(self.lines[-1], self.panel, self._over.is_set)


def eventually(what: Callable[[], object], within_s: float = 10.0) -> bool:
    """Whether it comes true in time."""
    until_s = time.monotonic() + within_s
    while time.monotonic() < until_s:
        if what():
            return True
        time.sleep(0.01)
    return False
