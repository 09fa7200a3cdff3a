"""Where the keys that wrap the keys of persons are kept: a file, the environment, or what a command prints.

A key management service takes their place by the protocol `KeyRoom`: it wraps and unwraps 32 bytes, and never gives its
own key away.
"""

import base64
import binascii
import contextlib
import os
import re
import shlex
import subprocess
import threading
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from tillfree.storage.palm_vault.errors import TamperedError, VaultKeyError
from tillfree.storage.palm_vault.sealing import KEY_BYTES, Place, new_key, open_sealed, seal

__all__ = ["FILE_NAME", "KeyFile", "KeyRoom", "KeyText", "Wrapped", "keys_of_command", "keys_of_environment"]

FILE_NAME = "wrapping-keys.json"
_FILE_BYTES_MAX = 1 << 20
_COMMAND_S = 30
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
_ID = re.compile(r"[0-9A-Za-z._-]{1,64}")


class Wrapped(msgspec.Struct, frozen=True):
    """A key that another one has wrapped, and the id of that."""

    by: str
    data: bytes


class KeyRoom(Protocol):
    """Keeps the keys that wrap others."""

    @property
    def newest(self) -> str:
        """The id of the key that wraps from now on."""
        ...

    def wrap(self, key: bytes, place: Place) -> Wrapped:
        """Wraps a key with the newest one."""
        ...

    def unwrap(self, wrapped: Wrapped, place: Place) -> bytes:
        """The key again. Raises VaultKeyError where the one that wrapped it is not here, or did not wrap it there."""
        ...

    def renew(self) -> None:
        """Makes a new key the newest, where keys are made here; where they are made elsewhere nothing happens."""
        ...

    def retire(self, needed: Collection[str]) -> None:
        """Destroys the keys that nothing is wrapped with any more, where they are kept here."""
        ...


class KeyText:
    """Keys that were made elsewhere: `ID:BASE64` with blanks or commas between, the newest first."""

    def __init__(self, text: str, source: str) -> None:
        """`source` names where the text comes from, in messages.

        Raises:
            VaultKeyError: the text holds no keys.
        """
        self.source = source
        self._keys: dict[str, bytes] = {}
        for part in text.replace(",", " ").split():
            id_, _, encoded = part.partition(":")
            self._keys[_checked_id(id_, source)] = _decoded(encoded, source)
        if not self._keys:
            raise VaultKeyError(f"{source}: holds no key; give ID:BASE64 of 32 random bytes, the newest first")

    @property
    def newest(self) -> str:
        """The id of the first one."""
        return next(iter(self._keys))

    def wrap(self, key: bytes, place: Place) -> Wrapped:
        """Wraps a key with the newest one."""
        return Wrapped(self.newest, seal(self._keys[self.newest], key, place))

    def unwrap(self, wrapped: Wrapped, place: Place) -> bytes:
        """The key again. Raises VaultKeyError."""
        return _unwrapped(self._keys, wrapped, place, self.source)

    def renew(self) -> None:
        """Nothing: put a new key first where they come from, and leave the old one behind it until all is wrapped."""

    def retire(self, needed: Collection[str]) -> None:
        """Nothing: take the old one out where they come from."""


class _Kept(msgspec.Struct, frozen=True):
    id: str
    key: str


class _File(msgspec.Struct, frozen=True):
    keys: tuple[_Kept, ...]


