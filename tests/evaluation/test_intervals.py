"""Confidence intervals."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tillfree.evaluation.intervals import bootstrap, wilson


def test_wilson_against_published_values() -> None:
    """Newcombe 1998, Statistics in Medicine 17, 857, table I: 81/263, 15/148, 0/20, 1/29."""
    for right, trials, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)):
        found = wilson(right, trials)
        assert math.isclose(found.low, low, abs_tol=5e-5)
        assert math.isclose(found.high, high, abs_tol=5e-5)
    assert math.isclose(wilson(1, 29).high, 0.1718, abs_tol=5e-5)


def test_wilson_of_nothing_knows_nothing() -> None:
    found = wilson(0, 0)
    assert math.isnan(found.value)
    assert (found.low, found.high) == (0.0, 1.0)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_its_value(pair: tuple[int, int]) -> None:
    found = wilson(*pair)
    assert 0.0 <= found.low <= found.value <= found.high <= 1.0


def test_bootstrap_repeats_and_covers() -> None:
    values = np.random.default_rng(3).normal(5.0, 2.0, 400)
    groups = np.arange(400, dtype=np.intp)
    first = bootstrap(lambda i: float(values[i].mean()), groups, seed=1)
    assert first == bootstrap(lambda i: float(values[i].mean()), groups, seed=1)
    assert first != bootstrap(lambda i: float(values[i].mean()), groups, seed=2)
    # Standard error of the mean is 0.1, so the interval is about 0.4 wide.
    assert 0.3 < first.high - first.low < 0.5
    assert first.low < first.value < first.high


def test_bootstrap_draws_whole_groups() -> None:
    """Ten equal samples in each of ten groups hold no more than ten: the interval is as wide as for the ten."""
    values = np.repeat(np.random.default_rng(4).normal(0.0, 1.0, 10), 10)
    groups = np.repeat(np.arange(10, dtype=np.intp), 10)
    grouped = bootstrap(lambda i: float(values[i].mean()), groups)
    single = bootstrap(lambda i: float(values[i].mean()), np.arange(100, dtype=np.intp))
    assert grouped.high - grouped.low > 2 * (single.high - single.low)


def test_bootstrap_of_one_group_has_no_bounds() -> None:
    found = bootstrap(lambda i: float(len(i)), np.zeros(5, dtype=np.intp))
    assert found.value == 5
    assert math.isnan(found.low)
    assert math.isnan(bootstrap(lambda i: float(len(i)), np.zeros(0, dtype=np.intp)).value)
