"""How the plates of one fixture do: level, noise, drift, and whether they still say anything of their own.

Batches are put by and looked at together, once a second of stream, so that a shop of thousands of plates costs little.
The block means of the last seconds are kept, for pictures of what a weight change looked like.
"""

import math
from collections import deque
from collections.abc import Mapping
from typing import Literal

import msgspec
import numpy as np
import numpy.typing as npt

from tillfree.catalog.model import Fixture
from tillfree.core.events import WeightBatch, WeightChange
from tillfree.core.ids import FixtureId, PlateRef
from tillfree.core.time import NS_PER_MINUTE, NS_PER_S
from tillfree.sensing.batches import SampleLayout, is_sound
from tillfree.store.running.state import PlateState

__all__ = ["KEPT_NS", "TRACE_HZ", "PlateFigures", "PlateWatch"]

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]

KEPT_NS = 20 * NS_PER_S
TRACE_HZ = 20.0
_STUCK_NS = 10 * NS_PER_S
_DRIFT_MINUTES, _DRIFT_MINUTES_LEAST = 10, 5
_NOISE_SHARE = 0.1
# A step is no noise: one difference counts with at most so many variances.
_OUTLIER = 16.0
_VARIANCE_LEAST = 1e-4
_RESTLESS, _RESTLESS_LEAST_G = 10.0, 5.0


_STATES: tuple[Literal["ok", "no reading", "stuck", "restless", "unheard"], ...] = (
    "ok",
    "no reading",
    "stuck",
    "restless",
    "unheard",
)


class PlateFigures(msgspec.Struct, frozen=True, eq=False):
    """The plates of a fixture at one moment; arrays have one number per place, NaN where it is not known.

    `state` counts in the order ok, no reading, stuck, restless, unheard.
    """

    fixture: FixtureId
    places: list[tuple[int, int]]
    state: npt.NDArray[np.int64]
    load_g: Floats
    noise_g: Floats
    drift_g_per_h: Floats
    changed_ns: dict[tuple[int, int], int]

    def bad(self) -> list[PlateRef]:
        """The plates whose readings are not to be trusted."""
        columns = np.flatnonzero((self.state > 0) & (self.state < 4)).tolist()
        return [PlateRef(self.fixture, *self.places[column]) for column in columns]

    def state_of(self, plate: PlateRef) -> str:
        """The state of one plate, in words."""
        return _STATES[int(self.state[self.places.index((plate.shelf, plate.plate))])]

    def plates(self, gains: Mapping[PlateRef, float]) -> tuple[PlateState, ...]:
        """Every plate; its gain is 1 where `gains` has none."""
        return tuple(
            PlateState(
                fixture=self.fixture,
                shelf=shelf,
                plate=plate,
                state=_STATES[int(self.state[column])],
                load_g=_known(self.load_g[column]),
                noise_g=_known(self.noise_g[column], 3),
                drift_g_per_h=_known(self.drift_g_per_h[column]),
                gain=gains.get(PlateRef(self.fixture, shelf, plate), 1.0),
                last_change_ns=self.changed_ns.get((shelf, plate), 0),
            )
            for column, (shelf, plate) in enumerate(self.places)
        )

    def noise_median_g(self) -> float | None:
        """The noise of the plate in the middle."""
        known = self.noise_g[~np.isnan(self.noise_g)]
        return round(float(np.median(known)), 3) if len(known) else None

    def drift_most_g_per_h(self) -> float | None:
        """The drift of the plate that drifts most."""
        known = self.drift_g_per_h[~np.isnan(self.drift_g_per_h)]
        return round(float(known[np.abs(known).argmax()]), 2) if len(known) else None


