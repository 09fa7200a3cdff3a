"""A station before which nobody stands: a picture like the last empty one is not searched for hands once more."""

import numpy as np
import numpy.typing as npt

from tillfree.core.time import NS_PER_S
from tillfree.palm.samples import Band, HandImage

__all__ = ["Resting"]

_CELLS = 24
_CHANGE = 4.0
"""Grey levels by which a cell changes where something comes; a camera's noise, averaged over a cell, is below 1."""
_CHANGED_CELLS = 6
_AGAIN_NS = NS_PER_S
"""An empty picture is searched once more after so long, whatever it looks like."""


class Resting:
    """Remembers what an empty picture looks like, as 24 x 24 averages: nobody can be seen in them."""

    def __init__(self) -> None:
        self._empty: dict[Band, tuple[npt.NDArray[np.float32], int]] = {}

    def is_empty(self, image: HandImage, now_ns: int) -> bool:
        """Whether it is surely as empty as the last one in which no hand was found."""
        before = self._empty.get(image.band)
        if before is None or now_ns - before[1] > _AGAIN_NS:
            return False
        changed = np.abs(_cells(image) - before[0]) > _CHANGE
        return int(changed.sum()) < _CHANGED_CELLS

    def note(self, image: HandImage, now_ns: int, *, found: bool) -> None:
        """What a search in that picture has found."""
        if found:
            self._empty.pop(image.band, None)
        else:
            self._empty[image.band] = (_cells(image), now_ns)


def _cells(image: HandImage) -> npt.NDArray[np.float32]:
    """Averages (24, 24) of the brightness; every second pixel is enough for them."""
    grey = image.pixels if image.pixels.ndim == 2 else image.pixels[..., 1]
    rows, columns = (side // _CELLS for side in grey.shape)
    part = grey[: rows * _CELLS, : columns * _CELLS].reshape(_CELLS, rows, _CELLS, columns)
    cells: npt.NDArray[np.float32] = part[:, ::2, :, ::2].mean(axis=(1, 3), dtype=np.float32)
    return cells
