"""The rows of persons: how they are opened, one by one or many at once, and what a search finds them by.

A **sketch** is whatever a gallery needs to find somebody, a small part of what their templates hold. It is kept so that
a gallery of very many people starts without opening all of their templates, and it can be made anew from these at any
time. It is sealed with the key of the person like everything else, and goes in the same transaction as a template of
theirs: a sketch that is there is that of the templates that are there.
"""

import sqlite3
from collections.abc import Mapping, Sequence

import msgspec

from tillfree.storage.palm_vault.errors import TamperedError, VaultKeyError
from tillfree.storage.palm_vault.key_rooms import Wrapped
from tillfree.storage.palm_vault.log import VaultLog
from tillfree.storage.palm_vault.records import Profile, Template
from tillfree.storage.palm_vault.sealing import Place, digest_of, open_sealed, seal

__all__ = ["KeptTemplate", "OpenedTemplates", "Sketch", "VaultRows"]

_profiles = msgspec.msgpack.Decoder(Profile)
_templates = msgspec.msgpack.Decoder(Template)
_TemplateRows = list[tuple[int, bytes]]


class KeptTemplate(msgspec.Struct, frozen=True):
    """A template with its number, which no other one ever has, and whose it is."""

    number: int
    subject: str
    template: Template


class OpenedTemplates(msgspec.Struct, frozen=True):
    """The templates of many persons, and why those of some cannot be had.

    `state` changes with every change of a person's rows. Who is not in the vault is in none of the three.
    """

    templates: dict[str, list[KeptTemplate]]
    state: dict[str, bytes]
    broken: dict[str, TamperedError | VaultKeyError]


class Sketch(msgspec.Struct, frozen=True):
    """A sketch, and the state of the rows that it was made from."""

    data: bytes
    state: bytes

    def __repr__(self) -> str:
        return f"Sketch({len(self.data)} bytes)"


