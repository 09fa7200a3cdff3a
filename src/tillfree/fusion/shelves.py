"""How an item that lies somewhere on a shelf spreads its weight over the plates.

An item is a box of one of a few widths, centred anywhere on a fine grid along the shelf; its weight falls on the plates
in proportion to the overlap. A bottle loads one plate, a bag of crisps two or three (both as measured). Positions and
widths are summed out, so the *share* and *place* terms need no measured dimensions of products.
"""

import numpy as np
import numpy.typing as npt

from tillfree.catalog.model import Shelf
from tillfree.core.geometry import Point

__all__ = ["GRID_PER_PLATE", "ShelfGrid"]

Floats = npt.NDArray[np.float64]

GRID_PER_PLATE = 4
_WIDTHS_PLATES = (0.7, 1.7, 2.4)
_WIDTH_PRIOR = (0.45, 0.35, 0.2)
# Shares scatter around the overlap by about this much (leaks of 0-2 %, contents that shift, feet of a bottle).
_SHARE_SIGMA = 0.07


class ShelfGrid:
    """Templates of one shelf: `shares` has shape (positions * widths, plates), each row sums to 1.

    `centre` gives the position of each row in plates from the left edge, `log_prior` the prior of its width.
    """

    def __init__(self, shelf: Shelf) -> None:
        count = len(shelf.plates)
        centres = (np.arange(count * GRID_PER_PLATE) + 0.5) / GRID_PER_PLATE
        rows, centre, prior = [], [], []
        edges = np.arange(count)
        for width, weight in zip(_WIDTHS_PLATES, _WIDTH_PRIOR, strict=True):
            left = np.clip(centres - width / 2, 0, count)[:, None]
            right = np.clip(centres + width / 2, 0, count)[:, None]
            overlap = np.clip(np.minimum(right, edges + 1) - np.maximum(left, edges), 0, None)
            rows.append(overlap / overlap.sum(axis=1, keepdims=True))
            centre.append(centres)
            prior.append(np.full(len(centres), np.log(weight)))
        self.shelf = shelf
        self.plates = count
        self.shares: Floats = np.concatenate(rows)
        self.centre: Floats = np.concatenate(centre)
        self.log_prior: Floats = np.concatenate(prior)

    def rows_between(self, left: float, right: float) -> npt.NDArray[np.int64]:
        """Rows whose centre lies between two positions (in plates from the left edge)."""
        found: npt.NDArray[np.int64] = np.flatnonzero((self.centre >= left) & (self.centre <= right))
        return found

    def point(self, centre: float) -> Point:
        """The place on the front edge, in the shop's frame, of a position in plates."""
        index = min(max(int(centre), 0), self.plates - 1)
        left, right = self.shelf.plates[index]
        return self.shelf.box.pose.to_parent(Point(left + (right - left) * (centre - index), 0.0, 0.0))

    @property
    def into(self) -> tuple[float, float]:
        """Unit vector, on the floor, from the aisle into the shelf."""
        yaw = self.shelf.box.pose.yaw_rad
        return (-float(np.sin(yaw)), float(np.cos(yaw)))

    def misfit(self, delta: Floats, sigma: Floats, seen: npt.NDArray[np.bool_]) -> Floats:
        """Log-likelihood of how a change is spread, for each row, up to a constant; shape (rows,).

        `delta` and `sigma` have shape (plates,), grams; plates not `seen` say nothing.
        """
        return self.mixture_misfit(delta, sigma, seen, self.shares)

    @staticmethod
    def mixture_misfit(delta: Floats, sigma: Floats, seen: npt.NDArray[np.bool_], expected: Floats) -> Floats:
        """The same for given expected shares of shape (rows, plates) (signed; they need not sum to 1)."""
        visible = np.where(seen, expected, 0.0)
        scale = (visible * delta).sum(axis=1) / np.maximum((visible * visible).sum(axis=1), 1e-9)
        size = np.abs(scale)[:, None] * np.abs(visible).sum(axis=1)[:, None] + 1e-9
        residual = np.where(seen, delta - scale[:, None] * visible, 0.0)
        spread = np.where(seen, sigma, 1.0) ** 2 + (_SHARE_SIGMA * size) ** 2
        # Student-t with four degrees of freedom: a plate may be shaken by somebody else at the same time.
        misfit: Floats = -2.5 * np.log1p(residual * residual / (4.0 * spread)).sum(axis=1)
        return misfit
