"""The index of a site: add, take out, and find whose codes are nearest.

Up to `exact_max` codes every one is compared in full. Past that the 52 bits that the probe is surest of are compared in
all codes, which takes a bit-sliced copy of them (`tillfree.palm.index.columns`); the likeliest four of a thousand, at
most, are then compared in full. In the end the nearest `looked_at` of all are compared with the values of the probe,
which are not rounded to bits, and put in order by that.

Palms of different people are all about equally far from each other, so that there is little for an index to be guided
by: inverted lists missed a third of the probes, and graphs found all but were slower than looking at everything, and
took a thousand times as long to build (`benchmarks/palm_search.py`).
"""

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from tillfree.palm.errors import PalmError
from tillfree.palm.index.columns import SureGroups
from tillfree.palm.index.nearest import distances, nearest
from tillfree.palm.index.planes import PlaneCounter
from tillfree.palm.index.shard import Shard
from tillfree.palm.protection.projection import cosines_of

__all__ = ["Candidate", "PalmIndex"]

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Ids = npt.NDArray[np.int64]
_Found = tuple[Ids, Bytes, npt.NDArray[np.int32]]
EXACT_MAX = 1_000_000
SHARD_ROWS = 1_000_000
LOOKED_AT = 256
_CODE_BYTES_MIN = 32


@dataclasses.dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody it could be: id, how many bits differ, and the cosine that the probe's values make of it."""

    id: int
    distance_bits: int
    cosine: float


class PalmIndex:
    """Codes of one key in shards. For one thread at a time."""

    def __init__(
        self,
        key_id: bytes,
        code_bytes: int = 128,
        *,
        exact_max: int = EXACT_MAX,
        shard_rows: int = SHARD_ROWS,
        looked_at: int = LOOKED_AT,
    ) -> None:
        """An empty index for codes made with the key named `key_id`.

        Raises:
            PalmError: the codes are shorter than 256 bits, or no multiple of 64.
        """
        if code_bytes < _CODE_BYTES_MIN or code_bytes % 8:
            raise PalmError(f"codes of {8 * code_bytes} bits cannot be searched: take a multiple of 64, at least 256")
        self.key_id = key_id
        self._code_bytes = code_bytes
        self._exact_max, self._shard_rows, self._looked_at = exact_max, shard_rows, looked_at
        self._shards: list[Shard] = []
        self._highest = -1
        self._counter = PlaneCounter()

    def __len__(self) -> int:
        return sum(len(shard) for shard in self._shards)

    def __contains__(self, id_: int) -> bool:
        return any((shard.ids == id_).any() for shard in self._shards)

    def add(self, ids: Sequence[int] | Ids, codes: Bytes) -> None:
        """Takes codes (n, code_bytes) with ids (n,) that are not in use.

        Raises:
            PalmError: an id is in use, or a shape is wrong; then nothing is taken.
        """
        names = np.asarray(ids, dtype=np.int64)
        if codes.shape != (len(names), self._code_bytes) or codes.dtype != np.uint8:
            raise PalmError(f"codes of {len(names)} ids have the shape ({len(names)}, {self._code_bytes}) of bytes")
        # Ids that grow, as most do, need no look at all that there are.
        news = len(names) == 0 or int(names.min()) > self._highest
        if len(np.unique(names)) < len(names) or not (news or self._has_none_of(names)):
            raise PalmError(f"ids are in use already or given twice (of {len(names)}): take the old ones out first")
        self._highest = max(self._highest, int(names.max(initial=self._highest)))
        begin = 0
        while begin < len(names):
            shard = self._with_room()
            end = min(len(names), begin + self._shard_rows - len(shard))
            shard.add(names[begin:end], codes[begin:end])
            begin = end
        if len(self) > self._exact_max:
            for shard in self._shards:
                shard.slice()

    def remove(self, id_: int) -> bool:
        """Takes an id out and overwrites its code in memory; says whether it was there."""
        return self.remove_all([id_]) == 1

    def remove_all(self, ids: Sequence[int] | Ids) -> int:
        """The same for many ids at once; how many of them were there."""
        names = np.asarray(ids, dtype=np.int64)
        return sum(shard.remove(names) for shard in self._shards)

    def search(self, values: Floats, count: int = 32, *, exact: bool | None = None) -> tuple[Candidate, ...]:
        """The nearest to a probe (bits,) of `Protector.search_values`, most alike first.

        `exact` says whether all codes are compared in full; by default where there are at most `exact_max`.

        Raises:
            PalmError: the probe has another length.
        """
        if values.shape != (8 * self._code_bytes,):
            raise PalmError(f"a probe has the shape ({8 * self._code_bytes},), not {values.shape}")
        code = np.packbits(values > 0)
        full = len(self) <= self._exact_max if exact is None else exact
        wanted = max(count, self._looked_at)
        found = list(self._all_of(code, wanted) if full else self._likeliest(values, code, wanted))
        if not found:
            return ()
        ids, codes, away = (np.concatenate(parts) for parts in zip(*found, strict=True))
        keep = np.lexsort((ids, away))[:wanted]
        ids, codes, away = ids[keep], codes[keep], away[keep]
        cosines = cosines_of(values, codes)
        order = np.lexsort((ids, -cosines))[:count]
        return tuple(Candidate(int(ids[row]), int(away[row]), float(cosines[row])) for row in order)

    def to_bytes(self) -> list[bytes]:
        """Each shard as bytes: as secret as templates, and for the vault to encrypt."""
        return [shard.to_bytes(self.key_id) for shard in self._shards if len(shard)]

    @staticmethod
    def from_bytes(parts: Iterable[bytes], key_id: bytes, code_bytes: int = 128) -> "PalmIndex":
        """The inverse of `to_bytes`.

        Raises:
            PalmError: the bytes are cut off, or of another key or length.
        """
        index = PalmIndex(key_id, code_bytes)
        for part in parts:
            shard = Shard.from_bytes(part, key_id)
            index.add(shard.ids, shard.codes)
        return index

    def _all_of(self, code: Bytes, wanted: int) -> Iterator[_Found]:
        """The nearest so many of each shard."""
        for shard in self._shards:
            away, rows = (found[0] for found in nearest(code[None], shard.codes, wanted))
            yield shard.ids[rows], shard.codes[rows], away

    def _likeliest(self, values: Floats, code: Bytes, wanted: int) -> Iterator[_Found]:
        """The same of those that agree in the surest bits; in how many, the largest shard says for all."""
        needed: int | None = None
        groups = SureGroups(values, self._counter)
        for shard in sorted(self._shards, key=len, reverse=True):
            rows, needed = shard.near(groups, needed)
            codes = shard.codes[rows]
            away = distances(code, codes)
            keep = np.argpartition(away, wanted - 1)[:wanted] if len(rows) > wanted else slice(None)
            yield shard.ids[rows[keep]], codes[keep], away[keep]

    def _has_none_of(self, names: Ids) -> bool:
        return not any(np.isin(shard.ids, names).any() for shard in self._shards)

    def _with_room(self) -> Shard:
        for shard in self._shards:
            if len(shard) < self._shard_rows:
                return shard
        self._shards.append(Shard(self._code_bytes))
        return self._shards[-1]
