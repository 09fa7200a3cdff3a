"""People as capsules: from the eight joints that a tracker would see, and assumed legs beneath them.

Proportions of a standing adult after Drillis and Contini (Body segment parameters, 1966): hips at 0.53 of the height,
knees at 0.285. Faces are left out: nobody is meant to be recognised.
"""

import dataclasses
import math

import numpy as np

from tillfree.simulation.rendering.looks import Clothes
from tillfree.simulation.rendering.meshes import Mesh, capsule, joined
from tillfree.simulation.rendering.paints import Paints
from tillfree.simulation.rendering.views import Floats

__all__ = ["Wardrobe", "person_mesh"]

HEAD, NECK, L_SHOULDER, R_SHOULDER, L_ELBOW, R_ELBOW, L_WRIST, R_WRIST = range(8)
_HIP, _KNEE = 0.53, 0.285
_STRIDE_M = 0.22


@dataclasses.dataclass(frozen=True, slots=True)
class Wardrobe:
    """The paints of one person's clothes."""

    shirt: int
    trousers: int
    skin: int
    hair: int
    shoes: int
    girth: float
    skirt: bool

    @classmethod
    def of(cls, clothes: Clothes, paints: Paints) -> "Wardrobe":
        """The clothes, painted."""
        return cls(
            shirt=paints.plain(clothes.shirt),
            trousers=paints.plain(clothes.trousers),
            skin=paints.plain(clothes.skin),
            hair=paints.plain(clothes.hair),
            shoes=paints.plain(clothes.shoes),
            girth=clothes.girth,
            skirt=clothes.skirt,
        )


def person_mesh(
    joints: Floats, height_m: float, heading_rad: float, stride: float, wardrobe: Wardrobe, label: int
) -> Mesh:
    """A person with joints (8, 3) in metres; `stride` from -1 to 1 says which leg is how far ahead (0: standing)."""
    wear, girth = wardrobe, wardrobe.girth
    head, neck = joints[HEAD], joints[NECK]
    middle = (joints[L_SHOULDER] + joints[R_SHOULDER]) / 2
    forward = np.array((math.cos(heading_rad), math.sin(heading_rad), 0.0))
    left, up = np.array((-forward[1], forward[0], 0.0)), np.array((0.0, 0.0, 1.0))
    # Who bends or goes down for a low shelf has hips behind and below.
    sunk = max(0.88 * height_m - float(neck[2]), 0.0)
    hips = middle - forward * min(0.1 + 0.35 * sunk, 0.35)
    hips[2] = max(_HIP * height_m - 0.6 * sunk, 0.3)
    parts = [
        capsule(hips + 0.05 * up, middle - 0.1 * up, 0.145 * girth, wear.shirt, label, end_radius_m=0.155 * girth),
        capsule(joints[L_SHOULDER], joints[R_SHOULDER], 0.075 * girth, wear.shirt, label),
        capsule(middle, head - 0.12 * up, 0.055, wear.skin, label),
        capsule(head - 0.12 * up, head - 0.03 * up, 0.085, wear.skin, label),
        capsule(head - forward * 0.025, head - 0.02 * forward - 0.05 * up, 0.092, wear.hair, label),
    ]  # fmt: skip
    for shoulder, elbow, wrist in ((L_SHOULDER, L_ELBOW, L_WRIST), (R_SHOULDER, R_ELBOW, R_WRIST)):
        upper, lower, hand = joints[shoulder], joints[elbow], joints[wrist]
        ahead = (hand - lower) / max(float(np.linalg.norm(hand - lower)), 1e-6)
        parts += [
            capsule(upper, lower, 0.055 * girth, wear.shirt, label, end_radius_m=0.045),
            capsule(lower, hand, 0.042, wear.skin, label, end_radius_m=0.032),
            capsule(hand, hand + 0.09 * ahead, 0.04, wear.skin, label),
        ]
    for side, sign in ((1.0, 1.0), (-1.0, -1.0)):
        hip = hips + left * (0.09 * side)
        foot = np.array((middle[0], middle[1], 0.05)) + left * (0.1 * side) + forward * (_STRIDE_M * stride * sign)
        knee = (hip + foot) / 2 + forward * (0.05 + 0.5 * sunk)
        knee[2] = max(_KNEE * height_m - 0.15 * sunk, 0.15)
        parts += [
            capsule(hip, knee, 0.085 * girth, wear.trousers, label, end_radius_m=0.06),
            capsule(knee, foot, 0.055, wear.skin if wear.skirt else wear.trousers, label, end_radius_m=0.04),
            capsule(foot, foot + 0.14 * forward - 0.01 * up, 0.045, wear.shoes, label),
        ]
    if wear.skirt:
        parts.append(
            capsule(hips, (hips + np.array((middle[0], middle[1], 0.5))) / 2, 0.15 * girth, wear.trousers, label,
                    end_radius_m=0.2 * girth)
        )  # fmt: skip
    return joined(parts)
