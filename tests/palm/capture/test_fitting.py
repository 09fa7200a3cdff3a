"""A hand's place follows from its landmarks, wherever it is, and although some of them are wrong."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.palm.capture.fitting import TEMPLATE, corners_of, fit_hand
from tillfree.palm.capture.landmarks import CORNERS, LANDMARKS

SURE = np.ones(len(LANDMARKS))


def placed(turn_deg: float, palm_px: float, mirrored: bool) -> np.ndarray:
    turn = math.radians(turn_deg)
    flip = -1.0 if mirrored else 1.0
    linear = palm_px * np.array([(math.cos(turn) * flip, -math.sin(turn)), (math.sin(turn) * flip, math.cos(turn))])
    return TEMPLATE @ linear.T + (300.0, 200.0)


@given(st.floats(-179.0, 179.0), st.floats(20.0, 500.0), st.booleans())
def test_turn_size_and_side_are_read_from_landmarks(turn_deg: float, palm_px: float, mirrored: bool) -> None:
    fit = fit_hand(placed(turn_deg, palm_px, mirrored), SURE)
    assert fit.mirrored == mirrored
    assert fit.palm_px == pytest.approx(palm_px, rel=1e-6)
    assert math.cos(math.radians(fit.turn_deg - turn_deg)) == pytest.approx(1.0, abs=1e-9)
    assert fit.misfit == pytest.approx(0.0, abs=1e-6)


@given(st.integers(0, len(LANDMARKS) - 1), st.floats(0.3, 2.0), st.floats(0.0, 6.28), st.booleans())
def test_one_wrong_landmark_moves_the_square_hardly(number: int, away: float, way: float, mirrored: bool) -> None:
    points = placed(30.0, 100.0, mirrored)
    right = points[CORNERS].copy()
    points[number] += 100.0 * away * np.array([math.cos(way), math.sin(way)])
    moved = np.linalg.norm(corners_of(fit_hand(points, SURE)) - right, axis=1)
    assert moved.max() < 2.0


def test_landmarks_without_confidence_count_little() -> None:
    points = placed(0.0, 100.0, False)
    points[10:12] += 40.0
    doubted = SURE.copy()
    doubted[10:12] = 0.0
    assert np.abs(corners_of(fit_hand(points, doubted)) - placed(0.0, 100.0, False)[CORNERS]).max() < 0.2
