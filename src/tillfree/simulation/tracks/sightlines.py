"""Which cameras of a shop see a joint: past furniture, past other people, and past the body that it belongs to.

Furniture is boxes, and what it hides depends on places alone: it is worked out once for each cell of a grid (0.3 m on
the floor, 0.25 m in height) into which somebody comes, by the slabs of Kay and Kajiya (1986). A hand in a shelf is seen
as if it were just before the shelf's front. People are upright cylinders from the floor to above their heads, and
are tested at every moment.

Assumed: beside the cameras of the shop, which hang to see facings and show most places once, the tracker has cameras
of its own under the ceiling, 2.5 m apart over the whole floor, that look straight down. Of the nine nearest to a
place, up to 7 m away, it uses the six that see most there. A body hides what is behind a breadth of 0.36 m, and its own
elbows and wrists behind one of 0.24 m. Lenses count as undistorted.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tillfree.catalog.cameras import Camera, axes_of
from tillfree.catalog.model import Fixture, Shop
from tillfree.core.geometry import Point
from tillfree.simulation.script import Floats

__all__ = ["Sightlines", "tracking_cameras"]

Bools = npt.NDArray[np.bool_]

_NEAREST = 6
"""So many cameras see a place at most, of the nearest `_ASKED`."""
_RANGE_M = 7.0
_ASKED = 9
_CELL_M = 0.3
_LEVEL_M = 0.25
_LEVELS = 8
_BEFORE_M = 0.02
_BODY_M = 0.18
_SELF_M = 0.12
_OVER_HEAD_M = 0.1
_NEAR_M = 1.8
"""Cameras hang so high that nobody hides what is farther behind them."""
_ELBOW = 4
_AT_ONCE = 2048
"""So many pairs of people are looked at together: few enough for a processor's cache."""
_CELLS_KEPT = 100_000
_PITCH_M = 2.5
_CAMERA_M = 2.9
_AROUND_M = 2.0
_FOV_DEG, _WIDTH_PX, _HEIGHT_PX = 130.0, 1600, 1200
_CAMERAS_MAX = 4000


def tracking_cameras(shop: Shop) -> tuple[Camera, ...]:
    """The tracker's own cameras in a shop: a grid over the floor, as high as its highest camera, or else 2.9 m.

    Over more floor than 4000 of them see, they hang farther apart.
    """
    floors = [(z.x_min_m, z.x_max_m, z.y_min_m, z.y_max_m) for z in shop.zones if z.use == "aisle"]
    floors = floors or [fixture.box.floor_bounds(_AROUND_M) for fixture in shop.fixtures]
    if not floors:
        return ()
    low_x, high_x = min(floor[0] for floor in floors), max(floor[1] for floor in floors)
    low_y, high_y = min(floor[2] for floor in floors), max(floor[3] for floor in floors)
    high_m = max((camera.position.z for camera in shop.cameras), default=_CAMERA_M)
    pitch_m = max(_PITCH_M, math.sqrt((high_x - low_x) * (high_y - low_y) / _CAMERAS_MAX))
    columns, rows = (max(math.ceil(length / pitch_m), 1) for length in (high_x - low_x, high_y - low_y))
    return tuple(
        Camera(f"t{1 + row * columns + column}", Point(x, y, high_m), Point(x, y, 0.0), _FOV_DEG, _WIDTH_PX, _HEIGHT_PX)
        for row in range(rows)
        for column in range(columns)
        for x in (low_x + (column + 0.5) * (high_x - low_x) / columns,)
        for y in (low_y + (row + 0.5) * (high_y - low_y) / rows,)
    )


