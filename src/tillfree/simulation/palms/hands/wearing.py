"""The skin of a simulated palm on a hand that is seen whole: lines bend with the hand and are seen through its tilt."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from tillfree.palm.capture.regions import SQUARES
from tillfree.palm.opencv import cv2
from tillfree.palm.samples import Band
from tillfree.simulation.palms.regions.identity import MARGIN

__all__ = ["worn_surface"]

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
_STEP_PX = 8
_ROUNDS = 3
_EDGE = 0.06
"""The surface fades out over this share of its side."""


def worn_surface(
    surface: Singles, band: Band, size: tuple[int, int], plane: Floats, project: Callable[[Floats], Floats]
) -> Singles:
    """A palm's surface (n, n) as a hand shows it: (h, w), 1 where it does not reach.

    `plane` (3, 3) maps palm coordinates to pixels as if the palm were flat, `project` does it for points (n, 2) on the
    palm as it is. The region of the palm lies where this light has it (`SQUARES`).
    """
    rows, columns = (np.arange(_STEP_PX / 2 - 0.5, side + _STEP_PX, _STEP_PX) for side in size)
    grid = np.stack(np.meshgrid(columns, rows), axis=2)
    pixels: Floats = grid.reshape(-1, 2).astype(np.float64)
    back: Floats = np.linalg.inv(plane).astype(np.float64)
    aim = pixels
    for _ in range(_ROUNDS):
        places = np.clip(_mapped(back, aim), -1.5, 2.0)
        # Where the palm bends, the plane is a little wrong: aim as far aside as it misses.
        aim = aim + pixels - project(places)
    places = np.clip(_mapped(back, aim), -1.5, 2.0)
    x, y, side = SQUARES[band]
    count = len(surface)
    on = ((places - (x, y)) / side / (1.0 + 2.0 * MARGIN) + 0.5) * count - 0.5
    wide = (grid.shape[1] * _STEP_PX, grid.shape[0] * _STEP_PX)
    maps = cv2.resize(on.reshape(grid.shape).astype(np.float32), wide)[: size[0], : size[1]]
    shown: Singles = cv2.remap(_faded(surface), maps, None, cv2.INTER_LINEAR, borderValue=1.0)
    return shown


def _mapped(matrix: Floats, points: Floats) -> Floats:
    ends = np.column_stack([points, np.ones(len(points))]) @ matrix.T
    places: Floats = ends[:, :2] / ends[:, 2:]
    return places


def _faded(surface: Singles) -> Singles:
    away = np.minimum(np.arange(len(surface)), np.arange(len(surface))[::-1]) / (_EDGE * len(surface))
    share = np.clip(np.minimum(away[:, None], away[None]), 0.0, 1.0)
    faded: Singles = (1.0 + share * (surface - 1.0)).astype(np.float32)
    return faded
