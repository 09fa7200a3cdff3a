"""A sample of a palm: the layers of its identity, bent and misplaced a little, lit, and seen through a lens."""

import dataclasses

import numpy as np
import numpy.typing as npt

from tillfree.palm.opencv import opencv
from tillfree.palm.samples import REGION_PX
from tillfree.simulation.palms.regions.conditions import Conditions, Range
from tillfree.simulation.palms.regions.identity import CANVAS_PX, FLAT_FOLDS, MARGIN, Palm

__all__ = ["photograph", "surface"]

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]


def photograph(
    palm: Palm, conditions: Conditions, rng: np.random.Generator, side_px: int = REGION_PX
) -> tuple[Floats, Mask]:
    """One sample: grey levels (side_px, side_px) from 0 to 1, and where there is palm.

    Args:
        palm: The identity.
        conditions: From what the placement, light and lens of this sample are drawn.
        rng: Where they are drawn from.
        side_px: Pixels of a side of the region.
    """
    cv2 = opencv()
    across, down, inside = _map(conditions, rng, side_px)
    lines = cv2.remap(palm.lines, across, down, cv2.INTER_LINEAR).astype(np.float32) / 255.0
    skin = cv2.remap(palm.skin, across, down, cv2.INTER_LINEAR).astype(np.float32) / 255.0
    grey = _lit(lines, skin, conditions, rng)
    grey = _seen(grey, conditions, rng)
    mask = inside & _kept(conditions, rng, side_px)
    if not mask.all():
        # What lies there is no skin: dark, bright or something in between.
        grey[~mask] = rng.uniform(0.0, 1.0)
        if rng.random() < 0.25:
            mask = cv2.dilate(mask.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool)
    return grey, mask


def surface(palm: Palm, conditions: Conditions, rng: np.random.Generator) -> Floats:
    """What share of the light a palm's lines and veins leave, on its whole canvas (CANVAS_PX, CANVAS_PX), 0.05 to 2.

    1 is even skin. Only how strongly each kind of line shows is drawn; placement, light and lens are for others to add.
    """
    even = dataclasses.replace(conditions, tone=(1.0, 1.0), light=(0.0, 0.0), mounds=(0.0, 0.0))
    shown = _lit(palm.lines.astype(np.float32) / 255.0, palm.skin.astype(np.float32) / 255.0, even, rng)
    return np.clip(shown, 0.05, 2.0).astype(np.float32)


def _draw(rng: np.random.Generator, limits: Range) -> float:
    return float(rng.uniform(*limits))


def _field(rng: np.random.Generator, cells: int, side_px: int) -> Floats:
    """A smooth random field (side_px, side_px) of deviation about 1."""
    coarse = rng.standard_normal((cells, cells), dtype=np.float32)
    field: Floats = opencv().resize(coarse, (side_px, side_px), interpolation=opencv().INTER_CUBIC)
    return field


def _map(conditions: Conditions, rng: np.random.Generator, side_px: int) -> tuple[Floats, Floats, Mask]:
    """For each pixel of the region where on the canvas it is seen, and whether that is on it."""
    angle = np.deg2rad(_draw(rng, conditions.rotation_deg))
    # One in twelve is placed worse than the conditions say, as a landmark that is missed leaves it.
    worse = 1.8 if rng.random() < 1 / 12 else 1.0
    size = _draw(rng, conditions.scale)
    turn = size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turn = turn @ (np.eye(2) + rng.normal(0.0, conditions.tilt, (2, 2)) * 0.7)
    tip = rng.normal(0.0, conditions.tilt, 2)
    shift = np.clip(rng.normal(0.0, conditions.shift * worse, 2), -0.18, 0.18)
    axis = ((np.arange(side_px, dtype=np.float32) + 0.5) / side_px - 0.5).astype(np.float32)
    x, y = axis[None, :], axis[:, None]
    depth = 1.0 + np.float32(tip[0]) * x + np.float32(tip[1]) * y
    strength = _draw(rng, conditions.warp)
    u = (turn[0, 0] * x + turn[0, 1] * y) / depth + shift[0] + strength * _field(rng, 4, side_px)
    v = (turn[1, 0] * x + turn[1, 1] * y) / depth + shift[1] + strength * _field(rng, 4, side_px)
    scale = CANVAS_PX / (1.0 + 2.0 * MARGIN)
    middle = CANVAS_PX / 2.0 - 0.5
    across, down = (u * scale + middle).astype(np.float32), (v * scale + middle).astype(np.float32)
    inside = (across >= 0) & (across <= CANVAS_PX - 1) & (down >= 0) & (down <= CANVAS_PX - 1)
    return across, down, inside


