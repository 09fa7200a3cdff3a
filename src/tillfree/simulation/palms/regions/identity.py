"""One palm that nobody has: layers of creases, ridges, veins, colour and shape, of which any number of samples come."""

import dataclasses

import numpy as np
import numpy.typing as npt

from tillfree.palm.opencv import opencv
from tillfree.simulation.palms.regions.creases import principal_lines, secondary_creases, soft_folds, wrinkles
from tillfree.simulation.palms.regions.strokes import draw_strokes
from tillfree.simulation.palms.regions.veins import vein_tree

__all__ = ["CANVAS_PX", "FLAT_FOLDS", "MARGIN", "TWIN_EVERY", "Palm", "palm_of", "twin_of"]

Bytes = npt.NDArray[np.uint8]
CANVAS_PX = 256
MARGIN = 0.25
"""How far the canvas reaches beyond the region on each side, in sides of the region."""
FLAT_FOLDS = 64
TWIN_EVERY = 8
"""Each eighth palm has the principal lines of the one before it: only finer creases and veins tell them apart."""


@dataclasses.dataclass(frozen=True, slots=True)
class Palm:
    """An identity, in layers.

    `lines` (CANVAS_PX, CANVAS_PX, 4) bytes: principal lines, secondary creases, wrinkles, veins. `skin` the same:
    ridges (128 is flat), mottling (128 is even), folds (soft shadows around lines and bands elsewhere; FLAT_FOLDS is
    none), height of the palm.
    """

    number: int
    lines: Bytes
    skin: Bytes


def twin_of(number: int) -> int:
    """Number of the palm whose principal lines this one has: that before it for each eighth, else its own."""
    return number - 1 if number % TWIN_EVERY == TWIN_EVERY - 1 else number


def palm_of(seed: int, number: int, *, like: int | None = None, bend: float = 0.0) -> Palm:
    """The palm with this number in the world of this seed; always the same.

    Args:
        seed: Seed of a world of palms.
        number: Number of the palm there, from 0.
        like: Number of a palm whose principal lines and mounds this one has; else the lines of `twin_of`, and mounds of
            its own.
        bend: How far the principal lines lie from those they are taken from, in sides of the region.
    """
    main = np.random.default_rng([seed, twin_of(number) if like is None else like, 1])
    rng = np.random.default_rng([seed, number, 2])
    principal = draw_strokes(principal_lines(main), CANVAS_PX, MARGIN)
    if bend > 0.0:
        principal = _bent(principal, bend, np.random.default_rng([seed, number, 5]))
    secondary = draw_strokes(secondary_creases(rng), CANVAS_PX, MARGIN)
    fine = draw_strokes(wrinkles(rng), CANVAS_PX, MARGIN)
    veins = draw_strokes(vein_tree(rng), CANVAS_PX, MARGIN)
    lines = np.dstack([principal, secondary, fine, _soft(veins, rng.uniform(1.5, 3.0))])
    skin = np.dstack([_ridges(rng), _mottling(rng), _folds(principal, secondary, rng)])
    mounds = rng if like is None else np.random.default_rng([seed, like, 6])
    skin = np.dstack([skin, _height(mounds)])
    return Palm(number, lines, skin)


def _bent(canvas: Bytes, strength: float, rng: np.random.Generator) -> Bytes:
    """The same lines a little elsewhere, by a smooth random field."""
    cv2 = opencv()
    axis = np.arange(CANVAS_PX, dtype=np.float32)
    reach = strength * CANVAS_PX / (1.0 + 2.0 * MARGIN)
    across = axis[None] + np.float32(reach) * _smooth_noise(rng, 4)
    down = axis[:, None] + np.float32(reach) * _smooth_noise(rng, 4)
    bent: Bytes = cv2.remap(canvas, across, down, cv2.INTER_LINEAR)
    return bent


def _soft(canvas: Bytes, sigma_px: float) -> Bytes:
    blurred: Bytes = opencv().GaussianBlur(canvas, (0, 0), sigma_px)
    return blurred


def _smooth_noise(rng: np.random.Generator, cells: int) -> npt.NDArray[np.float32]:
    """Noise (CANVAS_PX, CANVAS_PX) that changes over `cells` cells a side, of mean 0 and deviation about 1."""
    coarse = rng.standard_normal((cells, cells), dtype=np.float32)
    smooth: npt.NDArray[np.float32] = opencv().resize(
        coarse, (CANVAS_PX, CANVAS_PX), interpolation=opencv().INTER_CUBIC
    )
    return smooth


