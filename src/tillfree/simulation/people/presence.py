"""Where everybody is within one window, on one grid of time: a hundred fixtures need not ask a hundred people."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tillfree.simulation.people.bodies import Body
from tillfree.simulation.script import Floats

__all__ = ["GRID_S", "Presence"]

GRID_S = 0.1
_BEYOND_S = 0.4
"""Fixtures sample up to 0.15 s after the end of a window."""


class Presence:
    """`times_s` has the moments; who is there and how they move, by person and moment.

    Only people who can be within a window are in it; the crowd must have gone on to a little after its end.
    """

    def __init__(self, bodies: Sequence[Body], begin_s: float, end_s: float) -> None:
        self.times_s = begin_s + GRID_S * np.arange(round((end_s - begin_s + _BEYOND_S) / GRID_S) + 1, dtype=np.float64)
        shape = (len(bodies), len(self.times_s))
        self._floor = np.array([body.floor(self.times_s) for body in bodies]).reshape(*shape, 2)
        self._present = np.array([body.present(self.times_s) for body in bodies], np.float64).reshape(shape)
        walking = np.array([body.walking(self.times_s) for body in bodies]).reshape(shape)
        self._movement: Floats = (1.0 + walking) * self._present
        self._low = self._floor.min(axis=1, initial=np.inf)
        self._high = self._floor.max(axis=1, initial=-np.inf)

    def near(self, bounds: tuple[float, float, float, float]) -> npt.NDArray[np.intp]:
        """Who may be within these least and greatest x and y (metres) at some moment."""
        x_min, x_max, y_min, y_max = bounds
        return np.flatnonzero(
            (self._low[:, 0] < x_max)
            & (self._high[:, 0] > x_min)
            & (self._low[:, 1] < y_max)
            & (self._high[:, 1] > y_min)
        )

    def floor(self, people: npt.NDArray[np.intp]) -> Floats:
        """Where these are, shape (people, moments, 2), metres."""
        floor: Floats = self._floor[people]
        return floor

    def present(self, people: npt.NDArray[np.intp]) -> Floats:
        """1 where these are in the shop, else 0, shape (people, moments)."""
        present: Floats = self._present[people]
        return present

    def movement(self, people: npt.NDArray[np.intp]) -> Floats:
        """0 for who is not there, 1 for standing to 2 for walking, shape (people, moments)."""
        movement: Floats = self._movement[people]
        return movement
