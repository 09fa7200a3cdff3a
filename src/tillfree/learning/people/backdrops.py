"""Backdrops without people: shops, places outdoors, and heaps of shapes.

A third are rows of shelves, traced as the shops of the simulator are; a third open ground with walls, boxes, bushes
and poles under a lamp as high as the sun; and a third dead leaves: shapes of all sizes over each other, which have the
statistics of natural pictures (Lee, Mumford and Huang, Occlusion models for natural images, IJCV 41, 2001), with
textures whose spectrum falls with the frequency (Baradad et al., Learning to see by looking at noise, NeurIPS 2021).
"""

import math

import numpy as np
import numpy.typing as npt

from tillfree.catalog.cameras import Camera
from tillfree.core.geometry import Point, Pose
from tillfree.learning.people.cutouts import colour_at_random, looks_at_random, paint_at_random
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.rendering.goods import goods_mesh, room_mesh
from tillfree.simulation.rendering.limbs import Limb, skin
from tillfree.simulation.rendering.looks import random_looks
from tillfree.simulation.rendering.meshes import Mesh, box, joined
from tillfree.simulation.rendering.paints import Paints
from tillfree.simulation.rendering.tracer import NOTHING, Scene, trace
from tillfree.simulation.rendering.views import Floats

__all__ = ["HEIGHT_PX", "WIDTH_PX", "backdrop", "clouds"]

Bytes = npt.NDArray[np.uint8]
WIDTH_PX, HEIGHT_PX = 416, 312
_SKY = 40.0
_HERE = Pose(Point(0.0, 0.0, 0.0))


def backdrop(seed: int, number: int) -> Bytes:
    """The backdrop with that number, (h, w, 3)."""
    rng = np.random.default_rng([seed, 63, number])
    return (_shop, _outdoors, _leaves)[number % 3](rng)


def clouds(rng: np.random.Generator, height: int, width: int, slope: float) -> npt.NDArray[np.float32]:
    """Noise (h, w) whose amplitude falls with the frequency to the power of `slope`; mean 0, deviation 1."""
    rows, columns = np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :]
    frequency = np.hypot(rows, columns * float(np.exp(rng.normal(0.0, 0.4))))
    frequency[0, 0] = 1.0
    shape = frequency.shape
    wave = (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)) / frequency**slope
    wave[0, 0] = 0.0
    field = np.fft.irfft2(wave, s=(height, width))
    return (field / max(float(field.std()), 1e-9)).astype(np.float32)


def _shop(rng: np.random.Generator) -> Bytes:
    shop = demo_shop(int(rng.integers(2, 13)))
    looks = random_looks(int(rng.integers(1 << 30)))
    paints = Paints(looks.seed)
    room = room_mesh(shop, looks, paints, 0)
    goods = goods_mesh(shop, looks, paints, 1, 2)
    low, high = (f(room.triangles.reshape(-1, 3), axis=0) for f in (np.min, np.max))
    eye = rng.uniform(low + 0.6, high - 0.6)
    eye[2] = rng.uniform(1.4, 3.3)
    aim = rng.uniform(low + 1.0, high - 1.0)
    aim[2] = rng.uniform(0.0, 1.4)
    clutter = joined(_block(rng, paints, rng.uniform(low[:2] + 0.5, high[:2] - 0.5), 1.2) for _ in range(5))
    lamps = rng.uniform(low, high, (int(rng.integers(1, 5)), 3)) * (1, 1, 0) + (0, 0, looks.lamp_height_m)
    return trace(_camera(rng, eye, aim), (Scene(joined([room, goods, clutter])),), paints, looks, lamps).colour


def _outdoors(rng: np.random.Generator) -> Bytes:
    paints = Paints(int(rng.integers(1 << 30)))
    parts = [box(_HERE, (-60.0, -60.0, -1.0), (60.0, 60.0, 0.0), paint_at_random(rng, paints), 1)]
    for _ in range(int(rng.integers(2, 6))):
        # Ways, lawns and lines on the ground, each a little over the last.
        x, y = rng.uniform(-15.0, 15.0, 2)
        wide, deep = np.exp(rng.uniform(-2.0, 2.5, 2))
        turned = Pose(Point(x, y, 0.002 * len(parts)), float(rng.uniform(0.0, math.pi)))
        parts.append(box(turned, (-wide, -deep, -0.5), (wide, deep, 0.0), paint_at_random(rng, paints), 1))
    for _ in range(int(rng.integers(0, 4))):
        turn, far = rng.uniform(0.0, 2 * math.pi), rng.uniform(14.0, 40.0)
        here = Pose(Point(far * math.cos(turn), far * math.sin(turn), 0.0), float(turn))
        tall, wide = rng.uniform(2.0, 14.0), rng.uniform(4.0, 25.0)
        parts.append(box(here, (0.0, -wide, 0.0), (4.0, wide, tall), paint_at_random(rng, paints), 1))
        for row in np.arange(1.0, tall - 1.5, 3.0):
            glass = paints.plain(colour_at_random(rng, 0.0, 0.3))
            parts += [box(here, (-0.05, y, row), (0.0, y + 1.4, row + 1.3), glass, 1) for y in
                      np.arange(-wide + 0.5, wide - 1.0, rng.uniform(1.6, 4.0))[:24]]  # fmt: skip
    parts += [_block(rng, paints, rng.normal(0.0, 8.0, 2), 2.2) for _ in range(int(rng.integers(2, 12)))]
    parts += [_bush(rng, paints) for _ in range(int(rng.integers(0, 3)))]
    turn, far = rng.uniform(0.0, 2 * math.pi), rng.uniform(5.0, 20.0)
    eye = np.array((far * math.cos(turn), far * math.sin(turn), float(np.exp(rng.uniform(0.2, 2.2)))))
    aim = np.array((*rng.normal(0.0, 2.0, 2), rng.uniform(-1.0, 1.5)))
    # The light fades with the distance from a lamp; one so far away must be as strong.
    lamp = rng.normal(0.0, 30.0, 2)
    up = rng.uniform(15.0, 40.0)
    strength = 1.0 + (float(lamp @ lamp) + up * up) / 9.0
    looks = looks_at_random(rng)
    sun = tuple(float(part * strength * rng.uniform(0.2, 0.6)) for part in looks.lamp_colour)
    lit = type(looks)(ambient=looks.ambient, exposure=looks.exposure, noise=0.0, lamp_colour=(sun[0], sun[1], sun[2]))
    picture = trace(_camera(rng, eye, aim), (Scene(joined(parts)),), paints, lit, np.array([[*lamp, up]]))
    colour = picture.colour.copy()
    sky = rng.uniform(90, 250, 3) + _SKY * np.linspace(-1.0, 1.0, HEIGHT_PX)[:, None, None]
    sky = sky + 12.0 * clouds(rng, HEIGHT_PX, WIDTH_PX, 1.2)[..., None]
    return np.where((picture.label == NOTHING)[..., None], np.clip(sky, 0, 255).astype(np.uint8), colour)


