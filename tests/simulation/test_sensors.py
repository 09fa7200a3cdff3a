"""Simulated sensors against what was measured on real ones, and the faults one can ask for."""

import msgspec
import numpy as np
import pytest

from tests.simulation.scenes import busy, busy_events, frames, only, readings, small_shop
from tillfree.core.events import Joint, PeopleFrame, WeightBatch
from tillfree.core.geometry import Point
from tillfree.core.ids import FixtureId, PlateRef
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import SimulatedRecording, simulate
from tillfree.simulation.scales.noise import FixtureNoise, NoiseBanks

QUIET = SimulationOptions(shoppers=0, duration_s=60.0, seed=11)


def test_weights_come_at_60_hz_in_batches_of_12() -> None:
    batches = [e for e in busy_events() if isinstance(e, WeightBatch) and e.fixture == "1"]
    gaps_s = np.diff([batch.time_ns for batch in batches]) / 1e9
    assert {(batch.rate_hz, batch.samples, batch.shelves, batch.plates) for batch in batches} == {(60.0, 12, 6, 9)}
    assert gaps_s.mean() == pytest.approx(0.2, abs=1e-3)
    assert 0.002 < gaps_s.std() < 0.006
    # Late now and then: the greatest gaps are longer than the least are short of 0.2 s plus what normal errors give.
    assert np.percentile(np.abs(gaps_s - 0.2), 50) < 0.002
    assert gaps_s.max() > 0.206


def test_quiet_noise_is_that_of_real_plates() -> None:
    """Real: 1.15 g per plate on the soft fixture (p10 0.36, p90 3.0), 0.5 to 0.6 g on the others; steps of 0.241 g."""
    events = list(simulate(small_shop(), QUIET).events())
    soft, stiff = (readings(events, fixture)[1] for fixture in ("1", "2"))
    assert 0.7 < np.median(soft.std(axis=0)) < 2.2
    assert 0.35 < np.median(stiff.std(axis=0)) < 0.8
    assert 1.5 < np.median(stiff.sum(axis=2).std(axis=0)) < 6.0
    steps = np.unique(np.abs(np.diff(stiff, axis=0)).round(2))
    assert np.allclose(steps, (steps / 0.241).round() * 0.241, atol=0.01)


def test_noise_has_the_colour_of_the_fixture_and_neighbours_sway_together() -> None:
    events = list(simulate(small_shop(), QUIET).events())
    for fixture, low_hz, high_hz in (("1", 6.0, 14.0), ("2", 14.0, 29.0)):
        values = readings(events, fixture)[1]
        power = np.abs(np.fft.rfft(values - values.mean(axis=0), axis=0)).mean(axis=(1, 2)) ** 2
        hz = np.fft.rfftfreq(len(values), 1 / 60)
        assert power[(hz > low_hz) & (hz < high_hz)].sum() > 0.5 * power.sum()
        change = np.diff(values, axis=0)
        beside = [
            np.corrcoef(change[:, shelf, plate], change[:, shelf, plate + 1])[0, 1]
            for shelf in range(6)
            for plate in range(values.shape[2] - 1)
        ]
        assert 0.3 < np.mean(beside) < 0.65


def test_noise_has_no_seam_between_windows() -> None:
    banks = NoiseBanks(2, 3, 1, seed=1)
    noise = FixtureNoise(banks, 0, 2, 3, seed=1, scale=1.0)
    # Longer than both rings, so that their ends are passed too.
    whole = np.concatenate([noise.read(first, 600) for first in range(0, 12_000, 600)])
    for first, samples in ((300, 600), (4_900, 800), (6_400, 600)):
        assert np.array_equal(noise.read(first, samples), whole[first : first + samples])


def test_places_without_a_plate_read_nothing() -> None:
    shop = small_shop()
    first, second = shop.fixtures
    shelves = tuple(
        msgspec.structs.replace(shelf, plates=shelf.plates[: 5 if shelf.index == 2 else 9])
        for shelf in first.shelves
        if shelf.index != 4
    )
    uneven = msgspec.structs.replace(shop, fixtures=(msgspec.structs.replace(first, shelves=shelves), second))
    values = readings(simulate(uneven, QUIET).events(), "1")[1]
    assert values.shape[1:] == (6, 9)
    assert np.isnan(values[:, 3]).all()
    assert np.isnan(values[:, 1, 5:]).all()
    assert np.isfinite(values[:, [0, 2, 4, 5]]).all()
    assert np.isfinite(values[:, 1, :5]).all()


def test_frames_come_in_bursts() -> None:
    gaps_s = np.diff([frame.time_ns for frame in frames(busy_events())]) / 1e9
    assert 0.28 < (gaps_s < 0.015).mean() < 0.42
    assert 13.5 < 1 / gaps_s.mean() < 15.5
    assert gaps_s.min() > 0.0
    assert gaps_s.max() < 0.35


def test_a_hand_is_at_the_item_when_it_goes() -> None:
    centres = small_shop().plate_centres()
    acts = [act for act in busy().truth.acts if act.kind in ("take", "put")]
    assert len(acts) > 5
    for act in acts:
        places = [centres[PlateRef(FixtureId(act.fixture), act.shelf, plate)] for plate in act.plates]
        middle = Point(sum(p.x for p in places) / len(places), sum(p.y for p in places) / len(places), places[0].z)
        near = [frame for frame in frames(busy_events()) if abs(frame.time_ns - act.time_ns) < 0.3e9]
        own = [
            Point(joint.x, joint.y, joint.z).distance_m(middle)
            for frame in near
            for person in frame.people
            if person.track == act.track
            for joint in person.joints
            if joint.name.endswith("wrist")
        ]
        assert min(own) < 0.3, act


