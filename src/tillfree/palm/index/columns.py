"""A first look at very many codes by the bits that the probe is surest of.

A probe knows how far it lies from each hyperplane, and the hyperplanes it lies far from hardly ever separate two
samples of a palm: at a cosine of 0.5 a third of all bits differ, and one in eleven of the 52 surest among 1024. Which
bits those are is another for each probe, so codes are kept a second time by column, one bit of 64 codes in each word.

Sure bits are taken in groups of four. A code of another palm agrees with all four of a group once in sixteen times, one
of the same palm most often, and it is counted in how many groups a code does (`tillfree.palm.index.planes`). Those with
the most are worth a look in full. Compared with pairs of 32 bits, groups of four of 52 miss half as many of the palms
whose samples are hardly alike, with as many looks in full and a fifth less to be counted. Each search reads one bit of
twenty.
"""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from tillfree.palm.index.planes import PLANE_WORDS, PlaneCounter

__all__ = ["KEPT_LEAST", "KEPT_SHARE", "SURE_BITS", "Columns", "SureGroups"]

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Words = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]
SURE_BITS, GROUP = 52, 4
"""So many bits of each code are looked at first, in groups of so many."""
KEPT_SHARE, KEPT_LEAST = 0.004, 512
"""At most this share of the codes, or so many, is worth a look in full; more only where they agree in every group."""
_ROWS = 8192
_WORD_BITS = 64
_USUAL = 5
"""Where to begin to count; what comes out does not depend on it."""


class SureGroups:
    """The columns of the bits that a probe (bits,) is surest of, in groups: those where it has ones, and zeros."""

    __slots__ = ("counter", "ones", "zeros")

    def __init__(self, values: Floats, counter: PlaneCounter) -> None:
        self.counter = counter
        surest = np.argsort(-np.abs(values), kind="stable")[:SURE_BITS]
        self.ones, self.zeros = (_in_groups(surest[(values[surest] > 0) == one]) for one in (True, False))

    def __len__(self) -> int:
        return len(self.ones) + len(self.zeros)


class Columns:
    """The bits of codes in columns; whoever has the codes tells of every change."""

    __slots__ = ("_words",)

    def __init__(self, bits: int, rows_max: int) -> None:
        """Room for `rows_max` codes of `bits`."""
        self._words: Words = np.zeros((bits, -(-rows_max // _WORD_BITS)), np.uint64)

    def take(self, codes: Bytes, begin: int, end: int) -> None:
        """Takes over the rows from `begin` to `end` of all `codes` (n, bits / 8), overwriting what was there."""
        octets = self._words.view(np.uint8)
        for at in range(begin // 8 * 8, end, _ROWS):
            to = min(at + _ROWS, -(-end // 8) * 8)
            octets[:, at // 8 : to // 8] = np.packbits(np.unpackbits(codes[at:to], axis=1).T, axis=1)

    def grow(self, rows_max: int) -> None:
        """Makes room for more codes; the old place is overwritten before it is given back."""
        old = self._words
        self._words = np.zeros((len(old), -(-rows_max // _WORD_BITS)), np.uint64)
        self._words[:, : old.shape[1]] = old
        old[:] = 0

    def near(self, groups: SureGroups, rows: int, needed: int | None = None) -> tuple[Rows, int]:
        """Those of the first `rows` codes that agree with a probe in most groups of its surest bits.

        `needed` is in how many groups they have to; where it is not given, the first codes say in how many, so that few
        enough are left. That number is returned as well, for other columns of the same index.
        """
        end = -(-rows // _WORD_BITS)
        found = []
        for begin in range(0, end, PLANE_WORDS):
            digits = groups.counter.counted(self._planes(groups, begin, min(begin + PLANE_WORDS, end)))
            if needed is None:
                limit = max(KEPT_SHARE * len(digits[0]) * _WORD_BITS, KEPT_LEAST)
                needed = groups.counter.fewest(digits, len(groups), _USUAL, limit)
            plane = groups.counter.at_least(digits, needed)
            found.append(_set_bits(plane) + begin * _WORD_BITS)
            groups.counter.done([*digits, plane])
        near = np.concatenate([*found, np.zeros(0, np.int64)])
        return near[near < rows], needed or 0

    def _planes(self, groups: SureGroups, begin: int, end: int) -> Iterator[Words]:
        """For each group of columns a new plane, set where a code has ones only, or zeros only."""
        words = self._words[:, begin:end]
        for first, second, *others in groups.ones:
            plane = np.bitwise_and(words[first], words[second], out=groups.counter.new(end - begin))
            for other in others:
                plane &= words[other]
            yield plane
        for first, second, *others in groups.zeros:
            plane = np.bitwise_or(words[first], words[second], out=groups.counter.new(end - begin))
            for other in others:
                plane |= words[other]
            yield np.invert(plane, out=plane)


def _in_groups(bits: Rows) -> list[list[int]]:
    groups: list[list[int]] = bits[: len(bits) // GROUP * GROUP].reshape(-1, GROUP).tolist()
    return groups


def _set_bits(plane: Words) -> Rows:
    """The numbers of its bits that are set: words without any are left out first, then bytes."""
    words = np.flatnonzero(plane)
    octets = plane[words].view(np.uint8)
    some = np.flatnonzero(octets != 0)
    bits = np.flatnonzero(np.unpackbits(octets[some]).view(np.bool_))
    at = some[bits // 8]
    numbers: Rows = words[at // 8] * _WORD_BITS + at % 8 * 8 + bits % 8
    return numbers
