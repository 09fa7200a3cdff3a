"""Clients that send, or take, next to nothing; a server that proves one password at a time."""

import base64
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from tests.web.conftest import PASSWORD, OwnServer, console_on, wait_until_ended
from tillfree.storage.database.audit import AuditQuery
from tillfree.store.running.state import FeedEntry
from tillfree.web import connections, guard, server, sessions
from tillfree.web.app import make_app
from tillfree.web.console import Console

SOON_S = 0.3
OURS = {"sec-fetch-site": "same-origin"}


@contextmanager
def really_served(console: Console) -> Iterator[OwnServer]:
    """The console as `tillfree serve` serves it, until the block ends."""
    listening = server.bound_socket("127.0.0.1", 0)
    up, told = threading.Event(), server._Told
    made: list[server._Told] = []

    class Told(told):  # type: ignore[valid-type, misc]
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            made.append(self)
            await super().startup(sockets)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "_Told", Told)
        thread = threading.Thread(target=server.serve, args=(make_app(console), listening, up.set), daemon=True)
        thread.start()
        assert up.wait(20.0)
    try:
        yield OwnServer(console, f"http://127.0.0.1:{listening.getsockname()[1]}")
    finally:
        made[0].should_exit = True
        thread.join(10.0)
        listening.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnServer]:
    """A server that waits for a moment only."""
    monkeypatch.setattr(connections, "HEAD_S", SOON_S)
    monkeypatch.setattr(connections, "STUCK_S", SOON_S)
    monkeypatch.setattr(guard, "BODY_S", SOON_S)
    with console_on() as console:
        wait_until_ended(console.store)
        with really_served(console) as found:
            yield found


def plug(served: OwnServer, *, takes: int | None = None) -> socket.socket:
    """A connection; one that has room for so many bytes only."""
    made = socket.socket()
    if takes is not None:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, takes)
    made.settimeout(20.0)
    made.connect(("127.0.0.1", int(served.address.rpartition(":")[2])))
    return made


def ended(connection: socket.socket) -> bytes:
    """What comes until the other side ends the connection; fails where it does not."""
    got = b""
    try:
        while more := connection.recv(65536):
            got += more
    except ConnectionError:
        pass
    return got


@pytest.mark.parametrize("said", [b"", b"G", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: a"])
def test_a_head_that_does_not_come_ends_the_connection(impatient: OwnServer, said: bytes) -> None:
    with plug(impatient) as connection:
        connection.sendall(said)
        assert ended(connection) == b""


def test_a_second_head_that_does_not_come_ends_it_too(impatient: OwnServer) -> None:
    with plug(impatient) as connection:
        connection.sendall(b"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\nGET / HT")
        assert ended(connection).startswith(b"HTTP/1.1 200")


def test_a_body_that_does_not_come_is_not_waited_for(impatient: OwnServer) -> None:
    head = b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 5000\r\n"
    with plug(impatient) as connection:
        connection.sendall(head + b"Content-Type: application/x-www-form-urlencoded\r\n\r\nname=")
        assert ended(connection).startswith(b"HTTP/1.1 408")


def test_further_connections_than_so_many_are_closed(impatient: OwnServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "CONNECTIONS_MAX", 0)
    with plug(impatient) as connection:
        assert ended(connection) == b""
    monkeypatch.undo()
    assert httpx2.get(impatient.address + "/sign-in").status_code == 200


def test_a_browser_that_takes_nothing_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "STUCK_S", SOON_S)
    gone = threading.Event()
    lost = connections.SocketConnection.connection_lost

    def noted(self: connections.SocketConnection, exc: Exception | None) -> None:
        lost(self, exc)
        gone.set()

    monkeypatch.setattr(connections.SocketConnection, "connection_lost", noted)
    with console_on(demo=True, speed=1.0) as console, really_served(console) as served:
        host = served.address.removeprefix("http://")
        key = base64.b64encode(os.urandom(16)).decode()
        with plug(served, takes=1024) as connection:
            connection.sendall(
                f"GET /live/stream HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nConnection: Upgrade\r\n"
                f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
            )
            loud = FeedEntry(sequence=0, time_ns=1, kind="issue", device="d", detail="x" * 200_000)
            # Loud enough that what the system holds for it is soon full.
            for _ in range(400):
                console.store._engine.feed.add(loud)
                if gone.wait(0.05):
                    break
            assert gone.is_set()
            assert httpx2.get(served.address + "/").status_code == 200


def test_many_sign_ins_at_once_wait_or_are_sent_away(console: Console) -> None:
    began, go_on = threading.Event(), threading.Event()
    at_once: list[int] = []
    inside = threading.Semaphore(1)
    judge = console.database.check_password

    def slow(name: str, password: str, now_ns: int | None = None) -> object:
        at_once.append(inside.acquire(blocking=False))
        began.set()
        go_on.wait(20.0)
        inside.release()
        return judge(name, password, now_ns)

    with really_served(console) as served, pytest.MonkeyPatch.context() as patch:
        patch.setattr(console.database, "check_password", slow)
        patch.setattr(sessions, "_WAITING_MAX", 4)
        statuses: list[int] = []

        def one(number: int) -> None:
            data = {"name": f"somebody{number}", "password": PASSWORD}
            statuses.append(httpx2.post(served.address + "/sign-in", data=data, headers=OURS, timeout=30).status_code)

        threads = [threading.Thread(target=one, args=(number,)) for number in range(10)]
        for thread in threads:
            thread.start()
        assert began.wait(20.0)
        for _ in range(400):
            if len(statuses) == 6:
                break
            began.clear()
            threading.Event().wait(0.05)
        assert statuses == [503] * 6
        assert httpx2.get(served.address + "/sign-in").status_code == 200
        go_on.set()
        for thread in threads:
            thread.join(30.0)
    assert sorted(statuses) == [401] * 4 + [503] * 6
    assert at_once == [True] * 4


def test_who_is_refused_without_end_does_not_fill_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_REFUSALS_NOTED", 3)
    now = [1_800_000_000_000_000_000]
    with console_on() as console:
        wait_until_ended(console.store)
        console.now_ns = lambda: now[0]
        with really_served(console) as served, httpx2.Client(base_url=served.address, headers=OURS) as client:
            for name in ("viewer", PASSWORD, "manager", "u3", "u4", "u5"):
                assert client.post("/sign-in", data={"name": name, "password": "x"}).status_code == 401
            now[0] += 61 * 10**9
            client.post("/sign-in", data={"name": "engineer", "password": "x"})
        rows = console.database.audit_log(AuditQuery(what="sign-in.refused"))
    assert [(row.entry.subject, row.entry.detail) for row in rows] == [
        ("engineer", "and 3 more before"), ("manager", ""), ("", "a name that nobody has"), ("viewer", ""),
    ]  # fmt: skip
