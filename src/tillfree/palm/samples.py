"""What a camera saw of a hand, and what is left of it: a square of the palm, always turned the same way."""

import dataclasses
from typing import Literal

import numpy as np
import numpy.typing as npt

from tillfree.palm.errors import PalmError

__all__ = ["BANDS", "REGION_PX", "Band", "HandImage", "HandSide", "PalmRegion", "Quality"]

Band = Literal["visible", "nir"]
BANDS: tuple[Band, ...] = ("visible", "nir")
HandSide = Literal["left", "right", "unknown"]
REGION_PX = 160
"""Pixels of a side of a palm region."""
_SIDE_MIN_PX, _SIDE_MAX_PX = 32, 8192


@dataclasses.dataclass(frozen=True, slots=True)
class HandImage:
    """A picture (h, w) grey or (h, w, 3) red, green, blue, of bytes; `band` is the light it was taken in."""

    pixels: npt.NDArray[np.uint8]
    band: Band = "visible"

    def __post_init__(self) -> None:
        """Refuses what is no picture.

        Raises:
            PalmError: another shape, type or size.
        """
        shape = self.pixels.shape
        if self.pixels.dtype != np.uint8 or not (len(shape) == 2 or (len(shape) == 3 and shape[2] == 3)):
            kind = self.pixels.dtype
            raise PalmError(f"a picture has the shape (h, w) or (h, w, 3) and bytes, not {shape} of {kind}")
        if not (min(shape[:2]) >= _SIDE_MIN_PX and max(shape[:2]) <= _SIDE_MAX_PX):
            raise PalmError(f"{shape[1]} x {shape[0]} pixels are too few or too many for a picture of a hand")


@dataclasses.dataclass(frozen=True, slots=True)
class PalmRegion:
    """The square of a palm.

    `pixels` (REGION_PX, REGION_PX) float32, 0 to 1, grey: fingers are up, and the thumb is on the left: pictures of
    right hands are mirrored where the side is known. `mask` (REGION_PX, REGION_PX) bool: where there is palm, and not
    background, a ring, a glint, or the outside of the picture.
    """

    pixels: npt.NDArray[np.float32]
    mask: npt.NDArray[np.bool_]
    band: Band = "visible"
    side: HandSide = "unknown"

    def __post_init__(self) -> None:
        """Refuses what is no region.

        Raises:
            PalmError: another shape or type.
        """
        square = (REGION_PX, REGION_PX)
        if self.pixels.shape != square or self.pixels.dtype != np.float32:
            kind = self.pixels.dtype
            raise PalmError(f"a region has the shape {square} of float32, not {self.pixels.shape} of {kind}")
        if self.mask.shape != square or self.mask.dtype != np.bool_:
            raise PalmError(f"a mask has the shape {square} of bool, not {self.mask.shape} of {self.mask.dtype}")


@dataclasses.dataclass(frozen=True, slots=True)
class Quality:
    """How useful a sample is, 0 to 100, and what lowers it most: a code of `tillfree.palm.quality`, empty if nothing.

    How far it can be trusted is measured: see `tillfree.palm.quality` (the idea of ISO/IEC 29794-1).
    """

    value: float
    reason: str = ""
