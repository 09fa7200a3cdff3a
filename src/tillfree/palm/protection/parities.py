"""Of the bits of a code only keyed parities are kept: of each pair of bits, whether the two are alike.

Every bit of a block of 8 x 8 places and three planes belongs to one pair and no other. So for any parities and any
value of one bit of each pair there is a code that fits: half of the bits are free, whoever has the key (they are not
independent in real palms, so that a guess can do better than chance; see the attacks). Both bits of a pair lie in the
same block, so that a probe can be shifted block by block and paired with the same pattern, and no plain code has to be
stored for the search for the best shift. Two places that differ by chance make parities that differ by chance, and
what all palms have in common nearly vanishes: the share of unlike parities of unlike bits p is 2 p (1 - p).

The pairs of a block are (a_i, b_i-r), (b_i, c_i-s) and (c_i, a_i-t) of its planes a, b, c as words of 64 bits, turned
by keyed r and s; t = 32 - r - s, and a keyed mask of which each bit differs from the one 32 further, let every bit be
in one pair. Bits combined in keyed pairs: Zuo, Ratha and Connell, Cancelable iris biometric, ICPR 2008 ("bin-combo").
"""

import numpy as np
import numpy.typing as npt

from tillfree.palm.codes.layout import PLANES, Words
from tillfree.palm.protection.keys import KeyedStream

__all__ = ["PARITY_BYTES", "PairPattern", "count_bits"]

Halves = npt.NDArray[np.uint32]
PARITY_BYTES = 4
"""Bytes of the parities of one plane of one block: 32 bits."""
_HALF = np.uint64(32)
_BITS_OF_BYTES = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).sum(axis=1, dtype=np.uint8)
_TURN = np.uint64(63)


class PairPattern:
    """Which bits of which block are paired: keyed, the same for a reference and for every shift of a probe."""

    __slots__ = ("_masks", "_turns")

    def __init__(self, stream: KeyedStream, blocks: int) -> None:
        """Draws pairs for a number of blocks."""
        half = stream.octets(4 * blocks).view("<u4").astype(np.uint64)
        first, second = (stream.octets(2 * blocks).reshape(2, blocks) & np.uint8(63)).astype(np.uint64)
        third = (np.uint64(160) - first - second) & _TURN
        mask = half | ((~half & np.uint64(0xFFFFFFFF)) << _HALF)
        self._turns = np.stack([first, second, third])
        self._masks = np.stack([mask, _turned_back(mask, first + _HALF), _turned_back(mask, first + second)])

    def parities(self, planes: Words) -> Words:
        """Unlike pairs of the words (PLANES, blocks, ...) of a code as bits of words of that shape; 0 elsewhere."""
        spread = (slice(None), *[None] * (planes.ndim - 2))
        return np.stack(
            [
                (planes[plane] ^ _turned(planes[(plane + 1) % PLANES], self._turns[plane][spread]))
                & self._masks[plane][spread]
                for plane in range(PLANES)
            ]
        )

    def valid(self, words: Words) -> Words:
        """Pairs of which both bits count, (PLANES, blocks, ...), of the valid places (blocks, ...)."""
        spread = (slice(None), *[None] * (words.ndim - 1))
        return np.stack(
            [words & _turned(words, self._turns[plane][spread]) & self._masks[plane][spread] for plane in range(PLANES)]
        )

    def folded(self, parities: Words) -> Halves:
        """The parities (PLANES, blocks) without the places that the mask leaves out: (PLANES, blocks) of 32 bits."""
        folded: Halves = (parities | (parities >> _HALF)).astype(np.uint32)
        return folded

    def unfolded(self, folded: Halves) -> Words:
        """The inverse of `folded`."""
        wide = folded.astype(np.uint64)
        unfolded: Words = (wide | (wide << _HALF)) & self._masks
        return unfolded


def count_bits(words: Words) -> npt.NDArray[np.uint8]:
    """How many bits are set in each word."""
    counted: npt.NDArray[np.uint8]
    if hasattr(np, "bitwise_count"):
        counted = np.bitwise_count(words)
        return counted
    octets = np.ascontiguousarray(words).view(np.uint8).reshape(*words.shape, 8)
    counted = _BITS_OF_BYTES[octets].sum(axis=-1, dtype=np.uint8)
    return counted


def _turned(words: Words, by: Words) -> Words:
    """Words turned left by 0 to 63 bits."""
    turned: Words = (words << by) | (words >> ((np.uint64(64) - by) & _TURN))
    return turned


def _turned_back(words: Words, by: Words) -> Words:
    return _turned(words, (np.uint64(128) - by) & _TURN)
