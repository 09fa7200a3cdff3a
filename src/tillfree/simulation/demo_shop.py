"""An invented shop of any size: brands, numbers and prices of nobody, sizes and weights as in a real one.

Gondolas stand side by side along x with their fronts at y = 0 and the aisle before them; further rows face each other
across aisles. Weights lie between 25 and 1600 g, with families of nearly equal weight (flavours of one brand) side by
side, because those are what makes a shop hard.
"""

import math

import numpy as np

from tillfree.catalog.barcodes import check_digit
from tillfree.catalog.model import Facing, Fixture, Product, Shelf, Shop, Zone
from tillfree.core.geometry import Box, Point, Pose
from tillfree.core.ids import FixtureId, ProductId
from tillfree.simulation.errors import SimulationError

__all__ = ["demo_shop"]

_PLATE_M = 0.1016
_DEPTH_M = 0.4064
_HEIGHTS_M = (0.27, 0.53, 0.79, 1.0, 1.24, 1.5)
_AISLE_M = 2.7
_BACK_M = 2 * _DEPTH_M + 0.06
_GONDOLA_GAP_M = 0.03

# kind, flavours or sorts, lightest and heaviest unit in grams, price per 100 g and base in cents, plates of a facing
_KINDS = (
    ("Still Water", ("0.33 l", "0.5 l", "0.75 l", "1 l"), 350.0, 1060.0, 14, 45, 1),
    ("Lemonade", ("Lemon", "Orange", "Blood Orange", "Ginger", "Elder"), 360.0, 560.0, 28, 60, 1),
    ("Iced Tea", ("Peach", "Mint", "Green", "Black"), 520.0, 620.0, 25, 80, 1),
    ("Juice", ("Apple", "Pear", "Carrot", "Grape"), 300.0, 1120.0, 35, 60, 1),
    ("Syrup", ("Raspberry", "Lime", "Almond"), 900.0, 1600.0, 30, 190, 1),
    ("Potato Crisps", ("Salt", "Paprika", "Vinegar", "Rosemary"), 28.0, 190.0, 150, 60, 2),
    ("Corn Puffs", ("Cheese", "Chili", "Plain"), 25.0, 95.0, 160, 50, 2),
    ("Oat Biscuits", ("Honey", "Cocoa", "Raisin"), 60.0, 260.0, 110, 70, 2),
    ("Chocolate", ("Milk", "Dark", "Hazelnut", "Sea Salt"), 44.0, 112.0, 140, 60, 1),
    ("Nut Mix", ("Roasted", "Unsalted", "Smoked"), 40.0, 210.0, 190, 80, 2),
    ("Rusks", ("Wheat", "Rye"), 120.0, 240.0, 90, 70, 3),
    ("Pasta Cup", ("Tomato", "Pesto", "Cream"), 65.0, 130.0, 180, 90, 1),
    ("Bean Stew", ("White", "Red", "Hot"), 380.0, 440.0, 50, 60, 1),
    ("Jam", ("Cherry", "Quince", "Plum"), 290.0, 480.0, 70, 90, 1),
    ("Cereal", ("Flakes", "Loops", "Crunch"), 180.0, 420.0, 85, 90, 2),
    ("Soap", ("Olive", "Lavender"), 85.0, 155.0, 120, 50, 1),
    ("Dip", ("Tomato", "Herb"), 95.0, 240.0, 110, 70, 1),
    ("Chewing Gum", ("Mint", "Cinnamon"), 26.0, 60.0, 300, 40, 1),
)  # fmt: skip
_FIRST = (
    "Alder", "Brim", "Corvo", "Dunlin", "Ember", "Fenn", "Gale", "Hollis", "Ivo", "Juno", "Kestrel",
    "Lumo", "Marl", "Nordi", "Orla", "Pell", "Quill", "Rowe", "Saltern", "Tarn", "Umber", "Vale", "Wren", "Yarrow",
)  # fmt: skip
_LAST = ("wood", "mill", "field", "& Daughter", "bros", "works", "yard", "port", "house", "lane")


