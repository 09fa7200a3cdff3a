"""A console on a simulated shop, clients signed in by role, and a real browser."""

import dataclasses
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.testclient import TestClient

from chromium import find_chromium
from tillfree.catalog.model import Shop
from tillfree.simulation.breakage import SimulatedBreaker
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import simulate
from tillfree.storage.database.database import Database
from tillfree.storage.database.records import VisitRecord
from tillfree.storage.database.staff import ROLES
from tillfree.store.running.running import RunningStore
from tillfree.store.running.sources import RecordingSource
from tillfree.web.app import make_app
from tillfree.web.console import Console
from tillfree.web.scoreboard import Scoreboard

__all__ = ["PASSWORD", "OwnServer", "console_on", "wait_until_ended"]

PASSWORD = "correct horse battery"
OPTIONS = SimulationOptions(shoppers=7, seed=8, awkward=0.6, takes=3.0)
"""A short simulation of which some visits are charged and some go to review."""


@contextmanager
def console_on(
    options: SimulationOptions = OPTIONS,
    *,
    shop: Shop | None = None,
    speed: float = float("inf"),
    demo: bool = False,
    where: Path | str = ":memory:",
) -> Iterator[Console]:
    """A console over a store that plays a simulation, with one user per role."""
    recording = simulate(shop or demo_shop(2), options)
    with Database.open(where) as database:
        board = Scoreboard()

        def on_visit(record: VisitRecord) -> None:
            database.add_visit(record)
            board.add(record)

        store = RunningStore(
            RecordingSource(recording),
            store_name="Corner shop",
            speed=speed,
            on_visit=on_visit,
            breaker=SimulatedBreaker(recording.shop) if demo else None,
        )
        store.set_counts(dict.fromkeys(range(len(recording.shop.facings)), (6, 8, options.start_ns)))
        if not demo:
            for role in ROLES:
                database.add_user(role, PASSWORD, role)
        store.start()
        try:
            yield Console(store, database, demo=demo, scoreboard=board)
        finally:
            store.stop()


def wait_until_ended(store: RunningStore, seconds: float = 60.0) -> None:
    """Until the recording is over; fails if that takes too long."""
    ticker = threading.Event()
    for _ in range(int(seconds * 50)):
        if store.snapshot().state in ("ended", "failed"):
            assert store.error == ""
            return
        ticker.wait(0.02)
    pytest.fail(f"the store is still {store.snapshot().state!r} after {seconds} s")


@pytest.fixture(scope="module")
def console() -> Iterator[Console]:
    """A console whose recording has been played to its end; shared by the tests of a module."""
    with console_on() as made:
        wait_until_ended(made.store)
        yield made


@pytest.fixture(scope="module")
def client_as(console: Console) -> Iterator[Callable[[str], TestClient]]:
    """Clients that are signed in as somebody of a role; `""` is not signed in."""
    with ExitStack() as stack:
        made: dict[str, TestClient] = {}

        def client(role: str) -> TestClient:
            if role not in made:
                made[role] = stack.enter_context(
                    TestClient(
                        make_app(console),
                        base_url="http://127.0.0.1",
                        follow_redirects=False,
                        headers={"sec-fetch-site": "same-origin"},
                    )
                )
                if role:
                    answer = made[role].post("/sign-in", data={"name": role, "password": PASSWORD})
                    assert answer.status_code == 303, answer.text
            return made[role]

        yield client


@dataclasses.dataclass
class OwnServer:
    """A console on a port of this machine."""

    console: Console
    address: str


@contextmanager
def served(console: Console) -> Iterator[OwnServer]:
    """The console, answering a real browser."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(make_app(console), ws="websockets-sansio", log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield OwnServer(console, f"http://127.0.0.1:{listening.getsockname()[1]}")
    finally:
        server.should_exit = True
        thread.join(10.0)
        listening.close()


@pytest.fixture(scope="module")
def server() -> Iterator[OwnServer]:
    """A demo console, its recording played at its pace, on a port."""
    with console_on(demo=True, speed=4.0) as made, served(made) as found:
        yield found


@pytest.fixture(scope="session")
def launch() -> Iterator[Callable[..., Browser]]:
    """Starts a headless Chromium with further arguments; skips where there is none."""
    program = find_chromium()
    if program is None:
        pytest.skip("no chromium, chromium-browser or google-chrome on the path (Debian: apt install chromium)")
    with sync_playwright() as playwright:

        def launched(*arguments: str) -> Browser:
            usual = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
            return playwright.chromium.launch(executable_path=str(program), args=[*usual, *arguments])

        yield launched


@pytest.fixture(scope="session")
def chromium(launch: Callable[..., Browser]) -> Iterator[Browser]:
    """A headless Chromium; skips where there is none."""
    browser = launch()
    yield browser
    browser.close()


@pytest.fixture
def browser_page(chromium: Browser) -> Iterator[Page]:
    """A page of a fresh profile, 1280 px wide; what goes wrong in its scripts fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    yield page
    context.close()
    assert not wrong, wrong
