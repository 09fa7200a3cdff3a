"""A shop as shoppers meet it: where to stand before a facing, where to put the hand, how to walk there."""

import dataclasses
import functools
import itertools
import math

import numpy as np

from tillfree.catalog.model import Facing, Product, Shelf, Shop
from tillfree.core.geometry import Point
from tillfree.core.ids import FixtureId
from tillfree.simulation.errors import SimulationError
from tillfree.simulation.people.ways import Ways
from tillfree.simulation.script import Floats

__all__ = ["Furniture", "Place", "ShelfPlace"]

_MARGIN_M = 0.22
_WEIGHT_MIN_G = 10.0


@dataclasses.dataclass(frozen=True, slots=True)
class ShelfPlace:
    """A shelf with its row in the arrays of its fixture (row 0 is shelf 1)."""

    fixture: int
    fixture_id: FixtureId
    row: int
    shelf: Shelf
    edges_m: Floats
    """Left and right edge of each plate, shape (plates, 2)."""

    def spot(self, along_m: float, before_m: float) -> tuple[float, float]:
        """A place on the floor, `before_m` in front of the shelf's edge."""
        point = self.shelf.box.pose.to_parent(Point(along_m, -before_m, 0.0))
        return point.x, point.y

    def grasp(self, along_m: float, inside_m: float = 0.0, above_m: float = 0.0) -> tuple[float, float, float]:
        """A place at the shelf's front edge, or a little inside and above it."""
        point = self.shelf.box.pose.to_parent(Point(along_m, inside_m, above_m))
        return point.x, point.y, point.z

    @property
    def heading(self) -> float:
        """The direction in which somebody looks who stands before it."""
        return self.shelf.box.pose.yaw_rad + math.pi / 2


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """A facing from which something can be taken."""

    number: int
    facing: Facing
    product: Product
    weight_g: float
    shelf: ShelfPlace
    left_m: float
    right_m: float

    @property
    def middle_m(self) -> float:
        """Its middle along the shelf."""
        return (self.left_m + self.right_m) / 2


class Furniture:
    """All places of a shop, its door and the ways between."""

    def __init__(self, shop: Shop) -> None:
        products = shop.product_index()
        self.rows = [max(shelf.index for shelf in fixture.shelves) for fixture in shop.fixtures]
        self.columns = [max(len(shelf.plates) for shelf in fixture.shelves) for fixture in shop.fixtures]
        self.shelves: dict[tuple[str, int], ShelfPlace] = {}
        for index, fixture in enumerate(shop.fixtures):
            for shelf in fixture.shelves:
                edges = np.asarray(shelf.plates, dtype=np.float64).reshape(-1, 2)
                self.shelves[fixture.id, shelf.index] = ShelfPlace(index, fixture.id, shelf.index - 1, shelf, edges)
        self.places: list[Place] = []
        for facing in shop.facings:
            shelf_place = self.shelves.get((facing.fixture, facing.shelf))
            product = products.get(facing.product)
            if shelf_place is None or product is None or product.weight_g is None or product.weight_g < _WEIGHT_MIN_G:
                continue
            plates = [p for p in facing.plates if 1 <= p <= len(shelf_place.edges_m)]
            if plates:
                left = float(shelf_place.edges_m[plates[0] - 1, 0])
                right = float(shelf_place.edges_m[plates[-1] - 1, 1])
                place = Place(len(self.places), facing, product, product.weight_g, shelf_place, left, right)
                self.places.append(place)
        if not self.places:
            raise SimulationError(
                f"shop {shop.name!r} has no facing of a product that weighs {_WEIGHT_MIN_G:g} g or more"
            )
        self.boxes = [fixture.box for fixture in shop.fixtures]
        self._left_m = min(box.pose.to_parent(Point(x, y, 0.0)).x for box in self.boxes
                           for x in (0.0, box.width_m) for y in (0.0, box.depth_m)) - 0.9  # fmt: skip
        self.doors = [
            ((zone.x_min_m + zone.x_max_m) / 2, (zone.y_min_m + zone.y_max_m) / 2)
            for zone in shop.zones
            if zone.use == "exit"
        ]
        if not self.doors:
            point = self.boxes[0].pose.to_parent(Point(0.25, -1.75, 0.0))
            self.doors = [(point.x, point.y)]
        self.door = self.doors[0]
        floors = [zone for zone in shop.zones if zone.use == "aisle"]
        self._floor = None
        if floors:
            self._floor = (
                min(zone.x_min_m for zone in floors),
                min(zone.y_min_m for zone in floors),
                max(zone.x_max_m for zone in floors),
                max(zone.y_max_m for zone in floors),
            )

    def route(self, start: tuple[float, float], end: tuple[float, float]) -> list[tuple[float, float]]:
        """Corner points of a way from `start` (left out) to `end`.

        Where the shop says where its floor is, that is the shortest way on it. Where it does not, or where there is no
        such way, people go around furniture by the cross aisle at the left.
        """
        if not self._blocked(start, end):
            return [end]
        shortest = None if self._floor is None else self._ways.way(start, end)
        return shortest or [(self._left_m, start[1]), (self._left_m, end[1]), end]

    def length_m(self, start: tuple[float, float], end: tuple[float, float]) -> float:
        """Length of the way that `route` gives."""
        return sum(math.dist(a, b) for a, b in itertools.pairwise([start, *self.route(start, end)]))

    def roomy(self, here: tuple[float, float], angle: float, apart_m: float) -> float:
        """The direction in which somebody can stand so far from here: `angle` if possible, else across or opposite.

        `angle` too, where the shop does not say where its floor is, or where there is no room at all.
        """
        if self._floor is None:
            return angle
        for turned in (angle, angle + math.pi / 2, angle - math.pi / 2, angle + math.pi):
            there = (here[0] + apart_m * math.cos(turned), here[1] + apart_m * math.sin(turned))
            if self.leads(here, there):
                return turned
        return angle

    def leads(self, here: tuple[float, float], there: tuple[float, float]) -> bool:
        """Whether somebody can stand there, straight on from here; no, where nobody says where the floor is."""
        return self._floor is not None and self._ways.is_free(there) and self._ways.is_straight(here, there)

    @functools.cached_property
    def _ways(self) -> Ways:
        return Ways(self.boxes, self._floor)

    def _blocked(self, start: tuple[float, float], end: tuple[float, float]) -> bool:
        return not self._ways.is_straight(start, end, _MARGIN_M)
