"""Sealing of rows: AES-256-GCM (NIST SP 800-38D), bound to what a row is and whose.

Each person has a data key of their own. What is sealed with it states, as associated data, the vault, the person, the
kind of row, its number and the version of this form: a row that is moved to another place cannot be opened there.
"""

import hashlib
import hmac
import secrets
from collections.abc import Iterable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tillfree.storage.palm_vault.errors import TamperedError

__all__ = ["KEY_BYTES", "Place", "digest_of", "new_key", "open_sealed", "seal"]

KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = 1
_DIGEST_LABEL = b"tillfree palm rows 1"


class Place:
    """Where a row stands: the associated data of its seal."""

    def __init__(self, vault: str, subject: str, kind: str, number: int = 0) -> None:
        self.vault, self.subject, self.kind, self.number = vault, subject, kind, number

    def data(self) -> bytes:
        """The parts, each with its length before it, so that no two places read the same."""
        parts = (self.vault.encode(), self.subject.encode(), self.kind.encode(), str(self.number).encode())
        return bytes((_VERSION,)) + b"".join(len(part).to_bytes(4, "big") + part for part in parts)

    def __str__(self) -> str:
        return f"{self.kind} {self.number or ''} of {self.subject}".replace("  ", " ")


def new_key() -> bytes:
    """32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def seal(key: bytes, plain: bytes, place: Place) -> bytes:
    """A random nonce of 96 bits, the ciphertext, and its tag. A key of one person seals far fewer than 2^32 rows."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, place.data())


def open_sealed(key: bytes, sealed: bytes, place: Place) -> bytes:
    """The inverse of `seal`.

    Raises:
        TamperedError: it was not sealed with this key at this place.
    """
    try:
        return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.data())
    except (InvalidTag, ValueError) as error:
        raise TamperedError(
            f"the {place} cannot be opened: it was changed, moved here, or sealed with another key; "
            "restore the vault from a copy, or erase this person and enrol them anew"
        ) from error


def digest_of(key: bytes, rows: Iterable[tuple[str, int, bytes]]) -> bytes:
    """HMAC-SHA-256 of all sealed rows of one person (kind, number, bytes), by a key derived from theirs.

    It lies beside their key, and not beside the rows: of rows that were put back from an older copy it tells.
    """
    mac = hmac.new(hmac.digest(key, _DIGEST_LABEL, hashlib.sha256), digestmod=hashlib.sha256)
    for kind, number, sealed in rows:
        head = f"{kind}\0{number}\0{len(sealed)}\0".encode()
        mac.update(head + sealed)
    return mac.digest()
