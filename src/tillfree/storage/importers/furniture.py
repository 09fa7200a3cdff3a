"""Furniture from facings: where fixtures, shelves and plates stand, worked out from the places of products."""

import math
import statistics
from collections.abc import Iterable

import msgspec

from tillfree.catalog.layout_table import enclosing_box
from tillfree.catalog.model import Fixture, Shelf
from tillfree.core.geometry import Box, Point, Pose
from tillfree.core.ids import FixtureId, ShelfRef
from tillfree.storage.recordings.tally import Tally

__all__ = ["FacingPlace", "build_fixtures", "enclosing_fixture"]

_METRES_MAX = 1000.0
_PLATE_MIN_M = 0.005
_PLATE_MAX_M = 10.0


class FacingPlace(msgspec.Struct, frozen=True):
    """One facing in the shop: its left front bottom corner, turn about z and size; `plates` are sorted."""

    shelf: ShelfRef
    plates: tuple[int, ...]
    origin: tuple[float, float, float] | None
    yaw_rad: float
    width_m: float
    depth_m: float
    height_m: float

    def usable(self) -> bool:
        """Whether place and size are finite and of a shop's order of magnitude."""
        return (
            self.origin is not None
            and all(abs(value) < _METRES_MAX for value in self.origin)
            and abs(self.yaw_rad) < 100.0
            and _PLATE_MIN_M < self.width_m / self._span() < _PLATE_MAX_M
            and 0.0 < self.depth_m < _METRES_MAX
            and 0.0 < self.height_m < _METRES_MAX
        )

    def _span(self) -> int:
        return self.plates[-1] - self.plates[0] + 1

    def plate_width_m(self) -> float:
        """Width of one of its plates."""
        return self.width_m / self._span()


def build_fixtures(places: Iterable[FacingPlace], tally: Tally) -> tuple[Fixture, ...]:
    """Fixtures with all plates that the facings name, and those between them.

    All shelves of a fixture are taken to have as many plates as its longest one: a plate that no facing names lies on
    the line of the others. A shelf without any usable facing is left out.
    """
    shelves: dict[ShelfRef, list[FacingPlace]] = {}
    plates: dict[FixtureId, int] = {}
    for place in places:
        shelves.setdefault(place.shelf, []).append(place)
        fixture = place.shelf.fixture
        plates[fixture] = max(plates.get(fixture, 0), place.plates[-1])
    built: dict[FixtureId, list[Shelf]] = {}
    for ref in sorted(shelves, key=_natural):
        usable = [place for place in shelves[ref] if place.usable()]
        if len(usable) < len(shelves[ref]):
            tally.add("facing without a usable place or size", str(ref), len(shelves[ref]) - len(usable))
        if usable:
            built.setdefault(ref.fixture, []).append(_shelf(ref.shelf, usable, plates[ref.fixture]))
        named = {plate for place in shelves[ref] for plate in place.plates}
        if unnamed := plates[ref.fixture] - len(named):
            tally.add("plate without a product in the planogram", f"shelf {ref}", unnamed)
    return tuple(enclosing_fixture(fixture, of) for fixture, of in built.items())


def _natural(ref: ShelfRef) -> tuple[int, int, str, int]:
    """Fixture 2 before fixture 10, names after numbers."""
    number = int(ref.fixture) if ref.fixture.isdecimal() and len(ref.fixture) < 10 else None
    return (0, number, "", ref.shelf) if number is not None else (1, 0, ref.fixture, ref.shelf)


def _shelf(index: int, places: list[FacingPlace], plates: int) -> Shelf:
    """One shelf: medians of direction, front line, height; each plate's edges from the facing that has it."""
    yaw = statistics.median(place.yaw_rad for place in places)
    cos, sin = math.cos(yaw), math.sin(yaw)
    pitch = statistics.median(place.plate_width_m() for place in places)
    along: dict[int, tuple[float, float]] = {}  # plate -> left and right edge along the front
    across: list[float] = []
    floor: list[float] = []
    for place in places:
        assert place.origin is not None
        x, y, z = place.origin
        left, width = cos * x + sin * y, place.plate_width_m()
        across.append(-sin * x + cos * y)
        floor.append(z)
        for plate in place.plates:
            start = left + (plate - place.plates[0]) * width
            along[plate] = (start, start + width)
    known = sorted(along)
    edges = [along[plate] if plate in along else _beside(plate, known, along, pitch) for plate in range(1, plates + 1)]
    front, base = statistics.median(across), statistics.median(floor)
    start = min(left for left, _ in edges)
    end = max(right for _, right in edges)
    origin = Point(cos * start - sin * front, sin * start + cos * front, base)
    box = Box(
        Pose(origin, yaw),
        width_m=end - start,
        depth_m=max(place.depth_m for place in places),
        height_m=max(place.height_m for place in places),
    )
    return Shelf(index, box, tuple((left - start, right - start) for left, right in edges))


def _beside(plate: int, known: list[int], along: dict[int, tuple[float, float]], pitch: float) -> tuple[float, float]:
    """Edges of a plate without a facing: between its neighbours on both sides, else one plate width per step."""
    lower = max((k for k in known if k < plate), default=None)
    upper = min((k for k in known if k > plate), default=None)
    if lower is not None and upper is not None:
        left, right = along[lower][1], along[upper][0]
        step = (right - left) / (upper - lower - 1)
        if step > _PLATE_MIN_M:
            start = left + (plate - lower - 1) * step
            return start, start + step
    if lower is not None:
        start = along[lower][1] + (plate - lower - 1) * pitch
        return start, start + pitch
    assert upper is not None
    start = along[upper][0] - (upper - plate) * pitch
    return start, start + pitch


def enclosing_fixture(fixture: FixtureId, shelves: list[Shelf]) -> Fixture:
    """The fixture whose box just encloses its shelves, turned like the first of them."""
    ordered = tuple(sorted(shelves, key=lambda shelf: shelf.index))
    return Fixture(fixture, enclosing_box(shelves), ordered)
