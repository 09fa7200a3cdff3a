"""The square of a palm, cut out of a picture at one size and turn, and what of it is palm."""

import math

import numpy as np
import numpy.typing as npt

from tillfree.palm.capture.fitting import Fit
from tillfree.palm.capture.sampling import sampled, shrunk
from tillfree.palm.errors import PalmError
from tillfree.palm.opencv import cv2
from tillfree.palm.samples import REGION_PX, Band, HandSide, PalmRegion

__all__ = ["SQUARES", "grey_of", "palm_region", "region_of_square", "square_matrix"]

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
SQUARES: dict[Band, tuple[float, float, float]] = {"visible": (0.03, 0.55, 0.85), "nir": (0.03, 0.57, 0.95)}
"""The square's middle (x, y) from the middle of the finger roots, and its side, in palm widths.

Veins are coarser than lines, so that near infrared takes more of the palm. Moved to the little finger's side by 0.03
the squares have 99.8 and 98.4 percent of skin on simulated hands (without: 99.2 and 97.3)."""
_GREY = np.array([0.15, 0.70, 0.15], np.float32)
"""Mostly green, which blood and melanin absorb: skin lines are darkest there."""
_SIDE_MIN_PX = 64
_GLINT = 0.985
_SKIN_MIN = 0.5


def grey_of(picture: Bytes) -> Bytes:
    """Grey of bytes (h, w), mostly from the green of a colour picture."""
    if picture.ndim == 2:
        return picture
    grey: Bytes = cv2.transform(picture, _GREY[None]).reshape(picture.shape[:2])
    return grey


def square_matrix(fit: Fit, band: Band, size_px: int = REGION_PX) -> Floats:
    """From pixels of the region to those of the picture (2, 3): fingers up, thumb on the left."""
    x, y, side = SQUARES[band]
    scale = side / size_px
    inner = np.array([(scale, 0.0, x - side / 2 + scale / 2), (0.0, scale, y - side / 2 + scale / 2), (0.0, 0.0, 1.0)])
    matrix: Floats = fit.matrix @ inner
    return matrix


def palm_region(picture: Bytes, band: Band, matrix: Floats, skin: Singles | None, side: HandSide) -> PalmRegion:
    """The region at `matrix` of a picture (h, w) or (h, w, 3).

    `skin` (REGION_PX, REGION_PX) is how likely skin is there, or None where that is not known.
    """
    taken = grey_of(sampled(picture, matrix, (REGION_PX, REGION_PX)))
    pixels = taken.astype(np.float32) / np.float32(255.0)
    mask = _inside(picture.shape, matrix) & _no_glint(pixels)
    if skin is not None:
        mask &= skin >= _SKIN_MIN
    return PalmRegion(pixels, mask, band, side)


def region_of_square(pixels: npt.NDArray[np.generic], band: Band, side: HandSide = "unknown") -> PalmRegion:
    """A ready palm region, such as a public set holds, as one of ours: nothing is turned or mirrored.

    `pixels` (n, n) or (n, n, 3), bytes or shares of white, n from 64; a side may be longer than the other by a tenth.

    Raises:
        PalmError: it is no square of that size.
    """
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] != 3):
        raise PalmError(f"a palm region has the shape (n, n) or (n, n, 3), not {pixels.shape}")
    if np.issubdtype(pixels.dtype, np.floating):
        values = np.nan_to_num(pixels.astype(np.float64), nan=0.0)
        square = np.clip(np.round(values * 255.0), 0, 255).astype(np.uint8)
    elif pixels.dtype == np.uint8:
        square = pixels.astype(np.uint8)
    else:
        raise PalmError(f"a palm region holds bytes or shares of white, not {pixels.dtype}")
    short, long = sorted(square.shape[:2])
    if short < _SIDE_MIN_PX or long > 1.1 * short:
        raise PalmError(
            f"{square.shape[1]} x {square.shape[0]} pixels are no palm region: give a square of 64 pixels or more, "
            "or the picture of the whole hand to HandFinder"
        )
    grey = shrunk(grey_of(square), (REGION_PX, REGION_PX)).astype(np.float32) / np.float32(255.0)
    return PalmRegion(grey, _no_glint(grey), band, side)


def _inside(shape: tuple[int, ...], matrix: Floats) -> npt.NDArray[np.bool_]:
    """Which pixels of the region lie in the picture."""
    around = np.arange(REGION_PX)
    x = matrix[0, 0] * around + matrix[0, 1] * around[:, None] + matrix[0, 2]
    y = matrix[1, 0] * around + matrix[1, 1] * around[:, None] + matrix[1, 2]
    inside: npt.NDArray[np.bool_] = (x >= 0) & (y >= 0) & (x <= shape[1] - 1) & (y <= shape[0] - 1)
    return inside


def _no_glint(pixels: Singles) -> npt.NDArray[np.bool_]:
    """Not so bright that the skin under it is lost, with a rim for the bloom around it."""
    bright = (pixels >= _GLINT).astype(np.uint8)
    if not bright.any():
        return np.ones(pixels.shape, np.bool_)
    rim = 2 * math.ceil(0.01 * REGION_PX) + 1
    clear: npt.NDArray[np.bool_] = cv2.dilate(bright, np.ones((rim, rim), np.uint8)) == 0
    return clear
