"""Raw samples of one fixture become clean block means, and each plate's health.

Real plates shake: a gondola sways at 8-25 Hz and footsteps shake the whole shop. Averaging blocks of a tenth of a
second takes the sway away and leaves the level; a median of three samples before it takes single-sample spikes away.
"""

import numpy as np
import numpy.typing as npt

__all__ = ["BlockAverager", "PlateHealth", "Samples"]

Floats = npt.NDArray[np.float64]
# Samples stay as narrow as they come: half the memory moves, and sums over them are taken in double precision.
Samples = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]


class BlockAverager:
    """Block means over the columns of one fixture, streaming, with spikes taken out on demand.

    Samples that do not fill a block wait for the next batch, so the cut of the stream into batches does not matter.
    """

    def __init__(self, columns: int, block_samples: int) -> None:
        self._block = block_samples
        self._columns = columns
        self._rest: Samples = np.empty((0, columns), dtype=np.float32)
        self._samples = self._before = self._rest

    def push(self, samples: Samples) -> Floats:
        """Take samples of shape (n, columns), give plain block means of shape (m, columns); m may be 0.

        A block with a missing sample (NaN) is NaN in that column.
        """
        if len(self._samples):
            self._before = self._samples[-1:]
        if len(self._rest):
            samples = np.concatenate((self._rest, samples))
        count = len(samples) // self._block
        self._rest = samples[count * self._block :]
        self._samples = samples[: count * self._block]
        return self._means(self._samples)

    def without_spikes(self) -> Floats:
        """The blocks of the last `push` again, each sample replaced by the median of itself and its neighbours.

        At the two ends of the samples at hand an end stands for its missing neighbour.
        """
        x = self._samples
        if not len(x):
            return self._means(x)
        padded = np.concatenate((self._before if len(self._before) else x[:1], x, x[-1:]))
        before, here, after = padded[:-2], padded[1:-1], padded[2:]
        return self._means(np.maximum(np.minimum(before, here), np.minimum(np.maximum(before, here), after)))

    def _means(self, samples: Samples) -> Floats:
        means: Floats = np.add.reduce(samples.reshape(-1, self._block, self._columns), axis=1, dtype=np.float64)
        means /= self._block
        return means

    @property
    def waiting(self) -> int:
        """Samples that have come in but are in no block yet."""
        return len(self._rest)

    def reset(self) -> None:
        """Forget what waits, after a hole in the stream."""
        self._rest = self._rest[:0]
        self._samples = self._samples[:0]
        self._before = self._before[:0]


class PlateHealth:
    """Which plates give no trustworthy reading: silent (NaN), stuck (the very same value for seconds) or absurd.

    A working load cell is never still: its last bits flicker. Twice a second the last samples are looked at; a plate
    that repeats one value in all of them for `stuck_samples` samples (seconds, not a moment) is stuck.
    """

    def __init__(self, columns: int, stuck_samples: int, limit_g: float, look_samples: int) -> None:
        self._stuck_samples = stuck_samples
        self._limit_g = limit_g
        self._look_samples = look_samples
        self._since_look = 0
        self._same = np.zeros(columns, dtype=np.int64)
        self._any_same = False
        self._last: Samples = np.full(columns, np.nan, dtype=np.float32)
        self._silent_for = np.zeros(columns, dtype=np.int64)
        self.silent: Flags = np.zeros(columns, dtype=np.bool_)
        self.stuck: Flags = np.zeros(columns, dtype=np.bool_)
        self.dead: Flags = np.zeros(columns, dtype=np.bool_)
        """Stuck, or silent for as long as it takes to call a plate stuck."""
        self.any_silent = False
        self.any_stuck = False
        self.any_dead = False

    def check(self, samples: Samples) -> Samples:
        """Note the health of each column and return the samples with absurd values made NaN; shape (n, columns)."""
        if not self._within_limit(samples):
            with np.errstate(invalid="ignore"):
                sound = np.isfinite(samples) & (np.abs(samples) <= self._limit_g)
            samples = np.where(sound, samples, np.nan)
            self.silent = np.logical_not(sound.any(axis=0))
            self._silent_for = (self._silent_for + len(samples)) * self.silent
            self.any_silent = True
            self._judge()
        elif self.any_silent:
            self.silent = np.zeros_like(self.silent)
            self._silent_for = np.zeros_like(self._silent_for)
            self.any_silent = False
            self._judge()
        self._since_look += len(samples)
        if self._since_look >= self._look_samples:
            self._look(samples)
        return samples

    def _within_limit(self, samples: Samples) -> bool:
        """Whether all samples are numbers within the limit; NaN compares false with everything."""
        # The sum of squares bounds the greatest of them and is found sooner; half the limit leaves room for rounding.
        return bool(
            np.vdot(samples, samples) <= 0.5 * self._limit_g**2
            or float(np.abs(samples).max(initial=0.0)) <= self._limit_g
        )

    def _look(self, samples: Samples) -> None:
        """See which columns have held one value since the last look."""
        same: Flags = (samples == self._last).all(axis=0)
        any_same = bool(same.any())
        if any_same or self._any_same:
            self._same = (self._same + self._since_look) * same
            self.stuck = self._same >= self._stuck_samples
            self.any_stuck = bool(self.stuck.any())
            self._judge()
        self._any_same = any_same
        self._last = samples[-1]
        self._since_look = 0

    def _judge(self) -> None:
        self.dead = self.stuck | (self._silent_for >= self._stuck_samples)
        self.any_dead = bool(self.dead.any())
