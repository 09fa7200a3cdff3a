"""Cues of fine structure: what lines look like, how soft they are in each colour, and what should not be there at all.

Light travels under the skin before it comes out again, red and near infrared further than green and blue (Jensen et
al., A practical model for subsurface light transport, SIGGRAPH 2001): folds are paler and softer in red. Ink and
pigment on paper or in silicone are as sharp in one colour as in another. Pixels of screens and dots of prints are
regular, so they show as narrow peaks of the spectrum, directly or as moiré (Amidror, The Theory of the Moiré
Phenomenon, 2009). Powers are means over products of *different* frames, so that noise, which is new in each, does not
count: dim light makes a cue uncertain, not different.
"""

import dataclasses
import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tillfree.palm.liveness.following import Stack
from tillfree.palm.opencv import opencv

__all__ = ["Detail", "detail_of", "peak"]

Floats = npt.NDArray[np.float32]
_SIGMAS_PX = (0.9, 1.8, 3.6, 7.2)
_DARK = 0.02
_TILE_PX = 128
_HALF_MIN = 24
_EDGE = 8
_POWER_MIN = 1e-6


@dataclasses.dataclass(frozen=True, slots=True)
class Detail:
    """Structure of a palm by scale, in natural logarithms of brightness.

    `fine`, `middle`, `coarse` are logarithms of its root mean square at widths of about 1, 2 and 4 pixels of a patch (a
    patch is 0.85 palm widths and 128 pixels); `lines` (patch, patch, colours) is the mean of the frames at the middle
    and coarse scale, by colour. Deviations of colours, by colour, are `by_colour` (colours, 3).
    """

    fine: float
    middle: float
    coarse: float
    by_colour: npt.NDArray[np.float64]
    lines: Floats
    tints: npt.NDArray[np.float64]


def detail_of(stack: Stack) -> Detail:
    """Measures a stack; with one frame noise counts as structure."""
    cv2 = opencv()
    logs = np.log(np.maximum(stack.patches, _DARK))
    levels = [np.stack([cv2.GaussianBlur(log, (0, 0), sigma).reshape(log.shape) for log in logs])
              for sigma in _SIGMAS_PX]  # fmt: skip
    inner = (slice(None), slice(_EDGE, -_EDGE), slice(_EDGE, -_EDGE))
    powers = np.array([_power((one - next_)[inner]) for one, next_ in pairwise(levels)])
    roots = 0.5 * np.log(np.maximum(powers, _POWER_MIN)).T
    middle = min(1, roots.shape[0] - 1)
    lines = (levels[0] - levels[3]).mean(axis=0)
    tints = np.median(stack.patches.reshape(-1, stack.patches.shape[-1]), axis=0)
    fine, mid, coarse = (float(value) for value in roots[middle])
    return Detail(fine, mid, coarse, roots, lines.astype(np.float32), np.log(np.maximum(tints, _DARK)) * 2.2)


def _power(layers: Floats) -> npt.NDArray[np.float64]:
    """Mean square (colours,) over places, as products of different frames (frames, rows, columns, colours)."""
    layers = layers - layers.mean(axis=(1, 2), keepdims=True)
    count = len(layers)
    alone = (layers**2).sum(axis=0).mean(axis=(0, 1), dtype=np.float64)
    if count == 1:
        return np.asarray(alone)
    together = (layers.sum(axis=0) ** 2).mean(axis=(0, 1), dtype=np.float64)
    return np.asarray((together - alone) / (count * (count - 1)))


def peak(stack: Stack) -> float:
    """Natural logarithm of the highest narrow peak of the spectrum against its neighbourhood; median of frames.

    Moiré turns and widens with every move of the hand, so that each frame has its own peak.

    Looked at in the middle of the palm at the camera's own resolution, in brightness and in the difference of red and
    green (subpixels of a screen are coloured). Where JPEG puts the borders of its blocks is left out.
    """
    tiles = [tile for each in stack.seen if (tile := _tile(each.frame.pixels, each.square)) is not None]
    if not tiles:
        return math.nan
    side = min(min(tile.shape[:2]) for tile in tiles)
    heights = []
    for tile in tiles:
        part = tile[:side, :side].astype(np.float32)
        views = [part if part.ndim == 2 else part.mean(axis=2)]
        if part.ndim == 3:
            views.append(part[..., 0] - part[..., 1])
        heights.append(max(_prominence(_spectrum(view)) for view in views))
    return float(np.median(heights))


def _tile(pixels: npt.NDArray[np.uint8], square: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8] | None:
    middle = square.mean(axis=0)
    half = min(_TILE_PX, int(np.linalg.norm(square[1] - square[0]))) // 2
    left, top = (round(float(value)) - half for value in middle)
    left, top = max(min(left, pixels.shape[1] - 2 * half), 0), max(min(top, pixels.shape[0] - 2 * half), 0)
    tile = pixels[top : top + 2 * half, left : left + 2 * half]
    return tile if half >= _HALF_MIN and min(tile.shape[:2]) == 2 * half else None


def _spectrum(view: Floats) -> Floats:
    """Power (side, side / 2 + 1) with a window against the borders (Hann)."""
    window = np.hanning(view.shape[0]).astype(np.float32)
    detail = view - opencv().GaussianBlur(view, (0, 0), 3.0)
    power: Floats = (np.abs(np.fft.rfft2(detail * window[:, None] * window)) ** 2 / view.size).astype(np.float32)
    return power


def _prominence(power: Floats) -> float:
    cv2 = opencv()
    rolled = cv2.GaussianBlur(np.fft.fftshift(power, axes=0), (0, 0), 0.7)
    # The mean over a ring of bins, without the middle: what a broad rise of the spectrum, as of ridges, has there too.
    wide, narrow = cv2.boxFilter(rolled, -1, (15, 15)), cv2.boxFilter(rolled, -1, (5, 5))
    ring = (wide * 225 - narrow * 25) / 200
    fine = np.log((rolled + 1e-2) / (np.maximum(ring, 0.0) + 1e-2))
    rows = np.fft.fftshift(np.fft.fftfreq(rolled.shape[0]))[:, None]
    columns = np.arange(rolled.shape[1])[None, :] / rolled.shape[0]
    far = np.hypot(rows, columns) > 0.1
    bin_ = 2.1 / rolled.shape[0]
    of_blocks = np.zeros_like(far)
    for way, other in ((rows, columns), (columns, rows)):
        of_blocks |= (np.abs(way * 8 - np.round(way * 8)) < 8 * bin_) & (np.abs(other) < bin_)
    return float(fine[far & ~of_blocks].max())
