"""A hand before a background, as a camera with all its faults takes it, with the truth about where it is."""

import dataclasses
import math

import numpy as np
import numpy.typing as npt

from tillfree.palm.opencv import cv2
from tillfree.palm.samples import Band, HandImage
from tillfree.simulation.palms.hands.anatomy import HandShape, Pose, body_of, pose_at_random, shape_at_random
from tillfree.simulation.palms.hands.backgrounds import background
from tillfree.simulation.palms.hands.drawing import Cutout, Tilt, draw_cutout, tilt_at_random
from tillfree.simulation.palms.hands.skin import Skin

__all__ = ["Hand", "HandScene", "Place", "empty_scene", "hand_at_random", "hand_scene", "scene_of"]

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
_DETAIL_PX = 160.0
"""Hands are drawn with at most so many pixels per palm width, and enlarged beyond."""


@dataclasses.dataclass(frozen=True, slots=True)
class Hand:
    """Whose hand it is, how it is held, how it is turned to the camera, and what its skin shows, if that is given."""

    shape: HandShape
    pose: Pose
    tilt: Tilt
    skin: Skin | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where a cut-out lies in a picture: its middle (x, y) and palm's width in pixels, turn, and whether mirrored.

    The middle is the palm's; 0 degrees are fingers up, positive turns are clockwise. A mirrored hand is a right one.
    `stretch` makes it wider and as much shorter, as other people's hands are.
    """

    x_px: float
    y_px: float
    palm_px: float
    turn_deg: float = 0.0
    mirrored: bool = False
    stretch: float = 1.0


@dataclasses.dataclass(frozen=True, slots=True)
class HandScene:
    """A picture and its truth; without a hand `landmarks` is empty.

    `landmarks` (22, 2) in pixels, `plane` (3, 3) from palm coordinates to pixels, `skin` (h, w) 0 to 255: bare skin.
    """

    image: HandImage
    landmarks: Singles
    plane: Floats
    skin: Bytes
    place: Place | None
    tilt_deg: float = 0.0


def hand_at_random(rng: np.random.Generator) -> Hand:
    """Any hand."""
    return Hand(shape_at_random(rng), pose_at_random(rng), tilt_at_random(rng))


def hand_scene(
    seed: int, number: int, size_px: tuple[int, int], place: Place, band: Band,
    *, hand: Hand | None = None, faults: float = 1.0,
) -> HandScene:  # fmt: skip
    """The scene with that number, of a hand that is given or drawn at random.

    `size_px` is width and height. `faults` scales noise, blur and uneven light; 0 is a perfect camera.
    """
    rng = np.random.default_rng([seed, 71, number])
    shown = hand_at_random(rng) if hand is None else hand
    unit_px = min(place.palm_px, _DETAIL_PX)
    cutout = draw_cutout(rng, body_of(shown.shape, shown.pose), shown.tilt, band, unit_px, shown.skin)
    return scene_of(rng, cutout, size_px, place, faults)


def empty_scene(rng: np.random.Generator, size_px: tuple[int, int], band: Band, faults: float = 1.0) -> HandScene:
    """No hand at all."""
    ground = background(rng, *size_px, band)
    pixels = _taken(rng, ground, band, faults)
    none = np.zeros((size_px[1], size_px[0]), np.uint8)
    return HandScene(HandImage(pixels, band), np.zeros((0, 2), np.float32), np.eye(3), none, None)


def scene_of(
    rng: np.random.Generator, cutout: Cutout, size_px: tuple[int, int], place: Place, faults: float = 1.0
) -> HandScene:
    """A cut-out, laid before a background."""
    scale = place.palm_px / cutout.width_px
    layers = np.dstack([cutout.colour, cutout.cover])
    skin, shrink = cutout.skin, 1.0
    if scale < 0.6:
        shrink = max(scale, 0.1)
        size = (round(layers.shape[1] * shrink), round(layers.shape[0] * shrink))
        layers, skin = (cv2.resize(each, size, interpolation=cv2.INTER_AREA) for each in (layers, skin))
    move = _move(cutout, place, scale)
    turned = move.copy()
    turned[:, :2] /= shrink
    turned[:, 2] += move[:, :2] @ np.full(2, 0.5 / shrink - 0.5)
    laid = cv2.warpAffine(layers, turned, size_px, flags=cv2.INTER_LINEAR)
    bare = cv2.warpAffine(skin, turned, size_px, flags=cv2.INTER_LINEAR)
    ground = background(rng, *size_px, cutout.band)
    cover = laid[..., 3:].astype(np.float32) / 255.0
    if rng.random() < 0.5:
        ground *= 1.0 - _shadow(rng, laid[..., 3], place.palm_px)[..., None]
    exposure = np.float32(math.exp(rng.normal(0.0, 0.18)))
    lit = ground + cover * (laid[..., :3].astype(np.float32) * (exposure / 255.0) - ground)
    whole = np.vstack([move, (0.0, 0.0, 1.0)])
    marks = cutout.landmarks @ move[:, :2].T + move[:, 2]
    pixels = _taken(rng, lit, cutout.band, faults)
    return HandScene(HandImage(pixels, cutout.band), marks.astype(np.float32), whole @ cutout.plane, bare, place,
                     cutout.tilt_deg)  # fmt: skip


def _move(cutout: Cutout, place: Place, scale: float) -> Floats:
    """From pixels of the cut-out to those of the picture (2, 3)."""
    turn = math.radians(place.turn_deg)
    flip = -1.0 if place.mirrored else 1.0
    turned = np.array([(math.cos(turn) * flip, -math.sin(turn)), (math.sin(turn) * flip, math.cos(turn))])
    linear = scale * turned * (place.stretch, 1.0 / place.stretch)
    middle = cutout.landmarks[21].astype(np.float64)
    return np.column_stack([linear, np.array([place.x_px, place.y_px]) - linear @ middle])


def _shadow(rng: np.random.Generator, cover: Bytes, palm_px: float) -> Singles:
    away = rng.normal(0.0, 0.12, 2) * palm_px
    moved = cv2.warpAffine(cover, np.array([(1.0, 0.0, away[0]), (0.0, 1.0, away[1])]), cover.shape[::-1])
    soft = cv2.GaussianBlur(moved, (0, 0), float(rng.uniform(0.02, 0.2) * palm_px + 0.5))
    shadow: Singles = (soft.astype(np.float32) / 255.0 * rng.uniform(0.05, 0.5)).astype(np.float32)
    return shadow


def _taken(rng: np.random.Generator, light: Singles, band: Band, faults: float) -> Bytes:
    """What a camera makes of light: uneven lamps, colour cast, tone, blur, noise, compression."""
    height, width = light.shape[:2]
    if faults > 0.0:
        uneven = 1.0 + 0.18 * faults * rng.standard_normal((2, 2)).astype(np.float32)
        light = light * np.clip(cv2.resize(uneven, (width, height)), 0.3, 2.0)[..., None]
        if band == "visible":
            light = light * np.exp(rng.normal(0.0, 0.06 * faults, 3)).astype(np.float32)
        gain = rng.uniform(0.25, 1.1) if band == "nir" and rng.random() < 0.5 else math.exp(rng.normal(0.0, 0.15))
        light = np.clip(light * np.float32(gain), 0.0, 1.0)
        light = cv2.pow(light, float(np.exp(rng.normal(0.0, 0.25 * faults))))
        if rng.random() < 0.5:
            light = cv2.GaussianBlur(light, (0, 0), float(rng.uniform(0.3, 1.1)) * max(width, 192) / 192)
        if rng.random() < 0.08 * faults:
            light = _streaked(rng, light)
        if rng.random() < 0.6:
            sigma = abs(rng.normal(0.0, 0.02 * faults))
            light = light + rng.normal(0.0, sigma, light.shape[:2]).astype(np.float32)[..., None]
    pixels: Bytes = np.clip(light * 255.0 + 0.5, 0, 255).astype(np.uint8)
    if faults > 0.0 and rng.random() < 0.2:
        _, packed = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(35, 95))])
        unpacked: Bytes = cv2.imdecode(packed, cv2.IMREAD_COLOR)  # type: ignore[assignment,unused-ignore]
        return unpacked
    return pixels


def _streaked(rng: np.random.Generator, light: Singles) -> Singles:
    """Moved while the shutter was open."""
    length = max(3, int(rng.uniform(0.01, 0.04) * light.shape[1]))
    turn = rng.uniform(0.0, 180.0)
    bar = np.zeros((length, length), np.float32)
    bar[length // 2] = 1.0
    bar = cv2.warpAffine(
        bar, cv2.getRotationMatrix2D((length / 2 - 0.5, length / 2 - 0.5), turn, 1.0), (length, length)
    )
    streaked: Singles = cv2.filter2D(light, -1, bar / max(float(bar.sum()), 1e-3))
    return streaked
