"""Shortest ways between furniture, against a plain search on a fine grid."""

import heapq
import itertools
import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tillfree.core.geometry import Box, Point, Pose
from tillfree.simulation.people.ways import Ways

CELL_M = 0.25
SIZE_M = 9.0

boxes = st.lists(
    st.builds(
        lambda x, y, yaw, width, depth: Box(Pose(Point(x, y, 0.0), yaw), width, depth, 1.9),
        st.floats(1.0, 8.0),
        st.floats(1.0, 8.0),
        st.sampled_from((0.0, math.pi / 2, math.pi, 0.4)),
        st.floats(0.5, 4.0),
        st.floats(0.4, 1.0),
    ),
    max_size=4,
)
spots = st.tuples(st.floats(0.3, SIZE_M - 0.3), st.floats(0.3, SIZE_M - 0.3))


def touches(box: Box, x: float, y: float, margin_m: float) -> bool:
    return box.contains(Point(x, y, 0.0), margin_m)


def length_m(start: tuple[float, float], way: list[tuple[float, float]]) -> float:
    return sum(math.dist(a, b) for a, b in itertools.pairwise([start, *way]))


def grid_length_m(furniture: list[Box], start: tuple[float, float], end: tuple[float, float]) -> float:
    """Length of the shortest way over the middles of cells that are well off all furniture (Dijkstra)."""
    count = int(SIZE_M / CELL_M) + 1
    free = [
        [not any(touches(box, i * CELL_M, j * CELL_M, 0.65) for box in furniture) for j in range(count)]
        for i in range(count)
    ]
    first, last = ((round(x / CELL_M), round(y / CELL_M)) for x, y in (start, end))
    if not (free[first[0]][first[1]] and free[last[0]][last[1]]):
        return math.inf
    gone, waiting = {first: 0.0}, [(0.0, first)]
    while waiting:
        metres, here = heapq.heappop(waiting)
        if here == last:
            return metres
        for dx, dy in itertools.product((-1, 0, 1), repeat=2):
            there = (here[0] + dx, here[1] + dy)
            if not (0 <= there[0] < count and 0 <= there[1] < count and free[there[0]][there[1]]):
                continue
            total = metres + CELL_M * math.hypot(dx, dy)
            if total < gone.get(there, math.inf):
                gone[there] = total
                heapq.heappush(waiting, (total, there))
    return math.inf


@given(boxes, spots, spots)
@settings(max_examples=60, deadline=None)
def test_a_way_touches_nothing_and_is_no_longer_than_that_of_a_grid(
    furniture: list[Box], start: tuple[float, float], end: tuple[float, float]
) -> None:
    # Snapped to the grid, so that both searches begin and end at the same places.
    start, end = ((round(x / CELL_M) * CELL_M, round(y / CELL_M) * CELL_M) for x, y in (start, end))
    way = Ways(furniture, (-3.0, -3.0, SIZE_M + 3.0, SIZE_M + 3.0)).way(start, end)
    grid_m = grid_length_m(furniture, start, end)
    if grid_m < math.inf:
        assert way is not None
        assert math.dist(start, end) - 1e-9 <= length_m(start, way) <= grid_m + 1e-6
    if way is not None:
        for one, other in itertools.pairwise([start, *way]):
            for x, y in np.linspace(one, other, 40):
                assert not any(touches(box, float(x), float(y), 0.04) for box in furniture)


def test_round_one_box() -> None:
    ways = Ways([Box(Pose(Point(0.0, 0.0, 0.0)), 4.0, 1.0, 1.9)])
    way = ways.way((1.0, -1.0), (1.0, 2.0))
    assert way is not None
    assert len(way) == 3
    assert all(x < 0.0 for x, _ in way[:2]), "the left end is nearer"
    assert not ways.is_straight((1.0, -1.0), (1.0, 2.0))
    assert not ways.is_free((1.0, 1.1))
    assert ways.is_free((1.0, 1.3))


def test_where_the_floor_ends_there_is_no_way() -> None:
    box = Box(Pose(Point(0.0, 0.0, 0.0)), 4.0, 1.0, 1.9)
    assert Ways([box], (0.0, -3.0, 4.0, 4.0)).way((1.0, -1.0), (1.0, 2.0)) is None
    wide = Ways([box], (0.0, -3.0, 6.0, 4.0)).way((1.0, -1.0), (1.0, 2.0))
    assert wide is not None
    assert all(x > 4.0 for x, _ in wide[:2]), "only the right end has floor beside it"
