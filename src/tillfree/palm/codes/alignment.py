"""Lays one palm on another, block by block, and counts the bits that differ.

A hand is not rigid, and no region lies quite like the last one of the same palm. So blocks of 8 x 8 places of the
reference look for their place in the probe by themselves, held together by what a step aside costs:

1. Coarse: shifts of the whole palm up to 6 places (15 % of the region), turns by 9 degrees and other distances by 9 %
   are tried; for each, every block may move one place more. This is the generalised distance transform of a pictorial
   structure with one star-shaped level (Felzenszwalb and Huttenlocher, Pictorial structures for object recognition,
   IJCV 61, 2005, section 3). Then every block may move two places from where the best of these puts it.
2. The moves of the blocks give an affine map by weighted least squares.
3. Fine: each block of the finer level begins where that map puts it, and may move up to 2 places more, where the
   blocks around it find support for the same move (aggregation of cost, as in stereo vision: Scharstein and Szeliski,
   A taxonomy and evaluation of dense two-frame stereo, IJCV 47, 2002, section 3.2). The map is fitted to these moves
   once more, and they are looked for again from there.

All work is on words of 64 bits: the word of a block at any place of the probe is made once for each probe.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tillfree.palm.codes.layout import BLOCK, GRIDS, PLANES, Words, blocks, planes
from tillfree.palm.codes.moves import REACH, best_moves, fit_map, place_blocks, refit_map, supported, unrest

__all__ = ["Agreements", "Aligner", "Tiles"]

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Gains = npt.NDArray[np.int16]

_PAD = REACH
"""Places around the probe where a block may lie at either level; nothing is valid there."""
_SPAN = 2 * REACH + 1
_COUNTS = tuple(grid // BLOCK for grid in GRIDS)
_LAYERS = 2 * PLANES + 1
"""Planes of both codes, and one of what is valid."""
_AT_ONCE = 6
"""So many references are worked on together: more would not fit into the processor's nearer memory."""


@dataclasses.dataclass(frozen=True, slots=True)
class Agreements:
    """What differs between a probe and n references, each laid on it.

    `ordinal` and `competitive` (n, 2) are the shares of bits that differ at the coarse and at the fine level, and
    `places` (n, 2) how many places were compared. `unrest_places` (n,) is how far blocks moved from the affine map,
    root mean square in places of the coarse level: two palms do not fit along one map. `maps` (n, 2, 3) take (1, y, x)
    of the coarse level, from the middle, to the shift (y, x).
    """

    ordinal: Floats
    competitive: Floats
    places: Floats
    unrest_places: Doubles
    maps: Doubles


class Tiles:
    """The blocks of a reference, ready to be laid on probes."""

    __slots__ = ("coarse", "fine")

    def __init__(self, ordinal: Bytes, competitive: Bytes, valid: Bytes) -> None:
        """Codes and valid bits (CODE_BYTES,) as `tillfree.palm.codes.filters.encode` makes them.

        Raises:
            PalmError: another shape or type.
        """
        self.coarse, self.fine = (
            np.concatenate([blocks(ordinal, level), blocks(competitive, level), blocks(valid, level)[:1]])[:, :, None]
            for level in range(2)
        )


