"""To a printer on the network: a real TCP server on this machine."""

import socket
import threading
from collections.abc import Iterator

import pytest

from tillfree.connectors.printing import PrinterUnavailable, print_bytes


class _Printer:
    """Takes one job."""

    def __init__(self, *, reads: bool = True) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.data = b""
        self._reads = reads
        self._let_go = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        line, _ = self.listening.accept()
        with line:
            if not self._reads:
                self._let_go.wait(20.0)
                return
            while piece := line.recv(4096):
                self.data += piece

    def close(self) -> None:
        self._let_go.set()
        self._thread.join(20.0)
        self.listening.close()


@pytest.fixture
def printer() -> Iterator[_Printer]:
    made = _Printer()
    yield made
    made.close()


def test_all_bytes_arrive(printer: _Printer) -> None:
    data = bytes(range(256)) * 2000
    print_bytes(data, "127.0.0.1", printer.port)
    printer.close()
    assert printer.data == data


def test_a_printer_that_is_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(PrinterUnavailable, match=rf"127\.0\.0\.1:{port} cannot be reached"):
        print_bytes(b"x", "127.0.0.1", port)


def test_a_name_that_nobody_has() -> None:
    with pytest.raises(PrinterUnavailable, match=r"printer\.invalid:9100 cannot be reached"):
        print_bytes(b"x", "printer.invalid")


def test_a_printer_without_paper_takes_nothing() -> None:
    stuck = _Printer(reads=False)
    try:
        with pytest.raises(PrinterUnavailable, match="check paper"):
            print_bytes(b"x" * 50_000_000, "127.0.0.1", stuck.port, timeout_s=0.3)
    finally:
        stuck.close()
