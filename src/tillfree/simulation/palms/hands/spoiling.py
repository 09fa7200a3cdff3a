"""Pictures of hands as a worse camera, poor light or a careless person gives them, spoiled in one known way."""

import math

import numpy as np
import numpy.typing as npt

from tillfree.palm.opencv import cv2
from tillfree.palm.samples import HandImage
from tillfree.simulation.errors import SimulationError

__all__ = ["SPOILINGS", "spoiled"]

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
SPOILINGS = ("blurred", "moved", "noisy", "dark", "bright", "warm", "side light", "low contrast", "glare", "cut off",
             "too far")  # fmt: skip
_NOISE = 0.004
"""What every camera has."""
_LEAST_PX = 48


def spoiled(
    rng: np.random.Generator, image: HandImage, kind: str, hard: float, middle: Floats, palm_px: float
) -> HandImage:
    """The picture, spoiled by `hard` from 0 (hardly) to 1 (so that most hands are lost).

    `middle` (x, y) and `palm_px` are where the palm is and how wide, in pixels. An empty kind leaves it as it is. A
    camera's noise and 256 levels come on top.

    Raises:
        SimulationError: there is no such kind.
    """
    if kind and kind not in SPOILINGS:
        raise SimulationError(f"pictures are not spoiled by {kind!r}; known are {', '.join(SPOILINGS)}")
    light: Singles = image.pixels.astype(np.float32) / np.float32(255.0)
    noise = _NOISE
    if kind == "blurred":
        light = cv2.GaussianBlur(light, (0, 0), palm_px * (0.002 + 0.045 * hard**2))
    elif kind == "moved":
        light = _moved(light, rng.uniform(0.0, math.pi), palm_px * 0.22 * hard)
    elif kind == "noisy":
        noise = _NOISE + 0.16 * hard**2
    elif kind in {"dark", "bright"}:
        light = light * np.float32(0.015**hard if kind == "dark" else 1.0 + 2.0 * hard)
    elif kind == "warm":
        light = light * np.array([1.0, 1.0 - 0.4 * hard, 1.0 - 0.8 * hard], np.float32)
    elif kind == "side light":
        light = _side_lit(light, rng.uniform(0.0, 2 * math.pi), hard, middle, palm_px)
    elif kind == "low contrast":
        light = np.float32(light.mean()) + (light - np.float32(light.mean())) * np.float32(1.0 - 0.97 * hard)
    elif kind == "glare":
        _glare(rng, light, hard, middle, palm_px)
    elif kind == "cut off":
        light = _cut(light, int(rng.integers(4)), middle, palm_px * (0.55 - 0.65 * hard))
    elif kind == "too far":
        light = _smaller(light, 1.0 - 0.88 * hard)
    light = light + noise * rng.standard_normal((*light.shape[:2], 1), dtype=np.float32)
    return HandImage(np.clip(light * 255.0 + 0.5, 0, 255).astype(np.uint8), image.band)


def _glare(rng: np.random.Generator, light: Singles, hard: float, middle: Floats, palm_px: float) -> None:
    """Glints, drawn into the light."""
    for _ in range(round(2 + 12 * hard)):
        at = middle + rng.uniform(-0.45, 0.45, 2) * palm_px
        size = palm_px * (0.01 + 0.1 * hard * rng.random())
        cv2.circle(light, (round(at[0]), round(at[1])), max(round(size), 1), (1.3, 1.3, 1.3), -1, cv2.LINE_AA)


def _moved(light: Singles, way: float, length_px: float) -> Singles:
    """Moved while the shutter was open."""
    side = 2 * math.ceil(length_px / 2.0) + 1
    bar = np.zeros((side, side), np.float32)
    reach = 0.5 * length_px * np.array([math.cos(way), math.sin(way)])
    ends = np.round(16.0 * (side // 2 + np.stack([-reach, reach]))).astype(int).tolist()
    cv2.line(bar, ends[0], ends[1], 1.0, 1, cv2.LINE_AA, 4)
    streaked: Singles = cv2.filter2D(light, -1, bar / bar.sum(), borderType=cv2.BORDER_REPLICATE)
    return streaked


def _side_lit(light: Singles, way: float, hard: float, middle: Floats, palm_px: float) -> Singles:
    """Three times as much light on one side of the palm as on the other, or more."""
    rows, columns = np.ogrid[: light.shape[0], : light.shape[1]]
    along = ((columns - middle[0]) * math.cos(way) + (rows - middle[1]) * math.sin(way)) / palm_px
    level = np.exp(np.clip(3.0 * hard * along, -3.0, 1.0)).astype(np.float32)
    lit: Singles = light * level[..., None]
    return lit


def _cut(light: Singles, side: int, middle: Floats, kept_px: float) -> Singles:
    """Without what lies further than `kept_px` from the palm's middle on one side."""
    turned = np.rot90(light, side)
    height, width = light.shape[:2]
    x, y = ((middle[0], middle[1]), (middle[1], width - 1 - middle[0]), (width - 1 - middle[0], height - 1 - middle[1]),
            (height - 1 - middle[1], middle[0]))[side]  # fmt: skip
    del x
    last = min(max(math.ceil(y + kept_px), _LEAST_PX), turned.shape[0])
    return np.ascontiguousarray(np.rot90(turned[:last], -side))


def _smaller(light: Singles, share: float) -> Singles:
    height, width = light.shape[:2]
    share = max(share, _LEAST_PX / min(height, width))
    size = round(width * share), round(height * share)
    small: Singles = cv2.resize(light, size, interpolation=cv2.INTER_AREA)
    return small
