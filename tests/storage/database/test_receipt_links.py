"""Secret links: what is kept of them leads nowhere, and they end."""

import sqlite3
from pathlib import Path

from tillfree.core.ids import TripId
from tillfree.storage.database.database import FILE_NAME, Database

NOW, DAY = 1_800_000_000_000_000_000, 86_400 * 10**9
TRIP = TripId("trip-1")


def test_a_secret_leads_to_its_receipt_until_its_time_is_over() -> None:
    with Database.open(":memory:") as database:
        secret = database.add_receipt_link(TRIP, NOW, NOW + DAY)
        found = database.receipt_link(secret, NOW + DAY - 1)
        assert found is not None
        assert (found.trip, found.until_ns) == (TRIP, NOW + DAY)
        assert database.receipt_link(secret, NOW + DAY) is None


def test_no_secret_stands_in_the_file(tmp_path: Path) -> None:
    with Database.open(tmp_path / "store") as database:
        secrets = [database.add_receipt_link(TRIP, NOW, NOW + DAY) for _ in range(5)]
    raw = b"".join(path.read_bytes() for path in (tmp_path / "store").iterdir())
    assert TRIP.encode() in raw
    for secret in secrets:
        assert secret.encode() not in raw


def test_secrets_are_long_random_and_fit_an_address() -> None:
    with Database.open(":memory:") as database:
        secrets = {database.add_receipt_link(TRIP, NOW, NOW + DAY) for _ in range(200)}
    assert len(secrets) == 200
    for secret in secrets:
        assert len(secret) * 6 >= 128
        assert secret.replace("-", "").replace("_", "").isalnum()
        assert secret.isascii()


def test_what_is_no_secret_leads_nowhere() -> None:
    with Database.open(":memory:") as database:
        secret = database.add_receipt_link(TRIP, NOW, NOW + DAY)
        for wrong in ("", secret[:-1], secret + "A", secret.swapcase(), "x" * 100_000, "\ud800", "\0", "' OR 1=1 --"):
            assert database.receipt_link(wrong, NOW) is None


def test_ended_links_are_erased(tmp_path: Path) -> None:
    with Database.open(tmp_path / "store") as database:
        database.add_receipt_link(TRIP, NOW, NOW + DAY)
        kept = database.add_receipt_link(TRIP, NOW, NOW + 2 * DAY)
        assert database.erase_receipt_links(NOW + DAY) == 1
        assert database.receipt_link(kept, NOW + DAY) is not None
    with sqlite3.connect(tmp_path / "store" / FILE_NAME) as raw:
        assert raw.execute("SELECT count(*) FROM receipt_links").fetchone() == (1,)
    raw.close()
