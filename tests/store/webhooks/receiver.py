"""A real HTTP server that receives messages, in whatever mood."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["Receiver", "listening"]

Mood = Callable[[int], tuple[int, dict[str, str]]]
"""Status and headers of the answer to message number n, from 1."""


class Receiver:
    """What came in: headers in lower case, and bodies."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.mood: Mood = lambda _number: (200, {})
        self.answer_body = b"ok"
        self.came: list[tuple[dict[str, str], bytes]] = []
        self.paths: list[str] = []
        self.wait: threading.Event | None = None
        self.drip = threading.Event()
        self.drips = False
        self.lock = threading.Lock()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    receiver: Receiver


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        receiver = self.server.receiver
        body = self.rfile.read(int(self.headers["content-length"]))
        with receiver.lock:
            receiver.came.append(({name.lower(): value for name, value in self.headers.items()}, body))
            receiver.paths.append(self.path)
            number = len(receiver.came)
        if receiver.wait is not None:
            receiver.wait.wait(20)
        with contextlib.suppress(OSError):
            if receiver.drips:
                while not receiver.drip.wait(0.01):
                    self.wfile.write(b"H")
                return
            status, headers = receiver.mood(number)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(receiver.answer_body)))
            self.end_headers()
            self.wfile.write(receiver.answer_body)

    def log_message(self, *_values: object) -> None:
        """Nothing."""


@contextlib.contextmanager
def listening() -> Iterator[Receiver]:
    """A receiver on a port of this machine."""
    server = _Server(("127.0.0.1", 0), _Handler)
    assert server.socket.family is socket.AF_INET
    receiver = server.receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hook?a=b")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.drip.set()
        if receiver.wait is not None:
            receiver.wait.set()
        server.shutdown()
        server.server_close()
        thread.join()
