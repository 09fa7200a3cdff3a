"""Where creases lie: the three or four principal lines, secondary creases, and fine wrinkles.

Fingers are up and the thumb is on the left; region units: (0, 0) is the upper left corner, (1, 1) the lower right.
"""

import dataclasses

import numpy as np
import numpy.typing as npt

from tillfree.simulation.palms.regions.strokes import Strokes, along, joined, wobble

__all__ = ["principal_lines", "secondary_creases", "soft_folds", "wrinkles"]

Floats = npt.NDArray[np.floating]
_STEPS = 24
_FINE_STEPS = 7


def _profile(count: int, steps: int, rng: np.random.Generator, taper: tuple[float, float]) -> Floats:
    """How deep a line is along its way (count, steps), 0 to 1: fading at both ends, with weaker places between."""
    t = np.linspace(0.0, 1.0, steps)[None]
    ends = rng.uniform(*taper, (2, count, 1))
    rise = np.clip(t / ends[0], 0.0, 1.0) * np.clip((1.0 - t) / ends[1], 0.0, 1.0)
    waves = sum(
        rng.uniform(0.0, 0.35, (count, 1)) * np.sin(2 * np.pi * k * t + rng.uniform(0, 2 * np.pi, (count, 1)))
        for k in (1.3, 2.7, 5.1)
    )
    # Skin folds in short pieces: from one to the next a line is deeper or shallower.
    ragged = rng.uniform(0.0, 0.25) * rng.standard_normal((count, steps))
    profile: Floats = np.clip(rise**0.7 * (0.85 + waves + ragged), 0.05, 1.0)
    return profile


# Control points of the heart, head and life line and of a line of fate, and how far each may be elsewhere.
_PRINCIPAL = np.array(
    [
        [[1.08, 0.36], [0.72, 0.44], [0.48, 0.30], [0.33, 0.03]],
        [[-0.06, 0.34], [0.22, 0.38], [0.60, 0.50], [0.92, 0.74]],
        [[-0.06, 0.33], [0.30, 0.40], [0.52, 0.70], [0.42, 1.18]],
        [[0.52, 1.12], [0.56, 0.80], [0.50, 0.50], [0.46, 0.16]],
    ]
)
_SPREAD = np.array([[0.05, 0.09], [0.09, 0.09], [0.10, 0.09], [0.12, 0.10]])


def principal_lines(rng: np.random.Generator) -> Strokes:
    """The lines that fold the palm, with forks, islands and the fine strokes that run beside them.

    Two thirds have three of them, some a line of fate too, and a few one single crease across the palm.
    """
    controls = _PRINCIPAL + rng.normal(0.0, 1.0, _PRINCIPAL.shape) * _SPREAD[None]
    kind = rng.random()
    if kind < 0.05:
        y = rng.uniform(0.28, 0.42)
        controls[0] = [[1.08, y], [0.7, y + rng.normal(0.03, 0.04)], [0.3, y + rng.normal(0, 0.05)], [-0.05, y - 0.02]]
        kept = [0, 2, 3] if rng.random() < 0.5 else [0, 2]
    elif kind < 0.65:
        kept = [0, 1, 2]
    else:
        kept = [0, 1, 2, 3]
    controls = controls[kept]
    count = len(kept)
    # The whole palm lies a little differently in the region of each hand.
    angle, size = rng.normal(0.0, 0.09), rng.normal(1.0, 0.07)
    turn = size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    controls = (controls - 0.5) @ turn.T + 0.5 + rng.normal(0.0, 0.05, 2)
    mains = wobble(along(controls, _STEPS), rng.uniform(0.004, 0.016), rng, waves=6)
    strength = rng.uniform(0.55, 1.0, (count, 1)) * np.where(np.array(kept) == 3, 0.6, 1.0)[:, None]
    width = rng.uniform(6.0, 18.0) * rng.uniform(0.7, 1.3, (count, 1))
    profile = _profile(count, _STEPS, rng, (0.05, 0.4))
    parts = [Strokes(mains, strength * profile, width * (0.35 + 0.65 * profile))]
    extra = int(rng.integers(3, 14))
    parent = rng.integers(0, count, extra)
    parts.append(_beside(mains[parent], strength[parent], width[parent], rng))
    parts.append(_forks(mains, strength, width, rng))
    return joined(parts)


