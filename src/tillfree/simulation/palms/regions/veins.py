"""Veins under the skin of a palm: a few trunks that branch, and links between them."""

import numpy as np
import numpy.typing as npt

from tillfree.simulation.palms.regions.strokes import Strokes, along, joined, wobble

__all__ = ["vein_tree"]

Floats = npt.NDArray[np.floating]
_STEPS = 20


def vein_tree(rng: np.random.Generator) -> Strokes:
    """Trunks from the wrist towards the fingers, branches of them, and links across; wide and of soft depth."""
    trunks = int(rng.integers(2, 6))
    low = np.stack([rng.uniform(-0.1, 1.1, trunks), rng.uniform(0.9, 1.35, trunks)], axis=1)
    high = np.stack(
        [np.clip(low[:, 0] + rng.normal(0, 0.3, trunks), -0.2, 1.2), rng.uniform(-0.3, 0.4, trunks)], axis=1
    )
    # Some trunks run across the palm, as the arches do.
    across = rng.random(trunks) < 0.3
    low[across] = np.stack([rng.uniform(-0.3, 0.0, trunks), rng.uniform(0.1, 1.0, trunks)], axis=1)[across]
    high[across] = np.stack([rng.uniform(1.0, 1.3, trunks), rng.uniform(0.1, 1.0, trunks)], axis=1)[across]
    mains = _between(low, high, 0.14, rng)
    width = rng.uniform(18.0, 45.0) * rng.uniform(0.7, 1.2, (trunks, 1))
    parts = [_vein(mains, rng.uniform(0.6, 1.0, (trunks, 1)), width, rng)]
    for level in (1, 2):
        count = int(rng.integers(3, 9))
        known = np.concatenate([part.points for part in parts])
        start = known[rng.integers(0, len(known), count), rng.integers(2, _STEPS - 2, count)]
        far = rng.random(count) < 0.5
        other = known[rng.integers(0, len(known), count), rng.integers(2, _STEPS - 2, count)]
        angle = rng.normal(-np.pi / 2, 0.9, count)
        free = start + rng.uniform(0.15, 0.5, (count, 1)) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        end = np.where(far[:, None], free, other)
        thin = width.mean() * rng.uniform(0.35, 0.8, (count, 1)) / (0.8 + 0.2 * level)
        parts.append(_vein(_between(start, end, 0.08, rng), rng.uniform(0.3, 0.9, (count, 1)), thin, rng))
    return joined(parts)


def _between(start: Floats, end: Floats, bend: float, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Curves (n, _STEPS, 2) from one place to another, bent to a side."""
    thirds = start[:, None] + np.linspace(0.0, 1.0, 4)[None, :, None] * (end - start)[:, None]
    thirds[:, 1:3] += rng.normal(0.0, bend, (len(start), 2, 2))
    return wobble(along(thirds, _STEPS), 0.012, rng, waves=4)


def _vein(points: npt.NDArray[np.float32], strength: Floats, width: Floats, rng: np.random.Generator) -> Strokes:
    count = len(points)
    t = np.linspace(0.0, 1.0, _STEPS)[None]
    dips = 1.0 - rng.uniform(0.0, 0.6, (count, 1)) * (
        0.5 + 0.5 * np.sin(2 * np.pi * rng.uniform(0.5, 2.0, (count, 1)) * t + rng.uniform(0, 6.3, (count, 1)))
    )
    return Strokes(points, strength * dips, width * (1.0 - 0.35 * t))
