"""What shakes the whole floor: footsteps and knocks, felt by every fixture near enough, at the same moment.

Measured in two recordings: while somebody walks, the noise of all fixtures rises together 1.3 to 1.8 times a second, to
2 to 4 times the quiet noise within a few samples, and dies away within 0.2 to 0.8 s; some times a minute something
stronger does the same, up to 15 times. The loudness of two fixtures by the second correlates with 0.86 to 0.98.

Assumed: shocks of different moments add up in power; a shock weakens by distance as 1 / (1 + (d / 6 m)^2) (both real
shops were a few metres wide, and there it weakened little); what a knock is: a door, a basket, a foot against a board;
and that who stands shifts from foot to foot.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tillfree.catalog.model import Fixture
from tillfree.core.geometry import Point
from tillfree.simulation.character import Character
from tillfree.simulation.people.bodies import Body
from tillfree.simulation.scales.noise import is_soft
from tillfree.simulation.script import Floats

__all__ = ["Loudness", "Shaking", "footsteps"]

Floats32 = npt.NDArray[np.float32]
Waves = npt.NDArray[np.complex128]

_RATE_HZ = 60.0
_LOOKBACK_S = 3.0
_LOOKAHEAD_S = 1.0
_REACH_M = 6.0
_GRID_S = 0.1
_SHUFFLE = 0.3
_TOGETHER = 0.6


class Loudness:
    """What the floor does to each fixture, 60 times a second from `begin_s` on; arrays of shape (fixtures, samples)."""

    def __init__(self, begin_s: float, noise: Floats32, swing: Floats32) -> None:
        self._begin_s = begin_s
        self._noise = noise
        self._swing = swing

    def at(self, fixture: int, first_s: float, samples: int) -> tuple[Floats32, Floats32]:
        """For one fixture, at `samples` samples from `first_s` on: how loud its noise becomes, and how far it swings.

        Both in units of its calm noise; 0 where nothing shakes.
        """
        start = round((first_s - self._begin_s) * _RATE_HZ)
        return self._noise[fixture, start : start + samples], self._swing[fixture, start : start + samples]


class Shaking:
    """The floor of one shop. Windows must be asked for in order: what shook before goes on a little.

    `hz` gives the own frequency of each fixture. A third of a shock's power swings all of a fixture at once, from the
    same moment on as every other fixture; the rest makes its noise louder.
    """

    def __init__(self, fixtures: Sequence[Fixture], hz: Sequence[float], seed: int, character: Character) -> None:
        self._seed = seed
        self._character = character
        rng = np.random.default_rng([seed, 12])
        soft = np.array([is_soft(number) for number in range(len(fixtures))])
        decay_s = np.where(soft, rng.uniform(0.45, 0.8, len(soft)), rng.uniform(0.2, 0.45, len(soft)))
        self._decay_s = decay_s[:, None]
        self._hz = np.array(hz)[:, None]
        self._felt = rng.lognormal(0.0, 0.25, len(soft))[:, None]
        middles = [f.box.pose.to_parent(Point(f.box.width_m / 2, f.box.depth_m / 2, 0.0)) for f in fixtures]
        self._middles = np.array([(middle.x, middle.y) for middle in middles])
        self._shocks = np.empty((0, 4))
        self._kernels: dict[int, tuple[Waves, Waves]] = {}

    def enter(self, body: Body) -> None:
        """Somebody comes in, whose steps are felt from now on."""
        if self._character.footstep > 0.0:
            self._shocks = np.concatenate([self._shocks, footsteps(body, self._seed, self._character.footstep)])

    def window(self, number: int, begin_s: float, end_s: float, bodies: Sequence[Body]) -> Loudness:
        """What each fixture feels from `begin_s` to a second after `end_s`; `bodies`: those who may be there."""
        self._shocks = np.concatenate([self._shocks, self._knocks(number, begin_s, end_s, bodies)])
        self._shocks = self._shocks[self._shocks[:, 0] >= begin_s - _LOOKBACK_S]
        lead = round(_LOOKBACK_S * _RATE_HZ)
        count = lead + round((end_s - begin_s + _LOOKAHEAD_S) * _RATE_HZ)
        now = self._shocks[self._shocks[:, 0] < end_s + _LOOKAHEAD_S]
        if not len(now):
            still = np.zeros((len(self._middles), count - lead), np.float32)
            return Loudness(begin_s, still, still)
        away = np.hypot(*(self._middles[:, None, axis] - now[None, :, 1 + axis] for axis in (0, 1)))
        hits = np.zeros((count, len(self._middles)))
        moments = np.minimum(((now[:, 0] - begin_s + _LOOKBACK_S) * _RATE_HZ).astype(np.int64), count - 1)
        np.add.at(hits, moments, (now[:, 3] / (1.0 + (away / _REACH_M) ** 2)).T)
        hits = self._felt * hits.T
        # Rings: what runs over their end comes out within the lead, which is thrown away.
        power, swing = (
            np.fft.irfft(np.fft.rfft(struck, axis=1) * kernel, count, axis=1)[:, lead:].astype(np.float32)
            for struck, kernel in zip((hits**2, hits), self._kernels_of(count), strict=True)
        )
        return Loudness(begin_s, np.sqrt(np.maximum(power, 0.0)), swing)

    def _kernels_of(self, count: int) -> tuple[Waves, Waves]:
        """Spectra of how a shock's power dies away on each fixture and how the fixture swings from it."""
        if count not in self._kernels:
            since = np.arange(count) / _RATE_HZ
            decay = np.where(since < _LOOKBACK_S, np.exp(-since / self._decay_s), 0.0)
            swing = _TOGETHER * 2**0.5 * decay * np.sin(2 * np.pi * self._hz * since)
            power, swings = (np.fft.rfft(kernel, axis=1) for kernel in ((1.0 - _TOGETHER**2) * decay**2, swing))
            self._kernels[count] = power, swings
        return self._kernels[count]

    def _knocks(self, number: int, begin_s: float, end_s: float, bodies: Sequence[Body]) -> Floats:
        """What people hit, rows of (s, x m, y m, strength)."""
        rng = np.random.default_rng([self._seed, 11, number])
        rows = []
        for body in bodies:
            first, last = max(begin_s, body.visit.entry_s), min(end_s, body.visit.exit_s)
            if last <= first:
                continue
            times = rng.uniform(first, last, int(rng.poisson(self._character.shakes_per_s * (last - first))))
            strength = np.clip(rng.lognormal(np.log(self._character.shake), 0.5, len(times)), 0.0, 25.0)
            rows.append(np.column_stack([times, body.floor(times), strength]))
        return np.concatenate([np.empty((0, 4)), *rows])


def footsteps(body: Body, seed: int, strength: float) -> Floats:
    """All steps of one visit, rows of (s, x m, y m, strength) in the order of time.

    Some tread harder than others. 1.3 to 1.8 steps a second go with the slow walk of the one real visitor (0.7 m/s).
    """
    rng = np.random.default_rng([seed, 13, body.visit.number])
    cadence_hz, tread = float(rng.uniform(1.3, 1.8)), strength * float(rng.lognormal(0.0, 0.3))
    grid = np.arange(body.visit.entry_s, body.visit.exit_s, _GRID_S)
    walking = np.maximum(body.walking(grid), _SHUFFLE)
    walked = np.cumsum(walking) * _GRID_S * cadence_hz + rng.random()
    steps = np.flatnonzero(np.diff(np.floor(walked)) > 0.0) + 1
    times = grid[steps] + rng.uniform(0.0, _GRID_S, len(steps))
    strengths = tread * (0.4 + 0.6 * walking[steps]) * rng.lognormal(0.0, 0.4, len(steps))
    return np.column_stack([times, body.floor(times), strengths])
