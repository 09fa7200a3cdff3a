"""Lays protected parities on a probe: only the probe moves, and no plain code of the reference is needed.

A hand bends, so blocks move by themselves, but not far from one another:

1. Coarse: for each shift of the whole palm up to 6 places, each of 5 x 5 blocks takes the place within 2 more where it
   gains most, a step aside costing some gain (generalised distance transform: Felzenszwalb and Huttenlocher, Theory of
   Computing 8, 2012).
2. Their places give an affine map by weighted least squares.
3. Fine: each of 10 x 10 blocks of the finer grid starts where the map puts it, and moves up to 2 places more.

Gain is how many parities agree beyond chance. At every place that is looked at, the probe is paired with the pattern of
the stored block.
"""

import dataclasses

import numpy as np
import numpy.typing as npt

from tillfree.palm.codes.layout import BLOCK, GRIDS, PLANES, Words, planes
from tillfree.palm.features import Features
from tillfree.palm.protection.keyed_codes import KeyedCodes, StoredWords

__all__ = ["Agreement", "ShiftedProbe"]

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.intp]
_SHIFT, _MOVE = 6, 2
_PAD = _SHIFT + _MOVE
_SPAN = 2 * _PAD + 1
_STEP_COST = 4.0
"""What a step aside of a block costs, in parities; a block has 192, which differ by chance with a deviation of 7."""
_STIFFNESS = 8.0
"""Weight of "neither turned nor stretched" in the affine map, in squared coarse places."""


@dataclasses.dataclass(frozen=True, slots=True)
class Agreement:
    """Parities that differ where a probe and a template agree best, at the coarse and the fine level, each (2,).

    `ordinal` and `competitive` are shares. `places` (2,) says of how many places pairs were compared, `unrest_places`
    how far blocks moved from the affine map, root mean square in coarse places: two palms do not fit along one map.
    """

    ordinal: Floats
    competitive: Floats
    places: Floats
    unrest_places: float


