"""Calibration measures on samples whose calibration is known."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.evaluation.calibration import brier, calibrate, expected_error, log_loss, reliability

SAMPLES = st.lists(st.tuples(st.sampled_from([0.0, 0.1, 0.5, 0.5, 0.9, 1.0]), st.booleans()), max_size=60)


def test_honest_probabilities_have_a_small_error() -> None:
    random = np.random.default_rng(7)
    p = random.random(20_000)
    honest = calibrate(p.tolist(), (random.random(20_000) < p).tolist(), rounds=5)
    assert honest.ece.value < 0.012
    assert honest.ece_equal_width < 0.012
    boastful = calibrate(p.tolist(), (random.random(20_000) < p * p).tolist(), rounds=5)
    assert 0.14 < boastful.ece.value < 0.19  # mean of p - p^2 is 1/6
    assert math.isclose(boastful.right.value, 1 / 3, abs_tol=0.02)
    assert all(bin_.right.value < bin_.mean_probability for bin_ in boastful.bins[1:-1])


def test_bins_of_equal_mass_and_width() -> None:
    p = np.linspace(0.0, 1.0, 101) ** 3
    right = np.ones(101, dtype=np.bool_)
    mass = reliability(p, right)
    assert sorted(b.count for b in mass) == [10] * 9 + [11]
    width = reliability(p, right, equal_mass=False)
    assert [b.lower for b in width] == [n / 10 for n in range(10)]
    assert width[0].count > 40


def test_ties_stay_in_one_bin() -> None:
    p = np.array([0.2] * 3 + [0.9] * 97)
    right = np.array([False] * 3 + [True] * 97)
    bins = reliability(p, right)
    assert [(b.count, b.right.value) for b in bins] == [(3, 0.0), (97, 1.0)]


def test_one_is_within_the_last_bin() -> None:
    assert reliability(np.array([1.0]), np.array([True]), equal_mass=False)[0].upper == 1.0


def test_scores_by_hand() -> None:
    p, right = np.array([0.8, 0.5]), np.array([True, False])
    assert math.isclose(brier(p, right), (0.04 + 0.25) / 2)
    assert math.isclose(log_loss(p, right), -(math.log(0.8) + math.log(0.5)) / 2)
    assert math.isclose(log_loss(np.array([1.0]), np.array([False])), -math.log(1e-6), rel_tol=1e-6)


def test_nothing_gives_no_figures() -> None:
    empty = calibrate([], [])
    assert empty.count == 0
    assert empty.bins == ()
    assert math.isnan(empty.ece.value)
    assert math.isnan(empty.brier.value)


@pytest.mark.parametrize("equal_mass", [True, False])
@given(samples=SAMPLES, seed=st.integers(0, 5))
def test_order_of_samples_means_nothing(samples: list[tuple[float, bool]], seed: int, equal_mass: bool) -> None:
    p, right = np.array([s[0] for s in samples]), np.array([s[1] for s in samples], dtype=np.bool_)
    order = np.random.default_rng(seed).permutation(len(p))
    bins = reliability(p, right, equal_mass=equal_mass)
    shuffled = reliability(p[order], right[order], equal_mass=equal_mass)
    assert [(b.count, b.right) for b in bins] == [(b.count, b.right) for b in shuffled]
    assert sum(b.count for b in bins) == len(samples)
    if samples:
        assert 0.0 <= expected_error(bins) <= 1.0
