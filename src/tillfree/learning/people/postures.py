"""People at random: how they stand, walk, reach and hold things. All ranges are assumed; angles in radians.

Arms have two bones of assumed length (upper 0.165, lower 0.15 of the height, after Drillis and Contini, 1966); where a
hand is given, the elbow follows from the triangle that they make with it.
"""

import dataclasses

import numpy as np

from tillfree.simulation.rendering.limbs import Limb
from tillfree.simulation.rendering.looks import clothes_of
from tillfree.simulation.rendering.paints import Paints
from tillfree.simulation.rendering.people import Wardrobe, person_limbs
from tillfree.simulation.rendering.views import Floats

__all__ = ["Posture", "person_at_random", "posture_at_random"]

_UPPER, _LOWER = 0.165, 0.15
_SHOULDER = 0.105
_UP = np.array((0.0, 0.0, 1.0))


@dataclasses.dataclass(frozen=True, slots=True)
class Posture:
    """Joints (8, 3) in metres of somebody at the origin who looks along x, their height and stride (-1 to 1)."""

    joints: Floats
    height_m: float
    stride: float


def posture_at_random(rng: np.random.Generator) -> Posture:
    """Somebody who walks, stands, reaches, bends, carries or telephones."""
    height_m = float(rng.uniform(1.0, 1.45) if rng.random() < 0.08 else rng.normal(1.7, 0.1))
    stride = float(rng.uniform(-1.0, 1.0)) if rng.random() < 0.65 else float(rng.normal(0.0, 0.12))
    lean = float(abs(rng.normal(0.0, 0.05)) if rng.random() < 0.8 else rng.uniform(0.1, 0.35))
    squat = float(rng.uniform(0.1, 0.45)) if rng.random() < 0.1 else 0.0
    joints = np.zeros((8, 3))
    joints[0] = (0.04 + lean + rng.normal(0.0, 0.02), rng.normal(0.0, 0.03), height_m - 0.8 * squat - 0.35 * lean)
    joints[1] = (0.9 * lean, 0.0, 0.88 * height_m - squat)
    twist = float(rng.normal(0.0, 0.2))
    for hand, sign in ((0, 1.0), (1, -1.0)):
        across = np.array((-np.sin(twist), np.cos(twist), 0.0)) * sign
        shoulder = np.array((0.8 * lean, 0.0, 0.845 * height_m - squat)) + across * _SHOULDER * height_m
        wrist = shoulder + height_m * _hand(rng, sign, stride)
        joints[2 + hand] = shoulder
        joints[4 + hand], joints[6 + hand] = _bent(shoulder, wrist, height_m, sign, rng)
    return Posture(joints, height_m, stride)


def person_at_random(seed: int, number: int, paints: Paints) -> list[Limb]:
    """The limbs of the person with that number, dressed."""
    rng = np.random.default_rng([seed, 60, number])
    posture = posture_at_random(rng)
    wardrobe = Wardrobe.of(clothes_of(seed + 1_000_003, number), paints)
    return person_limbs(posture.joints, posture.height_m, 0.0, posture.stride, wardrobe)


def _hand(rng: np.random.Generator, sign: float, stride: float) -> Floats:
    """Where a wrist is, from its shoulder, in heights: hanging, swinging, reaching, at the ear, before the belly."""
    kind = rng.random()
    if kind < 0.5:
        at = (0.03 - 0.09 * sign * stride + rng.normal(0.0, 0.02), sign * rng.uniform(0.0, 0.05), -0.3)
    elif kind < 0.68:
        at = (rng.uniform(0.15, 0.3), sign * rng.uniform(-0.08, 0.1), rng.uniform(-0.22, 0.12))
    elif kind < 0.78:
        at = (rng.uniform(0.02, 0.12), -sign * rng.uniform(-0.02, 0.08), rng.uniform(-0.02, 0.06))
    elif kind < 0.94:
        at = (rng.uniform(0.1, 0.2), -sign * rng.uniform(0.0, 0.14), rng.uniform(-0.24, -0.12))
    else:
        at = (rng.uniform(-0.1, 0.05), sign * rng.uniform(0.0, 0.08), rng.uniform(-0.24, -0.2))
    return np.array(at)


def _bent(
    shoulder: Floats, wrist: Floats, height_m: float, sign: float, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Elbow and wrist of an arm whose hand is to be there, as near as the bones allow."""
    upper, lower = _UPPER * height_m, _LOWER * height_m
    way = wrist - shoulder
    length = float(np.linalg.norm(way))
    reach = float(np.clip(length, 1.05 * (upper - lower) + 0.05, 0.995 * (upper + lower)))
    way = way / length
    along = (upper**2 - lower**2 + reach**2) / (2 * reach)
    out = np.sqrt(max(upper**2 - along**2, 0.0))
    # Elbows point down, back and outwards.
    hint = np.array((-0.6, 0.5 * sign, -0.8)) + rng.normal(0.0, 0.25, 3)
    side = hint - way * (hint @ way)
    side /= max(float(np.linalg.norm(side)), 1e-6)
    return shoulder + along * way + out * side, shoulder + reach * way
