"""What the signals of a recording are like around the acts of its truth: hands, joints, frames and plates in numbers.

Times in the figures are relative to the act, unless they say otherwise; joints that the tracker did not see are NaN.
"""

import dataclasses
import itertools
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from tillfree.catalog.model import Shelf
from tillfree.core.events import PeopleFrame, WeightBatch
from tillfree.core.ids import FixtureId, ShelfRef, TrackId
from tillfree.core.time import NS_PER_S
from tillfree.simulation.people.bodies import JOINT_NAMES
from tillfree.storage.recordings.model import Recording, Truth, TruthAct

__all__ = ["Figures", "measure"]

Floats = npt.NDArray[np.float64]
Figures = dict[str, list[float]]
"""Every value that was measured, by what it is."""

_NECK, _WRISTS = 1, slice(6, 8)
_NEAR_M = 0.3
_ALONE_S = 3.0


@dataclasses.dataclass(frozen=True, slots=True)
class _Track:
    """One person: times (s) and joints of shape (times, 8, 3) in metres."""

    times: Floats
    joints: Floats

    def at(self, time_s: float) -> Floats | None:
        """The joints of the nearest frame; None where there is none within 0.15 s."""
        place = int(np.argmin(np.abs(self.times - time_s)))
        joints: Floats = self.joints[place]
        return joints if abs(self.times[place] - time_s) < 0.15 else None


@dataclasses.dataclass(frozen=True, slots=True)
class _Plates:
    """One fixture: times (s) and grams of shape (times, shelves, plates)."""

    times: Floats
    grams: Floats

    def mean(self, row: int, from_s: float, to_s: float) -> Floats:
        """Means of a shelf's plates over a while."""
        return np.asarray(self.grams[(self.times > from_s) & (self.times < to_s), row].mean(axis=0))


def measure(recordings: Iterable[Recording], skew_s: float = 0.0) -> Figures:
    """All figures of some recordings whose people frames are stamped late by `skew_s`."""
    figures: Figures = {}
    for recording in recordings:
        truth = recording.truth
        if truth is not None:
            _Measurement(recording, truth, skew_s, figures).run()
    return figures