class ShiftedProbe:
    """The codes of a probe with every block at every place: made once, for all templates."""

    __slots__ = ("_coarse", "_fine", "_width")

    def __init__(self, features: Features) -> None:
        """Shifts the codes of features.

        Raises:
            PalmError: the codes have another shape.
        """
        coarse, fine = (_every_block(_stacked(features, level)) for level in range(2))
        corner = np.arange(GRIDS[0] // BLOCK)[:, None] * BLOCK + np.arange(_SPAN)
        found = coarse[:, corner[:, None, :, None], corner[None, :, None, :]]
        self._coarse = np.ascontiguousarray(found.reshape(2 * PLANES + 1, len(corner) ** 2, _SPAN * _SPAN))
        self._width = fine.shape[2]
        self._fine = np.ascontiguousarray(fine.reshape(2 * PLANES + 1, -1))

    def lay(self, keyed: KeyedCodes, stored: StoredWords) -> Agreement:
        """Finds where a template fits best, and counts what differs there."""
        unlike, pairs = keyed.unlike(0, self._coarse, stored.levels[0])
        gain = (pairs / 2.0 - unlike).sum(axis=0)
        at = _coarse_places(gain.reshape(-1, _SPAN, _SPAN))
        rows, chosen = np.arange(len(at)), at[:, 0] * _SPAN + at[:, 1]
        weights = np.maximum(gain[rows, chosen], 0.0) + 1.0
        fitted = _affine(at - _PAD, weights)
        away = ((at - _PAD - _COARSE_BASIS @ fitted) ** 2).sum(axis=1)
        start = np.rint(2.0 * (_FINE_BASIS @ fitted)).astype(np.intp)
        fine_unlike, fine_pairs = self._finely(keyed, stored, start)
        differ = np.stack([unlike[:, rows, chosen].sum(axis=1), fine_unlike.sum(axis=1)]).astype(np.float64)
        both = np.stack([pairs[:, rows, chosen].sum(axis=1), fine_pairs.sum(axis=1)]).astype(np.float64)
        share = np.where(both > 0, differ / np.maximum(both, 1.0), 0.5)
        unrest = float(np.sqrt(weights @ away / weights.sum()))
        return Agreement(share[:, 0], share[:, 1], both.sum(axis=1) / PLANES, unrest)

    def _finely(self, keyed: KeyedCodes, stored: StoredWords, start: Integers) -> tuple[Counts, Counts]:
        """Unlike and all pairs (2, fine blocks) of both codes where each block fits best."""
        begin = np.clip(_FINE_CORNERS + start + _PAD, _MOVE, GRIDS[1] + 2 * _PAD - BLOCK - _MOVE)
        places = (begin @ np.array([self._width, 1]))[:, None] + _AROUND @ np.array([self._width, 1])
        unlike, pairs = keyed.unlike(1, self._fine[:, places], stored.levels[1])
        best = np.argmax((pairs / 2.0 - unlike).sum(axis=0) - _AROUND_COST, axis=1)
        rows = np.arange(len(best))
        return unlike[:, rows, best], pairs[:, rows, best]


def _stacked(features: Features, level: int) -> npt.NDArray[np.bool_]:
    """Planes of both codes and the valid places (7, grid, grid)."""
    parts = [planes(features.ordinal, level), planes(features.competitive, level), planes(features.valid, level)[:1]]
    return np.concatenate(parts)


def _every_block(bits: npt.NDArray[np.bool_]) -> Words:
    """The word of the block that begins at each place, with room around: (planes, side, side) becomes words.

    Rows of two, four and eight bits are put together by doubling, then rows of two, four and eight such rows.
    """
    words = np.pad(bits, ((0, 0), (_PAD, _PAD), (_PAD, _PAD))).astype(np.uint64)
    for step in (1, 2, 4):
        words = words[:, :, :-step] | (words[:, :, step:] << np.uint64(step))
    for step in (1, 2, 4):
        words = words[:, :-step] | (words[:, step:] << np.uint64(step * BLOCK))
    return words


def _coarse_places(gain: Floats) -> Integers:
    """Where each block goes (blocks, 2), as rows and columns of `gain` (blocks, _SPAN, _SPAN)."""
    best = gain
    for axis in (1, 2):
        room = [(0, 0)] * 3
        room[axis] = (_MOVE, _MOVE)
        wide = np.moveaxis(np.pad(best, room, constant_values=-1e9), axis, -1)
        aside = [wide[:, :, step : step + _SPAN] - _STEP_COST * abs(step - _MOVE) for step in range(2 * _MOVE + 1)]
        best = np.moveaxis(np.maximum.reduce(aside), -1, axis)
    whole = best.sum(axis=0)[_MOVE:-_MOVE, _MOVE:-_MOVE]
    y, x = (int(place) + _MOVE for place in divmod(int(np.argmax(whole)), whole.shape[1]))
    near = gain[:, y - _MOVE : y + _MOVE + 1, x - _MOVE : x + _MOVE + 1].reshape(len(gain), -1)
    placed: Integers = _AROUND[np.argmax(near - _AROUND_COST, axis=1)] + np.array([y, x])
    return placed


def _affine(moves: Integers, weights: Floats) -> Floats:
    """The map (3, 2) from (1, y, x) to moves (blocks, 2) of coarse blocks, by weighted ridge regression."""
    middle = weights @ moves / weights.sum()
    weighted = _COARSE_BASIS * weights[:, None]
    held = np.diag([1e-3, 1.0, 1.0]) * _STIFFNESS * weights.sum()
    fitted: Floats = np.linalg.solve(weighted.T @ _COARSE_BASIS + held, weighted.T @ (moves - middle))
    fitted[0] += middle
    return fitted


def _corners(level: int) -> Integers:
    edge = np.arange(GRIDS[level] // BLOCK) * BLOCK
    return np.stack(np.meshgrid(edge, edge, indexing="ij"), axis=-1).reshape(-1, 2)


def _basis(level: int) -> Floats:
    """(1, y, x) of the middles of blocks, in coarse places from the middle of the region: (blocks, 3)."""
    middles = (_corners(level) + (BLOCK - GRIDS[level]) / 2.0) * GRIDS[0] / GRIDS[level]
    return np.concatenate([np.ones((len(middles), 1)), middles], axis=1)


_AROUND = np.stack(np.meshgrid(*[np.arange(-_MOVE, _MOVE + 1)] * 2, indexing="ij"), axis=-1).reshape(-1, 2)
_AROUND_COST = _STEP_COST * np.abs(_AROUND).sum(axis=1)
_FINE_CORNERS = _corners(1)
_COARSE_BASIS, _FINE_BASIS = _basis(0), _basis(1)
