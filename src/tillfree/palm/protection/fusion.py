"""One log likelihood ratio from all opinions: logistic regression, then a monotone table.

The weights come from logistic regression with equal priors, whose linear predictor is a log likelihood ratio when the
scores of both kinds are normal with one covariance (Brümmer and du Preez, Computer Speech and Language 20, 2006). What
is left of that assumption is mended by a monotone table from the fused score to the log ratio (pool adjacent violators:
Zadrozny and Elkan, KDD 2002); beyond the last entry the ratio rises no further than what the sizes of the sets support.
The numbers are made by a command on simulated palms: see `tillfree.palm.protection.fitted`.
"""

import dataclasses

import numpy as np

from tillfree.palm.errors import PalmError
from tillfree.palm.protection.fitted import BIAS, LOG_RATIOS, SCORES, WEIGHTS
from tillfree.palm.protection.scores import OPINIONS, ProtectedScores

__all__ = ["DEFAULT_FUSION", "Fusion"]


@dataclasses.dataclass(frozen=True, slots=True)
class Fusion:
    """Weights of the opinions, and the table from the fused score (rising) to the log ratio (never falling)."""

    weights: tuple[float, ...]
    bias: float
    scores: tuple[float, ...]
    log_ratios: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuses tables that are not monotone.

        Raises:
            PalmError: lengths do not fit, or the table falls.
        """
        rising = np.diff(self.scores) > 0
        if len(self.weights) != len(OPINIONS) or len(self.scores) != len(self.log_ratios) or len(self.scores) < 2:
            raise PalmError(f"a fusion has {len(OPINIONS)} weights and two columns of equal length; fit it anew")
        if not rising.all() or (np.diff(self.log_ratios) < 0).any():
            raise PalmError("the table of a fusion falls somewhere; fit it anew")

    def fused(self, scores: ProtectedScores) -> float:
        """The weighted sum of the opinions."""
        return float(scores.vector() @ np.array(self.weights)) + self.bias

    def log_ratio(self, scores: ProtectedScores) -> float:
        """The natural logarithm of the likelihood ratio; the ends of the table for what lies outside of it."""
        return float(np.interp(self.fused(scores), self.scores, self.log_ratios))


DEFAULT_FUSION = Fusion(WEIGHTS, BIAS, SCORES, LOG_RATIOS)
"""Fitted to simulated palms."""
