from itertools import pairwise

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.evaluation.palms.identification import open_set, rank_one
from tillfree.evaluation.palms.measures import PairScores, bootstrap_over_persons, det, eer, operating_point

scores = st.lists(st.integers(0, 30), min_size=1, max_size=40)
NOBODY = np.zeros(0, dtype=np.intp)


def _pairs(mated: list[float], other: list[float], missed: int = 0) -> PairScores:
    persons = np.arange(len(mated), dtype=np.intp) % 5
    first = np.arange(len(other), dtype=np.intp) % 5
    pairs = np.stack([first, (first + 1) % 5], axis=1)
    return PairScores(np.array(mated, float), persons, np.array(other, float), pairs, np.zeros(missed, dtype=np.intp))


@given(scores, scores, st.sampled_from([0.5, 0.1, 0.01]))
def test_an_operating_point_is_what_counting_says(mated: list[int], other: list[int], rate: float) -> None:
    point = operating_point(_pairs(list(map(float, mated)), list(map(float, other))), rate, rounds=3)
    passed = sum(score > point.threshold for score in other)
    assert passed <= rate * len(other) + 1e-9
    assert point.fnmr.value == pytest.approx(sum(score <= point.threshold for score in mated) / len(mated))
    lower = [score for score in other if score < point.threshold]
    if lower:  # one step lower would let too many through
        assert sum(score > max(lower) for score in other) > rate * len(other)
    assert point.measurable == (rate * len(other) >= 1)


@given(scores, scores)
def test_the_equal_error_rate_lies_between_the_rates_around_it(mated: list[int], other: list[int]) -> None:
    value = eer(np.array(mated, float), np.array(other, float))
    thresholds = sorted({-1, *mated, *other})
    rates = [(np.mean([s > t for s in other]), np.mean([s <= t for s in mated])) for t in thresholds]
    low = max(min(rate) for rate in rates)
    high = min(max(rate) for rate in rates)
    assert low - 1e-9 <= value <= high + 1e-9


def test_the_equal_error_rate_of_two_normal_distributions() -> None:
    generator = np.random.default_rng(1)
    value = eer(generator.normal(2, 1, 200_000), generator.normal(0, 1, 200_000))
    assert value == pytest.approx(0.158655, abs=0.003)  # the normal distribution at minus one


def test_separated_scores_have_no_errors_and_equal_ones_are_chance() -> None:
    assert eer(np.array([5.0, 6.0]), np.array([1.0, 2.0])) == 0.0
    assert eer(np.array([1.0, 1.0]), np.array([1.0, 1.0])) == pytest.approx(0.5)
    assert np.isnan(eer(np.zeros(0), np.array([1.0])))


def test_failures_to_acquire_count_as_not_matched() -> None:
    point = operating_point(_pairs([5.0, 6.0, 7.0], [1.0, 2.0, 0.0], missed=1), 0.01)
    assert point.fnmr.value == 0.0
    assert point.fnmr_with_failures.value == pytest.approx(0.25)


def test_rates_beyond_what_was_seen_are_extrapolated_and_called_so() -> None:
    generator = np.random.default_rng(5)
    mated = generator.normal(15, 2, 500).tolist()
    small = _pairs(mated, generator.exponential(size=500).tolist())
    assert operating_point(small, 1e-5, rounds=2).extrapolated is None
    few = _pairs(mated, generator.exponential(size=20_000).tolist())
    assert operating_point(few, 1e-6, rounds=2).extrapolated is None  # five persons only
    many = msgspec.structs.replace(few, other_persons=generator.integers(0, 90, (20_000, 2)))
    point = operating_point(many, 1e-6, rounds=2)
    assert not point.measurable
    assert point.extrapolated is not None
    assert point.extrapolated.threshold == pytest.approx(-np.log(1e-6), rel=0.3)
    assert operating_point(many, 1e-3, rounds=2).extrapolated is None


def test_the_bootstrap_draws_persons_and_not_pairs() -> None:
    """One of twenty persons fails always: by pairs that is precise, by persons it is not."""
    persons = np.repeat(np.arange(20, dtype=np.intp), 100)
    mated = np.where(persons == 0, 0.0, 10.0)
    generator = np.random.default_rng(2)
    pairs = PairScores(mated, persons, generator.random(5000), generator.integers(0, 20, (5000, 2)), NOBODY)
    interval = bootstrap_over_persons(pairs, 1e-2)
    exact = operating_point(pairs, 1e-2, rounds=2).fnmr
    assert interval.value == pytest.approx(0.05)
    assert interval.low == 0.0
    assert interval.high - interval.low > 3 * (exact.high - exact.low)
    assert bootstrap_over_persons(pairs, 1e-2) == interval


@given(scores, scores)
def test_the_curve_falls(mated: list[int], other: list[int]) -> None:
    points = det(np.array(mated, float), np.array(other, float))
    for one, next_one in pairwise(points):
        assert next_one.fmr <= one.fmr
        assert next_one.fnmr >= one.fnmr


def test_searches() -> None:
    palms = np.array([0, 0, 1, 1, 2, 2], dtype=np.intp)
    field = np.where(palms[:, None] == palms[None, :], 5.0, 1.0).astype(np.float32)
    field[0, 2] = field[2, 0] = 9.0  # the first samples of two palms are taken for each other
    allowed = ~np.eye(6, dtype=bool)
    assert rank_one(field, palms, allowed).value == pytest.approx(4 / 6)
    assert open_set(field, palms, palms, allowed, (0.1,)) == ()


def test_an_open_set_finds_everybody_where_scores_are_apart() -> None:
    palms = np.repeat(np.arange(10, dtype=np.intp), 3)
    field = np.where(palms[:, None] == palms[None, :], 5.0, 1.0).astype(np.float32)
    (point,) = open_set(field, palms, palms, ~np.eye(30, dtype=bool), (0.1,))
    assert point.fnir.value == point.fnir.high == 0.0
    assert point.enrolled == 5
    assert point.measurable
