"""How the bits of a code lie in its bytes.

A code is made at two levels of detail, on grids of 40 x 40 and 80 x 80 places. Each place has three bits, in three
planes. A plane is stored row by row, eight places a byte, the first in the lowest bit; the coarse planes come first.
The bytes of `valid` lie the same way, so that a bit counts where its bit in `valid` is set.
"""

import numpy as np
import numpy.typing as npt

from tillfree.palm.errors import PalmError

__all__ = ["BLOCK", "CODE_BYTES", "GRIDS", "PLANES", "Words", "blocks", "joined", "planes"]

Bits = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
Words = npt.NDArray[np.uint64]

GRIDS = (40, 80)
"""Places along a side, coarse and fine: one for 4 and for 2 pixels of a region."""
PLANES = 3
BLOCK = 8
"""Places along a side of a block: 8 x 8 bits are one word of 64."""
_SIZES = tuple(PLANES * grid * grid // 8 for grid in GRIDS)
CODE_BYTES = sum(_SIZES)
"""Bytes of a code: 3000."""


def joined(levels: tuple[Bits, Bits]) -> Bytes:
    """The bytes (CODE_BYTES,) of bits (PLANES, grid, grid) of the two levels."""
    return np.concatenate([np.packbits(bits, axis=-1, bitorder="little").ravel() for bits in levels])


def planes(code: Bytes, level: int) -> Bits:
    """The bits (PLANES, grid, grid) of a level; the reverse of `joined`."""
    rows = _rows(code, level)
    return np.unpackbits(rows, axis=-1, bitorder="little").astype(np.bool_)


def blocks(code: Bytes, level: int) -> Words:
    """The blocks (PLANES, (grid / BLOCK) ** 2) of a level as words: byte i of a word is row i of its block."""
    rows = _rows(code, level)
    count = GRIDS[level] // BLOCK
    tiles = rows.reshape(PLANES, count, BLOCK, count).transpose(0, 1, 3, 2)
    return np.ascontiguousarray(tiles).view("<u8").reshape(PLANES, count * count)


def _rows(code: Bytes, level: int) -> Bytes:
    if code.shape != (CODE_BYTES,) or code.dtype != np.uint8:
        raise PalmError(f"a code has the shape ({CODE_BYTES},) of bytes, not {code.shape} of {code.dtype}; encode anew")
    begin = sum(_SIZES[:level])
    grid = GRIDS[level]
    return code[begin : begin + _SIZES[level]].reshape(PLANES, grid, grid // 8)
