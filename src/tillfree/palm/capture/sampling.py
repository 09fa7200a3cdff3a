"""Pictures seen through a map: turned, scaled and mirrored at once, without jagged lines where they shrink."""

import math

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["sampled", "shrunk"]

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


def sampled(picture: npt.NDArray[np.uint8], matrix: Floats, size_px: tuple[int, int]) -> Bytes:
    """The part of a picture that `matrix` (2, 3), pixels of the result to pixels of the picture, points at.

    `size_px` is the width and height of the result. Where one new pixel covers several old ones it is their mean: the
    part is taken that much finer first. Outside, the border's pixels go on.
    """
    step = math.sqrt(abs(float(np.linalg.det(matrix[:, :2]))))
    fine = min(max(math.ceil(step - 0.25), 1), 8)
    inner = np.array([(1.0 / fine, 0.0, 0.5 / fine - 0.5), (0.0, 1.0 / fine, 0.5 / fine - 0.5), (0.0, 0.0, 1.0)])
    finer = matrix @ inner
    taken = cv2.warpAffine(
        picture, finer, (size_px[0] * fine, size_px[1] * fine), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    if fine > 1:
        taken = cv2.resize(taken, size_px, interpolation=cv2.INTER_AREA)
    result: Bytes = np.ascontiguousarray(taken)
    return result


def shrunk(picture: Bytes, size_px: tuple[int, int]) -> Bytes:
    """The whole picture at another width and height."""
    smaller = size_px[0] * size_px[1] < picture.shape[0] * picture.shape[1]
    resized: Bytes = cv2.resize(picture, size_px, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
    return resized