class KeyFile:
    """Keys in a file of a folder, which only its owner reads. Methods may be called by any thread."""

    def __init__(self, folder: Path) -> None:
        """Makes the folder and a first key where there is none.

        Raises:
            VaultKeyError: the file cannot be read or written, others may read it, or it holds no keys.
        """
        self._path = folder / FILE_NAME
        self._part = folder / f"{FILE_NAME}.part"
        self._lock = threading.Lock()
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise VaultKeyError(f"{folder}: cannot be made ({error.strerror or error}); name another folder") from error
        with contextlib.suppress(OSError):
            self._part.unlink()  # of a process that was killed while it wrote
        self._keys = self._read()
        if not self._keys:
            self.renew()

    @property
    def newest(self) -> str:
        """The id of the last one made."""
        return next(reversed(self._keys))

    def wrap(self, key: bytes, place: Place) -> Wrapped:
        """Wraps a key with the newest one."""
        with self._lock:
            return Wrapped(self.newest, seal(self._keys[self.newest], key, place))

    def unwrap(self, wrapped: Wrapped, place: Place) -> bytes:
        """The key again; another process may have made the one that is needed. Raises VaultKeyError."""
        with self._lock:
            if wrapped.by not in self._keys:
                self._keys = self._read()
            return _unwrapped(self._keys, wrapped, place, str(self._path))

    def renew(self) -> None:
        """Makes a new key the newest; what another process has made stays."""
        with self._lock:
            self._keys = self._read()
            number = 1 + max((int(id_) for id_ in self._keys if id_.isdigit()), default=0)
            self._write({**self._keys, str(number): new_key()})

    def retire(self, needed: Collection[str]) -> None:
        """Destroys all but the newest and those that are needed."""
        with self._lock:
            self._keys = self._read()
            left = {id_: key for id_, key in self._keys.items() if id_ in needed or id_ == self.newest}
            if len(left) < len(self._keys):
                self._write(left)

    def _read(self) -> dict[str, bytes]:
        source = str(self._path)
        try:
            if not self._path.exists():
                return {}
            if self._path.stat().st_mode & 0o077:
                raise VaultKeyError(f"{source}: others may read it; run: chmod 600 {source}")
            with self._path.open("rb") as file:
                data = file.read(_FILE_BYTES_MAX + 1)
            kept = msgspec.json.decode(data, type=_File).keys
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            raise VaultKeyError(f"{source}: cannot be read ({error}); restore it from its copy") from error
        found = {_checked_id(one.id, source): _decoded(one.key, source) for one in kept}
        if not found:
            raise VaultKeyError(f"{source}: holds no key; restore it from its copy")
        return found

    def _write(self, keys: dict[str, bytes]) -> None:
        kept = tuple(_Kept(id_, base64.b64encode(key).decode()) for id_, key in keys.items())
        try:
            # Always under the same name: no copy of a key that is to be destroyed is left behind under another one.
            handle = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _NO_LINK, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(_File(kept))) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            self._part.replace(self._path)
        except OSError as error:
            raise VaultKeyError(
                f"{self._path}: cannot be written ({error.strerror or error}); the folder must be writable"
            ) from error
        self._keys = keys


def keys_of_environment(name: str, environment: Mapping[str, str]) -> KeyText:
    """The keys in a variable of the environment. Raises VaultKeyError."""
    text = environment.get(name)
    if text is None:
        raise VaultKeyError(f"the variable {name} is not set; put ID:BASE64 of 32 random bytes there")
    return KeyText(text, f"the variable {name}")


def keys_of_command(command: str) -> KeyText:
    """The keys that a program prints, as one that asks a key management service or a TPM. Raises VaultKeyError."""
    try:
        done = subprocess.run(  # noqa: S603  it is the operator's own command, without a shell
            shlex.split(command), capture_output=True, timeout=_COMMAND_S, check=False, stdin=subprocess.DEVNULL
        )
        text = done.stdout.decode("ascii")
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise VaultKeyError(f"the command for the palm keys cannot be run ({error}); check palm.key_command") from error
    if done.returncode:
        raise VaultKeyError(f"the command for the palm keys ended with {done.returncode}; run it by hand to see why")
    return KeyText(text, "the command for the palm keys")


def _unwrapped(keys: Mapping[str, bytes], wrapped: Wrapped, place: Place, source: str) -> bytes:
    key = keys.get(wrapped.by)
    if key is None:
        raise VaultKeyError(f"{source}: the key {wrapped.by!r} is not there; restore it, nothing opens without it")
    try:
        return open_sealed(key, wrapped.data, place)
    except TamperedError as error:
        raise VaultKeyError(
            f"{source}: the key {wrapped.by!r} does not open the {place}; it is another key of that name, or the row "
            "was changed: restore the right one"
        ) from error


def _checked_id(id_: str, source: str) -> str:
    if _ID.fullmatch(id_) is None:
        raise VaultKeyError(f"{source}: a key has an id of 1 to 64 letters, digits, dots and dashes before its colon")
    return id_


def _decoded(text: str, source: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise VaultKeyError(f"{source}: a key is no base64; write ID:BASE64 of 32 random bytes") from error
    if len(key) != KEY_BYTES:
        raise VaultKeyError(f"{source}: a key has {len(key)} bytes, not {KEY_BYTES}; make it of 32 random bytes")
    return key
