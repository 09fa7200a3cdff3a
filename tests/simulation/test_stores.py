"""The simulated stores by name: sound planograms, room to walk, and cameras that see every facing."""

import collections
import functools
import itertools
import math

import numpy as np
import numpy.typing as npt
import pytest

from tillfree.catalog.barcodes import CodeKind, classify_barcode
from tillfree.catalog.cameras import Camera, pixel_of
from tillfree.catalog.model import Facing, Fixture, Shelf, Shop
from tillfree.catalog.shop_file import encode_shop, shop_problems
from tillfree.core.geometry import Point
from tillfree.core.ids import ShelfRef
from tillfree.simulation.errors import SimulationError
from tillfree.simulation.furniture import Furniture, ShelfPlace
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import simulate
from tillfree.simulation.stores.named import STORES, StoreSize, size_of, store_of

CASES = [(name, seed) for name in STORES for seed in ((0, 1) if name == "grocery" else (0, 1, 2, 3, 4))]
every_store = pytest.mark.parametrize(("name", "seed"), CASES)
each_layout = pytest.mark.parametrize("name", STORES)
Floats = npt.NDArray[np.float64]

shop_of = functools.cache(store_of)


# ---- goods ------------------------------------------------------------------------------------------------------


@every_store
def test_a_store_is_sound_and_no_two_facings_overlap(name: str, seed: int) -> None:
    shop = shop_of(name, seed)
    assert list(shop_problems(shop)) == []
    plates = collections.Counter((f.fixture, f.shelf, plate) for f in shop.facings for plate in f.plates)
    assert set(plates.values()) == {1}
    assert {facing.product for facing in shop.facings} == {product.id for product in shop.products}
    assert all(facing.plates == tuple(range(facing.plates[0], facing.plates[-1] + 1)) for facing in shop.facings)


@every_store
def test_goods_are_as_people_know_them(name: str, seed: int) -> None:
    products = shop_of(name, seed).products
    assert len({product.name for product in products}) == len(products)
    ending, step = (0, 50) if name == "kiosk" else (9, 10)
    for product in products:
        kind = classify_barcode(product.id).kind
        assert kind in (CodeKind.PLU if product.sold_by == "weight" else CodeKind.GTIN_13, CodeKind.GTIN_14), product
        assert kind is CodeKind.PLU or product.id[-12:-2].startswith("0999", 0) or "00999" in product.id
        assert product.weight_g is not None
        assert 25.0 <= product.weight_g <= 3500.0
        assert product.weight_sigma_g is not None
        assert 0.01 < product.weight_sigma_g / product.weight_g < 0.25
        assert product.price_minor is not None
        assert 0 < product.price_minor < 20_000
        assert product.price_minor % step == ending
        assert product.tax_class in ("food", "standard", "reduced", "alcohol")
        assert (product.tax_class == "alcohol") <= (product.min_age >= 16)


@every_store
def test_goods_of_nearly_equal_weight_lie_side_by_side(name: str, seed: int) -> None:
    shop = shop_of(name, seed)
    weights = {product.id: product.weight_g or 0.0 for product in shop.products}
    beside = [
        abs(weights[one.product] / weights[other.product] - 1.0)
        for one, other in itertools.pairwise(shop.facings)
        if (one.fixture, one.shelf) == (other.fixture, other.shelf) and one.product != other.product
    ]
    assert sum(apart < 0.04 for apart in beside) > 0.4 * len(beside)


def test_what_each_store_is_there_for() -> None:
    sold = {name: shop_of(name, 0).products for name in STORES}
    for name in ("convenience", "grocery"):
        assert {product.tax_class for product in sold[name]} == {"food", "standard", "reduced", "alcohol"}
        assert {product.min_age for product in sold[name]} == {0, 16, 18}
        assert any(product.rfid for product in sold[name])
        assert any(product.sold_by == "weight" for product in sold[name])
        assert any("Cigarettes" in product.name and product.min_age == 18 for product in sold[name])
    assert any(product.rfid and "Scarf" in product.name for product in sold["kiosk"])
    assert any(classify_barcode(product.id).kind is CodeKind.GTIN_14 for product in sold["grocery"])


def test_sizes() -> None:
    sizes = {name: size_of(shop_of(name, 0)) for name in STORES}
    assert (sizes["nano"].fixtures, sizes["nano"].plates, sizes["nano"].cameras) == (5, 348, 12)
    assert (sizes["convenience"].area_m2, sizes["convenience"].products) == (100.0, 2000)
    assert (sizes["grocery"].area_m2, sizes["grocery"].products) == (1000.0, 10_000)
    assert sizes["kiosk"].products < 150
    assert size_of(Shop("empty", (), (), ())) == StoreSize(0.0, 0, 0, 0, 0, 0)


