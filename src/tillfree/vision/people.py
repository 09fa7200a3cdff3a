"""People in a picture, by a network that was trained on simulated pictures alone.

The network says for each place how likely the middle of a person is there, and how far it is to the sides of their box
(Zhou et al., Objects as points, 2019; Liu et al., Training-time-friendly network, AAAI 2020); places that are higher
than all around them are people. What it can and cannot do is measured on the page about rendering.
"""

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from tillfree.vision.boxes import without_doubles
from tillfree.vision.errors import VisionError

__all__ = ["PeopleDetector", "PersonSeen"]

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
_STRIDE, _STEP = 4, 32
_PEOPLE_MAX = 300
_OVERLAP_MAX = 0.55
_SIDE_MIN_PX, _SIDE_MAX_PX = 32, 8192


@dataclasses.dataclass(frozen=True, slots=True)
class PersonSeen:
    """One person: the box in pixels of the picture (left, top, right, bottom) and how sure the network is, 0 to 1."""

    box: tuple[float, float, float, float]
    score: float


class PeopleDetector:
    """A model in memory; the same picture gives the same people.

    Pictures are looked at as large as they come, or with `longest_px` as their longer side: people from 20 pixels to
    the height of the picture are found, so enlarge small ones. One thread is used.
    """

    def __init__(self, model: bytes, *, score_min: float = 0.3, longest_px: int | None = None) -> None:
        """Loads a model: `tillfree.storage.models` gives the one that comes with Tillfree.

        Raises:
            VisionError: onnxruntime is missing, or the model is none.
        """
        if longest_px is not None and not _SIDE_MIN_PX <= longest_px <= _SIDE_MAX_PX:
            raise VisionError(f"longest_px {longest_px} is not within {_SIDE_MIN_PX} to {_SIDE_MAX_PX} pixels")
        self._score_min = score_min
        self._longest_px = longest_px
        self._session = _session(model)

    def people(self, picture: Bytes) -> list[PersonSeen]:
        """Everybody in a picture (h, w, 3) of bytes in the order red, green, blue; most certain first.

        Raises:
            VisionError: it is no such picture.
        """
        if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8:
            raise VisionError(f"a picture has the shape (h, w, 3) and bytes, not {picture.shape} of {picture.dtype}")
        height, width = picture.shape[:2]
        if not (min(height, width) >= _SIDE_MIN_PX and max(height, width) <= _SIDE_MAX_PX):
            raise VisionError(f"{width} x {height} pixels are too few or too many for a picture")
        scale = 1.0 if self._longest_px is None else self._longest_px / max(height, width)
        size = (max(round(height * scale), 1), max(round(width * scale), 1))
        shown = _padded(picture if size == (height, width) else _resized(picture, size))
        hills, sides = self._session.run(None, {"pictures": shown[None]})
        boxes, scores = _tops(hills[0, 0], sides[0], self._score_min)
        boxes /= np.array([size[1] / width, size[0] / height] * 2, dtype=np.float32)
        boxes = np.clip(boxes, 0.0, np.array([width, height] * 2, dtype=np.float32))
        inside = np.all(boxes[:, 2:] > boxes[:, :2], axis=1)
        boxes, scores = boxes[inside], scores[inside]
        kept = without_doubles(boxes, scores, _OVERLAP_MAX)
        rows = zip(boxes[kept].tolist(), scores[kept].tolist(), strict=True)
        return [PersonSeen((box[0], box[1], box[2], box[3]), score) for box, score in rows]


def _tops(hills: Floats, sides: Floats, score_min: float) -> tuple[Floats, Floats]:
    """Boxes (n, 4) and scores (n,) of the places that are as high as all around them, best first."""
    rows, columns = hills.shape
    framed = np.pad(hills, 1, constant_values=-np.inf)
    around = np.max([framed[i : i + rows, j : j + columns] for i in range(3) for j in range(3)], axis=0)
    found = np.argwhere((hills >= around) & (hills >= score_min))
    scores = hills[tuple(found.T)]
    best = np.argsort(-scores, kind="stable")[:_PEOPLE_MAX]
    found, scores = found[best], scores[best]
    middle = (found[:, ::-1] + 0.5) * _STRIDE
    away = sides[:, found[:, 0], found[:, 1]].T
    return np.concatenate([middle - away[:, :2], middle + away[:, 2:]], axis=1).astype(np.float32), scores


def _padded(picture: Bytes) -> Bytes:
    """With grey at the right and below, until both sides fit the network."""
    rows, columns = (-side % _STEP for side in picture.shape[:2])
    return np.ascontiguousarray(np.pad(picture, ((0, rows), (0, columns), (0, 0)), constant_values=127))


def _resized(picture: Bytes, size: tuple[int, int]) -> Bytes:
    """Another height and width: each new pixel is the mean of what it covers, or lies between its neighbours."""
    across = picture.astype(np.float32)
    for axis, new in enumerate(size):
        across = np.moveaxis(np.tensordot(_weights(across.shape[axis], new), across, axes=(1, axis)), 0, axis)
    resized: Bytes = np.clip(across + 0.5, 0.0, 255.0).astype(np.uint8)
    return resized


def _weights(old: int, new: int) -> Floats:
    """How much each old row counts for each new one (new, old): a triangle as wide as the larger of their pixels."""
    wide = max(old / new, 1.0)
    centre = (np.arange(new) + 0.5) * old / new - 0.5
    weights = np.maximum(1.0 - np.abs(np.arange(old)[None, :] - centre[:, None]) / wide, 0.0)
    shares: Floats = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return shares


def _session(model: bytes) -> Any:
    try:
        import onnxruntime  # noqa: PLC0415  only who looks at pictures needs it
    except ImportError as error:
        raise VisionError("seeing people needs the package onnxruntime: pip install 'tillfree[vision]'") from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    # The runtime raises errors of kinds that it does not publish.
    except Exception as error:
        raise VisionError(f"this is no model that onnxruntime can use: {error}") from error
