import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.palm.liveness.stacks import stack_of_points
from tillfree.palm.liveness.relief import follows, relief, roundness

Floats = npt.NDArray[np.float64]
FRAMES = 6


def hover(seed: int, height: Floats, noise_px: float = 0.05) -> Floats:
    """Pixels (frames, n, 2) of 80 points with a height in mm, seen from 250 mm by a hand that turns and moves."""
    rng = np.random.default_rng(seed)
    flat = places(seed)
    points = np.concatenate([flat, height[:, None]], axis=1)
    path = []
    for frame in range(FRAMES):
        share = frame / (FRAMES - 1)
        turn, tilt = 0.12 * share, 0.08 * share
        about_y = np.array([[math.cos(turn), 0, math.sin(turn)], [0, 1, 0], [-math.sin(turn), 0, math.cos(turn)]])
        about_x = np.array([[1, 0, 0], [0, math.cos(tilt), -math.sin(tilt)], [0, math.sin(tilt), math.cos(tilt)]])
        there = points * (1, 1, -1) @ (about_y @ about_x).T + (12 * share, 4 * share, 250 - 10 * share)
        path.append(there[:, :2] / there[:, 2:] * 380 + 130)
    return np.array(path) + rng.normal(0.0, noise_px, (FRAMES, len(points), 2))


def places(seed: int) -> Floats:
    return np.random.default_rng([seed, 1]).uniform((-40, -70), (40, 50), (80, 2))


def flat(seed: int) -> Floats:
    return 0.0 * places(seed)[:, 0]


def bent(seed: int) -> Floats:
    x, y = places(seed).T
    away = 0.8 * x + 0.6 * y
    return np.asarray(-(away**2) / 200)


def hollow(seed: int) -> Floats:
    x, y = places(seed).T
    return np.asarray((x**2 + 0.8 * y**2) / 200 + 4 * np.exp(-((x + 20) ** 2 + (y - 20) ** 2) / 400))


@pytest.mark.parametrize("seed", range(4))
def test_a_sheet_has_no_relief_and_a_hollow_hand_has(seed: int) -> None:
    sheet, hand = (relief(stack_of_points(hover(seed, shape(seed)))) for shape in (flat, hollow))
    assert hand > sheet + 1.0


@pytest.mark.parametrize("seed", range(4))
def test_a_bent_sheet_has_relief_but_is_not_round(seed: int) -> None:
    sheet, hand = (stack_of_points(hover(seed, shape(seed))) for shape in (bent, hollow))
    assert relief(sheet) > relief(stack_of_points(hover(seed, flat(seed)))) + 1.0
    assert roundness(hand) > roundness(sheet) + 1.0


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(0.05, 0.4))
def test_noise_of_following_is_not_taken_for_relief(seed: int, noise_px: float) -> None:
    assert relief(stack_of_points(hover(seed, flat(seed), noise_px))) < relief(
        stack_of_points(hover(seed, hollow(seed)))
    )


def test_nothing_is_said_without_motion_or_points() -> None:
    still = np.repeat(hover(1, hollow(1))[:1], FRAMES, axis=0)
    assert math.isnan(relief(stack_of_points(still)))
    assert math.isnan(roundness(stack_of_points(still)))
    assert math.isnan(relief(stack_of_points(hover(1, hollow(1))[:, :10])))


def test_what_moves_along_is_told_from_what_stays() -> None:
    hand = hover(2, hollow(2), 0.0)
    room = np.repeat(places(3)[None, :30] + 130, FRAMES, axis=0)
    assert follows(stack_of_points(hand, room)) < 0.1
    assert follows(stack_of_points(hover(2, flat(2), 0.0), hover(2, flat(2), 0.0)[:, :30])) > 0.9


def test_without_anything_beside_the_hand_nothing_is_said() -> None:
    assert math.isnan(follows(stack_of_points(hover(2, hollow(2)))))
