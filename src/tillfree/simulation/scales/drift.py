"""How the level of plates moves by itself: a wander of seconds, temperature, and the fault that one can ask for.

Measured: means of 2 s of a plate differ by about a sixth of its noise, however much or little the floor shakes.
Assumed: what is slower than half a minute, as temperature would cause it, a sine of its own for each plate with an
amplitude of 0.9 g (median) and a period of 500 to 3000 s; no real recording is long enough to show it.
"""

import numpy as np
import numpy.typing as npt

from tillfree.simulation.script import Floats

__all__ = ["KNOT_S", "Drift", "Wander"]

Floats32 = npt.NDArray[np.float32]

KNOT_S = 0.5
"""What is slow stays the same for so long."""

_KNOTS = 7919


class Wander:
    """Slow noise of about unit spread for as many plates as the largest fixture has, one value each half second."""

    def __init__(self, rows: int, columns: int, seed: int) -> None:
        rng = np.random.default_rng([seed, 16])
        hz = np.fft.rfftfreq(_KNOTS, KNOT_S)
        shape = (len(hz), rows, columns)
        waves = rng.standard_normal(shape, dtype=np.float32) + 1j * rng.standard_normal(shape, dtype=np.float32)
        # Power falls with the frequency (flicker noise); what is slower than 100 s is left to temperature.
        gain = np.where(hz > 0.01, np.maximum(hz, 0.01) ** -0.5, 0.0).astype(np.float32)
        ring = np.fft.irfft(waves * gain[:, None, None], _KNOTS, axis=0)
        self._ring: Floats32 = (ring / ring.std(axis=0)).astype(np.float32)

    def between(self, fixture: int, first: int, count: int, shape: tuple[int, int]) -> Floats32:
        """The wander of one fixture's plates in `count` half seconds from number `first` on, (count, rows, columns)."""
        rows, columns = shape
        at = (first + 613 * fixture) % _KNOTS
        if at + count > _KNOTS:
            return self._ring[np.arange(at, at + count) % _KNOTS, :rows, :columns]
        return self._ring[at : at + count, :rows, :columns]


class Drift:
    """The slow part of one fixture's readings; `wander_g` says how much each plate (rows, columns) wanders."""

    def __init__(
        self, wander: Wander, fixture: int, wander_g: Floats, slope_g_per_s: float, rng: np.random.Generator
    ) -> None:
        self._wander = wander
        self._fixture = fixture
        self._wander_g = wander_g.astype(np.float32)
        shape = self._shape = (wander_g.shape[0], wander_g.shape[1])
        self._slope = rng.uniform(-1.0, 1.0, shape) * slope_g_per_s
        self._warmth_g = rng.lognormal(np.log(0.9), 0.8, shape)
        self._period_s = rng.uniform(500.0, 3000.0, shape)
        self._phase = rng.uniform(0.0, 2 * np.pi, shape)

    def between(self, first_s: float, count: int) -> Floats32:
        """By how much each plate is off in `count` half seconds from `first_s` on, grams, (count, rows, columns)."""
        begin, end = self._slow(first_s), self._slow(first_s + count * KNOT_S)
        # A sine of minutes is a straight line for some seconds.
        part = ((np.arange(count, dtype=np.float32) + 0.5) / count)[:, None, None]
        off_g = self._wander.between(self._fixture, int(first_s / KNOT_S), count, self._shape) * self._wander_g
        off_g += part * (end - begin).astype(np.float32)
        off_g += begin.astype(np.float32)
        return off_g

    def _slow(self, time_s: float) -> Floats:
        warmth = self._warmth_g * np.sin(2 * np.pi * time_s / self._period_s + self._phase)
        slow_g: Floats = warmth + self._slope * time_s
        return slow_g
