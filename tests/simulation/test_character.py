"""What a benchmark can change of people and sensors, and a script or noise of its own."""

import itertools

import msgspec
import numpy as np
import numpy.typing as npt

from tests.simulation.scenes import frames, readings, small_shop
from tillfree.simulation.character import Character
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import SimulatedRecording

HIDDEN_WRISTS = (0.0,) * 6 + (1.0, 1.0)


def _recording(character: Character, **options: float) -> SimulatedRecording:
    wanted = {"shoppers": 2, "seed": 5, "takes": 2.0, **options}
    return SimulatedRecording(small_shop(), msgspec.convert(wanted, SimulationOptions), character=character)


def _heads_in_bursts_m(character: Character) -> float:
    """By how much a head's height differs between two frames of one burst, root mean square."""
    apart: list[float] = []
    for before, after in itertools.pairwise(frames(_recording(character).events())):
        if after.time_ns - before.time_ns < 20_000_000:
            heads = [{p.track: j.z for p in f.people for j in p.joints if j.name == "head"} for f in (before, after)]
            apart += [heads[1][track] - heads[0][track] for track in heads[0].keys() & heads[1].keys()]
    return float(np.sqrt(np.mean(np.square(apart))))


def _wrists_of_two(character: Character) -> int:
    """How many frames show one wrist as that of two people who stand close together."""
    recording = _recording(character, occlusion=0.9, awkward=0.9, takes=5.0, arrival_spread_s=1.0)
    wrists = [
        [(j.x, j.y, j.z) for person in frame.people for j in person.joints if j.name.endswith("wrist")]
        for frame in frames(recording.events())
    ]
    return sum(len(seen) > len(set(seen)) for seen in wrists)


def test_frames_of_one_burst_err_alike_where_errors_last() -> None:
    apart = [
        _heads_in_bursts_m(Character(jitter_memory_s=memory_s, twin_jitter=0.0, repeats=0.0)) for memory_s in (0.1, 0.0)
    ]
    assert apart[0] < 0.7 * apart[1]
    assert apart[0] < 0.7 * _heads_in_bursts_m(Character(twin_jitter=2.0, repeats=0.0))


def test_joints_are_missing_as_often_as_said() -> None:
    recording = _recording(Character(missing=(0.3, *(0.0,) * 7)))
    names = [{j.name for j in person.joints} for frame in frames(recording.events()) for person in frame.people]
    assert 0.25 < np.mean(["head" not in seen for seen in names]) < 0.35
    assert all("neck" in seen for seen in names)


def test_more_swaps_give_more_wrists_to_two() -> None:
    assert _wrists_of_two(Character(swaps=3)) > 1.3 * _wrists_of_two(Character()) > 0


def test_a_wrist_that_is_not_seen_is_given_to_nobody() -> None:
    """All wrists of who stands in a crowd are hidden in half of the time; what was copied goes with its source."""
    seen = [
        sum(
            joint.name.endswith("wrist")
            for frame in frames(_recording(character, occlusion=0.6, arrival_spread_s=1.0).events())
            for person in frame.people
            for joint in person.joints
        )
        for character in (
            Character(swaps=2, hidden=HIDDEN_WRISTS, swaps_seen=True),
            Character(swaps=2, hidden=HIDDEN_WRISTS),
        )
    ]
    assert 0 < seen[0] < seen[1]


class _Silence:
    """Plates that never tremble."""

    def __init__(self, rows: int, columns: int) -> None:
        self._shape = (rows, columns)

    def read(self, first: int, samples: int) -> npt.NDArray[np.float32]:
        assert first >= 0
        return np.zeros((samples, *self._shape), np.float32)


def test_a_script_and_noise_of_ones_own_are_used() -> None:
    shop, options = small_shop(), SimulationOptions(shoppers=1, seed=5, takes=1.0, awkward=0.0)
    script = SimulatedRecording(shop, options).script
    shapes = [(max(s.index for s in f.shelves), max(len(s.plates) for s in f.shelves)) for f in shop.fixtures]
    recording = SimulatedRecording(shop, options, script=script, noise=lambda number: _Silence(*shapes[number]))
    assert recording.script is script
    times, grams = readings(recording.events(), "1")
    before = grams[times < times[0] + 1.0]
    assert float(np.nanmax(np.ptp(before, axis=0))) < 0.3
