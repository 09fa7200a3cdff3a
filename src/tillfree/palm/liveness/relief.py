"""Cues of shape: what moves like a thing with relief, what like a sheet, and what moves along with its surroundings.

A camera sees a plane in two poses through a homography (Hartley and Zisserman, Multiple View Geometry, 2004, section
13.1). What is left of followed points after the best homography is parallax of relief ("plane and parallax": Irani
and Anandan, ECCV 1996) and change of shape: a hand has both, a flat print or a screen has neither. A sheet bends about
one axis only, since paper does not stretch (its Gaussian curvature stays zero: Gauss 1827); a palm with its mounts and
its hollow is curved about two. And the room around a hand does not move with it; that of a picture does.
"""

import math

import numpy as np
import numpy.typing as npt

from tillfree.palm.liveness.following import PALM_PX, Stack
from tillfree.palm.opencv import opencv

__all__ = ["follows", "relief", "roundness"]

Places = npt.NDArray[np.float64]
_POINTS_MIN = 24
_MOTION_MIN_PX = 1.0
_DIRECTIONS = 12
_FLOOR_PX = 0.02
_FREE_OF_PLANE = 8


def relief(stack: Stack) -> float:
    """Natural logarithm of (what a plane leaves over) / (how far the points moved), noise taken off.

    What is left over is smooth over the hand where it is parallax, and rough where it is the error of following: the
    part that a polynomial of the third degree explains counts, less the part of the rough rest that such a polynomial
    would explain by chance. NaN without motion or with too few points.
    """
    left = _left_over(stack)
    if left is None:
        return math.nan
    points, rests, motion_px = left
    smooth2 = _smooth(rests, _free(_powers(points, 3)))
    return math.log((math.sqrt(max(smooth2, 0.0)) + _FLOOR_PX) / motion_px)


def roundness(stack: Stack) -> float:
    """The same of what is left after the best sheet: a plane that is bent about one axis, whichever that is."""
    left = _left_over(stack)
    if left is None:
        return math.nan
    points, rests, motion_px = left
    whole = _smooth(rests, _free(_powers(points, 3)))
    best = 0.0
    for step in range(_DIRECTIONS):
        angle = math.pi * step / _DIRECTIONS
        along = points[:, 0] * math.cos(angle) + points[:, 1] * math.sin(angle)
        bent = _free(np.stack([along**2, along**3], axis=1))
        best = max(best, _smooth(rests, np.concatenate([_of_plane(points), bent], axis=1)))
    return math.log((math.sqrt(max(whole - best, 0.0)) + _FLOOR_PX) / motion_px)


def follows(stack: Stack) -> float:
    """The share of points beside the hand that move as the hand's plane does; NaN where none could tell.

    Only frames in which the hand would have carried such a point two pixels on are asked.
    """
    cv2 = opencv()
    if stack.hand.shape[1] < _POINTS_MIN or stack.around.shape[1] < 4:
        return math.nan
    with_hand, asked = 0, 0
    for number in range(1, stack.count):
        plane, _ = cv2.findHomography(stack.hand[0], stack.hand[number], cv2.RANSAC, 2.0, maxIters=200)
        if plane is None:
            continue
        carried = cv2.perspectiveTransform(stack.around[0][:, None], plane)[:, 0]
        telling = np.linalg.norm(carried - stack.around[0], axis=1) > 2.0
        away = np.linalg.norm(carried - stack.around[number], axis=1)
        stayed = np.linalg.norm(stack.around[number] - stack.around[0], axis=1)
        asked += int(telling.sum())
        with_hand += int((telling & (away < stayed)).sum())
    return with_hand / asked if asked >= 6 else math.nan


def _left_over(stack: Stack) -> tuple[Places, Places, float] | None:
    """Points (n, 2) about -1 to 1, what the best planes leave over (frames - 1, n, 2) in pixels, root mean motion."""
    cv2 = opencv()
    if stack.count < 3 or stack.hand.shape[1] < _POINTS_MIN:
        return None
    start = stack.hand[0]
    rests = []
    for there in stack.hand[1:]:
        # A wide tolerance: fingers that stand out are what is looked for; points that jumped are not.
        plane, _ = cv2.findHomography(start, there, cv2.RANSAC, 5.0, maxIters=200)
        if plane is None:
            return None
        rests.append(there - cv2.perspectiveTransform(start[:, None], plane)[:, 0])
    rest: Places = np.array(rests, dtype=np.float64)
    size = np.linalg.norm(rest, axis=2).max(axis=0)
    kept = size < max(6.0 * float(np.median(size)), 2.0)
    if kept.sum() < _POINTS_MIN:
        return None
    motion = stack.hand[1:, kept] - start[kept]
    motion_px = math.sqrt(float((motion**2).sum(axis=2).mean()))
    if motion_px < _MOTION_MIN_PX:
        return None
    middle = start[kept].mean(axis=0)
    points: Places = (start[kept] - middle) / PALM_PX
    return points, rest[:, kept], motion_px


def _powers(points: Places, degree: int) -> Places:
    """All products of x and y up to a degree (n, terms)."""
    x, y = points.T
    return np.stack([x**i * y**j for i in range(degree + 1) for j in range(degree + 1 - i)], axis=1)


def _free(base: Places) -> Places:
    """A base (n, k) for x and once more for y: (2 n, 2 k), x of all points first."""
    twice: Places = np.kron(np.eye(2), base).astype(np.float64)
    return twice


def _of_plane(points: Places) -> Places:
    """How points move when a plane's homography changes a little: (2 n, 8), x of all points first."""
    x, y = points.T
    tilts = np.stack([np.concatenate([x * x, x * y]), np.concatenate([x * y, y * y])], axis=1)
    return np.concatenate([_free(_powers(points, 1)), tilts], axis=1)


def _smooth(rests: Places, base: Places) -> float:
    """The mean square in pixels² that a base (2 n, k) explains of what is left over, beyond what it would by chance."""
    turned, _ = np.linalg.qr(base)
    values = rests.transpose(0, 2, 1).reshape(len(rests), -1)
    inside2 = float(((values @ turned) ** 2).sum()) / len(values)
    count, rank = values.shape[1], turned.shape[1]
    rough2 = (float((values**2).sum()) / len(values) - inside2) / max(count - rank, 1)
    # A plane's own freedom was taken out before, and with it that much noise.
    beyond: float = (inside2 - max(rank - _FREE_OF_PLANE, 0) * rough2) / (count / 2)
    return beyond
