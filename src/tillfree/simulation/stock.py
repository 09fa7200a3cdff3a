"""What lies where: units with their own weight and place, and how each loads the plates beneath it.

Assumed: a unit weighs its product's weight with the spread that the product states, or else 3 % (1 standard deviation).
A heavy product (200 g or more, and half of those from 130 g on: bottles, cans, jars) stands on one plate; a light one
(bags, boxes) is 1.05 to 1.75 plates wide and lies near the middle of its facing, on two or three. A plate reads its
part of the load with a gain of its own (2 %) and an error for where the unit stands on it (2.2 %); the plates beside
read 0.2 to 2.1 % of the weight too, the next ones -0.3 to 1.7 %. Three real takes read +2.8, +9.7 and -6.6 % of the
catalogue's weight.
"""

import dataclasses
import math
import zlib

import numpy as np

from tillfree.catalog.model import Product
from tillfree.simulation.character import USUAL, Character
from tillfree.simulation.furniture import Furniture, Place, ShelfPlace
from tillfree.simulation.script import Floats

__all__ = ["Item", "Resting", "Stock"]

_GAIN_SIGMA = 0.02
_LEAKS = ((0.002, 0.021), (-0.003, 0.017))
_HEAVY_G = 200.0
_BOTTLE_G = 130.0


@dataclasses.dataclass(slots=True)
class Resting:
    """Where a unit lies, and what each plate from `first` on reads of it (`share` of its weight)."""

    place: Place
    middle_m: float
    first: int
    share: Floats
    plates: tuple[int, ...]
    """Numbers (from 1) of the plates that carry it."""


@dataclasses.dataclass(slots=True)
class Item:
    """One unit of a product."""

    product: Product
    weight_g: float
    width_m: float
    home: Place
    resting: Resting | None = None
    since_s: float = -math.inf
    given: bool = False
    """Whether it went from person to person; that happens once."""


class Stock:
    """All units of a shop; those that nobody has touched yet are made when they are first wanted."""

    def __init__(self, furniture: Furniture, rng: np.random.Generator, character: Character = USUAL) -> None:
        self._unit_spread = character.unit_spread
        self._stand_spread = character.stand_spread
        self._furniture = furniture
        self._rng = rng
        self._loose: dict[int, list[Item]] = {}
        self._gains: dict[tuple[int, int], Floats] = {}

    def front(self, place: Place, time_s: float) -> Item:
        """The unit that a hand would grasp there at that time; it leaves the stock."""
        loose = self._loose.get(place.number, [])
        there = [item for item in loose if item.since_s < time_s - 0.5]
        if there and self._rng.random() < 0.8:
            item = there[-1]
            loose.remove(item)
            return item
        item = self.fresh(place)
        item.resting = self.rest(item, place)
        return item

    def fresh(self, place: Place) -> Item:
        """A further unit of what belongs there, not lying anywhere yet."""
        sigma_g = place.product.weight_sigma_g
        spread = self._unit_spread if sigma_g is None else sigma_g / place.weight_g
        weight = place.weight_g * max(1.0 + spread * float(np.clip(self._rng.standard_normal(), -2.5, 2.5)), 0.2)
        return Item(place.product, weight, self._width_m(place), place)

    def put(self, item: Item, place: Place, time_s: float) -> Resting:
        """The unit lies at that place from `time_s` on."""
        item.resting = self.rest(item, place)
        item.since_s = time_s
        self._loose.setdefault(place.number, []).append(item)
        return item.resting

    def rest(self, item: Item, place: Place) -> Resting:
        """A way for the unit to lie there."""
        rng, edges = self._rng, place.shelf.edges_m
        plate_m = float(edges[0, 1] - edges[0, 0])
        if item.width_m < 0.95 * plate_m:
            column = int(rng.choice(place.facing.plates)) - 1
            column = min(column, len(edges) - 1)
            middle = float(edges[column].mean()) + float(rng.normal(0.0, 0.07)) * plate_m
        else:
            middle = place.middle_m + float(rng.normal(0.0, 0.22)) * plate_m
        low, high = float(edges[0, 0]) + item.width_m / 2, float(edges[-1, 1]) - item.width_m / 2
        middle = min(max(middle, low), max(high, low))
        overlap = np.minimum(edges[:, 1], middle + item.width_m / 2) - np.maximum(
            edges[:, 0], middle - item.width_m / 2
        )
        share = np.maximum(overlap, 0.0) / item.width_m
        carrying = np.flatnonzero(share > 0.0)
        first, last = max(int(carrying[0]) - 2, 0), min(int(carrying[-1]) + 2, len(edges) - 1)
        read = share * self._gain(place.shelf) * (1.0 + self._stand_spread * float(rng.standard_normal()))
        for column in range(first, last + 1):
            away = max(int(carrying[0]) - column, column - int(carrying[-1]))
            if away > 0:
                read[column] += float(rng.uniform(*_LEAKS[away - 1]))
        plates = tuple(int(column) + 1 for column in np.flatnonzero(share > 0.12))
        return Resting(place, middle, first, read[first : last + 1].copy(), plates)

    def _width_m(self, place: Place) -> float:
        """A property of the product, the same in every shop: drawn from its number."""
        draw = (zlib.crc32(place.product.id.encode()) % 1000) / 1000.0
        plate_m = float(place.shelf.edges_m[0, 1] - place.shelf.edges_m[0, 0])
        if place.weight_g >= _HEAVY_G or (place.weight_g >= _BOTTLE_G and draw < 0.5):
            return (0.6 + 0.25 * draw) * plate_m
        return (1.05 + 0.7 * draw) * plate_m

    def _gain(self, shelf: ShelfPlace) -> Floats:
        key = (shelf.fixture, shelf.row)
        if key not in self._gains:
            self._gains[key] = 1.0 + _GAIN_SIGMA * self._rng.standard_normal(len(shelf.edges_m))
        return self._gains[key]
