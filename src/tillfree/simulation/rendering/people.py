"""People as limbs: from the eight joints that a tracker would see, and assumed legs beneath them.

Proportions of a standing adult after Drillis and Contini (Body segment parameters, 1966): hips at 0.53 of the height,
knees at 0.285. Faces are left out: nobody is meant to be recognised.
"""

import dataclasses
import math
from collections.abc import Iterator

import numpy as np

from tillfree.simulation.rendering.limbs import Limb, capsules
from tillfree.simulation.rendering.looks import Clothes
from tillfree.simulation.rendering.meshes import Mesh
from tillfree.simulation.rendering.paints import Paints
from tillfree.simulation.rendering.views import Floats

__all__ = ["Wardrobe", "person_limbs", "person_mesh"]

HEAD, NECK, L_SHOULDER, R_SHOULDER, L_ELBOW, R_ELBOW, L_WRIST, R_WRIST = range(8)
_HIP, _KNEE = 0.53, 0.285
_STRIDE_M = 0.3
_UP = np.array((0.0, 0.0, 1.0))


@dataclasses.dataclass(frozen=True, slots=True)
class Wardrobe:
    """The paints of one person's clothes."""

    clothes: Clothes
    shirt: int
    trousers: int
    skin: int
    hair: int
    shoes: int
    bag: int

    @classmethod
    def of(cls, clothes: Clothes, paints: Paints) -> "Wardrobe":
        """The clothes, painted."""
        one, other = clothes.shirt, clothes.second
        shirt = {
            "stripes": lambda: paints.stripes(one, other, 9.0),
            "checks": lambda: paints.checks(one, other, 7.0),
            "blotches": lambda: paints.blotches(one, other, 0.12),
        }.get(clothes.pattern, lambda: paints.plain(one))()
        return cls(
            clothes=clothes,
            shirt=shirt,
            trousers=paints.plain(clothes.trousers),
            skin=paints.plain(clothes.skin),
            hair=paints.plain(other if clothes.hat else clothes.hair),
            shoes=paints.plain(clothes.shoes),
            bag=paints.plain(clothes.bag_colour),
        )


@dataclasses.dataclass(frozen=True, slots=True)
class _Frame:
    """The body's own directions, and where its trunk begins and ends."""

    forward: Floats
    left: Floats
    middle: Floats
    hips: Floats
    sunk_m: float
    height_m: float
    size: float
    """1 for a grown person; a child is smaller all over."""


def person_mesh(
    joints: Floats, height_m: float, heading_rad: float, stride: float, wardrobe: Wardrobe, label: int
) -> Mesh:
    """A person with joints (8, 3) in metres; `stride` from -1 to 1 says which leg is how far ahead (0: standing)."""
    return capsules(person_limbs(joints, height_m, heading_rad, stride, wardrobe), label)


def person_limbs(joints: Floats, height_m: float, heading_rad: float, stride: float, wardrobe: Wardrobe) -> list[Limb]:
    """The same as limbs, to be drawn one by one or under a skin."""
    middle = (joints[L_SHOULDER] + joints[R_SHOULDER]) / 2
    forward = np.array((math.cos(heading_rad), math.sin(heading_rad), 0.0))
    # Who bends or goes down for a low shelf has hips behind and below.
    sunk = max(0.88 * height_m - float(joints[NECK][2]), 0.0)
    hips = middle - forward * min(0.06 + 0.35 * sunk, 0.35)
    hips[2] = max(_HIP * height_m - 0.6 * sunk, 0.3)
    left = np.array((-forward[1], forward[0], 0.0))
    frame = _Frame(forward, left, middle, hips, sunk, height_m, min(height_m / 1.6, 1.0))
    return [
        *_trunk(joints, frame, wardrobe),
        *_head(joints, frame, wardrobe),
        *_arms(joints, frame, wardrobe),
        *_legs(frame, stride, wardrobe),
        *_bag(joints, frame, wardrobe),
    ]


def _trunk(joints: Floats, frame: _Frame, wear: Wardrobe) -> Iterator[Limb]:
    girth = wear.clothes.girth * frame.size
    across = 0.075 * frame.left * frame.size
    yield Limb(frame.hips - across, frame.hips + across, 0.1 * girth, 0.1 * girth, wear.trousers, 0.85, loose=True)
    waist = 0.6 * frame.hips + 0.4 * frame.middle
    chest = frame.middle - 0.13 * frame.size * _UP
    yield Limb(frame.hips + 0.02 * _UP, waist, 0.14 * girth, 0.13 * girth, wear.shirt, 0.8, loose=True)
    yield Limb(waist, chest, 0.135 * girth, 0.15 * girth, wear.shirt, 0.75, loose=True)
    inner = 0.85 * (joints[L_SHOULDER] - frame.middle) - 0.015 * _UP, 0.85 * (joints[R_SHOULDER] - frame.middle)
    yield Limb(frame.middle + inner[0], frame.middle + inner[1] - 0.015 * _UP, 0.065 * girth, 0.065 * girth,
               wear.shirt, 0.85, loose=True)  # fmt: skip
    if wear.clothes.coat or wear.clothes.skirt:
        hem = (frame.hips + np.array((frame.middle[0], frame.middle[1], 0.5 * frame.hips[2]))) / 2
        paint = wear.shirt if wear.clothes.coat else wear.trousers
        yield Limb(frame.hips, hem, 0.15 * girth, 0.19 * girth, paint, 0.85, loose=True)


