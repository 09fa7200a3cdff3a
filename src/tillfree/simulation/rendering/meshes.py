"""Triangles with a paint and a label: boxes, prisms and capsules, as many as wanted at once."""

import dataclasses
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from tillfree.core.geometry import Point, Pose
from tillfree.simulation.rendering.views import Floats

__all__ = ["Mesh", "box", "capsule", "capsules_of", "joined", "prism"]

_FACES = ((0, 4, 5, 1), (2, 3, 7, 6), (0, 1, 3, 2), (4, 6, 7, 5), (0, 2, 6, 4), (1, 5, 7, 3))
_SQUARE = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
_CAP_RINGS = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Mesh:
    """Triangles (n, 3, 3) in metres with normals and texture coordinates of their corners, a paint and a label each."""

    triangles: Floats
    normals: Floats | npt.NDArray[np.float32]
    texture: Floats | npt.NDArray[np.float32]
    paint: npt.NDArray[np.int32]
    label: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.triangles)


def _mesh(quads: Floats, normals: Floats, texture: Floats, paint: int, label: int) -> Mesh:
    """Quads (n, 4, 3), going round, each as two triangles; normals (n, 4, 3), texture coordinates (n, 4, 2)."""
    halves = ([0, 1, 2], [0, 2, 3])
    corners, up, coordinates = (
        np.concatenate([part[:, half] for half in halves]) for part in (quads, normals, texture)
    )
    count = len(corners)
    return Mesh(corners, up, coordinates, np.full(count, paint, np.int32), np.full(count, label, np.int32))


def joined(meshes: Iterable[Mesh]) -> Mesh:
    """All of them as one."""
    every = list(meshes)
    if not every:
        none = np.zeros((0, 3, 3))
        return Mesh(none, none, np.zeros((0, 3, 2)), np.zeros(0, np.int32), np.zeros(0, np.int32))
    return Mesh(
        np.concatenate([mesh.triangles for mesh in every]),
        np.concatenate([mesh.normals for mesh in every]),
        np.concatenate([mesh.texture for mesh in every]),
        np.concatenate([mesh.paint for mesh in every]),
        np.concatenate([mesh.label for mesh in every]),
    )


def box(pose: Pose, low: Sequence[float], high: Sequence[float], paint: int, label: int) -> Mesh:
    """A box between two corners (metres) in the frame of a pose."""
    corners = [
        pose.to_parent(Point(x, y, z)) for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])
    ]
    points = np.array([(p.x, p.y, p.z) for p in corners])
    quads = points[np.array(_FACES)]
    return _mesh(quads, _flat(quads), np.broadcast_to(_SQUARE, (6, 4, 2)), paint, label)


def prism(
    pose: Pose, foot: Sequence[float], radius_m: float, height_m: float, paint: int, label: int, sides: int = 10
) -> Mesh:
    """An upright can or bottle: a prism over `foot` (x, y, z in the frame of the pose), closed at the top."""
    base = pose.to_parent(Point(*foot))
    ring = _ring(sides) * radius_m + np.array((base.x, base.y))
    low = np.concatenate([ring, np.full((sides, 1), base.z)], axis=1)
    high = low + np.array((0.0, 0.0, height_m))
    after = np.roll(np.arange(sides), -1)
    side = np.stack([low, low[after], high[after], high], axis=1)
    middle = np.broadcast_to(np.array((base.x, base.y, base.z + height_m)), high.shape)
    top = np.stack([high, high[after], middle, middle], axis=1)
    u = np.arange(sides) / sides
    v = u + 1.0 / sides
    zero, one = np.zeros(sides), np.ones(sides)
    round_it = np.stack(
        [np.stack([u, zero], -1), np.stack([v, zero], -1), np.stack([v, one], -1), np.stack([u, one], -1)], axis=1
    )
    outward = np.concatenate([_ring(sides), np.zeros((sides, 1))], axis=1)
    outward = np.stack([outward, outward[after], outward[after], outward], axis=1)
    lid = np.broadcast_to(np.array((0.0, 0.0, 1.0)), top.shape)
    return joined([_mesh(side, outward, round_it, paint, label), _mesh(top, lid, np.ones((sides, 4, 2)), paint, label)])


