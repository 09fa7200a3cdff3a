"""What the network is to say about a picture: a hill over each person, and around its top the sides of their box.

After Liu et al., Training-time-friendly network for real-time object detection, AAAI 2020, section 3.
"""

import math

import numpy as np
import numpy.typing as npt

__all__ = ["ALPHA", "STRIDE", "Targets", "targets_of"]

Singles = npt.NDArray[np.float32]
Targets = tuple[Singles, Singles, Singles, Singles]
STRIDE = 4
ALPHA = 0.54


def targets_of(boxes: Singles, unclear: Singles, size_px: int) -> Targets:
    """Hills (s, s), boxes (4, s, s) in pixels, weights of the boxes (s, s), and where the hills count (s, s).

    `boxes` and `unclear` (n, 4) as left, top, right, bottom in pixels; s is the size divided by the stride.
    """
    cells = size_px // STRIDE
    hills, weights = np.zeros((cells, cells), np.float32), np.zeros((cells, cells), np.float32)
    wanted, counts = np.zeros((4, cells, cells), np.float32), np.ones((cells, cells), np.float32)
    at = (np.arange(cells, dtype=np.float32) + 0.5) * STRIDE
    for left, top, right, bottom in unclear.tolist():
        counts[np.ix_((at >= top) & (at <= bottom), (at >= left) & (at <= right))] = 0.0
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    # The smaller of two that overlap is the nearer to be lost, so it comes last.
    for number in np.argsort(-areas, kind="stable"):
        left, top, right, bottom = boxes[number].tolist()
        column, row = (int(min((a + b) / 2 / STRIDE, cells - 1)) for a, b in ((left, right), (top, bottom)))
        spread_x, spread_y = (max(ALPHA * (b - a) / STRIDE / 6.0, 0.3) for a, b in ((left, right), (top, bottom)))
        x, y = np.arange(cells) - column, np.arange(cells) - row
        hill = np.exp(-((y[:, None] / spread_y) ** 2 + (x[None, :] / spread_x) ** 2) / 2).astype(np.float32)
        hill[hill < math.exp(-4.5)] = 0.0
        hills = np.maximum(hills, hill)
        on = hill > 0.0
        weights[on] = (hill * np.float32(math.log(max(float(areas[number]), 8.0)) / hill.sum()))[on]
        for side, value in enumerate((left, top, right, bottom)):
            wanted[side][on] = value
        counts[row, column] = 1.0
    return hills, wanted, weights, counts
