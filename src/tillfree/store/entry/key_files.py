"""The keys of signed codes in the folder of a store: `codes/public.json`, and one file for each private key."""

import secrets
import threading
from pathlib import Path

from tillfree.identity.keys import (
    CodeRole,
    KeySet,
    SigningKey,
    VerifyingKey,
    decode_key_set,
    decode_signing_key,
    encode_key_set,
    encode_signing_key,
    make_signing_key,
)
from tillfree.storage.secret_files import write_secret
from tillfree.storage.whole_files import whole_file
from tillfree.store.entry.errors import EntryError

__all__ = ["PUBLIC_NAME", "KeyFolder"]

PUBLIC_NAME = "public.json"
_BYTES_MAX = 1 << 20


class KeyFolder:
    """The folder; `keys()` is looked up for each code, and read again where the file has changed."""

    def __init__(self, store_folder: Path) -> None:
        self.folder = store_folder / "codes"
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._keys = KeySet()

    def keys(self) -> KeySet:
        """The public keys that are trusted now; none where there is no file.

        Raises:
            EntryError: the file cannot be read.
            IdentityError: it is no set of public keys.
        """
        path = self.folder / PUBLIC_NAME
        with self._lock:
            try:
                stat = path.stat()
            except FileNotFoundError:
                self._seen, self._keys = None, KeySet()
                return self._keys
            seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if seen != self._seen:
                self._keys, self._seen = decode_key_set(_read(path), str(path)), seen
            return self._keys

    def make(self, roles: tuple[CodeRole, ...], until_s: int = 0) -> SigningKey:
        """A new key: its private half in a file of its own, its public half among those that are trusted."""
        key = make_signing_key(secrets.token_bytes(32), roles, until_s)
        while key.public.id.startswith("-"):  # on a command line that would look like an option
            key = make_signing_key(secrets.token_bytes(32), roles, until_s)
        known = self.keys().keys
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            write_secret(self.private_path(key.public.id), encode_signing_key(key))
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        self._write((*known, key.public))
        return key

    def trust(self, keys: KeySet) -> tuple[VerifyingKey, ...]:
        """Public keys of somebody else, an app's maker say, are trusted from now on; gives those that are new."""
        known = self.keys().keys
        have = {key.id for key in known}
        new = tuple(key for key in keys.keys if key.id not in have)
        self._write((*known, *new))
        return new

    def distrust(self, id_: str) -> None:
        """A key opens no gate any more.

        Raises:
            EntryError: it was not trusted.
        """
        known = self.keys().keys
        kept = tuple(key for key in known if key.id != id_)
        if len(kept) == len(known):
            raise EntryError(
                f"{self.folder / PUBLIC_NAME}: there is no key {id_[:64]!r}; `tillfree codes keys` lists them"
            )
        self._write(kept)

    def _write(self, keys: tuple[VerifyingKey, ...]) -> None:
        try:
            self.folder.mkdir(mode=0o700, exist_ok=True)
            with whole_file(self.folder / PUBLIC_NAME) as file:
                file.write(encode_key_set(KeySet(keys)))
        except OSError as error:
            raise _unwritable(self.folder, error) from error

    def signing_key(self, role: CodeRole, now_s: int) -> SigningKey:
        """The newest private key here that may sign codes of a role and is trusted.

        Raises:
            EntryError: there is none.
        """
        trusted = self.keys()
        paths = sorted(self.folder.glob("private-*.json"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in paths:
            key = decode_signing_key(_read(path), str(path))
            if role in key.public.roles and trusted.find(key.public.id, now_s) is not None:
                return key
        raise EntryError(
            f"{self.folder}: holds no key for codes of {role}; first run: tillfree codes key --role {role}"
        )

    def private_path(self, id_: str) -> Path:
        """Where the private half of a key lies."""
        return self.folder / f"private-{id_}.json"


def _unwritable(folder: Path, error: OSError) -> EntryError:
    return EntryError(f"{folder}: cannot be written ({error.strerror or error}); name another folder")


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_BYTES_MAX + 1)
    except OSError as error:
        raise EntryError(f"{path}: cannot be read ({error.strerror or error}); check its permissions") from error
    if len(data) > _BYTES_MAX:
        raise EntryError(f"{path}: is over 1 MiB, which no keys are; put the right file there")
    return data
