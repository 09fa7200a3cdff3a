"""Gates that miss and count twice, and clocks that are off."""

import collections
import itertools

import msgspec
import pytest

from tests.simulation.scenes import only, small_shop
from tillfree.core.events import Event, GatePassage
from tillfree.simulation.clocks import Clocks
from tillfree.simulation.errors import SimulationError
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import SimulatedRecording, simulate


def visits(**options: object) -> SimulatedRecording:
    wanted = {"shoppers": 6, "seed": 8, "takes": 1.0, "awkward": 0.0, **options}
    return simulate(small_shop(), msgspec.convert(wanted, SimulationOptions))


def passages(recording: SimulatedRecording) -> list[GatePassage]:
    return [event for event in recording.events() if isinstance(event, GatePassage)]


def test_a_gate_tells_of_everybody_when_they_come_and_go() -> None:
    assert passages(visits()) == []
    recording = visits(gate=True)
    told = collections.Counter((passage.track, passage.direction) for passage in passages(recording))
    assert told == {(track, way): 1 for track in recording.truth.receipts for way in ("in", "out")}
    start_ns = recording.options.start_ns
    seconds = {(p.track, p.direction): (p.time_ns - start_ns) / 1e9 for p in passages(recording)}
    for visit in recording.script.visits:
        assert seconds[visit.track, "in"] == pytest.approx(visit.entry_s, abs=0.1)
        assert seconds[visit.track, "out"] == pytest.approx(visit.exit_s, abs=0.1)


def test_a_gate_that_errs_misses_some_and_counts_others_twice() -> None:
    missing, doubling = passages(visits(gate=True, gate_missed=0.5)), passages(visits(gate=True, gate_doubled=0.5))
    assert 0 < len(missing) < 12
    told = collections.Counter((passage.track, passage.direction) for passage in doubling)
    assert set(told.values()) == {1, 2}
    assert len(told) == 12
    assert [passage.sequence for passage in doubling] == list(range(len(doubling)))
    assert passages(visits(gate=True, gate_missed=1.0)) == []


def test_nobody_who_tailgates_passes_the_gate() -> None:
    recording = visits(awkward=0.9, takes=4.0, rates=msgspec.to_builtins(only(tailgate=1.0)))
    tailgating = [visit.track for visit in recording.script.visits if visit.tailgates]
    assert tailgating
    assert not {p.track for p in passages(recording) if p.direction == "out"} & set(tailgating)


# ---- clocks -----------------------------------------------------------------------------------------------------


def by_source(events: list[Event]) -> dict[str, list[Event]]:
    found: dict[str, list[Event]] = {}
    for event in events:
        found.setdefault(event.source, []).append(event)
    return found


def test_every_source_is_off_by_its_own_constant_and_says_the_same() -> None:
    plain = by_source(list(visits(gate=True).events()))
    skewed = by_source(list(visits(gate=True, clock_offset_s=0.2).events()))
    offsets = []
    for source, events in plain.items():
        apart = {b.time_ns - a.time_ns for a, b in zip(events, skewed[source], strict=True)}
        assert len(apart) == 1
        offsets.append(apart.pop())
        back = [msgspec.structs.replace(event, time_ns=event.time_ns - offsets[-1]) for event in skewed[source]]
        assert back == events
    assert len(set(offsets)) == len(plain) > 2
    assert max(map(abs, offsets)) <= 0.6e9


def test_clocks_that_drift_are_apart_by_more_and_more() -> None:
    plain = by_source(list(visits().events()))
    drifting = by_source(list(visits(clock_drift_ppm=1000.0).events()))
    for source, events in plain.items():
        apart = [b.time_ns - a.time_ns for a, b in zip(events, drifting[source], strict=True)]
        assert abs(apart[-1]) > 50 * abs(apart[0])


def test_stamps_of_a_source_rise_and_events_come_in_order_whatever_the_clocks_say() -> None:
    events = list(visits(gate=True, clock_offset_s=1.0, clock_drift_ppm=5000.0, skew_s=0.3).events())
    times = [event.time_ns for event in events]
    assert times == sorted(times)
    for own in by_source(events).values():
        assert all(a.time_ns < b.time_ns for a, b in itertools.pairwise(own))
        assert [event.sequence for event in own] == sorted(event.sequence for event in own)


def test_clocks_are_right_by_default() -> None:
    recording = visits()
    clocks = Clocks(recording.options, 100.0)
    event = next(iter(recording.events()))
    assert clocks.right
    assert clocks.stamp(event) is event
    assert clocks.worst_s == 0.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"id_switches": 1.1},
        {"ghosts": -1.0},
        {"latency_s": 61.0},
        {"gate_missed": 2.0},
        {"gate_doubled": -0.1},
        {"clock_offset_s": 11.0},
        {"clock_drift_ppm": 1e5},
        {"rfid_missed": 1.5},
        {"rfid_shelf_s": 0.5},
        {"ghosts": float("nan")},
    ],
)
def test_values_out_of_bounds_are_refused(wrong: dict[str, float]) -> None:
    (name,) = wrong
    with pytest.raises(SimulationError, match=name):
        SimulationOptions(**wrong)  # type: ignore[arg-type]
