import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.evaluation.palms.bounds import clopper_pearson


@given(st.integers(1, 3000), st.data())
def test_the_bounds_have_their_tails(trials: int, data: st.DataObject) -> None:
    """At the lower bound so many successes or more have a probability of 2.5 %, at the upper so many or fewer."""
    successes = data.draw(st.integers(0, trials))
    interval = clopper_pearson(successes, trials)
    assert interval.low <= interval.value <= interval.high

    def at_most(count: int, share: float) -> float:
        logs = math.log(share), math.log1p(-share)
        terms = (
            math.lgamma(trials + 1)
            - math.lgamma(k + 1)
            - math.lgamma(trials - k + 1)
            + k * logs[0]
            + (trials - k) * logs[1]
            for k in range(count + 1)
        )
        return math.fsum(math.exp(term) for term in terms)

    if successes < trials:
        assert at_most(successes, interval.high) == pytest.approx(0.025, rel=1e-6)
    else:
        assert interval.high == 1.0
    if successes:
        assert at_most(successes - 1, interval.low) == pytest.approx(0.975, rel=1e-6)
    else:
        assert interval.low == 0.0


def test_published_values() -> None:
    # No failure in n trials: the rule of three, exactly 1 - 0.025 ** (1 / n).
    assert clopper_pearson(0, 3000).high == pytest.approx(1 - 0.025 ** (1 / 3000))
    interval = clopper_pearson(4, 20)
    assert interval.low == pytest.approx(0.0573, abs=1e-4)
    assert interval.high == pytest.approx(0.4366, abs=1e-4)


def test_many_trials_do_not_break_it() -> None:
    interval = clopper_pearson(5, 10_000_000)
    assert interval.low == pytest.approx(1.6235e-7, rel=1e-3)
    assert interval.high == pytest.approx(1.1668e-6, rel=1e-3)


def test_no_trials_say_nothing() -> None:
    interval = clopper_pearson(0, 0)
    assert math.isnan(interval.value)
    assert (interval.low, interval.high) == (0.0, 1.0)
