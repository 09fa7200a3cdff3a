"""Telling plates that really weigh something from the dead and doubled columns that some sources carry."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tillfree.catalog.model import Fixture
from tillfree.core.ids import FixtureId
from tillfree.storage.recordings.tally import Tally

__all__ = ["Extent", "extent_of", "report_unknown_plates"]


class Extent(NamedTuple):
    """The greatest index of a shelf and of a plate that the planogram knows of a fixture, and shelves missing below."""

    shelves: int
    plates: int
    missing: frozenset[int]


def extent_of(fixture: Fixture) -> Extent:
    """The extent of a fixture with at least one shelf."""
    known = {shelf.index for shelf in fixture.shelves}
    top = max(known)
    return Extent(top, max(len(shelf.plates) for shelf in fixture.shelves), frozenset(range(1, top)) - known)


def report_unknown_plates(fixture: FixtureId, grams: npt.NDArray[np.float32], extent: Extent, tally: Tally) -> None:
    """Counts plates that weigh something though the planogram does not know them.

    `grams` are some samples of shape (samples, shelves, plates); `extent` is what the planogram knows of the fixture. A
    column that never changes, or that repeats the changes of one before it, is no plate.
    """
    with np.errstate(all="ignore"):
        moves = np.diff(grams, axis=0)
        alive = np.isfinite(moves).all(axis=0) & (moves != 0).any(axis=0)
    for row, column in zip(*np.nonzero(alive), strict=True):
        if row < extent.shelves and column < extent.plates and row + 1 not in extent.missing:
            continue
        if not (moves[:, row, :column] == moves[:, row, column, None]).all(axis=0).any():
            tally.add(
                "plate weighs but is not in the planogram: what is taken there is unknown",
                f"fixture {fixture}, shelf {row + 1}, plate {column + 1}",
            )
