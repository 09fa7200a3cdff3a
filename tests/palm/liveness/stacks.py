"""Stacks of frames made from numbers: followed points and palms that are known exactly."""

import numpy as np
import numpy.typing as npt

from tillfree.palm.liveness.following import PATCH_PX, Stack
from tillfree.palm.liveness.sights import Sighted
from tillfree.palm.samples import HandImage

Floats = npt.NDArray[np.float64]


def seen_of(pixels: npt.NDArray[np.uint8], count: int) -> list[Sighted]:
    """So many frames of the same bytes, the palm's square in the middle."""
    side = min(pixels.shape[:2])
    square = np.array([(0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8)]) * side
    frame = HandImage(pixels)
    return [Sighted(frame, square, np.repeat(square, 6, axis=0)[:22], 0.7 * side) for _ in range(count)]


def stack_of_points(hand: Floats, around: Floats | None = None) -> Stack:
    """A stack of points (frames, n, 2) alone."""
    empty = np.zeros((len(hand), 0, 2)) if around is None else around
    patches = np.full((len(hand), PATCH_PX, PATCH_PX, 1), 0.5, dtype=np.float32)
    return Stack(seen_of(np.full((64, 64), 128, dtype=np.uint8), len(hand)), hand, empty, patches, np.eye(3))


def stack_of_patches(patches: Floats) -> Stack:
    """A stack of palms (frames, PATCH_PX, PATCH_PX, colours) alone."""
    points = np.zeros((len(patches), 0, 2))
    seen = seen_of(np.full((64, 64), 128, dtype=np.uint8), len(patches))
    return Stack(seen, points, points, patches.astype(np.float32), np.eye(3))


def lines(rng: np.random.Generator, sigma_px: float) -> Floats:
    """Soft structure (PATCH_PX, PATCH_PX) of mean 0 and deviation 1."""
    import cv2

    noise = cv2.GaussianBlur(rng.standard_normal((PATCH_PX, PATCH_PX)), (0, 0), sigma_px)
    return np.asarray((noise - noise.mean()) / noise.std())
