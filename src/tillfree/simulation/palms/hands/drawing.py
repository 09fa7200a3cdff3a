"""A body of balls as a cut-out: a map of heights, light on it, and skin with its lines, creases and veins.

The balls are joined by keeping the highest at each pixel, which is exact up to the distance between them. Perspective
and tilt are those of a pinhole camera before the palm. Light is one lamp and its surroundings (Lambert's law); seams
between fingers are dark as they are in corners that see little of the sky. All ranges of colours are assumed.
"""

import dataclasses
import math

import numpy as np
import numpy.typing as npt

from tillfree.palm.opencv import cv2
from tillfree.palm.samples import Band
from tillfree.simulation.palms.hands.anatomy import FOREARM, PALM, SLEEVE, THUMB, Body
from tillfree.simulation.palms.hands.skin import Skin, palm_lines, random_skin, veins
from tillfree.simulation.palms.hands.wearing import worn_surface

__all__ = ["Cutout", "Tilt", "draw_cutout", "tilt_at_random"]

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
_LEFT, _TOP, _WIDE, _TALL = -1.75, -1.65, 3.5, 5.3
"""What a cut-out shows, in palm widths around the middle of the finger roots."""
FLAT = 0.72
"""A palm is flatter than the balls along its bones."""


@dataclasses.dataclass(frozen=True, slots=True)
class Tilt:
    """How the palm is turned out of the picture's plane, and how far the camera is away, in palm widths."""

    across_deg: float
    along_deg: float
    away: float


@dataclasses.dataclass(frozen=True, slots=True)
class Cutout:
    """A hand alone: `colour` (h, w, 3) and `cover` (h, w), bytes; `skin` (h, w) is true where there is bare skin.

    `landmarks` (22, 2) are in pixels; `plane` (3, 3) maps the palm's coordinates (palm widths) to pixels.
    `width_px` is the palm's width, `tilt_deg` the angle between the palm's normal and the line of sight.
    """

    colour: Bytes
    cover: Bytes
    skin: Bytes
    landmarks: Singles
    plane: Floats
    width_px: float
    tilt_deg: float
    band: Band


def tilt_at_random(rng: np.random.Generator) -> Tilt:
    """Mostly near upright."""
    wide = 7.0 if rng.random() < 0.8 else 16.0
    return Tilt(float(rng.normal(0.0, wide)), float(rng.normal(0.0, wide)), float(np.exp(rng.uniform(1.0, 2.5))))


def draw_cutout(
    rng: np.random.Generator, body: Body, tilt: Tilt, band: Band, unit_px: float = 80.0, skin: Skin | None = None
) -> Cutout:
    """Draws the hand with `unit_px` pixels per palm width."""
    skin = skin or Skin()
    view = _View(tilt, unit_px)
    size = (round(_TALL * unit_px), round(_WIDE * unit_px))
    height, parts = _heights(view, body, size)
    there = parts > 0
    smooth = _smoothed(height, there, unit_px)
    shade = _shade(rng, smooth, there, unit_px)
    arm = there & (parts != SLEEVE)
    plane = _plane(view, body)
    if skin.surface is None:
        even = random_skin(rng, size, unit_px, band, skin.tone)
        colour = even * _lines(rng, view, body, parts, size, band)[..., None]
    else:
        lines = _lines(rng, view, body, parts, size, band, palm=False)
        worn = worn_surface(skin.surface, band, size, plane, lambda points: view.project(body.flat(points)))
        lines = lines * np.where((parts == PALM) | (parts == THUMB), worn, np.float32(1.0))
        colour = lines[..., None] * random_skin(rng, size, unit_px, band, skin.tone)
    colour = colour * shade[..., None]
    colour = _sleeve(rng, colour, shade, parts)
    colour, bare = _jewels(rng, view, body, colour, parts, arm, unit_px, skin.rings)
    if band == "nir":
        # Cloth and metal have a grey of their own there.
        colour = np.repeat((colour @ rng.dirichlet(np.ones(3)))[..., None], 3, axis=2).astype(np.float32)
    cover = cv2.GaussianBlur(there.astype(np.float32) * 255.0, (3, 3), 0.7)
    marks = view.project(body.landmarks).astype(np.float32)
    return Cutout(
        np.clip(colour * 255.0, 0, 255).astype(np.uint8), cover.astype(np.uint8), (bare * 255).astype(np.uint8), marks,
        plane, float(np.linalg.norm(marks[7] - marks[8])), view.angle_deg, band,
    )  # fmt: skip


