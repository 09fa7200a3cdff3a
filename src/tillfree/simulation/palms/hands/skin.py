"""Skin of a hand seen whole: its colour, and where lines and veins run; all of it assumed.

Fine skin (wrinkles and ridges that tell persons apart) is no matter here: a hand is found by its shape and main lines.
Where persons are to be told apart as well, a hand wears the `surface` of a simulated palm.
"""

import dataclasses
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from tillfree.palm.opencv import cv2
from tillfree.palm.samples import Band

__all__ = ["TONES", "Skin", "palm_lines", "random_skin", "veins"]

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
_TONES = np.array([(0.96, 0.80, 0.72), (0.90, 0.69, 0.58), (0.78, 0.55, 0.43), (0.60, 0.40, 0.30), (0.42, 0.27, 0.20)])
"""Reflectance of palms from light to dark, red, green, blue: palms differ less than the backs of hands."""
_MAIN = (
    (np.array([(-0.45, 0.40), (-0.12, 0.46), (-0.02, 0.75), (-0.10, 1.15)]), 1.0, 0.022),
    (np.array([(-0.46, 0.38), (-0.15, 0.45), (0.10, 0.55), (0.34, 0.80)]), 0.9, 0.020),
    (np.array([(0.49, 0.40), (0.25, 0.42), (0.0, 0.32), (-0.20, 0.10)]), 0.95, 0.020),
    (np.array([(-0.32, 1.27), (-0.1, 1.30), (0.1, 1.30), (0.30, 1.27)]), 0.8, 0.018),
)
"""Control points of the three main lines and the wrist's crease, strength, and width in palm widths."""


TONES = len(_TONES) - 1
"""The darkest tone; 0 is the lightest."""


@dataclasses.dataclass(frozen=True, slots=True)
class Skin:
    """What of a hand's look is not drawn at random.

    `surface` (n, n) is the share of light that a palm's lines leave, as
    `tillfree.simulation.palms.regions.photograph.surface` gives it; `tone` 0 (light) to TONES (dark), in visible light;
    `rings` says how likely a ring is on each finger.
    """

    surface: Singles | None = None
    tone: float | None = None
    rings: float = 0.10


def random_skin(
    rng: np.random.Generator, size: tuple[int, int], unit_px: float, band: Band, tone: float | None = None
) -> Singles:
    """Reflectance (h, w, 3); all three are the same in near infrared. Without a tone it is drawn."""
    cloud = _cloud(rng, size, unit_px)
    fine = rng.normal(0.0, rng.uniform(0.0, 0.03), size).astype(np.float32)
    if band == "nir":
        level = rng.uniform(0.3, 0.95)
        grey = level * (1.0 + rng.uniform(0.02, 0.12) * cloud + fine)
        return grey[..., None].repeat(3, axis=2)
    drawn = TONES * rng.beta(1.1, 1.6)
    base = np.array([np.interp(drawn if tone is None else tone, range(len(_TONES)), _TONES[:, c]) for c in range(3)])
    base = base * rng.normal(1.0, 0.04, 3)
    # Blood under the skin: where there is more, green and blue are darker.
    blood = (rng.uniform(0.02, 0.15) * cloud)[..., None] * np.array([0.3, 1.0, 0.9])
    skin: Singles = (base * (1.0 - blood + fine[..., None])).astype(np.float32)
    return skin


def _cloud(rng: np.random.Generator, size: tuple[int, int], unit_px: float) -> Singles:
    total = np.zeros(size, np.float32)
    for grain, weight in ((0.7, 0.7), (0.25, 0.5), (0.08, 0.35)):
        small = tuple(max(int(side / (grain * unit_px)), 2) for side in size)
        noise = rng.standard_normal(small).astype(np.float32)
        total += weight * cv2.resize(noise, size[::-1], interpolation=cv2.INTER_CUBIC)
    return total


def _curve(points: Floats, steps: int = 14) -> Floats:
    """A cubic Bezier curve through four control points."""
    t = np.linspace(0.0, 1.0, steps)[:, None]
    weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
    curve: Floats = sum(w * p for w, p in zip(weights, points, strict=True))
    return curve


def palm_lines(rng: np.random.Generator) -> Iterator[tuple[Floats, float, float]]:
    """Main lines and wrinkles: points (n, 2) in palm coordinates, strength up to 1, and width in palm widths."""
    for points, weight, width in _MAIN:
        if rng.random() < 0.93:
            moved = points + rng.normal(0.0, 0.035, (4, 2)) + rng.normal(0.0, 0.02, 2)
            yield _curve(moved), weight * rng.uniform(0.5, 1.0), width * rng.uniform(0.5, 1.4)
    for _ in range(int(rng.integers(4, 30))):
        start = rng.uniform((-0.45, 0.02), (0.45, 1.2))
        step = rng.normal(0.0, 0.12, 2)
        points = start + np.arange(4)[:, None] * step + rng.normal(0.0, 0.02, (4, 2))
        yield _curve(points, 8), rng.uniform(0.1, 0.6), rng.uniform(0.006, 0.014)


def veins(rng: np.random.Generator) -> Iterator[tuple[Floats, float, float]]:
    """Wide soft lines that branch from the wrist and the sides, as vessels under the skin do."""
    for _ in range(int(rng.integers(4, 12))):
        start = rng.uniform((-0.4, 0.2), (0.4, 1.3))
        turn = rng.uniform(0.0, 2 * np.pi)
        points = [start]
        for _ in range(3):
            turn += rng.normal(0.0, 0.6)
            points.append(points[-1] + rng.uniform(0.1, 0.3) * np.array([np.cos(turn), np.sin(turn)]))
        yield _curve(np.array(points)), rng.uniform(0.3, 1.0), rng.uniform(0.02, 0.06)
