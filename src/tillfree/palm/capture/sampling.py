"""Pictures seen through a map: turned, scaled and mirrored at once, without jagged lines where they shrink."""

import math

import numpy as np
import numpy.typing as npt

from tillfree.palm.opencv import cv2

__all__ = ["Pyramid", "sampled", "shrunk"]

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]
_LEAST_PX = 400


class Pyramid:
    """A picture, and the same at half, a quarter ... of its size: a small view of a large picture is then cheap."""

    def __init__(self, picture: Bytes) -> None:
        self.levels = [picture]
        while max(self.levels[-1].shape[:2]) >= 2 * _LEAST_PX:
            height, width = self.levels[-1].shape[:2]
            # Twice as many pixels must be there: an odd row or column at the end is left out.
            even = self.levels[-1][: height // 2 * 2, : width // 2 * 2]
            self.levels.append(cv2.resize(even, (width // 2, height // 2), interpolation=cv2.INTER_AREA))

    def sampled(self, matrix: Floats, size_px: tuple[int, int]) -> Bytes:
        """As `sampled` gives it, from the smallest level that has all of its details."""
        step = math.sqrt(abs(float(np.linalg.det(matrix[:, :2]))))
        number = min(max(int(math.log2(max(step, 1.0))), 0), len(self.levels) - 1)
        share = 0.5**number
        # The middle of the first pixel of a level lies between those of the first pixels that it is the mean of.
        lower = matrix * share
        lower[:, 2] += 0.5 * share - 0.5
        return sampled(self.levels[number], lower, size_px)


def sampled(picture: Bytes, matrix: Floats, size_px: tuple[int, int]) -> Bytes:
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