class Aligner:
    """A probe, ready for references to be laid on it; for one thread at a time, since it keeps room to work in."""

    __slots__ = ("_counts", "_differ", "_fine", "_places", "_seen", "_stack", "_width")

    def __init__(self, ordinal: Bytes, competitive: Bytes, valid: Bytes) -> None:
        """Codes and valid bits (CODE_BYTES,) as `tillfree.palm.codes.filters.encode` makes them.

        Raises:
            PalmError: another shape or type.
        """
        coarse, fine = (
            _everywhere(np.concatenate([planes(ordinal, level), planes(competitive, level), planes(valid, level)[:1]]))
            for level in range(2)
        )
        count = _COUNTS[0]
        steps = np.arange(count)[:, None] * BLOCK + np.arange(_SPAN)
        stack = coarse[:, steps[:, None, :, None], steps[None, :, None, :]]
        self._stack = np.ascontiguousarray(stack).reshape(_LAYERS, count * count, _SPAN * _SPAN)
        self._width = fine.shape[2]
        self._fine = np.ascontiguousarray(fine.reshape(_LAYERS, -1))
        # Arrays of this size cost more to ask for than to fill.
        self._seen, self._differ = np.empty((2, *self._stack.shape[1:]), dtype=np.uint64)
        self._counts = np.empty((_LAYERS - 1, *self._stack.shape[1:]), dtype=np.uint8)

    def align(self, references: Sequence[Tiles]) -> Agreements:
        """Lays each reference on the probe where they agree best."""
        parts = [self._align(references[at : at + _AT_ONCE]) for at in range(0, len(references), _AT_ONCE)]
        if not parts:
            nothing = np.zeros((0, 2), np.float32)
            return Agreements(nothing, nothing, nothing, np.zeros(0), np.zeros((0, 2, 3)))
        ordinal, competitive, places, unrest_places, maps = zip(*parts, strict=True)
        return Agreements(
            np.concatenate(ordinal),
            np.concatenate(competitive),
            np.concatenate(places),
            np.concatenate(unrest_places),
            np.concatenate(maps),
        )

    def _align(self, references: Sequence[Tiles]) -> tuple[Floats, Floats, Floats, Doubles, Doubles]:
        """The columns of `Agreements`, for so few references that all stays near the processor."""
        coarse = np.stack([self._coarsely(tiles.coarse) for tiles in references], axis=1)
        gain = _gain(coarse)
        fields = np.ascontiguousarray(gain.transpose(0, 2, 1)).reshape(len(references), _SPAN, _SPAN, -1)
        pose, moves = best_moves(fields)
        at = ((moves[..., 0] + REACH) * _SPAN + moves[..., 1] + REACH)[..., None]
        weights = np.maximum(np.take_along_axis(gain, at, axis=2)[..., 0], 0) + 1.0
        fitted = fit_map(pose, moves, weights)
        levels = (np.take_along_axis(coarse, at[None], axis=3)[..., 0], self._finely(references, fitted))
        sums = np.array([level.sum(axis=2, dtype=np.int64) for level in levels]).transpose(2, 1, 0)
        shares = (sums[:, :2] / np.maximum(PLANES * sums[:, 2:], 1)).astype(np.float32)
        return shares[:, 0], shares[:, 1], sums[:, 2].astype(np.float32), unrest(moves, weights, fitted), fitted

    def _coarsely(self, tiles: Words) -> Bytes:
        """Differing bits of both codes and compared places (3, blocks, shifts) for each shift of each block."""
        stack, differ, seen = self._stack, self._differ, self._seen
        np.bitwise_and(stack[-1], tiles[-1], out=seen)
        for plane, tile, counts in zip(stack, tiles, self._counts, strict=False):
            # One plane after the other: so much stays near the processor.
            np.bitwise_xor(plane, tile, out=differ)
            np.bitwise_and(differ, seen, out=differ)
            np.bitwise_count(differ, out=counts)
        return _counted(self._counts, seen)

    def _finely(self, references: Sequence[Tiles], fitted: Doubles) -> Bytes:
        """Differing bits of both codes and compared places (3, n, blocks) of each fine block where it fits best."""
        tiles = np.stack([each.fine for each in references], axis=1)
        found, gain = self._around(tiles, fitted)
        best = supported(gain)
        weights = np.maximum(np.take_along_axis(gain, best[..., None], axis=2)[..., 0], 0) + 1.0
        found, gain = self._around(tiles, refit_map(fitted, best, weights))
        chosen: Bytes = np.take_along_axis(found, supported(gain)[None, :, :, None], axis=3)[..., 0]
        return chosen

    def _around(self, tiles: Words, fitted: Doubles) -> tuple[Bytes, Gains]:
        """Differing bits and compared places (3, n, blocks, moves) of fine blocks around the maps, and their gains."""
        words = self._fine.take(place_blocks(fitted, _PAD, self._width), axis=1)
        seen = words[-1] & tiles[-1]
        differ = words[:-1] ^ tiles[:-1]
        differ &= seen
        found = _counted(np.bitwise_count(differ), seen)
        return found, _gain(found)


def _everywhere(bits: npt.NDArray[np.bool_]) -> Words:
    """The word of a block at every place (planes, side, side), with nothing around; by doubling."""
    words: Words = np.pad(bits, ((0, 0), (_PAD, _PAD), (_PAD, _PAD))).astype(np.uint64)
    for step in (1, 2, 4):
        words = words[:, :, :-step] | (words[:, :, step:] << np.uint64(step))
    for step in (1, 2, 4):
        words = words[:, :-step] | (words[:, step:] << np.uint64(step * BLOCK))
    return words


def _counted(differ: Bytes, seen: Words) -> Bytes:
    """Sums over the planes of each code, and the places that both palms have: (3, ...); at most 192 each."""
    found = np.empty((3, *seen.shape), dtype=np.uint8)
    for code in range(2):
        np.add(differ[3 * code], differ[3 * code + 1], out=found[code])
        np.add(found[code], differ[3 * code + 2], out=found[code])
    np.bitwise_count(seen, out=found[2])
    return found


def _gain(found: Bytes) -> Gains:
    """How much better than chance blocks agree, in quarters of a bit.

    Of the six bits of a place, 2.75 differ between lines of unlike palms that lie anyhow on each other (simulated).
    """
    gain: Gains = np.multiply(found[2], 11, dtype=np.int16)
    gain -= np.multiply(np.add(found[0], found[1], dtype=np.int16), 4)
    return gain
