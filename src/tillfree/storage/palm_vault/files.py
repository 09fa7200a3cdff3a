"""The two files of the vault, which change together or not at all.

`palm.db` holds the sealed rows. `keyring.db` lies in another folder and holds the wrapped key of each person. SQLite
commits a transaction over both as one (a super-journal, https://www.sqlite.org/atomiccommit.html section 5), which
needs rollback journals: so neither file has a write-ahead log. What is erased is overwritten (`secure_delete`).

Copies of `palm.db` may be kept for as long as one likes: without the key of a person, which is destroyed when they are
erased, their rows in every copy are noise. Copies of the folder of keys must not outlive the longest time that erasing
may take.
"""

import contextlib
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from tillfree.storage.database.audit import NO_HASH
from tillfree.storage.palm_vault.alone import alone_at
from tillfree.storage.palm_vault.errors import RolledBackError, TamperedError, VaultError, VaultKeyError
from tillfree.storage.palm_vault.key_rooms import KeyRoom, Wrapped
from tillfree.storage.palm_vault.sealing import Place, new_key

__all__ = ["KEYRING_NAME", "SITE_KEYS", "VAULT_NAME", "VaultFiles"]

VAULT_NAME = "palm.db"
KEYRING_NAME = "keyring.db"
_FORMAT = 1
_BUSY_S = 5.0
SITE_KEYS = ("templates", "records", "ages", "pairs")
"""Keys of the whole site: of protected templates, of stations, of signed ages, and of names that differ by reader."""
_VAULT_TABLES = """
CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1), format INTEGER NOT NULL, vault TEXT NOT NULL, generation INTEGER NOT NULL,
    epoch INTEGER NOT NULL, template_numbers INTEGER NOT NULL, audit_number INTEGER NOT NULL, audit_hash TEXT NOT NULL);
CREATE TABLE subjects (subject TEXT PRIMARY KEY, used_day INTEGER NOT NULL, profile BLOB NOT NULL);
CREATE TABLE templates (number INTEGER PRIMARY KEY, subject TEXT NOT NULL, sealed BLOB NOT NULL);
CREATE INDEX templates_subject ON templates (subject);
CREATE TABLE stations (station TEXT PRIMARY KEY, sealed BLOB NOT NULL);
CREATE TABLE audit (
    number INTEGER PRIMARY KEY, time_ns INTEGER NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL,
    subject TEXT NOT NULL, detail TEXT NOT NULL, hash TEXT NOT NULL);
"""
_NEWER_TABLES = (
    "CREATE TABLE IF NOT EXISTS sketches (subject TEXT PRIMARY KEY, sealed BLOB NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS notes (name TEXT PRIMARY KEY, sealed BLOB NOT NULL)",
)
"""Vaults that are older than these tables get them when they are opened."""
_KEYRING_TABLES = """
CREATE TABLE keyring.meta (
    id INTEGER PRIMARY KEY CHECK (id = 1), format INTEGER NOT NULL, vault TEXT NOT NULL, generation INTEGER NOT NULL,
    audit_number INTEGER NOT NULL, audit_hash TEXT NOT NULL);
CREATE TABLE keyring.data_keys (
    subject TEXT PRIMARY KEY, wrapped_by TEXT NOT NULL, wrapped BLOB NOT NULL, digest BLOB NOT NULL);
CREATE TABLE keyring.site_keys (name TEXT PRIMARY KEY, wrapped_by TEXT NOT NULL, wrapped BLOB NOT NULL);
"""


