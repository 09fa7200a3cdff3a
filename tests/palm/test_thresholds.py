import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.palm.errors import PalmError
from tillfree.palm.thresholds import ImpostorTail, bound_threshold, fit_tail, fmr_for_gallery, fpir_for_gallery

TAIL = ImpostorTail(begin=2.0, share=0.01, scale=1.0, shape=-0.1, exceedances=400)


@given(st.floats(-8, -2.001), st.floats(-0.4, 0.5))
def test_threshold_and_rate_are_each_others_reverse(exponent: float, shape: float) -> None:
    tail = ImpostorTail(begin=2.0, share=0.01, scale=1.3, shape=shape, exceedances=400)
    rate = 10.0**exponent
    assert tail.fmr(tail.threshold(rate)).value == pytest.approx(rate, rel=1e-6)


@given(st.floats(2.0, 9.0), st.floats(0.0, 2.0))
def test_a_higher_threshold_never_lets_more_strangers_through(threshold: float, step: float) -> None:
    low, high = TAIL.fmr(threshold), TAIL.fmr(threshold + step)
    assert high.value <= low.value
    assert low.low <= low.value <= low.high


def test_rates_beyond_what_was_seen_are_predicted_within_their_bounds() -> None:
    """Of 100 sets of 20,000 exponential scores, the bounds hold the true rate of 1e-5 about 95 times."""
    true = -math.log(1e-5)
    inside = 0
    for seed in range(100):
        rate = fit_tail(np.random.default_rng(seed).exponential(size=20_000)).fmr(true)
        inside += rate.low <= 1e-5 <= rate.high
    assert 87 <= inside <= 100


@pytest.mark.parametrize("shape", [-0.3, 0.0, 0.3])
def test_the_tail_of_a_known_distribution_is_found(shape: float) -> None:
    uniform = np.random.default_rng(3).random(400_000)
    scores = -np.log(uniform) if shape == 0 else (uniform**-shape - 1) / shape
    tail = fit_tail(scores)
    assert tail.shape == pytest.approx(shape, abs=0.05)
    assert tail.share == pytest.approx(0.01)


def test_pairs_that_are_not_independent_widen_the_bounds() -> None:
    scores = np.random.default_rng(4).exponential(size=50_000)
    apart, shared = fit_tail(scores).fmr(12.0), fit_tail(scores, independent=0.1).fmr(12.0)
    assert shared.value == apart.value
    assert shared.high > 1.5 * apart.high


def test_a_cautious_threshold_keeps_the_upper_bound() -> None:
    threshold = TAIL.cautious_threshold(1e-4)
    assert threshold > TAIL.threshold(1e-4)
    assert TAIL.fmr(threshold).high <= 1e-4


@given(st.integers(1, 10_000_000), st.floats(1e-4, 0.5))
def test_a_gallery_and_one_comparison_agree(palms: int, fpir: float) -> None:
    assert fpir_for_gallery(fmr_for_gallery(fpir, palms), palms) == pytest.approx(fpir, rel=1e-6)


def test_for_ten_thousand_palms_one_comparison_in_ten_million_may_be_wrong() -> None:
    assert fmr_for_gallery(1e-3, 10_000) == pytest.approx(1e-7, rel=1e-3)


@given(st.floats(0.5, 4.0), st.floats(0.001, 0.2))
def test_honest_ratios_of_normal_scores_keep_the_bound(gap: float, rate: float) -> None:
    """Strangers' log ratios are then normal with mean -gap ** 2 / 2 and deviation gap."""
    share = 1 - NormalDist(-(gap**2) / 2, gap).cdf(bound_threshold(rate))
    assert share <= rate


def test_what_cannot_be_known_is_refused() -> None:
    with pytest.raises(PalmError, match="choose a higher one"):
        TAIL.fmr(1.0)
    with pytest.raises(PalmError, match="at most"):
        TAIL.threshold(0.5)
    with pytest.raises(PalmError, match="at least 3000"):
        fit_tail(np.zeros(100))
    with pytest.raises(PalmError, match="at least one palm"):
        fmr_for_gallery(0.01, 0)