def capsule(
    start: Floats, end: Floats, radius_m: float, paint: int, label: int, *, end_radius_m: float | None = None,
    sides: int = 8,
) -> Mesh:  # fmt: skip
    """A limb from one point to another with round ends; of length 0 a ball."""
    last_m = radius_m if end_radius_m is None else end_radius_m
    ends = np.array([[start, end]], dtype=np.float64)
    return capsules_of(ends, np.array([[radius_m, last_m]]), np.array([paint]), label, sides)


def capsules_of(ends: Floats, radii_m: Floats, paints: npt.NDArray[np.integer], label: int, sides: int = 8) -> Mesh:
    """Many at once: ends (n, 2, 3), a radius at each (n, 2), and a paint for each (n,)."""
    count = len(ends)
    axis = ends[:, 1] - ends[:, 0]
    length = np.sqrt((axis**2).sum(axis=1, keepdims=True))
    forward = np.where(length > 1e-9, axis / np.maximum(length, 1e-9), np.array((0.0, 0.0, 1.0)))
    steep = np.abs(forward[:, 2:]) > 0.9
    across = _crossed(forward, np.where(steep, np.array((1.0, 0.0, 0.0)), np.array((0.0, 0.0, 1.0))))
    across /= np.sqrt((across**2).sum(axis=1, keepdims=True))
    ring = _ring(sides)
    circle = ring[None, :, :1] * across[:, None] + ring[None, :, 1:] * _crossed(forward, across)[:, None]
    turns = np.linspace(0.0, np.pi / 2, _CAP_RINGS + 1)
    along, wide = np.concatenate([-np.cos(turns), np.sin(turns)]), np.concatenate([np.sin(turns), np.cos(turns)])
    outward = along[None, :, None, None] * forward[:, None, None] + wide[None, :, None, None] * circle[:, None]
    layers = np.repeat(ends, _CAP_RINGS + 1, axis=1)[:, :, None]
    layers = layers + np.repeat(radii_m, _CAP_RINGS + 1, axis=1)[:, :, None, None] * outward
    # Metres across and along the limb, without a seam.
    away = layers - ends[:, :1, None]
    texture = np.stack([(away * axis[:, None, None]).sum(axis=-1) for axis in (across, forward)], axis=-1)
    quads, normals, cloth = _quads(layers), _quads(outward), _quads(texture)
    halves = ([0, 1, 2], [0, 2, 3])
    corners, up, cloth = (np.concatenate([part[:, half] for half in halves]) for part in (quads, normals, cloth))
    painted = np.tile(np.repeat(paints.astype(np.int32), len(quads) // count), 2)
    return Mesh(corners, up, cloth, painted, np.full(len(corners), label, np.int32))


def _crossed(one: Floats, other: Floats) -> Floats:
    """Cross products of vectors (n, 3); numpy's own takes far longer for few of them."""
    (a, b, c), (d, e, f) = one.T, other.T
    return np.stack([b * f - c * e, c * d - a * f, a * e - b * d], axis=1)


def _quads(layers: Floats) -> Floats:
    """Rings of points (n, rings, sides, k), one over the other, as quads (n * (rings - 1) * sides, 4, k)."""
    after = np.roll(np.arange(layers.shape[2]), -1)
    low, high = layers[:, :-1], layers[:, 1:]
    return np.stack([low, low[:, :, after], high[:, :, after], high], axis=3).reshape(-1, 4, layers.shape[-1])


def _flat(quads: Floats) -> Floats:
    """The normals of flat quads (n, 4, 3), the same at each corner."""
    normal = np.cross(quads[:, 1] - quads[:, 0], quads[:, 2] - quads[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    return np.repeat(normal[:, None, :], 4, axis=1)


def _ring(sides: int) -> Floats:
    turn = np.arange(sides) * (2.0 * np.pi / sides)
    return np.stack([np.cos(turn), np.sin(turn)], axis=1)
