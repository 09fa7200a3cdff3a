"""Curved lines on a canvas: cubic Bezier curves that wobble, taper and vary in depth as skin creases do.

The idea to draw creases as Bezier curves is that of Zhao et al., BezierPalm: A free lunch for palmprint recognition
(ECCV 2022); shapes, numbers and code are our own.
"""

import dataclasses

import numpy as np
import numpy.typing as npt

from tillfree.palm.opencv import opencv

__all__ = ["Strokes", "along", "draw_strokes", "joined", "wobble"]

Floats = npt.NDArray[np.float32]
_SHIFT = 4


@dataclasses.dataclass(frozen=True, slots=True)
class Strokes:
    """Lines of m points each.

    `points` (n, m, 2) in region units, x to the right and y down; `depths` (n, m) 0 to 1; `widths` (n, m) in
    thousandths of the region's side.
    """

    points: Floats
    depths: npt.NDArray[np.floating]
    widths: npt.NDArray[np.floating]


def joined(parts: list[Strokes]) -> Strokes:
    """All strokes of some sets that have as many points each."""
    return Strokes(
        np.concatenate([part.points for part in parts]),
        np.concatenate([part.depths for part in parts]),
        np.concatenate([part.widths for part in parts]),
    )


def along(controls: npt.NDArray[np.floating], steps: int) -> Floats:
    """Points (n, steps, 2) of cubic Bezier curves with the control points (n, 4, 2)."""
    t = np.linspace(0.0, 1.0, steps)
    basis = np.stack([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3], axis=1)
    curves: Floats = np.einsum("tk,nkd->ntd", basis, controls).astype(np.float32)
    return curves


def wobble(points: Floats, size: float, rng: np.random.Generator, waves: int = 4) -> Floats:
    """The points moved across their own direction by a few waves, the longer the stronger; `size` in region units."""
    count, steps = points.shape[:2]
    t = np.linspace(0.0, 1.0, steps)
    numbers = np.arange(1, waves + 1)
    phases = rng.uniform(0.0, 2 * np.pi, (count, waves, 1))
    sizes = rng.normal(0.0, 1.0, (count, waves, 1)) / numbers[:, None]
    off = (sizes * np.sin(2 * np.pi * numbers[:, None] * t * rng.uniform(0.6, 1.4, (count, waves, 1)) + phases)).sum(1)
    ahead = np.gradient(points, axis=1)
    ahead /= np.linalg.norm(ahead, axis=2, keepdims=True) + 1e-9
    across = np.stack([-ahead[..., 1], ahead[..., 0]], axis=2)
    moved: Floats = (points + size * off[..., None] * across).astype(np.float32)
    return moved


def draw_strokes(strokes: Strokes, canvas_px: int, margin: float) -> npt.NDArray[np.uint8]:
    """A canvas (canvas_px, canvas_px) of bytes, 255 where it is deepest; where strokes cross, the deepest counts.

    Args:
        strokes: What is drawn.
        canvas_px: Pixels of a side.
        margin: How far the canvas reaches beyond the region on each side, in sides of the region.
    """
    cv2 = opencv()
    scale = canvas_px / (1.0 + 2.0 * margin)
    at = np.round(((strokes.points + margin) * scale - 0.5) * (1 << _SHIFT)).astype(np.int32)
    depths = np.clip(strokes.depths * 255.0, 0.0, 255.0)
    depths = np.round(0.5 * (depths[:, :-1] + depths[:, 1:])).astype(int)
    wide = np.maximum(0.5 * (strokes.widths[:, :-1] + strokes.widths[:, 1:]) * scale / 1000.0, 0.35)
    # A line thinner than a pixel is drawn one pixel wide and as much fainter.
    depths = np.round(depths * np.minimum(wide, 1.0)).astype(int)
    thick = np.maximum(np.round(wide), 1).astype(int)
    canvas = np.zeros((canvas_px, canvas_px), dtype=np.uint8)
    line, smooth = cv2.line, cv2.LINE_AA
    for number in np.argsort(depths.max(axis=1), kind="stable"):
        row = at[number].tolist()
        for start, end, depth, px in zip(row, row[1:], depths[number].tolist(), thick[number].tolist(), strict=False):
            if depth > 2:
                line(canvas, start, end, depth, px, smooth, _SHIFT)
    return canvas
