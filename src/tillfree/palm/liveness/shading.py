"""Cues of light: how brightness changes as the hand moves.

The lamp stays, the hand turns: on relief every slope brightens or darkens by itself (Lambert 1760), on a flat print all
places do so nearly alike, and a screen does not care, since its light is its own. A mirror-like gloss moves over the
surface as a small bright spot (the half-way vector: Blinn 1977): skin's is broad and weak, that of glass, photo paper
and silicone narrow or strong. A screen's refresh beats with the camera's shutter and leaves bands along its rows.
"""

import math

import numpy as np
import numpy.typing as npt

from tillfree.palm.liveness.following import PATCH_PX, Stack
from tillfree.palm.opencv import opencv

__all__ = ["bands", "glint", "shading"]

Floats = npt.NDArray[np.float32]
_SMALL_PX = 40
_DARK = 0.02


def shading(stack: Stack) -> float:
    """Natural logarithm of how unevenly the palm's brightness changes between frames, plane changes taken out.

    The unit is natural logarithms of brightness; the median over frames against the first. NaN with one frame.
    """
    changes = _changes(stack)
    if changes is None:
        return math.nan
    base = _base()
    flat = changes.reshape(len(changes), -1)
    rest = flat - flat @ base @ base.T
    spread = np.sqrt((rest**2).mean(axis=1))
    return math.log(float(np.median(spread)) + 1e-3)


def glint(stack: Stack) -> float:
    """How much brighter the palm's brightest spot is than its surroundings, in natural logarithms; 99th percentile.

    Measured at the scale of a thirtieth of the palm upwards, on the frame where it is strongest.
    """
    cv2 = opencv()
    spots = []
    for patch in stack.patches:
        light = np.log(np.maximum(patch.min(axis=2), _DARK))
        small = cv2.resize(light, (_SMALL_PX, _SMALL_PX), interpolation=cv2.INTER_AREA)
        wide = cv2.GaussianBlur(small, (0, 0), 6.0)
        spots.append(float(np.quantile(small - wide, 0.99)))
    return max(spots)


def bands(stack: Stack) -> float:
    """Natural logarithm of changes along the camera's rows against those along its columns; NaN with one frame.

    Frames are compared after the palm was laid over itself, along the directions that the first frame's rows have
    there.
    """
    changes = _changes(stack)
    if changes is None:
        return math.nan
    along_rows, along_columns = _directions(stack)
    return math.log((_striped(changes, along_columns) + 3e-4) / (_striped(changes, along_rows) + 3e-4))


def _changes(stack: Stack) -> Floats | None:
    """Logarithms of brightness (frames - 1, small, small) against the first frame."""
    cv2 = opencv()
    if stack.count < 2:
        return None
    size = (_SMALL_PX, _SMALL_PX)
    means = [cv2.resize(p.mean(axis=2), size, interpolation=cv2.INTER_AREA) for p in stack.patches]
    logs = np.log(np.maximum(np.stack(means), _DARK))
    changes: Floats = _softened(logs[1:] - logs[0])
    return changes


def _softened(pictures: Floats) -> Floats:
    """Each picture without its finest detail: palms do not lie exactly over each other."""
    cv2 = opencv()
    return np.stack([cv2.GaussianBlur(picture, (0, 0), 1.2) for picture in pictures]).astype(np.float32)


def _base() -> Floats:
    """An orthonormal base (places, 3) of constants and slopes."""
    side = np.linspace(-1.0, 1.0, _SMALL_PX)
    x, y = np.meshgrid(side, side)
    base, _ = np.linalg.qr(np.stack([np.ones_like(x).ravel(), x.ravel(), y.ravel()], axis=1))
    return base.astype(np.float32)


def _directions(stack: Stack) -> tuple[tuple[float, float], tuple[float, float]]:
    """Unit vectors in the patch along the camera's rows and columns."""
    matrix = stack.to_patch
    centre = np.linalg.inv(matrix) @ np.array([PATCH_PX / 2, PATCH_PX / 2, 1.0])
    centre /= centre[2]
    ways = []
    for step in ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0)):
        there = matrix @ (centre + np.array(step))
        way = there[:2] / there[2] - PATCH_PX / 2
        way /= max(float(np.linalg.norm(way)), 1e-9)
        ways.append((float(way[0]), float(way[1])))
    return ways[0], ways[1]


def _striped(changes: Floats, way: tuple[float, float]) -> float:
    """The deviation of profiles along a direction, slow slopes taken out: large where stripes lie across it."""
    side = np.linspace(-1.0, 1.0, _SMALL_PX)
    x, y = np.meshgrid(side, side)
    place = np.clip(((x * way[0] + y * way[1]) * 0.5 + 0.5) * _SMALL_PX, 0, _SMALL_PX - 1).astype(int).ravel()
    counts = np.bincount(place, minlength=_SMALL_PX)
    used = counts >= 8
    steps = np.arange(_SMALL_PX)[used] / _SMALL_PX - 0.5
    slow = np.stack([np.ones_like(steps), steps, steps**2], axis=1)
    deviations = []
    for change in changes:
        profile = np.bincount(place, weights=change.ravel(), minlength=_SMALL_PX)[used] / counts[used]
        solved, *_ = np.linalg.lstsq(slow, profile, rcond=None)
        deviations.append(float(np.std(profile - slow @ solved)))
    return float(np.median(deviations))
