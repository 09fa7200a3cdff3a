"""Where blocks of one palm lie on another: held together, but free to move a little."""

import math

import numpy as np
import numpy.typing as npt

from tillfree.palm.codes.layout import BLOCK, GRIDS

__all__ = ["REACH", "best_moves", "fit_map", "place_blocks", "refit_map", "supported", "unrest"]

Gains = npt.NDArray[np.int16]
Integers = npt.NDArray[np.intp]
Doubles = npt.NDArray[np.float64]

_SHIFT, _SHIFT_STEP = 6, 2
"""Largest shift of the whole palm, and from one shift that is tried to the next, in places of the coarse level."""
_TURNS_DEG, _SCALES = (-9.0, 0.0, 9.0), (0.91, 1.0, 1.09)
REACH = 10
"""How far a block may lie from its own place: the shift, what turns and scales add to it, and one place."""
_MOVE = 2
"""Largest move of a block beyond that of its palm along each axis, at the fine level along both together, in places."""
_COARSE_STEP, _FINE_STEP = 12, 36
"""What a step by one place costs, in quarters of a bit; the fine one for the nine blocks whose gains are summed."""
_STIFFNESS = 2.0
"""Holds further turn and stretch back, in squared places of the coarse level: blocks spread over 128 of these."""


def _basis(level: int) -> tuple[Integers, Doubles]:
    """Corners of blocks (n, 2) in places of the level; and (1, y, x) of their middles, from the middle, coarse."""
    edge = np.arange(GRIDS[level] // BLOCK) * BLOCK
    corners = np.stack(np.meshgrid(edge, edge, indexing="ij"), axis=-1).reshape(-1, 2)
    middles = (corners + (BLOCK - GRIDS[level]) / 2) * GRIDS[0] / GRIDS[level]
    return corners, np.concatenate([np.ones((len(corners), 1)), middles], axis=1)


_, _COARSE_BASIS = _basis(0)
_COARSE_INVERSE = np.linalg.pinv(_COARSE_BASIS)
_FINE_CORNERS, _FINE_BASIS = _basis(1)
_FINE_COUNT = GRIDS[1] // BLOCK
_MOVES = np.stack(np.meshgrid(*[np.arange(-_MOVE, _MOVE + 1)] * 2, indexing="ij"), axis=-1).reshape(-1, 2)
_STEPS = np.abs(_MOVES).sum(axis=1)
_COARSE_COST = (_COARSE_STEP * _STEPS).astype(np.int16)
_FINE_MOVES = _MOVES[_STEPS <= _MOVE]
_FINE_COST = (_FINE_STEP * _STEPS[_STEPS <= _MOVE]).astype(np.int16)


def _poses() -> Integers:
    """Where each pose of the whole palm puts each coarse block (poses, blocks, 2)."""
    shifts = np.arange(-_SHIFT, _SHIFT + 1, _SHIFT_STEP)
    poses = []
    for turn in np.deg2rad(_TURNS_DEG):
        for scale in _SCALES:
            cos, sin = scale * math.cos(turn), scale * math.sin(turn)
            placed = _COARSE_BASIS[:, 1:] @ np.array([[cos - 1, sin], [-sin, cos - 1]])
            poses += [placed + np.array([y, x]) for y in shifts for x in shifts]
    return np.clip(np.rint(poses), 1 - REACH, REACH - 1).astype(np.intp)


_POSES = _poses()
_SPAN = 2 * REACH + 1
_BLOCKS = np.arange(len(_COARSE_BASIS))
_POSES_FLAT = ((_POSES[..., 0] + REACH) * _SPAN + _POSES[..., 1] + REACH) * len(_BLOCKS) + _BLOCKS


def best_moves(gain: Gains) -> tuple[Integers, Integers]:
    """Where the pose under which blocks together gain most puts each block, and where each then goes.

    `gain` (n, span, span, blocks) is that of each block of n references at each move, y then x, from -REACH to REACH;
    so are both results, (n, blocks, 2).
    """
    reached = gain
    for axis in (1, 2):
        near = (slice(None),) * axis + (slice(None, -1),)
        far = (slice(None),) * axis + (slice(1, None),)
        stepped = reached - np.int16(_COARSE_STEP)
        reached = reached.copy()
        np.maximum(reached[near], stepped[far], out=reached[near])
        np.maximum(reached[far], stepped[near], out=reached[far])
    count = len(gain)
    sums = reached.reshape(count, -1).take(_POSES_FLAT, axis=1).sum(axis=2, dtype=np.int32)
    pose = _POSES[sums.argmax(axis=1)]
    places = np.clip(pose[:, :, None] + _MOVES, -REACH, REACH)
    flat = ((places[..., 0] + REACH) * _SPAN + places[..., 1] + REACH) * len(_BLOCKS) + _BLOCKS[:, None]
    found = np.take_along_axis(gain.reshape(count, -1), flat.reshape(count, -1), axis=1).reshape(flat.shape)
    choice = (found - _COARSE_COST).argmax(axis=2)
    return pose, np.take_along_axis(places, choice[:, :, None, None], axis=2)[:, :, 0]


def fit_map(pose: Integers, moves: Integers, weights: Doubles) -> Doubles:
    """The affine maps (n, 2, 3) of (1, y, x) that fit moves (n, blocks, 2) best, held near those of the poses."""
    fitted: Doubles = (_COARSE_INVERSE @ pose).transpose(0, 2, 1) + _least_squares(_COARSE_BASIS, moves - pose, weights)
    return fitted


def refit_map(fitted: Doubles, best: Integers, weights: Doubles) -> Doubles:
    """The maps (n, 2, 3) once fine blocks went from where they put them by the moves of these numbers (n, blocks)."""
    moves: Doubles = _FINE_MOVES[best] * np.float64(GRIDS[0] / GRIDS[1])
    better: Doubles = fitted + _least_squares(_FINE_BASIS, moves, weights)
    return better


def _least_squares(basis: Doubles, moves: Integers | Doubles, weights: Doubles) -> Doubles:
    """Maps (n, 2, 3) of `basis` (blocks, 3), (1, y, x), that fit moves (n, blocks, 2) best, held near none at all."""
    weighted = basis.T * weights[:, None]
    normal = (weighted @ basis).astype(np.float64)
    normal[:, (0, 1, 2), (0, 1, 2)] += np.array([1e-3, _STIFFNESS, _STIFFNESS]) * weights.sum(axis=1)[:, None]
    solved = np.linalg.solve(normal, weighted @ moves.astype(np.float64))
    return np.asarray(solved.transpose(0, 2, 1), np.float64)


def unrest(moves: Integers, weights: Doubles, fitted: Doubles) -> Doubles:
    """How far moves (n, blocks, 2) are from the maps (n,), root mean square in places of the coarse level."""
    away = moves - _COARSE_BASIS @ fitted.transpose(0, 2, 1)
    square = (away * away).sum(axis=2)
    root: Doubles = np.sqrt((weights * square).sum(axis=1) / weights.sum(axis=1))
    return root


def place_blocks(fitted: Doubles, pad: int, width: int) -> Integers:
    """Where each fine block may lie (n, blocks, moves), counted row by row in a field `width` wide, `pad` around."""
    shifts = np.rint(GRIDS[1] / GRIDS[0] * (_FINE_BASIS @ fitted.transpose(0, 2, 1)))
    begin = shifts.astype(np.intp) + (_FINE_CORNERS + pad)
    np.clip(begin, _MOVE, width - 1 - _MOVE, out=begin)
    places: Integers = (begin[..., :1] * width + begin[..., 1:]) + (_FINE_MOVES[:, 0] * width + _FINE_MOVES[:, 1])
    return places


def supported(gain: Gains) -> Integers:
    """The number of the best move of each fine block (n, blocks): gains (n, blocks, moves) of 3 x 3 blocks together."""
    field = gain.reshape(len(gain), _FINE_COUNT, _FINE_COUNT, -1)
    down = field.copy()
    down[:, 1:] += field[:, :-1]
    down[:, :-1] += field[:, 1:]
    both = down.copy()
    both[:, :, 1:] += down[:, :, :-1]
    both[:, :, :-1] += down[:, :, 1:]
    best: Integers = (both.reshape(gain.shape) - _FINE_COST).argmax(axis=2)
    return best