def _to_bytes(values: npt.NDArray[np.float32], gain: float) -> Bytes:
    levels: Bytes = np.clip(128.0 + gain * values, 0.0, 255.0).astype(np.uint8)
    return levels


def _ridges(rng: np.random.Generator) -> Bytes:
    """Fine grain along a flow that changes over the palm: noise that is filtered in four directions and mixed."""
    cv2 = opencv()
    noise = rng.standard_normal((CANVAS_PX, CANVAS_PX), dtype=np.float32)
    flow = _smooth_noise(rng, 4) * float(rng.uniform(0.3, 1.2)) + float(rng.uniform(0, np.pi))
    wave = rng.uniform(3.0, 5.5)
    grain = np.zeros_like(noise)
    for turn in (np.arange(4) * np.pi / 4).tolist():
        kernel = cv2.getGaborKernel((9, 9), 2.2, turn, wave, 0.6, 0).astype(np.float32)
        kernel -= kernel.mean()
        share = np.maximum(np.cos(2.0 * (flow - turn)), 0.0)
        grain += share * cv2.filter2D(noise, -1, kernel)
    return _to_bytes(grain / (grain.std() + 1e-6), 40.0)


def _mottling(rng: np.random.Generator) -> Bytes:
    """Blotches of colour of three sizes."""
    spots = sum(_smooth_noise(rng, cells) * rng.uniform(0.3, 1.0) for cells in (6, 14, 40))
    return _to_bytes(np.asarray(spots, dtype=np.float32), 40.0)


def _folds(principal: Bytes, secondary: Bytes, rng: np.random.Generator) -> Bytes:
    """Broad soft shadows where the palm folds, and soft bands beside them, drawn at a quarter of the size."""
    cv2 = opencv()
    both = cv2.addWeighted(principal, 1.0, secondary, 0.35, 0.0)
    small = cv2.resize(both, (CANVAS_PX // 4, CANVAS_PX // 4), interpolation=cv2.INTER_AREA).astype(np.float32)
    shadows = 2.0 * cv2.GaussianBlur(small, (0, 0), float(rng.uniform(1.2, 2.8)))
    dark, bright = (draw_strokes(soft_folds(rng), CANVAS_PX // 4, MARGIN).astype(np.float32) for _ in range(2))
    bands = cv2.GaussianBlur(dark - bright, (0, 0), float(rng.uniform(0.8, 2.0)))
    levels = np.clip(FLAT_FOLDS + 0.7 * shadows + 0.5 * bands, 0.0, 255.0).astype(np.uint8)
    folds: Bytes = cv2.resize(levels, (CANVAS_PX, CANVAS_PX))
    return folds


def _height(rng: np.random.Generator) -> Bytes:
    """The mounds of thumb and little finger and those under the fingers, and a hollow between them."""
    places = np.array([[0.05, 0.75], [0.95, 0.75], [0.15, 0.05], [0.4, 0.0], [0.65, 0.0], [0.9, 0.08]])
    places = places + rng.normal(0.0, 0.08, places.shape)
    heights = np.array([1.0, 0.8, 0.5, 0.4, 0.4, 0.5]) * rng.uniform(0.5, 1.3, 6)
    sizes = np.array([0.33, 0.3, 0.16, 0.13, 0.13, 0.16]) * rng.uniform(0.8, 1.3, 6)
    grid = (np.arange(64) + 0.5) / 64 * (1 + 2 * MARGIN) - MARGIN
    away_x = np.exp(-0.5 * ((grid[None] - places[:, :1]) / sizes[:, None]) ** 2)
    away_y = np.exp(-0.5 * ((grid[None] - places[:, 1:]) / sizes[:, None]) ** 2)
    shape = np.einsum("k,ky,kx->yx", heights, away_y, away_x).astype(np.float32)
    raised: Bytes = opencv().resize(
        np.clip(shape * 140.0, 0, 255).astype(np.uint8), (CANVAS_PX, CANVAS_PX), interpolation=opencv().INTER_CUBIC
    )
    return raised
