"""What the network of landmarks says about one picture: places with confidences, skin, and whether there is a hand."""

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from tillfree.palm.capture.landmarks import LANDMARKS
from tillfree.palm.errors import PalmError
from tillfree.palm.networks import session

__all__ = ["STRIDE", "LandmarkReader", "Reading"]

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
STRIDE = 4
_REACH = 2
"""Cells around the highest one whose mean is the landmark's place."""


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """One look of the network.

    `points` (22, 2) pixels of the picture it saw, `confidences` (22,) and `hand` 0 to 1, `skin` (rows, columns) 0 to 1.
    """

    points: Floats
    confidences: Floats
    hand: float
    skin: Singles


class LandmarkReader:
    """The network in memory, on one thread."""

    def __init__(self, model: bytes) -> None:
        """Loads a model: `tillfree.storage.models` gives the one that comes with Tillfree.

        Raises:
            PalmError: onnxruntime is missing, or the model is none.
        """
        self._session = _session(model)

    def read(self, picture: Bytes) -> Reading:
        """What is in a picture (h, w, 3) of bytes, with sides that are multiples of 32."""
        maps, hand = self._session.run(None, {"pictures": picture[None]})
        points, confidences = _places(maps[0, :-1])
        skin = 1.0 / (1.0 + np.exp(-np.clip(maps[0, -1], -30.0, 30.0)))
        return Reading(points, confidences, float(hand[0]), skin.astype(np.float32))


def _places(maps: Singles) -> tuple[Floats, Floats]:
    """Places (n, 2) in pixels and their share of the softmax: the mean around the highest cell (Sun et al., 2018)."""
    count, _, columns = maps.shape
    flat = maps.reshape(count, -1)
    best = flat.argmax(axis=1)
    row, column = best // columns, best % columns
    shares = np.exp(flat - flat[np.arange(count), best][:, None])
    framed = np.pad(shares.reshape(maps.shape), ((0, 0), (_REACH, _REACH), (_REACH, _REACH)))
    around = np.arange(2 * _REACH + 1)
    window = framed[
        np.arange(count)[:, None, None], row[:, None, None] + around[:, None], column[:, None, None] + around
    ]
    mass = window.sum(axis=(1, 2))
    away = around - _REACH
    x = column + (window.sum(axis=1) * away).sum(axis=1) / mass
    y = row + (window.sum(axis=2) * away).sum(axis=1) / mass
    # Cell 0 is the mean of pixels 0 to 3, whose middle is 1.5.
    points = (np.stack([x, y], axis=1) + 0.5) * STRIDE - 0.5
    return points.astype(np.float64), (mass / shares.sum(axis=1)).astype(np.float64)


def _session(model: bytes) -> Any:
    loaded = session(model)
    names = {output.name: output.shape for output in loaded.get_outputs()}
    if "maps" not in names or "hand" not in names or names["maps"][1] != len(LANDMARKS) + 1:
        raise PalmError(f"this model has outputs {sorted(names)}, and is no model of hand landmarks; take hand.onnx")
    return loaded
