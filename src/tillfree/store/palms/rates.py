"""From a likelihood ratio to how often a stranger reaches it.

Of a calibrated likelihood ratio r, a stranger's exceeds t with probability 1/t at most (Markov's inequality, as the
mean of r over strangers is 1; see Royall, Statistical Evidence, 1997, section 1.4); in a search of n templates n times
as often, at most. It is a bound: what was measured lies below it, where the calibration holds.
"""

import math

__all__ = ["false_match_rate", "log_ratio_for"]


def false_match_rate(log_ratio: float, templates: int = 1) -> float:
    """How often a stranger reaches this log ratio with one of so many templates, at most."""
    return min(1.0, templates * math.exp(-max(log_ratio, 0.0)))


def log_ratio_for(rate: float, templates: int = 1) -> float:
    """The log ratio at which a stranger is taken for one of so many this often, at most."""
    assert rate > 0.0
    return max(0.0, math.log(max(templates, 1) / rate))
