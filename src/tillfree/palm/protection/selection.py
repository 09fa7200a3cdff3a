"""Of the places of the classical codes only a keyed selection is stored, in a keyed order.

In each block of 8 x 8 places the key draws which ones are kept, for both codes and all their planes. The probe stays
whole: it is shifted and bent until it fits, and compared at the places that were kept; so no plain code is stored for
the search for the best shift. Another salt keeps other places. What is left out is nowhere; but places near each other
depend on each other, so that whoever has the key can guess much of it: `tillfree.evaluation.palms.attacks` measures how
much. (Parities of pairs of bits hide more from a thief of the key. They were tried, and the share of genuine people
who were rejected doubled, since a share p of unlike bits becomes 2 p (1 - p) of unlike parities.)

Keyed selection and reordering: Ratha, Chikkerur, Connell and Bolle, Generating cancelable fingerprint templates, IEEE
PAMI 29, 2007; for codes of irises: Zuo, Ratha and Connell, Cancelable iris biometric, ICPR 2008.
"""

import numpy as np
import numpy.typing as npt

from tillfree.palm.codes.layout import BLOCK, GRIDS, PLANES, joined, planes
from tillfree.palm.errors import PalmError
from tillfree.palm.protection.keys import KeyedStream

__all__ = ["KEPT", "SELECTED_BYTES", "CodeSelection"]

Bits = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]
Integers = npt.NDArray[np.intp]
KEPT = 32
"""Places that are kept of the 64 of a block."""
_BLOCKS = tuple((grid // BLOCK) ** 2 for grid in GRIDS)
_LAYERS = 2 * PLANES + 1
SELECTED_BYTES = _LAYERS * sum(_BLOCKS) * KEPT // 8
"""Bytes of both codes and of the valid places at what is kept."""


class CodeSelection:
    """Which places a template keeps."""

    __slots__ = ("_kept",)

    def __init__(self, stream: KeyedStream) -> None:
        """Draws the places of all blocks of both levels."""
        self._kept: list[Integers] = []
        for count in _BLOCKS:
            numbers = stream.octets(4 * BLOCK * BLOCK * count).view("<u4").reshape(count, BLOCK * BLOCK)
            self._kept.append(np.argsort(numbers, axis=1, kind="stable")[:, :KEPT].astype(np.intp))

    def pack(self, ordinal: Bytes, competitive: Bytes, valid: Bytes) -> Bytes:
        """What is kept of codes and valid bits, as `tillfree.palm.codes` makes them: (SELECTED_BYTES,).

        Raises:
            PalmError: they have another shape.
        """
        parts = []
        for level, kept in enumerate(self._kept):
            layers = [planes(ordinal, level), planes(competitive, level), planes(valid, level)[:1]]
            by_block = _to_blocks(np.concatenate(layers))
            parts.append(np.packbits(np.take_along_axis(by_block, kept[None], axis=2)))
        return np.concatenate(parts)

    def unpack(self, data: Bytes) -> tuple[Bytes, Bytes, Bytes]:
        """Codes and valid bits of which only the kept places are valid, and all others 0.

        Raises:
            PalmError: another number of bytes.
        """
        if data.shape != (SELECTED_BYTES,):
            raise PalmError(f"protected codes have {SELECTED_BYTES} bytes, not {data.shape}: enrol the person again")
        levels, begin = [], 0
        for kept, count, grid in zip(self._kept, _BLOCKS, GRIDS, strict=True):
            end = begin + _LAYERS * count * KEPT // 8
            bits = np.unpackbits(data[begin:end]).view(np.bool_).reshape(_LAYERS, count * KEPT)
            by_block = np.zeros((_LAYERS, count * BLOCK * BLOCK), np.bool_)
            by_block[:, (kept + np.arange(count)[:, None] * (BLOCK * BLOCK)).ravel()] = bits
            levels.append(_from_blocks(by_block.reshape(_LAYERS, count, BLOCK * BLOCK), grid))
            begin = end
        coarse, fine = levels
        return (
            joined((coarse[:PLANES], fine[:PLANES])),
            joined((coarse[PLANES:-1], fine[PLANES:-1])),
            joined((_repeated(coarse[-1]), _repeated(fine[-1]))),
        )


def _to_blocks(bits: Bits) -> Bits:
    """Layers (n, grid, grid) as blocks (n, blocks, 64)."""
    count = bits.shape[1] // BLOCK
    tiles = bits.reshape(len(bits), count, BLOCK, count, BLOCK).transpose(0, 1, 3, 2, 4)
    return tiles.reshape(len(bits), count * count, BLOCK * BLOCK)


def _from_blocks(blocks: Bits, grid: int) -> Bits:
    """The inverse of `_to_blocks`."""
    count = grid // BLOCK
    tiles = blocks.reshape(len(blocks), count, count, BLOCK, BLOCK).transpose(0, 1, 3, 2, 4)
    return tiles.reshape(len(blocks), grid, grid)


def _repeated(valid: Bits) -> Bits:
    return np.broadcast_to(valid, (PLANES, *valid.shape))
