"""What shoppers said is wrong: one row for each line of a trip, and budgets that hold when many ask at once."""

from collections.abc import Callable
from typing import Any

import msgspec
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    delete,
    func,
    insert,
    select,
    update,
)

from tillfree.commerce.disputes import Dispute, DisputeStatus
from tillfree.core.ids import TripId
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_DAY
from tillfree.storage.database.connection import Connected, made_number
from tillfree.storage.database.errors import DatabaseError
from tillfree.storage.database.money.announcements import announce
from tillfree.storage.database.paging import page_size
from tillfree.storage.database.tables import METADATA

__all__ = ["BY_RULES", "DISPUTES", "Disputes"]

BY_RULES = "rules"
"""Who decided where no person had to look."""
_LIMIT_MAX = 1000

DISPUTES = Table(
    "disputes",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("trip", String, nullable=False),
    Column("line", Integer, nullable=False),
    Column("status", String, nullable=False),
    Column("by", String, nullable=False),
    Column("opened_ns", Integer, nullable=False),
    Column("decided_ns", Integer, nullable=False),
    Column("given_minor", Integer, nullable=False),
    Column("currency", String, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Index("disputes_line", "trip", "line", unique=True),
    Index("disputes_status", "status", "number"),
    Index("disputes_decided", "by", "decided_ns"),
    sqlite_autoincrement=True,
)
_encoder = msgspec.msgpack.Encoder(order="deterministic")
_decoder = msgspec.msgpack.Decoder(Dispute)


class Disputes(Connected):
    """The part of a database that keeps disputes."""

    def open_dispute(self, dispute: Dispute, granted: Callable[[Money, Money], bool]) -> tuple[Dispute, bool]:
        """Keeps a claim; a line that has one already keeps that one, and the second value is False.

        `granted` says whether money goes back at once, from what went back at once for this trip, and within the last
        24 hours; what it grants counts before anybody else asks.
        """
        with self._writing() as connection:
            kept = connection.scalar(
                select(DISPUTES.c.record).where(DISPUTES.c.trip == dispute.trip, DISPUTES.c.line == dispute.line)
            )
            if kept is not None:
                return _decoder.decode(kept), False
            currency = dispute.asked.currency
            at_once = DISPUTES.c.by == BY_RULES
            of_trip = _given(connection, at_once & (DISPUTES.c.trip == dispute.trip), currency)
            of_day = _given(connection, at_once & (DISPUTES.c.decided_ns > dispute.opened_ns - NS_PER_DAY), currency)
            made = msgspec.structs.replace(dispute, status="open", given=Money(0, currency), by="", decided_ns=0)
            if granted(of_trip, of_day):
                made = msgspec.structs.replace(
                    made, status="refunding", given=dispute.asked, by=BY_RULES, decided_ns=dispute.opened_ns
                )
            number = made_number(connection.execute(insert(DISPUTES), _values(made)))
            made = msgspec.structs.replace(made, number=number)
            connection.execute(update(DISPUTES).where(DISPUTES.c.number == number).values(_values(made)))
            announce(connection, made.opened_ns, "dispute.opened", made.trip, _told(made))
            if made.status != "open":
                announce(connection, made.opened_ns, "dispute.decided", made.trip, _told(made))
        return made, True

    def decide_dispute(self, number: int, *, given: Money, by: str, answer: str, now_ns: int) -> Dispute:
        """A person decides: so much goes back, or nothing.

        Raises:
            DatabaseError: there is no such dispute, it is decided already, or more goes back than was asked for.
        """
        with self._writing() as connection:
            kept = self._kept(connection, number)
            if kept.status != "open":
                raise DatabaseError(f"dispute {number}: {kept.by!r} decided it already; nothing was changed")
            if given.currency != kept.asked.currency or not 0 <= given.minor <= kept.asked.minor:
                raise DatabaseError(f"dispute {number}: {given} is not between nothing and {kept.asked}")
            made = msgspec.structs.replace(
                kept,
                status="refunding" if given.minor else "rejected",
                given=given,
                by=by,
                answer=answer,
                decided_ns=now_ns,
            )
            connection.execute(update(DISPUTES).where(DISPUTES.c.number == number).values(_values(made)))
            announce(connection, now_ns, "dispute.decided", made.trip, _told(made))
        return made

    def dispute_paid(self, number: int, *, problem: str = "") -> Dispute:
        """The money of a decision has gone back, or, with a `problem`, not yet."""
        with self._writing() as connection:
            kept = self._kept(connection, number)
            if kept.status != "refunding":
                return kept
            made = msgspec.structs.replace(kept, status="refunding" if problem else "refunded", problem=problem)
            connection.execute(update(DISPUTES).where(DISPUTES.c.number == number).values(_values(made)))
        return made

    def dispute(self, number: int) -> Dispute | None:
        """One of them."""
        with self.reading() as connection:
            record = connection.scalar(select(DISPUTES.c.record).where(DISPUTES.c.number == number))
        return None if record is None else _decoder.decode(record)

    def disputes_of(self, trip: TripId) -> list[Dispute]:
        """All of a trip, in the order of their lines."""
        statement = select(DISPUTES.c.record).where(DISPUTES.c.trip == trip).order_by(DISPUTES.c.line)
        with self.reading() as connection:
            return [_decoder.decode(record) for record in connection.scalars(statement)]

    def disputes(self, status: DisputeStatus | None = None, limit: int = 100) -> list[Dispute]:
        """Those of a status, what waits longest first; or all, newest first."""
        statement = select(DISPUTES.c.record).limit(page_size(limit, _LIMIT_MAX))
        if status is None:
            statement = statement.order_by(DISPUTES.c.number.desc())
        else:
            statement = statement.where(DISPUTES.c.status == status).order_by(DISPUTES.c.number)
        with self.reading() as connection:
            return [_decoder.decode(record) for record in connection.scalars(statement)]

    def disputes_after(self, after: int, limit: int, status: str = "") -> list[Dispute]:
        """Those whose number is above `after`, oldest first, for programs that read all of them."""
        statement = select(DISPUTES.c.record).where(DISPUTES.c.number > after)
        if status:
            statement = statement.where(DISPUTES.c.status == status)
        statement = statement.order_by(DISPUTES.c.number).limit(page_size(limit, _LIMIT_MAX))
        with self.reading() as connection:
            return [_decoder.decode(record) for record in connection.scalars(statement)]

    def count_disputes(self) -> dict[str, int]:
        """How many there are of each status."""
        statement = select(DISPUTES.c.status, func.count()).group_by(DISPUTES.c.status)
        with self.reading() as connection:
            return {str(row[0]): int(row[1]) for row in connection.execute(statement)}

    def erase_disputes(self, before_ns: int) -> int:
        """Forgets those that were opened before a time and are over; says how many."""
        over = (DISPUTES.c.opened_ns < before_ns) & DISPUTES.c.status.in_(("refunded", "rejected"))
        with self._writing() as connection:
            return connection.execute(delete(DISPUTES).where(over)).rowcount

    def _kept(self, connection: Connection, number: int) -> Dispute:
        record = connection.scalar(select(DISPUTES.c.record).where(DISPUTES.c.number == number))
        if record is None:
            raise DatabaseError(f"{self._where}: there is no dispute {number}; it may be erased by now")
        return _decoder.decode(record)


def _given(connection: Connection, condition: ColumnElement[bool], currency: str) -> Money:
    statement = select(func.sum(DISPUTES.c.given_minor)).where(condition, DISPUTES.c.currency == currency)
    return Money(connection.scalar(statement) or 0, currency)


def _values(dispute: Dispute) -> dict[str, Any]:
    return {
        "trip": dispute.trip,
        "line": dispute.line,
        "status": dispute.status,
        "by": dispute.by,
        "opened_ns": dispute.opened_ns,
        "decided_ns": dispute.decided_ns,
        "given_minor": dispute.given.minor,
        "currency": dispute.asked.currency,
        "record": _encoder.encode(dispute),
    }


def _told(dispute: Dispute) -> dict[str, Any]:
    """What others may know: the case in numbers, nothing that the shopper wrote, and nobody's name."""
    return {
        "dispute": dispute.number,
        "line": dispute.line,
        "product": dispute.product,
        "reason": dispute.reason,
        "status": dispute.status,
        "asked": [dispute.asked.minor, dispute.asked.currency],
        "given": [dispute.given.minor, dispute.given.currency],
        "by_rules": dispute.by == BY_RULES,
    }
