"""The classical codes under a key: parities of pairs inside blocks, laid on a probe block by block.

Only the probe is shifted: its blocks are paired, at every place they may lie, with the pattern of the stored template.
"""

import dataclasses

import numpy as np
import numpy.typing as npt

from tillfree.palm.codes.layout import BLOCK, GRIDS, PLANES, Words, blocks
from tillfree.palm.errors import PalmError
from tillfree.palm.features import Features
from tillfree.palm.protection.keys import KeyedStream
from tillfree.palm.protection.parities import PARITY_BYTES, PairPattern, count_bits

__all__ = ["KEYED_BYTES", "KeyedCodes", "StoredWords"]

Bytes = npt.NDArray[np.uint8]
Counts = npt.NDArray[np.uint8]
_BLOCKS = tuple((grid // BLOCK) ** 2 for grid in GRIDS)
_ALL = sum(_BLOCKS)
_PARITIES = 2 * PLANES * PARITY_BYTES * _ALL
KEYED_BYTES = _PARITIES + BLOCK * _ALL
"""Bytes of the parities of both codes and of the valid places."""


@dataclasses.dataclass(frozen=True, slots=True)
class StoredWords:
    """Parities of both codes and valid places of the two levels, each (7, blocks)."""

    levels: tuple[Words, Words]


class KeyedCodes:
    """The patterns of one template: what is stored under them, and what differs from it."""

    def __init__(self, ordinal_key: bytes, competitive_key: bytes) -> None:
        """Draws the pairs of both codes."""
        streams = (KeyedStream(ordinal_key), KeyedStream(competitive_key))
        self._patterns = [[PairPattern(stream, count) for count in _BLOCKS] for stream in streams]

    def protected(self, features: Features) -> Bytes:
        """What is stored of the codes, (KEYED_BYTES,), before it is sealed.

        Raises:
            PalmError: the codes have another shape.
        """
        parts: list[Bytes] = []
        for level in range(len(GRIDS)):
            for code, patterns in zip((features.ordinal, features.competitive), self._patterns, strict=True):
                folded = patterns[level].folded(patterns[level].parities(blocks(code, level)))
                parts.append(folded.astype("<u4").view(np.uint8).ravel())
            parts.append(blocks(features.valid, level)[0].astype("<u8").view(np.uint8))
        return np.concatenate(parts)

    def stored(self, data: Bytes) -> StoredWords:
        """The words of what was stored.

        Raises:
            PalmError: another number of bytes.
        """
        if data.shape != (KEYED_BYTES,):
            raise PalmError(f"protected codes have {KEYED_BYTES} bytes, not {data.shape}: enrol the person again")
        levels, begin = [], 0
        for level, count in enumerate(_BLOCKS):
            parts = []
            for patterns in self._patterns:
                end = begin + PLANES * PARITY_BYTES * count
                folded = data[begin:end].copy().view("<u4").astype(np.uint32).reshape(PLANES, count)
                parts.append(patterns[level].unfolded(folded))
                begin = end
            end = begin + BLOCK * count
            parts.append(data[begin:end].copy().view("<u8").astype(np.uint64)[None])
            begin = end
            levels.append(np.concatenate(parts))
        return StoredWords((levels[0], levels[1]))

    def unlike(self, level: int, probe: Words, stored: Words) -> tuple[Counts, Counts]:
        """Parities that differ, and all that both have, (2, blocks, n): of the ordinal and of the competitive code.

        `probe` (7, blocks, n) are plain words of n places: three planes of each code, then the valid places. `stored`
        (7, blocks) are parities of the level, then its valid places.
        """
        both = probe[-1] & stored[-1][:, None]
        unlike, pairs = (np.empty((2, *both.shape), np.uint8) for _ in range(2))
        for code, patterns in enumerate(self._patterns):
            part, pattern = slice(code * PLANES, (code + 1) * PLANES), patterns[level]
            valid = pattern.valid(both)
            differ = (pattern.parities(probe[part]) ^ stored[part][:, :, None]) & valid
            count_bits(differ).sum(axis=0, dtype=np.uint8, out=unlike[code])
            count_bits(valid).sum(axis=0, dtype=np.uint8, out=pairs[code])
        return unlike, pairs
