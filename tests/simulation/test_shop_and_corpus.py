"""The demo shop, the options, the corpus, and the folder that other tools read."""

import collections
from pathlib import Path

import numpy as np
import pytest

from tests.simulation.scenes import busy, busy_events, frames, small_shop
from tillfree.catalog.barcodes import CodeKind, classify_barcode
from tillfree.catalog.model import Shop
from tillfree.core.events import PeopleFrame, WeightBatch
from tillfree.core.geometry import Point
from tillfree.simulation.autocheckout_folder import write_autocheckout
from tillfree.simulation.corpus import corpus_recordings, write_corpus
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.errors import SimulationError
from tillfree.simulation.furniture import Furniture
from tillfree.simulation.options import ActRates, SimulationOptions
from tillfree.simulation.recording import simulate
from tillfree.simulation.stock import Stock
from tillfree.storage.importers.autocheckout import AutoCheckoutRecording
from tillfree.storage.recordings.mcap_file import McapRecording


def plates_of(shop: Shop) -> int:
    return sum(len(shelf.plates) for fixture in shop.fixtures for shelf in fixture.shelves)


def test_demo_products_are_sound() -> None:
    shop = demo_shop(8)
    assert len({product.id for product in shop.products}) == len(shop.products)
    for product in shop.products:
        assert classify_barcode(product.id).kind is CodeKind.GTIN_12
        assert product.weight_g is not None
        assert 25.0 <= product.weight_g <= 1600.0
        assert product.price_minor is not None
        assert 0 < product.price_minor < 3000
    weights = sorted(product.weight_g or 0.0 for product in shop.products)
    assert weights[0] < 60.0
    assert weights[-1] > 900.0


@pytest.mark.parametrize(("fixtures", "plates"), [(1, 54), (4, 252), (70, 3780)])
def test_every_plate_of_a_demo_shop_has_one_facing(fixtures: int, plates: int) -> None:
    shop = demo_shop(fixtures, plates=(9,) if fixtures != 4 else (12, 9, 12, 9))
    assert plates_of(shop) == plates
    claimed = collections.Counter((f.fixture, f.shelf, plate) for f in shop.facings for plate in f.plates)
    assert set(claimed.values()) == {1}
    assert len(claimed) == plates


def test_a_demo_shop_can_be_large_and_its_furniture_does_not_overlap() -> None:
    shop = demo_shop(76, plates=(12,))
    assert plates_of(shop) > 5000
    for fixture in shop.fixtures:
        inside = fixture.box.pose.to_parent(Point(0.5, 0.2, 1.0))
        assert [other.id for other in shop.fixtures if other.box.contains(inside)] == [fixture.id]


def test_nobody_walks_through_furniture_in_a_shop_of_several_aisles() -> None:
    shop = demo_shop(12, plates=(9,))
    recording = simulate(shop, SimulationOptions(shoppers=6, seed=3, awkward=0.5))
    assert len({act.fixture for act in recording.truth.acts}) > 5
    necks = [(j.x, j.y) for f in frames(recording.events()) for p in f.people for j in p.joints if j.name == "neck"]
    for x, y in necks[::5]:
        assert not any(fixture.box.contains(Point(x, y, 1.0), margin_m=-0.05) for fixture in shop.fixtures), (x, y)


@pytest.mark.parametrize("arguments", [{"fixtures": 0}, {"plates": ()}, {"shelves": 9}, {"plates": (3,)}])
def test_an_impossible_demo_shop_is_refused(arguments: dict[str, int]) -> None:
    with pytest.raises(SimulationError):
        demo_shop(**arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("option", "value"),
    [("awkward", 1.5), ("shoppers", -1), ("occlusion", -0.1), ("takes", float("nan")), ("seed", -1), ("skew_s", 60.0)],
)
def test_options_out_of_bounds_are_refused(option: str, value: float) -> None:
    with pytest.raises(SimulationError, match=option):
        SimulationOptions(**{option: value})  # type: ignore[arg-type]


def test_negative_rates_are_refused() -> None:
    with pytest.raises(SimulationError, match="swap"):
        SimulationOptions(rates=ActRates(swap=-1.0))


def test_a_shop_without_anything_to_take_is_refused() -> None:
    shop = small_shop()
    empty = Shop("empty", shop.products, shop.fixtures, ())
    with pytest.raises(SimulationError, match="empty"):
        simulate(empty, SimulationOptions())


