"""A part of an index: rows of codes one after the other in memory, of which any can be taken out at once."""

import struct

import numpy as np
import numpy.typing as npt

from tillfree.palm.errors import PalmError
from tillfree.palm.index.columns import Columns, SureGroups

__all__ = ["Shard"]

Bytes = npt.NDArray[np.uint8]
Ids = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64]
_FIRST_ROWS = 1024
_MAGIC = b"TFPX"
_HEADER = struct.Struct("<4s8sIQ")


class Shard:
    """Codes of `code_bytes` with their ids, in no order. What is taken out is overwritten, not marked."""

    __slots__ = ("_codes", "_columns", "_ids", "_used")

    def __init__(self, code_bytes: int) -> None:
        self._codes = np.zeros((0, code_bytes), np.uint8)
        self._columns: Columns | None = None
        self._ids = np.zeros(0, np.int64)
        self._used = 0

    def __len__(self) -> int:
        return self._used

    @property
    def codes(self) -> Bytes:
        """All codes (n, code_bytes), to be read only."""
        return self._codes[: self._used]

    @property
    def ids(self) -> Ids:
        """The ids of all codes (n,), to be read only."""
        return self._ids[: self._used]

    def add(self, ids: Ids, codes: Bytes) -> None:
        """Takes codes (n, code_bytes) with new ids (n,)."""
        end = self._used + len(ids)
        if end > len(self._ids):
            self._grow(max(end, 2 * len(self._ids), _FIRST_ROWS))
        self._codes[self._used : end] = codes
        self._ids[self._used : end] = ids
        if self._columns is not None:
            self._columns.take(self._codes, self._used, end)
        self._used = end

    def remove(self, ids: Ids) -> int:
        """Takes codes out, and says how many there were; the last row moves to each place, which is overwritten."""
        rows = np.flatnonzero(self.ids == ids[0]) if len(ids) == 1 else np.flatnonzero(np.isin(self.ids, ids))
        for row in rows[::-1].tolist():  # from the end, so that no row that is to go moves
            last = self._used - 1
            for array in (self._codes, self._ids):
                array[row] = array[last]
                array[last] = 0
            if self._columns is not None:
                for changed in (row, last):
                    self._columns.take(self._codes, changed, changed + 1)
            self._used = last
        return len(rows)

    def slice(self) -> None:
        """Keeps the codes by column from now on, too: some seconds per million once, and as much memory again."""
        if self._columns is None:
            self._columns = Columns(8 * self._codes.shape[1], len(self._ids))
            self._columns.take(self._codes, 0, self._used)

    def near(self, groups: SureGroups, needed: int | None = None) -> tuple[Rows, int]:
        """Rows of codes that are worth a look in full, as `Columns.near` says."""
        self.slice()
        assert self._columns is not None
        return self._columns.near(groups, self._used, needed)

    def to_bytes(self, key_id: bytes) -> bytes:
        """As the vault keeps it (encrypted): the codes with their ids, and by which key they were made."""
        header = _HEADER.pack(_MAGIC, key_id, self._codes.shape[1], self._used)
        return b"".join([header, self.ids.astype("<i8").tobytes(), self.codes.tobytes()])

    @staticmethod
    def from_bytes(data: bytes, key_id: bytes) -> "Shard":
        """The inverse of `to_bytes`.

        Raises:
            PalmError: these are no such bytes, or the codes were made with another key.
        """
        if len(data) < _HEADER.size or not data.startswith(_MAGIC):
            raise PalmError("these bytes are no part of an index of this version: build it anew from what is stored")
        _, made_with, code_bytes, count = _HEADER.unpack_from(data)
        if made_with != key_id:
            raise PalmError(
                f"this part of an index was made with the key {made_with.hex()} and not with {key_id.hex()}: "
                "open it with its own key, or enrol the persons again"
            )
        middle = _HEADER.size + 8 * count
        if len(data) != middle + code_bytes * count:
            raise PalmError("a part of an index is cut off: build it anew from what is stored")
        shard = Shard(code_bytes)
        ids = np.frombuffer(data, "<i8", count, _HEADER.size).astype(np.int64)
        shard.add(ids, np.frombuffer(data, np.uint8, offset=middle).reshape(count, code_bytes))
        return shard

    def _grow(self, rows: int) -> None:
        """Makes room; what lay in the old place is overwritten before it is given back."""
        for name in ("_codes", "_ids"):
            old = getattr(self, name)
            new = np.zeros((rows, *old.shape[1:]), old.dtype)
            new[: self._used] = old[: self._used]
            old[:] = 0
            setattr(self, name, new)
        if self._columns is not None:
            self._columns.grow(rows)
