"""`tillfree demo` and `tillfree serve` as processes: they start, answer, say what is wrong, and stop."""

import contextlib
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import httpx2
import pytest

from tests.cli.conftest import Run
from tillfree.catalog.shop_file import encode_shop
from tillfree.core.events import encode_event
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import simulate
from tillfree.storage.database.database import Database
from tillfree.storage.database.visits import VisitQuery
from tillfree.storage.recordings.mcap_writer import write_mcap

PASSWORD = "correct horse battery"
ADDRESS = re.compile(r"http://[\d.\[\]:]+/")


@contextlib.contextmanager
def running(
    *arguments: str, stdin: int | IO[bytes] = subprocess.DEVNULL
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A command that serves, and its address."""
    command = [sys.executable, "-m", "tillfree.cli.main", *arguments]
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # So it is where the tests were started in the background, and a command would inherit it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = None
        for line in process.stdout:
            found = ADDRESS.search(line)
            if found:
                break
        if found is None:
            assert process.stderr is not None
            pytest.fail(f"it ended with {process.wait()}: {process.stderr.read()}")
        yield process, found[0].rstrip("/")
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder in which somebody may sign in."""
    folder = tmp_path / "data"
    with Database.open(folder) as database:
        database.add_user("ada", PASSWORD, "manager")
    return folder


def until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    """Waits for something that another process does; fails if it does not."""
    ticker = threading.Event()
    for _ in range(int(seconds * 20)):
        if holds():
            return
        ticker.wait(0.05)
    pytest.fail(f"nothing happened for {seconds} s")


def first_page(address: str) -> int:
    """The status of the first page for somebody who signs in."""
    with httpx2.Client(base_url=address, headers={"sec-fetch-site": "same-origin"}) as client:
        assert client.post("/sign-in", data={"name": "ada", "password": PASSWORD}).status_code == 303
        return client.get("/").status_code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_demo_lives_and_stops_in_order(number: signal.Signals) -> None:
    with running("demo", "--store", "nano", "--shoppers", "2", "--port", "0", "--no-browser") as (process, address):
        page = httpx2.get(address + "/")
        assert page.status_code == 200
        assert "Simulated" in page.text
        process.send_signal(number)
        assert process.wait(20) in (0, 130, 143)
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def test_a_port_that_is_taken_is_said(tillfree: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ran = tillfree("demo", "--store", "nano", "--shoppers", "1", "--no-browser", "--port", port)
    assert ran.code == 2
    assert f"127.0.0.1:{port}: cannot be used" in ran.err
    assert "--port" in ran.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--store", "castle"], "choose one of nano, kiosk"),
        (["--shoppers", "0"], "give a number from 1 to 1000"),
        (["--shoppers", "nan"], "give a number from 1 to 1000"),
        (["--speed", "0"], "speed of 0"),
        (["--speed", "-1"], "speed of -1"),
        (["--awkward", "7"], "awkward is 7"),
        (["--seed", "-3"], "seed is -3"),
        (["--port", "99999"], "99999"),
        (["--port", "-5"], "-5"),
    ],
)
def test_what_is_wrong_with_a_demo_is_said_in_a_line(tillfree: Run, arguments: list[str], message: str) -> None:
    ran = tillfree("demo", "--no-browser", "--port", "0", "--store", "nano", *arguments)
    assert ran.code == 2
    assert message in ran.err
    assert ran.err.count("\n") == 1


def test_nobody_serves_a_shop_into_which_nobody_can_sign_in(tillfree: Run, tmp_path: Path) -> None:
    recording = tmp_path / "visit.mcap"
    write_mcap(recording, simulate(demo_shop(1), SimulationOptions(seed=1, takes=1.0)))
    ran = tillfree("serve", recording, "--data", tmp_path / "data", "--port", "0")
    assert ran.code == 2
    assert "tillfree users add NAME --role manager --data" in ran.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.mcap"], "missing.mcap"),
        (["missing.json"], "missing.json"),
        (["visit.mcap", "--timezone", "Mars/Olympus"], "no such time zone"),
        (["visit.mcap", "--timezone", "../../etc/passwd"], "no such time zone"),
        (["visit.mcap", "--speed", "nan"], "speed of nan"),
        (["broken.mcap"], "broken.mcap"),
    ],
)
def test_what_is_wrong_with_a_source_is_said_in_a_line(
    tillfree: Run, tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_mcap(Path("visit.mcap"), simulate(demo_shop(1), SimulationOptions(seed=1, takes=1.0)))
    Path("broken.mcap").write_bytes(b"not a recording")
    ran = tillfree("serve", "--data", data, "--port", "0", *arguments)
    assert ran.code == 2
    assert message in ran.err
    assert ran.err.count("\n") == 1


def test_a_recording_is_played_into_the_console_and_remembered(tmp_path: Path, data: Path) -> None:
    recording = simulate(demo_shop(1), SimulationOptions(shoppers=2, seed=3, takes=2.0))
    path = tmp_path / "visit.mcap"
    write_mcap(path, recording)
    with running("serve", str(path), "--data", str(data), "--port", "0", "--speed", "1000") as (process, address):
        assert httpx2.get(address + "/").headers["location"] == "/sign-in?to=/"
        assert first_page(address) == 200
        with Database.open(data) as database:
            until(lambda: database.count_visits(VisitQuery()) == 2)
        process.send_signal(signal.SIGTERM)
        process.wait(20)
    with Database.open(data) as database:
        assert database.count_visits(VisitQuery()) == 2


def test_a_live_shop_tells_its_events_on_standard_input(tmp_path: Path, data: Path) -> None:
    recording = simulate(demo_shop(1), SimulationOptions(shoppers=1, seed=3, takes=2.0))
    shop = tmp_path / "shop.json"
    shop.write_bytes(encode_shop(recording.shop))
    events = tmp_path / "events.jsonl"
    with events.open("wb") as file:
        file.write(b"this is no event\n\n")
        file.writelines(encode_event(event) + b"\n" for event in recording.events())
    with (
        events.open("rb") as stream,
        running("serve", str(shop), "--data", str(data), "--port", "0", stdin=stream) as (_, address),
    ):
        assert first_page(address) == 200
        with Database.open(data) as database:
            until(lambda: database.count_visits(VisitQuery()) == 1)
