"""Bodies in motion: where the eight joints of each shopper are at any moment, before a tracker sees them.

Assumed, from the one real shopper: head at the height of the body, neck at 0.88, shoulders at 0.845, hanging wrists at
0.53 of it; walking 0.63 to 0.78 m/s; an arm goes out in 0.4 to 0.6 s; head and shoulders come 0.06 to 0.32 m forward,
and down for low shelves. How people give way to each other is in `tillfree.simulation.people.crowd`.
"""

import math

import numpy as np
import numpy.typing as npt

from tillfree.simulation.script import Floats, VisitScript

__all__ = ["ASIDE_HZ", "JOINT_NAMES", "Body"]

JOINT_NAMES = ("head", "neck", "l_shoulder", "r_shoulder", "l_elbow", "r_elbow", "l_wrist", "r_wrist")

_SHOULDER_M = 0.185
_GROWN_M = 1.5
_STEP_S = 0.5
ASIDE_HZ = 10
"""Moments a second at which it is known how far a body is beside its planned way."""


class Body:
    """One shopper, ready to be asked for any times (arrays of seconds, ascending)."""

    def __init__(self, visit: VisitScript, seed: int) -> None:
        self.visit = visit
        path = np.array(visit.path)
        self._times_s, self._x, self._y = path[:, 0], path[:, 1], path[:, 2]
        turns = np.array(visit.turns)
        self._turn_s, self._heading = turns[:, 0], turns[:, 1]
        reaches = [(reach.begin_s, reach.end_s) for reach in visit.reaches]
        self._reaching = np.array(reaches).reshape(-1, 2).T
        self._first = math.floor(visit.entry_s * ASIDE_HZ)
        self._aside: npt.NDArray[np.float32] | None = None
        rng = np.random.default_rng([seed, 5, visit.number])
        self._phase = rng.uniform(0.0, 2 * math.pi, (6, 3))
        self._beat_hz = rng.uniform(0.25, 0.7, (6, 3))
        self.tremor_m = rng.uniform(0.7, 1.4)
        # Grown people differ little in breadth; a child is smaller all over.
        self._small = min(visit.height_m / _GROWN_M, 1.0)

    def planned(self, times_s: Floats) -> Floats:
        """Where the script has the body, shape (times, 2), metres."""
        spots = np.empty((len(times_s), 2))
        spots[:, 0] = np.interp(times_s, self._times_s, self._x)
        spots[:, 1] = np.interp(times_s, self._times_s, self._y)
        return spots

    def floor(self, times_s: Floats) -> Floats:
        """Where the body stands, shape (times, 2), metres: as planned, and beside that for others in the way.

        The crowd must have gone on to the last of the times.
        """
        floor = self.planned(times_s)
        if self._aside is not None:
            at = np.clip(times_s * ASIDE_HZ - self._first, 0.0, len(self._aside) - 1.001)
            row = at.astype(np.int64)
            part = (at - row)[:, None]
            floor += (1.0 - part) * self._aside[row] + part * self._aside[row + 1]
        return floor

    def step_aside(self, first: int, metres: Floats) -> None:
        """How far the body is beside its planned way, shape (moments, 2); moment 0 is number `first` of the recording.

        Moments before the visit or after it are left out.
        """
        if self._aside is None:
            self._aside = np.zeros((math.ceil(self.visit.exit_s * ASIDE_HZ) + 2 - self._first, 2), dtype=np.float32)
        begin = first - self._first
        end = min(begin + len(metres), len(self._aside))
        self._aside[max(begin, 0) : end] = metres[max(-begin, 0) : end - begin]

    def reaches_between(self, begin_s: float, end_s: float) -> bool:
        """Whether an arm is out at some time of these."""
        begins, ends = self._reaching
        return bool(((begins < end_s) & (ends > begin_s)).any())

    def walking(self, times_s: Floats) -> Floats:
        """0 for standing to 1 for walking, without jumps."""
        step = self.floor(times_s + _STEP_S) - self.floor(times_s - _STEP_S)
        return np.clip(np.hypot(step[:, 0], step[:, 1]) / (2 * _STEP_S * 0.6), 0.0, 1.0)

    def present(self, times_s: Floats) -> npt.NDArray[np.bool_]:
        """Whether the shopper is in the shop."""
        return (times_s >= self.visit.entry_s) & (times_s <= self.visit.exit_s)

    def joints(self, times_s: Floats, floor: Floats, walking: Floats) -> Floats:
        """Joints in the order of `JOINT_NAMES`, shape (times, 8, 3), metres."""
        heading = np.interp(times_s, self._turn_s, self._heading)
        forward = np.stack([np.cos(heading), np.sin(heading)], -1)
        left = np.stack([-np.sin(heading), np.cos(heading)], -1)
        lean, squat = np.zeros(len(times_s)), np.zeros(len(times_s))
        wrists: list[tuple[int, Floats, tuple[float, float, float]]] = []
        for reach in self.visit.reaches:
            if reach.end_s < times_s[0] or reach.begin_s > times_s[-1]:
                continue
            out = _ease((times_s - reach.begin_s) / (reach.in_s - reach.begin_s))
            back = _ease((times_s - reach.out_s) / (reach.end_s - reach.out_s))
            blend = out * (1.0 - back)
            lean = np.maximum(lean, reach.lean_m * blend)
            squat = np.maximum(squat, reach.squat_m * blend)
            wrists.append((reach.hand, blend, reach.target))
        height = self.visit.height_m
        joints = np.empty((len(times_s), 8, 3))
        joints[:, 0, :2] = floor + forward * (0.04 + lean)[:, None]
        joints[:, 0, 2] = height - 0.8 * squat - 0.35 * lean
        joints[:, 1, :2] = floor + forward * (0.9 * lean)[:, None]
        joints[:, 1, 2] = 0.88 * height - squat
        shoulder_m = self._small * _SHOULDER_M
        swing = 0.1 * walking * np.sin(2 * math.pi * 0.9 * times_s + self._phase[0, 0])
        for hand, sign in ((0, 1.0), (1, -1.0)):
            shoulder, elbow, wrist = joints[:, 2 + hand], joints[:, 4 + hand], joints[:, 6 + hand]
            shoulder[:, :2] = floor + forward * (0.8 * lean)[:, None] + left * (sign * shoulder_m)
            shoulder[:, 2] = 0.845 * height - squat
            ahead = 0.12 + sign * swing + 0.5 * lean
            wrist[:, :2] = floor + forward * ahead[:, None] + left * (sign * (shoulder_m + 0.05))
            wrist[:, 2] = 0.55 * height - 0.6 * squat + 0.1 * np.abs(swing)
            for other, blend, target in wrists:
                if other == hand:
                    wrist += blend[:, None] * (np.array(target) - wrist)
            wrist += 0.012 * np.sin(2 * math.pi * self._beat_hz[hand] * times_s[:, None] + self._phase[1 + hand])
            elbow[:] = (shoulder + wrist) / 2
            bent = np.clip(0.62 * self._small - np.linalg.norm(wrist - shoulder, axis=1), 0.0, 0.3)
            elbow[:, 2] -= 0.06 + 0.5 * bent
            elbow[:, :2] += left * (sign * (0.03 + 0.3 * bent))[:, None]
        return joints


def _ease(part: Floats) -> Floats:
    """From 0 to 1 with the least jerk (Flash and Hogan 1985, the polynomial of a reach)."""
    x = np.clip(part, 0.0, 1.0)
    eased: Floats = x * x * x * (10.0 + x * (6.0 * x - 15.0))
    return eased