def _head(joints: Floats, frame: _Frame, wear: Wardrobe) -> Iterator[Limb]:
    head, ahead = joints[HEAD], frame.forward
    yield Limb(frame.middle, head - 0.14 * _UP, 0.058 * frame.size, 0.052, wear.skin)
    yield Limb(head - 0.13 * _UP + 0.02 * ahead, head - 0.05 * _UP, 0.066, 0.084, wear.skin)
    yield Limb(head - 0.02 * ahead - 0.05 * _UP, head - 0.01 * ahead - 0.025 * _UP, 0.088, 0.085, wear.hair)
    if wear.clothes.hat:
        yield Limb(head - 0.02 * _UP, head + 0.09 * ahead - 0.035 * _UP, 0.09, 0.06, wear.hair)
    elif wear.clothes.long_hair:
        yield Limb(head - 0.04 * ahead - 0.06 * _UP, head - 0.075 * ahead - 0.25 * _UP, 0.088, 0.075, wear.hair)


def _arms(joints: Floats, frame: _Frame, wear: Wardrobe) -> Iterator[Limb]:
    girth, size = wear.clothes.girth, frame.size
    lower_paint = wear.shirt if wear.clothes.sleeves > 0.75 else wear.skin
    for shoulder, elbow, wrist in ((L_SHOULDER, L_ELBOW, L_WRIST), (R_SHOULDER, R_ELBOW, R_WRIST)):
        upper, lower, hand = joints[shoulder], joints[elbow], joints[wrist]
        ahead = (hand - lower) / max(float(np.linalg.norm(hand - lower)), 1e-6)
        yield Limb(upper, lower, 0.058 * girth * size, 0.046 * girth * size, wear.shirt, loose=True)
        yield Limb(lower, hand, 0.044 * size, 0.033 * size, lower_paint, loose=lower_paint == wear.shirt)
        yield Limb(hand + 0.02 * ahead, hand + 0.1 * ahead, 0.034, 0.028, wear.skin)


def _legs(frame: _Frame, stride: float, wear: Wardrobe) -> Iterator[Limb]:
    girth, sunk, size = wear.clothes.girth, frame.sunk_m, frame.size
    shin_paint = wear.skin if wear.clothes.skirt else wear.trousers
    for side in (1.0, -1.0):
        step = stride * side
        hip = frame.hips + frame.left * (0.085 * side * size)
        foot = np.array((frame.middle[0], frame.middle[1], 0.06)) - frame.forward * 0.03
        foot += frame.left * (0.09 * side * size) + frame.forward * (_STRIDE_M * step * size)
        # The leg behind lifts its heel and bends.
        foot[2] += 0.1 * max(-step, 0.0)
        knee = (hip + foot) / 2 + frame.forward * (0.04 + 0.5 * sunk + 0.08 * max(-step, 0.0))
        knee[2] = max(_KNEE * frame.height_m - 0.15 * sunk, 0.15)
        calf = 0.68 * knee + 0.32 * foot - 0.02 * frame.forward
        yield Limb(hip, knee, 0.09 * girth * size, 0.062 * size, wear.trousers, loose=True)
        yield Limb(knee, calf, 0.058 * size, 0.06 * size, shin_paint, loose=not wear.clothes.skirt)
        yield Limb(calf, foot, 0.06 * size, 0.045 * size, shin_paint, loose=not wear.clothes.skirt)
        toe = foot + (0.15 * frame.forward - (0.015 + 0.08 * max(-step, 0.0)) * _UP) * size
        yield Limb(foot - 0.03 * frame.forward - 0.015 * _UP, toe, 0.045 * size, 0.036 * size, wear.shoes)


def _bag(joints: Floats, frame: _Frame, wear: Wardrobe) -> Iterator[Limb]:
    kind, size = wear.clothes.bag, frame.size
    if kind == "back":
        behind = frame.middle - 0.19 * frame.forward * size
        yield Limb(behind - 0.12 * _UP, behind - 0.36 * size * _UP, 0.1 * size, 0.125 * size, wear.bag)
    elif kind == "shoulder":
        at = frame.hips + 0.2 * frame.left * size
        yield Limb(at - 0.08 * frame.forward, at + 0.08 * frame.forward - 0.1 * _UP, 0.08, 0.09, wear.bag)
        yield Limb(joints[R_SHOULDER] + 0.04 * _UP, at, 0.02, 0.02, wear.bag)
    elif kind == "hand":
        hand = joints[L_WRIST] - 0.1 * _UP
        yield Limb(hand, hand - 0.1 * _UP, 0.012, 0.012, wear.bag)
        yield Limb(hand - 0.16 * _UP - 0.05 * frame.forward, hand - 0.25 * _UP + 0.05 * frame.forward, 0.07, 0.1,
                   wear.bag)  # fmt: skip
