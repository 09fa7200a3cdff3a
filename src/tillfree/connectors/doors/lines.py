"""Lines to a door controller: RS-485 over a serial device, or over TCP to a device server that has the RS-485 port.

Wires read with a limit of time and never wait longer, so that whoever reads them can be stopped.
"""

import contextlib
import os
import select
import socket
import sys
import time
from typing import Protocol

import msgspec

from tillfree.connectors.doors.errors import DoorLineError

__all__ = ["BAUDS", "Line", "SerialLine", "TcpLine", "Wire"]

BAUDS = (9600, 19200, 38400, 57600, 115200, 230400)
"""The speeds that OSDP knows, in bits per second (section 5.2 of OSDP 2.2)."""
_READ_BYTES = 4096
_CONNECT_S = 5.0
_WRITE_S = 2.0
"""A line that takes no byte for so long is broken: the controller has given the frame up by then."""


class Wire(Protocol):
    """An open line. For one thread."""

    def read(self, wait_s: float) -> bytes:
        """What came, after `wait_s` seconds at most; empty: nothing. Raises DoorLineError where it broke."""
        ...

    def write(self, data: bytes) -> None:
        """Sends all of it. Raises DoorLineError."""
        ...

    def close(self) -> None:
        """Closes it; a closed one stays closed."""
        ...


class Line(Protocol):
    """Where a controller is reached."""

    @property
    def name(self) -> str:
        """What it is called in messages."""
        ...

    def open(self) -> Wire:
        """Opens it. Raises DoorLineError."""
        ...


class TcpLine(msgspec.Struct, frozen=True):
    """A device server with an RS-485 port, or a controller, that waits for a connection (`port` 1 to 65535)."""

    host: str
    port: int

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return f"{self.host}:{self.port}"

    def open(self) -> Wire:
        """Connects. Raises DoorLineError."""
        try:
            line = socket.create_connection((self.host, self.port), timeout=_CONNECT_S)
        except (OSError, UnicodeError) as error:
            raise DoorLineError(
                f"{self.name} cannot be reached ({_why(error)}); check that the controller or its converter is on, "
                "and its address"
            ) from error
        # A reply of a few bytes that waits for more to be sent with it comes too late for the controller.
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return _TcpWire(self.name, line)


class _TcpWire:
    def __init__(self, name: str, line: socket.socket) -> None:
        self._name, self._line = name, line

    def read(self, wait_s: float) -> bytes:
        try:
            self._line.settimeout(wait_s)
            data = self._line.recv(_READ_BYTES)
        except TimeoutError:
            return b""
        except OSError as error:
            raise _broke(self._name, error) from error
        if not data:
            raise DoorLineError(f"{self._name} closed the connection; it is tried again by itself")
        return data

    def write(self, data: bytes) -> None:
        try:
            self._line.settimeout(_WRITE_S)
            self._line.sendall(data)
        except OSError as error:
            raise _broke(self._name, error) from error

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._line.close()


class SerialLine(msgspec.Struct, frozen=True):
    """A serial device of this machine, as `/dev/ttyUSB0`, at `baud` bits per second, with 8 data bits and no parity.

    The adapter has to turn the direction of RS-485 by itself, as those for USB do.
    """

    device: str
    baud: int = 9600

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return self.device

    def open(self) -> Wire:
        """Opens the device for nobody else. Raises DoorLineError."""
        if sys.platform == "win32":
            raise DoorLineError(f"{self.device}: serial lines are opened on Linux and macOS only; use a TCP line")
        try:
            file = os.open(self.device, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        except (OSError, ValueError) as error:
            raise DoorLineError(
                f"{self.device} cannot be opened ({_why(error)}); check its name, its cable, and that the server may "
                "use it (on Linux: group dialout)"
            ) from error
        try:
            _set_raw(file, self.baud)
        except (OSError, ValueError) as error:
            os.close(file)
            raise DoorLineError(
                f"{self.device} is no serial device for {self.baud} baud ({_why(error)}); check its name"
            ) from error
        return _SerialWire(self.device, file)


class _SerialWire:
    def __init__(self, name: str, file: int) -> None:
        self._name, self._file = name, file

    def read(self, wait_s: float) -> bytes:
        try:
            if not select.select([self._file], [], [], wait_s)[0]:
                return b""
            data = os.read(self._file, _READ_BYTES)
        except BlockingIOError:
            return b""
        except (OSError, ValueError) as error:
            raise _broke(self._name, error) from error
        if not data:  # readable, and nothing there: the adapter was pulled out
            raise DoorLineError(f"{self._name} is gone; check the cable of the adapter")
        return data

    def write(self, data: bytes) -> None:
        until_s = time.monotonic() + _WRITE_S
        while data:
            try:
                free = select.select([], [self._file], [], max(0.0, until_s - time.monotonic()))[1]
                sent = os.write(self._file, data) if free else 0
            except BlockingIOError:
                continue
            except (OSError, ValueError) as error:
                raise _broke(self._name, error) from error
            if not free:
                raise DoorLineError(f"{self._name} takes no data; check the adapter and its flow control")
            data = data[sent:]

    def close(self) -> None:
        with contextlib.suppress(OSError):
            os.close(self._file)
        self._file = -1


def _set_raw(file: int, baud: int) -> None:
    """Bytes as they are, at that speed, and no second program on the line."""
    import fcntl  # noqa: PLC0415  there is none on Windows
    import termios  # noqa: PLC0415  the same

    speed = getattr(termios, f"B{baud}", None)
    if speed is None:
        raise ValueError("a speed that this machine does not know")
    try:
        was = termios.tcgetattr(file)
        control = termios.CS8 | termios.CREAD | termios.CLOCAL
        termios.tcsetattr(file, termios.TCSANOW, [0, 0, control, 0, speed, speed, was[6]])
        termios.tcflush(file, termios.TCIOFLUSH)
    except termios.error as error:
        raise ValueError(str(error.args[-1])) from error
    fcntl.ioctl(file, termios.TIOCEXCL)


def _broke(name: str, error: Exception) -> DoorLineError:
    return DoorLineError(f"the line {name} broke ({_why(error)}); it is tried again by itself")


def _why(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
