"""The ground on which people walk: how much room there is at any place to the nearest furniture and wall.

A field of distances on a grid, made once for a shop, answers for many places at once and costs the same in a kiosk and
in a grocery. The nodes are exact and values between them bilinear, so a distance errs by less than half a cell.
"""

import numpy as np
import numpy.typing as npt

from tillfree.catalog.model import Shop
from tillfree.core.geometry import Box
from tillfree.simulation.script import Floats

__all__ = ["Ground"]

_CELL_M = 0.1
_FAR_M = 1.0
"""All that is farther away is so far."""
_ROUND_M = 3.0
"""How far the grid reaches beyond the furniture where nobody says where the floor ends."""
_WALL_M = 0.12
"""How much nearer than to furniture people come to the edge of the floor."""


class Ground:
    """The floor of a shop. Places are arrays of x and of y, metres."""

    def __init__(self, shop: Shop) -> None:
        boxes = [fixture.box for fixture in shop.fixtures]
        bounds = np.array([box.floor_bounds(_ROUND_M) for box in boxes]).reshape(-1, 4)
        floors = [zone for zone in shop.zones if zone.use == "aisle"]
        edges = np.array([(zone.x_min_m, zone.x_max_m, zone.y_min_m, zone.y_max_m) for zone in floors]).reshape(-1, 4)
        low_x, high_x, low_y, high_y = _around(np.concatenate([edges, bounds]))
        self._low = (low_x, low_y)
        x = np.arange(low_x, high_x + _CELL_M, _CELL_M)
        y = np.arange(low_y, high_y + _CELL_M, _CELL_M)
        field = np.full((len(x), len(y)), _FAR_M)
        if len(edges):
            left, right, front, back = _around(edges)
            inside_x = np.minimum(x - left, right - x)[:, None]
            inside_y = np.minimum(y - front, back - y)[None, :]
            field = np.minimum(field, np.minimum(inside_x, inside_y) + _WALL_M)
        for box in boxes:
            left, right, front, back = box.floor_bounds(_FAR_M)
            rows = slice(max(int((left - low_x) / _CELL_M), 0), int((right - low_x) / _CELL_M) + 2)
            columns = slice(max(int((front - low_y) / _CELL_M), 0), int((back - low_y) / _CELL_M) + 2)
            part = field[rows, columns]
            np.minimum(part, _distance(box, x[rows, None], y[None, columns]), out=part)
        self._last = (field.shape[0] - 1.001, field.shape[1] - 1.001)
        self._width = field.shape[1]
        self._field = field.ravel()

    def room(self, x: Floats, y: Floats) -> Floats:
        """Distance to the nearest furniture or wall, at most 1 m; below 0 inside furniture."""
        a, b, c, d, part_x, part_y = self._corners(x, y)
        room: Floats = (a + (b - a) * part_x) * (1.0 - part_y) + (c + (d - c) * part_x) * part_y
        return room

    def away(self, x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
        """The room at places, and x and y of the way that leads out of the narrow (of length 1, or 0 in the open)."""
        a, b, c, d, part_x, part_y = self._corners(x, y)
        room = (a + (b - a) * part_x) * (1.0 - part_y) + (c + (d - c) * part_x) * part_y
        out_x = (b - a) * (1.0 - part_y) + (d - c) * part_y
        out_y = (c - a) * (1.0 - part_x) + (d - b) * part_x
        length = np.maximum(np.hypot(out_x, out_y), 1e-9)
        return room, out_x / length, out_y / length

    def _corners(self, x: Floats, y: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats]:
        """The values at the four nodes around each place, and where between them it is."""
        at_x = np.minimum(np.maximum((x - self._low[0]) / _CELL_M, 0.0), self._last[0])
        at_y = np.minimum(np.maximum((y - self._low[1]) / _CELL_M, 0.0), self._last[1])
        row, column = at_x.astype(np.int64), at_y.astype(np.int64)
        first: npt.NDArray[np.int64] = row * self._width + column
        field = self._field
        right = first + self._width
        return field[first], field[right], field[first + 1], field[right + 1], at_x - row, at_y - column


def _around(bounds: Floats) -> tuple[float, float, float, float]:
    """What encloses all of some rectangles (least x, greatest x, least y, greatest y), shape (n, 4)."""
    low_x, high_x, low_y, high_y = bounds.T
    return float(low_x.min()), float(high_x.max()), float(low_y.min()), float(high_y.max())


def _distance(box: Box, x: Floats, y: Floats) -> Floats:
    """From places to the outline of a box on the floor, negative inside."""
    origin, yaw = box.pose.origin, box.pose.yaw_rad
    dx, dy = x - origin.x, y - origin.y
    along = np.cos(yaw) * dx + np.sin(yaw) * dy - box.width_m / 2
    deep = -np.sin(yaw) * dx + np.cos(yaw) * dy - box.depth_m / 2
    over, behind = np.abs(along) - box.width_m / 2, np.abs(deep) - box.depth_m / 2
    away: Floats = np.hypot(np.maximum(over, 0.0), np.maximum(behind, 0.0)) + np.minimum(np.maximum(over, behind), 0.0)
    return away