@each_layout
def test_the_same_seed_gives_the_same_store_and_another_one_other_goods(name: str) -> None:
    assert encode_shop(store_of(name, 3)) == encode_shop(store_of(name, 3))
    one, other = store_of(name, 3), store_of(name, 4)
    assert one.fixtures == other.fixtures
    assert one.products != other.products


def test_an_unknown_store_is_refused() -> None:
    with pytest.raises(SimulationError, match="'corner'; choose one of nano, kiosk, convenience, grocery"):
        store_of("corner")
    with pytest.raises(SimulationError, match="seed of a store is -1"):
        store_of("nano", -1)


# ---- furniture and ways: the same for every seed, as the test above says ----------------------------------------


class Blocks:
    """The outlines of furniture, to be asked for many points at once; written apart from what finds the ways."""

    def __init__(self, fixtures: tuple[Fixture, ...]) -> None:
        self._boxes = [fixture.box for fixture in fixtures]

    def hit(self, points: Floats, margin_m: float) -> bool:
        for box in self._boxes:
            origin, yaw = box.pose.origin, box.pose.yaw_rad
            x, y = points[:, 0] - origin.x, points[:, 1] - origin.y
            along, deep = math.cos(yaw) * x + math.sin(yaw) * y, math.cos(yaw) * y - math.sin(yaw) * x
            inside = (along > -margin_m) & (along < box.width_m + margin_m)
            if (inside & (deep > -margin_m) & (deep < box.depth_m + margin_m)).any():
                return True
        return False


def sampled(points: list[tuple[float, float]]) -> Floats:
    """Points every five centimetres along a way."""
    parts = []
    for one, other in itertools.pairwise(points):
        count = max(int(math.dist(one, other) / 0.05), 1)
        parts.append(np.linspace(one, other, count + 1))
    return np.concatenate(parts) if parts else np.array(points)


def ends_of(place: ShelfPlace, facings: list[Facing]) -> tuple[float, float]:
    """Middle of the first and of the last facing of a shelf, along it."""
    middles = [float(place.edges_m[[f.plates[0] - 1, f.plates[-1] - 1]].mean()) for f in facings]
    return min(middles), max(middles)


@each_layout
def test_furniture_stands_on_the_floor_and_nothing_stands_in_anything(name: str) -> None:
    shop = shop_of(name, 0)
    (floor,) = [zone for zone in shop.zones if zone.use == "aisle"]
    for one, other in itertools.combinations(shop.fixtures, 2):
        box = one.box
        grid = [
            box.pose.to_parent(Point(x, y, 0.1))
            for x in np.linspace(0.01, box.width_m - 0.01, 5)
            for y in np.linspace(0.01, box.depth_m - 0.01, 5)
        ]
        assert not any(other.box.contains(point) for point in grid), (one.id, other.id)
    for fixture in shop.fixtures:
        x_min, x_max, y_min, y_max = fixture.box.floor_bounds()
        assert floor.x_min_m - 1e-3 <= x_min < x_max <= floor.x_max_m + 1e-3, fixture.id
        assert floor.y_min_m - 1e-3 <= y_min < y_max <= floor.y_max_m + 1e-3, fixture.id
    for door in (zone for zone in shop.zones if zone.use == "exit"):
        centre = np.array([[(door.x_min_m + door.x_max_m) / 2, (door.y_min_m + door.y_max_m) / 2]])
        assert not Blocks(shop.fixtures).hit(centre, 0.5)


@each_layout
def test_every_facing_can_be_walked_to_from_every_door_past_all_furniture(name: str) -> None:
    shop = shop_of(name, 0)
    furniture, blocks = Furniture(shop), Blocks(shop.fixtures)
    on: dict[ShelfRef, list[Facing]] = {}
    for facing in shop.facings:
        on.setdefault(ShelfRef(facing.fixture, facing.shelf), []).append(facing)
    # All shelves of a fixture stand one above the other: the outermost facings of each say where people stand.
    reach: dict[str, tuple[ShelfPlace, float, float]] = {}
    for (fixture, shelf), place in furniture.shelves.items():
        if ShelfRef(place.fixture_id, shelf) not in on:
            continue
        low, high = ends_of(place, on[ShelfRef(place.fixture_id, shelf)])
        _, low_before, high_before = reach.get(fixture, (place, math.inf, -math.inf))
        reach[fixture] = (place, min(low, low_before), max(high, high_before))
    assert len(reach) == len(shop.fixtures)
    for place, low, high in reach.values():
        for along_m in (low - 0.3, (low + high) / 2, high + 0.3):
            for lane_m in (0.92, 1.34):
                lane = place.spot(along_m, lane_m)
                last = [lane, place.spot(along_m, 0.5)]
                for door in furniture.doors:
                    way = [door, *furniture.route(door, lane), *last[1:]]
                    assert not blocks.hit(sampled(way), 0.17), (place.fixture_id, along_m, lane_m, way)


