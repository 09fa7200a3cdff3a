"""Counts for 64 codes at once in how many of some planes they have a bit set.

A plane holds one bit of each code. A carry-save adder (Harley and Seal; in Warren, Hacker's Delight, 2012, chapter 5)
makes of three planes of one digit one of the same digit and one of the next. Planes are written into places that are
used again and again: memory that is given back to the system costs more to get again than all the counting.
"""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from tillfree.palm.index.nearest import count_ones

__all__ = ["PLANE_WORDS", "PlaneCounter"]

Words = npt.NDArray[np.uint64]
PLANE_WORDS = 16_000
"""Words of a plane at most: some planes of them fit into the cache of a core."""


class PlaneCounter:
    """Places for planes, and what is done with these. For one thread at a time."""

    def __init__(self) -> None:
        self._free: list[Words] = []

    def new(self, words: int) -> Words:
        """A place for a plane of so many words, with anything in it."""
        if self._free and len(self._free[-1]) < words:
            self._free.clear()
        place = self._free.pop() if self._free else np.empty(words, np.uint64)
        return place[:words]

    def done(self, planes: Iterable[Words]) -> None:
        """These planes are not used any more."""
        self._free.extend(plane if plane.base is None else plane.base for plane in planes)

    def counted(self, planes: Iterable[Words]) -> list[Words]:
        """How many planes have a bit set, as binary numbers: the plane of the lowest digit first.

        Planes, of `new`, are added as soon as there are three of one digit, so that few are in use at once. They are
        written over.
        """
        digits: list[list[Words]] = [[]]
        for plane in planes:
            self._carry(digits, 0, plane)
        at = 0
        while at < len(digits):  # a digit more may come up at the end
            if len(digits[at]) > 1:
                one, other = digits[at]
                both = np.bitwise_and(one, other, out=self.new(len(one)))
                one ^= other
                self.done([other])
                digits[at] = [one]
                self._carry(digits, at + 1, both)
            at += 1
        return [digit[0] for digit in digits]

    def _carry(self, digits: list[list[Words]], at: int, plane: Words) -> None:
        """Adds a plane to a digit, and what is carried over to the next ones."""
        while True:
            if at == len(digits):
                digits.append([])
            if len(digits[at]) < 2:
                digits[at].append(plane)
                return
            one, other = digits[at]
            unlike = np.bitwise_xor(one, other, out=self.new(len(one)))
            one &= other
            np.bitwise_xor(unlike, plane, out=other)
            unlike &= plane
            one |= unlike
            self.done([unlike, plane])
            digits[at] = [other]
            at, plane = at + 1, one

    def at_least(self, digits: list[Words], least: int) -> Words:
        """A new plane with ones where the number of `digits` is at least `least`."""
        found = self.new(len(digits[0]))
        if least <= 0 or least >> len(digits):
            found[:] = ~np.uint64(0) if least <= 0 else np.uint64(0)
            return found
        # At least n is more than n - 1, which the highest digit that differs decides: they are taken from the lowest.
        begun = False
        for at, digit in enumerate(digits):
            if (least - 1) >> at & 1:
                if begun:
                    found &= digit
            elif begun:
                found |= digit
            else:
                found[:] = digit
                begun = True
        if not begun:
            found[:] = np.uint64(0)
        return found

    def fewest(self, digits: list[Words], most: int, guess: int, limit: float) -> int:
        """The least number, at most `most`, that no more than `limit` codes reach, whatever the guess."""

        def few(least: int) -> bool:
            plane = self.at_least(digits, least)
            ones = int(count_ones(plane).sum())
            self.done([plane])
            return ones <= limit

        needed = min(most, guess)
        while needed > 0 and few(needed - 1):
            needed -= 1
        while needed < most and not few(needed):
            needed += 1
        return needed
