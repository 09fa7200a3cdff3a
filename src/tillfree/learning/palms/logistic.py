"""A logistic regression in which nothing can speak for what it is known to speak against."""

import math

import numpy as np
import numpy.typing as npt

__all__ = ["non_negative"]

Floats = npt.NDArray[np.float64]
_STEPS = 1000


def non_negative(amounts: Floats, targets: Floats, shares: Floats, penalty: float) -> tuple[float, Floats]:
    """Bias and weights (columns of `amounts`,) that speak against, by accelerated projected gradients.

    Beck and Teboulle, A fast iterative shrinkage-thresholding algorithm, SIAM J. Imaging Sci. 2, 2009. The penalty is
    on the sum of weights (Tibshirani 1996), in nats of the mean loss for a unit: what tells nothing gets none. `shares`
    (rows of `amounts`,) are how much each sample counts, and add up to 1; `targets` are 0 to 1.
    """
    signed = np.concatenate([np.ones((len(amounts), 1)), -amounts], axis=1)
    step = 4.0 / float(np.linalg.norm(np.sqrt(shares)[:, None] * signed, 2)) ** 2
    at, ahead, pace = np.zeros(signed.shape[1]), np.zeros(signed.shape[1]), 1.0
    for _ in range(_STEPS):
        odds = np.clip(signed @ ahead, -40.0, 40.0)
        slope = signed.T @ (shares * (1.0 / (1.0 + np.exp(-odds)) - targets))
        slope[1:] += penalty
        there = ahead - step * slope
        there[1:] = np.maximum(there[1:], 0.0)
        next_pace = (1.0 + math.sqrt(1.0 + 4.0 * pace**2)) / 2.0
        ahead = there + (pace - 1.0) / next_pace * (there - at)
        at, pace = there, next_pace
    return float(at[0]), at[1:]
