"""The audit log of the vault: it only grows, each entry is bound to the one before, and the end stands in both files.

It names persons by the random names that they have in the vault only, and holds nothing of their palms or accounts.
"""

import sqlite3

from tillfree.storage.database.audit import NO_HASH, AuditEntry, AuditProof, AuditRow, audit_hash
from tillfree.storage.palm_vault.errors import DoneBeforeError
from tillfree.storage.palm_vault.files import VaultFiles

__all__ = ["VaultLog"]

_ROWS_MAX = 500


class VaultLog(VaultFiles):
    """The part of a vault that keeps the log."""

    def note(self, entry: AuditEntry) -> AuditRow:
        """Adds an entry at the end."""
        with self._changing() as connection:
            return self._append(connection, entry)

    def _append_once(self, connection: sqlite3.Connection, entry: AuditEntry) -> AuditRow:
        """Adds an entry of which the log may have one only. Raises DoneBeforeError."""
        there = connection.execute(
            "SELECT number FROM audit WHERE subject = ? AND what = ?", (entry.subject, entry.what)
        ).fetchone()
        if there is not None:
            raise DoneBeforeError(f"{entry.what} of {entry.subject} was done before, by entry {there[0]} of the log")
        return self._append(connection, entry)

    def log(self, *, subject: str = "", before: int | None = None, limit: int = 100) -> list[AuditRow]:
        """A page of entries, newest first, at most 500; of one person where one is named."""
        with self._reading() as connection:
            rows = connection.execute(
                "SELECT number, time_ns, who, what, subject, detail, hash FROM audit "
                "WHERE (?1 = '' OR subject = ?1) AND (?2 IS NULL OR number < ?2) ORDER BY number DESC LIMIT ?3",
                (subject, before, max(0, min(limit, _ROWS_MAX))),
            ).fetchall()
        return [_row(row) for row in rows]

    def verify_log(self) -> AuditProof:
        """Follows the chain to its end: an entry that was changed, removed or put in is found, and so is a cut end."""
        with self._reading() as connection:
            entries, previous = 0, NO_HASH
            for raw in connection.execute(
                "SELECT number, time_ns, who, what, subject, detail, hash FROM audit ORDER BY number"
            ):
                if raw[0] != entries + 1 or not _holds(previous, raw):
                    return AuditProof(entries, entries + 1, previous)
                entries, previous = entries + 1, str(raw[6])
            ends = {
                connection.execute(f"SELECT audit_number, audit_hash FROM {name}.meta").fetchone()  # noqa: S608
                for name in ("main", "keyring")
            }
        return AuditProof(entries, None if ends == {(entries, previous)} else entries + 1, previous)

    def had_head(self, head: str) -> bool:
        """Whether the log once ended with this hash: where it did not, both files were put back from a copy."""
        with self._reading() as connection:
            return connection.execute("SELECT 1 FROM audit WHERE hash = ?", (head,)).fetchone() is not None

    def _append(self, connection: sqlite3.Connection, entry: AuditEntry) -> AuditRow:
        """Adds an entry in the transaction of the caller."""
        last, previous = connection.execute("SELECT audit_number, audit_hash FROM meta").fetchone()
        number = int(last) + 1
        hashed = audit_hash(str(previous), number, entry)
        connection.execute(
            "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?)",
            (number, entry.time_ns, entry.who, entry.what, entry.subject, entry.detail, hashed),
        )
        connection.execute("UPDATE meta SET audit_number = ?, audit_hash = ?", (number, hashed))
        return AuditRow(number, entry, hashed)


def _row(raw: tuple[int, int, str, str, str, str, str]) -> AuditRow:
    number, time_ns, who, what, subject, detail, hashed = raw
    return AuditRow(number, AuditEntry(time_ns=time_ns, who=who, what=what, subject=subject, detail=detail), hashed)


def _holds(previous: str, raw: tuple[int, int, str, str, str, str, str]) -> bool:
    # Whoever tampers may leave a value of any type behind.
    try:
        row = _row(raw)
        return audit_hash(previous, row.number, row.entry) == row.hash
    except (TypeError, ValueError, OverflowError):
        return False
