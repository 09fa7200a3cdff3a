"""Files of sales: whole or not there, every line once, what stands twice is marked, an order may go on in the next."""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.store.retailer.staging import SHOP, World, retailer_settings
from tillfree.commerce.pricing import Pricing, Sale
from tillfree.commerce.receipt import Receipt
from tillfree.commerce.trips import Trip
from tillfree.core.events import CartLine
from tillfree.core.ids import ProductId
from tillfree.core.money import Money
from tillfree.store.retailer.sales_files import COLUMNS, CONSUMER, SalesFiles


def world_with(folder: Path, **values: object) -> World:
    return World(retailer_settings(sales_folder=str(folder), charges="tillfree", **values))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = world_with(tmp_path)
    yield made
    made.close()


def files_of(world: World) -> SalesFiles:
    return SalesFiles(world.database, world.database, world.settings.retailer, world.clock)


def receipt_for(world: World, trip: Trip, *lines: tuple[str, int]) -> Receipt:
    cart = tuple(CartLine(ProductId(product), count, 1.0) for product, count in lines)
    sale = Sale(visit=trip.visits[0], time_ns=world.now_ns, lines=cart, probability=1.0)
    return Pricing(SHOP, world.settings.commerce).receipt(sale)


def sold(world: World, *lines: tuple[str, int]) -> Trip:
    trip = world.shopped()
    world.till.checkout(trip.id, receipt_for(world, trip, *lines))
    world.till.tick()
    world.till.tick()
    found = world.trip(trip)
    assert found.status == "settled"
    return found


def rows(folder: Path) -> list[dict[str, str]]:
    found = []
    for path in sorted(folder.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            found += list(csv.DictReader(file))
    return found


def test_each_line_stands_once_and_refunds_below_nothing(world: World, tmp_path: Path) -> None:
    files = files_of(world)
    trip = sold(world, ("1001", 2), ("1002", 1))
    assert len(files.write()) == 1
    world.till.refund(trip.id, Money(199, "USD"), key="r-1", reason="OTHER", by="mia")
    world.till.tick()
    world.till.tick()
    assert len(files.write()) == 1
    assert files.write() == []
    found = rows(tmp_path)
    assert tuple(found[0]) == COLUMNS
    assert [(row["kind"], row["product"], row["quantity"], row["amount"]) for row in found] == [
        ("sale", "1001", "2", "5.00"), ("sale", "1002", "1", "1.99"), ("refund", "", "", "-1.99"),
    ]  # fmt: skip
    assert {row["duplicate"] for row in found} == {"no"}
    assert {row["receipt_total"] for row in found if row["kind"] == "sale"} == {"6.99"}
    assert len({row["row_id"] for row in found}) == 3


def test_it_writes_when_it_is_time_only(world: World, tmp_path: Path) -> None:
    files = files_of(world)
    sold(world, ("1001", 1))
    files.tick()
    assert rows(tmp_path) == []
    world.pass_time(61)
    files.tick()
    assert len(rows(tmp_path)) == 1


def test_an_order_may_go_on_in_the_next_file(tmp_path: Path) -> None:
    world = world_with(tmp_path, sales_rows_max=2)
    sold(world, ("1001", 1), ("1002", 1))
    sold(world, ("1001", 1))
    sold(world, ("1001", 3), ("1002", 4))
    written = files_of(world).write()
    assert len(written) == 3
    assert [path.read_text(encoding="utf-8").count("\n") - 1 for path in written] == [2, 2, 1]
    assert [row["quantity"] for row in rows(tmp_path)] == ["1", "1", "1", "3", "4"]
    world.close()


def test_what_was_written_before_a_crash_is_marked(world: World, tmp_path: Path) -> None:
    sold(world, ("1001", 1))
    files_of(world).write()
    world.database.set_cursor(CONSUMER, 0)  # the file was there, the cursor was not yet
    sold(world, ("1002", 1))
    world.pass_time(1)
    files_of(world).write()
    found = rows(tmp_path)
    assert [(row["product"], row["duplicate"]) for row in found] == [("1001", "no"), ("1001", "yes"), ("1002", "no")]
    assert found[0]["row_id"] == found[1]["row_id"]


def test_a_folder_that_cannot_be_written_loses_nothing(world: World, tmp_path: Path) -> None:
    sold(world, ("1001", 1))
    moved = tmp_path.rename(tmp_path.with_name("elsewhere"))
    assert files_of(world).write() == []
    moved.rename(tmp_path)
    assert len(files_of(world).write()) == 1
    assert len(rows(tmp_path)) == 1
    assert [path.suffix for path in tmp_path.iterdir()] == [".csv"]
