"""What liveness needs to know about a frame, whoever found the hand in it."""

import dataclasses
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from tillfree.palm.errors import PalmError
from tillfree.palm.samples import Band, HandImage

__all__ = ["Sight", "Sighted", "repeats", "sighted"]

Floats = npt.NDArray[np.float64]
_POINTS = 22
_CORNERS = slice(17, 21)
_SQUARE_SHARE = 0.85
"""The side of the palm's square in palm widths."""
_STILL = 0.02
"""Grey levels by which two frames of a real sensor always differ, on average."""


class Sight(Protocol):
    """A look of a hand finder; `landmarks` (22, 2) in pixels, the last five are the square of the palm."""

    @property
    def found(self) -> bool:
        """Whether there is a hand."""

    @property
    def landmarks(self) -> npt.NDArray[Any]:
        """In pixels of the frame."""


@dataclasses.dataclass(frozen=True, slots=True)
class Sighted:
    """A frame with a hand.

    `square` (4, 2) are the palm's corners in pixels (top left, top right, bottom right, bottom left, fingers up),
    `hull` (22, 2) all landmarks, `palm_px` is the width of the palm.
    """

    frame: HandImage
    square: Floats
    hull: Floats
    palm_px: float


def sighted(frames: Sequence[HandImage], looks: Sequence[Sight], band: Band) -> list[Sighted]:
    """The frames of a band in which a hand was found, in order.

    Raises:
        PalmError: landmarks of another kind.
    """
    seen = []
    for frame, look in zip(frames, looks, strict=True):
        if frame.band != band or not look.found:
            continue
        landmarks = np.asarray(look.landmarks, dtype=np.float64)
        if landmarks.shape != (_POINTS, 2) or not np.isfinite(landmarks).all():
            raise PalmError(f"landmarks have the shape ({_POINTS}, 2) and are finite, not {landmarks.shape}")
        square = landmarks[_CORNERS]
        palm_px = float(np.linalg.norm(square[1] - square[0])) / _SQUARE_SHARE
        if palm_px >= 16.0:
            seen.append(Sighted(frame, square, landmarks, palm_px))
    return seen


def repeats(before: HandImage, after: HandImage) -> bool:
    """Whether a frame is the one before it once more, byte for byte or nearly, as cameras hand them out in dim light.

    A sensor's noise is never the same twice.
    """
    a, b = before.pixels[::4, ::4], after.pixels[::4, ::4]
    return a.shape == b.shape and float(np.abs(a.astype(np.int16) - b.astype(np.int16)).mean()) < _STILL
