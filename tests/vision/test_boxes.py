"""Overlap of boxes, and which of many that mean the same are kept."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.vision.boxes import overlaps, without_doubles

CORNER = st.floats(-100, 100)
SIDE = st.floats(0.5, 100)
BOX = st.tuples(CORNER, CORNER, SIDE, SIDE).map(lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3]))


def test_overlap_by_hand() -> None:
    shared = overlaps(np.array([[0, 0, 2, 2]]), np.array([[1, 0, 3, 2], [0, 0, 2, 2], [2, 2, 4, 4], [0, 0, 0, 0]]))
    assert shared.tolist() == [[pytest.approx(1 / 3), 1.0, 0.0, 0.0]]


@given(st.lists(BOX, min_size=1, max_size=6), st.lists(BOX, min_size=1, max_size=6))
def test_overlap_is_a_share_and_the_same_from_both_sides(
    one: list[tuple[float, ...]], two: list[tuple[float, ...]]
) -> None:
    a, b = np.array(one), np.array(two)
    shared = overlaps(a, b)
    assert ((shared >= 0.0) & (shared <= 1.0 + 1e-9)).all()
    assert shared == pytest.approx(overlaps(b, a).T)
    assert np.diag(overlaps(a, a)) == pytest.approx(1.0)


@given(st.lists(st.tuples(BOX, st.floats(0, 1)), max_size=12), st.floats(0.1, 0.9))
def test_what_is_kept_hardly_overlaps_and_what_is_not_overlaps_something_better(
    found: list[tuple[tuple[float, ...], float]], most: float
) -> None:
    boxes, scores = np.array([b for b, _ in found]).reshape(-1, 4), np.array([s for _, s in found])
    kept = without_doubles(boxes, scores, most).tolist()
    shared = overlaps(boxes, boxes)
    assert scores[kept].tolist() == sorted(scores[kept].tolist(), reverse=True)
    for number in range(len(found)):
        others = [k for k in kept if k != number and scores[k] >= scores[number]]
        if number in kept:
            assert all(shared[number, k] <= most for k in kept if k != number)
        else:
            assert any(shared[number, k] > most for k in others)
