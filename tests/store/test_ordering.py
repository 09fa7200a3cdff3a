"""Events in the order of their time, whatever the order in which they come."""

import random

from hypothesis import given
from hypothesis import strategies as st

from tests.scenes import ns
from tillfree.core.events import Event, PeopleFrame
from tillfree.store.ordering import Reorder

LATENESS_MS = 300


def event(time_ms: int, source: str, sequence: int) -> PeopleFrame:
    return PeopleFrame(time_ns=ns(0) + time_ms * 1_000_000, source=source, sequence=sequence)


streams = st.lists(st.tuples(st.integers(0, 3000), st.sampled_from(["a", "b", "c"])), min_size=1, max_size=60).map(
    lambda rows: [event(time_ms, source, number) for number, (time_ms, source) in enumerate(rows)]
)


def key(frame: PeopleFrame) -> tuple[int, str, int]:
    return (frame.time_ns, frame.source, frame.sequence)


def through(reorder: Reorder, arrivals: list[PeopleFrame]) -> list[Event]:
    return [out for frame in arrivals for out in reorder.push(frame)] + list(reorder.finish())


@given(frames=streams, seed=st.integers(0, 2**32))
def test_any_order_within_the_lateness_comes_out_the_same(frames: list[PeopleFrame], seed: int) -> None:
    delays = random.Random(seed)
    arriving = sorted(frames, key=lambda f: (f.time_ns + delays.randrange(LATENESS_MS) * 1_000_000, delays.random()))
    reorder = Reorder(LATENESS_MS)
    assert through(reorder, arriving) == sorted(frames, key=key)
    assert reorder.too_late == 0


@given(frames=streams, seed=st.integers(0, 2**32))
def test_any_order_at_all_comes_out_in_order_and_nothing_is_lost_uncounted(
    frames: list[PeopleFrame], seed: int
) -> None:
    shuffled = list(frames)
    random.Random(seed).shuffle(shuffled)
    reorder = Reorder(LATENESS_MS)
    out = through(reorder, shuffled)
    times = [frame.time_ns for frame in out if isinstance(frame, PeopleFrame)]
    assert times == sorted(times)
    assert len(out) + reorder.too_late == len(frames)
    assert {id(frame) for frame in out} <= {id(frame) for frame in frames}


def test_events_wait_no_longer_than_the_lateness() -> None:
    reorder = Reorder(LATENESS_MS)
    assert reorder.push(event(0, "a", 1)) == []
    assert reorder.push(event(299, "a", 2)) == []
    assert reorder.push(event(300, "a", 3)) == [event(0, "a", 1)]
    assert reorder.push(event(900, "a", 4)) == [event(299, "a", 2), event(300, "a", 3)]
    assert reorder.finish() == [event(900, "a", 4)]
    assert reorder.finish() == []


def test_an_event_that_is_too_late_is_counted_and_left_out() -> None:
    reorder = Reorder(LATENESS_MS)
    reorder.push(event(0, "a", 1))
    reorder.push(event(1000, "a", 2))
    reorder.push(event(2000, "a", 3))
    assert reorder.push(event(999, "b", 1)) == []
    assert reorder.too_late == 1
    assert reorder.push(event(1000, "b", 2)) == [event(1000, "b", 2)]  # as late as what went out last is in order still
    assert reorder.finish() == [event(2000, "a", 3)]


def test_without_lateness_everything_goes_through_at_once() -> None:
    reorder = Reorder(0)
    assert [reorder.push(event(t, "a", t)) for t in (1, 2, 2, 1)] == [
        [event(1, "a", 1)],
        [event(2, "a", 2)],
        [event(2, "a", 2)],
        [],
    ]
    assert reorder.too_late == 1
