"""What a tracker says of the bodies: frames in bursts, joints with jitter, and the tracker's mistakes.

Assumed, from the real recording: frames every 0.1 s, half of them followed by another within 15 ms (14.7 per second in
all), 4 % of the ticks missing; jitter (1 standard deviation) 4 mm for head, neck and shoulders, 6 mm for elbows and
10 mm for wrists with heavy tails; joints missing 0.6 %; scores with a median of 0.94. Not measured but assumed: people
in a crowd lose joints, or are given those of the other; tracks are lost and found again.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from tillfree.core.events import Joint, PeopleFrame, TrackedPerson
from tillfree.core.ids import TrackId
from tillfree.simulation.bodies import JOINT_NAMES, Body
from tillfree.simulation.character import USUAL, Character
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.script import Floats

__all__ = ["FrameRenderer"]

_TICK_S = 0.1
_TWIN = 0.54
_CROWD_M = 0.9
_FREE_M = 1.6
_CHUNK_S = 0.5


class FrameRenderer:
    """Renders people frames window by window."""

    def __init__(self, options: SimulationOptions, character: Character = USUAL) -> None:
        self._options = options
        self._character = character
        self._jitter_m = np.array(character.jitter_m)
        self._sequence = 0

    def frames(self, window: int, begin_s: float, end_s: float, bodies: list[Body]) -> Iterator[PeopleFrame]:
        """The frames whose time lies in the window."""
        options = self._options
        rng = np.random.default_rng([options.seed, 6, window])
        times = self._times(begin_s, end_s, rng)
        shown = [body for body in bodies if body.visit.exit_s >= begin_s and body.visit.entry_s < end_s]
        joints, seen, scores, tracks = self._see(window, times, shown, rng)
        stamps = options.start_ns + np.round((times + options.skew_s) * 1e6).astype(np.int64) * 1000
        for k in range(len(times)):
            # One moment at a time: lists of a whole window would keep the garbage collector busy.
            spots, marks, shows = joints[:, k].tolist(), scores[:, k].tolist(), seen[:, k].tolist()
            people = tuple(
                TrackedPerson(
                    tracks[p][k],
                    # A list in between is made faster than what a generator gives.
                    tuple(
                        [
                            Joint(name, x, y, z, score)
                            for name, (x, y, z), score, there in zip(
                                JOINT_NAMES, spots[p], marks[p], shows[p], strict=True
                            )
                            if there
                        ]
                    ),
                )
                for p in range(len(shown))
                if tracks[p][k]
            )
            yield PeopleFrame(time_ns=int(stamps[k]), source="targets", sequence=self._sequence, people=people)
            self._sequence += 1

    def _times(self, begin_s: float, end_s: float, rng: np.random.Generator) -> Floats:
        ticks = np.arange(round(begin_s / _TICK_S), round(end_s / _TICK_S)) * _TICK_S
        ticks = ticks + 0.02 + np.clip(rng.normal(0.0, 0.003, len(ticks)), -0.009, 0.009)
        ticks = ticks[rng.random(len(ticks)) >= self._character.lost_tick]
        twins = ticks[rng.random(len(ticks)) < _TWIN]
        times = np.sort(np.concatenate([ticks, twins + rng.uniform(0.005, 0.013, len(twins))]))
        kept: Floats = times[rng.random(len(times)) >= self._options.drop_frames]
        return kept

    def _see(
        self, window: int, times: Floats, bodies: list[Body], rng: np.random.Generator
    ) -> tuple[Floats, npt.NDArray[np.bool_], Floats, list[list[TrackId]]]:
        """Joints (people, times, 8, 3) in metres, which are seen, their scores, and the track id of each moment."""
        people, moments = len(bodies), len(times)
        if not people or not moments:
            nothing = np.zeros((people, moments, 8))
            return nothing[..., None], nothing > 0.0, nothing, [[TrackId("")] * moments for _ in bodies]
        present = np.stack([body.present(times) for body in bodies])
        walking = np.stack([body.walking(times) for body in bodies])
        floors = np.stack([body.floor(times) for body in bodies])
        joints = np.stack([body.joints(times, floors[k], walking[k]) for k, body in enumerate(bodies)])
        seen = rng.random((people, moments, 8)) >= np.array(self._character.missing)
        seen[:, :, 6:] &= (rng.random((people, moments)) >= 0.005)[:, :, None]
        scores = rng.beta(11.0, 0.8, (people, moments, 8))
        scores = np.where(rng.random(scores.shape) < 0.005, rng.uniform(0.2, 0.7, scores.shape), scores)
        tremor = np.array([body.tremor_m for body in bodies])[:, None, None, None]
        errors = rng.standard_t(self._character.jitter_tail, joints.shape)
        joints += self._jitter_m[:, None] * tremor * self._lasting(errors, times) * 0.75
        # Single wild values of a wrist, as where two views disagree.
        wild = (
            rng.random((people, moments, 8, 1))
            < np.where(np.arange(8) >= 6, self._character.wild_wrist, 0.001)[:, None]
        )
        joints += np.where(wild, rng.normal(0.0, 0.06, joints.shape), 0.0)
        if self._options.occlusion and people > 1:
            self._hide(window, times, joints, seen, scores, floors, present)
        tracks = [self._tracks(body, times, present[k]) for k, body in enumerate(bodies)]
        return np.round(joints, 5), seen, np.round(scores, 4), tracks

    def _lasting(self, errors: Floats, times: Floats) -> Floats:
        """Errors (people, times, joints, 3) of which each keeps a part of the one before; their spread stays."""
        memory_s = self._character.jitter_memory_s
        if not memory_s:
            return errors
        kept = np.exp(-np.diff(times) / memory_s)
        for k, part in enumerate(kept.tolist(), 1):
            errors[:, k] = part * errors[:, k - 1] + (1.0 - part * part) ** 0.5 * errors[:, k]
        return errors

    def _hide(
        self,
        window: int,
        times: Floats,
        joints: Floats,
        seen: npt.NDArray[np.bool_],
        scores: Floats,
        floors: Floats,
        present: npt.NDArray[np.bool_],
    ) -> None:
        """In chunks of time, people close together lose arms, or are given a wrist of the other's."""
        rng = np.random.default_rng([self._options.seed, 7, window])
        chunks = np.floor(times / _CHUNK_S).astype(np.int64)
        true = joints.copy()
        for first in range(len(joints)):
            for second in range(first + 1, len(joints)):
                apart = np.hypot(*(floors[first] - floors[second]).T)
                crowded = np.clip((_FREE_M - apart) / (_FREE_M - _CROWD_M), 0.0, 1.0) * self._options.occlusion
                crowded *= present[first] & present[second]
                for chunk in np.unique(chunks[crowded > 0.0]):
                    moments = (chunks == chunk) & (crowded > 0.0)
                    strength = float(crowded[moments].mean())
                    given: list[tuple[int, int, int, int]] = []
                    for _ in range(self._character.swaps):
                        one, other = (first, second) if rng.random() < 0.5 else (second, first)
                        if rng.random() < strength:
                            own, theirs = 6 + int(rng.integers(2)), 6 + int(rng.integers(2))
                            joints[one, moments, own] = true[other, moments, theirs]
                            scores[one, moments, own] = scores[other, moments, theirs]
                            given.append((one, own, other, theirs))
                    for who in (first, second):
                        for joint, weight in enumerate(self._character.hidden):
                            if rng.random() < weight * strength:
                                seen[who, moments, joint] = False
                    for one, own, other, theirs in given if self._character.swaps_seen else ():
                        seen[one, moments, own] &= seen[other, moments, theirs]

    @staticmethod
    def _tracks(body: Body, times: Floats, present: npt.NDArray[np.bool_]) -> list[TrackId]:
        """The id at each moment; empty while the shopper is not there or not tracked."""
        tracks = [body.visit.track if there else TrackId("") for there in present.tolist()]
        for begin_s, end_s, track in body.visit.gaps:
            for k in np.flatnonzero(times >= begin_s).tolist():
                if tracks[k]:
                    tracks[k] = TrackId("") if times[k] < end_s else track
        return tracks
