"""Tillfree's API over real HTTP, beside a plain Starlette application that answers the same bytes, in one run.

Run as `python -m benchmarks.api`. Both servers are processes of their own on the loopback; several clients ask each in
turn, each over a connection that it keeps. People and money are simulated. The plain application knows no key, no
limit and no database: the difference is what all of those cost.
"""

import argparse
import contextlib
import http.client
import json
import multiprocessing
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.result_files import Row, write_results
from tillfree.web.connections import HttpConnection
from tillfree.web.server import bound_socket

# The tests, whose console is used here, find their browser beside the pictures of the documentation.
sys.path.append(str(Path(__file__).resolve().parents[1] / "docs" / "images"))

from tests.store.till.counters import walk
from tests.web.api.conftest import SHORT, app_of, client_of, paying_console

__all__ = ["main"]

TRIPS = 200
PLAIN = "plain Starlette"
OURS = "Tillfree"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and writes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.api", description=__doc__)
    parser.add_argument("--clients", type=int, default=8, help="connections at once (default 8)")
    parser.add_argument("--requests", type=int, default=500, help="of each client and operation (default 500)")
    parser.add_argument("-o", "--output", type=Path, help="file for the results")
    parsed = parser.parse_args(arguments)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, _server(_serve_ours, folder) as (port, key):
        answers = {name: _once(port, key, *asked) for name, asked in _operations(0).items()}
        with _server(_serve_plain, answers) as (plain_port, _):
            for name in answers:
                for what, where, token in ((PLAIN, plain_port, ""), (OURS, port, key)):
                    rows.append(_measure(name, what, where, token, parsed.clients, parsed.requests))
                    sys.stdout.write(f"{json.dumps(rows[-1])}\n")
    command = f"python -m benchmarks.api --clients {parsed.clients} --requests {parsed.requests}"
    write_results("api", command, rows, parsed.output)
    return 0


def _operations(number: int) -> dict[str, tuple[str, str, dict[str, Any] | None]]:
    """What is asked, by name; `number` makes each refund another one."""
    trip = f"trip{number % TRIPS + 1}"
    refund = {"amount": {"minor": 1, "currency": "USD"}, "reason": "benchmark"}
    return {
        "read a receipt": ("GET", f"/api/v1/trips/{trip}/receipt", None),
        "list 50 trips": ("GET", "/api/v1/trips", None),
        "refund": ("POST", f"/api/v1/payments/pay-{trip}/refunds", refund),
        "refund, asked again": ("POST", "/api/v1/payments/pay-trip1/refunds", refund),
    }


# ---- servers ----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _server(serve: Any, what: Any) -> Iterator[tuple[int, str]]:
    """A server in a process of its own: its port, and what else it says."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, what), daemon=True)
    process.start()
    try:
        port, key = ours.recv()
        yield port, key
    finally:
        process.terminate()
        process.join()


def _serve_ours(pipe: Connection, folder: str) -> None:
    with paying_console(SHORT, folder) as shop:
        assert shop.console.till is not None
        for number in range(4, TRIPS + 1):
            walk(shop.console.till, shop.clock, f"trip{number}", {"tea": 900, "milk": 1})
        _serve(app_of(shop.console), pipe, client_of(shop.console).headers["authorization"])


def _serve_plain(pipe: Connection, answers: dict[str, bytes]) -> None:
    asked = _operations(0)
    bodies = {(asked[name][0], asked[name][1].rpartition("/")[2]): body for name, body in answers.items()}

    async def answer(request: Request) -> Response:
        if request.method == "POST":
            await request.body()
        body = bodies[request.method, request.url.path.rpartition("/")[2]]
        return Response(body, media_type="application/json")

    _serve(Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])]), pipe, "")


def _serve(app: Any, pipe: Connection, key: str) -> None:
    listening = bound_socket("127.0.0.1", 0)
    listening.listen(128)
    config = uvicorn.Config(app, http=HttpConnection, ws="none", log_level="error", access_log=False)
    pipe.send((listening.getsockname()[1], key))
    uvicorn.Server(config).run(sockets=[listening])


# ---- clients ----------------------------------------------------------------------------------------------------


def _once(port: int, key: str, method: str, path: str, body: dict[str, Any] | None) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    status, answer = _ask(connection, method, path, key, body, "first")
    connection.close()
    if status >= 400:
        raise SystemExit(f"{method} {path}: {status} {answer[:300]!r}")
    return answer


def _ask(
    connection: http.client.HTTPConnection, method: str, path: str, key: str, body: dict[str, Any] | None, once: str
) -> tuple[int, bytes]:
    headers = {"Authorization": key} if key else {}
    if body is not None:
        headers |= {"Content-Type": "application/json", "Idempotency-Key": once}
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def _measure(name: str, what: str, port: int, key: str, clients: int, requests: int) -> Row:
    times: list[list[float]] = [[] for _ in range(clients)]
    wrong: list[int] = [0] * clients
    begin = threading.Barrier(clients + 1)

    def client(place: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.connect()
        begin.wait()
        for number in range(requests):
            # Trips 1 to 3 are too small for many refunds.
            method, path, body = _operations(3 + (place * requests + number) % (TRIPS - 3))[name]
            once = "first" if name.endswith("again") else f"{what}-{place}-{number}"
            began_s = time.perf_counter()
            status, _ = _ask(connection, method, path, key, body, once)
            times[place].append(time.perf_counter() - began_s)
            wrong[place] += status >= 400
        connection.close()

    threads = [threading.Thread(target=client, args=(place,)) for place in range(clients)]
    for thread in threads:
        thread.start()
    begin.wait()
    began_s = time.perf_counter()
    for thread in threads:
        thread.join()
    took_s = time.perf_counter() - began_s
    all_ms = np.array([value for own in times for value in own]) * 1000
    return {
        "operation": name,
        "server": what,
        "clients": clients,
        "requests": len(all_ms),
        "refused": sum(wrong),
        "requests_per_s": round(len(all_ms) / took_s, 1),
        **{f"p{share}_ms": round(float(np.percentile(all_ms, share)), 2) for share in (50, 95, 99)},
    }


if __name__ == "__main__":
    sys.exit(main())
