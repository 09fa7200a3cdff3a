"""Confidence intervals: Wilson's for a share, a seeded bootstrap over whole recordings for everything else."""

import math
from collections.abc import Callable

import msgspec
import numpy as np
import numpy.typing as npt

__all__ = ["Z_95", "Interval", "bootstrap", "wilson"]

Z_95 = 1.959963984540054
"""Two-sided 95 % quantile of the normal distribution."""


class Interval(msgspec.Struct, frozen=True):
    """A value with the bounds of its 95 % confidence interval."""

    value: float
    low: float
    high: float


def wilson(successes: float, trials: float, z: float = Z_95) -> Interval:
    """Wilson's score interval of a share (Wilson 1927, J. Am. Stat. Assoc. 22, 209).

    `successes` need not be whole, since ties give expected counts. No trials give the value NaN between 0 and 1.
    """
    if trials <= 0:
        return Interval(math.nan, 0.0, 1.0)
    share = successes / trials
    scale = 1 + z * z / trials
    centre = (share + z * z / (2 * trials)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return Interval(share, max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half)))


def bootstrap(
    statistic: Callable[[npt.NDArray[np.intp]], float],
    groups: npt.NDArray[np.intp],
    *,
    seed: int = 0,
    rounds: int = 500,
    level: float = 0.95,
) -> Interval:
    """Percentile bootstrap (Efron 1979, Ann. Statist. 7, 1) of a statistic of samples in groups.

    Whole groups are drawn with replacement, since the receipts of one recording share their errors (cluster bootstrap:
    Davison and Hinkley 1997, section 3.8). `statistic` gets indices of samples, shape (k,), with repeats; `groups` is
    the group of each sample, shape (n,). The same seed gives the same interval. With fewer than two groups there is
    nothing to draw from, and the bounds are NaN. Rounds whose statistic is NaN are left out.
    """
    samples = np.arange(len(groups), dtype=np.intp)
    value = statistic(samples) if len(samples) else math.nan
    names = np.unique(groups)
    if len(names) < 2:
        return Interval(value, math.nan, math.nan)
    order = np.argsort(groups, kind="stable").astype(np.intp)
    members = np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)
    generator = np.random.default_rng(seed)

    def draw() -> npt.NDArray[np.intp]:
        chosen = generator.integers(len(names), size=len(names))
        if len(names) == len(samples):
            return order[chosen]
        return np.concatenate([members[number] for number in chosen])

    draws = np.array([statistic(draw()) for _ in range(rounds)])
    draws = draws[~np.isnan(draws)]
    if not len(draws):
        return Interval(value, math.nan, math.nan)
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high))
