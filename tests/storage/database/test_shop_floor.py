"""Shop versions, stock counts, gains of plates, minutes and alerts."""

import math

import msgspec
import pytest

from tests.commerce.shops import SHOP
from tests.storage.database.made import HOSTILE
from tillfree.catalog.errors import CatalogError
from tillfree.catalog.model import Product
from tillfree.core.ids import FixtureId, PlateRef, ProductId
from tillfree.storage.database.calibrations import GainEntry
from tillfree.storage.database.database import Database
from tillfree.storage.database.errors import DatabaseError
from tillfree.storage.database.records import Minute
from tillfree.storage.database.shops import ShopEntry
from tillfree.storage.database.stock import StockCount

PLATE = PlateRef(FixtureId("3"), 2, 1)


def test_the_version_of_a_moment_also_where_a_clock_was_set_back(database: Database) -> None:
    assert database.shop_at(10) is None
    for time_ns in (5, 9, 7):
        database.save_shop(SHOP, "ann", str(time_ns), time_ns)
    found = [database.shop_at(time_ns) for time_ns in (0, 5, 6, 7, 9, 20)]
    assert [None if one is None else one.note for one in found] == ["5", "5", "5", "7", "7", "7"]
    assert database.shop_at(20) is database.shop_at(7)


def test_the_latest_shop_is_in_force_and_the_others_stay(database: Database) -> None:
    assert database.latest_shop() is None
    cheaper = msgspec.structs.replace(SHOP, products=SHOP.products[:1])
    assert database.save_shop(SHOP, "ann", "first", 5) == 1
    assert database.save_shop(cheaper, "bob", "fewer products", 4) == 2
    latest, first = database.latest_shop(), database.shop_version(1)
    assert latest is not None
    assert first is not None
    assert (latest.number, latest.shop, latest.by, latest.note, latest.time_ns) == (
        2,
        cheaper,
        "bob",
        "fewer products",
        4,
    )
    assert first.shop == SHOP
    assert database.shop_version(3) is None
    assert database.shop_versions() == [
        ShopEntry(number=2, time_ns=4, by="bob", note="fewer products", products=1, facings=0),
        ShopEntry(number=1, time_ns=5, by="ann", note="first", products=7, facings=0),
    ]
    assert len(database.shop_versions(limit=1)) == 1


def test_a_shop_that_contradicts_itself_is_not_kept(database: Database) -> None:
    twice = (Product(ProductId("tea"), "Tea"), Product(ProductId("tea"), "Tea"))
    with pytest.raises(CatalogError):
        database.save_shop(msgspec.structs.replace(SHOP, products=twice), "ann", "", 5)
    assert database.latest_shop() is None


def test_the_newest_count_of_each_facing(database: Database) -> None:
    assert database.counts() == {}
    database.save_count("b/1/1/tea", 5, 12, "ann", 10)
    database.save_count("a/1/1/milk", 0, None, "ann", 11)
    database.save_count("b/1/1/tea", 4, 12, "bob", 9)
    newest = StockCount(key="b/1/1/tea", count=4, par=12, by="bob", time_ns=9)
    other = StockCount(key="a/1/1/milk", count=0, par=None, by="ann", time_ns=11)
    assert list(database.counts().items()) == [("a/1/1/milk", other), ("b/1/1/tea", newest)]
    assert [count.count for count in database.count_history("b/1/1/tea")] == [4, 5]
    assert database.count_history("c") == []


@pytest.mark.parametrize(("count", "par"), [(-1, 5), (5, -1)])
def test_fewer_than_none_cannot_be_counted(database: Database, count: int, par: int) -> None:
    with pytest.raises(DatabaseError, match="count 0 or more"):
        database.save_count("k", count, par, "ann", 1)
    assert database.counts() == {}


def test_the_newest_gain_of_each_plate(database: Database) -> None:
    other = PlateRef(FixtureId("3"), 2, 2)
    database.save_gain(PLATE, 1.02, 500.0, 490.2, "ann", 10)
    database.save_gain(other, 0.5, 500.0, 1000.0, "ann", 11)
    database.save_gain(PLATE, 1.01, 500.0, 495.0, "bob", 9)
    assert database.gains() == {PLATE: 1.01, other: 0.5}
    assert database.gain_history(PLATE) == [
        GainEntry(gain=1.01, known_g=500.0, measured_g=495.0, by="bob", time_ns=9),
        GainEntry(gain=1.02, known_g=500.0, measured_g=490.2, by="ann", time_ns=10),
    ]


@pytest.mark.parametrize("gain", [0.0, -1.0, math.nan, math.inf])
def test_a_gain_that_cannot_be(database: Database, gain: float) -> None:
    with pytest.raises(DatabaseError, match=r"plate 3/2/1: .*weigh the plate again"):
        database.save_gain(PLATE, gain, 500.0, 490.0, "ann", 1)
    assert database.gains() == {}


def test_minutes_come_back_in_order(database: Database) -> None:
    full = Minute(
        begin_ns=60, entries=2, exits=1, occupancy_mean=1.5, occupancy_max=3, door_wait_s=2.25,
        reaches={FixtureId("3"): 4}, dwell_s={FixtureId("3"): 12.5}, cells={-50_000_000: 1.5, 10_001: 2.0},
    )  # fmt: skip
    database.add_minute(full)
    database.add_minute(Minute(begin_ns=0))
    assert database.minutes(0, 61) == [Minute(begin_ns=0), full]
    assert database.minutes(0, 60) == [Minute(begin_ns=0)]
    assert database.minutes(61, 1000) == []


def test_a_minute_again_takes_the_place_of_the_first(database: Database) -> None:
    database.add_minute(Minute(begin_ns=60, entries=1))
    database.add_minute(Minute(begin_ns=60, entries=2))
    assert database.minutes(0, 100) == [Minute(begin_ns=60, entries=2)]


def test_alerts_are_seen_until_their_cause_is_gone(database: Database) -> None:
    database.acknowledge("out/tea", "ann", 1)
    database.acknowledge("out/tea", "bob", 2)
    database.acknowledge("device/scales/3", "bob", 2)
    assert database.acknowledged() == {"out/tea", "device/scales/3"}
    database.withdraw_acknowledgement("out/tea")
    database.withdraw_acknowledgement("never seen")
    assert database.acknowledged() == {"device/scales/3"}


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_only_text(database: Database, text: str) -> None:
    database.save_count(text, 1, 2, text, 1)
    assert database.count_history(text) == [StockCount(key=text, count=1, par=2, by=text, time_ns=1)]
    plate = PlateRef(FixtureId(text), 1, 1)
    database.save_gain(plate, 1.5, 1.0, 1.0, text, 1)
    assert (database.gains(), database.gain_history(plate)[0].by) == ({plate: 1.5}, text)
    database.acknowledge(text, text, 1)
    assert database.acknowledged() == {text}
    number = database.save_shop(SHOP, text, text, 1)
    assert [(entry.number, entry.by, entry.note) for entry in database.shop_versions()] == [(number, text, text)]
