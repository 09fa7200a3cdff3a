"""A console with trips, payments and disputes, and clients with keys."""

import dataclasses
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from starlette.testclient import TestClient

from tests.store.till.counters import Bank, Clock, make_till, walk
from tests.web.conftest import console_on, wait_until_ended
from tillfree.commerce.disputes import Claim
from tillfree.store.entry.desk import EntryDesk
from tillfree.store.receipts.desk import ReceiptDesk
from tillfree.store.settings import StoreSettings
from tillfree.web.api.scopes import SCOPES
from tillfree.web.app import make_app
from tillfree.web.console import Console

__all__ = ["Paying", "client_of", "paying_console"]


@dataclasses.dataclass
class Paying:
    """A console where people pay; `trips` are those of shoppers who bought something."""

    console: Console
    bank: Bank
    clock: Clock
    trips: list[str]


@contextmanager
def paying_console() -> Iterator[Paying]:
    """Three shoppers have paid, one of them disputes a line."""
    with console_on() as console:
        wait_until_ended(console.store)
        clock, bank = Clock(), Bank()
        till = make_till(console.database, bank, clock)
        console.till = till
        console.now_ns = clock
        console.desk = EntryDesk(console.database, StoreSettings(), till, clock)
        console.receipts = ReceiptDesk(console.database, StoreSettings(), till, clock, book=console.database)
        trips = [walk(till, clock, f"trip{number}", {"tea": number, "milk": 1}) for number in (1, 2, 3)]
        shown = console.receipts.receipt_of_trip(trips[0])
        assert shown is not None
        console.receipts.dispute(shown, Claim(line=0, reason="damaged", really=1))
        try:
            yield Paying(console, bank, clock, [str(trip) for trip in trips])
        finally:
            till.close()


@pytest.fixture(scope="module")
def paying() -> Iterator[Paying]:
    """One for all tests of a module; those that change much make their own."""
    with paying_console() as made:
        yield made


def client_of(console: Console, *scopes: str, per_minute: int = 1_000_000) -> TestClient:
    """A client with a key of these scopes; of none, with all."""
    made = console.database.add_api_key(
        "test", scopes or tuple(SCOPES), "nobody", console.now_ns(), per_minute=per_minute
    )
    return TestClient(
        make_app(console),
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
