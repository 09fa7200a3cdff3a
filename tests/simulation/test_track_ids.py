"""Ids that people exchange, false people, late frames: what the tracker gets wrong, and what the truth says of it."""

import itertools
import math

import msgspec
import numpy as np

from tests.simulation.scenes import frames, small_shop
from tillfree.core.events import GatePassage, PeopleFrame, WeightBatch, encode_event
from tillfree.core.ids import TrackId
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import SimulatedRecording, simulate
from tillfree.simulation.tracks.ghosts import Ghosts
from tillfree.simulation.tracks.track_ids import aliases_of, last_track
from tillfree.store.replay import replay


def crowd(**options: object) -> SimulatedRecording:
    wanted = {"shoppers": 5, "seed": 21, "arrival_spread_s": 6.0, "takes": 3.0, **options}
    return simulate(small_shop(), msgspec.convert(wanted, SimulationOptions))


def heads(frame: PeopleFrame) -> dict[TrackId, tuple[float, float]]:
    return {
        person.track: (joint.x, joint.y) for person in frame.people for joint in person.joints if joint.name == "neck"
    }


def jumps_m(recording: SimulatedRecording) -> list[float]:
    """How far each id moves from one frame to the next, where they lie less than 0.15 s apart."""
    far: list[float] = []
    for before, after in itertools.pairwise(frames(recording.events())):
        if after.time_ns - before.time_ns < 150_000_000:
            one, other = heads(before), heads(after)
            far += [math.dist(one[track], other[track]) for track in one.keys() & other.keys()]
    return far


# ---- exchanged ids ----------------------------------------------------------------------------------------------


def test_two_who_come_close_exchange_their_ids_and_nobody_has_one_twice() -> None:
    # Who gives way may be pushed aside at once, so here they walk through each other.
    plain, switched = crowd(give_way=False), crowd(give_way=False, id_switches=1.0)
    moments = [gap for visit in switched.script.visits for gap in visit.gaps]
    assert len(moments) > 1
    assert len(moments) % 2 == 0
    assert all(begin_s == end_s for begin_s, end_s, _ in moments)
    assert {person.track for frame in frames(switched.events()) for person in frame.people} == set(plain.truth.receipts)
    assert max(jumps_m(plain)) < 0.25 < max(jumps_m(switched))
    for frame in frames(switched.events()):
        tracks = [person.track for person in frame.people]
        assert len(set(tracks)) == len(tracks)


def test_receipts_stay_with_who_came_in_under_an_id() -> None:
    plain, switched = crowd(), crowd(id_switches=1.0)
    assert switched.truth == plain.truth
    assert switched.truth.aliases == {}
    assert [visit.gaps for visit in plain.script.visits] == [[]] * 5


def test_exchanges_and_gaps_together_keep_ids_apart_and_aliases_true() -> None:
    recording = crowd(id_switches=0.7, gaps=1.5, new_id=0.5, gate=True)
    visits = recording.script.visits
    assert any(begin_s == end_s for visit in visits for begin_s, end_s, _ in visit.gaps)
    assert any(begin_s < end_s for visit in visits for begin_s, end_s, _ in visit.gaps)
    aliases = recording.truth.aliases
    assert aliases == aliases_of(visits)
    assert not aliases.keys() & recording.truth.receipts.keys()
    assert set(aliases.values()) <= recording.truth.receipts.keys()
    for frame in frames(recording.events()):
        tracks = [person.track for person in frame.people]
        assert len(set(tracks)) == len(tracks)
    out = [e.track for e in recording.events() if isinstance(e, GatePassage) and e.direction == "out"]
    assert sorted(out) == sorted(last_track(visit) for visit in visits)


def test_a_script_that_is_given_is_left_as_it_is() -> None:
    script = crowd().script
    options = SimulationOptions(seed=21, id_switches=1.0)
    switched = SimulatedRecording(small_shop(), options, script=script)
    assert any(visit.gaps for visit in switched.script.visits)
    assert not any(visit.gaps for visit in script.visits)


# ---- ghosts -----------------------------------------------------------------------------------------------------


def test_ghosts_are_seen_for_a_while_and_are_nobody_in_the_truth() -> None:
    plain, haunted = crowd(), crowd(ghosts=60.0)
    assert haunted.truth == plain.truth
    spans: dict[str, list[int]] = {}
    for frame in frames(haunted.events()):
        for person in frame.people:
            if person.track not in haunted.truth.receipts:
                spans.setdefault(person.track, []).append(frame.time_ns)
    minutes = haunted.duration_ns() / 60e9
    assert 0.3 * 60 * minutes < len(spans) < 1.5 * 60 * minutes
    lengths_s = [(times[-1] - times[0]) / 1e9 for times in spans.values()]
    assert max(lengths_s) <= 5.0
    assert 0.2 < np.mean(lengths_s) < 1.5
    # Everybody else is seen as without ghosts.
    real = [[p for p in frame.people if p.track in plain.truth.receipts] for frame in frames(haunted.events())]
    assert real == [list(frame.people) for frame in frames(plain.events())]


def test_without_people_and_furniture_there_is_nothing_to_haunt() -> None:
    times = np.arange(0.0, 10.0, 0.1)
    nobody = np.zeros((0, 100, 8, 3)), np.zeros((0, 100), np.bool_)
    assert Ghosts(600.0, (), 1).appear(0, (0.0, 10.0), times, *nobody) == []
    boxes = tuple(fixture.box for fixture in small_shop().fixtures)
    assert len(Ghosts(600.0, boxes, 1).appear(0, (0.0, 10.0), times, *nobody)) > 20
    assert Ghosts(600.0, boxes, 1).appear(0, (0.0, 10.0), times[:0], np.zeros((0, 0, 8, 3)), nobody[1][:, :0]) == []


# ---- late frames, and all at once -------------------------------------------------------------------------------


def test_late_frames_keep_their_stamps_and_come_after_newer_weights() -> None:
    plain, late = list(crowd().events()), list(crowd(latency_s=1.5).events())
    assert frames(plain) == frames(late)
    newest_ns, lags = 0, []
    for event in late:
        if isinstance(event, WeightBatch):
            newest_ns = max(newest_ns, event.time_ns)
        elif newest_ns:
            lags.append((newest_ns - event.time_ns) / 1e9)
    assert 1.3 < np.median(lags) < 1.6


def test_a_store_that_waits_long_enough_gives_the_same_receipts_to_late_frames() -> None:
    plain, late = replay(crowd()), replay(crowd(latency_s=0.2))
    assert plain.receipts() == late.receipts()
    assert not late.warnings.get("events later than the lateness allowed, left out")


def test_the_same_seed_gives_the_same_bytes_with_all_faults() -> None:
    faults = {"id_switches": 0.5, "ghosts": 30.0, "latency_s": 0.5, "gaps": 1.0, "sightlines": True, "gate": True}
    more = {"gate_missed": 0.2, "gate_doubled": 0.2, "clock_offset_s": 0.1, "clock_drift_ppm": 50.0}
    one, other = crowd(**faults, **more), crowd(**faults, **more)
    lines = [encode_event(event) for event in one.events()]
    assert lines == [encode_event(event) for event in other.events()] == [encode_event(event) for event in one.events()]
