"""A hand in a picture: two looks of one network, a fit of all landmarks, and the square of the palm.

The first look sees the whole picture small; the second sees the hand upright and near one size, cut out of the full
picture, and is repeated if the first was far off. A picture in which nothing fits is looked at in parts, for small
hands.
"""

import dataclasses
import math

import numpy as np
import numpy.typing as npt

from tillfree.palm.capture.fitting import Fit, corners_of, fit_hand
from tillfree.palm.capture.guidance import guidance_of
from tillfree.palm.capture.looks import Look
from tillfree.palm.capture.network import LandmarkReader, Reading
from tillfree.palm.capture.regions import palm_region, square_matrix
from tillfree.palm.capture.sampling import Pyramid, shrunk
from tillfree.palm.errors import PalmError
from tillfree.palm.opencv import cv2
from tillfree.palm.quality import NO_HAND, quality_of
from tillfree.palm.samples import REGION_PX, HandImage, HandSide

__all__ = ["CROP_MIDDLE_Y", "CROP_PALM_PX", "CROP_PX", "HandFinder"]

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
CROP_PX = 192
CROP_PALM_PX = 76.0
"""Palm width in the second look."""
CROP_MIDDLE_Y = 0.60
"""Where the palm's middle lies in it, as a share of its height."""
_STEP_PX = 32
_HAND_MIN, _HAND_SURE = 0.2, 0.5
_SUPPORT_MIN, _MISFIT_MAX = 0.38, 0.12
_ROUGH, _FINE = 0.08, 0.01
"""Deviation of landmarks in the first look and in later ones, in palm widths."""
_AGAIN = 0.03
"""A second look that moves the palm by more than this share of its width is repeated."""
_LOOKS_MAX = 3
_PARTS = (
    (0.0, 0.0, 1.0, 1), (0.0, 0.0, 1.0, -1), (0.25, 0.25, 0.5, 1),
    (0.0, 0.0, 0.5, 1), (0.5, 0.0, 0.5, 1), (0.0, 0.5, 0.5, 1), (0.5, 0.5, 0.5, 1),
)  # fmt: skip
"""What is looked at until a hand is there: left and top border and size as shares of the picture, -1 in a mirror."""


@dataclasses.dataclass(frozen=True, slots=True)
class _Found:
    fit: Fit
    points: Floats
    confidences: Floats
    hand: float
    reading: Reading
    crop: Floats
    """From pixels of what the network saw to those of the picture (2, 3)."""


