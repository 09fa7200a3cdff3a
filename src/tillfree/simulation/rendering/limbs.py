"""Limbs: tapered rods with round ends, of which people and things are built; drawn one by one, or under one skin.

`capsules` draws each by itself, which is quick. `skin` draws the surface around them all, rounded where they meet: the
zero level of a smooth minimum of their distances (Ricci, A constructive geometry for computer graphics, 1973: the
blend), found on a grid by surface nets (Gibson, Constrained elastic surface nets, MICCAI 1998), one vertex in each
cell that the surface crosses. Cloth has folds: waves in the distance, which are assumed.
"""

import dataclasses
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from tillfree.simulation.rendering.meshes import Mesh, capsules_of
from tillfree.simulation.rendering.views import Floats

__all__ = ["Limb", "capsules", "skin"]

_CELL_M = 0.022
_BLEND_M = 0.012
_FOLD_M = 0.007
_WAVES = 10


@dataclasses.dataclass(frozen=True, slots=True)
class Limb:
    """From one point to another (3,), with a radius at each end, metres.

    `depth` below 1 flattens it along the direction in which the body looks; a `loose` one is cloth, which folds.
    """

    start: Floats
    end: Floats
    radius_m: float
    end_radius_m: float
    paint: int
    depth: float = 1.0
    loose: bool = False


def capsules(limbs: Iterable[Limb], label: int, sides: int = 8) -> Mesh:
    """Each limb by itself; all are round, whatever their depth."""
    every = list(limbs)
    ends = np.array([(limb.start, limb.end) for limb in every])
    round_m = np.array([(limb.radius_m, limb.end_radius_m) for limb in every])
    round_m *= 0.5 + 0.5 * np.array([[limb.depth] for limb in every])
    return capsules_of(ends, round_m, np.array([limb.paint for limb in every]), label, sides)


def skin(limbs: Iterable[Limb], heading_rad: float, label: int, seed: int = 0, cell_m: float = _CELL_M) -> Mesh:
    """One surface around limbs; `seed` is that of the folds. The texture's coordinates are metres on the surface."""
    every = list(limbs)
    turn = np.array(
        ((np.cos(heading_rad), np.sin(heading_rad), 0.0), (-np.sin(heading_rad), np.cos(heading_rad), 0.0), (0, 0, 1.0))
    )
    starts = np.array([limb.start for limb in every]) @ turn.T
    ends = np.array([limb.end for limb in every]) @ turn.T
    radii = np.array([(limb.radius_m, limb.end_radius_m) for limb in every])
    reach = radii.max(axis=1, keepdims=True) + 3.0 * cell_m
    low = np.minimum(starts - reach, ends - reach).min(axis=0)
    high = np.maximum(starts + reach, ends + reach).max(axis=0)
    axes = [np.arange(a, b + cell_m, cell_m, dtype=np.float32) for a, b in zip(low, high, strict=True)]
    distance, nearest = _distances(every, starts, ends, axes, seed, cell_m)
    points, quads = _surface(distance)
    gradient = np.stack([np.gradient(distance, axis=axis) for axis in range(3)], axis=-1)
    cell = np.floor(points).astype(np.int64)
    normals = _between(gradient, points, cell) @ turn
    local = points * cell_m + np.array([axis[0] for axis in axes])
    places = local @ turn
    texture = np.stack([local[:, 1] + 0.6 * local[:, 0], local[:, 2]], axis=1)
    middle = np.rint(points).astype(np.int64)
    paint = np.array([limb.paint for limb in every], dtype=np.int32)[nearest[tuple(middle.T)]]
    corners = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    return Mesh(
        places[corners],
        normals[corners].astype(np.float32),
        texture[corners].astype(np.float32),
        paint[corners[:, 0]],
        np.full(len(corners), label, np.int32),
    )


