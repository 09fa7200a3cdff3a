"""Everything secret follows from one key of the site: a key for each purpose and salt, and streams of random bits.

Keys are derived with HKDF (RFC 5869) over SHA-256. A stream is AES-256 in counter mode (NIST SP 800-38A) over zeros,
so that the same key gives the same bits on every machine.
"""

from typing import Literal

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tillfree.palm.errors import PalmError

__all__ = ["KEY_BYTES", "KEY_ID_BYTES", "SALT_BYTES", "KeyedStream", "Purpose", "derive_key", "key_id_of"]

KEY_BYTES = 32
SALT_BYTES = 16
KEY_ID_BYTES = 8
Purpose = Literal["key id", "search", "template"]


def derive_key(site_key: bytes, salt: bytes, purpose: Purpose, length: int = KEY_BYTES) -> bytes:
    """The key of one purpose for one salt (HKDF-SHA-256, RFC 5869); purposes and salts tell nothing of one another.

    Raises:
        PalmError: the site key has less than 32 bytes.
    """
    if len(site_key) < KEY_BYTES:
        raise PalmError(f"the key of a site has at least {KEY_BYTES} random bytes, not {len(site_key)}: make a new one")
    return HKDF(SHA256(), length, salt, b"tillfree palm 1 " + purpose.encode()).derive(site_key)


def key_id_of(site_key: bytes) -> bytes:
    """Eight bytes by which a template names the key it was made with; they tell nothing of the key."""
    return derive_key(site_key, b"", "key id", KEY_ID_BYTES)


class KeyedStream:
    """Random bits from a key, in an order that never changes."""

    def __init__(self, key: bytes) -> None:
        self._encryptor = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()

    def octets(self, count: int) -> npt.NDArray[np.uint8]:
        """The next bytes, (count,)."""
        return np.frombuffer(self._encryptor.update(bytes(count)), dtype=np.uint8)

    def bits(self, count: int) -> npt.NDArray[np.bool_]:
        """The next bits, (count,)."""
        return np.unpackbits(self.octets(-(-count // 8)), count=count).astype(np.bool_)

    def signs(self, count: int) -> npt.NDArray[np.float32]:
        """Signs, (count,): 1 or -1, both as likely."""
        return np.where(self.bits(count), np.float32(1), np.float32(-1))

    def order(self, count: int) -> npt.NDArray[np.intp]:
        """A permutation of `count` numbers: the order of as many random numbers of 64 bits."""
        numbers = self.octets(8 * count).view("<u8")
        return np.argsort(numbers, kind="stable").astype(np.intp)
