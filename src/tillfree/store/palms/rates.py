"""From a likelihood ratio to how often a stranger reaches it.

Of a calibrated likelihood ratio r, a stranger's exceeds t with probability 1/t at most (Markov's inequality, as the
mean of r over strangers is 1; see Royall, Statistical Evidence, 1997, section 1.4); in a search of n persons n times
as often, at most. It is a bound: what was measured lies below it, where the calibration holds.
"""

import math
from collections.abc import Sequence

__all__ = ["false_match_rate", "log_ratio_for", "of_hands", "of_tries"]


def false_match_rate(log_ratio: float, persons: int = 1) -> float:
    """How often a stranger reaches this log ratio with one of so many persons, at most."""
    return min(1.0, persons * math.exp(-max(log_ratio, 0.0)))


def log_ratio_for(rate: float, persons: int = 1) -> float:
    """The log ratio at which a stranger is taken for one of so many this often, at most."""
    assert rate > 0.0
    return max(0.0, math.log(max(persons, 1) / rate))


def of_tries(log_ratios: Sequence[float]) -> float:
    """The log of the mean ratio, for samples and templates of one hand; 0 where there are none.

    A mean of ratios keeps the bound above however they depend on each other (Vovk and Wang, E-values: calibration,
    combination and applications, Annals of Statistics 49, 2021, section 3).
    """
    if not log_ratios:
        return 0.0
    most = max(log_ratios)
    if math.isinf(most):
        return most
    return most + math.log(math.fsum(math.exp(ratio - most) for ratio in log_ratios) / len(log_ratios))


def of_hands(log_ratios: Sequence[float]) -> float:
    """The log of the product of ratios: the two hands of a person are two witnesses."""
    return math.fsum(log_ratios)
