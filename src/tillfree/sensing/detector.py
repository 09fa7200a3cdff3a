"""Streaming detection of weight changes on the plates of one fixture.

The method is a two-sided change detection between calm levels, vectorised over plates. Each plate has a reference
level (exponential average while calm) and a noise estimate; when a block mean leaves the reference by more than a
multiple of the noise, neighbouring plates that moved together form a *disturbance*. Its reference is frozen, and it
ends when every plate in it has been calm for a window; the change is the difference of the two levels. This is the
generalised likelihood ratio test for a jump between two levels of unknown height with the transient left out of the
likelihood: Basseville and Nikiforov, Detection of Abrupt Changes (1993), section 2.4.3; presses, ringing and shaking
are transients between levels.

What is no load of goods is not decided here: a hand that rests on a shelf, or an item half lifted, is a level too, and
is reported. Only later changes tell a take from a touch, so that is left to the inference.
"""

import math

import numpy as np
import numpy.typing as npt

from tillfree.catalog.model import Fixture
from tillfree.core.events import SensorIssue, WeightBatch, WeightChange
from tillfree.core.ids import PlateRef
from tillfree.core.time import NS_PER_S
from tillfree.sensing.batches import SampleLayout, is_sound
from tillfree.sensing.calm import CREEP_SHARE, is_calm
from tillfree.sensing.conditioning import BlockAverager, PlateHealth
from tillfree.sensing.past import Past
from tillfree.sensing.settings import SensingSettings

__all__ = ["FixtureDetector"]

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# Time constants of the reference while calm. The level follows whatever is calm, the noise is remembered longer than
# one footstep.
_LEVEL_BLOCKS = 20
# What has been told follows the level no faster than real plates drift (measured: 90 % below 0.1 g/s), so that neither
# a slow take nor many small steps are taken for drift.
_DRIFT_MAX_G_PER_S = 0.3
# A difference between blocks counts for the noise with at most so many variances: a step is no noise.
_NOISE_OUTLIER = 16.0
_NOISE_BLOCKS = 80
_NOISE_FLOOR_G = 0.35
# The threshold follows the noise, which changes slowly: renew it every so many quiet batches.
_THRESHOLD_EVERY = 4
# Neighbouring plates sway together: correlation of level noise within a shelf (measured 0.37-0.6 on real shelves).
_NEIGHBOUR_CORRELATION = 0.4
_CREEP_NS = 3 * NS_PER_S
# How much louder than calm a shelf may be, the more the longer it is waited for.
_PATIENCE_PER_S = 1.6
_PATIENCE_MAX = 4.0
# A plate louder than this (the loudest one measured, with people about, had 22 g), or one that has not come to rest for
# so long, cannot tell what is taken from it.
_LOUD_G = 150.0
_RESTLESS_NS = 20 * NS_PER_S
# A plate without reading for so many blocks may have been changed unseen.
_LONG_OUTAGE_BLOCKS = 10
_RETURN_BLOCKS = 2
# So far back a change is looked for that shaking hid.
_PAST_BLOCKS = 40
# So many blocks go by before the first change can be seen.
_WARM_UP_BLOCKS = 12
_RATE_TOLERANCE = 0.05
_STANDS_SHARE = 0.2
# Plates this far apart on a shelf belong to one disturbance: an item may span three, and leaks reach the next one.
_REACH_PLATES = 2


class _Disturbance:
    """Neighbouring plates of one shelf that left their reference together."""

    __slots__ = ("columns", "peak_g", "start_ns", "step_ns", "wide")

    def __init__(self, columns: set[int], start_ns: int) -> None:
        self.columns = columns
        self.wide: list[int] = []
        self.start_ns = start_ns
        self.step_ns = start_ns
        self.peak_g = 0.0


