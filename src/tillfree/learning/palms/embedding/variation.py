"""Each time a drawn sample is used it is placed a little elsewhere, so that none is seen twice."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tillfree.learning.torch_lazily import torch
from tillfree.palm.opencv import opencv

__all__ = ["varied"]

_TURN_DEG, _SHIFT = 2.0, 0.012
_SIZES = (0.98, 1.02)


def varied(pictures: npt.NDArray[np.uint8], rng: np.random.Generator) -> tuple[Any, Any]:
    """Grey levels 0 to 1 and masks, each (n, 1, side, side) floats, of bytes (n, side, side) in which 0 is no palm.

    Args:
        pictures: Drawn samples.
        rng: Where the placements are drawn from.
    """
    cv2, th = opencv(), torch()
    count, side = pictures.shape[:2]
    moved = np.empty_like(pictures)
    kept = np.empty_like(pictures)
    middle = (side - 1) / 2
    rim = np.ones((3, 3), np.uint8)
    for number in range(count):
        matrix = cv2.getRotationMatrix2D((middle, middle), rng.uniform(-_TURN_DEG, _TURN_DEG), rng.uniform(*_SIZES))
        matrix[:, 2] += rng.normal(0.0, _SHIFT * side, 2)
        moved[number] = cv2.warpAffine(pictures[number], matrix, (side, side), flags=cv2.INTER_LINEAR)
        # What lies beside no palm is mixed with it, and is none either.
        whole = cv2.warpAffine((pictures[number] > 0).astype(np.uint8), matrix, (side, side), flags=cv2.INTER_NEAREST)
        kept[number] = cv2.erode(whole, rim)
    grey = th.from_numpy(moved)[:, None].float() / 255.0
    return grey, th.from_numpy(kept)[:, None].float()