@each_layout
def test_nobody_walks_through_furniture(name: str) -> None:
    shop = shop_of(name, 0)
    script = simulate(shop, SimulationOptions(shoppers=12, seed=2, takes=6.0, awkward=0.6)).script
    blocks = Blocks(shop.fixtures)
    assert len({act.fixture for act in script.acts}) > 3
    for visit in script.visits:
        path = [(x, y) for _, x, y in visit.path]
        assert not blocks.hit(sampled(path), 0.05), visit.track
        zones = [z for z in shop.zones if z.use == "exit"]
        x, y = path[-1]
        assert any(z.x_min_m <= x <= z.x_max_m and z.y_min_m <= y <= z.y_max_m for z in zones)


def test_kiosk_is_left_through_the_nearest_of_its_doors() -> None:
    shop = shop_of("kiosk", 0)
    visits = simulate(shop, SimulationOptions(shoppers=18, seed=1)).script.visits
    assert len({visit.path[0][1:] for visit in visits}) == 6
    assert len({visit.path[-1][1:] for visit in visits}) > 3


# ---- cameras ----------------------------------------------------------------------------------------------------


def sees(camera: Camera, shelf: Shelf, facing: Facing, fixtures: tuple[Fixture, ...]) -> bool:
    """Whether both ends of a facing are in the picture, from before the shelf, with no other furniture between."""
    edges = (shelf.plates[facing.plates[0] - 1][0], shelf.plates[facing.plates[-1] - 1][1])
    if shelf.box.pose.to_local(camera.position).y > -0.5:
        return False
    for edge_m in edges:
        end = shelf.box.pose.to_parent(Point(edge_m, -0.01, 0.02))
        if end.distance_m(camera.position) > 5.0 or pixel_of(camera, end) is None:
            return False
        for part in np.linspace(0.0, 1.0, 25):
            eye = camera.position
            between = Point(
                *(float(a + part * (b - a)) for a, b in zip((end.x, end.y, end.z), (eye.x, eye.y, eye.z), strict=True))
            )
            if any(f.id != facing.fixture and f.box.contains(between) for f in fixtures):
                return False
    return True


@each_layout
def test_cameras_together_see_every_facing(name: str) -> None:
    shop = shop_of(name, 0)
    shelves = shop.shelf_index()
    # Blind spots depend on a fixture's place alone, so the longest facing that could be stands for all on its shelf.
    for ref, shelf in shelves.items():
        near = [c for c in shop.cameras if abs(shelf.box.pose.to_local(c.position).x - shelf.box.width_m / 2) < 4.0]
        around = tuple(f for f in shop.fixtures if f.box.pose.origin.distance_m(shelf.box.pose.origin) < 7.0)
        for facing in shop.facings_on(ref) if len(shelves) < 300 else _every_other_plate(ref, shelf):
            assert any(sees(camera, shelf, facing, around) for camera in near), facing


def _every_other_plate(ref: ShelfRef, shelf: Shelf) -> list[Facing]:
    """Places of two plates all along a shelf: in a large store they stand for its thousands of facings."""
    count = len(shelf.plates)
    product = store_of("nano").products[0].id
    return [Facing(product, ref.fixture, ref.shelf, (plate, plate + 1)) for plate in range(1, count, 2)]


def test_a_camera_sees_nothing_through_furniture_or_from_behind() -> None:
    shop = shop_of("convenience", 0)
    facing = next(f for f in shop.facings if f.fixture == "16" and f.shelf == 1)
    shelf = shop.shelf_index()[ShelfRef(facing.fixture, facing.shelf)]
    middle = shelf.box.pose.to_parent(Point(0.5, -1.5, 1.0))
    behind = shelf.box.pose.to_parent(Point(0.5, 2.0, 1.0))
    aim = shelf.box.pose.to_parent(Point(0.5, 0.0, 0.1))
    assert sees(Camera("a", middle, aim, 90.0, 1920, 1080), shelf, facing, shop.fixtures)
    assert not sees(Camera("b", behind, aim, 90.0, 1920, 1080), shelf, facing, shop.fixtures)
    through = shelf.box.pose.to_parent(Point(0.5, -3.0, 0.5))
    assert not sees(Camera("c", through, aim, 90.0, 1920, 1080), shelf, facing, shop.fixtures)
