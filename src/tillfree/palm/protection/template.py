"""A protected template, and the bytes it is stored as.

Its bytes are, apart from the header, combined with a stream of the site's key and the salt. Without the key they are
not to be told from random ones, whoever's palm it is: that is what unlinkability and irreversibility rest on. The
salt has to be a new random one for each template: two templates of one salt would show how they differ.
"""

import dataclasses
import struct

import numpy as np
import numpy.typing as npt

from tillfree.palm.errors import PalmError
from tillfree.palm.protection.keys import KEY_ID_BYTES, SALT_BYTES
from tillfree.palm.samples import BANDS, Band, HandSide

__all__ = ["ProtectedTemplate"]

Bytes = npt.NDArray[np.uint8]
_MAGIC = b"TFP1"
_HEAD = struct.Struct(f"<4s{KEY_ID_BYTES}s{SALT_BYTES}sBBHHI")
_SIDES: tuple[HandSide, ...] = ("left", "right", "unknown")


@dataclasses.dataclass(frozen=True, slots=True)
class ProtectedTemplate:
    """What is stored of a palm.

    `key_id` names the key of the site, `salt` is the template's own. `dimensions` is what the embedding had. `sealed`
    (n,) are its keyed bits, what is kept of its codes and which of that counts, all combined with a stream of the key;
    the first `embedding_bytes` belong to the embedding.
    """

    key_id: bytes
    salt: bytes
    band: Band
    side: HandSide
    dimensions: int
    embedding_bytes: int
    sealed: Bytes

    def to_bytes(self) -> bytes:
        """As it is stored (and encrypted once more by the vault)."""
        head = _HEAD.pack(
            _MAGIC,
            self.key_id,
            self.salt,
            BANDS.index(self.band),
            _SIDES.index(self.side),
            self.dimensions,
            self.embedding_bytes,
            len(self.sealed),
        )
        return head + self.sealed.tobytes()

    @staticmethod
    def from_bytes(data: bytes) -> "ProtectedTemplate":
        """The inverse of `to_bytes`.

        Raises:
            PalmError: these are no such bytes.
        """
        if len(data) < _HEAD.size or not data.startswith(_MAGIC):
            raise PalmError("these bytes are no protected template of this version: enrol the person again")
        _, key_id, salt, band, side, dimensions, embedding_bytes, count = _HEAD.unpack_from(data)
        if len(data) != _HEAD.size + count or band >= len(BANDS) or side >= len(_SIDES) or embedding_bytes > count:
            raise PalmError("a protected template is cut off or changed: restore it, or enrol the person again")
        sealed = np.frombuffer(data, dtype=np.uint8, offset=_HEAD.size)
        return ProtectedTemplate(key_id, salt, BANDS[band], _SIDES[side], dimensions, embedding_bytes, sealed)
