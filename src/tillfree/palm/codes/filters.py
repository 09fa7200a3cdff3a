"""Filters for lines, and the two codes that are read from what they answer.

The ordinal code says at each place along which of two crossing directions it is brighter (Sun, Tan, Wang and Li,
Ordinal palmprint represention for personal identification, CVPR 2005, equation 3), for three pairs of directions. The
competitive code says along which of six directions the darkest line runs (Kong and Zhang, Competitive coding scheme
for palmprint verification, ICPR 2004, equations 1 to 3); its bits differ as much as directions do (table 1 there).
"""

import functools
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from tillfree.palm.codes.layout import GRIDS, PLANES, joined
from tillfree.palm.opencv import opencv
from tillfree.palm.samples import REGION_PX, PalmRegion

__all__ = ["Codes", "encode"]

Floats = npt.NDArray[np.float32]
Bits = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
Codes = tuple[Bytes, Bytes, Bytes]
"""Ordinal code, competitive code, and which of their bits count."""

_ACROSS_PLACES, _ALONG_PLACES = 0.95, 2.85
"""Widths (one sigma) of a Gaussian, in places of a grid: 3 and 9 pixels of a region of 128, as Sun et al. choose."""
_RADIUS = 7
_LIGHT_SIGMA = 6.0
"""Width in places, at the coarse level, of what is taken for light and not for skin."""
_DIRECTIONS = 6
_JOHNSON = np.array([[0, 0, 0], [0, 0, 1], [0, 1, 1], [1, 1, 1], [1, 1, 0], [1, 0, 0]], dtype=np.bool_)
"""Bits of the directions 0, 30, ... 150 degrees: as many differ as there are steps of 30 degrees between two."""
_VALID_SHARE = 0.75
"""A place counts where so much of what its filters look at is palm."""


def encode(region: PalmRegion) -> Codes:
    """Both codes of a region and which bits count, each (CODE_BYTES,) bytes as `tillfree.palm.codes.layout` says.

    Raises:
        PalmError: the package OpenCV is missing.
    """
    cv2 = opencv()
    ordinal, competitive, valid = [], [], []
    for grid in GRIDS:
        size = (grid, grid)
        weight = cv2.resize(region.mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
        weighted = cv2.resize(region.pixels * region.mask, size, interpolation=cv2.INTER_AREA)
        skin = _evened(cv2, weighted, weight, _LIGHT_SIGMA * grid / GRIDS[0])
        ordinal.append(_ordinal(cv2, skin))
        competitive.append(_competitive(cv2, skin))
        seen = cv2.GaussianBlur(weight, (0, 0), _ALONG_PLACES / 2, borderType=cv2.BORDER_REPLICATE) >= _VALID_SHARE
        valid.append(np.broadcast_to(seen & (weight >= _VALID_SHARE), (PLANES, *size)))
    return joined((ordinal[0], ordinal[1])), joined((competitive[0], competitive[1])), joined((valid[0], valid[1]))


def _evened(cv2: Any, weighted: Floats, weight: Floats, sigma: float) -> Floats:
    """Skin without slow changes of light, of equal contrast everywhere; 0 where there is no palm.

    Means are taken over palm only (normalised convolution: Knutsson and Westin, CVPR 1993).
    """
    around = cv2.GaussianBlur(weight, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT) + 1e-3
    mean = cv2.GaussianBlur(weighted, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT) / around
    rest = weighted - mean * weight
    power = cv2.GaussianBlur(rest * rest, (0, 0), sigma, borderType=cv2.BORDER_CONSTANT) / around
    floor = 0.05 * math.sqrt(float(power.mean())) + 1e-6
    evened: Floats = np.clip(rest / (np.sqrt(power) + floor), -3.0, 3.0)
    return evened


def _ordinal(cv2: Any, skin: Floats) -> Bits:
    answers = [cv2.filter2D(skin, cv2.CV_32F, kernel, borderType=cv2.BORDER_REFLECT_101) for kernel in _crossed()]
    return np.stack(answers) > 0


def _competitive(cv2: Any, skin: Floats) -> Bits:
    answers = [cv2.filter2D(skin, cv2.CV_32F, kernel, borderType=cv2.BORDER_REFLECT_101) for kernel in _lines()]
    winner = np.argmin(np.stack(answers), axis=0)
    return np.moveaxis(_JOHNSON[winner], -1, 0)


def _turned(angle_deg: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Places along and across a direction, each (2 r + 1, 2 r + 1); angles go from right towards up."""
    y, x = np.mgrid[-_RADIUS : _RADIUS + 1, -_RADIUS : _RADIUS + 1].astype(np.float64)
    angle = math.radians(angle_deg)
    return x * math.cos(angle) - y * math.sin(angle), x * math.sin(angle) + y * math.cos(angle)


def _gaussian(angle_deg: float) -> npt.NDArray[np.float64]:
    along, across = _turned(angle_deg)
    hill = np.exp(-0.5 * ((along / _ALONG_PLACES) ** 2 + (across / _ACROSS_PLACES) ** 2))
    scaled: npt.NDArray[np.float64] = hill / hill.sum()
    return scaled


@functools.cache
def _crossed() -> tuple[Floats, ...]:
    """Three pairs of crossing Gaussians (Sun et al. 2005, equation 3), 30 degrees apart."""
    return tuple((_gaussian(a) - _gaussian(a + 90)).astype(np.float32) for a in (0, 30, 60))


@functools.cache
def _lines() -> tuple[Floats, ...]:
    """Six filters that answer most negatively on a dark line along their direction.

    The second derivative across the line takes the place of the Gabor function of Kong and Zhang: it has the same
    shape with one parameter less, and no constant part.
    """
    kernels = []
    for number in range(_DIRECTIONS):
        angle = 180 / _DIRECTIONS * number
        across = _turned(angle)[1] / _ACROSS_PLACES
        kernel = (1 - across**2) * _gaussian(angle)
        kernel -= kernel.mean()
        kernels.append((kernel / np.abs(kernel).sum()).astype(np.float32))
    return tuple(kernels)


assert all(REGION_PX % grid == 0 for grid in GRIDS), "a place of a grid is a whole number of pixels"
