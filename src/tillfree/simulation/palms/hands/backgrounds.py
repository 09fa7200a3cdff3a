"""What lies behind a hand: plain and graded grounds, bright or dark, heaps of shapes, and things at the border.

Heaps of shapes over each other have the statistics of natural pictures (Lee, Mumford and Huang, Occlusion models for
natural images, IJCV 41, 2001).
"""

import numpy as np
import numpy.typing as npt

from tillfree.palm.opencv import cv2
from tillfree.palm.samples import Band

__all__ = ["background"]

Singles = npt.NDArray[np.float32]
_SKIN = np.array([0.85, 0.62, 0.50])


def background(rng: np.random.Generator, width: int, height: int, band: Band) -> Singles:
    """Light (h, w, 3), 0 to 1."""
    kind = rng.random()
    if kind < 0.7:
        ground = _graded(rng, width, height)
        if rng.random() < 0.6:
            _border(rng, ground)
        if rng.random() < 0.25:
            _shapes(rng, ground, int(rng.integers(1, 6)))
    else:
        ground = _graded(rng, width, height)
        _shapes(rng, ground, int(np.exp(rng.uniform(1.5, 4.5))))
    if rng.random() < 0.5:
        ground = cv2.GaussianBlur(ground, (0, 0), float(rng.uniform(0.5, 0.02 * width)))
    if rng.random() < 0.3:
        cell = rng.uniform(1.0, 0.1 * width)
        grain = rng.normal(0.0, 0.06, (max(int(height / cell), 2), max(int(width / cell), 2))).astype(np.float32)
        ground += cv2.resize(grain, (width, height))[..., None]
    if band == "nir":
        ground = np.repeat((ground @ rng.dirichlet(np.ones(3)))[..., None], 3, axis=2)
    return np.clip(ground, 0.0, 1.0).astype(np.float32)


def _graded(rng: np.random.Generator, width: int, height: int) -> Singles:
    kind = rng.random()
    if kind < 0.35:
        level = np.full(3, rng.uniform(0.75, 1.0)) + rng.normal(0.0, 0.03, 3)
    elif kind < 0.65:
        level = np.full(3, rng.uniform(0.0, 0.18)) + rng.normal(0.0, 0.01, 3)
    else:
        level = rng.uniform(0.0, 1.0, 3) if rng.random() < 0.5 else np.full(3, rng.uniform(0.0, 1.0))
    small = level + rng.uniform(0.0, 0.2) * rng.standard_normal((2, 2, 1)) * (0.2 + level)
    ground: Singles = cv2.resize(small.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    return ground


def _border(rng: np.random.Generator, ground: Singles) -> None:
    """Edges of a box, lamps, paper and people's clothes, that reach into the picture."""
    height, width = ground.shape[:2]
    for _ in range(int(rng.integers(1, 7))):
        side = int(rng.integers(4))
        along = rng.uniform(-0.1, 1.1)
        deep, wide = rng.uniform(0.01, 0.22), rng.uniform(0.02, 0.5) * rng.choice([0.4, 1.0])
        right, left = along + wide * rng.uniform(0.0, 0.6), along - wide * rng.uniform(0.0, 0.6)
        points = np.array([(along - wide / 2, -0.05), (along + wide / 2, -0.05), (right, deep), (left, deep)])
        if side % 2:
            points = points[:, ::-1]
        if side >= 2:
            points = 1.0 - points
        _fill(rng, ground, points * (width, height))


def _shapes(rng: np.random.Generator, ground: Singles, count: int) -> None:
    height, width = ground.shape[:2]
    for _ in range(count):
        radius = 0.03 / np.sqrt(rng.uniform(0.006, 1.0))
        turns = np.sort(rng.uniform(0.0, 2 * np.pi, int(rng.integers(3, 9))))
        stretch = rng.uniform(0.2, 1.4, 2)
        at = rng.uniform(0.0, 1.0, 2)
        points = at + radius * stretch * np.stack([np.cos(turns), np.sin(turns)], axis=1)
        _fill(rng, ground, points * (width, height))


def _fill(rng: np.random.Generator, ground: Singles, points: npt.NDArray[np.float64]) -> None:
    kind = rng.random()
    if kind < 0.35:
        colour = np.full(3, rng.uniform(0.7, 1.0))
    elif kind < 0.5:
        # The colour of skin is no proof of a hand.
        colour = _SKIN * rng.uniform(0.4, 1.1)
    else:
        colour = rng.uniform(0.0, 1.0, 3)
    fixed = np.round(points * 16.0).astype(np.int32)[:, None]
    cv2.fillPoly(ground, [fixed], colour.tolist(), cv2.LINE_AA, 4)