class _Measurement:
    """One recording; adds to the figures."""

    def __init__(self, recording: Recording, truth: Truth, skew_s: float, figures: Figures) -> None:
        self._figures = figures
        self._acts = [act for act in truth.acts if act.fixture]
        self._gives = [act for act in truth.acts if act.to_track]
        self._shelves = recording.shop.shelf_index()
        self._weights = {product.id: product.weight_g for product in recording.shop.products}
        self._tracks, self._plates, self._frames = _read(recording, truth, skew_s)

    def run(self) -> None:
        """Everything there is to measure."""
        gaps = np.diff(self._frames)
        self._add("frames within 20 ms of the one before, share", float((gaps < 0.02).mean()))
        self._add("frames per second", 1.0 / float(gaps.mean()))
        for track in self._tracks.values():
            self._person(track)
        self._crowd()
        for act in self._acts:
            self._hand(act)
            self._load(act)
        for act in self._gives:
            self._give(act)
        for fixture, plates in self._plates.items():
            self._noise(fixture, plates)

    def _add(self, what: str, value: float) -> None:
        if np.isfinite(value):
            self._figures.setdefault(what, []).append(float(value))

    # ---- people -----------------------------------------------------------------------------------------------------

    def _person(self, track: _Track) -> None:
        missing = np.isnan(track.joints[:, :, 0]).mean(axis=0)
        self._add("wrists missing, share", float(missing[_WRISTS].mean()))
        self._add("elbows missing, share", float(missing[4:6].mean()))
        lost = np.diff(track.times)
        for gap_s in lost[lost > 0.45].tolist():
            self._add("lost by the tracker, s", gap_s)
        for name, joint in (("head", 0), ("right wrist", 7)):
            seen = np.isfinite(track.joints[:, joint, 2])
            times, height = track.times[seen], track.joints[seen, joint, 2]
            first = np.r_[True, np.diff(times) > 0.05]
            bend = np.diff(height[first], 2) / 6**0.5
            self._add(f"jitter of the {name}, mm", 1483.0 * float(np.median(np.abs(bend))))
            twins = np.flatnonzero(np.diff(times) < 0.015)
            apart = np.abs(height[twins + 1] - height[twins]) / 2**0.5
            self._add(f"jitter of the {name} in one burst, mm", 1483.0 * float(np.median(apart)))
        own = sorted(act.time_ns / NS_PER_S for act in self._acts if self._tracks.get(act.track) is track)
        if own:
            self._add("from the entry to the first act, s", own[0] - float(track.times[0]))
            self._add("from the last act to the exit, s", float(track.times[-1]) - own[-1])
        for before_s, after_s in itertools.pairwise(own):
            if after_s - before_s > 0.6:
                self._add("between acts of one person, s", after_s - before_s)

    def _crowd(self) -> None:
        """How near people come to each other, and how often a wrist is given to two."""
        tracks = list(self._tracks.values())
        for number, one in enumerate(tracks):
            for other in tracks[:number]:
                _, at, also = np.intersect1d(one.times, other.times, return_indices=True)
                if not len(at):
                    continue
                a, b = one.joints[at], other.joints[also]
                apart = np.linalg.norm(a[:, _NECK, :2] - b[:, _NECK, :2], axis=1)
                self._add("two people closer than 0.4 m, share", float((apart < 0.4).mean()))
                between = np.linalg.norm(a[:, _WRISTS, None] - b[:, None, _WRISTS], axis=-1).reshape(len(at), 4)
                shared = (between < 1e-3).any(axis=1)[apart < 0.9]
                if len(shared) >= 10:
                    self._add("a wrist given to both within 0.9 m, share", float(shared.mean()))

    def _hand(self, act: TruthAct) -> None:
        track, time_s = self._tracks.get(act.track), act.time_ns / NS_PER_S
        joints = None if track is None else track.at(time_s)
        if track is None or joints is None:
            return
        item = _item(self._shelves[ShelfRef(FixtureId(act.fixture), act.shelf)], act.plates)
        far = np.linalg.norm(joints[_WRISTS] - item, axis=1)
        if np.isnan(far).all():
            return
        hand = int(np.nanargmin(far))
        self._add("wrist to item, m", float(far[hand]))
        self._add("other wrist to item, m", float(far[1 - hand]))
        self._add("neck before the shelf's edge, m", abs(float(joints[_NECK, 1] - item[1])))
        others = [t.at(time_s) for t in self._tracks.values() if t is not track]
        hands = [np.linalg.norm(joints[_WRISTS] - item, axis=1) for joints in others if joints is not None]
        self._add("somebody else's wrist within 0.5 m, share", float(any((far < 0.5).any() for far in hands)))
        near = np.linalg.norm(track.joints[:, 6 + hand] - item, axis=1)
        inside = (near < _NEAR_M) | np.isnan(near)
        place = int(np.argmin(np.abs(track.times - time_s)))
        if near[place] < _NEAR_M:
            before, after = np.flatnonzero(~inside[:place]), np.flatnonzero(~inside[place:])
            if len(before) and act.kind != "take":
                self._add("wrist comes, other acts, s", float(track.times[before[-1] + 1]) - time_s)
            elif len(before):
                self._add("wrist comes, takes, s", float(track.times[before[-1] + 1]) - time_s)
            if len(after) and act.kind == "take":
                self._add("wrist leaves, takes, s", float(track.times[place + after[0] - 1]) - time_s)
            elif len(after) and act.kind == "put":
                self._add("wrist leaves, put-backs, s", float(track.times[place + after[0] - 1]) - time_s)

    def _give(self, act: TruthAct) -> None:
        giver, taker = self._tracks.get(act.track), self._tracks.get(act.to_track)
        time_s = act.time_ns / NS_PER_S
        if giver is None or taker is None:
            return
        for since_s in np.arange(-3.0, 3.0, 0.1).tolist():
            a, b = giver.at(time_s + since_s), taker.at(time_s + since_s)
            if a is None or b is None:
                continue
            between = np.linalg.norm(a[_WRISTS, None] - b[None, _WRISTS], axis=-1)
            if np.isnan(between).all():
                continue
            if abs(since_s) < 0.05:
                self._add("hand-over: necks apart, m", float(np.linalg.norm(a[_NECK, :2] - b[_NECK, :2])))
                self._add("hand-over: wrists apart, m", float(np.nanmin(between)))
            if np.nanmin(between) < 0.2:
                self._add("hand-over: wrists within 0.2 m, s", since_s)

    # ---- plates -----------------------------------------------------------------------------------------------------

    def _noise(self, fixture: FixtureId, plates: _Plates) -> None:
        seconds = len(plates.times) // 60
        spread = plates.grams[: seconds * 60].reshape(seconds, 60, -1).std(axis=1)
        alive = np.isfinite(spread).all(axis=0) & (spread.max(axis=0) > 0.01)
        if not alive.any():
            return
        self._add(f"noise per plate, fixture {fixture}, empty shop, g", float(np.median(spread[:3, alive])))
        self._add(f"noise per plate, fixture {fixture}, worst tenth, g", float(np.percentile(spread[3:, alive], 90)))

    def _load(self, act: TruthAct) -> None:
        plates, row, time_s = self._plates.get(FixtureId(act.fixture)), act.shelf - 1, act.time_ns / NS_PER_S
        busy = any(
            other is not act
            and (other.fixture, other.shelf) == (act.fixture, act.shelf)
            and abs(other.time_ns / NS_PER_S - time_s) < _ALONE_S
            for other in self._acts
        )
        if plates is None or busy or act.kind not in ("take", "put") or not act.weight_g:
            return
        before = plates.mean(row, time_s - 1.2, time_s - 0.7)
        step = plates.mean(row, time_s + 0.9, time_s + 1.4) - before
        carrying = np.array(act.plates) - 1
        full_g = float(np.nansum(step))
        sign = -1.0 if act.kind == "take" else 1.0
        weight_g = self._weights.get(act.product)
        if weight_g:
            self._add("unit against catalogue", act.weight_g / weight_g)
        self._add("step summed over the shelf, against the unit", sign * full_g / act.weight_g)
        self._add("plates of a unit below 200 g" if act.weight_g < 200 else "plates of a heavier unit", len(carrying))
        if len(carrying) > 1:
            self._add("share of the main one of several plates", float((step / step[carrying].sum())[carrying].max()))
        main = int(carrying[int(np.argmax(sign * step[carrying]))])
        around = (plates.times > time_s - 0.6) & (plates.times < time_s + 1.0)
        since, load = plates.times[around] - time_s, plates.grams[around, row, main] - before[main]
        if act.kind == "put":
            self._add("press at a put-back, g", float(load.max()) - sign * float(step[main]))
        elif act.weight_g > 100.0 and abs(step[main]) > 50.0:
            self._step(since, load, load / step[main])
            aside = [k for k in range(len(step)) if abs(k - main) > 2]
            shaken = plates.grams[(np.abs(plates.times - time_s) < 0.25), row][:, aside] - before[aside]
            if shaken.size and np.isfinite(shaken).any():
                self._add("other plates of the shelf, peak, g", float(np.nanmax(np.abs(shaken))))

    def _step(self, since: Floats, load: Floats, part: Floats) -> None:
        """The shape of a take on its main plate; `part` is 1 when all of it has gone."""
        self._add("press before a take, g", float(load[since < -0.06].max()))
        self._add("overshoot of a take", float(part.max()) - 1.0)
        self._add("ringing 0.15 to 0.5 s after a take", float(part[(since > 0.15) & (since < 0.5)].std()))
        half = np.flatnonzero(part > 0.5)
        gone = np.flatnonzero(part > 0.9)
        if len(half) and len(gone):
            begun = np.flatnonzero(part[: half[0]] < 0.1)
            if len(begun):
                self._add("10 to 90 % of a take, s", float(since[gone[0]] - since[begun[-1]]))


