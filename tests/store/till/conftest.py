"""A database in memory, a bank and a clock, for whoever tests the till."""

from collections.abc import Iterator

import pytest

from tests.store.till.counters import Bank, Clock
from tillfree.storage.database.database import IN_MEMORY, Database


@pytest.fixture
def database() -> Iterator[Database]:
    with Database.open(IN_MEMORY) as opened:
        yield opened


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
def clock() -> Clock:
    return Clock()
