"""Boxes in pictures: how much two overlap, and which of many that mean the same are kept."""

import numpy as np
import numpy.typing as npt

__all__ = ["overlaps", "without_doubles"]

Floats = npt.NDArray[np.floating]


def overlaps(one: Floats, other: Floats) -> npt.NDArray[np.float64]:
    """Intersection over union of each box of (n, 4) with each of (m, 4), shape (n, m); left, top, right, bottom."""
    a, b = np.asarray(one, dtype=np.float64).reshape(-1, 4), np.asarray(other, dtype=np.float64).reshape(-1, 4)
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    both = np.prod(np.maximum(high - low, 0.0), axis=2)
    area_a, area_b = (np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (a, b))
    union = area_a[:, None] + area_b[None, :] - both
    return np.where(union > 0.0, both / np.where(union > 0.0, union, 1.0), 0.0)


def without_doubles(boxes: Floats, scores: Floats, most: float) -> npt.NDArray[np.int64]:
    """Numbers of the boxes to keep, best first: none overlaps a better one by more than `most` (greedy suppression)."""
    order = np.argsort(-np.asarray(scores), kind="stable")
    shared = overlaps(boxes, boxes)
    kept: list[int] = []
    for number in order.tolist():
        if all(shared[number, other] <= most for other in kept):
            kept.append(number)
    return np.array(kept, dtype=np.int64)