class VaultRows(VaultLog):
    """The part of a vault that opens rows."""

    def generation(self) -> tuple[int, int]:
        """Counts changes, and revocations of the whole site; whoever keeps templates in memory looks here for news."""
        with self._reading() as connection:
            generation, epoch = connection.execute("SELECT generation, epoch FROM meta").fetchone()
        return int(generation), int(epoch)

    def changed_since(self, number: int) -> tuple[int, list[str]]:
        """The number of the newest entry of the log, and of whom the entries after that `number` speak.

        Whoever's templates came or went is among them, unless the epoch changed meanwhile: then all may have changed.
        """
        with self._reading() as connection:
            (newest,) = connection.execute("SELECT audit_number FROM meta").fetchone()
            rows = connection.execute("SELECT DISTINCT subject FROM audit WHERE number > ? AND subject > ''", (number,))
            return int(newest), [row[0] for row in rows]

    def templates_of(self, subjects: Sequence[str]) -> OpenedTemplates:
        """The templates of many persons in one view; nobody's damage stands in the way of the others."""
        found = OpenedTemplates({}, {}, {})
        with self._reading() as connection:
            for subject in subjects:
                try:
                    rows = self._rows(connection, subject)
                    if rows is not None:
                        key, state, _, sealed = rows
                        found.templates[subject] = self._open_templates(key, subject, sealed)
                        found.state[subject] = state
                except (TamperedError, VaultKeyError) as error:
                    found.broken[subject] = error
        return found

    # ---- sketches -----------------------------------------------------------------------------------------------

    def sketches(self, after: str = "", limit: int = 1000) -> list[tuple[str, bytes | None]]:
        """A page of the persons who have a sketch, in the order of their names: those behind `after`.

        None in its place where it cannot be opened: then their templates have to be.
        """
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT subject, sealed, wrapped_by, wrapped FROM sketches LEFT JOIN keyring.data_keys USING (subject) "
                "WHERE subject > ? ORDER BY subject LIMIT ?",
                (after, limit),
            ).fetchall()
        return [(subject, self._open_sketch(subject, *row)) for subject, *row in rows]

    def without_sketch(self) -> list[str]:
        """Persons who have templates and no sketch, those enrolled first in front."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT subject FROM templates WHERE subject NOT IN (SELECT subject FROM sketches) "
                "GROUP BY subject ORDER BY min(number)"
            )
            return [row[0] for row in rows]

    def keep_sketches(self, sketches: Mapping[str, Sketch]) -> int:
        """Keeps those whose persons have not changed since, instead of older ones; how many that were."""
        kept = 0
        with self._changing(bump=False) as connection:
            for subject, sketch in sketches.items():
                row = connection.execute(
                    "SELECT wrapped_by, wrapped FROM keyring.data_keys WHERE subject = ? AND digest = ?",
                    (subject, sketch.state),
                ).fetchone()
                if row is None:
                    continue
                key = self._keys.unwrap(Wrapped(*row), self._key_place(subject))
                sealed = seal(key, sketch.data, self._sketch_place(subject))
                connection.execute("INSERT OR REPLACE INTO sketches VALUES (?, ?)", (subject, sealed))
                kept += 1
        return kept

    def _open_sketch(self, subject: str, sealed: bytes, by: str | None, wrapped: bytes) -> bytes | None:
        if by is None:
            return None
        try:
            key = self._keys.unwrap(Wrapped(by, wrapped), self._key_place(subject))
            return open_sealed(key, sealed, self._sketch_place(subject))
        except (TamperedError, VaultKeyError):
            return None

    # ---- opening ------------------------------------------------------------------------------------------------

    def _key_place(self, subject: str) -> Place:
        return Place(self._vault, subject, "data key")

    def _sketch_place(self, subject: str) -> Place:
        return Place(self._vault, subject, "sketch")

    def _rows(self, connection: sqlite3.Connection, subject: str) -> tuple[bytes, bytes, bytes, _TemplateRows] | None:
        """The key of a person, the state of their rows, and these, if all are those that were written last."""
        row = connection.execute(
            "SELECT wrapped_by, wrapped, digest, profile FROM keyring.data_keys JOIN subjects USING (subject) "
            "WHERE subject = ?",
            (subject,),
        ).fetchone()
        if row is None:
            return None
        key = self._keys.unwrap(Wrapped(row[0], row[1]), self._key_place(subject))
        templates = _template_rows(connection, subject)
        if _digest(key, row[3], templates) != row[2]:
            raise TamperedError(
                f"{self._where}: rows of {subject} are not those that were written last: changed, missing, or put back "
                "from an older copy; erase this person and enrol them anew"
            )
        return key, row[2], row[3], templates

    def _opened(self, connection: sqlite3.Connection, subject: str) -> tuple[bytes, Profile] | None:
        """The key and the profile of a person. Raises TamperedError, VaultKeyError."""
        rows = self._rows(connection, subject)
        if rows is None:
            return None
        key, _, profile, _ = rows
        return key, _profiles.decode(open_sealed(key, profile, Place(self._vault, subject, "profile")))

    def _open_templates(self, key: bytes, subject: str, rows: _TemplateRows) -> list[KeptTemplate]:
        return [
            KeptTemplate(
                number,
                subject,
                _templates.decode(open_sealed(key, sealed, Place(self._vault, subject, "template", number))),
            )
            for number, sealed in rows
        ]

    def _note_digest(self, connection: sqlite3.Connection, key: bytes, subject: str) -> None:
        (profile,) = connection.execute("SELECT profile FROM subjects WHERE subject = ?", (subject,)).fetchone()
        digest = _digest(key, profile, _template_rows(connection, subject))
        connection.execute("UPDATE keyring.data_keys SET digest = ? WHERE subject = ?", (digest, subject))


def _template_rows(connection: sqlite3.Connection, subject: str) -> _TemplateRows:
    return connection.execute(
        "SELECT number, sealed FROM templates WHERE subject = ? ORDER BY number", (subject,)
    ).fetchall()


def _digest(key: bytes, profile: bytes, templates: _TemplateRows) -> bytes:
    return digest_of(key, [("profile", 0, profile), *(("template", number, sealed) for number, sealed in templates)])
