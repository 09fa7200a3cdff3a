"""What a tracker says of the bodies: frames in bursts, joints with their errors, and the tracker's mistakes.

Assumed, from the real recording: frames every 0.1 s, half of them followed by another within 15 ms (14.7 per second in
all), 4 % of the ticks missing; errors of joints as in `tracker`; scores with a median of 0.95. Not measured but
assumed: people in a crowd lose joints, or are given those of the other; tracks are lost, found again and exchanged;
ghosts.
"""

import itertools
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from tillfree.core.events import Joint, PeopleFrame, TrackedPerson
from tillfree.core.geometry import Box
from tillfree.core.ids import TrackId
from tillfree.simulation.character import USUAL, Character
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.people.bodies import JOINT_NAMES, Body
from tillfree.simulation.script import Floats
from tillfree.simulation.tracks.crowd_occlusion import hide_in_crowds
from tillfree.simulation.tracks.ghosts import Ghosts
from tillfree.simulation.tracks.sightlines import Sightlines
from tillfree.simulation.tracks.tracker import JointSight

__all__ = ["FrameRenderer"]

Bools = npt.NDArray[np.bool_]

_TICK_S = 0.1
_TWIN = 0.54


class FrameRenderer:
    """Renders people frames window by window."""

    def __init__(
        self,
        options: SimulationOptions,
        character: Character = USUAL,
        sightlines: Sightlines | None = None,
        fixtures: tuple[Box, ...] = (),
    ) -> None:
        self._options = options
        self._character = character
        self._sight = JointSight(character, sightlines)
        self._ghosts = Ghosts(options.ghosts, fixtures, options.seed)
        self._sequence = 0

    def frames(self, window: int, begin_s: float, end_s: float, bodies: list[Body]) -> Iterator[PeopleFrame]:
        """The frames whose time lies in the window."""
        options = self._options
        rng = np.random.default_rng([options.seed, 6, window])
        times = self._times(begin_s, end_s, rng)
        shown = [body for body in bodies if body.visit.exit_s >= begin_s and body.visit.entry_s < end_s]
        joints, seen, scores, tracks = self._see(window, times, shown, rng)
        if options.ghosts:
            present = np.array([[track != "" for track in own] for own in tracks], np.bool_).reshape(joints.shape[:2])
            for ghost in self._ghosts.appear(window, (begin_s, end_s), times, joints, present):
                joints = np.concatenate([joints, np.round(ghost.joints, 5)[None]])
                seen = np.concatenate([seen, ghost.seen[None]])
                scores = np.concatenate([scores, np.round(ghost.scores, 4)[None]])
                tracks.append(ghost.tracks)
        # Whom no camera sees is not there for the tracker.
        somebody = np.asarray(seen.any(axis=2))
        stamps = options.start_ns + np.round((times + options.skew_s) * 1e6).astype(np.int64) * 1000
        numbers = np.concatenate([joints, scores[..., None]], axis=3).reshape(len(tracks), len(times), 32)
        whole = np.asarray(seen.all(axis=2))
        for k in range(len(times)):
            # One moment at a time: lists of a whole window would keep the garbage collector busy.
            rows, complete, visible = numbers[:, k].tolist(), whole[:, k].tolist(), somebody[:, k].tolist()
            people = tuple(
                [
                    TrackedPerson(tracks[p][k], _joints(rows[p], None if complete[p] else seen[p, k].tolist()))
                    for p in range(len(tracks))
                    if tracks[p][k] and visible[p]
                ]
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
    ) -> tuple[Floats, Bools, Floats, list[list[TrackId]]]:
        """Joints (people, times, 8, 3) in metres, which are seen, their scores, and the track id of each moment."""
        people, moments = len(bodies), len(times)
        if not people or not moments:
            nothing = np.zeros((people, moments, 8))
            return np.zeros((people, moments, 8, 3)), nothing > 0.0, nothing, [[TrackId("")] * moments for _ in bodies]
        present = np.stack([body.present(times) for body in bodies])
        walking = np.stack([body.walking(times) for body in bodies])
        floors = np.stack([body.floor(times) for body in bodies])
        joints = np.stack([body.joints(times, floors[k], walking[k]) for k, body in enumerate(bodies)])
        tremor_m = np.array([body.tremor_m for body in bodies])
        sight = self._sight.see(joints, present, times, tremor_m, rng)
        if self._options.occlusion and people > 1:
            hide_in_crowds(
                times,
                floors,
                present,
                sight,
                strength=self._options.occlusion,
                character=self._character,
                rng=np.random.default_rng([self._options.seed, 7, window]),
            )
        tracks = [self._tracks(body, times, present[k]) for k, body in enumerate(bodies)]
        joints, seen, scores = sight
        return np.round(joints, 5), seen, np.round(scores, 4), tracks

    @staticmethod
    def _tracks(body: Body, times: Floats, present: Bools) -> list[TrackId]:
        """The id at each moment; empty while the shopper is not there or not tracked."""
        tracks = [body.visit.track if there else TrackId("") for there in present.tolist()]
        for begin_s, end_s, track in body.visit.gaps:
            for k in np.flatnonzero(times >= begin_s).tolist():
                if tracks[k]:
                    tracks[k] = TrackId("") if times[k] < end_s else track
        return tracks


def _joints(row: list[float], seen: list[bool] | None) -> tuple[Joint, ...]:
    """Joints of one person from x, y, z and score of each; those that are seen, or all."""
    values = iter(row)
    joints = tuple(map(Joint, JOINT_NAMES, values, values, values, values))
    return joints if seen is None else tuple(itertools.compress(joints, seen))
