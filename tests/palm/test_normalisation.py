import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.palm.codes.drawn_palms import drawn_palm, sample
from tillfree.evaluation.palms.matching import normalised_field
from tillfree.palm.comparison import compare
from tillfree.palm.encoding import Encoder
from tillfree.palm.errors import PalmError
from tillfree.palm.normalisation import COHORT_MIN, Cohort, Norm, norm_of, normalised, normalised_log_ratio


@given(st.integers(0, 500), st.floats(-5, 5), st.floats(0.1, 10))
def test_what_changes_all_scores_alike_falls_out(seed: int, offset: float, scale: float) -> None:
    scores = np.random.default_rng(seed).normal(size=60)
    plain, changed = norm_of(scores), norm_of(offset + scale * scores)
    assert normalised(offset + scale * 3.0, changed, changed) == pytest.approx(normalised(3.0, plain, plain))


def test_strangers_lie_around_nought_with_a_spread_of_one() -> None:
    scores = np.random.default_rng(1).normal(7, 3, 4000)
    norm = norm_of(scores)
    assert norm.centre == pytest.approx(7, abs=0.2)
    assert norm.spread == pytest.approx(3, abs=0.2)


def test_a_few_samples_of_the_same_palm_in_the_cohort_change_little() -> None:
    scores = np.random.default_rng(2).normal(0, 1, 200)
    mated = np.concatenate([scores, np.full(12, 40.0)])
    assert norm_of(mated).centre == pytest.approx(norm_of(scores).centre, abs=0.15)
    assert norm_of(mated).spread == pytest.approx(norm_of(scores).spread, abs=0.15)


def test_both_samples_have_their_say() -> None:
    assert normalised(6.0, Norm(0.0, 1.0), Norm(4.0, 2.0)) == pytest.approx((6.0 + 1.0) / 2)


def test_a_field_is_normalised_as_pairs_are() -> None:
    count = COHORT_MIN + 5
    field = np.random.default_rng(3).normal(size=(count, count)).astype(np.float32)
    field += field.T
    wanted = ~np.eye(count, dtype=bool)
    result = normalised_field(field, wanted)
    assert result is not None
    norms = [norm_of(field[number][wanted[number]]) for number in range(count)]
    assert result[2, 7] == pytest.approx(normalised(float(field[2, 7]), norms[2], norms[7]), abs=1e-4)
    assert np.array_equal(result, result.T)
    assert normalised_field(field[:10, :10], wanted[:10, :10]) is None


def test_a_sample_that_agrees_with_everybody_gains_nothing_by_it() -> None:
    encoder = Encoder(None)
    cohort = Cohort([encoder.features(sample(drawn_palm(palm), 5)) for palm in range(100, 100 + COHORT_MIN)])
    own, same, other = (encoder.features(sample(drawn_palm(palm), seed)) for palm, seed in ((50, 1), (50, 2), (51, 3)))
    norms = {id(each): cohort.norm(each) for each in (own, same, other)}
    mated = normalised_log_ratio(compare(own, same).log_ratio, norms[id(own)], norms[id(same)], own)
    stranger = normalised_log_ratio(compare(own, other).log_ratio, norms[id(own)], norms[id(other)], own)
    assert mated > 3
    assert mated > stranger + 3


def test_small_cohorts_are_refused() -> None:
    with pytest.raises(PalmError, match="at least 20"):
        norm_of(np.zeros(5))
    with pytest.raises(PalmError, match="too small"):
        Cohort([])
