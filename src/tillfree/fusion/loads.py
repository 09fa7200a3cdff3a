"""Loads: a change of one shelf as vectors over its plates, alone or together with what is still unexplained there."""

import math

import msgspec
import numpy as np
import numpy.typing as npt

from tillfree.core.events import WeightChange
from tillfree.fusion.state import OpenLoad

__all__ = ["Floats", "Load", "load_of", "overlaps", "steps_of", "with_open_loads"]

Floats = npt.NDArray[np.float64]


class Load(msgspec.Struct, frozen=True, eq=False):
    """A change of one shelf as vectors over its plates: grams, standard deviations, and which plates can be trusted."""

    delta: Floats
    sigma: Floats
    seen: npt.NDArray[np.bool_]
    total_g: float
    total_sigma_g: float
    whole: bool = True
    """Whether all plates are seen."""


def load_of(change: WeightChange, plates: int) -> Load:
    """The load that a change put on (or took off) a shelf of so many plates."""
    delta, sigma = np.zeros(plates), np.full(plates, 1.0)
    seen = np.ones(plates, dtype=np.bool_)
    for plate, value, noise in zip(change.plates, change.delta_g, change.sigma_g, strict=True):
        if 1 <= plate <= plates:
            delta[plate - 1], sigma[plate - 1] = value, max(noise, 0.5)
    for plate in change.missing:
        if 1 <= plate <= plates:
            delta[plate - 1], seen[plate - 1] = 0.0, False
    return Load(delta, sigma, seen, change.total_g, change.total_sigma_g, bool(seen.all()))


def steps_of(change: WeightChange, plates: int) -> list[int]:
    """When each plate of the shelf moved most; plates that hardly moved went with the whole change."""
    steps = [change.step_ns] * plates
    if len(change.steps_ns) == len(change.plates):
        notable = 0.1 * max(map(abs, change.delta_g), default=0.0)
        for plate, grams, step_ns in zip(change.plates, change.delta_g, change.steps_ns, strict=True):
            if 1 <= plate <= plates and abs(grams) >= notable:
                steps[plate - 1] = step_ns
    return steps


def overlaps(load: OpenLoad, other: Load) -> bool:
    """Whether two loads are on the same plates, or on plates side by side, as far as plates really moved."""
    mine, theirs = _moved(load.delta), _moved(other.delta)
    wide = mine.copy()
    wide[1:] |= mine[:-1]
    wide[:-1] |= mine[1:]
    return bool((wide & theirs).any())


def _moved(delta: Floats) -> npt.NDArray[np.bool_]:
    strength = np.abs(delta)
    moved: npt.NDArray[np.bool_] = strength > max(3.0, 0.15 * float(strength.max(initial=0.0)))
    return moved


def with_open_loads(load: Load, open_loads: tuple[OpenLoad, ...]) -> Load:
    """A load and the open loads before it as one."""
    delta, variance, total_variance = load.delta, load.sigma**2, load.total_sigma_g**2
    for other in open_loads:
        delta = delta + other.delta
        variance = variance + other.sigma**2
        total_variance += load.total_sigma_g**2
    return Load(
        delta, np.sqrt(variance), load.seen, float(delta[load.seen].sum()), math.sqrt(total_variance), load.whole
    )
