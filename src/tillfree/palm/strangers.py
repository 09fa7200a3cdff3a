"""What strangers score at one place: cameras, light and people differ, and a threshold has to hold where it stands.

Simulated strangers tell a network's maker which threshold to expect; those who really meet tell whether it is enough.
Whoever is looked for is also compared with a few other people that are enrolled, taken by chance. Their scores, numbers
without names, are kept, and the tail that they follow can raise a threshold. It never lowers one: who has not met
strangers enough does not know better.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from tillfree.palm.thresholds import ImpostorTail, fit_tail

__all__ = ["CAPACITY", "ENOUGH", "Strangers"]

CAPACITY = 20_000
"""So many scores are kept, the latest ones."""
ENOUGH = 3000
"""From so many on they count: the highest hundredth of them is a tail."""
_REFIT_EVERY = 500


class Strangers:
    """Log likelihood ratios of people who are not each other. Not for several threads at once."""

    def __init__(self, scores: Iterable[float] = ()) -> None:
        """Begins with scores that were kept; those that are no numbers are left out."""
        self._scores: npt.NDArray[np.float64] = np.zeros(0)
        self._new = 0
        self.met = 0
        """How many scores were taken so far, whether they are kept or not."""
        self._tail: ImpostorTail | None = None
        self.add(scores)

    def __len__(self) -> int:
        return len(self._scores)

    @property
    def scores(self) -> list[float]:
        """Those that are kept, the latest last."""
        found: list[float] = self._scores.tolist()
        return found

    def add(self, scores: Iterable[float]) -> None:
        """Takes what was met."""
        met = np.asarray(list(scores), dtype=np.float64)
        met = met[np.isfinite(met)]
        self._scores = np.concatenate([self._scores, met])[-CAPACITY:]
        self._new += len(met)
        self.met += len(met)

    def raised(self, threshold: float, fmr: float) -> float:
        """The threshold, or a higher one if strangers here reach it more often than at this false match rate.

        Args:
            threshold: What was expected to keep the rate.
            fmr: False match rate of one comparison, above 0 and below 1.
        """
        tail = self._fitted()
        if tail is None:
            return threshold
        if fmr >= tail.share:
            return max(threshold, float(np.quantile(self._scores, 1.0 - fmr)))
        return max(threshold, tail.threshold(fmr))

    def _fitted(self) -> ImpostorTail | None:
        if len(self._scores) < ENOUGH:
            return None
        if self._tail is None or self._new >= _REFIT_EVERY:
            self._tail, self._new = fit_tail(self._scores), 0
        return self._tail
