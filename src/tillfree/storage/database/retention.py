"""How long each kind of thing is kept, and the erasing."""

import contextlib

import msgspec
from sqlalchemy import ColumnElement, Connection, Table, delete, func, select, update

from tillfree.core.time import NS_PER_DAY
from tillfree.storage.database.connection import Connected
from tillfree.storage.database.entry import BLOCKS, ENTRIES, REFUSALS, SPENT
from tillfree.storage.database.errors import DatabaseError
from tillfree.storage.database.forgetting import bare_label, forget_codes
from tillfree.storage.database.integration.answers import ANSWERS, KEPT_NS
from tillfree.storage.database.integration.orders import ORDERS
from tillfree.storage.database.money.announcements import ANNOUNCEMENTS
from tillfree.storage.database.money.payments import erase_payments
from tillfree.storage.database.money.trips import PAYERS, erase_trips
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

# Nobody stays in a shop for longer.
_INSIDE_NS = 2 * NS_PER_DAY


class Retention(msgspec.Struct, frozen=True, kw_only=True):
    """Days that things are kept."""

    evidence_days: int = 7
    codes_days: int = 30
    refusals_days: int = 7
    announcements_days: int = 30
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
        "The codes of visits, the tracks and acts behind them, and which visits a trip was made of",
        _DEFAULT.codes_days,
        "complaints come within a month; what stays is the receipt under another, random name",
    ),
    RetentionRule(
        "Visits with their receipts, and decisions about them; trips and payments that are over",
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
    RetentionRule(
        "Payers: tokens of cards, accounts, e-mail addresses",
        None,
        "apart from the trip, and only until it is settled and its receipt is sent",
    ),
    RetentionRule(
        "Debts, and the keyed fingerprint of whoever owes them",
        None,
        "until they are paid; the fingerprint goes at that moment, the debt with its trip",
    ),
    RetentionRule("The ledger", None, "for ever: an entry has a trip and amounts, and names nobody"),
    RetentionRule("Notices of payment processors", None, "their numbers only, as long as the payments"),
    RetentionRule(
        "Entries of the gate",
        _DEFAULT.codes_days,
        "with what somebody came in is known as a keyed fingerprint, and only until they have left",
    ),
    RetentionRule("Refusals at the gate", _DEFAULT.refusals_days, "the gate, the way in and the reason; never who"),
    RetentionRule("Spent codes", None, "a hash, until the code would be out of date"),
    RetentionRule("Blocks", None, "a keyed fingerprint, until they end or somebody takes them back"),
    RetentionRule("Badges, and closed gates", None, "until they are taken away"),
    RetentionRule(
        "What each badge account owes by month",
        None,
        "for payroll, which settles it; sums only, and nothing of the trips behind them",
    ),
    RetentionRule(
        "Accounts of an app or of palms, and the way to pay that their owners linked to them",
        None,
        "until they are taken away; no trip that is settled names one",
    ),
    RetentionRule(
        "Announcements to other systems, and how far each has read",
        _DEFAULT.announcements_days,
        "other systems catch up after a stop of so long",
    ),
    RetentionRule(
        "Receipts on their way with their addresses, and links to receipts",
        None,
        "as long as a link is good (`receipts.link_days`)",
    ),
    RetentionRule("Disputes: what shoppers say is wrong", None, "by trip and line, until a year after it was decided"),
    RetentionRule(
        "Carts for the retailer's ordering, and catalogues that it sent",
        None,
        "until they are worked off, and some days more (`retailer.orders_kept_days`); a cart that the retailer never "
        "took, which names the shopper as the retailer does, no longer than the codes of visits",
    ),
    RetentionRule(
        "Keys and webhooks of other systems, messages for them, answers that they were given",
        None,
        "keys and webhooks until they are taken away; messages for some days after they were sent, answers for a day",
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
    codes: int = 0
    payers: int = 0
    trips: int = 0
    gate: int = 0
    announcements: int = 0
    orders: int = 0
    answers: int = 0


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
        evidence_ns = stream_now_ns - keep.evidence_days * NS_PER_DAY
        records_ns = stream_now_ns - keep.records_days * NS_PER_DAY
        minutes_ns = stream_now_ns - keep.minutes_days * NS_PER_DAY
        audit_ns = now_ns - keep.audit_days * NS_PER_DAY
        history_ns = now_ns - keep.history_days * NS_PER_DAY
        codes_ns = stream_now_ns - keep.codes_days * NS_PER_DAY
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
                codes=forget_codes(connection, codes_ns),
                payers=_erase(connection, PAYERS, (PAYERS.c.erase_ns > 0) & (PAYERS.c.erase_ns <= now_ns)),
                trips=_erase_trips(connection, records_ns),
                gate=_erase_gate(connection, now_ns, codes_ns, now_ns - keep.refusals_days * NS_PER_DAY),
                announcements=_erase(
                    connection, ANNOUNCEMENTS, ANNOUNCEMENTS.c.time_ns < now_ns - keep.announcements_days * NS_PER_DAY
                ),
                orders=_erase(
                    connection,
                    ORDERS,
                    (ORDERS.c.time_ns < now_ns - keep.codes_days * NS_PER_DAY) & (ORDERS.c.state != "accepted"),
                ),
                answers=_erase(connection, ANSWERS, ANSWERS.c.time_ns <= now_ns - KEPT_NS),
            )
        self._empty_journal()
        return erased

    def _empty_journal(self) -> None:
        """What was erased leaves the write-ahead log too; where others are reading, the next time will do."""
        with contextlib.suppress(DatabaseError), self._checkpointing() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def _erase(connection: Connection, table: Table, condition: ColumnElement[bool]) -> int:
    return connection.execute(delete(table).where(condition)).rowcount


def _erase_trips(connection: Connection, before_ns: int) -> int:
    trips = erase_trips(connection, before_ns)
    erase_payments(connection, before_ns)
    return trips


def _erase_gate(connection: Connection, now_ns: int, entries_ns: int, refusals_ns: int) -> int:
    # Where nobody told that a trip is over, its credential is forgotten all the same.
    forgotten = update(ENTRIES).where(ENTRIES.c.time_ns < now_ns - _INSIDE_NS, ENTRIES.c.fingerprint.is_not(None))
    connection.execute(forgotten.values(fingerprint=None))
    return (
        _erase(connection, ENTRIES, ENTRIES.c.time_ns < entries_ns)
        + _erase(connection, REFUSALS, REFUSALS.c.time_ns < refusals_ns)
        + _erase(connection, SPENT, SPENT.c.until_ns <= now_ns)
        + _erase(connection, BLOCKS, (BLOCKS.c.until_ns > 0) & (BLOCKS.c.until_ns <= now_ns))
    )


def _forget_visits_of_labels(connection: Connection, old: ColumnElement[bool]) -> int:
    # A label whose visit is no longer there was orphaned by other means, and is forgotten as well.
    gone = LABELS.c.visit.in_(select(VISITS.c.visit).where(old)) | LABELS.c.visit.not_in(select(VISITS.c.visit))
    rows = connection.execute(select(LABELS.c.number, LABELS.c.record).where(gone)).all()
    for row in rows:
        values = {"visit": None, "record": bare_label(row.record)}
        connection.execute(update(LABELS).where(LABELS.c.number == row.number).values(**values))
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
    # It was put into force long ago, and may have been in force until lately: sales of that time have its prices.
    still_needed = select(func.max(SHOPS.c.number)).where(SHOPS.c.time_ns <= before_ns)
    newest_counts = select(func.max(STOCK_COUNTS.c.number)).group_by(STOCK_COUNTS.c.key)
    newest_gains = select(func.max(GAINS.c.number)).group_by(GAINS.c.fixture, GAINS.c.shelf, GAINS.c.plate)
    return (
        _erase(
            connection, SHOPS, (SHOPS.c.time_ns < before_ns) & SHOPS.c.number.not_in(newest_shop.union(still_needed))
        )
        + _erase(
            connection, STOCK_COUNTS, (STOCK_COUNTS.c.time_ns < before_ns) & STOCK_COUNTS.c.number.not_in(newest_counts)
        )
        + _erase(connection, GAINS, (GAINS.c.time_ns < before_ns) & GAINS.c.number.not_in(newest_gains))
        + _erase(connection, ACKNOWLEDGED, ACKNOWLEDGED.c.time_ns < before_ns)
    )
