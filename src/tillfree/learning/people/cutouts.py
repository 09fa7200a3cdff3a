"""Cut-outs: people and things, each drawn alone with how much of each pixel it covers.

They are pasted on many backgrounds (Dwibedi et al., Cut, paste and learn: surprisingly easy synthesis for instance
detection, ICCV 2017): a few thousand become any number of pictures. Things are pasted in the same way as people are,
so that the seam of the scissors says nothing.
"""

import math

import numpy as np
import numpy.typing as npt

from tillfree.catalog.cameras import Camera
from tillfree.core.geometry import Point, Pose
from tillfree.learning.people.postures import person_at_random
from tillfree.simulation.rendering.limbs import Limb, skin
from tillfree.simulation.rendering.looks import Colour, Looks
from tillfree.simulation.rendering.meshes import Mesh, box, joined, prism
from tillfree.simulation.rendering.paints import Paints
from tillfree.simulation.rendering.tracer import Scene, trace

__all__ = ["HEIGHT_PX", "people_cutouts", "thing_cutout"]

Bytes = npt.NDArray[np.uint8]
HEIGHT_PX = 256
_FINER = 2
"""Drawn so many times finer than kept, so that edges are soft."""
_LABEL = 1


def people_cutouts(seed: int, number: int, views: int) -> list[Bytes]:
    """One person from several sides: red, green, blue and cover, each (h, w, 4)."""
    rng = np.random.default_rng([seed, 61, number])
    paints = Paints(number)
    scene = Scene(skin(person_at_random(seed, number, paints), 0.0, _LABEL, seed=number))
    found = []
    for _ in range(views):
        # From beside and from above, as cameras on poles and at ceilings see people.
        away_m = float(np.exp(rng.uniform(math.log(1.8), math.log(14.0))))
        above_m = float(rng.uniform(0.9, 3.2) if rng.random() < 0.6 else rng.uniform(2.0, 7.0))
        found.append(_drawn(rng, scene, paints, away_m, min(above_m, 2.5 * away_m)))
    return [each for each in found if each.shape[0] >= 40]


def thing_cutout(seed: int, number: int) -> Bytes:
    """Something that is no person, shaped likewise: poles, boxes, bushes, bottles, trolleys, racks."""
    rng = np.random.default_rng([seed, 62, number])
    paints = Paints(number)
    scene = Scene(_thing(rng, paints))
    return _drawn(rng, scene, paints, float(rng.uniform(2.0, 8.0)), float(rng.uniform(0.8, 4.0)))


def colour_at_random(rng: np.random.Generator, low: float = 0.02, high: float = 0.7) -> Colour:
    """Any colour, greyish more often than vivid."""
    grey, spread = rng.uniform(low, high), rng.uniform(0.0, 0.35)
    red, green, blue = np.clip(grey + rng.uniform(-spread, spread, 3), 0.01, 0.95)
    return (float(red), float(green), float(blue))


def paint_at_random(rng: np.random.Generator, paints: Paints) -> int:
    """Any paint."""
    one, other, kind = colour_at_random(rng), colour_at_random(rng), rng.random()
    if kind < 0.3:
        return paints.plain(one)
    if kind < 0.45:
        return paints.stripes(one, other, float(rng.uniform(1.0, 10.0)), float(rng.random()))
    if kind < 0.55:
        return paints.checks(one, other, float(rng.uniform(1.0, 8.0)))
    return paints.blotches(one, other, float(np.exp(rng.uniform(-3.5, 0.0))), float(rng.random()))


def looks_at_random(rng: np.random.Generator) -> Looks:
    """Light of any colour and strength; no noise, which pictures add as a whole."""
    warm = float(rng.uniform(-0.25, 0.25))
    return Looks(
        lamp_colour=(1.0 + warm, 1.0, 1.0 - warm), ambient=float(rng.uniform(0.15, 0.7)),
        exposure=float(np.exp(rng.uniform(-0.3, 0.7))), noise=0.0,
    )  # fmt: skip


