"""How well a detector finds what is there: average precision, as in the PASCAL VOC challenge since 2010.

Detections of all pictures are taken from the most certain on; each is right if it overlaps something that was not found
yet by at least half. The score is the area under precision, made to fall only, over recall (Everingham et al., The
PASCAL visual object classes challenge, IJCV 88, 2010).
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tillfree.learning.errors import LearningError
from tillfree.vision.boxes import overlaps

__all__ = ["DetectionScore", "Found", "score_detections"]

Floats = npt.NDArray[np.floating]


@dataclasses.dataclass(frozen=True, slots=True)
class Found:
    """Boxes (n, 4) and scores (n,) of one picture."""

    boxes: Floats
    scores: Floats


@dataclasses.dataclass(frozen=True, slots=True)
class DetectionScore:
    """Average precision, and recall and precision of what was at least as certain as a threshold."""

    average_precision: float
    recall: float
    precision: float
    people: int
    found: int


def score_detections(
    found: Sequence[Found], truth: Sequence[Floats], score_min: float, overlap_min: float = 0.5
) -> DetectionScore:
    """Score pictures against the boxes (m, 4) that are there.

    Raises:
        LearningError: not as many pictures as truths.
    """
    if len(found) != len(truth):
        raise LearningError(f"{len(found)} pictures cannot be scored with the truth of {len(truth)}")
    people = sum(len(boxes) for boxes in truth)
    right = [_right(one, boxes, overlap_min) for one, boxes in zip(found, truth, strict=True)]
    scores = np.concatenate([np.zeros(0), *(one.scores for one in found)])
    hits = np.concatenate([np.zeros(0, dtype=np.bool_), *right])
    order = np.argsort(-scores, kind="stable")
    counted = np.cumsum(hits[order])
    recall = counted / max(people, 1)
    precision = counted / np.arange(1, len(order) + 1)
    falling = np.maximum.accumulate(precision[::-1])[::-1]
    area = float(np.sum(np.diff(np.concatenate([[0.0], recall])) * falling))
    sure = scores >= score_min
    return DetectionScore(
        average_precision=area,
        recall=float(hits[sure].sum() / max(people, 1)),
        precision=float(hits[sure].mean()) if sure.any() else 0.0,
        people=people,
        found=int(sure.sum()),
    )


def _right(found: Found, truth: Floats, overlap_min: float) -> npt.NDArray[np.bool_]:
    """Which detections of a picture are right: each takes what it overlaps most, if that is still free."""
    right = np.zeros(len(found.scores), dtype=np.bool_)
    shared = overlaps(found.boxes, truth)
    free = np.ones(len(truth), dtype=np.bool_)
    for number in np.argsort(-found.scores, kind="stable"):
        if not free.any():
            break
        best = int(np.argmax(np.where(free, shared[number], -1.0)))
        if shared[number, best] >= overlap_min:
            right[number] = True
            free[best] = False
    return right
