"""Boards of two plates: their converter is now and then read before it has a new value, which then comes twice.

Measured: on every one of the real fixtures, plates 1 and 2, 3 and 4 and so on of a shelf repeat their last reading at
the same sample, 5.5 % of the time, and plates 2 and 3 do not. Repeats come in runs, mostly every third sample, with
calm between (two clocks that beat; assumed).
"""

import numpy as np
import numpy.typing as npt

__all__ = ["PLATES", "Repeats"]

PLATES = 2
"""How many plates of a shelf share a board."""

_LENGTH = 7919
_RUN_SHARE = 0.72
_IN_RUN = (2, 3, 3, 3, 3, 3, 4)


class Repeats:
    """Which samples are repeated, endless and for boards as many as the largest fixture of a shop has."""

    def __init__(self, rows: int, columns: int, share: float, seed: int) -> None:
        rng = np.random.default_rng([seed, 14])
        boards = -(-columns // PLATES)
        self._sample = self._row = self._board = np.zeros(0, dtype=np.int64)
        if share <= 0.0:
            return
        calm = max((1.0 / share - 3.0 * _RUN_SHARE) / (1.0 - _RUN_SHARE), 3.0)
        gaps_per_board = round(2.0 * _LENGTH * share) + 20
        shape = (gaps_per_board, rows, boards)
        in_run = rng.random(shape) < _RUN_SHARE
        gaps = np.where(in_run, rng.choice(_IN_RUN, shape), 2 + rng.geometric(1.0 / (calm - 2.0 + 1e-9), shape))
        moments = np.cumsum(gaps, axis=0)
        # The last sample is left out, so that the ring's first never follows another.
        there = moments < _LENGTH - 1
        _, row, board = np.nonzero(there)
        order = np.argsort(moments[there], kind="stable")
        self._sample, self._row, self._board = moments[there][order], row[order], board[order]

    def apply(self, fixture: int, first: int, readings: npt.NDArray[np.float32]) -> None:
        """Repeats what is repeated in `readings`, (samples, rows, columns), which begin with sample number `first`.

        The first sample given is left as it is.
        """
        samples, rows, columns = readings.shape
        done = 0
        while done < samples:
            at = (first + 977 * fixture + done) % _LENGTH
            count = min(samples - done, _LENGTH - at)
            low, high = np.searchsorted(self._sample, (at, at + count))
            sample = self._sample[low:high] - at + done
            row, column = self._row[low:high], PLATES * self._board[low:high]
            for side in range(PLATES):
                there = (sample > 0) & (row < rows) & (column + side < columns)
                here = sample[there], row[there], column[there] + side
                readings[here] = readings[here[0] - 1, here[1], here[2]]
            done += count