def _drawn(rng: np.random.Generator, scene: Scene, paints: Paints, away_m: float, above_m: float) -> Bytes:
    """A scene about the origin from a camera at random, cut to what is covered."""
    corners = scene.mesh.triangles.reshape(-1, 3)
    low, high = corners.min(axis=0), corners.max(axis=0)
    middle = (low + high) / 2
    angle = float(rng.uniform(0.0, 2 * math.pi))
    eye = middle + np.array((away_m * math.cos(angle), away_m * math.sin(angle), above_m - middle[2]))
    far = float(np.linalg.norm(eye - middle))
    radius = float(np.linalg.norm(high - low)) / 2
    half = math.asin(min(radius / far, 0.85))
    tall = HEIGHT_PX * _FINER
    camera = Camera("cut-out", Point(*eye.tolist()), Point(*middle.tolist()), math.degrees(2 * half), tall, tall)
    lamps = rng.normal(size=(int(rng.integers(1, 4)), 3)) * (3.0, 3.0, 1.5) + (0.0, 0.0, 3.5)
    picture = trace(camera, (scene,), paints, looks_at_random(rng), lamps)
    covered = (picture.label == _LABEL).astype(np.float32)
    whole = np.dstack([picture.colour.astype(np.float32) * covered[..., None], 255.0 * covered])
    small = whole.reshape(HEIGHT_PX, _FINER, HEIGHT_PX, _FINER, 4).mean(axis=(1, 3))
    small[..., :3] /= np.maximum(small[..., 3:] / 255.0, 1e-3)
    rows, columns = np.flatnonzero(small[..., 3].max(axis=1) > 32), np.flatnonzero(small[..., 3].max(axis=0) > 32)
    if not len(rows):
        return np.zeros((1, 1, 4), np.uint8)
    cut = small[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    kept: Bytes = np.clip(cut + 0.5, 0, 255).astype(np.uint8)
    return kept


def _thing(rng: np.random.Generator, paints: Paints) -> Mesh:
    kind = int(rng.integers(7))
    here = Pose(Point(0.0, 0.0, 0.0), float(rng.uniform(0.0, math.pi)))
    tall = float(rng.uniform(0.3, 2.2))
    if kind == 0:
        return _pole(rng, paints, tall + 0.8)
    if kind == 1:
        wide, deep = rng.uniform(0.2, 1.2, 2)
        return box(here, (-wide / 2, -deep / 2, 0.0), (wide / 2, deep / 2, tall), paint_at_random(rng, paints), _LABEL)
    if kind == 2:
        return prism(here, (0.0, 0.0, 0.0), float(rng.uniform(0.05, 0.4)), tall, paint_at_random(rng, paints), _LABEL,
                     sides=int(rng.integers(4, 14)))  # fmt: skip
    if kind == 3:
        return _trolley(rng, paints, here)
    # Rods and balls in any order: bushes, racks of clothes, statues that are no people.
    count = int(rng.integers(3, 16))
    spread = rng.uniform(0.1, 0.6, 3) * (1.0, 1.0, 1.6)
    size = float(rng.uniform(0.03, 0.22))
    coats = [paint_at_random(rng, paints) for _ in range(int(rng.integers(1, 4)))]
    limbs = []
    for _ in range(count):
        start = rng.normal(size=3) * spread
        end = start + rng.normal(size=3) * spread * rng.uniform(0.0, 1.2)
        first, last = (float(size * rng.uniform(0.5, 1.6)) for _ in range(2))
        limbs.append(
            Limb(start, end, first, last, coats[int(rng.integers(len(coats)))], loose=bool(rng.random() < 0.5))
        )
    return skin(limbs, 0.0, _LABEL, seed=int(rng.integers(1 << 20)), cell_m=0.04)


def _pole(rng: np.random.Generator, paints: Paints, tall: float) -> Mesh:
    pole, sign = paint_at_random(rng, paints), paint_at_random(rng, paints)
    thick = float(rng.uniform(0.015, 0.08))
    limbs = [Limb(np.zeros(3), np.array((0.0, 0.0, tall)), thick, thick, pole)]
    if rng.random() < 0.6:
        at, beside = np.array((0.0, 0.0, tall * rng.uniform(0.5, 1.0))), np.array((0.0, 0.2, 0.0))
        limbs.append(Limb(at - beside, at + beside, float(rng.uniform(0.05, 0.25)), 0.1, sign, 0.4))
    if rng.random() < 0.4:
        # Three feet, as of a tripod.
        top = np.array((0.0, 0.0, tall * 0.6))
        for turn in (0.0, 2.1, 4.2):
            foot = np.array((math.cos(turn), math.sin(turn), 0.0)) * 0.35 * tall
            limbs.append(Limb(top, foot, thick, thick, pole))
    return skin(limbs, 0.0, _LABEL, cell_m=0.02)


def _trolley(rng: np.random.Generator, paints: Paints, here: Pose) -> Mesh:
    wire = paint_at_random(rng, paints)
    parts = [box(here, (-0.25, -0.4, z), (0.25, 0.4, z + 0.02), wire, _LABEL) for z in (0.25, 0.55)]
    for x in np.linspace(-0.25, 0.25, 5):
        parts += [box(here, (x, y, 0.25), (x + 0.02, y + 0.02, 0.95), wire, _LABEL) for y in (-0.4, 0.4)]
    for y in np.linspace(-0.4, 0.4, 7):
        parts += [box(here, (x, y, 0.0), (x + 0.02, y + 0.02, 0.95), wire, _LABEL) for x in (-0.25, 0.25)]
    parts.append(box(here, (-0.2, -0.3, 0.56), (0.15, 0.25, float(rng.uniform(0.6, 1.1))),
                     paint_at_random(rng, paints), _LABEL))  # fmt: skip
    return joined(parts)
