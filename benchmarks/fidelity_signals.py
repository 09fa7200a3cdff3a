"""Recordings as arrays, real and simulated alike: plates, people, and the takes whose steps are looked at."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.fidelity_steps import step_time_s
from tillfree.catalog.model import Shop
from tillfree.core.events import PeopleFrame, WeightBatch
from tillfree.core.ids import FixtureId, ShelfRef, TrackId
from tillfree.core.time import NS_PER_S
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.people.bodies import JOINT_NAMES
from tillfree.simulation.recording import SimulatedRecording, simulate
from tillfree.storage.recordings.model import Recording
from tillfree.storage.recordings.opening import open_recording

__all__ = ["BENCHMARK", "WEIGHTS_ONLY", "Person", "Plates", "Signals", "Take", "read_real", "simulated_twins"]

Floats = npt.NDArray[np.float64]

BENCHMARK, WEIGHTS_ONLY = "benchmark-1", "cps-test-01"

_PLATES = (12, 9, 12, 9, 9)
"""Plates per shelf of the real gondolas, one after the other."""

# Recording, fixture, shelf, plates that carried it, catalogue's weight (g): what the graded receipt, the labels and the
# products of the recordings say; the catalogue's slip for the second bottle is put right.
_REAL_TAKES = (
    (BENCHMARK, "1", 5, (11,), 621.7),
    (WEIGHTS_ONLY, "1", 5, (10,), 538.0),
    (WEIGHTS_ONLY, "2", 5, (4, 5), 105.5),
)

# Like which recording, how many fixtures, acts on average, and from how many to how many seconds long.
_LIKE = ((BENCHMARK, 4, 2.5, 13.0, 22.0), (WEIGHTS_ONLY, 5, 4.5, 26.0, 42.0))


@dataclasses.dataclass(frozen=True, slots=True)
class Plates:
    """One fixture: sample times (s), readings (samples, shelves, plates) in grams, and its batches' stamps (s)."""

    fixture: str
    times_s: Floats
    grams: Floats
    stamps_s: Floats
    batch_samples: Floats

    def alive(self) -> npt.NDArray[np.bool_]:
        """Which plates (shelves, plates) read something all the time, and not one value only."""
        alive: npt.NDArray[np.bool_] = np.isfinite(self.grams).all(axis=0) & (np.ptp(self.grams, axis=0) > 0.0)
        return alive


@dataclasses.dataclass(frozen=True, slots=True)
class Person:
    """One person: times (s), joints (times, 8, 3) in metres and their scores (times, 8); NaN: not seen."""

    times_s: Floats
    joints: Floats
    scores: Floats


@dataclasses.dataclass(frozen=True, slots=True)
class Take:
    """One item that went: from which plates (numbers from 1), when, and what the catalogue says it weighs."""

    fixture: str
    shelf: int
    plates: tuple[int, ...]
    time_s: float
    catalogue_g: float
    spot_m: tuple[float, float, float]
    """The middle of those plates at the front of the shelf, in the shop's frame."""


@dataclasses.dataclass(frozen=True, slots=True)
class Signals:
    """One recording; `like` names the real one that it is, or is made like; times count from one whole minute."""

    name: str
    like: str
    plates: tuple[Plates, ...]
    people: tuple[Person, ...]
    frames_s: Floats
    takes: tuple[Take, ...]

    @property
    def stamped(self) -> bool:
        """Whether the stamps of batches were measured: files per plate are put on a grid while they are read."""
        return self.like == BENCHMARK

    @property
    def seconds(self) -> float:
        """How long the plates were read."""
        return float(self.plates[0].times_s[-1] - self.plates[0].times_s[0]) if self.plates else 0.0


def read_real(folder: Path) -> tuple[Signals, ...]:
    """The two real recordings below `folder` (.../data/autocheckout).

    Raises:
        RecordingError: one of them is absent or cannot be read.
    """
    return tuple(_real(folder / name) for name in (BENCHMARK, WEIGHTS_ONLY))


def simulated_twins(per_recording: int, seed: int) -> Iterator[Signals]:
    """`per_recording` simulated recordings of one shopper for each real one, about as long, in as large a shop.

    Seeds whose visits are much shorter or longer are passed over; the same arguments give the same recordings.
    """
    for number, (like, fixtures, takes, low_s, high_s) in enumerate(_LIKE):
        found, trial = 0, 0
        while found < per_recording:
            own = 1_000_000 * seed + 100_000 * number + trial
            trial += 1
            shop = demo_shop(fixtures, plates=_PLATES, seed=own)
            recording = simulate(shop, SimulationOptions(shoppers=1, seed=own, takes=takes, awkward=0.0))
            if low_s <= recording.duration_ns() / NS_PER_S <= high_s:
                found += 1
                yield _simulated(recording, like)


