"""People that are not there: a person seen twice, and something by the furniture that looks like somebody.

Assumed throughout: no real recording shows a ghost. Half of them are a person whom two groups of cameras see apart, 0.1
to 0.5 m beside, half stand before a fixture, as a reflection or a display would. They last 0.8 s on average, at most 5,
lack one joint in four, and tremble more, with lower scores. Nothing of them is in the truth.
"""

import dataclasses
import math

import numpy as np
import numpy.typing as npt

from tillfree.core.geometry import Box, Point
from tillfree.core.ids import TrackId
from tillfree.simulation.people.bodies import Body
from tillfree.simulation.script import Floats, VisitScript
from tillfree.simulation.tracks.tracker import errors_that_last

__all__ = ["Ghost", "Ghosts"]

Bools = npt.NDArray[np.bool_]

_MEAN_S, _LEAST_S, _MOST_S = 0.8, 0.15, 5.0
_BESIDE_M = (0.1, 0.5)
_BEFORE_M = (0.1, 0.6)
_HEIGHT_M = (1.5, 1.9)
_MISSING = 0.25
_TREMBLE_M = 0.02
_MEMORY_S = 0.3


@dataclasses.dataclass(frozen=True, slots=True)
class Ghost:
    """One of them in one window: its id at each moment (empty while it is not there), joints, presence, scores."""

    tracks: list[TrackId]
    joints: Floats
    seen: Bools
    scores: Floats


class Ghosts:
    """Makes those of each window; each begins and ends within one."""

    def __init__(self, per_minute: float, fixtures: tuple[Box, ...], seed: int) -> None:
        self._per_s = per_minute / 60.0
        self._fixtures = fixtures
        self._seed = seed

    def appear(
        self, window: int, span_s: tuple[float, float], times: Floats, joints: Floats, present: Bools
    ) -> list[Ghost]:
        """Those between the two times of `span_s`; `joints` (people, times, 8, 3) are of people while `present`."""
        rng = np.random.default_rng([self._seed, 8, window])
        begin_s, end_s = span_s
        ghosts = []
        for _ in range(int(rng.poisson(self._per_s * (end_s - begin_s)))):
            length_s = min(max(float(rng.exponential(_MEAN_S)), _LEAST_S), _MOST_S, end_s - begin_s)
            since_s = float(rng.uniform(begin_s, end_s - length_s))
            there = (times >= since_s) & (times < since_s + length_s)
            shape = self._shape(since_s, times, there, joints, present, rng)
            track = TrackId(str(int(rng.integers(10**18, 9 * 10**18))))
            if shape is not None:
                errors = errors_that_last(rng.normal(0.0, _TREMBLE_M, (1, *shape.shape)), times, _MEMORY_S)[0]
                seen = np.broadcast_to(rng.random(8) >= _MISSING, shape.shape[:2])
                scores = rng.beta(6.0, 3.0, shape.shape[:2])
                ghosts.append(
                    Ghost([track if k else TrackId("") for k in there.tolist()], shape + errors, seen, scores)
                )
        return ghosts

    def _shape(
        self, since_s: float, times: Floats, there: Bools, joints: Floats, present: Bools, rng: np.random.Generator
    ) -> Floats | None:
        """Joints (times, 8, 3) of a ghost, None where there is nothing that could look like one."""
        moments = np.flatnonzero(there)
        if not len(moments):
            return None
        if rng.random() < 0.5:
            people = np.flatnonzero(present[:, moments].all(axis=1))
            if not len(people):
                return None
            away_m, angle = float(rng.uniform(*_BESIDE_M)), float(rng.uniform(0.0, 2 * math.pi))
            beside = away_m * np.array((math.cos(angle), math.sin(angle), 0.0))
            double: Floats = joints[people[int(rng.integers(len(people)))]] + beside
            return double
        if not self._fixtures:
            return None
        box = self._fixtures[int(rng.integers(len(self._fixtures)))]
        spot = box.pose.to_parent(Point(float(rng.uniform(0.0, box.width_m)), -float(rng.uniform(*_BEFORE_M)), 0.0))
        heading = box.pose.yaw_rad + math.pi / 2 + math.pi * int(rng.integers(2))
        visit = VisitScript(TrackId(""), int(rng.integers(2**31)), float(rng.uniform(*_HEIGHT_M)), since_s)
        visit.path.append((since_s, spot.x, spot.y))
        visit.turns.append((since_s, heading))
        still = Body(visit, self._seed)
        return still.joints(times, still.floor(times), np.zeros(len(times)))