def _distances(
    limbs: list[Limb], starts: Floats, ends: Floats, axes: list[Floats], seed: int, cell_m: float
) -> tuple[Floats, "np.ndarray[tuple[int, ...], np.dtype[np.int16]]"]:
    """Smooth distance to all limbs at each point of a grid, in cells, and the number of the nearest limb."""
    shape = tuple(len(axis) for axis in axes)
    best = np.full(shape, np.float32(1.0))
    total = np.zeros(shape, np.float32)
    nearest = np.zeros(shape, np.int16)
    loose = np.zeros(shape, np.bool_)
    for number, limb in enumerate(limbs):
        # Far from a limb it counts for nothing: only the part of the grid around it is worked out.
        reach = max(limb.radius_m, limb.end_radius_m) + 5.0 * _BLEND_M + 2.0 * cell_m
        ranges = [
            slice(*np.searchsorted(axis, (min(a, b) - reach, max(a, b) + reach)))
            for axis, a, b in zip(axes, starts[number], ends[number], strict=True)
        ]
        block = tuple(ranges)
        squeeze = np.array((1.0 / limb.depth, 1.0, 1.0))
        x, y, z = (axis[part] for axis, part in zip(axes, ranges, strict=True))
        a, b = starts[number] * squeeze, ends[number] * squeeze
        rod = b - a
        dx = (x / np.float32(limb.depth) - np.float32(a[0]))[:, None, None]
        dy = (y - np.float32(a[1]))[None, :, None]
        dz = (z - np.float32(a[2]))[None, None, :]
        along = (dx * np.float32(rod[0]) + dy * np.float32(rod[1]) + dz * np.float32(rod[2])) / np.float32(
            max(float(rod @ rod), 1e-9)
        )
        along = np.clip(along, 0.0, 1.0)
        square = (
            (dx - along * np.float32(rod[0])) ** 2
            + (dy - along * np.float32(rod[1])) ** 2
            + (dz - along * np.float32(rod[2])) ** 2
        )
        away = np.sqrt(square) - (limb.radius_m + (limb.end_radius_m - limb.radius_m) * along)
        total[block] += np.exp(np.minimum(-away / np.float32(_BLEND_M), np.float32(60.0)))
        nearer = away < best[block]
        best[block] = np.where(nearer, away, best[block])
        nearest[block] = np.where(nearer, np.int16(number), nearest[block])
        loose[block] = np.where(nearer, limb.loose, loose[block])
    smooth = np.where(total > 0.0, -np.float32(_BLEND_M) * np.log(np.maximum(total, np.float32(1e-30))), best)
    smooth += np.where(loose, _folds(axes, seed), np.float32(0.0))
    return smooth / np.float32(cell_m), nearest


def _folds(axes: list[Floats], seed: int) -> npt.NDArray[np.float32]:
    """Waves of some centimetres on a grid, metres; they run rather up and down than around."""
    rng = np.random.default_rng([seed, 43])
    folds = np.zeros(tuple(len(axis) for axis in axes), np.float32)
    for _ in range(_WAVES):
        direction = rng.normal(size=3) * (1.0, 1.0, 0.7)
        direction *= 2.0 * np.pi / (rng.uniform(0.06, 0.25) * np.linalg.norm(direction))
        phase = (direction[0] * axes[0])[:, None, None] + (direction[1] * axes[1])[None, :, None]
        wave = phase + (direction[2] * axes[2])[None, None, :] + rng.uniform(0.0, 2 * np.pi)
        folds += np.float32(_FOLD_M / _WAVES**0.5) * np.sin(wave.astype(np.float32))
    return folds


def _surface(values: Floats) -> tuple[Floats, "np.ndarray[tuple[int, int], np.dtype[np.int64]]"]:
    """Vertices (n, 3) in cells and quads (m, 4) of the surface where values (x, y, z) change their sign."""
    inside = values < 0.0
    size = tuple(n - 1 for n in values.shape)
    counts, sums = np.zeros(size, np.int16), np.zeros((*size, 3), np.float32)
    crossings = []
    for axis in range(3):
        first = tuple(slice(None, -1) if k == axis else slice(None) for k in range(3))
        second = tuple(slice(1, None) if k == axis else slice(None) for k in range(3))
        crossed = np.argwhere(inside[first] != inside[second])
        a, b = values[first][tuple(crossed.T)], values[second][tuple(crossed.T)]
        at = crossed.astype(np.float32)
        at[:, axis] += a / (a - b)
        others = [k for k in range(3) if k != axis]
        around = []
        for i, j in ((0, 0), (-1, 0), (-1, -1), (0, -1)):
            cell = crossed.copy()
            cell[:, others[0]] += i
            cell[:, others[1]] += j
            around.append(cell)
            np.add.at(counts, tuple(cell.T), 1)
            np.add.at(sums, tuple(cell.T), at)
        crossings.append(np.stack(around, axis=1))
    used = np.argwhere(counts > 0)
    number = np.full(size, -1)
    number[tuple(used.T)] = np.arange(len(used))
    vertices = sums[tuple(used.T)] / counts[tuple(used.T)][:, None]
    quads = np.concatenate(crossings)
    return vertices, number[quads[..., 0], quads[..., 1], quads[..., 2]]


def _between(grid: Floats, points: Floats, cell: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]") -> Floats:
    """Values of a grid (x, y, z, k) at points (n, 3) in cells, by trilinear interpolation."""
    share = points - cell
    found = np.zeros((len(points), grid.shape[-1]))
    for corner in np.ndindex(2, 2, 2):
        weight = np.prod(np.where(np.array(corner) == 1, share, 1.0 - share), axis=1)
        at = np.minimum(cell + np.array(corner), np.array(grid.shape[:3]) - 1)
        found += weight[:, None] * grid[tuple(at.T)]
    return found
