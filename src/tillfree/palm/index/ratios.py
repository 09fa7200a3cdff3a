"""How the evidence of several samples comes together.

A likelihood ratio is 1 on average where the hypothesis "two palms" holds. That is kept by the product of ratios that
are independent given the persons, as those of two hands are, and by the mean of any ratios, however they depend on each
other, as those of two lifts of one hand do (Vovk and Wang, E-values: calibration, combination and applications, Ann.
Statist. 49, 2021, sections 3 and 4). So a second try costs a factor of two at most, and cannot make strangers match
more often than the threshold says.
"""

import math
from collections.abc import Sequence

__all__ = ["of_hands", "of_tries"]


def of_tries(log_ratios: Sequence[float]) -> float:
    """The log of the mean ratio: several samples or references of one hand. None say nothing: 0."""
    if not log_ratios:
        return 0.0
    most = max(log_ratios)
    if math.isinf(most):
        return most
    return most + math.log(sum(math.exp(ratio - most) for ratio in log_ratios) / len(log_ratios))


def of_hands(log_ratios: Sequence[float]) -> float:
    """The log of the product of ratios: the two hands of a person."""
    return math.fsum(log_ratios)