class PlateWatch:
    """Batches of one fixture in (calibrated); states, levels and traces out. Columns are plates, shelf by shelf."""

    def __init__(self, fixture: Fixture) -> None:
        self._fixture = fixture
        self._places = [(shelf.index, plate) for shelf in fixture.shelves for plate in range(1, len(shelf.plates) + 1)]
        self._column = {place: column for column, place in enumerate(self._places)}
        self._layout = SampleLayout(self._places)
        columns = len(self._places)
        self._waiting: list[WeightBatch] = []
        self._kept: deque[tuple[Times, Floats]] = deque()
        self.newest_ns = 0
        self.level_g: Floats = np.full(columns, np.nan)
        self._first_g: Floats = np.full(columns, np.nan)
        self._variance: Floats = np.full(columns, np.nan)
        self._last_g: Floats = np.full(columns, np.nan)
        self._same_since_ns = np.zeros(columns, dtype=np.int64)
        self._missing = np.zeros(columns, dtype=np.bool_)
        self._minute_ns: int | None = None
        self._minute_sum = np.zeros(columns)
        self._minute_count = np.zeros(columns)
        self._minutes = np.full((_DRIFT_MINUTES, columns), np.nan)
        self.drift_g_per_h: Floats = np.full(columns, np.nan)
        self._changed_ns: dict[tuple[int, int], int] = {}
        self._unheard = np.full(columns, 4)

    @property
    def plates(self) -> int:
        """How many plates the fixture has."""
        return len(self._places)

    def take(self, batch: WeightBatch) -> None:
        """Put a batch by."""
        if not self._places or not is_sound(batch) or batch.time_ns <= self.newest_ns:
            return
        waiting = self._waiting
        if waiting:
            first, shape = waiting[0], (batch.shelves, batch.plates, batch.rate_hz)
            if shape != (first.shelves, first.plates, first.rate_hz) or batch.time_ns - first.time_ns >= NS_PER_S:
                self.look()
        self._waiting.append(batch)
        self.newest_ns = batch.time_ns

    def look(self) -> None:
        """Work out what the batches put by say."""
        batches, self._waiting = self._waiting, []
        if not batches:
            return
        samples = np.concatenate([self._layout.samples_of(batch) for batch in batches]).astype(np.float64)
        now_ns = batches[-1].time_ns
        self._keep(batches, samples)
        there = np.isfinite(samples)
        count = there.sum(axis=0)
        self._missing = count == 0
        level = np.where(there, samples, 0.0).sum(axis=0) / np.maximum(count, 1)
        self.level_g = np.where(self._missing, np.nan, level)
        self._first_g = np.where(np.isnan(self._first_g), self.level_g, self._first_g)
        self._note_noise(samples)
        self._note_stuck(samples, now_ns)
        self._note_minute(now_ns)

    def note(self, change: WeightChange) -> None:
        """The loads of some plates changed: what was known of their drift ends."""
        for plate in change.plates:
            column = self._column.get((change.shelf, plate))
            if column is not None:
                self._changed_ns[change.shelf, plate] = change.time_ns
                self._minutes[:, column] = np.nan
                self._minute_sum[column] = self._minute_count[column] = 0.0

    def restarted(self) -> None:
        """A round of a recording begins again: levels jump without anything having happened."""
        self._waiting.clear()
        self._kept.clear()
        self._minutes[:] = np.nan
        self._first_g[:] = np.nan

    def forget_drift(self, shelf: int, plate: int) -> None:
        """The gain of a plate changed."""
        column = self._column[shelf, plate]
        self._minutes[:, column] = np.nan
        self._minute_sum[column] = self._minute_count[column] = 0.0

    def level_of(self, shelf: int, plate: int) -> float | None:
        """The level of the last second that was looked at; None where there is no reading, or no such plate."""
        column = self._column.get((shelf, plate))
        if column is None or math.isnan(self.level_g[column]) or self.is_stuck(column):
            return None
        return float(self.level_g[column])

    def is_stuck(self, column: int) -> bool:
        """Whether a plate repeats one value since long."""
        return bool(self._last_g[column] == self._last_g[column] and self._stuck()[column])

    def figures(self) -> "PlateFigures":
        """How the plates are now: arrays that nobody changes any more."""
        noise = np.sqrt(self._variance)
        restless = noise > max(_RESTLESS * _median(noise), _RESTLESS_LEAST_G)
        state = np.select([self._missing, self._stuck(), restless], [1, 2, 3], 0) if self.newest_ns else self._unheard
        return PlateFigures(
            fixture=self._fixture.id,
            places=self._places,
            state=state,
            load_g=self.level_g - self._first_g,
            noise_g=noise,
            drift_g_per_h=self.drift_g_per_h,
            changed_ns=dict(self._changed_ns),
        )

    def cut(self, plates: list[tuple[int, int]], begin_ns: int, end_ns: int) -> list[list[float | None]]:
        """The loads of some plates at `TRACE_HZ` from one time to another, against the first one; None: no reading.

        Empty where nothing of it is kept any more.
        """
        columns = [self._column[place] for place in plates if place in self._column]
        if not self._kept or not columns:
            return []
        times = np.concatenate([t for t, _ in self._kept])
        rows = np.concatenate([r for _, r in self._kept])[:, columns]
        begin_ns, end_ns = max(begin_ns, int(times[0])), min(end_ns, int(times[-1]))
        if end_ns <= begin_ns:
            return []
        wanted = np.arange(begin_ns, end_ns + 1, int(NS_PER_S / TRACE_HZ))
        after = np.clip(np.searchsorted(times, wanted), 1, len(times) - 1)
        nearer = np.where(wanted - times[after - 1] <= times[after] - wanted, after - 1, after)
        found = rows[nearer]
        found[np.abs(times[nearer] - wanted) > NS_PER_S // 4] = np.nan
        return [_relative(found[:, k]) for k in range(len(columns))]

    def kept_from_ns(self) -> int:
        """The time of the oldest block kept; 0 if none is."""
        return int(self._kept[0][0][0]) if self._kept else 0

    def _keep(self, batches: list[WeightBatch], samples: Floats) -> None:
        rate_hz = batches[0].rate_hz
        step = max(1, math.ceil(rate_hz / TRACE_HZ))
        ages = [b.time_ns - np.round(np.arange(b.samples - 1, -1, -1) * (NS_PER_S / rate_hz)) for b in batches]
        times = np.concatenate(ages)
        starts = np.arange(0, len(samples), step)
        sizes = np.diff(np.append(starts, len(samples)))
        blocks = np.add.reduceat(samples, starts, axis=0) / sizes[:, None]
        middles = (np.add.reduceat(times - times[0], starts) / sizes + times[0]).astype(np.int64)
        self._kept.append((middles, blocks))
        while self._kept and self._kept[0][0][-1] < batches[-1].time_ns - KEPT_NS:
            self._kept.popleft()

    def _note_noise(self, samples: Floats) -> None:
        if len(samples) < 2:
            return
        squares = np.square(np.diff(samples, axis=0)) / 2.0
        valid = np.isfinite(squares)
        limit = np.where(np.isnan(self._variance), np.inf, _OUTLIER * np.maximum(self._variance, _VARIANCE_LEAST))
        clipped = np.where(valid, np.minimum(squares, limit), 0.0)
        count = valid.sum(axis=0)
        mean = clipped.sum(axis=0) / np.maximum(count, 1)
        fresh = np.isnan(self._variance)
        mixed = np.where(fresh, mean, self._variance + _NOISE_SHARE * (mean - self._variance))
        self._variance = np.where(count > 0, mixed, self._variance)

    def _note_stuck(self, samples: Floats, now_ns: int) -> None:
        same = (samples == samples[0]).all(axis=0) & (samples[0] == self._last_g)
        self._same_since_ns = np.where(same, self._same_since_ns, now_ns)
        self._last_g = samples[-1].copy()

    def _stuck(self) -> npt.NDArray[np.bool_]:
        found: npt.NDArray[np.bool_] = (self.newest_ns - self._same_since_ns >= _STUCK_NS) & ~np.isnan(self._last_g)
        return found & (self._same_since_ns > 0)

    def _note_minute(self, now_ns: int) -> None:
        if self._minute_ns is None:
            self._minute_ns = now_ns
        known = ~np.isnan(self.level_g)
        self._minute_sum[known] += self.level_g[known]
        self._minute_count[known] += 1
        if now_ns - self._minute_ns < NS_PER_MINUTE:
            return
        self._minute_ns = now_ns
        mean = np.where(self._minute_count > 0, self._minute_sum / np.maximum(self._minute_count, 1), np.nan)
        self._minutes = np.concatenate([self._minutes[1:], mean[None]])
        self._minute_sum = np.zeros_like(self._minute_sum)
        self._minute_count = np.zeros_like(self._minute_count)
        self.drift_g_per_h = _slope(self._minutes) * 60.0


def _slope(minutes: Floats) -> Floats:
    """Least-squares slope per row of each column over its known rows; NaN where too few are known."""
    known = ~np.isnan(minutes)
    count = known.sum(axis=0)
    steps = np.where(known, np.arange(len(minutes))[:, None], 0.0)
    values = np.where(known, minutes, 0.0)
    size = np.maximum(count, 1)
    middle, mean = steps.sum(axis=0) / size, values.sum(axis=0) / size
    off = np.where(known, steps - middle, 0.0)
    spread = np.square(off).sum(axis=0)
    slope = (off * (values - mean)).sum(axis=0) / np.maximum(spread, 1e-9)
    return np.where(count >= _DRIFT_MINUTES_LEAST, slope, np.nan)


def _median(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(np.median(known)) if len(known) else 0.0


def _known(value: float, digits: int = 2) -> float | None:
    return None if math.isnan(value) else round(float(value), digits)


def _relative(values: Floats) -> list[float | None]:
    known = values[~np.isnan(values)]
    first = float(known[0]) if len(known) else 0.0
    return [None if math.isnan(value) else round(value - first, 1) for value in values.tolist()]
