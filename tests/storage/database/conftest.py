"""A database in memory, and one in a file."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tillfree.storage.database.database import IN_MEMORY, Database


@pytest.fixture(params=["memory", "file"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database."""
    with Database.open(IN_MEMORY if request.param == "memory" else tmp_path / "data") as opened:
        yield opened


@pytest.fixture
def filed(tmp_path: Path) -> Iterator[Database]:
    """An empty database in the folder `tmp_path / "data"`."""
    with Database.open(tmp_path / "data") as opened:
        yield opened