def _beside(mains: Floats, strength: Floats, width: Floats, rng: np.random.Generator) -> Strokes:
    """Finer strokes that follow a stretch of a line at a small distance, and meet it now and then."""
    count = len(mains)
    begin = rng.uniform(0.0, 0.7, count)
    share = rng.uniform(0.12, 0.4, count)
    t = (begin[:, None] + share[:, None] * np.linspace(0, 1, _STEPS)[None]) * (_STEPS - 1)
    low = np.clip(t.astype(int), 0, _STEPS - 2)
    rows = np.arange(count)[:, None]
    base = mains[rows, low] + (t - low)[..., None] * (mains[rows, low + 1] - mains[rows, low])
    ahead = np.gradient(base, axis=1)
    ahead /= np.linalg.norm(ahead, axis=2, keepdims=True) + 1e-9
    across = np.stack([-ahead[..., 1], ahead[..., 0]], axis=2)
    u = np.linspace(0, 1, _STEPS)[None]
    off = rng.normal(0.0, 0.022, (count, 1)) * np.sin(np.pi * u) + rng.normal(0.0, 0.03, (count, 1)) * u**2
    points = wobble((base + off[..., None] * across).astype(np.float32), 0.003, rng)
    profile = _profile(count, _STEPS, rng, (0.1, 0.6))
    depths = strength * rng.uniform(0.3, 0.9, (count, 1)) * profile
    return Strokes(points, depths, width * rng.uniform(0.2, 0.6, (count, 1)) * (0.4 + 0.6 * profile))


def _forks(mains: Floats, strength: Floats, width: Floats, rng: np.random.Generator) -> Strokes:
    """Branches that leave a line at a small angle."""
    count = int(rng.integers(3, 12))
    parent = rng.integers(0, len(mains), count)
    at = rng.integers(2, _STEPS - 3, count)
    start = mains[parent, at]
    ahead = mains[parent, at + 2] - mains[parent, at - 2]
    angle = np.arctan2(ahead[:, 1], ahead[:, 0]) + rng.normal(0.0, 0.45, count) + np.pi * (rng.random(count) < 0.3)
    length = rng.uniform(0.05, 0.35, count)
    controls = _fan(start, angle, length, rng, 0.25)
    profile = _profile(count, _STEPS, rng, (0.05, 0.8))
    depths = strength[parent] * rng.uniform(0.25, 0.8, (count, 1)) * profile
    points = wobble(along(controls, _STEPS), 0.004, rng)
    return Strokes(points, depths, width[parent] * rng.uniform(0.2, 0.6, (count, 1)) * (0.4 + 0.6 * profile))


def _fan(start: Floats, angle: Floats, length: Floats, rng: np.random.Generator, bend: float) -> Floats:
    """Control points (n, 4, 2) of curves that leave `start` (n, 2) at an angle and bend as they go."""
    turn = angle[:, None] + rng.normal(0.0, bend, (len(start), 1)) * np.array([0.0, 1.0, 2.0])
    steps = np.stack([np.cos(turn), np.sin(turn)], axis=2) * (length / 3.0)[:, None, None]
    controls: Floats = np.concatenate([start[:, None], start[:, None] + np.cumsum(steps, axis=1)], axis=1)
    return controls


@dataclasses.dataclass(frozen=True, slots=True)
class _Lie:
    """Where the main directions of an identity's creases are, each around a place of its own."""

    places: Floats
    angles: Floats
    spreads: Floats


def _lie(rng: np.random.Generator) -> _Lie:
    fields = int(rng.integers(2, 6))
    return _Lie(
        rng.uniform(-0.2, 1.2, (fields, 2)), rng.uniform(0.0, np.pi, fields), rng.uniform(0.08, 0.5, fields)
    )  # fmt: skip


def _angles(at: Floats, lie: _Lie, rng: np.random.Generator) -> Floats:
    """Directions (n,) at places (n, 2): mostly that of the nearest field, some across it, some any."""
    away = np.linalg.norm(at[:, None] - lie.places[None], axis=2) + rng.normal(0.0, 0.12, (len(at), len(lie.places)))
    field = np.argmin(away, axis=1)
    angles = lie.angles[field] + rng.normal(0.0, 1.0, len(at)) * lie.spreads[field]
    kind = rng.random(len(at))
    angles = np.where(kind < 0.15, angles + np.pi / 2, angles)
    mixed: Floats = np.where(kind > 0.85, rng.uniform(0, np.pi, len(at)), angles)
    return mixed


