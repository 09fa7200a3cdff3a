"""Errors of joints: how long they last, how frames of a burst repeat each other, and what a single view is worth."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.catalog.cameras import Camera
from tillfree.core.geometry import Point
from tillfree.simulation.character import Character
from tillfree.simulation.tracks.sightlines import Sightlines
from tillfree.simulation.tracks.tracker import JointSight, errors_that_last

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

TICKS: Floats = np.linspace(0.0, 199.9, 2000)
TWINS: Floats = np.stack([TICKS, TICKS + 0.01], axis=-1).ravel()
STILL = np.array([(0.3 * np.cos(k), 0.3 * np.sin(k), 1.7 - 0.1 * k) for k in range(8)])
STILL[1, :2] = 0.0
APART = np.array((50.0, 0.0, 0.0))
PLAIN = Character(missing=(0.0,) * 8, wild_wrist=0.0)


def sight(
    times: Floats, character: Character = PLAIN, cameras: int | None = None, people: int = 4
) -> tuple[Floats, Bools, Floats]:
    """What is seen of people who stand still, apart from each other, under so many cameras (None: nobody asks)."""
    joints = (
        np.broadcast_to(STILL, (people, len(times), 8, 3))
        + APART * np.arange(people, dtype=np.float64)[:, None, None, None]
    )
    eyes = [
        Camera(f"{p}-{k}", Point(50.0 * p + 0.1 * k, 0.0, 4.0), Point(50.0 * p, 0.0, 0.0), 120.0, 100, 100)
        for p in range(people)
        for k in range(cameras or 0)
    ]
    lines = None if cameras is None else Sightlines(eyes, ()) if eyes else None
    seer = JointSight(character, lines)
    there = np.ones((people, len(times)), np.bool_)
    seen, shown, scores = seer.see(
        np.asarray(joints, np.float64), there, times, np.ones(people, np.float64), np.random.default_rng(3)
    )
    return seen - joints, shown, scores


def test_second_differences_grow_with_the_lag_as_those_of_a_real_person_do() -> None:
    """Real: twice as large over two ticks as over one, sway and all; independent errors would give the same."""

    def bend(errors: Floats, lag: int) -> float:
        return float(np.median(np.abs(errors[:, 2 * lag :] - 2 * errors[:, lag:-lag] + errors[:, : -2 * lag])))

    lasting = sight(TICKS)[0]
    fresh = sight(TICKS, Character(missing=(0.0,) * 8, wild_wrist=0.0, jitter_memory_s=0.0))[0]
    assert 1.25 < bend(lasting, 2) / bend(lasting, 1) < 2.0
    assert 0.9 < bend(fresh, 2) / bend(fresh, 1) < 1.1


@given(st.just(0.0) | st.floats(0.01, 2.0), st.integers(0, 2**32 - 1))
def test_lasting_errors_keep_their_spread(memory_s: float, seed: int) -> None:
    errors = np.random.default_rng(seed).standard_normal((20, 60, 8, 3))
    kept = errors_that_last(errors, np.cumsum(np.full(60, 0.05)), memory_s)
    assert kept[:, -1].std() == pytest.approx(1.0, abs=0.2)


def test_in_two_bursts_of_five_most_joints_repeat_and_otherwise_few() -> None:
    errors, _, scores = sight(TWINS)
    same = (errors[:, 1::2] == errors[:, ::2]).all(axis=-1)
    assert same.mean() == pytest.approx(0.395, abs=0.02)
    number = same.sum(axis=2)
    assert (number >= 5).mean() > 0.25
    assert (number <= 2).mean() > 0.4
    assert ((number == 3) | (number == 4)).mean() < 0.2
    assert (scores[:, 1::2] == scores[:, ::2])[same].all()


def test_the_second_frame_of_a_burst_errs_by_more() -> None:
    apart = sight(TWINS, Character(missing=(0.0,) * 8, repeats=0.0, wild_wrist=0.0))[0]
    alike = sight(TWINS, Character(missing=(0.0,) * 8, repeats=0.0, wild_wrist=0.0, twin_jitter=0.0))[0]
    jumps = [float(np.median(np.abs(errors[:, 1::2] - errors[:, ::2]))) for errors in (apart, alike)]
    assert jumps[0] > 1.5 * jumps[1]


def test_joints_are_missing_for_a_fifth_of_a_second_at_a_time() -> None:
    _, shown, _ = sight(TICKS, Character(missing=(0.1,) * 8))
    assert 1.0 - shown.mean() == pytest.approx(0.1, abs=0.01)
    spell = np.floor(TICKS / 0.2)
    inside = spell[1:] == spell[:-1]
    assert (shown[:, 1:] == shown[:, :-1])[:, inside].all()


def test_fewer_views_give_larger_errors_lower_scores_and_missing_joints() -> None:
    spread, missing, scored = [], [], []
    for cameras in (1, 2, 4):
        errors, shown, scores = sight(TICKS, cameras=cameras)
        spread.append(float(errors[..., :4, :][shown[..., :4]].std()))
        missing.append(1.0 - shown.mean())
        scored.append(float(scores[shown].mean()))
    assert spread[0] > 1.5 * spread[1] > 1.5 * spread[2]
    assert missing[0] == pytest.approx(0.5, abs=0.03)
    assert max(missing[1:]) < 0.01
    assert scored == sorted(scored)
    assert scored[0] < 0.8 * scored[2]


def test_four_views_are_as_good_as_if_nobody_asked_for_views() -> None:
    asked, plain = (sight(TICKS, cameras=cameras) for cameras in (4, None))
    assert asked[0].std() == pytest.approx(plain[0].std(), rel=0.1)
