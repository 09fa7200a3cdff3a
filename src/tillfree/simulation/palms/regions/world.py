"""Worlds of palms: identities by seed and number, and samples of them as a station would take them."""

from collections.abc import Iterator

import numpy as np

from tillfree.palm.samples import Band, PalmRegion
from tillfree.simulation.errors import SimulationError
from tillfree.simulation.palms.regions.conditions import UNSEEN, Conditions
from tillfree.simulation.palms.regions.identity import Palm, palm_of
from tillfree.simulation.palms.regions.photograph import photograph

__all__ = ["identities", "samples"]

_BANDS = {"visible": 3, "nir": 4}


def identities(seed: int, count: int, first: int = 0) -> Iterator[Palm]:
    """Palms that nobody has, one after the other; the same seed and number give the same palm.

    Args:
        seed: Seed of the world; training uses seeds below 1000.
        count: How many.
        first: Number of the first.
    """
    for number in range(first, first + count):
        yield palm_of(seed, number)


def samples(
    palm: Palm, count: int, band: Band = "visible", *, seed: int = 0, conditions: Conditions | None = None
) -> list[PalmRegion]:
    """Samples of one palm, each placed, bent, lit and seen anew.

    Args:
        palm: The identity.
        count: How many.
        band: In which light; unless conditions say it.
        seed: Another seed gives other samples of the same palm, as of another session.
        conditions: From what they are drawn; without any, from those that no training has seen.

    Raises:
        SimulationError: the conditions are for the other band.
    """
    chosen = conditions if conditions is not None else next(each for each in UNSEEN if each.band == band)
    if chosen.band != band:
        raise SimulationError(f"the conditions {chosen.name!r} are for the band {chosen.band}, not for {band}")
    rng = np.random.default_rng([seed, palm.number, _BANDS[band]])
    taken = [photograph(palm, chosen, rng) for _ in range(count)]
    return [PalmRegion(grey, mask, band, "left") for grey, mask in taken]