def secondary_creases(rng: np.random.Generator) -> Strokes:
    """Creases of middle length, two dozen to a hundred and more, in a few main directions; most of them faint."""
    count = int(rng.integers(25, 130))
    at = rng.uniform(-0.3, 1.2, (count, 2))
    angles = _angles(at, _lie(rng), rng)
    length = np.minimum(rng.lognormal(np.log(rng.uniform(0.16, 0.36)), 0.55, count), 1.0)
    points = wobble(along(_fan(at, angles, length, rng, 0.15), _STEPS // 2), rng.uniform(0.002, 0.008), rng)
    profile = _profile(count, _STEPS // 2, rng, (0.1, 0.7))
    depths = rng.beta(1.3, 2.4, (count, 1)) * profile
    widths = rng.lognormal(np.log(rng.uniform(3.5, 8.0)), 0.4, (count, 1)) * (0.4 + 0.6 * profile)
    return Strokes(points, depths, widths)


def wrinkles(rng: np.random.Generator) -> Strokes:
    """Fine short lines, one to some hundreds: some in bundles that cross, some side by side as on the thumb's mound."""
    count = int(rng.integers(80, 420))
    clusters = rng.uniform(-0.1, 1.1, (int(rng.integers(3, 12)), 2))
    own = rng.random(count) < rng.uniform(0.2, 0.8)
    near = clusters[rng.integers(0, len(clusters), count)] + rng.normal(0.0, 0.09, (count, 2))
    at = np.where(own[:, None], rng.uniform(-0.25, 1.25, (count, 2)), near)
    angles = _angles(at, _lie(rng), rng)
    length = np.minimum(rng.lognormal(np.log(rng.uniform(0.05, 0.12)), 0.5, count), 0.4)
    controls = np.concatenate([_fan(at, angles, length, rng, 0.15), *_side_by_side(rng)])
    count = len(controls)
    points = wobble(along(controls, _FINE_STEPS), 0.002, rng, waves=2)
    profile = _profile(count, _FINE_STEPS, rng, (0.2, 0.7))
    depths = rng.beta(1.5, 1.8, (count, 1)) * profile
    widths = rng.lognormal(np.log(rng.uniform(3.0, 6.5)), 0.3, (count, 1)) * np.ones((1, _FINE_STEPS))
    return Strokes(points, depths, widths)


def _side_by_side(rng: np.random.Generator) -> list[Floats]:
    """Control points of patches of wrinkles that run beside each other, at distances that vary."""
    patches = []
    for _ in range(int(rng.integers(0, 7))):
        count = int(rng.integers(6, 26))
        angle = rng.uniform(0.0, np.pi)
        off = np.cumsum(rng.uniform(0.4, 1.6, count)) * rng.uniform(0.012, 0.035)
        slide = rng.normal(0.0, 0.05, count)
        ahead, aside = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
        start = rng.uniform(-0.2, 1.0, 2) + off[:, None] * aside + slide[:, None] * ahead
        length = rng.uniform(0.08, 0.3) * rng.uniform(0.5, 1.5, count)
        patches.append(_fan(start, angle + rng.normal(0.0, 0.08, count), length, rng, 0.08))
    return patches


def soft_folds(rng: np.random.Generator) -> Strokes:
    """Broad folds and edges of muscles and mounds, which light shows as soft bands."""
    count = int(rng.integers(4, 18))
    at = rng.uniform(-0.3, 1.2, (count, 2))
    length = rng.uniform(0.2, 0.9, count)
    points = wobble(along(_fan(at, rng.uniform(0, np.pi, count), length, rng, 0.3), _STEPS // 2), 0.01, rng)
    profile = _profile(count, _STEPS // 2, rng, (0.2, 0.6))
    widths = rng.uniform(20.0, 90.0, (count, 1)) * (0.5 + 0.5 * profile)
    return Strokes(points, rng.uniform(0.2, 1.0, (count, 1)) * profile, widths)
