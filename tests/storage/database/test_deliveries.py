"""E-mails to be sent: put down once, tried again, and without an address as soon as they are over."""

from pathlib import Path

import pytest

from tillfree.core.ids import TripId
from tillfree.storage.database.database import Database
from tillfree.storage.database.money.deliveries import Delivery, DeliveryStatus

NOW = 1_800_000_000_000_000_000


def delivery(key: str = "receipt-1", **change: object) -> Delivery:
    values: dict[str, object] = {
        "key": key, "trip": TripId("trip-1"), "kind": "receipt", "address": "shopper@example.org", "language": "de",
        "next_ns": NOW, "made_ns": NOW,
    }  # fmt: skip
    return Delivery(**(values | change))  # type: ignore[arg-type]


def test_a_key_is_put_down_once() -> None:
    with Database.open(":memory:") as database:
        assert database.add_delivery(delivery())
        assert not database.add_delivery(delivery(address="other@example.org"))
        (kept,) = database.due_deliveries(NOW)
        assert kept.address == "shopper@example.org"


def test_what_waits_longest_is_first_and_what_is_not_due_is_not_there() -> None:
    with Database.open(":memory:") as database:
        for key, next_ns in (("b", NOW), ("a", NOW - 5), ("c", NOW + 1)):
            database.add_delivery(delivery(key, next_ns=next_ns))
        assert [one.key for one in database.due_deliveries(NOW)] == ["a", "b"]
        assert [one.key for one in database.due_deliveries(NOW, 1)] == ["a"]


def test_a_try_that_failed_waits_and_is_counted() -> None:
    with Database.open(":memory:") as database:
        database.add_delivery(delivery())
        (kept,) = database.due_deliveries(NOW)
        database.try_again(kept.number, NOW + 60, "the server is not there")
        assert database.due_deliveries(NOW + 59) == []
        (kept,) = database.due_deliveries(NOW + 60)
        assert (kept.tries, kept.problem) == (1, "the server is not there")


@pytest.mark.parametrize("status", ["sent", "refused", "given up"])
def test_the_address_is_erased_at_the_end_also_in_the_file(tmp_path: Path, status: DeliveryStatus) -> None:
    with Database.open(tmp_path / "store") as database:
        database.add_delivery(delivery())
        (kept,) = database.due_deliveries(NOW)
        database.end_delivery(kept.number, status, NOW + 1, "why")
        assert database.due_deliveries(NOW * 2) == []
        (ended,) = database.deliveries_of(TripId("trip-1"))
        assert (ended.status, ended.address, ended.done_ns, ended.problem) == (status, "", NOW + 1, "why")
        database._empty_journal()
        raw = b"".join(path.read_bytes() for path in (tmp_path / "store").iterdir())
    assert b"trip-1" in raw
    assert b"shopper@example.org" not in raw


def test_old_ones_are_forgotten_whatever_became_of_them() -> None:
    with Database.open(":memory:") as database:
        database.add_delivery(delivery("old", made_ns=NOW - 10))
        database.add_delivery(delivery("new"))
        assert database.erase_deliveries(NOW) == 1
        assert [one.key for one in database.due_deliveries(NOW)] == ["new"]
