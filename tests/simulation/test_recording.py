"""A simulated recording as a recording: deterministic, ordered, streaming, and true to its truth."""

import collections
import itertools
import os
import subprocess
import sys
import tracemalloc

import msgspec
import numpy as np
import pytest

from tests.simulation.bags import Bags, follow
from tests.simulation.scenes import busy, busy_events, frames, only, readings, small_shop
from tillfree.core.events import PeopleFrame, WeightBatch, encode_event
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import simulate
from tillfree.storage.recordings.model import Recording, TruthAct


def test_it_is_a_recording_and_says_that_it_is_simulated() -> None:
    recording: Recording = busy()
    assert recording.truth is not None
    assert recording.truth.synthetic
    assert "simulated" in recording.name


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    options = busy().options
    first = [encode_event(event) for event in busy_events()]
    assert [encode_event(event) for event in simulate(small_shop(), options).events()] == first
    other = simulate(small_shop(), msgspec.structs.replace(options, seed=6))
    assert [encode_event(event) for event in other.events()] != first


def test_the_bytes_do_not_depend_on_the_process() -> None:
    code = (
        "import hashlib\n"
        "from tillfree.core.events import encode_event\n"
        "from tillfree.simulation.corpus import corpus_recordings\n"
        "events = list(corpus_recordings())[-1].events()\n"
        "print(hashlib.sha256(b''.join(map(encode_event, events))).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_events_can_be_read_again_while_another_reading_is_under_way() -> None:
    one = busy().events()
    beginning = list(itertools.islice(one, 50))
    assert tuple(busy().events()) == busy_events()
    assert (*beginning, *one) == busy_events()


def test_events_come_in_the_order_of_their_time_with_running_numbers() -> None:
    times = [event.time_ns for event in busy_events()]
    assert times == sorted(times)
    for source in {event.source for event in busy_events()}:
        numbers = [event.sequence for event in busy_events() if event.source == source]
        assert numbers == list(range(len(numbers)))
    assert abs(times[-1] - times[0] - busy().duration_ns()) < 0.5e9


def test_receipts_are_what_the_acts_leave_in_the_hands() -> None:
    """Conservation: nobody holds less than nothing at any time, and who carries an item out pays."""
    truth = busy().truth
    held: Bags = {}
    for act in truth.acts:
        follow(held, act)
    assert {track: +items for track, items in held.items() if +items} == {
        track: items for track, items in truth.receipts.items() if items
    }
    assert {act.kind for act in truth.acts} >= {"take", "put"}


def test_every_act_shows_on_its_plates() -> None:
    """Without noise the shelf's sum steps by the weight of the item, within what plates err."""
    options = SimulationOptions(
        shoppers=12, arrival_spread_s=150.0, seed=22, noise=0.0, awkward=0.5, rates=only(put_back=1.0, misplace=1.0)
    )
    recording = simulate(small_shop(), options)
    events = list(recording.events())
    streams = {str(fixture.id): readings(events, fixture.id) for fixture in small_shop().fixtures}
    checked = collections.Counter[str]()
    for act in recording.truth.acts:
        if crowded(act, recording.truth.acts):
            continue
        times, values = streams[act.fixture]
        since_s = times - act.time_ns / 1e9
        shelf = values[:, act.shelf - 1]
        before = np.nanmean(shelf[(since_s > -1.5) & (since_s < -0.8)], axis=0)
        after = np.nanmean(shelf[(since_s > 2.5) & (since_s < 3.0)], axis=0)
        change = after - before
        expected = act.weight_g if act.kind == "put" else -act.weight_g
        assert np.nansum(change) == pytest.approx(expected, rel=0.14, abs=3.0), act
        assert abs(change[np.array(act.plates) - 1].sum()) > 0.75 * act.weight_g, act
        checked[act.kind] += 1
    assert checked["take"] >= 5
    assert checked["put"] >= 2


def crowded(act: TruthAct, acts: tuple[TruthAct, ...]) -> bool:
    """Whether something else happened on that shelf within the windows that are compared."""
    return any(
        other is not act
        and (other.fixture, other.shelf) == (act.fixture, act.shelf)
        and abs(other.time_ns - act.time_ns) < 4.5e9
        for other in acts
    )


def test_without_shoppers_there_is_noise_and_nobody() -> None:
    recording = simulate(small_shop(), SimulationOptions(shoppers=0, duration_s=3.0, seed=1))
    events = list(recording.events())
    assert recording.truth.receipts == {}
    assert {person for frame in frames(events) for person in frame.people} == set()
    assert sum(isinstance(event, WeightBatch) for event in events) == 2 * 15
    assert np.nanstd(readings(events, "1")[1], axis=0).max() > 0.1


def test_a_duration_is_kept_and_shoppers_come_throughout() -> None:
    recording = simulate(small_shop(), SimulationOptions(shoppers=40, duration_s=3600.0, seed=2))
    entries = [visit.entry_s for visit in recording.script.visits]
    assert recording.duration_ns() == 3_600_000_000_000
    assert entries == sorted(entries)
    assert entries[0] < 600.0
    assert entries[-1] > 3000.0


def test_memory_does_not_grow_with_the_length_of_the_recording() -> None:
    def peak(minutes: int) -> int:
        options = SimulationOptions(shoppers=2 * minutes, duration_s=60.0 * minutes, seed=3, takes=2.0)
        recording = simulate(small_shop(), options)
        tracemalloc.start()
        for _ in recording.events():
            pass
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size

    assert peak(8) < 1.4 * peak(2)


def test_a_lost_track_comes_back_under_an_alias() -> None:
    options = SimulationOptions(shoppers=3, seed=4, gaps=2.0, new_id=1.0)
    recording = simulate(small_shop(), options)
    seen = {person.track for frame in frames(recording.events()) for person in frame.people}
    assert recording.truth.aliases
    assert set(recording.truth.aliases.values()) <= set(recording.truth.receipts)
    assert seen == set(recording.truth.receipts) | set(recording.truth.aliases)


@pytest.mark.parametrize("rate", ["together", "hand_over"])
def test_acts_of_two_people_need_two(rate: str) -> None:
    alone = simulate(small_shop(), SimulationOptions(shoppers=1, seed=8, awkward=1.0, rates=only(**{rate: 1.0})))
    assert {act.kind for act in alone.truth.acts} == {"take"}


def test_somebody_is_in_the_frames_from_entry_to_exit() -> None:
    counts = collections.Counter(
        person.track for event in busy_events() if isinstance(event, PeopleFrame) for person in event.people
    )
    for visit in busy().script.visits:
        assert counts[visit.track] == pytest.approx((visit.exit_s - visit.entry_s) * 14.7, rel=0.15)