class VaultFiles:
    """Both files, opened. Methods may be called by any thread; each is one transaction, on the disk when it returns."""

    def __init__(self, path: Path | None, keyring: Path | None, keys: KeyRoom) -> None:
        """Without paths both are in memory and forgotten at the end. Raises VaultError."""
        self._where = "the vault in memory" if path is None else str(path)
        self._keyring_where = "the keyring in memory" if keyring is None else str(keyring)
        self._keys = keys
        self._lock = threading.RLock()
        self._paths = [one for one in (path, keyring) if one is not None]
        for one in self._paths:
            _prepare(one)
        self._connection = self._connect(path, keyring)
        self._files = [_file_of(one) for one in self._paths]
        self._vault = ""

    def alone(self, wait_s: float) -> AbstractContextManager[None]:
        """Until it ends, no other process that asks for this is at work with the vault. Raises VaultBusyError."""
        return alone_at(self._paths[0].with_suffix(".lock") if self._paths else None, wait_s)

    # ---- opening ------------------------------------------------------------------------------------------------

    def _connect(self, path: Path | None, keyring: Path | None) -> sqlite3.Connection:
        with self._translated():
            raw = sqlite3.connect(
                ":memory:" if path is None else path, timeout=_BUSY_S, check_same_thread=False, isolation_level=None
            )
            try:
                raw.execute("ATTACH DATABASE ? AS keyring", (":memory:" if keyring is None else str(keyring),))
                for name in ("main", "keyring"):
                    raw.execute(f"PRAGMA {name}.journal_mode = DELETE")
                    # Somebody who was erased must not come back when the power goes: the folder is waited for, too.
                    raw.execute(f"PRAGMA {name}.synchronous = EXTRA")
                    raw.execute(f"PRAGMA {name}.secure_delete = ON")
                raw.execute("PRAGMA temp_store = MEMORY")
            except BaseException:
                raw.close()
                raise
        return raw

    def _begin(self, *, accept_restored: bool) -> int:
        """Makes the tables, or checks that the files belong together; how many persons' remains were cleared away."""
        with self._changing(bump=False) as connection:
            has_vault, has_keyring = (_has_tables(connection, name) for name in ("main", "keyring"))
            if has_vault and not has_keyring:
                raise VaultKeyError(
                    f"{self._keyring_where}: the keys of {self._where} are not here; restore the folder of keys, or "
                    "move the vault away and begin anew: without its keys nobody can read it"
                )
            if has_keyring and not has_vault and not accept_restored:
                raise RolledBackError(
                    f"{self._where}: is empty, and {self._keyring_where} belongs to one that was not; restore it from "
                    "a copy, or accept that all of it is gone (palm keys accept)"
                )
            if not has_vault:
                self._make(connection, with_keyring=not has_keyring)
            for statement in _NEWER_TABLES:
                connection.execute(statement)
            self._vault = str(connection.execute("SELECT vault FROM meta").fetchone()[0])
            cleared = self._check(connection, accept_restored=accept_restored)
            self._prove_keys(connection)
            self._sweep(connection)
        return cleared

    def _sweep(self, connection: sqlite3.Connection) -> None:
        """Clears away what a process that was killed left: journals that SQLite has no use for any more.

        Both files are held for writing here, so that nobody is at work with them.
        """
        names = [path.name for path in self._paths]
        left = [
            one
            for path in self._paths
            for one in path.parent.iterdir()
            if any(one.name.startswith((f"{name}-journal", f"{name}-mj")) for name in names)
        ]
        for name in ("main", "keyring") if left else ():
            # A journal that is written anew is removed when that is done; a page that does not change is not written.
            connection.execute(f"UPDATE {name}.meta SET generation = generation + 1")  # noqa: S608  two names
        for one in left:
            if not one.name.endswith("-journal"):
                one.unlink(missing_ok=True)

    def _make(self, connection: sqlite3.Connection, *, with_keyring: bool) -> None:
        if with_keyring:
            for statement in _KEYRING_TABLES.split(";")[:-1]:
                connection.execute(statement)
            vault = secrets.token_hex(16)
            connection.execute("INSERT INTO keyring.meta VALUES (1, ?, ?, 0, 0, ?)", (_FORMAT, vault, NO_HASH))
            for name in SITE_KEYS:
                self._put_site_key(connection, vault, name)
        else:
            (vault,) = connection.execute("SELECT vault FROM keyring.meta").fetchone()
        for statement in _VAULT_TABLES.split(";")[:-1]:
            connection.execute(statement)
        connection.execute("INSERT INTO meta VALUES (1, ?, ?, 0, 0, 0, 0, ?)", (_FORMAT, vault, NO_HASH))

    def _check(self, connection: sqlite3.Connection, *, accept_restored: bool) -> int:
        vault, keyring = (
            connection.execute(
                f"SELECT format, vault, generation, audit_number, audit_hash FROM {name}.meta"  # noqa: S608  two names
            ).fetchone()
            for name in ("main", "keyring")
        )
        if vault[0] != _FORMAT or keyring[0] != _FORMAT:
            raise VaultError(f"{self._where}: is of another version of Tillfree; open it with that one")
        if vault[1] != keyring[1]:
            raise VaultKeyError(f"{self._keyring_where}: holds the keys of another vault than {self._where}")
        strays = _strays(connection)
        if vault[2:] != keyring[2:] and not accept_restored:
            older = self._where if vault[2] <= keyring[2] else self._keyring_where
            raise RolledBackError(
                f"{older}: is an older copy than the file that belongs to it (change {vault[2]} against {keyring[2]}); "
                "put the newest back, or accept it (palm keys accept): whoever was erased since stays erased"
            )
        if strays and not accept_restored:
            raise TamperedError(
                f"{self._where}: rows or keys of {len(strays)} persons are missing that were there; "
                "restore both files, or accept it (palm keys accept): what is left of these persons is erased"
            )
        for subject in strays:
            self._wipe(connection, subject)
        if vault[2:] != keyring[2:] or strays:
            generation = max(vault[2], keyring[2]) + 1
            # The log says nothing of it: whoever follows the vault has to look at all of it again.
            connection.execute("UPDATE meta SET generation = ?, epoch = epoch + 1", (generation,))
            connection.execute(
                "UPDATE keyring.meta SET generation = ?, audit_number = ?, audit_hash = ?", (generation, *vault[3:])
            )
        return len(strays)

    def _prove_keys(self, connection: sqlite3.Connection) -> None:
        """Better now than at the first hand: a wrong key raises VaultKeyError."""
        for name in SITE_KEYS:
            self._site_key(connection, name)

    # ---- transactions -------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view."""
        with self._lock, self._translated():
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                self._connection.execute("ROLLBACK")

    @contextlib.contextmanager
    def _changing(self, *, bump: bool = True) -> Iterator[sqlite3.Connection]:
        """All of it is kept in both files at the end, or nothing where something is raised inside."""
        with self._lock, self._translated():
            if [_file_of(one) for one in self._paths] != self._files:
                raise VaultError(
                    f"{self._where}: it or its keys were moved away or replaced while in use; put them back and "
                    "start this program again"
                )
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                if bump:
                    self._connection.execute("UPDATE meta SET generation = generation + 1")
                    self._connection.execute(
                        "UPDATE keyring.meta SET (generation, audit_number, audit_hash) = "
                        "(SELECT generation, audit_number, audit_hash FROM main.meta)"
                    )
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise VaultError(
                f"{self._where} or {self._keyring_where}: cannot be used ({error}); check that no other program holds "
                "them, the disk, and that this user may write there"
            ) from error

    def close(self) -> None:
        """Closes both files; twice is fine."""
        with self._lock:
            self._connection.close()

    # ---- keys of the site ---------------------------------------------------------------------------------------

    def _site_place(self, vault: str, name: str) -> Place:
        return Place(vault, "", f"site key {name}")

    def _put_site_key(self, connection: sqlite3.Connection, vault: str, name: str) -> bytes:
        key = new_key()
        wrapped = self._keys.wrap(key, self._site_place(vault, name))
        connection.execute(
            "INSERT INTO keyring.site_keys VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
            "wrapped_by = excluded.wrapped_by, wrapped = excluded.wrapped",
            (name, wrapped.by, wrapped.data),
        )
        return key

    def _site_key(self, connection: sqlite3.Connection, name: str) -> bytes:
        row = connection.execute("SELECT wrapped_by, wrapped FROM keyring.site_keys WHERE name = ?", (name,)).fetchone()
        if row is None:
            raise VaultKeyError(f"{self._keyring_where}: the key of {name} of this site is gone; restore the folder")
        return self._keys.unwrap(Wrapped(*row), self._site_place(self._vault, name))

    def _wipe(self, connection: sqlite3.Connection, subject: str) -> int:
        """The key first: from then on every copy of the rows is noise. How many templates went."""
        connection.execute("DELETE FROM keyring.data_keys WHERE subject = ?", (subject,))
        connection.execute("DELETE FROM subjects WHERE subject = ?", (subject,))
        connection.execute("DELETE FROM sketches WHERE subject = ?", (subject,))
        return connection.execute("DELETE FROM templates WHERE subject = ?", (subject,)).rowcount


def _strays(connection: sqlite3.Connection) -> list[str]:
    """Persons of whom one of the files knows and the other does not."""
    return [
        row[0]
        for row in connection.execute(
            "SELECT subject FROM keyring.data_keys WHERE subject NOT IN (SELECT subject FROM subjects) UNION "
            "SELECT subject FROM subjects WHERE subject NOT IN (SELECT subject FROM keyring.data_keys) UNION "
            "SELECT subject FROM templates WHERE subject NOT IN (SELECT subject FROM subjects)"
        )
    ]


def _has_tables(connection: sqlite3.Connection, name: str) -> bool:
    found: Sequence[Any] | None = connection.execute(f"SELECT 1 FROM {name}.sqlite_master LIMIT 1").fetchone()  # noqa: S608  two names
    return found is not None


def _prepare(path: Path) -> None:
    """Makes the folder and an empty file where they are missing, for their owner only."""
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise VaultError(f"{path}: cannot be opened ({error.strerror or error}); name another folder") from error


def _file_of(path: Path) -> tuple[int, int] | None:
    """What tells a file from another one of the same name; None where there is none."""
    try:
        return (found := path.stat()).st_dev, found.st_ino
    except OSError:
        return None