def test_real_shops_can_be_simulated(shared_data: Path) -> None:
    shop = AutoCheckoutRecording(shared_data / "autocheckout" / "benchmark-1").shop
    recording = simulate(shop, SimulationOptions(shoppers=4, seed=1, awkward=0.5))
    assert len(recording.truth.acts) > 8
    assert sum(isinstance(event, WeightBatch) for event in recording.events()) > 5 * 100


def test_what_was_put_down_can_be_taken_later_but_not_before() -> None:
    furniture = Furniture(small_shop())
    place = furniture.places[0]
    for seed in range(8):
        stock = Stock(furniture, np.random.default_rng(seed))
        item = stock.front(furniture.places[-1], 0.0)
        stock.put(item, place, 10.0)
        assert stock.front(place, 9.0) is not item
        assert any(stock.front(place, 11.0) is item for _ in range(20))
        assert not any(stock.front(place, 12.0) is item for _ in range(20))


# ---- corpus -----------------------------------------------------------------------------------------------------


def test_the_corpus_shows_each_family_of_acts() -> None:
    kinds = {r.name: collections.Counter(act.kind for act in r.truth.acts) for r in corpus_recordings()}
    assert set(kinds["takes"]) == {"take"}
    assert kinds["put-backs"]["put"] >= 2
    assert kinds["hand-overs"]["give"] >= 2
    assert kinds["touches-and-lifts"]["touch"] >= 2
    assert kinds["touches-and-lifts"]["lift"] >= 1
    assert kinds["swaps"]["put"] >= 2
    acts = {r.name: r.truth.acts for r in corpus_recordings()}
    assert min(np.diff([act.time_ns for act in acts["several-at-once"]])) < 0.1e9
    pairs = zip(acts["together"], acts["together"][1:], strict=False)
    assert any(a.product == b.product and a.track != b.track and b.time_ns - a.time_ns < 0.5e9 for a, b in pairs)
    assert all(r.duration_ns() < 60e9 for r in corpus_recordings())


def test_the_corpus_can_be_written(tmp_path: Path) -> None:
    paths = write_corpus(tmp_path)
    assert len(paths) == len(list(corpus_recordings()))
    first = next(corpus_recordings())
    read = McapRecording(paths[0])
    assert list(read.events()) == list(first.events())
    assert read.truth == first.truth


# ---- folder -----------------------------------------------------------------------------------------------------


def test_a_folder_is_read_back_as_what_was_written(tmp_path: Path) -> None:
    write_autocheckout(busy(), tmp_path / "visit")
    read = AutoCheckoutRecording(tmp_path / "visit")
    assert read.truth is not None
    assert read.truth.synthetic
    assert read.truth.receipts == busy().truth.receipts
    assert [(a.kind, a.product, a.plates) for a in read.truth.acts] == [
        (a.kind, a.product, a.plates) for a in busy().truth.acts
    ]
    assert {p.id: p.weight_g for p in read.shop.products} == {p.id: p.weight_g for p in small_shop().products}
    for ref, centre in read.shop.plate_centres().items():
        assert centre.distance_m(small_shop().plate_centres()[ref]) < 1e-3
    events = list(read.events())
    assert len(events) == len(busy_events())
    for kind in (WeightBatch, PeopleFrame):
        before = [e for e in busy_events() if isinstance(e, kind)]
        after = [e for e in events if isinstance(e, kind)]
        for one, other in zip(before, after, strict=True):
            assert abs(one.time_ns - other.time_ns) < 2000
            if isinstance(one, WeightBatch) and isinstance(other, WeightBatch):
                assert one.values == other.values
            if isinstance(one, PeopleFrame) and isinstance(other, PeopleFrame):
                assert [p.track for p in one.people] == [p.track for p in other.people]
                for a, b in zip(one.people, other.people, strict=True):
                    assert [j.name for j in a.joints] == [j.name for j in b.joints]
                    assert np.allclose([j.x for j in a.joints], [j.x for j in b.joints], atol=1e-5)
    assert read.warnings == {}


def test_a_folder_that_holds_something_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious", encoding="utf-8")
    with pytest.raises(SimulationError, match="not empty"):
        write_autocheckout(busy(), tmp_path)
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(SimulationError):
        write_autocheckout(busy(), tmp_path / "file")