def _real(path: Path) -> Signals:
    recording = open_recording(path)
    signals = _read(recording, recording.shop, path.name)
    takes = []
    for name, fixture, shelf, carrying, catalogue_g in _REAL_TAKES:
        if name != path.name:
            continue
        (plates,) = (plates for plates in signals.plates if plates.fixture == fixture)
        step_s = step_time_s(plates.times_s, plates.grams[:, shelf - 1, [plate - 1 for plate in carrying]].sum(axis=1))
        takes.append(_take(recording.shop, fixture, shelf, carrying, step_s, catalogue_g))
    return dataclasses.replace(signals, takes=tuple(takes))


def _simulated(recording: SimulatedRecording, like: str) -> Signals:
    signals = _read(recording, recording.shop, like)
    weights = {product.id: product.weight_g for product in recording.shop.products}
    origin_s = _origin_s(recording.options.start_ns)
    takes = tuple(
        _take(
            recording.shop,
            act.fixture,
            act.shelf,
            act.plates,
            act.time_ns / NS_PER_S - origin_s,
            float(weights[act.product] or 0.0),
        )
        for act in recording.truth.acts
        if act.kind == "take"
    )
    return dataclasses.replace(signals, name=recording.name, takes=takes)


def _take(shop: Shop, fixture: str, shelf: int, plates: tuple[int, ...], time_s: float, catalogue_g: float) -> Take:
    place = shop.shelf_index()[ShelfRef(FixtureId(fixture), shelf)]
    pose, edges = place.box.pose, [place.plates[plate - 1] for plate in plates]
    along_m = (edges[0][0] + edges[-1][1]) / 2
    spot_m = (
        pose.origin.x + float(np.cos(pose.yaw_rad)) * along_m,
        pose.origin.y + float(np.sin(pose.yaw_rad)) * along_m,
        pose.origin.z,
    )
    return Take(fixture, shelf, plates, time_s, catalogue_g, spot_m)


def _origin_s(time_ns: int) -> float:
    """Whole minutes: subtracting them keeps microseconds exact in floating point."""
    return float(time_ns // (60 * NS_PER_S) * 60)


def _read(recording: Recording, shop: Shop, like: str) -> Signals:
    """Everything but the takes; times count from the whole minute before the first event."""
    batches: dict[str, list[WeightBatch]] = {fixture.id: [] for fixture in shop.fixtures}
    people: dict[TrackId, list[tuple[float, Floats]]] = {}
    frames: list[float] = []
    origin_s: float | None = None
    for event in recording.events():
        origin_s = _origin_s(event.time_ns) if origin_s is None else origin_s
        time_s = (event.time_ns - int(origin_s) * NS_PER_S) / NS_PER_S
        if isinstance(event, WeightBatch):
            batches[event.fixture].append(event)
        elif isinstance(event, PeopleFrame):
            frames.append(time_s)
            for person in event.people:
                seen = np.full((len(JOINT_NAMES), 4), np.nan)
                for joint in person.joints:
                    if joint.name in JOINT_NAMES:
                        seen[JOINT_NAMES.index(joint.name)] = (joint.x, joint.y, joint.z, joint.score)
                people.setdefault(person.track, []).append((time_s, seen))
    plates = tuple(_plates(name, found, int(origin_s or 0)) for name, found in batches.items() if found)
    persons = tuple(_person(moments) for moments in people.values())
    return Signals(like, like, plates, persons, np.array(frames), ())


def _person(moments: list[tuple[float, Floats]]) -> Person:
    seen = np.stack([joints for _, joints in moments])
    return Person(np.array([time_s for time_s, _ in moments]), seen[:, :, :3], seen[:, :, 3])


def _plates(fixture: str, batches: list[WeightBatch], origin_s: int) -> Plates:
    stamps_s = np.array([(batch.time_ns - origin_s * NS_PER_S) / NS_PER_S for batch in batches])
    times_s = [s + np.arange(1 - b.samples, 1) / b.rate_hz for s, b in zip(stamps_s.tolist(), batches, strict=True)]
    grams = [np.frombuffer(b.values, dtype="<f4").reshape(b.samples, b.shelves, b.plates) for b in batches]
    return Plates(
        fixture,
        np.concatenate(times_s),
        np.concatenate(grams).astype(np.float64),
        stamps_s,
        np.array([float(batch.samples) for batch in batches]),
    )
