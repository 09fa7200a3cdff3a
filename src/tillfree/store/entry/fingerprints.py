"""Keyed hashes by which a card, account or palm is known again where it must be: blocked, in debt, or inside now.

Without the secret nobody can find out whether a card was ever here, even with a copy of the database. The secret lies
in the folder of the store (`entry-keys.json`, for its owner only), and is made anew every so many days; older ones are
kept while a block or debt may have been written with them.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
import threading
from pathlib import Path

import msgspec

from tillfree.core.time import NS_PER_DAY
from tillfree.storage.secret_files import write_secret
from tillfree.store.entry.errors import EntryError

__all__ = ["FILE_NAME", "Fingerprints"]

FILE_NAME = "entry-keys.json"
_KEY_BYTES = 32
_HASH_BYTES = 16
# As long as visits with their receipts, after which no debt is pursued.
_KEPT_DAYS = 400


class _Key(msgspec.Struct, frozen=True):
    made_ns: int
    key: str

    def secret(self) -> bytes:
        return base64.b64decode(self.key, validate=True)


class _File(msgspec.Struct, frozen=True):
    keys: tuple[_Key, ...]


class Fingerprints:
    """Makes them. Methods may be called by any thread."""

    def __init__(self, folder: Path | None, now_ns: int, days: int) -> None:
        """Without a folder the secret is forgotten at the end.

        Raises:
            EntryError: the file of the secret cannot be read or written.
        """
        self._path = None if folder is None else folder / FILE_NAME
        self._days = days
        self._lock = threading.Lock()
        self._keys = self._read()
        self.rotate(now_ns)

    def newest(self, kind: str, value: str) -> str:
        """What is written down from now on."""
        return _hashed(self._keys[-1], kind, value)

    def all(self, kind: str, value: str) -> tuple[str, ...]:
        """Everything that it may have been written down as, the newest first."""
        return tuple(_hashed(key, kind, value) for key in reversed(self._keys))

    def rotate(self, now_ns: int) -> bool:
        """Makes a new secret where the newest is too old; says whether it did.

        Raises:
            EntryError: the file of secrets cannot be written.
        """
        with self._lock:
            kept = tuple(key for key in self._keys if now_ns - key.made_ns < (self._days + _KEPT_DAYS) * NS_PER_DAY)
            if kept and now_ns - kept[-1].made_ns < self._days * NS_PER_DAY:
                return False
            kept = (*kept, _Key(now_ns, base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode()))
            if self._path is not None:
                try:
                    write_secret(self._path, msgspec.json.format(msgspec.json.encode(_File(kept))))
                except OSError as error:
                    raise EntryError(
                        f"{self._path}: cannot be written ({error.strerror or error}); the folder must be writable"
                    ) from error
            self._keys = kept
        return True

    def _read(self) -> tuple[_Key, ...]:
        if self._path is None or not self._path.exists():
            return ()
        try:
            keys = msgspec.json.decode(self._path.read_bytes(), type=_File).keys
            good = all(len(key.secret()) == _KEY_BYTES for key in keys)
        except (OSError, msgspec.DecodeError, UnicodeDecodeError, binascii.Error, ValueError) as error:
            raise EntryError(f"{self._path}: cannot be read ({error}); restore it from a copy") from error
        if not good:
            raise EntryError(f"{self._path}: holds no keys; restore it from a copy, else blocked cards are not known")
        return tuple(sorted(keys, key=lambda key: key.made_ns))


def _hashed(key: _Key, kind: str, value: str) -> str:
    message = f"{kind}\0{value}".encode("utf-8", "surrogatepass")
    return hmac.new(key.secret(), message, hashlib.sha256).hexdigest()[: 2 * _HASH_BYTES]
