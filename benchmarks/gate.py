"""How long a gate takes to decide: a real desk and till, a database on disk, a retailer's system over real HTTP.

    python -m benchmarks.gate                 # about five minutes on two cores

Four gates decide at the same time, one credential after the other without a pause: far more than people could show,
so that what is measured is also how they wait for each other and for the disk. With `--pause-ms` each gate rests
between two people, so long on average (exponential), as in a shop with a rush at the door.

Of the credentials, half are cards, the rest are signed codes, about which the retailer's system is asked, and some of
both are refused. The system is a process of its own that answers as fast as a good network lets it, slowly, or never,
or its port is closed; money is held by a simulated processor in the background, as in a shop. Writes
`benchmarks/results/gate.json`.
"""

import argparse
import http.server
import json
import multiprocessing
import random
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import httpx2
import msgspec

from benchmarks.result_files import Row, write_results
from tillfree.core.time import NS_PER_MS, NS_PER_S
from tillfree.identity.codes import CodeClaims, make_code
from tillfree.identity.credentials import CardTap, Credential, ScannedCode
from tillfree.identity.keys import KeySet, make_signing_key
from tillfree.identity.settings import EntrySettings
from tillfree.simulation.payments.processor import SimulatedProcessor
from tillfree.storage.database.database import Database
from tillfree.store.entry.desk import EntryDesk, RetailerAnswer
from tillfree.store.settings import StoreSettings
from tillfree.store.till.till import Till

GATES = 4
GOAL_MS = 200.0
KEY = make_signing_key(bytes(range(32)))
NETWORKS: dict[str, tuple[float, float]] = {
    "up": (5.0, 60.0),
    "slow": (50.0, 400.0),
    "silent": (60_000.0, 60_000.0),
}
"""Between how many milliseconds the retailer's system answers; "down" is a closed port."""


class _Answers(http.server.BaseHTTPRequestHandler):
    """Answers after a while that is drawn at random."""

    protocol_version = "HTTP/1.1"
    wait_ms = (0.0, 0.0)

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        time.sleep(random.uniform(*self.wait_ms) / 1000)  # noqa: S311  no secret
        body = json.dumps({"known": True, "id": f"shopper-{len(asked['code'])}"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        """Says nothing."""


def _serve(wait_ms: tuple[float, float], told: Connection) -> None:
    handler = type("Handler", (_Answers,), {"wait_ms": wait_ms})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    told.send(server.server_address[1])
    server.serve_forever()


@contextmanager
def retailer_at(network: str) -> Iterator[str]:
    """The address of the retailer's system; of a closed port where the network is down."""
    if network == "down":
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
        yield f"http://127.0.0.1:{port}/"
        return
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(NETWORKS[network], there), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{here.recv()}/"
    finally:
        process.terminate()
        process.join()


class HttpRetailer:
    """Asks over HTTP, with connections that are kept."""

    def __init__(self, address: str) -> None:
        self._client = httpx2.Client(timeout=2.0)
        self._address = address

    def verify(self, code: ScannedCode, gate: str, now_ns: int) -> RetailerAnswer | None:
        """The answer; None where there is none."""
        try:
            answer = self._client.post(self._address, json={"code": code.text, "gate": gate, "time_ns": now_ns})
        except httpx2.HTTPError:
            return None
        return msgspec.json.decode(answer.content, type=RetailerAnswer)


def credential(rng: random.Random, number: str) -> Credential:
    """What the next one holds to the gate; one in ten will be refused."""
    refused = rng.random() < 0.1
    if rng.random() < 0.5:
        return CardTap(
            terminal="terminal/1", token=f"tok_{number}", fingerprint=f"fp_{number}", last4="0000",
            expires="2020-01" if refused else "2040-01", funding="debit",
        )  # fmt: skip
    now_s = int(time.time())
    claims = CodeClaims(
        iss="app", aud="elsewhere" if refused else "store-1", iat=now_s, exp=now_s + 60, jti=f"code-{number}",
        sub=f"account-{number}",
    )  # fmt: skip
    return ScannedCode(text=make_code(claims, KEY))


def measure(network: str, decisions: int, folder: Path, seed: int, pause_ms: float = 0.0) -> Row:
    """One network: all decisions, and how long each took."""
    settings = StoreSettings(entry=EntrySettings())
    took: dict[str, list[float]] = {"card": [], "code": []}
    opened = [0] * GATES
    lock, barrier = threading.Lock(), threading.Barrier(GATES)
    with retailer_at(network) as address, Database.open(folder / network) as database:
        till = Till(database, settings, SimulatedProcessor(time.time_ns, seed=seed), time.time_ns)
        desk = EntryDesk(
            database, settings, till, time.time_ns, retailer=HttpRetailer(address), keys=lambda: KeySet((KEY.public,))
        )

        def decide(gate: int) -> None:
            rng = random.Random(seed * 100 + gate)  # noqa: S311  no secret
            mine: dict[str, list[float]] = {"card": [], "code": []}
            barrier.wait()
            for k in range(decisions // GATES):
                if pause_ms:
                    time.sleep(rng.expovariate(1000 / pause_ms))
                shown = credential(rng, f"{gate}-{k}")
                begin_ns = time.perf_counter_ns()
                answer = desk.present(f"gate/{gate}", shown)
                mine["card" if isinstance(shown, CardTap) else "code"].append(
                    (time.perf_counter_ns() - begin_ns) / NS_PER_MS
                )
                opened[gate] += answer.opens
            with lock:
                for kind, values in mine.items():
                    took[kind] += values

        threads = [threading.Thread(target=decide, args=(gate,)) for gate in range(GATES)]
        begin_ns = time.perf_counter_ns()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        seconds = (time.perf_counter_ns() - begin_ns) / NS_PER_S
        desk.close()
        till.close()
    everything = took["card"] + took["code"]
    return {
        "network": network,
        "gates": GATES,
        "pause_ms": pause_ms,
        "decisions": len(everything),
        "opened": sum(opened),
        "per_second": round(len(everything) / seconds, 1),
        **_quantiles("", everything),
        **_quantiles("card_", took["card"]),
        **_quantiles("code_", took["code"]),
        "goal_ms": GOAL_MS,
        "held": _quantile(everything, 0.99) <= GOAL_MS,
    }


def _quantiles(prefix: str, values: list[float]) -> Row:
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "most": 1.0}
    return {f"{prefix}{name}_ms": round(_quantile(values, share), 2) for name, share in shares.items()}


def _quantile(values: list[float], share: float) -> float:
    """The value below which this share of all lies (the nearest rank, so one that was measured)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -(-int(share * 1_000_000) * len(ordered) // 1_000_000) - 1))]


def main() -> int:
    """Measures every network, and writes the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--decisions", type=int, default=5000, help="for each network (default 5000)")
    parser.add_argument("--network", action="append", choices=(*NETWORKS, "down"), help="only these")
    parser.add_argument(
        "--pause-ms", type=float, default=0.0, help="mean rest of a gate between two people (default 0)"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the databases lie: the disk that is measured")
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        for network in arguments.network or (*NETWORKS, "down"):
            row = measure(network, arguments.decisions, Path(folder), arguments.seed, arguments.pause_ms)
            sys.stdout.write(f"{json.dumps(row)}\n")
            rows.append(row)
    command = f"python -m benchmarks.gate --decisions {arguments.decisions} --pause-ms {arguments.pause_ms:g}"
    write_results("gate", command, rows, arguments.output, recordings="simulated credentials, retailer and processor")
    return 0 if all(row["held"] for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