def _item(shelf: Shelf, plates: tuple[int, ...]) -> Floats:
    """Where the middle of what lies on these plates is grasped."""
    pose, edges = shelf.box.pose, [shelf.plates[plate - 1] for plate in plates]
    along_m = (edges[0][0] + edges[-1][1]) / 2 if edges else 0.0
    return np.array(
        [
            pose.origin.x + np.cos(pose.yaw_rad) * along_m,
            pose.origin.y + np.sin(pose.yaw_rad) * along_m,
            pose.origin.z,
        ]
    )


def _read(
    recording: Recording, truth: Truth, skew_s: float
) -> tuple[dict[TrackId, _Track], dict[FixtureId, _Plates], Floats]:
    """People by the id of the truth, plates by fixture, and the times of all frames."""
    numbers = {name: number for number, name in enumerate(JOINT_NAMES)}
    people: dict[TrackId, tuple[list[float], list[Floats]]] = {}
    batches: dict[FixtureId, tuple[list[Floats], list[Floats]]] = {}
    frames: list[float] = []
    for event in recording.events():
        time_s = event.time_ns / NS_PER_S
        if isinstance(event, PeopleFrame):
            frames.append(time_s - skew_s)
            for person in event.people:
                joints = np.full((len(JOINT_NAMES), 3), np.nan)
                for joint in person.joints:
                    if joint.name in numbers:
                        joints[numbers[joint.name]] = (joint.x, joint.y, joint.z)
                times, seen = people.setdefault(truth.aliases.get(person.track, person.track), ([], []))
                times.append(time_s - skew_s)
                seen.append(joints)
        elif isinstance(event, WeightBatch):
            stamps, grams = batches.setdefault(event.fixture, ([], []))
            stamps.append(time_s + np.arange(1 - event.samples, 1) / event.rate_hz)
            shape = (event.samples, event.shelves, event.plates)
            grams.append(np.frombuffer(event.values, dtype="<f4").reshape(shape).astype(np.float64))
    return (
        {track: _Track(np.array(times), np.array(seen)) for track, (times, seen) in people.items()},
        {name: _Plates(np.concatenate(stamps), np.concatenate(grams)) for name, (stamps, grams) in batches.items()},
        np.array(frames),
    )
