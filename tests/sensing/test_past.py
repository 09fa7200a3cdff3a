"""When a change began that shaking hid."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.sensing.past import Past

TOLD, DELTA = np.array([100.0, -40.0]), np.array([-30.0, -12.0])


def past(gone_blocks: int, noise_g: float, seed: int = 0, length: int = 40) -> Past:
    """Both plates lost their part `gone_blocks` before the last of 60 blocks."""
    made = Past(length, 2)
    rng = np.random.default_rng(seed)
    for age in range(59, -1, -1):
        level = TOLD + (DELTA if age < gone_blocks else 0.0)
        made.remember((level + rng.normal(0.0, noise_g, 2))[None, :])
    return made


@given(st.integers(0, 10), st.integers(6, 20), st.integers(0, 1000))
def test_it_says_how_long_the_change_was_there_before_it_was_seen(hidden: int, since: int, seed: int) -> None:
    found = past(since + hidden, 4.0, seed).hidden_blocks([0, 1], since, TOLD, DELTA, np.full(2, 4.0))
    # A few blocks may be noise.
    assert abs(found - hidden) <= 2 or (hidden < 6 and found == 0)


def test_noise_that_drowns_the_change_proves_nothing() -> None:
    found = [past(30, 80.0, seed).hidden_blocks([0, 1], 10, TOLD, DELTA, np.full(2, 80.0)) for seed in range(40)]
    assert found == [0] * 40


def test_what_was_read_before_the_level_was_told_does_not_count() -> None:
    made = past(30, 1.0)
    assert made.hidden_blocks([0, 1], 5, TOLD, DELTA, np.ones(2)) == 25
    made.forget([0])
    made.remember(np.tile(TOLD + DELTA, (3, 1)))
    assert made.hidden_blocks([0, 1], 0, TOLD, DELTA, np.ones(2)) == 3
    assert made.hidden_blocks([1], 0, TOLD[1:], DELTA[1:], np.ones(1)) == pytest.approx(33, abs=1)


def test_no_change_at_all_was_never_hidden() -> None:
    assert past(20, 1.0).hidden_blocks([0, 1], 5, TOLD, np.zeros(2), np.ones(2)) == 0