def test_wrists_meet_at_a_hand_over() -> None:
    options = SimulationOptions(shoppers=2, seed=505, takes=5.0, awkward=0.9, rates=only(hand_over=1.0))
    recording = simulate(small_shop(), options)
    events = frames(recording.events())
    gives = [act for act in recording.truth.acts if act.kind == "give"]
    assert gives
    for act in gives:
        near = [frame for frame in events if abs(frame.time_ns - act.time_ns) < 0.5e9]
        between = [distance for frame in near for distance in wrist_distances(frame, act.track, act.to_track)]
        assert min(between) < 0.2


def wrist_distances(frame: PeopleFrame, one: str, other: str) -> list[float]:
    wrists: dict[str, list[Joint]] = {
        person.track: [joint for joint in person.joints if joint.name.endswith("wrist")] for person in frame.people
    }
    return [
        Point(a.x, a.y, a.z).distance_m(Point(b.x, b.y, b.z))
        for a in wrists.get(one, [])
        for b in wrists.get(other, [])
    ]


def test_people_keep_apart_unless_told_otherwise_and_outside_the_furniture() -> None:
    polite, ghostly = (
        np.percentile([apart for seed in (31, 32, 33) for apart in necks_apart(seed, give_way=give_way)], 1)
        for give_way in (True, False)
    )
    # Shoulders of two who stand side by side may touch; necks do not.
    assert polite > 0.34
    assert ghostly < polite - 0.1


def necks_apart(seed: int, *, give_way: bool) -> list[float]:
    options = SimulationOptions(shoppers=6, seed=seed, awkward=0.4, arrival_spread_s=24.0, give_way=give_way)
    apart = []
    for frame in frames(simulate(small_shop(), options).events()):
        necks = [(j.x, j.y) for person in frame.people for j in person.joints if j.name == "neck"]
        assert all(y < 0.0 for _, y in necks)
        apart += [float(np.hypot(a[0] - b[0], a[1] - b[1])) for a in necks for b in necks if a is not b]
    return apart


# ---- faults -----------------------------------------------------------------------------------------------------


def with_faults(**faults: float) -> SimulatedRecording:
    return simulate(small_shop(), SimulationOptions(shoppers=2, seed=12, **faults))  # type: ignore[arg-type]


def test_dead_plates_are_missing_or_stuck() -> None:
    recording = with_faults(dead=4)
    events = list(recording.events())
    faults = [(number, fault) for number, of in recording.faults.items() for fault in of]
    assert sorted(kind for _, (_, _, kind, _) in faults) == ["nan", "nan", "stuck", "stuck"]
    for number, (row, column, kind, since_s) in faults:
        times, values = readings(events, str(number + 1))
        dead = values[times - recording.options.start_ns / 1e9 > since_s + 0.3, row, column]
        assert np.isnan(dead).all() if kind == "nan" else len(set(dead)) == 1


def test_lost_batches_and_frames_are_lost() -> None:
    whole, holey = with_faults(), with_faults(drop_frames=0.3, lose_batches=0.1)
    counts = [
        (len(frames(events)), sum(isinstance(e, WeightBatch) for e in events))
        for events in (list(whole.events()), list(holey.events()))
    ]
    assert counts[1][0] == pytest.approx(0.7 * counts[0][0], rel=0.06)
    assert counts[1][1] == pytest.approx(0.9 * counts[0][1], rel=0.06)


def test_skew_moves_the_stamps_of_people_only() -> None:
    plain, late = list(with_faults().events()), list(with_faults(skew_s=0.25).events())
    moved = [b.time_ns - a.time_ns for a, b in zip(frames(plain), frames(late), strict=True)]
    assert set(moved) == {250_000_000}
    assert [e for e in plain if isinstance(e, WeightBatch)] == [e for e in late if isinstance(e, WeightBatch)]


def test_drift_and_spikes() -> None:
    plain, drifting, spiking = (
        readings(with_faults(**faults).events(), "2")[1] for faults in ({}, {"drift_g": 200.0}, {"spikes": 1.0})
    )
    drift = (drifting - plain)[-1]
    assert 50.0 < np.abs(drift).max() < 201.0
    spikes = np.abs(spiking - plain) > 90.0
    assert 0.3 * len(plain) / 60 < spikes.sum() < 2.0 * len(plain) / 60
    assert spikes.sum(axis=0).max() < 6


def test_in_a_crowd_joints_vanish_or_are_the_other_persons() -> None:
    def faulty(occlusion: float) -> tuple[float, float]:
        options = SimulationOptions(
            shoppers=4, seed=13, awkward=0.8, arrival_spread_s=3.0, occlusion=occlusion, rates=only(together=1.0)
        )
        missing = total = shared = 0
        for frame in frames(simulate(small_shop(), options).events()):
            places = [{(j.x, j.y, j.z) for j in person.joints} for person in frame.people]
            shared += len(places) > 1 and len(set.union(*places)) < sum(map(len, places))
            missing += sum(8 - len(person.joints) for person in frame.people)
            total += 1
        return missing / total, shared / total

    clear, hidden = faulty(0.0), faulty(0.6)
    assert clear[0] < 0.5
    assert clear[1] == 0.0
    assert hidden[0] > 3 * clear[0]
    assert hidden[1] > 0.1
