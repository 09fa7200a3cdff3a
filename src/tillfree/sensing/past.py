"""What plates read in the last seconds, to find out when a change began that was hidden by shaking."""

import numpy as np
import numpy.typing as npt

__all__ = ["Past"]

Floats = npt.NDArray[np.float64]

_LEAST_BLOCKS = 1.5
_LEAST_EVIDENCE = 12.0


class Past:
    """The block means of the last `length` blocks; plates are columns."""

    def __init__(self, length: int, columns: int) -> None:
        self._blocks = np.zeros((length, columns))
        self._places = np.arange(length)
        self._seen = 0
        self._begins = np.zeros(columns, dtype=np.int64)

    def remember(self, blocks: Floats) -> None:
        """Blocks of shape (n, columns), the newest last; n is at most the length."""
        count = len(blocks)
        self._blocks[(self._seen + self._places[:count]) % len(self._blocks)] = blocks
        self._seen += count

    def forget(self, columns: npt.NDArray[np.bool_] | list[int] | slice) -> None:
        """What these columns read up to now belongs to another level."""
        self._begins[columns] = self._seen

    def hidden_blocks(self, columns: list[int], since: int, told: Floats, delta: Floats, noise: Floats) -> int:
        """How many blocks before the last `since` ones the plates stood at `told` + `delta` already; 0 where none did.

        The moment of a jump between two known levels is where the sum of log-likelihood ratios since then is greatest
        (Basseville and Nikiforov, Detection of Abrupt Changes, 1993, section 2.2). `told`, `delta` and `noise` are in
        grams, shape (columns,); plates are taken for independent. A few blocks prove nothing, and nor does a change
        that the noise drowns.
        """
        ages = np.arange(since, min(len(self._blocks), self._seen - int(self._begins[columns].max())))
        if not len(ages):
            return 0
        weights = delta / noise**2
        strength = float(delta @ weights)
        past = self._blocks[(self._seen - 1 - ages) % len(self._blocks)][:, columns]
        gone = (past - told) @ weights / strength if strength > 0.0 else np.zeros(len(ages))
        score = np.cumsum(gone - 0.5)
        best = int(np.argmax(score))
        if score[best] < _LEAST_BLOCKS or score[best] * strength < _LEAST_EVIDENCE:
            return 0
        return best + 1
