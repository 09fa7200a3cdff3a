"""Small tables of log-likelihood ratios: straight between their knots, level beyond them."""

import math
from bisect import bisect_right

__all__ = ["Table", "at"]

Table = tuple[tuple[float, ...], tuple[float, ...]]
"""Knots, ascending, and the value at each."""


def at(value: float, table: Table) -> float:
    """What a table says of a value; 0 for NaN, as what was not seen says nothing."""
    if math.isnan(value):
        return 0.0
    knots, values = table
    above = bisect_right(knots, value)
    if above == 0:
        return values[0]
    if above == len(knots):
        return values[-1]
    low, high = knots[above - 1], knots[above]
    return values[above - 1] + (value - low) / (high - low) * (values[above] - values[above - 1])
