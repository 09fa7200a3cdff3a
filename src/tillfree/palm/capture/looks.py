"""What one look at a picture gives: where the hand is, its palm, how good that is, and what the person might do."""

import dataclasses
from typing import Literal

import numpy as np
import numpy.typing as npt

from tillfree.palm.samples import HandSide, PalmRegion, Quality

__all__ = ["GUIDANCE", "Guidance", "Look"]

Guidance = Literal[
    "", "no hand", "closer", "further", "centre", "flatten", "other hand", "hold still",
    "more light", "less light",
]  # fmt: skip
GUIDANCE: tuple[Guidance, ...] = (
    "", "no hand", "closer", "further", "centre", "flatten", "other hand", "hold still",
    "more light", "less light",
)  # fmt: skip
"""What a station may say: the empty one if nothing has to change."""


@dataclasses.dataclass(frozen=True, slots=True)
class Look:
    """One look; without a hand `found` is false, `landmarks` empty, `region` None and the quality 0.

    `landmarks` (22, 2) in pixels of the picture, in the order of `tillfree.palm.capture.landmarks`, `confidences` (22,)
    0 to 1. `square` (4, 2): the corners of the region in pixels, top left first and clockwise as the region is seen.
    `side` tells which hand it is, if its palm is seen and the picture is not mirrored. `turn_deg`: 0 if fingers point
    up, clockwise. `confidence` is the mean of those of the landmarks.
    """

    found: bool
    landmarks: npt.NDArray[np.float64]
    confidences: npt.NDArray[np.float64]
    square: npt.NDArray[np.float64]
    side: HandSide
    region: PalmRegion | None
    quality: Quality
    guidance: Guidance
    palm_width_px: float
    confidence: float = 0.0
    turn_deg: float = 0.0