class _View:
    def __init__(self, tilt: Tilt, unit_px: float) -> None:
        a, b = math.radians(tilt.across_deg), math.radians(tilt.along_deg)
        about_x = np.array([(1, 0, 0), (0, math.cos(a), -math.sin(a)), (0, math.sin(a), math.cos(a))])
        about_y = np.array([(math.cos(b), 0, math.sin(b)), (0, 1, 0), (-math.sin(b), 0, math.cos(b))])
        self.turn = about_x @ about_y
        self.pivot = np.array([0.0, 0.5, 0.0])
        self.away, self.unit_px = tilt.away, unit_px
        self.angle_deg = math.degrees(math.acos(float(self.turn[2, 2])))

    def seen(self, points: Floats) -> Floats:
        turned: Floats = (points - self.pivot) @ self.turn.T + self.pivot
        return turned

    def scale(self, z: Floats) -> Floats:
        scales: Floats = self.away / np.maximum(self.away - z, 0.3 * self.away)
        return scales

    def project(self, points: Floats) -> Floats:
        """Pixels of points (n, 3) in the hand's coordinates."""
        turned = self.seen(points)
        plane = self.pivot[:2] + (turned[:, :2] - self.pivot[:2]) * self.scale(turned[:, 2])[:, None]
        pixels: Floats = (plane - (_LEFT, _TOP)) * self.unit_px - 0.5
        return pixels


def _heights(view: _View, body: Body, size: tuple[int, int]) -> tuple[Singles, Bytes]:
    """The height of the surface in pixels, and which part is there (0 for none)."""
    turned = view.seen(body.centres)
    scales = view.scale(turned[:, 2])
    at = view.project(body.centres)
    radii = body.radii * scales * view.unit_px
    z = turned[:, 2] * view.unit_px
    flat = np.where((body.parts == PALM) | (body.parts >= FOREARM), FLAT, 1.0)
    height = np.full(size, -1e6, np.float32)
    parts = np.zeros(size, np.uint8)
    columns, rows = np.arange(size[1], dtype=np.float32), np.arange(size[0], dtype=np.float32)[:, None]
    for (x, y), radius, depth, low, part in zip(
        at.tolist(), radii.tolist(), z.tolist(), flat.tolist(), body.parts.tolist(), strict=True
    ):
        left, right = max(int(x - radius), 0), min(int(x + radius) + 2, size[1])
        top, bottom = max(int(y - radius), 0), min(int(y + radius) + 2, size[0])
        if left >= right or top >= bottom:
            continue
        inside = radius * radius - (columns[left:right] - x) ** 2 - (rows[top:bottom] - y) ** 2
        ball = np.sqrt(np.maximum(inside, 0.0), dtype=np.float32) * np.float32(low) + np.float32(depth)
        here = height[top:bottom, left:right]
        higher = (inside > 0.0) & (ball > here)
        here[higher] = ball[higher]
        parts[top:bottom, left:right][higher] = part
    return height, parts


def _smoothed(height: Singles, there: npt.NDArray[np.bool_], unit_px: float) -> Singles:
    floor = float(height[there].min()) if there.any() else 0.0
    filled = np.where(there, height, floor - 0.1 * unit_px).astype(np.float32)
    blurred: Singles = cv2.GaussianBlur(filled, (0, 0), max(0.02 * unit_px, 0.6))
    return blurred


