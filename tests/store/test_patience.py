"""Waiting before the next try."""

import pytest

from tillfree.core.time import NS_PER_S
from tillfree.store.patience import wait_ns


@pytest.mark.parametrize(("failures", "wait_s"), [(0, 2), (1, 4), (2, 8), (5, 60), (1000, 60), (-1, 2)])
def test_each_wait_is_twice_the_one_before_up_to_a_bound(failures: int, wait_s: int) -> None:
    assert wait_ns(failures, lambda: 1.0, first_s=2.0, longest_s=60.0) == wait_s * NS_PER_S


def test_chance_spreads_a_wait_between_its_bounds() -> None:
    shares = iter((0.0, 0.5, 1.0))
    found = [wait_ns(0, lambda: next(shares), first_s=10.0, longest_s=60.0, least=0.75, most=1.25) for _ in range(3)]
    assert found == [7_500_000_000, 10_000_000_000, 12_500_000_000]