def _lit(lines: Floats, skin: Floats, conditions: Conditions, rng: np.random.Generator) -> Floats:
    """Grey levels of the skin under one light; how strongly each kind of line shows changes over the palm."""
    cv2 = opencv()
    side_px = len(lines)
    gain = np.exp(0.35 * _field(rng, 3, side_px))
    creases = _draw(rng, conditions.principal) * lines[..., 0] * gain
    creases += _draw(rng, conditions.secondary) * lines[..., 1]
    creases += _draw(rng, conditions.fine) * lines[..., 2] * (1.5 - 0.5 * gain)
    veins = cv2.GaussianBlur(lines[..., 3], (0, 0), float(rng.uniform(0.8, 3.5)) * side_px / REGION_PX)
    dark = creases + _draw(rng, conditions.veins) * veins * np.exp(0.3 * _field(rng, 3, side_px))
    dark += _draw(rng, conditions.folds) * (skin[..., 2] - FLAT_FOLDS / 255.0)
    dark -= 2.0 * _draw(rng, conditions.ridges) * (skin[..., 0] - 0.5) + 2.0 * _draw(rng, conditions.mottling) * (
        skin[..., 1] - 0.5
    )
    relief = _draw(rng, conditions.relief)
    shade = 1.0 - dark
    if relief > 0.0:
        depth = cv2.GaussianBlur(lines[..., 0] + 0.6 * lines[..., 1] + 0.4 * lines[..., 2], (0, 0), 0.8)
        angle = rng.uniform(0.0, 2 * np.pi)
        shade += relief * _slope(depth, angle) * 0.25
    angle = rng.uniform(0.0, 2 * np.pi)
    axis = np.linspace(-0.5, 0.5, side_px, dtype=np.float32)
    slant = np.float32(np.cos(angle)) * axis[None] + np.float32(np.sin(angle)) * axis[:, None]
    light = 1.0 + _draw(rng, conditions.light) * (0.8 * slant + 0.12 * _field(rng, 3, side_px))
    mounds = cv2.resize(skin[..., 3], (side_px // 4, side_px // 4), interpolation=cv2.INTER_AREA)
    light += _draw(rng, conditions.mounds) * 3.0 * cv2.resize(_slope(mounds, angle), (side_px, side_px))
    tone, contrast = _draw(rng, conditions.tone), _draw(rng, conditions.contrast)
    level = np.maximum(light, 0.15) * np.maximum(1.0 + contrast * (shade - 1.0), 0.05)
    grey: Floats = (tone * level).astype(np.float32)
    return grey


def _slope(heights: Floats, angle: float) -> Floats:
    """How steeply something rises towards a direction, per pixel."""
    cv2 = opencv()
    across = cv2.Sobel(heights, cv2.CV_32F, 1, 0, ksize=3, scale=0.125 * np.cos(angle))
    down = cv2.Sobel(heights, cv2.CV_32F, 0, 1, ksize=3, scale=0.125 * np.sin(angle))
    slope: Floats = across + down
    return slope


def _seen(grey: Floats, conditions: Conditions, rng: np.random.Generator) -> Floats:
    """What a camera makes of it: blur, glints, sharpening, gamma, noise, compression."""
    cv2 = opencv()
    side_px = len(grey)
    if rng.random() < conditions.glints:
        spots = _field(rng, int(rng.integers(8, 40)), side_px)
        grey += np.float32(rng.uniform(0.1, 0.6)) * np.clip(spots - 2.0, 0.0, 1.0)
    grey = cv2.GaussianBlur(grey, (0, 0), _draw(rng, conditions.blur_px) * side_px / REGION_PX)
    motion = _draw(rng, conditions.motion_px) * side_px / REGION_PX
    if motion > 1.0 and rng.random() < 0.3:
        kernel = np.zeros((7, 7), dtype=np.float32)
        angle = rng.uniform(0.0, np.pi)
        reach = 8.0 * motion * np.array([np.cos(angle), np.sin(angle)])
        ends = np.round(48.0 + np.stack([-reach, reach])).astype(int).tolist()
        cv2.line(kernel, ends[0], ends[1], 1.0, 1, cv2.LINE_8, 4)
        grey = cv2.filter2D(grey, -1, kernel / kernel.sum())
    # A camera that sees little contrast is at least not noisier for it.
    noise = _draw(rng, conditions.noise) * min(4.0 * float(grey.std()) + 0.4, 1.2)
    grey = grey + noise * rng.standard_normal(grey.shape, dtype=np.float32)
    sharpen = _draw(rng, conditions.sharpen)
    if sharpen > 0.05:
        grey = grey + sharpen * (grey - cv2.GaussianBlur(grey, (0, 0), float(rng.uniform(0.8, 2.0))))
    grey = np.clip(grey, 0.0, 1.0) ** np.float32(_draw(rng, conditions.gamma))
    if rng.random() < conditions.jpeg:
        quality = int(rng.integers(40, 95))
        packed = cv2.imencode(".jpg", (grey * 255.0).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        grey = cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE).astype(np.float32) / 255.0
    seen: Floats = grey
    return seen


def _kept(conditions: Conditions, rng: np.random.Generator, side_px: int) -> Mask:
    """Where nothing hides the palm: without a side or a corner that is cut off, or a spot that is covered."""
    kept = np.ones((side_px, side_px), dtype=bool)
    if rng.random() >= conditions.cut:
        return kept
    axis = np.linspace(-0.5, 0.5, side_px, dtype=np.float32)
    for _ in range(int(rng.integers(1, 3))):
        angle = rng.uniform(0.0, 2 * np.pi)
        ahead = np.cos(angle) * axis[None] + np.sin(angle) * axis[:, None]
        beside = -np.sin(angle) * axis[None] + np.cos(angle) * axis[:, None]
        bend = rng.normal(0.0, 0.8)
        kept &= ahead + bend * beside**2 < rng.uniform(0.2, 0.6)
    if rng.random() < 0.15:
        x, y = rng.uniform(-0.5, 0.5, 2)
        kept &= (axis[None] - x) ** 2 + (axis[:, None] - y) ** 2 > rng.uniform(0.03, 0.12) ** 2
    return kept if kept.mean() > 0.45 else np.ones_like(kept)