def _shade(rng: np.random.Generator, height: Singles, there: npt.NDArray[np.bool_], unit_px: float) -> Singles:
    dx, dy = cv2.Sobel(height, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(height, cv2.CV_32F, 0, 1, scale=0.125)
    lamp = rng.normal(0.0, 0.35, 2)
    length = np.sqrt(1.0 + dx * dx + dy * dy)
    light = np.clip((1.0 - dx * lamp[0] - dy * lamp[1]) / length / math.hypot(1.0, *lamp), 0.0, None)
    ambient = rng.uniform(0.25, 0.85)
    # A place below its surroundings sees less of the sky.
    around = cv2.GaussianBlur(height, (0, 0), 0.10 * unit_px)
    low = np.clip((around - height) / (0.10 * unit_px), 0.0, 1.0)
    seam = np.clip((cv2.blur(height, (3, 3)) - height) / (0.01 * unit_px), 0.0, 1.0)
    shade = (ambient + (1.0 - ambient) * light) * (1.0 - rng.uniform(0.1, 0.6) * low) * (1.0 - 0.25 * seam)
    return np.where(there, shade, 1.0).astype(np.float32)


def _lines(
    rng: np.random.Generator,
    view: _View,
    body: Body,
    parts: Bytes,
    size: tuple[int, int],
    band: Band,
    palm: bool = True,
) -> Singles:
    """What lines, creases and veins leave of the light: (h, w), up to 1; without `palm` those of the fingers alone."""
    dark = np.zeros(size, np.uint8)
    unit = view.unit_px
    strength = rng.uniform(0.35, 1.0)
    for line, weight, width in palm_lines(rng) if palm else ():
        points = view.project(body.flat(line))
        _stroke(dark, points, weight * strength * 255, width * unit)
    for one, other, weight in body.creases:
        sag = 0.5 * (one + other) + rng.normal(0.0, 0.012, 3)
        shown = view.project(np.stack([one, 0.5 * (one + sag), sag, 0.5 * (other + sag), other]))
        _stroke(dark, shown, weight * rng.uniform(0.4, 1.0) * 255, rng.uniform(0.012, 0.03) * unit)
    soft = cv2.GaussianBlur(dark, (0, 0), max(0.008 * unit, 0.5)).astype(np.float32) / 255.0
    depth = rng.uniform(0.15, 0.55) if band == "visible" else rng.uniform(0.05, 0.35)
    kept = 1.0 - depth * soft
    if palm and band == "nir" and rng.random() < 0.85:
        trunk = np.zeros(size, np.uint8)
        for line, weight, width in veins(rng):
            _stroke(trunk, view.project(body.flat(line)), weight * 255, width * unit)
        wide = cv2.GaussianBlur(trunk, (0, 0), max(rng.uniform(0.012, 0.03) * unit, 0.6)).astype(np.float32) / 255.0
        kept *= 1.0 - rng.uniform(0.05, 0.35) * wide
    return np.where(parts < SLEEVE, kept, 1.0).astype(np.float32)


def _stroke(canvas: Bytes, points: Floats, value: float, width: float) -> None:
    fixed = np.round(points * 16.0).astype(np.int32)
    cv2.polylines(canvas, [fixed[:, None]], False, float(value), max(round(width), 1), cv2.LINE_AA, 4)


def _sleeve(rng: np.random.Generator, colour: Singles, shade: Singles, parts: Bytes) -> Singles:
    cloth = rng.uniform(0.0, 1.0, 3) if rng.random() < 0.6 else np.full(3, rng.uniform(0.0, 1.0))
    pattern = cv2.resize(rng.normal(0.0, rng.uniform(0.0, 0.25), (60, 40, 3)).astype(np.float32), parts.shape[::-1])
    worn = np.clip(cloth + pattern, 0.0, 1.0) * shade[..., None]
    return np.where((parts == SLEEVE)[..., None], worn, colour).astype(np.float32)


def _jewels(
    rng: np.random.Generator, view: _View, body: Body, colour: Singles, parts: Bytes,
    bare: npt.NDArray[np.bool_], unit_px: float, rings: float,
) -> tuple[Singles, npt.NDArray[np.bool_]]:  # fmt: skip
    """Rings on some hands, a bracelet or watch on others."""
    for number, (one, other) in enumerate(body.rings):
        if rng.random() < rings:
            band = np.zeros(parts.shape, np.uint8)
            _stroke(band, view.project(np.stack([one, other])), 255, rng.uniform(0.05, 0.11) * unit_px)
            on = (band > 0) & (parts == 3 + number)
            metal = rng.choice([0.35, 0.6, 0.9]) * np.array([1.0, rng.uniform(0.8, 1.0), rng.uniform(0.5, 1.0)])
            glint = 1.0 + 0.5 * np.sin(np.arange(parts.shape[1]) * rng.uniform(0.2, 0.9))[None, :, None]
            colour = np.where(on[..., None], np.clip(metal * glint, 0, 1), colour).astype(np.float32)
            bare = bare & ~on
    if rng.random() < 0.15:
        below = rng.uniform(0.1, 0.5)
        ends = np.array([(-0.5, 1.27 + below, 0.1), (0.5, 1.27 + below + rng.normal(0.0, 0.05), 0.1)])
        band = np.zeros(parts.shape, np.uint8)
        _stroke(band, view.project(ends), 255, rng.uniform(0.06, 0.3) * unit_px)
        on = (band > 0) & (parts == FOREARM)
        beads = rng.uniform(0.0, 1.0, 3) + rng.normal(0.0, 0.2, (*parts.shape, 1)) * (rng.random() < 0.5)
        colour = np.where(on[..., None], np.clip(beads, 0, 1), colour).astype(np.float32)
        bare = bare & ~on
    return colour, bare


def _plane(view: _View, body: Body) -> Floats:
    """The map from palm coordinates to pixels, through four points of the palm."""
    points = np.array([(-0.5, 0.0), (0.5, 0.0), (0.5, 1.0), (-0.5, 1.0)])
    flat = body.flat(points)
    flat[:, 2] = 0.10
    seen = view.project(flat)
    plane: Floats = cv2.getPerspectiveTransform(points.astype(np.float32), seen.astype(np.float32))
    return plane
