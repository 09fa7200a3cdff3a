"""A place that meets strangers learns how high they score, and becomes stricter, never laxer."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.palm.strangers import CAPACITY, ENOUGH, Strangers


def _met(count: int, mean: float = 0.0, seed: int = 1) -> list[float]:
    return np.random.default_rng(seed).normal(mean, 1.5, count).tolist()


def test_few_strangers_change_nothing() -> None:
    assert Strangers(_met(ENOUGH - 1, 9.0)).raised(4.0, 1e-3) == 4.0
    assert Strangers().raised(4.0, 1e-3) == 4.0


@pytest.mark.parametrize("fmr", [0.05, 1e-3, 1e-5])
def test_strangers_who_score_higher_raise_a_threshold_so_that_the_rate_holds(fmr: float) -> None:
    needed = Strangers(_met(20_000, 3.0)).raised(0.0, fmr)
    others = np.random.default_rng(2).normal(3.0, 1.5, 2_000_000)
    assert 0.3 * fmr <= (others >= needed).mean() <= 2.5 * fmr


@given(st.floats(-20.0, 20.0), st.floats(1e-9, 0.5), st.floats(-10.0, 10.0))
def test_a_threshold_is_never_lowered(threshold: float, fmr: float, mean: float) -> None:
    assert Strangers(_met(ENOUGH, mean)).raised(threshold, fmr) >= threshold


def test_the_latest_are_kept_and_what_is_no_number_is_not() -> None:
    strangers = Strangers([math.nan, math.inf, -math.inf, 1.0])
    assert strangers.scores == [1.0]
    strangers.add(_met(CAPACITY))
    strangers.add([7.0])
    assert len(strangers) == CAPACITY
    assert strangers.scores[-1] == 7.0
    assert 1.0 not in strangers.scores


def test_what_is_met_later_counts() -> None:
    strangers = Strangers(_met(ENOUGH))
    before = strangers.raised(0.0, 1e-3)
    strangers.add(_met(ENOUGH, 4.0))
    assert strangers.raised(0.0, 1e-3) > before + 1.0
