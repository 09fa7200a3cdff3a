"""How long each kind of thing is kept, and the erasing."""

import contextlib

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, delete, func, select, update

from tillfree.core.ids import VisitId
from tillfree.storage.database.connection import Connected
from tillfree.storage.database.decisions import Label
from tillfree.storage.database.errors import DatabaseError
from tillfree.storage.database.staff import IDLE_NS, SESSION_NS, TRIES_WITHIN_NS
from tillfree.storage.database.tables import (
    ACKNOWLEDGED,
    AUDIT,
    AUDIT_ENDS,
    EVIDENCE,
    GAINS,
    LABELS,
    MINUTES,
    SESSIONS,
    SHOPS,
    STOCK_COUNTS,
    TRIES,
    VISITS,
)

__all__ = ["RETENTION", "Erased", "Retention", "RetentionRule"]

_DAY_NS = 86_400 * 10**9


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """Days that things are kept."""

    evidence_days: int = 7
    records_days: int = 400
    minutes_days: int = 400
    audit_days: int = 400
    history_days: int = 400


class RetentionRule(msgspec.Struct, frozen=True):
    """One kind of thing: what it is, how many days it is kept (None: see `why`), and the reason."""

    what: str
    days: int | None
    why: str


_DEFAULT = Retention()
RETENTION: tuple[RetentionRule, ...] = (
    RetentionRule(
        "Routes, weight traces, pictures and the truth of visits",
        _DEFAULT.evidence_days,
        "long enough to settle a question about a receipt; the rest of the visit stays without them",
    ),
    RetentionRule(
        "Visits with their receipts, and decisions about them",
        _DEFAULT.records_days,
        "complaints and accounts of a year; where the law wants receipts kept for longer, export them before",
    ),
    RetentionRule(
        "Labels from decisions",
        None,
        "kept for training; when the visit is erased, so are its code and the name of who decided",
    ),
    RetentionRule("Minutes: counts, dwell and heat", _DEFAULT.minutes_days, "a year to compare with; they name nobody"),
    RetentionRule(
        "The audit log",
        _DEFAULT.audit_days,
        "a year in which misuse can come to light; the hash of the last erased entry stays, so that the chain holds",
    ),
    RetentionRule(
        "Old shop versions, stock counts, calibrations and seen alerts",
        _DEFAULT.history_days,
        "a year in which a mistake can be found; the newest of each is kept",
    ),
    RetentionRule("Sessions", None, "until they are over: 12 hours, or 60 minutes without a request"),
    RetentionRule("Wrong passwords", None, "the name and time only, for 5 minutes"),
    RetentionRule("Staff: names, roles and hashes of passwords", None, "until somebody is removed"),
)
"""What is kept for how long unless the shop decides otherwise; whoever erases is `Database.erase_before`."""


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """How many of each kind were erased; `labels` lost the code of their visit only."""

    evidence: int
    visits: int
    labels: int
    minutes: int
    audit: int
    history: int
    sessions: int
    tries: int


