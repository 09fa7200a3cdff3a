"""A console with trips, payments and disputes, and clients with keys."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from tests.store.palms.stand_in import ALL, make_desk
from tests.store.till.counters import Bank, Clock, make_till, walk
from tests.web.conftest import OPTIONS, console_on, wait_until_ended
from tillfree.commerce.disputes import Claim
from tillfree.simulation.options import SimulationOptions
from tillfree.store.entry.desk import EntryDesk
from tillfree.store.palms.notice import notices_of_store
from tillfree.store.palms.notice_settings import StationSettings
from tillfree.store.palms.settings import PalmSettings
from tillfree.store.receipts.desk import ReceiptDesk
from tillfree.store.settings import StoreSettings
from tillfree.web.api.scopes import SCOPES
from tillfree.web.app import make_app
from tillfree.web.console import Console

__all__ = ["SHORT", "Paying", "app_of", "client_of", "paying_console"]


SHORT = SimulationOptions(shoppers=1, seed=8, takes=1.0)
"""For tests to which visits do not matter."""


@dataclasses.dataclass
class Paying:
    """A console where people pay; `trips` are those of shoppers who bought something."""

    console: Console
    bank: Bank
    clock: Clock
    trips: list[str]


@contextmanager
def paying_console(options: SimulationOptions = OPTIONS, where: Path | str = ":memory:") -> Iterator[Paying]:
    """Three shoppers have paid, one of them disputes a line."""
    with console_on(options, where=where) as console:
        wait_until_ended(console.store)
        clock, bank = Clock(), Bank()
        till = make_till(console.database, bank, clock)
        console.till = till
        console.now_ns = clock
        console.desk = EntryDesk(console.database, StoreSettings(), till, clock)
        settings = PalmSettings(may=ALL, station=StationSettings(home=True))
        console.palm_desk = make_desk(settings=settings, clock=clock)
        console.palm_notices = notices_of_store(settings, "Corner shop")
        console.receipts = ReceiptDesk(console.database, StoreSettings(), till, clock, book=console.database)
        trips = [walk(till, clock, f"trip{number}", {"tea": number, "milk": 1}) for number in (1, 2, 3)]
        shown = console.receipts.receipt_of_trip(trips[0])
        assert shown is not None
        console.receipts.dispute(shown, Claim(line=0, reason="damaged", really=1))
        try:
            yield Paying(console, bank, clock, [str(trip) for trip in trips])
        finally:
            till.close()
            console.palm_desk.vault.close()
            _APPS.pop(id(console), None)


@pytest.fixture(scope="module")
def paying() -> Iterator[Paying]:
    """One for all tests of a module; those that change much make their own."""
    with paying_console() as made:
        yield made


_APPS: dict[int, tuple[Console, Starlette]] = {}


def app_of(console: Console) -> Starlette:
    """The application of a console, made once."""
    if id(console) not in _APPS:
        _APPS[id(console)] = (console, make_app(console))
    return _APPS[id(console)][1]


def client_of(console: Console, *scopes: str, per_minute: int = 1_000_000) -> TestClient:
    """A client with a key of these scopes; of none, with all."""
    made = console.database.add_api_key(
        "test", scopes or tuple(SCOPES), "nobody", console.now_ns(), per_minute=per_minute
    )
    return TestClient(
        app_of(console),
        base_url="http://127.0.0.1",
        headers={"authorization": f"Bearer {made.secret}"},
        raise_server_exceptions=False,
    )


@pytest.fixture(scope="module")
def client(paying: Paying) -> TestClient:
    """A client that may everything."""
    return client_of(paying.console)


@pytest.fixture(scope="module")
def client_with(paying: Paying) -> Callable[..., TestClient]:
    """Clients that may something."""
    return lambda *scopes, **more: client_of(paying.console, *scopes, **more)
