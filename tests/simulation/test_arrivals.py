"""When shoppers come: in order, as many as wanted, and as much more often in a rush as it says."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulation.scenes import small_shop
from tillfree.simulation.errors import SimulationError
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.people.arrivals import Rush, arrival_times
from tillfree.simulation.recording import simulate

rushes = st.lists(
    st.floats(0.0, 0.9).flatmap(
        lambda begin: st.builds(Rush, st.just(begin), st.floats(0.01, 1.0 - begin), st.floats(0.1, 20.0))
    ),
    max_size=4,
)


@given(rushes, st.integers(0, 200), st.integers(0, 1000), st.floats(1.0, 1e5))
@settings(max_examples=80, deadline=None)
def test_so_many_in_order_within_the_time(found: list[Rush], count: int, seed: int, span_s: float) -> None:
    times = arrival_times(np.random.default_rng(seed), span_s, found, count=count)
    assert len(times) == count
    assert (np.diff(times) >= 0.0).all()
    assert not count or (times[0] >= 0.0 and times[-1] <= span_s * (1 + 1e-12))


@given(rushes)
@settings(max_examples=30, deadline=None)
def test_each_part_of_the_time_gets_its_share(found: list[Rush]) -> None:
    times = arrival_times(np.random.default_rng(1), 1.0, found, count=20_000)
    middles = (np.arange(2000) + 0.5) / 2000
    rate = np.ones(2000)
    for rush in found:
        rate[(middles >= rush.begin) & (middles < rush.begin + rush.length)] *= rush.factor
    expected = np.add.reduceat(rate, np.arange(0, 2000, 200)) / rate.sum()
    assert np.histogram(times, bins=10, range=(0.0, 1.0))[0] / 20_000 == pytest.approx(expected, abs=0.02)


def test_numbers_at_a_rate_are_poisson() -> None:
    rng = np.random.default_rng(2)
    rush = (Rush(0.5, 0.1, 6.0),)
    counts = [len(arrival_times(rng, 3600.0, rush, per_hour=20.0)) for _ in range(2000)]
    assert np.mean(counts) == pytest.approx(20.0 * 1.5, rel=0.03)
    assert np.var(counts) == pytest.approx(20.0 * 1.5, rel=0.15)


def test_nobody_comes_in_a_rush_of_nothing() -> None:
    times = arrival_times(np.random.default_rng(3), 1.0, (Rush(0.2, 0.5, 0.0),), count=500)
    assert not ((times > 0.2) & (times < 0.7)).any()
    with pytest.raises(SimulationError, match="nobody can come"):
        arrival_times(np.random.default_rng(3), 1.0, (Rush(0.0, 1.0, 0.0),), count=1)
    assert not len(arrival_times(np.random.default_rng(3), 1.0, (Rush(0.0, 1.0, 0.0),), per_hour=9.0))


@pytest.mark.parametrize(
    ("begin", "length", "factor"),
    [
        (1.0, 0.1, 2.0),
        (-0.1, 0.2, 2.0),
        (0.5, 0.6, 2.0),
        (0.5, 0.0, 2.0),
        (0.5, 0.1, -1.0),
        (0.5, 0.1, math.nan),
    ],
)
def test_rushes_are_checked(begin: float, length: float, factor: float) -> None:
    with pytest.raises(SimulationError, match="rush"):
        Rush(begin, length, factor)


def test_two_do_not_come_through_the_door_at_once() -> None:
    options = SimulationOptions(shoppers=12, seed=1, arrival_spread_s=4.0, takes=1.0)
    entries = [visit.entry_s for visit in simulate(small_shop(), options).script.visits]
    assert np.diff(entries).min() > 0.899


def test_a_rate_needs_a_length_and_names_the_recording() -> None:
    with pytest.raises(SimulationError, match="duration_s"):
        SimulationOptions(per_hour=60.0)
    options = SimulationOptions(per_hour=360.0, duration_s=200.0, seed=6, takes=1.0)
    recording = simulate(small_shop(), options)
    assert recording.name == "simulated-360-an-hour-6"
    assert 5 <= len(recording.script.visits) <= 35
    assert len(simulate(small_shop(), options).script.visits) == len(recording.script.visits)