class HandFinder:
    """A model in memory; the same picture gives the same look."""

    def __init__(self, model: bytes | None) -> None:
        """Loads a model: `tillfree.storage.models.hand_model` gives the one that comes with Tillfree.

        Raises:
            PalmError: there is none, it is no such model, or onnxruntime is missing.
        """
        if model is None:
            raise PalmError("a finder of hands needs a model: take tillfree.storage.models.hand_model()")
        self._reader = LandmarkReader(model)

    def look(self, image: HandImage, *, wanted: HandSide = "unknown", before: Look | None = None) -> Look:
        """What is to be seen of a hand.

        With `wanted` the guidance says if it is the other hand; with `before`, the look at the picture before it, taken
        less than about a fifth of a second earlier, whether the hand has to be held still.
        """
        picture = image.pixels if image.pixels.ndim == 3 else np.repeat(image.pixels[..., None], 3, axis=2)
        found = self._find(picture)
        if found is None:
            return _nothing()
        fit = found.fit
        side: HandSide = "right" if fit.mirrored else "left"
        matrix = square_matrix(fit, image.band)
        region = palm_region(image.pixels, image.band, matrix, _skin_of(found, matrix), side)
        edge = REGION_PX - 0.5
        ends = np.array([(-0.5, -0.5), (edge, -0.5), (edge, edge), (-0.5, edge)])
        square = ends @ matrix[:, :2].T + matrix[:, 2]
        confidence = float(found.confidences.mean())
        quality = quality_of(region, fit.palm_px, confidence)
        look = Look(True, found.points, found.confidences, square, side, region, quality, "", fit.palm_px, confidence,
                    fit.turn_deg)  # fmt: skip
        return dataclasses.replace(look, guidance=guidance_of(look, image.pixels.shape, wanted, before))

    def _find(self, picture: Bytes) -> _Found | None:
        pyramid = Pyramid(picture)
        for number, (x, y, share, way) in enumerate(_PARTS):
            first = self._first(pyramid, (x, y, share), way)
            if first.hand >= (_HAND_SURE if number else _HAND_MIN):
                best = self._closer(pyramid, first)
                if _plausible(best):
                    return best
        return None

    def _first(self, pyramid: Pyramid, part: tuple[float, float, float], way: int) -> _Found:
        """A look at a part of the picture."""
        x, y, share = part
        small = pyramid.levels[-1] if share == 1.0 else pyramid.levels[max(len(pyramid.levels) - 2, 0)]
        height, width = small.shape[:2]
        left, top, wide, tall = int(x * width), int(y * height), int(share * width), int(share * height)
        longest = max(tall, wide)
        size = tuple(max(round(side * CROP_PX / longest / _STEP_PX), 2) * _STEP_PX for side in (wide, tall))
        seen = shrunk(small[top : top + tall, left : left + wide], (size[0], size[1]))[:, ::way]
        # Pixels of what is seen to those of the small picture, and on to those of the whole one.
        across, down = wide / size[0], tall / size[1]
        crop = np.array([(across, 0.0, left + across / 2 - 0.5), (0.0, down, top + down / 2 - 0.5)])
        larger = pyramid.levels[0].shape[1] / width
        crop[:, 2] += 0.5
        crop *= larger
        crop[:, 2] -= 0.5
        if way < 0:
            crop = crop @ np.array([(-1.0, 0.0, size[0] - 1.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)])
        return _placed(self._reader.read(np.ascontiguousarray(seen)), crop, None, _ROUGH)

    def _closer(self, pyramid: Pyramid, first: _Found) -> _Found:
        """Looks at the hand upright until it no longer moves."""
        found = first
        for number in range(_LOOKS_MAX):
            crop = _crop_of(found.fit)
            seen = pyramid.sampled(crop, (CROP_PX, CROP_PX))
            before, mirrored = found.fit, (found.fit.mirrored if number else None)
            found = _placed(self._reader.read(seen), crop, mirrored, _FINE)
            moved = np.abs(corners_of(found.fit) - corners_of(before)).max() / max(before.palm_px, 1.0)
            if moved < _AGAIN or found.hand < _HAND_MIN:
                break
        return found


def _nothing() -> Look:
    none = np.zeros((0, 2))
    return Look(False, none, np.zeros(0), none, "unknown", None, NO_HAND, "no hand", 0.0)


def _placed(reading: Reading, crop: Floats, mirrored: bool | None, noise: float) -> _Found:
    points = reading.points @ crop[:, :2].T + crop[:, 2]
    fit = fit_hand(points, reading.confidences, mirrored, noise)
    return _Found(fit, points, reading.confidences, reading.hand, reading, crop)


def _crop_of(fit: Fit) -> Floats:
    """From pixels of the second look to those of the picture: thumb on the left, fingers up."""
    scale = 1.0 / CROP_PALM_PX
    middle = fit.places(np.array([(0.0, 0.55)]))[0]
    linear = fit.matrix[:, :2] * scale
    at = np.array([(CROP_PX - 1) / 2, CROP_MIDDLE_Y * CROP_PX])
    return np.column_stack([linear, middle - linear @ at])


def _plausible(found: _Found) -> bool:
    fit = found.fit
    return (
        found.hand >= _HAND_SURE
        and fit.support >= _SUPPORT_MIN
        and fit.misfit <= _MISFIT_MAX
        and math.isfinite(fit.palm_px)
        and fit.palm_px >= 12.0
    )


def _skin_of(found: _Found, matrix: Floats) -> npt.NDArray[np.float32]:
    """How likely skin is in each pixel of the region (REGION_PX, REGION_PX), from the last look's map."""
    whole = np.vstack([found.crop, (0.0, 0.0, 1.0)])
    inner = np.linalg.inv(whole) @ np.vstack([matrix, (0.0, 0.0, 1.0)])
    # Cells are four pixels wide; the middle of the first is at 1.5.
    cells = np.array([(0.25, 0.0, -0.375), (0.0, 0.25, -0.375), (0.0, 0.0, 1.0)]) @ inner
    skin: npt.NDArray[np.float32] = cv2.warpAffine(
        found.reading.skin, cells[:2], (REGION_PX, REGION_PX), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    return skin
