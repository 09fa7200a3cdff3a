"""Whose each place in an index is, in few bytes: there may be a million people."""

from collections.abc import Collection, Iterator, Sequence

import numpy as np
import numpy.typing as npt

__all__ = ["Roster"]

_FIRST_PLACES = 1024
_NOBODY = -1


class Roster:
    """Persons by place. Places grow and are never given again. Used by one thread at a time."""

    def __init__(self) -> None:
        self._names: list[str] = []
        self._rows: dict[str, int] = {}
        self._row_of: npt.NDArray[np.int32] = np.full(_FIRST_PLACES, _NOBODY, np.int32)
        self._used = 0
        self._turn = 0

    def __len__(self) -> int:
        """How many people there are."""
        return len(self._rows)

    def __contains__(self, name: str) -> bool:
        return name in self._rows

    def add(self, people: Sequence[tuple[str, int]]) -> list[int]:
        """Gives people, who are not here yet, so many places each; all of these places in order."""
        first = self._used
        for name, count in people:
            assert name not in self._rows, "somebody has their places already"
            self._rows[name] = len(self._names)
            self._names.append(name)
            self._grow(self._used + count)
            self._row_of[self._used : self._used + count] = len(self._names) - 1
            self._used += count
        return list(range(first, self._used))

    def remove(self, names: Collection[str]) -> list[int]:
        """Takes people out, whoever of them is here; the places that they had."""
        rows = [self._rows.pop(name) for name in dict.fromkeys(names) if name in self._rows]
        if not rows:
            return []
        for row in rows:
            self._names[row] = ""
        places = np.flatnonzero(np.isin(self._row_of[: self._used], rows))
        self._row_of[places] = _NOBODY
        found: list[int] = places.tolist()
        return found

    def name_of(self, place: int) -> str:
        """Whose a place is; empty where it is nobody's any more."""
        row = int(self._row_of[place]) if 0 <= place < self._used else _NOBODY
        return "" if row == _NOBODY else self._names[row]

    def next_ones(self, count: int) -> list[str]:
        """The next so many people in turn, each at most once."""
        return [name for _, name in zip(range(count), self._round(), strict=False)]

    def _round(self) -> Iterator[str]:
        for _ in range(len(self._names)):
            self._turn = (self._turn + 1) % len(self._names)
            if self._names[self._turn]:
                yield self._names[self._turn]

    def _grow(self, places: int) -> None:
        if places > len(self._row_of):
            grown = np.full(max(places, 2 * len(self._row_of)), _NOBODY, np.int32)
            grown[: self._used] = self._row_of[: self._used]
            self._row_of = grown
