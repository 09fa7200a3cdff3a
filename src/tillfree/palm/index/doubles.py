"""Who of many newcomers is enrolled already, or twice among them?"""

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from tillfree.palm.features import Features
from tillfree.palm.index.gallery import PalmIndex
from tillfree.palm.index.nearest import nearest
from tillfree.palm.protection.protector import Protector
from tillfree.palm.protection.template import ProtectedTemplate

__all__ = ["Double", "Newcomer", "enrol_all", "find_doubles"]

_LOOKED_AT = 8


@dataclasses.dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who is to be enrolled: the id that the index will know the hand by, its features, and its template."""

    id: int
    features: Features
    template: ProtectedTemplate


@dataclasses.dataclass(frozen=True, slots=True)
class Double:
    """A newcomer who looks like somebody known, or like an earlier newcomer; the log likelihood ratio says how much."""

    id: int
    known_id: int
    log_ratio: float


def find_doubles(
    protector: Protector,
    index: PalmIndex,
    newcomers: Sequence[Newcomer],
    template_of: Callable[[int], ProtectedTemplate | None],
    *,
    threshold: float,
) -> tuple[Double, ...]:
    """Compares newcomers with the nearest of the index and of each other, and tells who reaches the threshold.

    `template_of` gives the stored template of an id of the index, or None where it is gone. Of each newcomer only the
    most alike is told. Searching n newcomers costs n searches in one pass over the index.

    Raises:
        PalmError: features of another model or band.
    """
    if not newcomers:
        return ()
    codes = np.stack([protector.search_code(newcomer.features) for newcomer in newcomers])
    known = index.search_codes(codes, _LOOKED_AT)[1]
    among = nearest(codes, codes, _LOOKED_AT + 1)[1]
    doubles = []
    for number, newcomer in enumerate(newcomers):
        stored = {int(id_): template_of(int(id_)) for id_ in known[number]}
        earlier = _earlier(newcomers, among[number], number)
        probe = protector.probe(newcomer.features)
        found = [
            Double(newcomer.id, id_, protector.compare(probe, template))
            for id_, template in {**stored, **earlier}.items()
            if template is not None and template.band == newcomer.features.band
        ]
        most = max(found, key=lambda double: double.log_ratio, default=None)
        if most is not None and most.log_ratio >= threshold:
            doubles.append(most)
    return tuple(doubles)


def enrol_all(
    protector: Protector,
    index: PalmIndex,
    newcomers: Sequence[Newcomer],
    template_of: Callable[[int], ProtectedTemplate | None],
    *,
    threshold: float,
) -> tuple[Double, ...]:
    """Adds all newcomers to the index who are nobody's doubles, and tells who were.

    Raises:
        PalmError: as `find_doubles`, or an id is in use; then nobody is added.
    """
    doubles = find_doubles(protector, index, newcomers, template_of, threshold=threshold)
    left_out = {double.id for double in doubles}
    fresh = [newcomer for newcomer in newcomers if newcomer.id not in left_out]
    if fresh:
        codes = np.stack([protector.search_code(newcomer.features) for newcomer in fresh])
        index.add([newcomer.id for newcomer in fresh], codes)
    return doubles


def _earlier(
    newcomers: Sequence[Newcomer], rows: npt.NDArray[np.int64], number: int
) -> dict[int, ProtectedTemplate | None]:
    return {newcomers[row].id: newcomers[row].template for row in rows if row < number}
