"""The furniture of a shop and what stands on it, as triangles.

Assumed: heavy products are cans and bottles, light ones boxes and bags; a unit is as large as its weight and the plates
of its facing suggest; facings are full, two units deep, whatever was taken (the one that is in a hand is shown there).
"""

import math
import zlib
from collections.abc import Iterator

import numpy as np

from tillfree.catalog.model import Facing, Fixture, Product, Shelf, Shop
from tillfree.core.geometry import Point, Pose
from tillfree.simulation.rendering.looks import Looks
from tillfree.simulation.rendering.meshes import Mesh, box, joined, prism
from tillfree.simulation.rendering.paints import Paints

__all__ = ["goods_mesh", "room_mesh", "unit_mesh", "unit_size_m"]

_BOARD_M = 0.02
_BOTTLE_G = 200.0
_BOTTLE_DENSITY, _BAG_DENSITY = 900.0, 160.0
_DEEP = 2
_GAP = 0.92
_CEILING_M = 3.6
_ROOM_MARGIN_M = 2.5


def unit_size_m(product: Product, width_m: float, clear_m: float) -> tuple[float, float, float]:
    """Width, depth and height of one unit (metres) that fits a facing of that width under a board."""
    weight_g = product.weight_g or 250.0
    litres = weight_g / (_BOTTLE_DENSITY if weight_g >= _BOTTLE_G else _BAG_DENSITY)
    draw = (zlib.crc32(product.id.encode()) % 997) / 997.0
    # Two to four times as high as wide, as bottles and bags are.
    slim = 1.3 + 1.7 * draw
    wide = min((litres / 1000.0 / slim) ** (1 / 3) * (1.35 if weight_g < _BOTTLE_G else 1.0), width_m * _GAP)
    deep = wide if weight_g >= _BOTTLE_G else 0.55 * wide
    high = min(litres / 1000.0 / max(wide * deep, 1e-6), 0.85 * clear_m)
    return wide, deep, high


def unit_mesh(product: Product, size_m: tuple[float, float, float], pose: Pose, paint: int, label: int) -> Mesh:
    """One unit, standing with the middle of its foot at the origin of a pose."""
    wide, deep, high = size_m
    if (product.weight_g or 0.0) >= _BOTTLE_G:
        body = prism(pose, (0.0, 0.0, 0.0), wide / 2, 0.75 * high, paint, label)
        neck = prism(pose, (0.0, 0.0, 0.75 * high), wide / 4, 0.25 * high, paint, label, sides=8)
        return joined([body, neck])
    return box(pose, (-wide / 2, -deep / 2, 0.0), (wide / 2, deep / 2, high), paint, label)


def room_mesh(shop: Shop, looks: Looks, paints: Paints, label: int) -> Mesh:
    """Floor, walls and ceiling around everything."""
    corners = [
        fixture.box.pose.to_parent(Point(x, y, 0.0))
        for fixture in shop.fixtures
        for x in (0.0, fixture.box.width_m)
        for y in (0.0, fixture.box.depth_m)
    ]
    xs, ys = [p.x for p in corners], [p.y for p in corners]
    for zone in shop.zones:
        xs += [zone.x_min_m, zone.x_max_m]
        ys += [zone.y_min_m, zone.y_max_m]
    low = (min(xs) - _ROOM_MARGIN_M, min(ys) - _ROOM_MARGIN_M)
    high = (max(xs) + _ROOM_MARGIN_M, max(ys) + _ROOM_MARGIN_M)
    here = Pose(Point(0.0, 0.0, 0.0))
    floor = paints.tiles(looks.floor, looks.joint, looks.tile_m)
    wall = paints.plain(looks.wall)
    return joined(
        [
            box(here, (*low, -0.1), (*high, 0.0), floor, label),
            box(here, (*low, _CEILING_M), (*high, _CEILING_M + 0.1), wall, label),
            box(here, (low[0], low[1] - 0.1, 0.0), (high[0], low[1], _CEILING_M), wall, label),
            box(here, (low[0], high[1], 0.0), (high[0], high[1] + 0.1, _CEILING_M), wall, label),
            box(here, (low[0] - 0.1, low[1], 0.0), (low[0], high[1], _CEILING_M), wall, label),
            box(here, (high[0], low[1], 0.0), (high[0] + 0.1, high[1], _CEILING_M), wall, label),
        ]
    )


def goods_mesh(shop: Shop, looks: Looks, paints: Paints, furniture_label: int, first_label: int) -> Mesh:
    """All furniture, and every facing; the facing with number n has the label `first_label` + n."""
    products = shop.product_index()
    frame = paints.plain(looks.frame)
    meshes = [part for fixture in shop.fixtures for part in _furniture(fixture, frame, furniture_label)]
    shelves = {(f.id, s.index): s for f in shop.fixtures for s in f.shelves}
    known: dict[str, int] = {}
    for number, facing in enumerate(shop.facings):
        shelf, product = shelves.get((facing.fixture, facing.shelf)), products.get(facing.product)
        if shelf is None or product is None:
            continue
        if product.id not in known:
            known[product.id] = paints.product(product.id)
        meshes += _units(facing, product, shelf, known[product.id], first_label + number)
    return joined(meshes)


def _furniture(fixture: Fixture, paint: int, label: int) -> Iterator[Mesh]:
    """Boards, sides and a back."""
    outer = fixture.box
    for shelf in fixture.shelves:
        inner = shelf.box
        yield box(inner.pose, (0.0, 0.0, -_BOARD_M), (inner.width_m, inner.depth_m, 0.0), paint, label)
    yield box(
        outer.pose, (0.0, outer.depth_m, 0.0), (outer.width_m, outer.depth_m + _BOARD_M, outer.height_m), paint, label
    )
    for x in (-_BOARD_M, outer.width_m):
        yield box(outer.pose, (x, 0.0, 0.0), (x + _BOARD_M, outer.depth_m, outer.height_m), paint, label)


def _units(facing: Facing, product: Product, shelf: Shelf, paint: int, label: int) -> Iterator[Mesh]:
    plates = [p for p in facing.plates if 1 <= p <= len(shelf.plates)]
    if not plates:
        return
    left, right = shelf.plates[plates[0] - 1][0], shelf.plates[plates[-1] - 1][1]
    size = unit_size_m(product, right - left, shelf.box.height_m)
    wide, deep, _ = size
    across = max(1, math.floor((right - left) / max(wide / _GAP, 1e-3)))
    step = (right - left) / across
    rows = max(1, min(_DEEP, math.floor(shelf.box.depth_m / max(deep, 0.02))))
    rng = np.random.default_rng(zlib.crc32(f"{facing.fixture}/{facing.shelf}/{plates[0]}".encode()))
    for row in range(rows):
        for column in range(across):
            x = left + (column + 0.5) * step + float(rng.uniform(-0.03, 0.03)) * step
            y = 0.02 + deep * (row + 0.5) + 0.01 * row
            origin = shelf.box.pose.then(Pose(Point(x, y, 0.0), float(rng.uniform(-0.12, 0.12))))
            yield unit_mesh(product, size, origin, paint, label)
