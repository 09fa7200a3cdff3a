"""Risk and coverage, by hand and by brute force over orders of ties."""

import itertools
import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tillfree.evaluation.risk import area, risk_coverage, risk_curve

SAMPLES = st.lists(st.tuples(st.sampled_from([0.2, 0.5, 0.9]), st.booleans()), min_size=1, max_size=6)


def curve_of(samples: list[tuple[float, bool]]) -> list[float]:
    p, right = np.array([p for p, _ in samples]), np.array([ok for _, ok in samples], dtype=np.bool_)
    return [float(wrong) for wrong in risk_curve(p, right)]


def test_wrong_ones_come_last_in_a_good_order() -> None:
    samples = [(0.9, True), (0.99, True), (0.4, False), (0.8, True)]
    assert curve_of(samples) == [0, 0, 0, 0, 1]
    result = risk_coverage([p for p, _ in samples], [ok for _, ok in samples], [False, False, True, False])
    assert result.aurc.value == result.aurc_best == 1 / 16
    assert (result.operating_coverage.value, result.operating_risk.value) == (0.75, 0.0)
    assert result.coverage_at_1_percent == 0.75
    assert (result.wrong, result.count) == (1, 4)


@given(SAMPLES)
def test_ties_are_the_mean_over_all_orders(samples: list[tuple[float, bool]]) -> None:
    curves = []
    for order in itertools.permutations(samples):
        ranked = sorted(order, key=lambda s: -s[0])  # stable: keeps the order of this permutation within ties
        curves.append([sum(not ok for _, ok in ranked[:k]) for k in range(len(ranked) + 1)])
    assert np.allclose(curve_of(samples), np.mean(curves, axis=0))


@given(SAMPLES)
def test_nothing_beats_the_best_order(samples: list[tuple[float, bool]]) -> None:
    result = risk_coverage([p for p, _ in samples], [ok for _, ok in samples], [False] * len(samples), rounds=5)
    assert result.aurc.value >= result.aurc_best - 1e-12
    assert result.points[-1].coverage == 1.0
    assert math.isclose(result.points[-1].risk, result.wrong / result.count)
    assert math.isclose(area(np.array(curve_of(samples))), result.aurc.value)


def test_ninety_percent_is_rounded_up_to_whole_receipts() -> None:
    p = [1 - n / 100 for n in range(41)]
    right = [n != 36 for n in range(41)]  # the 37th most certain is wrong, and 0.9 x 41 = 36.9
    result = risk_coverage(p, right, [False] * 41)
    assert result.charged_at_90 == 37
    assert math.isclose(result.risk_at_90.value, 1 / 37)
    ten = risk_coverage(p[:10], [True] * 9 + [False], [False] * 10)
    assert (ten.charged_at_90, ten.risk_at_90.value) == (9, 0.0)


def test_when_all_go_to_review_there_is_no_risk_to_tell() -> None:
    result = risk_coverage([0.5, 0.6], [True, False], [True, True])
    assert result.operating_coverage.value == 0.0
    assert math.isnan(result.operating_risk.value)


def test_nothing_gives_no_figures() -> None:
    result = risk_coverage([], [], [])
    assert result.points == ()
    assert math.isnan(result.aurc.value)
    assert math.isnan(result.risk_at_90.value)
    assert math.isnan(result.coverage_at_1_percent)
