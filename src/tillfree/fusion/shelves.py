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
# How often an item has the least width: bags are light and wide, bottles and cans heavy and narrow (as measured); the
# rest is shared out between the other widths. Half way between at this weight, in grams.
_NARROW = (0.25, 0.85)
_NARROW_FROM_G = 180.0
_MIDDLE_SHARE = 0.6
# How much of an item's weight is read astray (standard deviation), by distance in plates: where it stands, shares
# scatter about the overlap (contents that shift, feet of a bottle); 0-2 % leak to neighbours, little beyond (measured).
_ASTRAY = (0.07, 0.02, 0.012, 0.005)


class ShelfGrid:
    """Templates of one shelf: `shares` has shape (positions * widths, plates), each row sums to 1.

    `centre` gives the position of each row in plates from the left edge; `log_width` the prior of its width.
    """

    def __init__(self, shelf: Shelf) -> None:
        count = len(shelf.plates)
        centres = (np.arange(count * GRID_PER_PLATE) + 0.5) / GRID_PER_PLATE
        rows, centre = [], []
        edges = np.arange(count)
        for width in _WIDTHS_PLATES:
            left = np.clip(centres - width / 2, 0, count)[:, None]
            right = np.clip(centres + width / 2, 0, count)[:, None]
            overlap = np.clip(np.minimum(right, edges + 1) - np.maximum(left, edges), 0, None)
            rows.append(overlap / overlap.sum(axis=1, keepdims=True))
            centre.append(centres)
        self.shelf = shelf
        self.plates = count
        self.shares: Floats = np.concatenate(rows)
        self.centre: Floats = np.concatenate(centre)
        away = np.minimum(np.abs(edges[:, None] - edges[None, :]), len(_ASTRAY) - 1)
        self._astray: Floats = np.array(_ASTRAY)[away]
        self._leaks: Floats = self._astray * (away > 0)

    def log_width(self, weight_g: float | None) -> Floats:
        """Log prior of the width of each row for an item of this weight (None: not known); shape (rows,)."""
        heavy = 0.5 if weight_g is None else 1.0 / (1.0 + (_NARROW_FROM_G / max(weight_g, 1.0)) ** 3)
        narrow = _NARROW[0] + (_NARROW[1] - _NARROW[0]) * heavy
        prior = np.array([narrow, (1.0 - narrow) * _MIDDLE_SHARE, (1.0 - narrow) * (1.0 - _MIDDLE_SHARE)])
        found: Floats = np.repeat(np.log(prior), self.plates * GRID_PER_PLATE)
        return found

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

    def astray(self, expected: Floats) -> Floats:
        """How far each plate's reading may lie from `expected` (grams, shape (rows, plates)), grams."""
        found: Floats = np.abs(expected) @ self._astray
        return found

    def moved(self, delta: Floats, sigma: Floats) -> npt.NDArray[np.bool_]:
        """Which plates moved by more than their noise and what plates beside them leak; shape (plates,)."""
        leaked = np.abs(delta) @ self._leaks
        found: npt.NDArray[np.bool_] = np.abs(delta) > 3.0 * np.sqrt(sigma**2 + leaked**2)
        return found

    def mixture_misfit(self, delta: Floats, sigma: Floats, seen: npt.NDArray[np.bool_], expected: Floats) -> Floats:
        """The same for given expected shares of shape (rows, plates) (signed; they need not sum to 1)."""
        visible = np.where(seen, expected, 0.0)
        scale = (visible * delta).sum(axis=1) / np.maximum((visible * visible).sum(axis=1), 1e-9)
        residual = np.where(seen, delta - scale[:, None] * visible, 0.0)
        spread = np.where(seen, sigma, 1.0) ** 2 + (scale[:, None] * self.astray(visible)) ** 2
        # Student-t with four degrees of freedom: a plate may be shaken by somebody else at the same time.
        misfit: Floats = -2.5 * np.log1p(residual * residual / (4.0 * spread)).sum(axis=1)
        return misfit
