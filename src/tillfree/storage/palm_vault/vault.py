"""The vault: persons with their sealed profiles and templates, stations, and the keys of the site."""

import secrets
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from tillfree.storage.database.audit import AuditEntry
from tillfree.storage.palm_vault.errors import TamperedError, VaultError, VaultKeyError
from tillfree.storage.palm_vault.files import KEYRING_NAME, SITE_KEYS, VAULT_NAME
from tillfree.storage.palm_vault.key_rooms import KeyRoom, Wrapped
from tillfree.storage.palm_vault.records import ErasureProof, Profile, StationRecord, Template, VaultCounts
from tillfree.storage.palm_vault.rows import KeptTemplate, VaultRows
from tillfree.storage.palm_vault.sealing import Place, new_key, open_sealed, seal

__all__ = ["KeptTemplate", "PalmVault"]

_encoder = msgspec.msgpack.Encoder(order="deterministic")
_stations = msgspec.msgpack.Decoder(StationRecord)


class PalmVault(VaultRows):
    """One vault. Every method raises VaultError where its files cannot be used, TamperedError where they do not hold.

    Any method that changes something writes it down in the log of the vault, in the same transaction.
    """

    cleared: int = 0
    """Of how many persons remains were cleared away when it was opened."""

    @classmethod
    def open(
        cls, folder: Path | None, keys: KeyRoom, *, keys_folder: Path | None = None, accept_restored: bool = False
    ) -> Self:
        """The vault of a folder, whose keyring lies in another; one in memory where there is no folder.

        `accept_restored` agrees that a file is an older copy, or that rows are missing: whoever is not known to both
        files is erased.

        Raises:
            VaultKeyError: the keys are not there, are wrong, or are those of another vault.
            RolledBackError: one of the files is an older copy.
            TamperedError: rows are missing.
            VaultError: the files cannot be used.
        """
        if folder is not None and keys_folder is None:
            raise VaultError(f"{folder}: keys lie in a folder of their own; name it")
        path = None if folder is None else folder / VAULT_NAME
        vault = cls(path, None if keys_folder is None else keys_folder / KEYRING_NAME, keys)
        try:
            vault.cleared = vault._begin(accept_restored=accept_restored)
        except BaseException:
            vault.close()
            raise
        return vault

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # ---- what there is ------------------------------------------------------------------------------------------

    def counts(self) -> VaultCounts:
        """How much there is."""
        with self._reading() as connection:
            (subjects,) = connection.execute("SELECT count(*) FROM subjects").fetchone()
            with_templates, templates = connection.execute(
                "SELECT count(DISTINCT subject), count(*) FROM templates"
            ).fetchone()
            (stations,) = connection.execute("SELECT count(*) FROM stations").fetchone()
            by = dict(connection.execute("SELECT wrapped_by, count(*) FROM keyring.data_keys GROUP BY 1").fetchall())
        return VaultCounts(
            subjects=subjects, with_templates=with_templates, templates=templates, stations=stations, wrapped_by=by
        )

    def subjects(self) -> list[str]:
        """All persons, by their random names."""
        with self._reading() as connection:
            return [row[0] for row in connection.execute("SELECT subject FROM subjects ORDER BY subject")]

    def profile(self, subject: str) -> Profile | None:
        """What is kept of a person beside their templates; None where there is nobody of that name."""
        with self._reading() as connection:
            found = self._opened(connection, subject)
            return None if found is None else found[1]

    def templates(self, subject: str) -> list[KeptTemplate]:
        """The templates of a person."""
        with self._reading() as connection:
            found = self._rows(connection, subject)
            return [] if found is None else self._open_templates(found[0], subject, found[3])

    def template_numbers(self, after: int = 0) -> dict[int, str]:
        """Whose each template is, of those with a greater number."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT number, subject FROM templates WHERE number > ? ORDER BY number", (after,)
            )
            return dict(rows.fetchall())

    def template_count(self, subject: str = "") -> int:
        """How many templates there are, of one person where one is named."""
        with self._reading() as connection:
            if not subject:
                return int(connection.execute("SELECT count(*) FROM templates").fetchone()[0])
            row = connection.execute("SELECT count(*) FROM templates WHERE subject = ?", (subject,)).fetchone()
            return int(row[0])

    def all_templates(self, subjects: Sequence[str] | None = None) -> Iterator[KeptTemplate]:
        """The templates of these persons, of all where none are named, one person after the other."""
        for subject in self.subjects() if subjects is None else subjects:
            yield from self.templates(subject)

    def unused_since(self, day: int) -> list[str]:
        """Persons who were not seen since a day (counted from 1970)."""
        with self._reading() as connection:
            rows = connection.execute("SELECT subject FROM subjects WHERE used_day < ? ORDER BY subject", (day,))
            return [row[0] for row in rows]

    def used_day(self, subject: str) -> int | None:
        """The day on which somebody was seen last (counted from 1970)."""
        with self._reading() as connection:
            row = connection.execute("SELECT used_day FROM subjects WHERE subject = ?", (subject,)).fetchone()
        return None if row is None else int(row[0])

    # ---- persons ------------------------------------------------------------------------------------------------

    def enrol(
        self,
        profile: Profile,
        templates: Sequence[Template],
        entry: AuditEntry,
        day: int,
        *,
        once: AuditEntry | None = None,
    ) -> str:
        """Keeps somebody new, under a random name of 24 hexadecimal digits, which is returned.

        `once` is written into the log together with it, as what may be done once.

        Raises:
            DoneBeforeError: the log has `once` already.
        """
        return self.enrol_many([(profile, templates)], entry, day, once=once)[0]

    def enrol_many(
        self,
        persons: Sequence[tuple[Profile, Sequence[Template]]],
        entry: AuditEntry,
        day: int,
        details: Sequence[str] = (),
        *,
        once: AuditEntry | None = None,
    ) -> list[str]:
        """Keeps several new persons at once: all of them, or none; the disk is waited for once.

        Each has an entry in the log, like `entry`; with `details` each has one of its own. Raises as `enrol`.
        """
        assert len(details) in (0, len(persons)), "a detail for each person, or none"
        made = []
        with self._changing() as connection:
            for at, (profile, templates) in enumerate(persons):
                detail = details[at] if details else entry.detail
                subject = secrets.token_hex(12)
                connection.execute("INSERT INTO subjects VALUES (?, ?, ?)", (subject, day, b""))
                self._rekey(connection, subject, profile, templates)
                self._append(connection, msgspec.structs.replace(entry, subject=subject, detail=detail))
                made.append(subject)
            if once is not None:
                self._append_once(connection, once)
        return made

    def change(
        self,
        subject: str,
        change: Callable[[Profile], Profile],
        entry: AuditEntry | None,
        *,
        templates: Sequence[Template] = (),
        instead: bool = False,
    ) -> Profile | None:
        """Replaces a profile by what `change` makes of it, and adds templates, `instead` of those there were.

        None where there is nobody of that name. What `change` raises leaves everything as it was. Without an entry
        nothing is written into the log: for counts of tries.
        """
        with self._changing() as connection:
            found = self._opened(connection, subject)
            if found is None:
                return None
            key, before = found
            after = change(before)
            if after != before:
                self._put_profile(connection, key, subject, after)
            if instead:
                connection.execute("DELETE FROM templates WHERE subject = ?", (subject,))
            if instead or templates:
                # Whoever follows the log must hear of it, and no sketch may outlive what it was made from.
                assert entry is not None, "templates come and go with an entry in the log"
                connection.execute("DELETE FROM sketches WHERE subject = ?", (subject,))
            self._put_templates(connection, key, subject, templates)
            self._note_digest(connection, key, subject)
            if entry is not None:
                self._append(connection, msgspec.structs.replace(entry, subject=subject))
            return after

    def note_use(self, subject: str, day: int) -> None:
        """Somebody was seen on a day; at most one write a day."""
        if (self.used_day(subject) or 0) < day:
            with self._changing(bump=False) as connection:
                connection.execute("UPDATE subjects SET used_day = max(used_day, ?) WHERE subject = ?", (day, subject))

    def erase(
        self, subject: str, entry: AuditEntry, *, unused_since: int | None = None, unconfirmed: bool = False
    ) -> ErasureProof | None:
        """Destroys the key of a person and their rows; None where there is nobody of that name.

        Neither is there with `unused_since` (a day from 1970) whoever was seen on that day or later, or with
        `unconfirmed` whoever is confirmed: they may have come since somebody looked.
        """
        with self._changing() as connection:
            row = connection.execute("SELECT used_day FROM subjects WHERE subject = ?", (subject,)).fetchone()
            if row is None or (unused_since is not None and row[0] >= unused_since):
                return None
            found = self._opened(connection, subject) if unconfirmed else None
            if found is not None and found[1].confirmed:
                return None
            templates = self._wipe(connection, subject)
            logged = self._append(connection, msgspec.structs.replace(entry, subject=subject))
        return ErasureProof(
            subject=subject,
            templates=templates,
            time_ns=entry.time_ns,
            audit_number=logged.number,
            audit_hash=logged.hash,
        )

    # ---- the whole site -----------------------------------------------------------------------------------------

    def site_key(self, name: str) -> bytes:
        """32 bytes; `name` is one of `SITE_KEYS`."""
        assert name in SITE_KEYS, name
        with self._reading() as connection:
            return self._site_key(connection, name)

    def revoke_all(self, entry: AuditEntry) -> int:
        """All templates go, each person gets a new key and the site a new one for templates; how many persons stay.

        Their links stay: they enrol anew when they next tap the card that they linked. In a copy of the file that was
        made before, templates are noise.
        """
        with self._changing() as connection:
            self._put_site_key(connection, self._vault, "templates")
            connection.execute("DELETE FROM sketches")
            subjects = [row[0] for row in connection.execute("SELECT subject FROM subjects")]
            stay = sum(self._revoke(connection, subject) for subject in subjects)
            connection.execute("UPDATE meta SET epoch = epoch + 1")
            self._append(connection, entry)
        return stay

    def _revoke(self, connection: sqlite3.Connection, subject: str) -> bool:
        """Whether the person stays: nobody whose rows do not hold may stand in the way of a revocation."""
        try:
            found = self._opened(connection, subject)
        except (TamperedError, VaultKeyError):
            found = None
        if found is None:
            self._wipe(connection, subject)
            return False
        connection.execute("DELETE FROM templates WHERE subject = ?", (subject,))
        self._rekey(connection, subject, found[1], ())
        return True

    def rotate(self, entry: AuditEntry) -> int:
        """Wraps all keys with a new one, and destroys the old one; nobody has to enrol anew. How many keys there are.

        Interrupted anywhere, both wrapping keys are there until the next time, and everything opens.
        """
        with self._changing() as connection:
            # Inside, so that of two processes one waits for the other.
            self._keys.renew()
            rows = connection.execute("SELECT subject, wrapped_by, wrapped FROM keyring.data_keys").fetchall()
            for subject, by, data in rows:
                place = self._key_place(subject)
                wrapped = self._keys.wrap(self._keys.unwrap(Wrapped(by, data), place), place)
                connection.execute(
                    "UPDATE keyring.data_keys SET wrapped_by = ?, wrapped = ? WHERE subject = ?",
                    (wrapped.by, wrapped.data, subject),
                )
            for name in SITE_KEYS:
                place = self._site_place(self._vault, name)
                wrapped = self._keys.wrap(self._site_key(connection, name), place)
                connection.execute(
                    "UPDATE keyring.site_keys SET wrapped_by = ?, wrapped = ? WHERE name = ?",
                    (wrapped.by, wrapped.data, name),
                )
            self._append(connection, entry)
            needed = {
                row[0]
                for row in connection.execute(
                    "SELECT wrapped_by FROM keyring.data_keys UNION SELECT wrapped_by FROM keyring.site_keys"
                )
            }
        with self._changing(bump=False):
            self._keys.retire(needed)
        return len(rows) + len(SITE_KEYS)

    # ---- stations -----------------------------------------------------------------------------------------------

    def put_station(self, record: StationRecord, entry: AuditEntry) -> None:
        """Keeps a station, in the place of one of that name."""
        with self._changing() as connection:
            sealed = seal(
                self._site_key(connection, "records"), _encoder.encode(record), self._station_place(record.station)
            )
            connection.execute(
                "INSERT INTO stations VALUES (?, ?) ON CONFLICT (station) DO UPDATE SET sealed = excluded.sealed",
                (record.station, sealed),
            )
            self._append(connection, entry)

    def station(self, name: str) -> StationRecord | None:
        """A station; None where there is none of that name."""
        with self._reading() as connection:
            row = connection.execute("SELECT sealed FROM stations WHERE station = ?", (name,)).fetchone()
            if row is None:
                return None
            key = self._site_key(connection, "records")
        return _stations.decode(open_sealed(key, row[0], self._station_place(name)))

    def stations(self) -> list[str]:
        """The names of all stations."""
        with self._reading() as connection:
            return [row[0] for row in connection.execute("SELECT station FROM stations ORDER BY station")]

    def remove_station(self, name: str, entry: AuditEntry) -> bool:
        """Forgets a station; False where there is none of that name."""
        with self._changing() as connection:
            if not connection.execute("DELETE FROM stations WHERE station = ?", (name,)).rowcount:
                return False
            self._append(connection, entry)
        return True

    # ---- notes ----------------------------------------------------------------------------------------------------

    def keep_note(self, name: str, data: bytes) -> None:
        """Keeps what the program has learned and is about nobody, instead of what it noted by that name before."""
        with self._changing(bump=False) as connection:
            sealed = seal(self._site_key(connection, "records"), data, self._note_place(name))
            connection.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, sealed))

    def kept_note(self, name: str) -> bytes | None:
        """What was kept by that name; None where nothing was."""
        with self._reading() as connection:
            row = connection.execute("SELECT sealed FROM notes WHERE name = ?", (name,)).fetchone()
            if row is None:
                return None
            return open_sealed(self._site_key(connection, "records"), row[0], self._note_place(name))

    # ---- sealing ------------------------------------------------------------------------------------------------

    def _station_place(self, station: str) -> Place:
        return Place(self._vault, station, "station")

    def _note_place(self, name: str) -> Place:
        return Place(self._vault, name, "note")

    def _rekey(
        self, connection: sqlite3.Connection, subject: str, profile: Profile, templates: Sequence[Template]
    ) -> None:
        """Seals all of a person with a new key."""
        key = new_key()
        wrapped = self._keys.wrap(key, self._key_place(subject))
        connection.execute(
            "INSERT INTO keyring.data_keys VALUES (?, ?, ?, ?) ON CONFLICT (subject) DO UPDATE SET "
            "wrapped_by = excluded.wrapped_by, wrapped = excluded.wrapped",
            (subject, wrapped.by, wrapped.data, b""),
        )
        self._put_profile(connection, key, subject, profile)
        self._put_templates(connection, key, subject, templates)
        self._note_digest(connection, key, subject)

    def _put_profile(self, connection: sqlite3.Connection, key: bytes, subject: str, profile: Profile) -> None:
        sealed = seal(key, _encoder.encode(profile), Place(self._vault, subject, "profile"))
        connection.execute("UPDATE subjects SET profile = ? WHERE subject = ?", (sealed, subject))

    def _put_templates(
        self, connection: sqlite3.Connection, key: bytes, subject: str, templates: Sequence[Template]
    ) -> None:
        for template in templates:
            connection.execute("UPDATE meta SET template_numbers = template_numbers + 1")
            (number,) = connection.execute("SELECT template_numbers FROM meta").fetchone()
            sealed = seal(key, _encoder.encode(template), Place(self._vault, subject, "template", number))
            connection.execute("INSERT INTO templates VALUES (?, ?, ?)", (number, subject, sealed))
