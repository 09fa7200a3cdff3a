"""When shoppers come: a Poisson process whose rate rises in rushes.

The rate is constant between the beginnings and ends of rushes. Its integral is a broken line, and a process of rate 1
put through the inverse of that line has the rate wanted (Cinlar 1975, "Introduction to Stochastic Processes", chapter
4). How many come is Poisson, and given how many, their times are independent draws from the rate as a density, in order
(Lewis and Shedler 1979, "Simulation of nonhomogeneous Poisson processes by thinning", section 1).
"""

import itertools
from collections.abc import Sequence

import msgspec
import numpy as np

from tillfree.simulation.errors import SimulationError
from tillfree.simulation.script import Floats

__all__ = ["Rush", "arrival_times"]


class Rush(msgspec.Struct, frozen=True):
    """A time in which more people come, or fewer; begin and length are shares of the time in which people come.

    `factor` multiplies the rate; rushes that overlap multiply each other.

    Raises:
        SimulationError: a rush that does not lie within that time, or a factor below 0.
    """

    begin: float
    length: float
    factor: float

    def __post_init__(self) -> None:
        if not (0.0 <= self.begin < 1.0 and 0.0 < self.length <= 1.0 - self.begin + 1e-9):
            raise SimulationError(
                f"a rush of {self.length:g} from {self.begin:g} on; give shares of the time, from 0 to 1 in all"
            )
        if not 0.0 <= self.factor <= 1e6:
            raise SimulationError(f"the factor of a rush is {self.factor:g}; give a number from 0 on")


def arrival_times(
    rng: np.random.Generator,
    span_s: float,
    rushes: Sequence[Rush] = (),
    *,
    count: int | None = None,
    per_hour: float = 0.0,
) -> Floats:
    """Times from 0 to `span_s` in order: so many as `count` says, or a random number at `per_hour` outside rushes.

    Raises:
        SimulationError: somebody has to come, and the rate is 0 all the time.
    """
    edges, total = _integral(rushes)
    if count is None:
        count = int(rng.poisson(per_hour * span_s / 3600.0 * total[-1]))
    if count and total[-1] <= 0.0:
        raise SimulationError("rushes of factor 0 take all the time, so that nobody can come; leave some time out")
    times: Floats = np.interp(np.sort(rng.random(count)) * total[-1], total, edges) * span_s
    return times


def _integral(rushes: Sequence[Rush]) -> tuple[Floats, Floats]:
    """Where the rate changes, in shares of the time, and the integral of the factors up to there."""
    ends = {0.0, 1.0}
    for rush in rushes:
        ends |= {rush.begin, min(rush.begin + rush.length, 1.0)}
    edges = sorted(ends)
    total = [0.0]
    for left, right in itertools.pairwise(edges):
        factor = 1.0
        for rush in rushes:
            if rush.begin <= left and right <= rush.begin + rush.length + 1e-12:
                factor *= rush.factor
        total.append(total[-1] + factor * (right - left))
    return np.array(edges), np.array(total)
