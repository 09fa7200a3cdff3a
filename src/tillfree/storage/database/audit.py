"""Who saw and changed what: a log that only grows, each entry bound to the one before by a hash."""

import hashlib
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, bindparam, func, insert, select, update

from tillfree.storage.database.connection import Connected
from tillfree.storage.database.paging import page_size
from tillfree.storage.database.tables import AUDIT, AUDIT_ENDS

__all__ = ["NO_HASH", "Audit", "AuditEntry", "AuditProof", "AuditQuery", "AuditRow", "append_audit", "audit_hash"]

NO_HASH = bytes(32).hex()
"""What stands before the first entry."""


# Made once: to build a statement takes longer than to run it.
_ADD = insert(AUDIT)
_END = select(AUDIT_ENDS.c.number, AUDIT_ENDS.c.hash).where(AUDIT_ENDS.c.which == bindparam("end"))
_HEAD = update(AUDIT_ENDS).where(AUDIT_ENDS.c.which == "head")


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Something that somebody did. `what` names the act with dots, as "visit.view" or "user.add"; `subject` to what.

    `detail` says what changed, in words or as JSON; no secret and no picture ever stands here.
    """

    time_ns: int
    who: str
    what: str
    subject: str = ""
    detail: str = ""


class AuditRow(msgspec.Struct, frozen=True):
    """An entry as it is kept: numbers count from 1 without holes, `hash` (hexadecimal) covers all up to this one."""

    number: int
    entry: AuditEntry
    hash: str


class AuditQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries: of one person, of acts that begin with `what`, at or after `since_ns` and before `until_ns`.

    `before` is the number of the last entry of the page before.
    """

    who: str = ""
    what: str = ""
    subject: str = ""
    since_ns: int | None = None
    until_ns: int | None = None
    before: int | None = None
    limit: int = 100


class AuditProof(msgspec.Struct, frozen=True):
    """What checking the log found: how many entries hold, the first that does not, and the hash of the newest.

    Whoever writes that hash down elsewhere can prove later that nothing before it was altered.
    """

    entries: int
    broken_at: int | None
    head: str


def audit_hash(previous: str, number: int, entry: AuditEntry) -> str:
    """sha256, hexadecimal, of the hash before and of the entry's canonical bytes (msgpack of number and fields)."""
    fields = (number, entry.time_ns, entry.who, entry.what, entry.subject, entry.detail)
    return hashlib.sha256(bytes.fromhex(previous) + msgspec.msgpack.encode(fields)).hexdigest()


class Audit(Connected):
    """The part of a database that keeps the log."""

    def audit(self, entry: AuditEntry) -> AuditRow:
        """Adds an entry at the end."""
        with self._writing() as connection:
            return append_audit(connection, entry)

    def audit_log(self, query: AuditQuery) -> list[AuditRow]:
        """A page of entries, newest first, at most 500."""
        statement = select(AUDIT).order_by(AUDIT.c.number.desc()).limit(page_size(query.limit))
        if query.who:
            statement = statement.where(AUDIT.c.who == query.who)
        if query.what:
            statement = statement.where(func.instr(AUDIT.c.what, query.what) == 1)
        if query.subject:
            statement = statement.where(AUDIT.c.subject == query.subject)
        if query.since_ns is not None:
            statement = statement.where(AUDIT.c.time_ns >= query.since_ns)
        if query.until_ns is not None:
            statement = statement.where(AUDIT.c.time_ns < query.until_ns)
        if query.before is not None:
            statement = statement.where(AUDIT.c.number < query.before)
        with self.reading() as connection:
            return [AuditRow(row.number, _entry(row), str(row.hash)) for row in connection.execute(statement)]

    def verify_audit(self) -> AuditProof:
        """Follows the chain from the last erased entry to the end.

        An entry that was changed, removed or put in, at the end too, is found; so is a changed end.
        """
        with self.reading() as connection:
            last, previous = _end(connection, "anchor")
            entries = 0
            for row in connection.execute(select(AUDIT).order_by(AUDIT.c.number)):
                if row.number != last + 1 or not _holds(previous, row):
                    return AuditProof(entries, last + 1, previous)
                last, previous = row.number, row.hash
                entries += 1
            head = _end(connection, "head")
        broken = last + 1 if head[0] > last else last
        return AuditProof(entries, None if head == (last, previous) else broken, previous)


def append_audit(connection: Connection, entry: AuditEntry) -> AuditRow:
    """Adds an entry at the end, in the transaction of the caller."""
    last, previous = _end(connection, "head")
    number = last + 1
    hashed = audit_hash(previous, number, entry)
    connection.execute(_ADD, {"number": number, "hash": hashed, **msgspec.structs.asdict(entry)})
    connection.execute(_HEAD, {"number": number, "hash": hashed})
    return AuditRow(number, entry, hashed)


def _end(connection: Connection, which: str) -> tuple[int, str]:
    row = connection.execute(_END, {"end": which}).first()
    return (0, NO_HASH) if row is None else (row.number, row.hash)


def _holds(previous: str, row: Row[Any]) -> bool:
    # Whoever tampers may leave a value of any type behind.
    try:
        return bool(audit_hash(previous, row.number, _entry(row)) == row.hash)
    except (TypeError, ValueError, OverflowError):
        return False


def _entry(row: Row[Any]) -> AuditEntry:
    return AuditEntry(time_ns=row.time_ns, who=row.who, what=row.what, subject=row.subject, detail=row.detail)
