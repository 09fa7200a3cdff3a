"""Average precision against cases that can be worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.learning.errors import LearningError
from tillfree.learning.scoring import Found, score_detections

ONE, TWO = [0.0, 0.0, 10.0, 20.0], [50.0, 0.0, 60.0, 20.0]


def found(*boxes: list[float], scores: list[float]) -> Found:
    return Found(np.array(boxes, dtype=np.float64).reshape(-1, 4), np.array(scores))


def test_all_found_and_nothing_else_is_one() -> None:
    score = score_detections([found(ONE, TWO, scores=[0.9, 0.4])], [np.array([TWO, ONE])], 0.3)
    assert (score.average_precision, score.recall, score.precision, score.people, score.found) == (1, 1, 1, 2, 2)


def test_a_double_and_a_wrong_one_cost_what_the_curve_says() -> None:
    wrong = [100.0, 100.0, 110.0, 120.0]
    given_ = [found(ONE, ONE, scores=[0.9, 0.8]), found(wrong, TWO, scores=[0.7, 0.6])]
    score = score_detections(given_, [np.array([ONE]), np.array([TWO])], 0.65)
    # Right, wrong, wrong, right: precision 1 up to half the recall, then 2 of 4.
    assert score.average_precision == pytest.approx(0.5 * 1.0 + 0.5 * 0.5)
    assert score.recall == 0.5
    assert score.precision == pytest.approx(1 / 3)


def test_nothing_found_is_nothing() -> None:
    empty = found(scores=[])
    assert score_detections([empty], [np.array([ONE])], 0.3).average_precision == 0.0
    assert score_detections([], [], 0.3).people == 0


def test_pictures_and_truth_must_be_as_many() -> None:
    with pytest.raises(LearningError, match="1 pictures"):
        score_detections([found(scores=[])], [], 0.3)


@given(st.lists(st.tuples(st.integers(0, 8), st.floats(0.01, 1.0)), max_size=10))
def test_a_less_certain_wrong_one_never_costs_more_than_a_certain_one(some: list[tuple[int, float]]) -> None:
    truth = [np.array([[100.0 * k, 0, 100.0 * k + 10, 20] for k in range(4)])]
    boxes = [[100.0 * k, 0, 100.0 * k + 10, 20] for k, _ in some]
    scores = [s for _, s in some]
    wrong = [[0.0, 500.0, 10.0, 520.0]]
    low, high = (
        score_detections([found(*boxes, *wrong, scores=[*scores, extra])], truth, 0.3).average_precision
        for extra in (0.001, 2.0)
    )
    assert 0.0 <= high <= low <= 1.0
