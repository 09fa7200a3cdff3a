"""What the gate remembers: codes that were used, who is blocked, who was let in or refused, badges, closed gates.

Cards, accounts and palms stand here as keyed hashes only; the key lies beside the file (`store.entry.fingerprints`).
"""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec
from sqlalchemy import (
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert

from tillfree.core.ids import TripId
from tillfree.storage.database.audit import AuditEntry, append_audit
from tillfree.storage.database.connection import Connected, made_number, prepared
from tillfree.storage.database.errors import DatabaseError
from tillfree.storage.database.money.announcements import announce
from tillfree.storage.database.paging import page_size
from tillfree.storage.database.tables import METADATA

__all__ = [
    "BADGES",
    "BLOCKS",
    "ENTRIES",
    "EVERY_GATE",
    "GATES",
    "REFUSALS",
    "SPENT",
    "Admission",
    "Block",
    "Entries",
    "EntryRow",
    "Refusal",
    "admit_entry",
    "code_digest",
]

SPENT = Table(
    "spent_codes",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("until_ns", Integer, nullable=False),
)
BLOCKS = Table(
    "blocks",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("fingerprint", String, nullable=False, unique=True),
    Column("why", String, nullable=False),
    Column("by", String, nullable=False),
    Column("time_ns", Integer, nullable=False),
    Column("until_ns", Integer, nullable=False),  # 0: until somebody takes it back
    sqlite_autoincrement=True,
)
ENTRIES = Table(
    "entries",
    METADATA,
    Column("trip", String, primary_key=True),
    Column("time_ns", Integer, nullable=False),
    Column("gate", String, nullable=False),
    Column("way", String, nullable=False),
    Column("role", String, nullable=False),
    Column("group_size", Integer, nullable=False),
    Column("age_years", Integer, nullable=False),
    Column("fingerprint", String),  # null: the trip is over, and nobody need know any more
    Index("entries_time", "time_ns"),
    Index("entries_fingerprint", "fingerprint"),
)
REFUSALS = Table(
    "refusals",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("time_ns", Integer, nullable=False),
    Column("gate", String, nullable=False),
    Column("way", String, nullable=False),
    Column("reason", String, nullable=False),
    Index("refusals_time", "time_ns"),
    sqlite_autoincrement=True,
)
GATES = Table(
    "closed_gates",
    METADATA,
    Column("gate", String, primary_key=True),
    Column("by", String, nullable=False),
    Column("time_ns", Integer, nullable=False),
)
BADGES = Table(
    "badges", METADATA, Column("badge", String, primary_key=True), Column("record", LargeBinary, nullable=False)
)

EVERY_GATE = ""
"""Stands for all gates where one is closed."""


class Admission(msgspec.Struct, frozen=True, kw_only=True):
    """An entry to be written down. `spend` is the digest of a code that is good once, until `spend_until_ns`.

    `fingerprint` is the newest keyed hash of the credential, and `fingerprints` are all under which it may be known;
    with `alone`, none of them may be inside.
    """

    trip: TripId
    time_ns: int
    gate: str
    way: str
    role: str = "shopper"
    group_size: int = 1
    age_years: int = 0
    fingerprint: str = ""
    fingerprints: tuple[str, ...] = ()
    alone: bool = False
    spend: bytes = b""
    spend_until_ns: int = 0


class EntryRow(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it is kept. `inside` says whether its trip goes on; `known` whether its credential can be blocked."""

    trip: TripId
    time_ns: int
    gate: str
    way: str
    role: str
    group_size: int
    age_years: int
    known: bool


class Refusal(msgspec.Struct, frozen=True):
    """A gate stayed shut: when, which, for what way in, and the word of the table of reasons."""

    time_ns: int
    gate: str
    way: str
    reason: str


class Block(msgspec.Struct, frozen=True, kw_only=True):
    """A credential that is not let in. `until_ns` is 0 where no end was set."""

    number: int
    why: str
    by: str
    time_ns: int
    until_ns: int


def code_digest(text: str) -> bytes:
    """What is kept of a code that is good once."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Entries(Connected):
    """The part of a database that the gate reads and writes."""

    @property
    def folder(self) -> Path | None:
        """Where the file lies; None in memory."""
        return None if self._path is None else self._path.parent

    # ---- entries --------------------------------------------------------------------------------------------

    def admit(self, admission: Admission) -> Literal["", "used", "blocked", "already_inside"]:
        """Writes an entry down, in one transaction; or says why not, and then nothing is written.

        Of two gates that show the same code at once exactly one gets an empty answer, also where they are served by
        two processes, and when the power goes in between.
        """
        with self._writing() as connection:
            return admit_entry(connection, admission)

    def refuse(self, refusal: Refusal) -> None:
        """Writes a refusal down, without anything of who it was."""
        with self._writing() as connection:
            connection.execute(_REFUSE, msgspec.structs.asdict(refusal))
            body = {"gate": refusal.gate, "way": refusal.way, "reason": refusal.reason}
            announce(connection, refusal.time_ns, "entry.refused", refusal.gate, body)

    def known_of(self, spend: bytes, fingerprints: Sequence[str], now_ns: int) -> tuple[bool, bool, bool]:
        """Whether a code was used, a credential is blocked, and whether it is inside: a look before the writing."""
        spent = bool(spend) and bool(self._rows(_SPENT, {"digest": spend}))
        blocked = any(self._rows(_BLOCKED, {"name": name, "now_ns": now_ns}) for name in fingerprints)
        return spent, blocked, any(self._rows(_INSIDE, {"name": name}) for name in fingerprints)

    def trip_over(self, trips: Iterable[TripId]) -> int:
        """These trips go on no more: what their credentials were is forgotten. Says how many were known."""
        with self._writing() as connection:
            ended = ENTRIES.c.trip.in_(list(trips)) & ENTRIES.c.fingerprint.is_not(None)
            return connection.execute(update(ENTRIES).where(ended).values(fingerprint=None)).rowcount

    def entries(self, limit: int = 100) -> list[EntryRow]:
        """The newest entries, newest first."""
        statement = select(ENTRIES).order_by(ENTRIES.c.time_ns.desc(), ENTRIES.c.trip).limit(page_size(limit))
        with self.reading() as connection:
            return [_entry(row) for row in connection.execute(statement)]

    def entry(self, trip: TripId) -> EntryRow | None:
        """The entry of a trip."""
        with self.reading() as connection:
            row = connection.execute(select(ENTRIES).where(ENTRIES.c.trip == trip)).first()
        return None if row is None else _entry(row)

    def set_entry_age(self, trip: TripId, age_years: int, audit: AuditEntry) -> bool:
        """Somebody saw a proof of age of everybody of a trip; False where there is no such entry."""
        with self._writing() as connection:
            changed = connection.execute(update(ENTRIES).where(ENTRIES.c.trip == trip).values(age_years=age_years))
            if changed.rowcount:
                append_audit(connection, audit)
        return bool(changed.rowcount)

    def refusals(self, limit: int = 100) -> list[Refusal]:
        """The newest refusals, newest first."""
        statement = select(REFUSALS).order_by(REFUSALS.c.number.desc()).limit(page_size(limit))
        with self.reading() as connection:
            return [Refusal(row.time_ns, row.gate, row.way, row.reason) for row in connection.execute(statement)]

    def count_refusals(self, since_ns: int) -> dict[str, int]:
        """How many there were since then, by reason, the most frequent first."""
        count = func.count()
        statement = (
            select(REFUSALS.c.reason, count)
            .where(REFUSALS.c.time_ns >= since_ns)
            .group_by(REFUSALS.c.reason)
            .order_by(count.desc(), REFUSALS.c.reason)
        )
        with self.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(statement)}

    # ---- blocks ---------------------------------------------------------------------------------------------

    def add_block(self, fingerprint: str, *, why: str, by: str, time_ns: int, until_ns: int = 0) -> int:
        """Lets a credential in no more, until a time or somebody takes it back; says the number of the block."""
        values = {"fingerprint": fingerprint, "why": why, "by": by, "time_ns": time_ns, "until_ns": until_ns}
        with self._writing() as connection:
            connection.execute(delete(BLOCKS).where(BLOCKS.c.fingerprint == fingerprint))
            return made_number(connection.execute(insert(BLOCKS), values))

    def block_trip(self, trip: TripId, *, why: str, by: str, time_ns: int, until_ns: int = 0) -> int:
        """The same for the credential that a trip came in with.

        Raises:
            DatabaseError: it is not known any more.
        """
        with self.reading() as connection:
            found = connection.scalar(select(ENTRIES.c.fingerprint).where(ENTRIES.c.trip == trip))
        if found is None:
            raise DatabaseError(
                f"{self._where}: with what trip {trip[:40]!r} came in is not known any more: it is over, or was a pass"
            )
        return self.add_block(found, why=why, by=by, time_ns=time_ns, until_ns=until_ns)

    def remove_block(self, number: int) -> bool:
        """Takes a block back; False where there is none of that number."""
        with self._writing() as connection:
            return bool(connection.execute(delete(BLOCKS).where(BLOCKS.c.number == number)).rowcount)

    def blocks(self) -> list[Block]:
        """All of them, newest first."""
        with self.reading() as connection:
            return [
                Block(number=row.number, why=row.why, by=row.by, time_ns=row.time_ns, until_ns=row.until_ns)
                for row in connection.execute(select(BLOCKS).order_by(BLOCKS.c.number.desc()))
            ]

    # ---- gates ----------------------------------------------------------------------------------------------

    def close_gate(self, gate: str, by: str, time_ns: int) -> None:
        """Nobody but staff is let in there any more; `EVERY_GATE` closes all."""
        statement = upsert(GATES).values(gate=gate, by=by, time_ns=time_ns).on_conflict_do_nothing()
        with self._writing() as connection:
            connection.execute(statement)

    def open_gate(self, gate: str) -> None:
        """Takes it back."""
        with self._writing() as connection:
            connection.execute(delete(GATES).where(GATES.c.gate == gate))

    def closed_gates(self) -> frozenset[str]:
        """The gates that are closed."""
        return frozenset(gate for (gate,) in self._rows(_CLOSED, {}))

    # ---- badges ---------------------------------------------------------------------------------------------

    def set_badges(self, badges: Sequence[tuple[str, bytes]]) -> None:
        """These badges and no others, each with its record."""
        with self._writing() as connection:
            connection.execute(delete(BADGES))
            if badges:
                connection.execute(insert(BADGES), [{"badge": badge, "record": record} for badge, record in badges])

    def badge(self, badge: str) -> bytes | None:
        """The record of a badge."""
        with self.reading() as connection:
            return connection.scalar(select(BADGES.c.record).where(BADGES.c.badge == badge))

    def count_badges(self) -> int:
        """How many there are."""
        with self.reading() as connection:
            return connection.scalar(select(func.count()).select_from(BADGES)) or 0


# Made once: to build a statement takes longer than to run it.
_LASTS = or_(BLOCKS.c.until_ns == 0, BLOCKS.c.until_ns > bindparam("now_ns"))
_BLOCK_OF = select(BLOCKS.c.number).where(BLOCKS.c.fingerprint == bindparam("name"), _LASTS)
_ENTRY_OF = select(ENTRIES.c.trip).where(ENTRIES.c.fingerprint == bindparam("name")).limit(1)
_SPENT = prepared(select(SPENT.c.until_ns).where(SPENT.c.digest == bindparam("digest")))
_BLOCKED, _INSIDE, _CLOSED = prepared(_BLOCK_OF), prepared(_ENTRY_OF), prepared(select(GATES.c.gate))
_SPEND, _ENTER, _REFUSE = upsert(SPENT).on_conflict_do_nothing(), insert(ENTRIES), insert(REFUSALS)


def admit_entry(connection: Connection, admission: Admission) -> Literal["", "used", "blocked", "already_inside"]:
    """Writes an entry down in the transaction of the caller, as `Entries.admit` does."""
    if reason := _forbidden(connection, admission):
        return reason
    if admission.spend:
        values = {"digest": admission.spend, "until_ns": admission.spend_until_ns}
        if connection.execute(_SPEND, values).rowcount == 0:
            return "used"
    connection.execute(
        _ENTER,
        {
            "trip": admission.trip, "time_ns": admission.time_ns, "gate": admission.gate,
            "way": admission.way, "role": admission.role, "group_size": admission.group_size,
            "age_years": admission.age_years, "fingerprint": admission.fingerprint or None,
        },
    )  # fmt: skip
    append_audit(
        connection,
        AuditEntry(time_ns=admission.time_ns, who=f"gate {admission.gate}", what="entry.grant", subject=admission.trip),
    )
    return ""


def _forbidden(connection: Connection, admission: Admission) -> Literal["", "blocked", "already_inside"]:
    if _blocked(connection, admission.fingerprints, admission.time_ns):
        return "blocked"
    if admission.alone and _inside(connection, admission.fingerprints):
        return "already_inside"
    return ""


def _blocked(connection: Connection, fingerprints: Sequence[str], now_ns: int) -> bool:
    values = [{"name": name, "now_ns": now_ns} for name in fingerprints]
    return any(connection.scalar(_BLOCK_OF, one) is not None for one in values)


def _inside(connection: Connection, fingerprints: Sequence[str]) -> bool:
    return any(connection.scalar(_ENTRY_OF, {"name": name}) is not None for name in fingerprints)


def _entry(row: Row[Any]) -> EntryRow:
    return EntryRow(
        trip=TripId(row.trip), time_ns=row.time_ns, gate=row.gate, way=row.way, role=row.role,
        group_size=row.group_size, age_years=row.age_years, known=row.fingerprint is not None,
    )  # fmt: skip
