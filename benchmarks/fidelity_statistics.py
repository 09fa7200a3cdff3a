"""Are two sets of values alike? The test of Kolmogorov and Smirnov, with values that hang together kept together.

Values come in blocks: plates of one fixture, or moments of one person, share what happened to them. The usual p-value
takes each value for a draw of its own, and is then far too small. The other one here moves whole blocks between the two
sides and asks how often the distance becomes as large by chance. With one real block among n simulated ones it cannot
be smaller than 1 / (n + 1), and that is right: one person says little about people.
"""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["P_SHOWN", "Comparison", "compare", "ks_distance", "ks_p_value", "rank_of", "remaining"]

Floats = npt.NDArray[np.float64]
Blocks = Sequence[Sequence[float]]

_SHUFFLES = 999
P_SHOWN = 0.05
_ALIKE, _NEAR, _APART = 0.15, 0.3, 0.6
_SAME_MEDIAN, _SAME_SPREAD = 0.25, 0.25


@dataclasses.dataclass(frozen=True, slots=True)
class Comparison:
    """How far real and simulated values of one figure are apart; values that are not numbers are left out."""

    real: Floats
    simulated: Floats
    real_blocks: int
    simulated_blocks: int
    distance: float
    """The greatest distance of the two distribution functions, 0 to 1."""
    p_as_if_independent: float
    p_blocks: float

    @property
    def words(self) -> str:
        """How alike, in plain words."""
        if len(self.real) == 1:
            outside = self.p_blocks <= P_SHOWN
            return "outside the simulated ones" if outside else "among the simulated ones"
        if self.p_blocks > P_SHOWN:
            return "no difference shown" if self.distance < _NEAR else "no difference shown, but few blocks"
        if self.distance < _ALIKE:
            return "nearly alike"
        if self.distance < _NEAR:
            return "somewhat different"
        return "different" if self.distance < _APART else "very different"

    @property
    def direction(self) -> str:
        """How the simulated values lie to the real ones: by the median, or, where that is alike, by the spread.

        Medians are alike within a quarter of the nearer of the real 10 and 90 %, spreads within a quarter.
        """
        low, middle, high = np.percentile(self.real, (10, 50, 90)).tolist()
        own_low, own_middle, own_high = np.percentile(self.simulated, (10, 50, 90)).tolist()
        if abs(own_middle - middle) > max(_SAME_MEDIAN * min(high - middle, middle - low), 0.01 * abs(middle)):
            return "larger" if own_middle > middle else "smaller"
        if own_high - own_low < (1.0 - _SAME_SPREAD) * (high - low):
            return "narrower"
        return "wider" if own_high - own_low > (1.0 + _SAME_SPREAD) * (high - low) and high > low else "about the same"


def ks_distance(first: Floats, second: Floats) -> float:
    """The two-sample statistic of Kolmogorov and Smirnov: the greatest distance of the two distribution functions."""
    values = np.sort(np.concatenate([first, second]))
    one = np.searchsorted(np.sort(first), values, side="right") / len(first)
    two = np.searchsorted(np.sort(second), values, side="right") / len(second)
    return float(np.abs(one - two).max())


def ks_p_value(distance: float, first: int, second: int) -> float:
    """Probability of so large a distance between independent samples of one distribution, of these sizes.

    Kolmogorov's limit with the correction for small samples of Stephens (1970), "Use of the Kolmogorov-Smirnov,
    Cramer-von Mises and related statistics without extensive tables", J. R. Stat. Soc. B 32.
    """
    root = math.sqrt(first * second / (first + second))
    scaled = (root + 0.12 + 0.11 / root) * distance
    if scaled < 0.2:
        return 1.0
    terms = sum((-1.0) ** (k - 1) * math.exp(-2.0 * (k * scaled) ** 2) for k in range(1, 101))
    return min(max(2.0 * terms, 0.0), 1.0)


def compare(real: Blocks, simulated: Blocks, seed: int = 0) -> Comparison:
    """Compares two sides whose values come in blocks; the same seed gives the same answer.

    Raises:
        ValueError: one side has no value at all.
    """
    parts = [np.array([v for v in block if math.isfinite(v)]) for block in (*real, *simulated)]
    sides = np.array([True] * len(real) + [False] * len(simulated))
    sides = sides[[len(part) > 0 for part in parts]]
    parts = [part for part in parts if len(part)]
    if sides.all() or not sides.any():
        raise ValueError("one side has no value that is a number; look whether the recordings hold this signal")
    values = np.concatenate(parts)
    block = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    is_real = sides[block]
    distance = ks_distance(values[is_real], values[~is_real])
    count_real = int(is_real.sum())
    return Comparison(
        real=values[is_real],
        simulated=values[~is_real],
        real_blocks=int(sides.sum()),
        simulated_blocks=int((~sides).sum()),
        distance=distance,
        p_as_if_independent=ks_p_value(distance, count_real, len(values) - count_real),
        p_blocks=_p_of_blocks(values, block, sides, seed),
    )


def _p_of_blocks(values: Floats, block: npt.NDArray[np.int64], sides: npt.NDArray[np.bool_], seed: int) -> float:
    """Share of the ways to name the blocks real or simulated that give at least the distance found.

    All ways where only one block is real; else 999 random ones, and the one found counts as one of them.
    """
    order = np.argsort(values, kind="stable")
    owner, ordered = block[order], values[order]
    last = np.flatnonzero(np.r_[np.diff(ordered) > 0.0, True])

    def distance(named: npt.NDArray[np.bool_]) -> float:
        real = named[owner]
        one, two = np.cumsum(real)[last], np.cumsum(~real)[last]
        return float(np.abs(one / one[-1] - two / two[-1]).max())

    found = distance(sides) - 1e-12
    if sides.sum() == 1:
        ways = np.eye(len(sides), dtype=bool)
        return sum(distance(way) >= found for way in ways) / len(ways)
    rng = np.random.default_rng([seed, 31])
    as_far = sum(distance(rng.permutation(sides)) >= found for _ in range(_SHUFFLES))
    return (1 + as_far) / (1 + _SHUFFLES)


def remaining(p_values: Sequence[float], false_share: float = 0.05) -> list[bool]:
    """Which of many p-values stay when of those that stay at most `false_share` may be false on average.

    The greatest k-th smallest that is at most k / n of the share, and all below it: Benjamini and Hochberg (1995),
    "Controlling the false discovery rate", J. R. Stat. Soc. B 57. Holds for figures that hang together positively.
    """
    ordered = sorted(p_values)
    limits = [p for k, p in enumerate(ordered, start=1) if p <= false_share * k / len(ordered)]
    return [bool(limits) and p <= limits[-1] for p in p_values]


def rank_of(value: float, among: Floats) -> float:
    """Share of `among` below the value, ties counted half: near 0 or 1 it is unlike them, in between it is not."""
    return float(((among < value).sum() + 0.5 * (among == value).sum()) / len(among))
