"""Bounds of error rates: exact ones for independent trials, and a bootstrap over persons for pairs that share them."""

import math

import numpy as np

from tillfree.evaluation.intervals import Interval

__all__ = ["clopper_pearson"]

_STEPS = 300
_TINY = 1e-300


def clopper_pearson(successes: int, trials: int, level: float = 0.95) -> Interval:
    """The exact interval of a share (Clopper and Pearson, Biometrika 26, 1934); no trials: NaN between 0 and 1.

    It holds for independent trials. Pairs of samples that share a person are not; see `cluster_bootstrap`.
    """
    if trials <= 0:
        return Interval(math.nan, 0.0, 1.0)
    tail = (1 - level) / 2
    low = 0.0 if successes == 0 else _beta_quantile(tail, successes, trials - successes + 1)
    high = 1.0 if successes == trials else _beta_quantile(1 - tail, successes + 1, trials - successes)
    return Interval(successes / trials, low, high)


def _beta_quantile(share: float, a: float, b: float) -> float:
    """Where a beta distribution has this share below it, by halving."""
    low, high = 0.0, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        if _beta_share(middle, a, b) < share:
            low = middle
        else:
            high = middle
        if high - low <= 1e-15 + 1e-12 * high:
            break
    return (low + high) / 2


def _beta_share(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function (DLMF 8.17.22: continued fraction, by Lentz's method)."""
    if x <= 0.0 or x >= 1.0:
        return 0.0 if x <= 0.0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1.0 - _beta_share(1.0 - x, b, a)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    c, d = 1.0, 1.0 / _away(1.0 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _STEPS + int(4 * math.sqrt(a + b))):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 / _away(1.0 + term * d)
            c = _away(1.0 + term / c)
            value *= c * d
        if abs(c * d - 1.0) < 1e-15:
            break
    return float(np.clip(front * value / a, 0.0, 1.0))


def _away(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
