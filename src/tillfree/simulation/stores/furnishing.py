"""Furniture of simulated stores: racks in a row with equal plates on all boards, and cameras that look at them."""

import dataclasses
import math
from collections.abc import Sequence

from tillfree.catalog.cameras import Camera
from tillfree.catalog.model import Fixture, Shelf
from tillfree.core.geometry import Box, Point, Pose
from tillfree.core.ids import FixtureId

__all__ = ["EAST", "NORTH", "SOUTH", "WEST", "Rack", "Row", "island", "row", "watch"]

SOUTH, NORTH, WEST, EAST = 0.0, math.pi, -math.pi / 2, math.pi / 2
"""Which way the front of a row faces: the yaw of its boxes. South is towards -y."""
_GAP_M = 0.03
_BACK_M = 0.06
_CAMERA_M = 2.9
_AIM_M = 0.85
_FOV_DEG, _WIDTH_PX, _HEIGHT_PX, _K1 = 90.0, 1920, 1080, -0.1


@dataclasses.dataclass(frozen=True, slots=True)
class Rack:
    """One fixture: heights of its boards above the floor, of its top, its depth, and equal plates on each board."""

    boards_m: tuple[float, ...]
    top_m: float
    depth_m: float
    plates: int
    plate_m: float

    @property
    def width_m(self) -> float:
        """From the left edge of the first plate to the right edge of the last."""
        return round(self.plates * self.plate_m, 4)


@dataclasses.dataclass(frozen=True, slots=True)
class Row:
    """Racks side by side: `pose` is the front left corner on the floor, as a shopper sees it."""

    pose: Pose
    length_m: float
    racks: tuple[Fixture, ...]


def row(rack: Rack, count: int, left: tuple[float, float], facing: float, first: int) -> Row:
    """`count` racks with their front left corner at `left`; they are numbered from `first` on."""
    pose = Pose(Point(*left, 0.0), facing)
    pitch_m = rack.width_m + _GAP_M
    racks = tuple(
        _fixture(FixtureId(str(first + k)), rack, pose.then(Pose(Point(k * pitch_m, 0.0, 0.0)))) for k in range(count)
    )
    return Row(pose, count * pitch_m - _GAP_M, racks)


def island(rack: Rack, count: int, corner: tuple[float, float], first: int) -> tuple[Row, Row]:
    """Two rows back to back, facing south and north; `corner` is the south west one."""
    x, y = corner
    south = row(rack, count, corner, SOUTH, first)
    north_left = (x + south.length_m, y + 2 * rack.depth_m + _BACK_M)
    return south, row(rack, count, north_left, NORTH, first + count)


def watch(rows: Sequence[Row], *, before_m: float, every_m: float, first: int = 1) -> tuple[Camera, ...]:
    """Cameras under the ceiling, `before_m` before each row and at most `every_m` apart, that look at its middle.

    They are numbered from `first` on.
    """
    cameras: list[Camera] = []
    for one in rows:
        count = math.ceil(one.length_m / every_m - 1e-9)
        for k in range(count):
            along_m = (k + 0.5) * one.length_m / count
            place = one.pose.to_parent(Point(along_m, -before_m, _CAMERA_M))
            aim = one.pose.to_parent(Point(along_m, 0.0, _AIM_M))
            cameras.append(Camera(f"c{first + len(cameras)}", place, aim, _FOV_DEG, _WIDTH_PX, _HEIGHT_PX, _K1))
    return tuple(cameras)


def _fixture(fixture: FixtureId, rack: Rack, pose: Pose) -> Fixture:
    edges = tuple((round(k * rack.plate_m, 4), round((k + 1) * rack.plate_m, 4)) for k in range(rack.plates))
    tops = (*rack.boards_m[1:], rack.top_m)
    boards = tuple(
        Shelf(
            number,
            Box(pose.then(Pose(Point(0.0, 0.0, low))), rack.width_m, rack.depth_m, round(high - low, 3)),
            edges,
        )
        for number, (low, high) in enumerate(zip(rack.boards_m, tops, strict=True), start=1)
    )
    return Fixture(fixture, Box(pose, rack.width_m, rack.depth_m, rack.top_m), boards)