class Sightlines:
    """What the cameras of one shop see; grows with the floor that people walk on, not with time."""

    def __init__(self, cameras: Sequence[Camera], fixtures: Sequence[Fixture]) -> None:
        self._eyes = np.array([(c.position.x, c.position.y, c.position.z) for c in cameras])
        self._axes = np.array([axes_of(camera) for camera in cameras])
        wide = np.array([math.tan(math.radians(camera.fov_deg) / 2) for camera in cameras])
        self._slopes = np.stack([wide, wide * [c.height_px / c.width_px for c in cameras]], axis=-1)
        self._fixtures = list(fixtures)
        self._nearest, self._asked = min(_NEAREST, len(cameras)), min(_ASKED, len(cameras))
        self._forget()

    @classmethod
    def of(cls, shop: Shop) -> "Sightlines | None":
        """Those of a shop with its cameras, if any, and the tracker's own; None where there is nothing to track in."""
        cameras = (*shop.cameras, *tracking_cameras(shop))
        return cls(cameras, shop.fixtures) if cameras else None

    def views(self, joints: Floats, present: Bools) -> npt.NDArray[np.int64]:
        """How many cameras see each joint, shape (people, moments, 8); `joints` has the shape (..., 3), metres.

        Who is not present (people, moments) hides nobody and is not seen.
        """
        people, moments = present.shape
        counts = np.zeros((people, moments, joints.shape[2]), np.int64)
        who, when = np.nonzero(present)
        if not len(who):
            return counts
        there = joints[who, when]
        cameras, seen = self._past_furniture(there)
        place = np.full((people, moments), -1)
        place[who, when] = np.arange(len(who))
        necks = np.where(present[..., None], joints[:, :, 1, :2], np.inf)
        top = there[:, 0, 2] + _OVER_HEAD_M
        eyes = self._eyes[cameras]
        seen[:, _ELBOW:] &= ~_behind(there[:, _ELBOW:], eyes[:, _ELBOW:], there[:, 1, :2], there[:, 1, 2], _SELF_M)
        whole, others = self._pairs(necks, place)
        for k in range(0, len(whole), _AT_ONCE):
            one, other = whole[k : k + _AT_ONCE], others[k : k + _AT_ONCE]
            hidden = _behind(there[one], eyes[one], there[other, 1, :2], top[other], _BODY_M)
            starts = np.flatnonzero(np.r_[True, np.diff(one) > 0])
            seen[one[starts]] &= ~np.logical_or.reduceat(hidden, starts, axis=0)
        counts[who, when] = seen.sum(axis=2)
        return counts

    @staticmethod
    def _pairs(necks: Floats, place: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Who may be hidden by whom, as places in the list of those present, sorted by the first."""
        with np.errstate(invalid="ignore"):
            across = necks[:, None] - necks[None]
            near = across[..., 0] ** 2 + across[..., 1] ** 2 < _NEAR_M**2
        near[np.arange(len(necks)), np.arange(len(necks))] = False
        first, second, when = np.nonzero(near)
        one, other = place[first, when], place[second, when]
        order = np.argsort(one, kind="stable")
        return one[order], other[order]

    # ---- furniture ------------------------------------------------------------------------------------------

    def _forget(self) -> None:
        self._rows: dict[int, int] = {}
        self._cameras = np.zeros((0, self._nearest), np.int64)
        self._seen = np.zeros((0, _LEVELS, self._nearest), np.bool_)

    def _past_furniture(self, points: Floats) -> tuple[npt.NDArray[np.int64], Bools]:
        """The nearest cameras of each point and whether nothing that stands in the shop is between."""
        cells = np.floor(points[..., :2] / _CELL_M).astype(np.int64)
        keys, which = np.unique((cells[..., 0] << 32) + cells[..., 1], return_inverse=True)
        rows = np.array([self._rows.get(key, -1) for key in keys.tolist()], np.int64)
        if (rows < 0).any():
            if len(self._rows) + len(keys) > _CELLS_KEPT:
                self._forget()
                rows[:] = -1
            rows[rows < 0] = self._extend(keys[rows < 0])
        row = rows[which.reshape(cells.shape[:-1])]
        level = np.clip((points[..., 2] / _LEVEL_M).astype(np.int64), 0, _LEVELS - 1)
        return self._cameras[row], self._seen[row, level]

    def _extend(self, keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Looks at cells where nobody was before; returns their rows."""
        y = (keys + (1 << 31)) % (1 << 32) - (1 << 31)
        x = (keys - y) >> 32
        middles = (np.stack([x, y], axis=-1) + 0.5) * _CELL_M
        away = np.hypot(*np.moveaxis(middles[:, None] - self._eyes[None, :, :2], -1, 0))
        cameras = np.argsort(away, axis=1, kind="stable")[:, : self._asked]
        reach_m = np.take_along_axis(away, cameras, axis=1).max(axis=1)
        points = np.empty((len(keys), _LEVELS, 3))
        points[..., :2] = middles[:, None]
        points[..., 2] = (np.arange(_LEVELS) + 0.5) * _LEVEL_M
        around = [(fixture, _away_m(fixture, middles)) for fixture in self._fixtures]
        for fixture, apart_m in around:
            _to_the_front(fixture, points, np.flatnonzero(apart_m == 0.0))
        seen = self._in_picture(points, cameras)
        cell, level, which = np.nonzero(seen)
        starts, ends = points[cell, level], self._eyes[cameras[cell, which]]
        clear = np.ones(len(cell), np.bool_)
        for fixture, apart_m in around:
            rays = np.flatnonzero((apart_m < reach_m)[cell] & clear)
            clear[rays] = ~_through(fixture, starts[rays], ends[rays])
        seen[cell, level, which] = clear
        # Those that see most of a cell, from the floor to over a head, and of these the nearest.
        best = np.argsort(-seen.sum(axis=1), axis=1, kind="stable")[:, : self._nearest]
        first = len(self._cameras)
        self._rows.update(zip(keys.tolist(), range(first, first + len(keys)), strict=True))
        self._cameras = np.concatenate([self._cameras, np.take_along_axis(cameras, best, axis=1)])
        self._seen = np.concatenate([self._seen, np.take_along_axis(seen, best[:, None], axis=2)])
        return np.arange(first, first + len(keys))

    def _in_picture(self, points: Floats, cameras: npt.NDArray[np.int64]) -> Bools:
        """Whether points (cells, levels, 3) are in range and in the picture of cameras (cells, n)."""
        apart = points[:, :, None] - self._eyes[cameras][:, None]
        local = np.einsum("clni,cnji->clnj", apart, self._axes[cameras])
        slopes = self._slopes[cameras][:, None]
        x, y, z = local[..., 0], local[..., 1], local[..., 2]
        shown: Bools = (np.abs(x) <= slopes[..., 0] * z) & (np.abs(y) <= slopes[..., 1] * z) & (z > 0.1)
        shown &= x * x + y * y + z * z < _RANGE_M**2
        return shown


def _away_m(fixture: Fixture, middles: Floats) -> Floats:
    """How far places (n, 2) are at least from a fixture's outline; 0 for some that are just beside it."""
    low_x, high_x, low_y, high_y = fixture.box.floor_bounds()
    x, y = middles[:, 0], middles[:, 1]
    apart_x = np.maximum(np.maximum(low_x - x, x - high_x), 0.0)
    return np.hypot(apart_x, np.maximum(np.maximum(low_y - y, y - high_y), 0.0))


def _to_local(fixture: Fixture, points: Floats) -> Floats:
    """Points (..., 3) in the frame of a fixture's box."""
    pose = fixture.box.pose
    cos, sin = math.cos(pose.yaw_rad), math.sin(pose.yaw_rad)
    turn = np.array(((cos, -sin, 0.0), (sin, cos, 0.0), (0.0, 0.0, 1.0)))
    local: Floats = (points - np.array((pose.origin.x, pose.origin.y, pose.origin.z))) @ turn
    return local


def _to_the_front(fixture: Fixture, points: Floats, cells: npt.NDArray[np.int64]) -> None:
    """Moves those points (cells, levels, 3) of some cells that lie in a fixture to just before its front."""
    local = _to_local(fixture, points[cells])
    within = (local > 0.0) & (local < _size(fixture))
    inside = within[..., 0] & within[..., 1] & within[..., 2]
    yaw = fixture.box.pose.yaw_rad
    out = (local[..., 1] + _BEFORE_M)[..., None] * np.array((math.sin(yaw), -math.cos(yaw), 0.0))
    points[cells] += np.where(inside[..., None], out, 0.0)


def _through(fixture: Fixture, points: Floats, eyes: Floats) -> Bools:
    """Whether the lines from points to eyes (n, 3) go through a fixture's box."""
    start = _to_local(fixture, points)
    run = _to_local(fixture, eyes) - start
    run = np.where(np.abs(run) < 1e-9, 1e-9, run)
    near, far = -start / run, (_size(fixture) - start) / run
    low, high = np.minimum(near, far), np.maximum(near, far)
    enter = np.maximum(np.maximum(low[:, 0], low[:, 1]), low[:, 2])
    leave = np.minimum(np.minimum(high[:, 0], high[:, 1]), high[:, 2])
    crossed: Bools = (enter < leave) & (enter < 1.0) & (leave > 0.0)
    return crossed


def _size(fixture: Fixture) -> Floats:
    return np.array((fixture.box.width_m, fixture.box.depth_m, fixture.box.height_m))


def _behind(joints: Floats, eyes: Floats, axes: Floats, top: Floats, radius_m: float) -> Bools:
    """Whether joints (n, j, 3) are hidden from eyes (n, j, k, 3) by an upright cylinder for each n.

    A line of sight rises to the camera, so it is lowest where it goes in. What is within the cylinder is not hidden.
    """
    run = (eyes - joints[:, :, None]).astype(np.float32)
    run_x, run_y = run[..., 0], run[..., 1]
    reach = (axes[:, None] - joints[..., :2]).astype(np.float32)
    x, y = reach[..., 0, None], reach[..., 1, None]
    length2 = np.maximum(run_x * run_x + run_y * run_y, np.float32(1e-6))
    closest = (run_x * x + run_y * y) / length2
    half2 = (np.float32(radius_m**2) - x * x - y * y) / length2 + closest * closest
    enter = closest - np.sqrt(np.maximum(half2, 0.0))
    low = joints[:, :, None, 2].astype(np.float32) + enter * run[..., 2]
    hidden: Bools = (half2 > 0.0) & (enter > 0.0) & (enter < 1.0) & (low < top[:, None, None])
    return hidden