class Erasing(Connected):
    """The part of a database that forgets."""

    def erase_before(self, now_ns: int, keep: Retention = _DEFAULT, *, stream_now_ns: int | None = None) -> Erased:
        """Erases what is older than it may be, in one transaction, and overwrites it in the file.

        `now_ns` is the wall clock. Visits and minutes are as old as stream time says: where a recording of other days
        is replayed, `stream_now_ns` says what time it is there.

        Raises:
            DatabaseError: something would be kept for less than no time.
        """
        if min(msgspec.structs.astuple(keep)) < 0:
            raise DatabaseError(f"retention {keep}: a number of days is below 0; give 0 or more")
        stream_now_ns = now_ns if stream_now_ns is None else stream_now_ns
        evidence_ns = stream_now_ns - keep.evidence_days * _DAY_NS
        records_ns = stream_now_ns - keep.records_days * _DAY_NS
        minutes_ns = stream_now_ns - keep.minutes_days * _DAY_NS
        audit_ns = now_ns - keep.audit_days * _DAY_NS
        history_ns = now_ns - keep.history_days * _DAY_NS
        with self._writing() as connection:
            labels = _forget_visits_of_labels(connection, VISITS.c.closed_ns < records_ns)
            erased = Erased(
                evidence=_erase(connection, EVIDENCE, EVIDENCE.c.closed_ns < evidence_ns),
                visits=_erase(connection, VISITS, VISITS.c.closed_ns < records_ns),
                labels=labels,
                minutes=_erase(connection, MINUTES, MINUTES.c.begin_ns < minutes_ns),
                audit=_erase_audit(connection, audit_ns),
                history=_erase_history(connection, history_ns),
                sessions=_erase(
                    connection,
                    SESSIONS,
                    (SESSIONS.c.opened_ns <= now_ns - SESSION_NS) | (SESSIONS.c.seen_ns <= now_ns - IDLE_NS),
                ),
                tries=_erase(connection, TRIES, TRIES.c.time_ns <= now_ns - TRIES_WITHIN_NS),
            )
        self._empty_journal()
        return erased

    def _empty_journal(self) -> None:
        """What was erased leaves the write-ahead log too; where others are reading, the next time will do."""
        with contextlib.suppress(DatabaseError), self._checkpointing() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _erase(connection: Connection, table: Table, condition: ColumnElement[bool]) -> int:
    return connection.execute(delete(table).where(condition)).rowcount


def _forget_visits_of_labels(connection: Connection, old: ColumnElement[bool]) -> int:
    # A label whose visit is no longer there was orphaned by other means, and is forgotten as well.
    gone = LABELS.c.visit.in_(select(VISITS.c.visit).where(old)) | LABELS.c.visit.not_in(select(VISITS.c.visit))
    rows = connection.execute(select(LABELS.c.number, LABELS.c.record).where(gone)).all()
    for row in rows:
        label = msgspec.msgpack.decode(row.record, type=Label)
        bare = msgspec.msgpack.encode(msgspec.structs.replace(label, visit=VisitId(""), by=""), order="deterministic")
        connection.execute(update(LABELS).where(LABELS.c.number == row.number).values(visit=None, record=bare))
    return len(rows)


def _erase_audit(connection: Connection, before_ns: int) -> int:
    """Erases from the beginning up to the first entry that is young enough: a clock may have been set back."""
    first_kept = connection.scalar(select(func.min(AUDIT.c.number)).where(AUDIT.c.time_ns >= before_ns))
    old = AUDIT.c.number < first_kept if first_kept is not None else AUDIT.c.number.is_not(None)
    last = connection.execute(
        select(AUDIT.c.number, AUDIT.c.hash).where(old).order_by(AUDIT.c.number.desc()).limit(1)
    ).first()
    if last is None:
        return 0
    anchor = update(AUDIT_ENDS).where(AUDIT_ENDS.c.which == "anchor")
    connection.execute(anchor.values(number=last.number, hash=last.hash))
    return _erase(connection, AUDIT, AUDIT.c.number <= last.number)


def _erase_history(connection: Connection, before_ns: int) -> int:
    newest_shop = select(func.max(SHOPS.c.number))
    newest_counts = select(func.max(STOCK_COUNTS.c.number)).group_by(STOCK_COUNTS.c.key)
    newest_gains = select(func.max(GAINS.c.number)).group_by(GAINS.c.fixture, GAINS.c.shelf, GAINS.c.plate)
    return (
        _erase(connection, SHOPS, (SHOPS.c.time_ns < before_ns) & SHOPS.c.number.not_in(newest_shop))
        + _erase(
            connection, STOCK_COUNTS, (STOCK_COUNTS.c.time_ns < before_ns) & STOCK_COUNTS.c.number.not_in(newest_counts)
        )
        + _erase(connection, GAINS, (GAINS.c.time_ns < before_ns) & GAINS.c.number.not_in(newest_gains))
        + _erase(connection, ACKNOWLEDGED, ACKNOWLEDGED.c.time_ns < before_ns)
    )