class FixtureDetector:
    """Weight batches of one fixture in, weight changes out. Feed batches in order of time."""

    def __init__(self, fixture: Fixture, settings: SensingSettings, source: str) -> None:
        self._fixture = fixture
        self._settings = settings
        self._source = source
        self._sequence = 0
        self._places = [(shelf.index, plate) for shelf in fixture.shelves for plate in range(1, len(shelf.plates) + 1)]
        self._column_of = {place: column for column, place in enumerate(self._places)}
        self._layout = SampleLayout(self._places)
        self._rate_hz = 0.0
        self._last_ns: int | None = None
        self._report_dead: set[int] = set()
        self._recently: dict[int, tuple[int, float]] = {}
        self._issues = 0
        self.gaps = 0
        self.late = 0
        self.broken = 0

    # ---- set-up ---------------------------------------------------------------------------------------------

    def _begin(self, rate_hz: float) -> None:
        settings, columns = self._settings, len(self._places)
        self._rate_hz = rate_hz
        block = max(1, round(settings.block_ms * rate_hz / 1000))
        self._block_ns = int(block * NS_PER_S / rate_hz)
        self._window = max(2, round(settings.calm_ms / settings.block_ms))
        self._averager = BlockAverager(columns, block)
        self.health = PlateHealth(
            columns, int(settings.stuck_after_ms * rate_hz / 1000), settings.load_limit_g, int(rate_hz / 2)
        )
        self._level = np.zeros(columns)
        self._told = np.zeros(columns)
        self._past = Past(_PAST_BLOCKS, columns)
        self._crept = np.zeros(columns, dtype=np.bool_)
        self._restless = np.zeros(columns, dtype=np.bool_)
        self._any_restless = False
        self._any_crept = False
        self._drift_g = _DRIFT_MAX_G_PER_S * self._block_ns / NS_PER_S
        self._known = np.zeros(columns, dtype=np.bool_)
        self._all_known = False
        self._variance = np.full(columns, 1.0)
        self._recent = np.zeros((self._window, columns))
        self._frozen = np.zeros(columns, dtype=np.bool_)
        self._core = np.zeros(columns, dtype=np.bool_)
        self._steepest_g = np.zeros(columns)
        self._steepest_ns = np.zeros(columns, dtype=np.int64)
        self._missing = np.zeros(columns, dtype=np.bool_)
        self._any_missing = False
        self._present_for = np.zeros(columns, dtype=np.int64)
        self._outage = np.zeros(columns, dtype=np.int64)
        self._active: list[_Disturbance] = []
        self._blocks_seen = 0
        self._quiet_batches = 0
        self._set_threshold()

    # ---- one batch ------------------------------------------------------------------------------------------

    def update(self, batch: WeightBatch) -> list[WeightChange | SensorIssue]:
        """Take one batch; return the changes that became certain with it, and plates that died or came back."""
        if not is_sound(batch):
            self.broken += 1
            return []
        if not self._places:
            return []
        if abs(batch.rate_hz - self._rate_hz) > _RATE_TOLERANCE * batch.rate_hz:
            # Rates that a driver measures for each batch differ a little; only another rate is another start.
            self._begin(batch.rate_hz)
        if self._last_ns is not None:
            step_ns = batch.time_ns - self._last_ns
            if step_ns <= 0:
                self.late += 1
                return []
            if step_ns > batch.samples * NS_PER_S / batch.rate_hz + 1.5 * self._block_ns:
                self.gaps += 1
                self._averager.reset()
        self._last_ns = batch.time_ns
        samples = self.health.check(self._layout.samples_of(batch))
        found: list[WeightChange | SensorIssue] = []
        if self._report_dead or self.health.any_dead or self._any_restless:
            self._tell_health(batch.time_ns, found)
        blocks = self._averager.push(samples)
        if not len(blocks):
            return found
        if self._active or not self._quiet(blocks):
            newest_ns = batch.time_ns - int(self._averager.waiting * NS_PER_S / batch.rate_hz)
            for number, block in enumerate(self._averager.without_spikes()):
                self._step(block, newest_ns - (len(blocks) - 1 - number) * self._block_ns, found)
        return found

    def _tell_health(self, time_ns: int, found: list[WeightChange | SensorIssue]) -> None:
        """Plates that died since the last batch, and those that work again."""
        dead = set(np.flatnonzero(self.health.dead | self._restless).tolist())
        for column in sorted(dead ^ self._report_dead):
            shelf, plate = self._places[column]
            place = PlateRef(self._fixture.id, shelf, plate)
            died = column in dead
            why = f"gives no reading since {self._settings.stuck_after_ms / 1000:g} s or more"
            if self.health.stuck[column]:
                why = f"repeats one value since {self._settings.stuck_after_ms / 1000:g} s or more"
            elif self._restless[column]:
                why = "does not come to rest"
            self._issues += 1
            found.append(
                SensorIssue(
                    time_ns=time_ns,
                    source=f"{self._source}/health",
                    sequence=self._issues,
                    device=f"plate {place}",
                    problem="dead" if died else "recovered",
                    detail=why if died else "reads again",
                    remedy="check its cable, then the load cell; until then its shelf is judged by its neighbours"
                    if died
                    else "",
                    plate=place,
                )
            )
        self._report_dead = dead

    def _quiet(self, blocks: Floats) -> bool:
        """Take blocks, shape (n, columns), during which nothing happened, all at once; False if something did."""
        count = len(blocks)
        if self._blocks_seen < _LEVEL_BLOCKS or count > self._window or self._any_crept:
            return False
        if self._any_missing or self.health.any_silent or self.health.any_stuck:
            # Plates that are known to be out read as unmoved; a plate that just went out or came back needs more care.
            if not np.array_equal(self._missing, self.health.silent | self.health.stuck):
                return False
            blocks = np.where(self._missing, self._level, blocks)
            self._outage += count * self._missing
        deviation = blocks - self._level
        if not float(np.abs(deviation).max(initial=0.0)) <= self._lowest_threshold and not bool(
            (np.abs(deviation) <= self._threshold).all()
        ):
            return False
        self._remember(blocks)
        self._level += np.add.reduce(deviation, axis=0) / _LEVEL_BLOCKS
        self._quiet_batches += 1
        if self._quiet_batches % _THRESHOLD_EVERY == 0:
            # One batch in a few stands for all: the noise changes slowly.
            blocks_meant = count * _THRESHOLD_EVERY
            self._learn_noise(self._recent[-1] - self._recent[0], blocks_meant / _NOISE_BLOCKS)
            self._drift(self._drift_g * blocks_meant)
            self._set_threshold()
            self._look_for_rest(0)
        return True

    def _learn_noise(self, moved: Floats, weight: float | Floats) -> None:
        """The noise is what blocks differ by within a calm window; a level that is off its reference is no noise."""
        spread = np.minimum(0.5 * moved * moved, _NOISE_OUTLIER * self._variance)
        self._variance += (spread - self._variance) * weight

    def _drift(self, limit_g: float | Floats) -> None:
        """What has been told follows the level, by at most `limit_g` a plate: as slowly as plates drift."""
        self._told += np.clip(self._level - self._told, -limit_g, limit_g)
        self._crept = np.abs(self._level - self._told) > self._threshold
        self._any_crept = bool(self._crept.any())

    def _remember(self, blocks: Floats) -> None:
        """Blocks, shape (n, columns) with n of at most the window, push the oldest out."""
        count = len(blocks)
        self._recent[:-count] = self._recent[count:]
        self._recent[-count:] = blocks
        self._past.remember(blocks)
        self._blocks_seen += count

    def _look_for_rest(self, time_ns: int) -> None:
        """Which plates can weigh nothing because they never come to rest: too loud, or disturbed for too long."""
        self._restless = self._variance > np.where(self._restless, 0.25, 1.0) * _LOUD_G**2
        for disturbance in self._active:
            if time_ns - disturbance.start_ns > _RESTLESS_NS:
                self._restless[list(disturbance.columns)] = True
        self._any_restless = bool(self._restless.any())

    def _set_threshold(self) -> None:
        np.maximum(self._variance, _NOISE_FLOOR_G**2, out=self._variance)
        multiple = self._settings.noise_multiple * np.sqrt(self._variance)
        self._threshold = np.maximum(multiple, self._settings.plate_threshold_g)
        self._lowest_threshold = float(self._threshold.min(initial=np.inf))

    def _step(self, block: Floats, time_ns: int, changes: list[WeightChange | SensorIssue]) -> None:
        """One block of means, shape (columns,), that ended at `time_ns`."""
        if not self._all_known or self._any_missing or self.health.any_silent or self.health.any_stuck:
            block = self._admit(block, ~(np.isnan(block) | self.health.stuck))
        self._remember(block[None, :])
        deviation = block - self._level
        if self._blocks_seen <= _WARM_UP_BLOCKS:
            # Nothing is known of the noise yet: learn it, and take nothing for a change.
            self._level += deviation / (self._blocks_seen + 1)
            self._variance += (deviation * deviation - self._variance) / (self._blocks_seen + 1)
            self._told = self._level.copy()
            self._past.forget(slice(None))
            self._set_threshold()
            return
        off = np.abs(deviation) > self._threshold
        if self._any_crept:
            off |= self._crept
        any_off = bool(off.any())
        if any_off or self._active:
            self._disturb(np.flatnonzero(off & ~self._core).tolist() if any_off else [], time_ns)
            self._settle(time_ns, changes)
        calm = ~(off | self._frozen)
        deviation = calm * deviation
        self._level += deviation / min(_LEVEL_BLOCKS, self._blocks_seen + 1)
        self._learn_noise(self._recent[-1] - self._recent[0], calm / _NOISE_BLOCKS)
        if self._blocks_seen % _THRESHOLD_EVERY == 0:
            self._drift(self._drift_g * _THRESHOLD_EVERY * calm)
            self._set_threshold()
            self._look_for_rest(time_ns)

    def _admit(self, block: Floats, present: Flags) -> Floats:
        """Plates that vanish read as unmoved; plates that appear, or come back after long, start from what they read.

        After a long outage the level may have changed unseen, which is nobody's doing; after a moment without reading
        the plate goes on where it was, so that a take that fell into it is still seen. The blocks in which a plate
        comes back may hold older values as well, so only later ones count.
        """
        self._outage = np.where(present, self._outage, self._outage + 1 + _LONG_OUTAGE_BLOCKS * self.health.stuck)
        self._present_for = np.where(present, self._present_for + 1, 0)
        long = self._outage >= _LONG_OUTAGE_BLOCKS
        steady = self._present_for > np.where(long, _RETURN_BLOCKS, 1)
        fresh = steady & (long | ~self._known)
        if fresh.any():
            self._level[fresh] = block[fresh]
            self._told[fresh] = block[fresh]
            self._past.forget(fresh)
            self._recent[:, fresh] = block[fresh]
            self._known |= fresh
            self._all_known = bool(self._known.all())
        self._outage[steady] = 0
        self._missing = ~steady
        self._any_missing = not bool(steady.all())
        return np.where(steady, block, self._level)

    # ---- disturbances ---------------------------------------------------------------------------------------

    def _disturb(self, newly_off: list[int], time_ns: int) -> None:
        """Plates that went off join a disturbance near them on their shelf, or begin one."""
        start_ns = time_ns - self._block_ns
        for column in newly_off:
            near = [d for d in self._active if self._is_near(column, d.columns)]
            if not near:
                self._active.append(_Disturbance({column}, start_ns))
                continue
            home = near[0]
            home.columns.add(column)
            for other in near[1:]:
                home.columns |= other.columns
                if other.peak_g > home.peak_g:
                    home.peak_g, home.step_ns = other.peak_g, other.step_ns
                home.start_ns = min(home.start_ns, other.start_ns)
                self._active.remove(other)
        if newly_off:
            self._redraw()
        if self._blocks_seen > 1:
            moved = self._recent[-1] - self._recent[-2]
            greater = self._frozen & (np.abs(moved) > self._steepest_g)
            self._steepest_g[greater] = np.abs(moved[greater])
            self._steepest_ns[greater] = time_ns - self._block_ns // 2
            for disturbance in self._active:
                step_g = abs(float(moved[disturbance.wide].sum()))
                if step_g > disturbance.peak_g:
                    disturbance.peak_g, disturbance.step_ns = step_g, time_ns - self._block_ns // 2

    def _redraw(self) -> None:
        """After disturbances changed: which columns are theirs, and which levels stand still beside them."""
        self._core[:] = False
        self._frozen[:] = False
        for disturbance in self._active:
            disturbance.wide = self._with_neighbours(disturbance.columns)
            self._core[list(disturbance.columns)] = True
            self._frozen[disturbance.wide] = True
        self._steepest_g[~self._frozen] = 0.0

    def _is_near(self, column: int, columns: set[int]) -> bool:
        shelf, plate = self._places[column]
        return any(self._column_of.get((shelf, plate + d)) in columns for d in range(-_REACH_PLATES, _REACH_PLATES + 1))

    def _with_neighbours(self, columns: set[int]) -> list[int]:
        shelf = self._places[next(iter(columns))][0]
        plates = [self._places[column][1] for column in columns]
        wide = range(min(plates) - 1, max(plates) + 2)
        taken = set().union(*(d.columns for d in self._active)) - columns
        found = (self._column_of.get((shelf, plate)) for plate in wide)
        return [column for column in found if column is not None and column not in taken]

    def _settle(self, time_ns: int, changes: list[WeightChange | SensorIssue]) -> None:
        """Close the disturbances whose plates have been calm for the window, and report what changed."""
        closed: list[_Disturbance] = []
        for disturbance in self._active:
            if time_ns - disturbance.start_ns < (self._window + 1) * self._block_ns:
                continue
            columns = disturbance.wide
            recent = self._recent[:, columns]
            after = np.add.reduce(recent, axis=0) / len(recent)
            delta = after - self._told[columns]
            noise = np.sqrt(self._variance[columns])
            # A shop that shakes for seconds must not hide a take: wait for calm, but less and less strictly.
            waited_s = (time_ns - disturbance.start_ns) / NS_PER_S
            if not is_calm(recent, delta, noise, min(max(1.0, _PATIENCE_PER_S * waited_s), _PATIENCE_MAX)):
                continue
            closed.append(disturbance)
            noise = np.maximum(noise, recent.std(axis=0))
            self._level[columns] = after
            if self._report(disturbance, recent, delta, noise, time_ns, changes):
                self._told[columns] = after
                self._past.forget(columns)
            else:
                # Too little to tell: it is kept for the next change, but for what may have been drift meanwhile.
                limit_g = _DRIFT_MAX_G_PER_S * waited_s
                self._told[columns] += np.clip(delta, -limit_g, limit_g)
            self._crept[columns] = False
        if closed:
            self._active = [d for d in self._active if d not in closed]
            self._redraw()

    def _report(
        self,
        disturbance: _Disturbance,
        recent: Floats,
        delta: Floats,
        noise: Floats,
        time_ns: int,
        changes: list[WeightChange | SensorIssue],
    ) -> bool:
        """Append a `WeightChange` unless the levels before and after are the same within noise.

        Says whether the difference is accounted for: told, or the aftermath of something that was. `recent`, shape
        (window, columns), are the block means of the disturbance's columns since it is calm.
        """
        columns = disturbance.wide
        sigma = np.sqrt(noise**2 * 2.0 / self._window + 0.15**2)
        total_g = float(delta.sum())
        spread = float((sigma**2).sum())
        pairs = float(sigma.sum()) ** 2 - spread
        together = 1.5 * float(recent.sum(axis=1).std()) * math.sqrt(2.0 / self._window)
        total_sigma_g = max(math.sqrt(spread + _NEIGHBOUR_CORRELATION * pairs), together)
        floor = max(self._settings.min_change_g, 4.0 * total_sigma_g)
        # An item that is moved along the shelf changes plates but not their sum: that is a change as well.
        moved_g = float(np.abs(delta).max())
        # Goods stand on a few plates; what is spread thin over all of a shelf is the shelf that shakes.
        stands = abs(total_g) >= floor and moved_g >= _STANDS_SHARE * abs(total_g)
        if not stands and moved_g < max(floor, 6.0 * float(sigma.max())):
            return False
        shelf = self._places[columns[0]][0]
        if self._is_creep(columns, delta, disturbance.start_ns):
            return True
        # While a shelf shakes, a change may have been too small to be seen at once.
        seen_for = (time_ns - disturbance.start_ns) // self._block_ns
        scale = np.sqrt(self._variance[columns])
        hidden_ns = self._block_ns * self._past.hidden_blocks(columns, seen_for, self._told[columns], delta, scale)
        start_ns, step_ns, steps_ns = disturbance.start_ns, disturbance.step_ns, self._steepest_ns[columns]
        if hidden_ns:
            start_ns -= hidden_ns
            step_ns = start_ns + self._block_ns // 2
            steps_ns = np.full(len(columns), step_ns)
        self._sequence += 1
        lost = [p for (s, p), c in self._column_of.items() if s == shelf and (self._missing[c] or self.health.stuck[c])]
        changes.append(
            WeightChange(
                time_ns=time_ns,
                source=self._source,
                sequence=self._sequence,
                fixture=self._fixture.id,
                shelf=shelf,
                start_ns=start_ns,
                step_ns=step_ns,
                end_ns=max(step_ns, time_ns - self._window * self._block_ns),
                plates=tuple(self._places[column][1] for column in columns),
                delta_g=tuple(round(float(d), 2) for d in delta),
                sigma_g=tuple(round(float(s), 2) for s in sigma),
                total_g=round(total_g, 2),
                total_sigma_g=round(total_sigma_g, 2),
                missing=tuple(sorted(lost)),
                steps_ns=tuple(steps_ns.tolist()),
            )
        )
        return True

    def _is_creep(self, columns: list[int], delta: Floats, start_ns: int) -> bool:
        """Whether this is the aftermath of a greater change: plates creep for seconds after a bottle left."""
        for column, (time_ns, total_g) in list(self._recently.items()):
            if start_ns - time_ns > _CREEP_NS:
                del self._recently[column]
            elif column in columns and float(np.abs(delta).max()) < CREEP_SHARE * total_g + 2.0:
                return True
        strongest = columns[int(np.abs(delta).argmax())]
        self._recently[strongest] = (start_ns, float(np.abs(delta).sum()))
        return False
