"""How the level of plates moves by itself: a wander of seconds, temperature, and the fault that one can ask for.

Measured: means of 2 s of a plate differ by about a sixth of its noise, however much or little the floor shakes.
Assumed: what is slower than half a minute, as temperature would cause it, a sine of its own for each plate with an
amplitude of 0.9 g (median) and a period of 500 to 3000 s; no real recording is long enough to show it.
"""

import numpy as np
import numpy.typing as npt

from tillfree.simulation.script import Floats

__all__ = ["Drift", "Wander"]

_KNOT_S = 0.5
_KNOTS = 7919


class Wander:
    """Slow noise of about unit spread for as many plates as the largest fixture has, one value each half second."""

    def __init__(self, rows: int, columns: int, seed: int) -> None:
        rng = np.random.default_rng([seed, 16])
        hz = np.fft.rfftfreq(_KNOTS, _KNOT_S)
        shape = (len(hz), rows, columns)
        waves = rng.standard_normal(shape, dtype=np.float32) + 1j * rng.standard_normal(shape, dtype=np.float32)
        # Power falls with the frequency (flicker noise); what is slower than 100 s is left to temperature.
        gain = np.where(hz > 0.01, np.maximum(hz, 0.01) ** -0.5, 0.0).astype(np.float32)
        ring = np.fft.irfft(waves * gain[:, None, None], _KNOTS, axis=0)
        self._ring: npt.NDArray[np.float32] = (ring / ring.std(axis=0)).astype(np.float32)

    def at(self, fixture: int, time_s: float, rows: int, columns: int) -> npt.NDArray[np.float32]:
        """The wander of one fixture's plates, shape (rows, columns)."""
        return self._ring[(int(time_s / _KNOT_S) + 613 * fixture) % _KNOTS, :rows, :columns]


class Drift:
    """The slow part of one fixture's readings; `wander_g` says how much each plate (rows, columns) wanders."""

    def __init__(
        self, wander: Wander, fixture: int, wander_g: Floats, slope_g_per_s: float, rng: np.random.Generator
    ) -> None:
        self._wander = wander
        self._fixture = fixture
        self._wander_g = wander_g
        shape = wander_g.shape
        self._slope = rng.uniform(-1.0, 1.0, shape) * slope_g_per_s
        self._warmth_g = rng.lognormal(np.log(0.9), 0.8, shape)
        self._period_s = rng.uniform(500.0, 3000.0, shape)
        self._phase = rng.uniform(0.0, 2 * np.pi, shape)

    def at(self, time_s: float) -> Floats:
        """By how much each plate is off, grams, shape (rows, columns)."""
        warmth = self._warmth_g * np.sin(2 * np.pi * time_s / self._period_s + self._phase)
        wander = self._wander_g * self._wander.at(self._fixture, time_s, *self._wander_g.shape)
        off_g: Floats = warmth + wander + self._slope * time_s
        return off_g