def demo_shop(
    fixtures: int = 4, *, plates: tuple[int, ...] = (12, 9, 12, 9), shelves: int = 6, per_row: int = 5, seed: int = 0
) -> Shop:
    """A shop of `fixtures` gondolas; the same arguments give the same shop.

    `plates` gives the plates per shelf of one gondola after the other, again from the beginning where it ends;
    `per_row` gondolas stand side by side. 5 gondolas of 12 plates have 360 plates, 70 have 5040.

    Raises:
        SimulationError: an argument is out of bounds.
    """
    if not (1 <= fixtures <= 2000 and 1 <= shelves <= len(_HEIGHTS_M) and plates and all(4 <= p <= 40 for p in plates)):
        raise SimulationError("a demo shop has 1 to 2000 fixtures of 1 to 6 shelves with 4 to 40 plates each")
    rng = np.random.default_rng([20_300_101, seed])
    assortment = _Assortment(rng)
    built: list[Fixture] = []
    facings: list[Facing] = []
    for number in range(fixtures):
        row = number // per_row
        count = plates[number % len(plates)]
        widths = [plates[k % len(plates)] * _PLATE_M + _GONDOLA_GAP_M for k in range(row * per_row, number)]
        pose = _row_pose(row, sum(widths), count * _PLATE_M)
        fixture_id = FixtureId(str(number + 1))
        built.append(_fixture(fixture_id, pose, count, shelves))
        for shelf in range(1, shelves + 1):
            facings += assortment.fill(fixture_id, shelf, count)
    if fixtures > per_row:
        door = Zone("door", "exit", -2.1, -2.1, -1.3, -1.3)
    else:
        door = Zone("door", "exit", -0.15, -2.2, 0.65, -1.6)
    return Shop(f"demo-{fixtures}", tuple(assortment.products), tuple(built), tuple(facings), (door,), "EUR")


def _row_pose(row: int, along_m: float, width_m: float) -> Pose:
    """Even rows look to -y, odd rows stand opposite and look to +y; pairs stand back to back."""
    front = -((row + 1) // 2) * _AISLE_M - (row // 2) * _BACK_M
    return Pose(Point(along_m + width_m, front, 0.0), math.pi) if row % 2 else Pose(Point(along_m, front, 0.0))


def _fixture(fixture: FixtureId, pose: Pose, plates: int, shelves: int) -> Fixture:
    edges = tuple((round(k * _PLATE_M, 4), round((k + 1) * _PLATE_M, 4)) for k in range(plates))
    width = edges[-1][1]
    heights = (*_HEIGHTS_M[:shelves], 1.9)
    boards = tuple(
        Shelf(
            k + 1,
            Box(pose.then(Pose(Point(0.0, 0.0, heights[k]))), width, _DEPTH_M, round(heights[k + 1] - heights[k], 3)),
            edges,
        )
        for k in range(shelves)
    )
    return Fixture(fixture, Box(pose, width, _DEPTH_M, 1.9), boards)


class _Assortment:
    """Makes products as shelves need them: a family (one brand and kind, several sorts) after the other."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._waiting: list[tuple[Product, int]] = []
        self._family = 0
        self.products: list[Product] = []

    def fill(self, fixture: FixtureId, shelf: int, plates: int) -> list[Facing]:
        """Facings for one shelf, from left to right, without a gap."""
        facings: list[Facing] = []
        plate = 1
        while plate <= plates:
            if not self._waiting:
                self._waiting = self._make_family()
            product, width = self._waiting.pop(0)
            self.products.append(product)
            width = min(width, plates - plate + 1)
            facings.append(Facing(product.id, fixture, shelf, tuple(range(plate, plate + width))))
            plate += width
            # Bottles that sell well have a second facing beside the first.
            if width == 1 and plate <= plates and self._rng.random() < 0.25:
                facings.append(Facing(product.id, fixture, shelf, (plate,)))
                plate += 1
        return facings

    def _make_family(self) -> list[tuple[Product, int]]:
        rng, number = self._rng, self._family
        self._family += 1
        kind, sorts, light, heavy, per_100_g, base, width = _KINDS[int(rng.integers(len(_KINDS)))]
        brand = f"{_FIRST[number % len(_FIRST)]}{_join(_LAST[(number // len(_FIRST) + number) % len(_LAST)])}"
        weight = float(np.exp(rng.uniform(math.log(light), math.log(heavy))))
        family = []
        for item, sort in enumerate(rng.permutation(np.array(sorts))[: int(rng.integers(2, 5))]):
            # Sorts of one family differ by about a per cent; those named by their size, by their size.
            factor = float(sort.split()[0]) / 0.5 if sort[0].isdigit() else 1.0 + 0.012 * float(rng.standard_normal())
            unit = (
                round(min(max(weight * factor, 25.0), 1600.0), 1) if not sort[0].isdigit() else round(520 * factor, 1)
            )
            price = round((base + per_100_g * unit / 100) / 10) * 10 - 1
            family.append((Product(_gtin(number, item), f"{brand} {kind} {sort}", unit, None, price), width))
        return family


def _join(last: str) -> str:
    return f" {last}" if last.startswith("&") else last


def _gtin(family: int, item: int) -> ProductId:
    """A GTIN-12 of an invented company prefix (0 9999 ...), with a right check digit."""
    body = f"0999{family:05d}{item:02d}"
    return ProductId(f"{body}{check_digit(body)}")