def _leaves(rng: np.random.Generator) -> Bytes:
    from PIL import Image, ImageDraw  # noqa: PLC0415  only who draws needs it

    slope = float(rng.uniform(0.7, 1.6))
    base = np.array([rng.uniform(20, 220) + rng.uniform(10, 50) * clouds(rng, HEIGHT_PX, WIDTH_PX, slope)
                     for _ in range(3)])  # fmt: skip
    grey = rng.uniform(0.0, 1.0)
    canvas = np.moveaxis(grey * base.mean(axis=0)[None] + (1.0 - grey) * base, 0, -1)
    textures = [clouds(rng, HEIGHT_PX, WIDTH_PX, float(rng.uniform(0.4, 1.5))) for _ in range(3)]
    for _ in range(int(np.exp(rng.uniform(2.0, 5.2)))):
        # Sizes as in nature: the density falls with the cube of the radius.
        radius = 8.0 / math.sqrt(rng.uniform(0.004, 1.0))
        cover = Image.new("L", (WIDTH_PX, HEIGHT_PX))
        draw = ImageDraw.Draw(cover)
        x, y = rng.uniform(0, WIDTH_PX), rng.uniform(0, HEIGHT_PX)
        if rng.random() < 0.3:
            draw.ellipse((x - radius, y - radius * 0.7, x + radius, y + radius * 0.7), fill=255)
        else:
            turns = np.sort(rng.uniform(0.0, 2 * math.pi, int(rng.integers(3, 7))))
            stretch = rng.uniform(0.15, 1.5, 2)
            points = [(x + radius * stretch[0] * math.cos(t), y + radius * stretch[1] * math.sin(t)) for t in turns]
            draw.polygon(points, fill=255)
        mask = np.asarray(cover) > 0
        colour = 255.0 * np.array(colour_at_random(rng, 0.0, 1.0)) ** 0.6
        texture = textures[int(rng.integers(3))][mask] * rng.uniform(0.0, 30.0)
        canvas[mask] = colour + texture[:, None]
    heap: Bytes = np.clip(canvas, 0, 255).astype(np.uint8)
    return heap


def _camera(rng: np.random.Generator, eye: Floats, aim: Floats) -> Camera:
    if np.hypot(*(eye - aim)[:2]) < 1.0:
        aim = aim + np.array((1.5, 0.0, 0.0))
    return Camera("backdrop", Point(*eye.tolist()), Point(*aim.tolist()), float(rng.uniform(45.0, 95.0)), WIDTH_PX,
                  HEIGHT_PX, float(rng.uniform(-0.06, 0.0)))  # fmt: skip


def _block(rng: np.random.Generator, paints: Paints, at: Floats, size: float) -> Mesh:
    """Boxes, cars and posts: one box, or one on another."""
    here = Pose(Point(float(at[0]), float(at[1]), 0.0), float(rng.uniform(0.0, math.pi)))
    wide, deep, tall = np.exp(rng.uniform(-2.5, math.log(size), 3)).tolist()
    paint = paint_at_random(rng, paints)
    parts = [box(here, (-wide, -deep, 0.0), (wide, deep, tall), paint, 1)]
    if rng.random() < 0.4:
        parts.append(box(here, (-0.7 * wide, -0.8 * deep, tall), (0.7 * wide, 0.8 * deep, 1.7 * tall),
                         paint_at_random(rng, paints), 1))  # fmt: skip
    return joined(parts)


def _bush(rng: np.random.Generator, paints: Paints) -> Mesh:
    leaf = paint_at_random(rng, paints)
    at = np.array((*rng.normal(0.0, 9.0, 2), 0.4))
    puffs = rng.normal(size=(12, 3)) * (0.6, 0.6, 0.5) + at + (0.0, 0.0, float(rng.uniform(0.3, 2.5)))
    limbs = [Limb(puff, puff + 0.1, 0.4, 0.3, leaf, loose=True) for puff in puffs]
    limbs.append(Limb(at * (1, 1, 0), puffs.mean(axis=0), 0.1, 0.08, leaf))
    return skin(limbs, 0.0, 1, seed=int(rng.integers(1 << 20)), cell_m=0.06)
