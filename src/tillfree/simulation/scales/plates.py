"""What the plates of one fixture read: offset, load, ringing, drift, noise, and faults; rendered window by window.

Measured in the real recordings: 60 Hz, 12 samples per batch, stamps that err by 0.9 ms, one in eight of them late by
4 ms on average (gaps of 177 to 224 ms); offsets of -5000 to 9000 g; steps of 0.241 g; plates of one board that repeat a
reading together (see `boards`); more noise where people stand, walk and handle things, and on all fixtures with their
steps (see `shaking`). Assumed: every fault. What is slow is in `drift`.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from tillfree.catalog.model import Fixture
from tillfree.core.events import WeightBatch
from tillfree.core.geometry import Point
from tillfree.simulation.character import USUAL, Character
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.people.presence import GRID_S, Presence
from tillfree.simulation.scales.boards import Repeats
from tillfree.simulation.scales.drift import KNOT_S, Drift, Wander
from tillfree.simulation.scales.shaking import Loudness
from tillfree.simulation.script import Floats, LoadTrace, Ring

__all__ = ["BATCH_S", "Fault", "PlateNoise", "PlateRenderer", "Shared"]

BATCH_S = 0.2
_SAMPLES = 12
_RATE_HZ = 60.0
_STEP_G = 0.241
_NEAR_M = 1.3
_JITTER_S = 0.0009
_LATE_SHARE, _LATE_S, _LATEST_S = 0.13, 0.0042, 0.025
_DRIFT_SAMPLES = round(KNOT_S * _RATE_HZ)
_CALM_SAMPLES = 300
_LEAST_SWING = 0.02

Fault = tuple[int, int, str, float]
"""Row, column, "nan" or "stuck", and from when on (s)."""


class PlateNoise(Protocol):
    """What the plates of a fixture read when nobody is there and nothing moves."""

    def read(self, first: int, samples: int) -> npt.NDArray[np.float32]:
        """Noise in grams from sample number `first` on, shape (samples, rows, columns); the caller may change it."""
        ...


@dataclasses.dataclass(frozen=True, slots=True)
class Shared:
    """What is made once for all fixtures of a shop."""

    repeats: Repeats
    wander: Wander


class PlateRenderer:
    """One fixture's plates. Windows must be asked for in order: the load on the shelves adds up."""

    def __init__(
        self,
        number: int,
        fixture: Fixture,
        noise: PlateNoise,
        options: SimulationOptions,
        duration_s: float,
        faults: Sequence[Fault],
        shared: Shared,
        character: Character = USUAL,
    ) -> None:
        self._character = character
        self._repeats = shared.repeats
        self._number = number
        self._fixture = fixture
        self._source = f"plates-{fixture.id}"
        self._noise = noise
        self._options = options
        self._faults = faults
        rows = max(shelf.index for shelf in fixture.shelves)
        columns = max(len(shelf.plates) for shelf in fixture.shelves)
        self._shape = (rows, columns)
        rng = np.random.default_rng([options.seed, 8, number])
        self._phase_s = float(rng.uniform(0.0, 0.15))
        self._level = rng.uniform(-5000.0, 9000.0, self._shape)
        calm_g = noise.read(0, _CALM_SAMPLES).std(axis=0).astype(np.float64)
        wander_g = calm_g * character.wander * rng.lognormal(0.0, 0.5, self._shape)
        self._drift = Drift(shared.wander, number, wander_g, options.drift_g / max(duration_s, 1.0), rng)
        # A shock of the floor lifts most plates of a fixture at once, each as much as it trembles anyhow.
        self._swings_g = (calm_g * rng.normal(0.8, 0.5, self._shape)).astype(np.float32)
        blank = np.ones(self._shape, dtype=bool)
        for shelf in fixture.shelves:
            blank[shelf.index - 1, : len(shelf.plates)] = False
        # Whatever is added to it stays NaN.
        self._level[blank] = np.nan
        self._bounds = fixture.box.floor_bounds(_NEAR_M)
        self._stuck: dict[tuple[int, int], float] = {}
        self._traces: list[LoadTrace] = []
        self._rings: list[tuple[int, Ring]] = []

    def add_trace(self, trace: LoadTrace) -> None:
        """An act that begins within the next window."""
        self._traces.append(trace)

    def add_shock(self, row: int, ring: Ring) -> None:
        """A vibration of a whole shelf that begins within the next window."""
        self._rings.append((row, ring))

    def batches(
        self, window: int, first: int, last: int, presence: Presence, loudness: Loudness
    ) -> Iterator[WeightBatch]:
        """Batches number `first` to `last` - 1; `loudness` is that of the floor."""
        options = self._options
        rng = np.random.default_rng([options.seed, 9, self._number, window])
        count = (last - first) * _SAMPLES
        begin = first * _SAMPLES
        times = self._phase_s + (np.arange(begin, begin + count) + 1) / _RATE_HZ
        values = self._render(times, begin, presence, loudness, rng)
        stamps_s = times[_SAMPLES - 1 :: _SAMPLES] + _stamp_errors_s(last - first, rng)
        stamps_ns = (options.start_ns + np.rint(stamps_s * 1e6).astype(np.int64) * 1000).tolist()
        lost = (rng.random(last - first) < options.lose_batches).tolist()
        data, size = values.tobytes(), values[:_SAMPLES].nbytes
        rows, columns = self._shape
        for k, time_ns in enumerate(stamps_ns):
            if lost[k]:
                continue
            yield WeightBatch(
                time_ns=time_ns,
                source=self._source,
                sequence=first + k,
                fixture=self._fixture.id,
                rate_hz=_RATE_HZ,
                samples=_SAMPLES,
                shelves=rows,
                plates=columns,
                values=data[k * size : (k + 1) * size],
            )

    def _render(
        self, times: Floats, begin: int, presence: Presence, loudness: Loudness, rng: np.random.Generator
    ) -> npt.NDArray[np.float32]:
        """Readings in grams, shape (samples, rows, columns)."""
        values = self._noise.read(begin, len(times))
        shaken, swing = loudness.at(self._number, float(times[0]), len(times))
        values *= self._unrest(times, presence, shaken, rng)[:, None, None]
        if np.abs(swing).max() > _LEAST_SWING:
            values += swing[:, None, None] * self._swings_g
        # What is slow goes in steps of half a second, each less than the scale tells apart.
        knots = -(-len(times) // _DRIFT_SAMPLES)
        level = self._drift.between(float(times[0]), knots) + self._level.astype(np.float32)
        whole = len(times) // _DRIFT_SAMPLES * _DRIFT_SAMPLES
        values[:whole].reshape(-1, _DRIFT_SAMPLES, *self._shape)[:] += level[: whole // _DRIFT_SAMPLES, None]
        values[whole:] += level[-1]
        self._load(times, values)
        values *= np.float32(1.0 / _STEP_G)
        np.rint(values, out=values)
        values *= np.float32(_STEP_G)
        self._repeats.apply(self._number, begin, values)
        self._break(times, values, rng)
        return values

    def _load(self, times: Floats, values: npt.NDArray[np.float32]) -> None:
        """Adds what acts do; what is over goes into the level."""
        open_traces: list[LoadTrace] = []
        for trace in self._traces:
            plates = slice(trace.first, trace.first + len(trace.share))
            values[:, trace.row, plates] += trace.at(times)
            for ring in trace.rings:
                values[:, trace.row, plates] += ring.at(times)
            if trace.end_s < times[-1]:
                self._level[trace.row, plates] += trace.lasting_g
            else:
                open_traces.append(trace)
        self._traces = open_traces
        for row, ring in self._rings:
            values[:, row, : len(ring.amplitude_g)] += ring.at(times)
        self._rings = [(row, ring) for row, ring in self._rings if ring.end_s >= times[-1]]

    def _unrest(
        self, times: Floats, presence: Presence, shaken: npt.NDArray[np.float32], rng: np.random.Generator
    ) -> npt.NDArray[np.float32]:
        """By how much the noise is larger than in an empty shop, per sample."""
        people = presence.near(self._bounds)
        near = np.clip(_NEAR_M - self._distance(presence.floor(people)), 0.0, 1.0)
        unrest = 1.0 + self._character.unrest * (near * presence.movement(people)).sum(axis=0)
        near_s = float((near * presence.present(people)).sum()) * GRID_S
        fine = np.interp(times, presence.times_s, unrest)
        # Short bursts: a basket at the fixture, a knee, a hand on a board.
        for at in rng.uniform(times[0], times[-1], int(rng.poisson(self._character.bursts_per_s * near_s))):
            size, length_s = float(np.clip(rng.lognormal(0.8, 0.8), 0.3, 14.0)), float(rng.uniform(0.08, 0.35))
            fine += size * np.exp(-(((times - at) / (0.5 * length_s)) ** 2))
        # The floor shakes for reasons of its own: powers add.
        louder: npt.NDArray[np.float32] = np.hypot(fine.astype(np.float32), shaken)
        return louder

    def _distance(self, floor: Floats) -> Floats:
        """From points on the floor, (..., 2), to the fixture's outline, metres."""
        box = self._fixture.box
        origin = box.pose.to_parent(Point(0.0, 0.0, 0.0))
        cos, sin = np.cos(box.pose.yaw_rad), np.sin(box.pose.yaw_rad)
        dx, dy = floor[..., 0] - origin.x, floor[..., 1] - origin.y
        along, deep = cos * dx + sin * dy, -sin * dx + cos * dy
        away: Floats = np.hypot(
            np.maximum(np.maximum(-along, along - box.width_m), 0.0),
            np.maximum(np.maximum(-deep, deep - box.depth_m), 0.0),
        )
        return away

    def _break(self, times: Floats, readings: npt.NDArray[np.float32], rng: np.random.Generator) -> None:
        """Spikes and dead plates; all of it is assumed."""
        span_s = float(times[-1] - times[0])
        for _ in range(int(rng.poisson(self._options.spikes * span_s)) if self._options.spikes else 0):
            size = float(np.exp(rng.uniform(np.log(100.0), np.log(3000.0)))) * (1 if rng.random() < 0.5 else -1)
            row, column = int(rng.integers(self._shape[0])), int(rng.integers(self._shape[1]))
            readings[int(rng.integers(len(times))), row, column] += size
        for row, column, kind, since_s in self._faults:
            dead = times >= since_s
            if not dead.any():
                continue
            if kind == "nan":
                readings[dead, row, column] = np.nan
            else:
                held = self._stuck.setdefault((row, column), float(readings[np.argmax(dead), row, column]))
                readings[dead, row, column] = held


def _stamp_errors_s(count: int, rng: np.random.Generator) -> Floats:
    """By how much the stamps of batches are off, seconds; now and then one is late."""
    late = rng.exponential(_LATE_S, count) * (rng.random(count) < _LATE_SHARE)
    errors: Floats = rng.normal(0.0, _JITTER_S, count) + np.minimum(late, _LATEST_S)
    return errors
