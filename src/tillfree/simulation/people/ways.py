"""Shortest ways between furniture: a graph of the corners that can see each other, searched with A*.

The corners of all furniture, a little outside, are joined wherever a person fits through between them (visibility
graph: Lozano-Perez and Wesley 1979, "An algorithm for planning collision-free paths among polyhedral obstacles"); the
shortest way through them is found as Hart, Nilsson and Raphael (1968) do it, with the straight line as the least that
is still to go.
"""

import heapq
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tillfree.core.geometry import Box, Point
from tillfree.simulation.script import Floats

__all__ = ["Spot2D", "Ways"]

Spot2D = tuple[float, float]
Bounds = tuple[float, float, float, float]

_MARGIN_M = 0.22
"""Half a person: so near does nobody's middle come to furniture."""
_TIGHT_M = 0.05
"""The same for the first and last steps of somebody who already stands nearer than that."""
_CORNER_M = 0.42
_FLUSH_M = 0.25
"""A box that begins within so much beside another, and goes as far forward, continues it: no way bends there."""
_ROWS = 512


class Ways:
    """The ways between some boxes, inside a rectangle of floor (least x and y, greatest x and y) where one is given."""

    def __init__(self, boxes: Sequence[Box], floor: Bounds | None = None) -> None:
        self._origin = np.array([(box.pose.origin.x, box.pose.origin.y) for box in boxes]).reshape(-1, 2)
        yaw = np.array([box.pose.yaw_rad for box in boxes])
        self._cos, self._sin = np.cos(yaw), np.sin(yaw)
        self._size = np.array([(box.width_m, box.depth_m) for box in boxes]).reshape(-1, 2)
        self._floor = floor
        self._corners: Floats = np.array(self._convex_corners(boxes)).reshape(-1, 2)
        self._near = self._graph()

    def is_free(self, spot: Spot2D) -> bool:
        """Whether somebody can stand there."""
        return bool(self._standable(np.array([spot]))[0])

    def is_straight(self, start: Spot2D, end: Spot2D, margin_m: float = _MARGIN_M) -> bool:
        """Whether nothing stands in the straight way between two places."""
        return bool(self._clear(np.array([start]), np.array([end]), margin_m)[0])

    def way(self, start: Spot2D, end: Spot2D) -> list[Spot2D] | None:
        """The corner points of the shortest way from `start` (left out) to `end`; None where there is no way."""
        if self.is_straight(start, end):
            return [end]
        for margin_m in (_MARGIN_M, _TIGHT_M):
            found = self._search(start, end, margin_m)
            if found is not None:
                return found
        return [end] if self.is_straight(start, end, _TIGHT_M) else None

    # ---- the graph ----------------------------------------------------------------------------------------------

    def _convex_corners(self, boxes: Sequence[Box]) -> list[Spot2D]:
        """Places just off the corners round which a way can bend; not those where the next box goes on."""
        offs: list[Spot2D] = []
        besides: list[tuple[Spot2D, Spot2D]] = []
        for box in boxes:
            for at_x, out_x in ((0.0, -1.0), (box.width_m, 1.0)):
                for at_y, out_y in ((0.0, -1.0), (box.depth_m, 1.0)):
                    inset = (at_x - 0.05 * out_x, at_y - 0.05 * out_y)
                    offs.append(_floor_point(box, at_x + _CORNER_M * out_x, at_y + _CORNER_M * out_y))
                    besides.append(
                        (
                            _floor_point(box, at_x + _FLUSH_M * out_x, inset[1]),
                            _floor_point(box, inset[0], at_y + _FLUSH_M * out_y),
                        )
                    )
        ends = np.array(besides).reshape(-1, 2, 2)
        places = np.array(offs).reshape(-1, 2)
        open_ = self._outside(ends[:, 0], 0.0) & self._outside(ends[:, 1], 0.0)
        keep = open_ & self._standable(places)
        return [off for off, kept in zip(offs, keep.tolist(), strict=True) if kept]

    def _graph(self) -> list[list[tuple[int, float]]]:
        corners = self._corners
        near: list[list[tuple[int, float]]] = [[] for _ in corners]
        if not len(corners):
            return near
        one, other = np.triu_indices(len(corners), 1)
        clear = self._clear(corners[one], corners[other], _MARGIN_M)
        length = np.hypot(*(corners[one] - corners[other]).T)
        for a, b, metres in zip(one[clear].tolist(), other[clear].tolist(), length[clear].tolist(), strict=True):
            near[a].append((b, metres))
            near[b].append((a, metres))
        return near

    def _search(self, start: Spot2D, end: Spot2D, margin_m: float) -> list[Spot2D] | None:
        corners = self._corners
        if not len(corners):
            return None
        first = self._clear(np.array([start]), corners, margin_m)
        last = self._clear(np.array([end]), corners, margin_m)
        left = np.hypot(*(corners - np.array(end)).T).tolist()
        goal = len(corners)
        gone = {int(k): math.dist(start, corners[k]) for k in np.flatnonzero(first)}
        before: dict[int, int] = {}
        waiting = [(metres + left[k], k) for k, metres in gone.items()]
        heapq.heapify(waiting)
        done: set[int] = set()
        while waiting:
            _, here = heapq.heappop(waiting)
            if here == goal:
                return [*self._back(before, before[goal]), end]
            if here in done:
                continue
            done.add(here)
            steps = self._near[here] if not last[here] else [*self._near[here], (goal, left[here])]
            for there, metres in steps:
                total = gone[here] + metres
                if total < gone.get(there, math.inf):
                    gone[there], before[there] = total, here
                    heapq.heappush(waiting, (total + (left[there] if there != goal else 0.0), there))
        return None

    def _back(self, before: dict[int, int], corner: int) -> list[Spot2D]:
        points = [corner]
        while points[-1] in before:
            points.append(before[points[-1]])
        return [(float(self._corners[k, 0]), float(self._corners[k, 1])) for k in reversed(points)]

    # ---- what is in the way -------------------------------------------------------------------------------------

    def _local(self, points: Floats) -> tuple[Floats, Floats]:
        """Points (n, 2) in the frame of each box: along it and into it, each of shape (n, boxes)."""
        x, y = points[:, :1] - self._origin[:, 0], points[:, 1:] - self._origin[:, 1]
        return self._cos * x + self._sin * y, -self._sin * x + self._cos * y

    def _outside(self, points: Floats, margin_m: float) -> npt.NDArray[np.bool_]:
        within = np.ones((len(points), len(self._size)), dtype=bool)
        for at, size in zip(self._local(points), self._size.T, strict=True):
            within &= (at > -margin_m) & (at < size + margin_m)
        outside: npt.NDArray[np.bool_] = np.logical_not(np.logical_or.reduce(within, axis=-1))
        return outside

    def _standable(self, points: Floats) -> npt.NDArray[np.bool_]:
        free = self._outside(points, _MARGIN_M)
        if self._floor is not None:
            low, high = np.array(self._floor[:2]) + 0.1, np.array(self._floor[2:]) - 0.1
            free &= ((points >= low) & (points <= high)).all(axis=-1)
        return free

    def _clear(self, starts: Floats, ends: Floats, margin_m: float) -> npt.NDArray[np.bool_]:
        """Whether each straight way (n) passes all boxes with a margin (Liang and Barsky 1984).

        A single start is that of all ways.
        """
        clear = np.empty(len(ends), dtype=bool)
        for k in range(0, len(ends), _ROWS):
            enter: Floats | float = 0.0
            leave: Floats | float = 1.0
            origins = self._local(starts if len(starts) == 1 else starts[k : k + _ROWS])
            for origin, end, size in zip(origins, self._local(ends[k : k + _ROWS]), self._size.T, strict=True):
                step = end - origin
                # A step of nothing along an axis never enters or leaves there: a tiny one decides the same.
                step[np.abs(step) < 1e-12] = 1e-12
                one, other = (-margin_m - origin) / step, (size + margin_m - origin) / step
                enter = np.maximum(enter, np.minimum(one, other))
                leave = np.minimum(leave, np.maximum(one, other))
            clear[k : k + _ROWS] = ~np.logical_or.reduce(enter < leave, axis=-1)
        return clear


def _floor_point(box: Box, x: float, y: float) -> Spot2D:
    point = box.pose.to_parent(Point(x, y, 0.0))
    return point.x, point.y
