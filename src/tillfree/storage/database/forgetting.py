"""Forgetting who was there: of an old visit only what accounts need stays, under a name that leads nowhere.

The code that a visit had, the ids by which a tracker knew the person, what they did and when, and the events behind
each line go; products, prices, taxes and totals stay, as do the decisions of people about them. A trip that is over
forgets which visits it was made of, what staff did on it and when, and the language of whoever paid.
"""

import hashlib
import secrets
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, select, update

from tillfree.commerce.receipt import Receipt
from tillfree.core.ids import TrackId, TripId, VisitId
from tillfree.storage.database.decisions import Label, ReviewDecision
from tillfree.storage.database.money.trips import TRIP_VISITS, TRIPS, decode_trip, encode_trip
from tillfree.storage.database.records import Route, VisitRecord
from tillfree.storage.database.tables import DECISIONS, EVIDENCE, LABELS, LINES, VISITS

__all__ = ["FORGOTTEN", "bare_label", "forget_codes"]

FORGOTTEN = "old-"
"""What the name of a forgotten visit begins with; the rest of it is random."""
_AT_ONCE = 2000
_OPEN = ("inside", "review", "settling", "debt")
_encoder = msgspec.msgpack.Encoder(order="deterministic")
_visits = msgspec.msgpack.Decoder(VisitRecord)
_decisions = msgspec.msgpack.Decoder(ReviewDecision)


def forget_codes(connection: Connection, before_ns: int) -> int:
    """Forgets the visits that ended before a time, and the trips that they were part of; says how many visits.

    A visit that waits for a person, or whose trip is not paid yet, is waited for.
    """
    # The rows that point to a visit follow it a moment later: looked at when the transaction ends.
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
    unpaid = (
        select(TRIP_VISITS.c.visit)
        .join(TRIPS, TRIPS.c.trip == TRIP_VISITS.c.trip)
        .where(TRIP_VISITS.c.visit == VISITS.c.visit, TRIPS.c.status.in_(_OPEN))
    )
    old = (
        select(VISITS.c.visit, VISITS.c.record)
        .where(VISITS.c.closed_ns < before_ns, VISITS.c.outcome != "to review")
        .where(VISITS.c.visit.not_like(f"{FORGOTTEN}%"), ~unpaid.exists())
        .limit(_AT_ONCE)
    )
    count = 0
    while rows := connection.execute(old).all():
        for row in rows:
            _forget_visit(connection, row)
        count += len(rows)
    return count


def bare_label(data: bytes) -> bytes:
    """A label without the visit that it is of, and without who decided."""
    label = msgspec.msgpack.decode(data, type=Label)
    return _encoder.encode(msgspec.structs.replace(label, visit=VisitId(""), by=""))


def _forget_visit(connection: Connection, row: Row[Any, Any]) -> None:
    visit, new = VisitId(row.visit), VisitId(FORGOTTEN + secrets.token_hex(8))
    record = _encoder.encode(_bare(_visits.decode(row.record), new))
    connection.execute(delete(EVIDENCE).where(EVIDENCE.c.visit == visit))
    connection.execute(
        update(VISITS)
        .where(VISITS.c.visit == visit)
        .values(visit=new, record=record, digest=hashlib.sha256(record).digest())
    )
    connection.execute(update(LINES).where(LINES.c.visit == visit).values(visit=new))
    decided = connection.execute(select(DECISIONS.c.number, DECISIONS.c.record).where(DECISIONS.c.visit == visit)).all()
    for number, data in decided:
        decision = _decisions.decode(data)
        bare = msgspec.structs.replace(
            decision, visit=new, receipt=_bare_receipt(decision.receipt, new, decision.visit)
        )
        values = {"visit": new, "record": _encoder.encode(bare)}
        connection.execute(update(DECISIONS).where(DECISIONS.c.number == number).values(**values))
    for number, data in connection.execute(
        select(LABELS.c.number, LABELS.c.record).where(LABELS.c.visit == visit)
    ).all():
        connection.execute(update(LABELS).where(LABELS.c.number == number).values(visit=None, record=bare_label(data)))
    _forget_in_trip(connection, visit)


def _forget_in_trip(connection: Connection, visit: VisitId) -> None:
    trip = connection.scalar(select(TRIP_VISITS.c.trip).where(TRIP_VISITS.c.visit == visit))
    if trip is None:
        return
    connection.execute(delete(TRIP_VISITS).where(TRIP_VISITS.c.visit == visit))
    kept = connection.execute(select(TRIPS.c.record, TRIPS.c.wake_ns).where(TRIPS.c.trip == trip)).first()
    if kept is None:
        return
    known = decode_trip(kept.record)
    receipt = known.receipt
    bare = msgspec.structs.replace(
        known,
        visits=(),
        left=(),
        added=(),
        language="",
        receipt=None if receipt is None else _bare_receipt(receipt, VisitId(""), visit),
    )
    connection.execute(update(TRIPS).where(TRIPS.c.trip == trip).values(encode_trip(bare, kept.wake_ns)))


def _bare(record: VisitRecord, new: VisitId) -> VisitRecord:
    return msgspec.structs.replace(
        record,
        visit=new,
        track=TrackId(""),
        tracks=(),
        person=TrackId(""),
        party="",
        trip=TripId(""),
        receipt=_bare_receipt(record.receipt, new, record.visit),
        interactions=(),
        moments=(),
        route=Route(),
        traces=(),
        frames=(),
    )


def _bare_receipt(receipt: Receipt, new: VisitId, old: VisitId) -> Receipt:
    """The receipt without the events behind its lines; its own name stays, unless that tells the visit."""
    lines = tuple(msgspec.structs.replace(line, evidence=()) for line in receipt.lines)
    return msgspec.structs.replace(
        receipt, id=receipt.id.replace(old, new) if old else receipt.id, visit=new, lines=lines
    )
