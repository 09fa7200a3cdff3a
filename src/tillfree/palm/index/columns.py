"""A first look at very many codes by the bits that the probe is surest of.

A probe knows how far it lies from each hyperplane, and the hyperplanes it lies far from hardly ever separate two
samples of a palm: at a cosine of 0.5 a third of all bits differ, and one in fourteen of the 32 surest among 1024. Which
bits those are is another for each probe, so codes are kept a second time by column, one bit of 64 codes in each word.
Sure bits are taken in pairs, and a carry-save adder (Harley and Seal; in Warren, Hacker's Delight, 2012, chapter 5)
counts for 64 codes at once the pairs that do not agree. Those with the fewest are worth a look in full. Each search
reads one bit of 32.
"""

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

from tillfree.palm.index.nearest import count_ones

__all__ = ["KEPT_LEAST", "KEPT_SHARE", "SURE_BITS", "Columns"]

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Words = npt.NDArray[np.uint64]
Rows = npt.NDArray[np.int64]
SURE_BITS = 32
"""So many bits of each code are looked at first."""
KEPT_SHARE, KEPT_LEAST = 0.004, 512
"""At most this share of the codes, or so many, is worth a look in full; more only where they agree in every pair."""
_WORDS = 16_000
"""Words of a column that are counted at once: a plane of them is small enough not to be given back to the system."""
_ROWS = 8192
_WORD_BITS = 64
_USUAL = 5


class Columns:
    """The bits of codes in columns; whoever has the codes tells of every change."""

    __slots__ = ("_usual", "_words")

    def __init__(self, bits: int, rows_max: int) -> None:
        """Room for `rows_max` codes of `bits`."""
        self._words: Words = np.zeros((bits, -(-rows_max // _WORD_BITS)), np.uint64)
        self._usual = _USUAL

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

    def near(self, values: Floats, rows: int) -> Rows:
        """Those of the first `rows` codes that agree with a probe (bits,) in most pairs of its surest bits."""
        ones, zeros = _sure_pairs(values)
        end = -(-rows // _WORD_BITS)
        found, apart = [], -1
        for begin in range(0, end, _WORDS):
            planes = _counted(self._planes(ones, zeros, begin, min(begin + _WORDS, end)))
            if apart < 0:
                apart = self._usual = _apart(planes, self._usual)
            found.append(_set_bits(_at_most(planes, apart)) + begin * _WORD_BITS)
        near = np.concatenate([*found, np.zeros(0, np.int64)])
        return near[near < rows]

    def _planes(self, ones: Rows, zeros: Rows, begin: int, end: int) -> Iterator[Words]:
        """For each pair of columns a new plane, set where a code does not have two ones, or two zeros."""
        words = self._words
        for first, second in ones:
            plane = words[first, begin:end] & words[second, begin:end]
            yield np.invert(plane, out=plane)
        for first, second in zeros:
            yield words[first, begin:end] | words[second, begin:end]


def _sure_pairs(values: Floats) -> tuple[Rows, Rows]:
    """Pairs (n, 2) of the columns of the surest bits, by whether the probe has ones or zeros there."""
    surest = np.argsort(-np.abs(values), kind="stable")[:SURE_BITS]
    ones, zeros = (surest[(values[surest] > 0) == one] for one in (True, False))
    return ones[: len(ones) // 2 * 2].reshape(-1, 2), zeros[: len(zeros) // 2 * 2].reshape(-1, 2)


def _counted(planes: Iterable[Words]) -> list[Words]:
    """How many planes have a bit set, as binary numbers: the plane of the lowest digit first.

    Planes are added as soon as there are three of one digit, so that few are in memory at once. They are written over.
    """
    digits: list[list[Words]] = [[]]
    for plane in planes:
        _carry(digits, 0, plane)
    at = 0
    while at < len(digits):  # a digit more may come up at the end
        if len(digits[at]) > 1:
            one, other = digits[at]
            both = one & other
            one ^= other
            digits[at] = [one]
            _carry(digits, at + 1, both)
        at += 1
    return [digit[0] for digit in digits]


def _carry(digits: list[list[Words]], at: int, plane: Words) -> None:
    """Adds a plane to a digit, and what is carried over to the next ones."""
    while True:
        if at == len(digits):
            digits.append([])
        if len(digits[at]) < 2:
            digits[at].append(plane)
            return
        one, other = digits[at]
        unlike = one ^ other
        one &= other
        np.bitwise_xor(unlike, plane, out=other)
        unlike &= plane
        one |= unlike
        digits[at] = [other]
        at, plane = at + 1, one


def _at_most(planes: list[Words], most: int) -> Words:
    """Ones where the number of `planes` is at most `most`."""
    if most >> len(planes):
        return np.full_like(planes[0], ~np.uint64(0))
    found: Words | None = None
    for digit, plane in enumerate(planes):
        less = ~plane
        if most >> digit & 1:
            found = None if found is None else np.bitwise_or(found, less, out=less)
        else:
            found = less if found is None else np.bitwise_and(found, less, out=less)
    return np.full_like(planes[0], ~np.uint64(0)) if found is None else found


def _set_bits(plane: Words) -> Rows:
    """The numbers of its bits that are set: words without any are left out first, then bytes."""
    words = np.flatnonzero(plane)
    octets = plane[words].view(np.uint8)
    some = np.flatnonzero(octets != 0)
    bits = np.flatnonzero(np.unpackbits(octets[some]).view(np.bool_))
    at = some[bits // 8]
    numbers: Rows = words[at // 8] * _WORD_BITS + at % 8 * 8 + bits % 8
    return numbers


def _apart(planes: list[Words], guess: int) -> int:
    """The most pairs that may disagree so that few enough codes are left; the answer does not depend on the guess."""
    limit = max(KEPT_SHARE * len(planes[0]) * _WORD_BITS, KEPT_LEAST)

    def few(most: int) -> bool:
        return int(count_ones(_at_most(planes, most)).sum()) <= limit

    while guess > 0 and not few(guess):
        guess -= 1
    while guess < SURE_BITS // 2 and few(guess + 1):
        guess += 1
    return guess
