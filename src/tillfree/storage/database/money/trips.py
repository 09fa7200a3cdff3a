"""Trips, who came in on them, and who pays: trips as long as receipts are kept, the payer until all is settled."""

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
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    tuple_,
)

from tillfree.commerce.trips import EntryKind, Payer, Role, Trip, TripStatus
from tillfree.core.ids import PaymentId, TripId, VisitId
from tillfree.core.money import Money, TaxedAmount
from tillfree.storage.database.connection import Connected, prepared
from tillfree.storage.database.paging import page_size
from tillfree.storage.database.tables import METADATA

__all__ = [
    "PAYERS",
    "TRIPS",
    "TRIP_VISITS",
    "ReceiptBrief",
    "TripBrief",
    "TripCursor",
    "TripQuery",
    "Trips",
    "decode_payer",
    "decode_trip",
    "encode_payer",
    "encode_trip",
    "erase_trips",
    "trip_cursor",
]

TRIPS = Table(
    "trips",
    METADATA,
    Column("trip", String, primary_key=True),
    Column("opened_ns", Integer, nullable=False),
    Column("closed_ns", Integer, nullable=False),
    Column("settled_ns", Integer, nullable=False),
    Column("wake_ns", Integer, nullable=False),  # when the till must look at it again; 0: never
    Column("status", String, nullable=False),
    Column("entry", String, nullable=False),
    Column("payment", String, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Index("trips_opened", "opened_ns", "trip"),
    Index("trips_status", "status", "opened_ns", "trip"),
    Index("trips_payment", "payment"),
    Index("trips_wake", "wake_ns"),
)
TRIP_VISITS = Table(
    "trip_visits",
    METADATA,
    Column("visit", String, primary_key=True),
    Column("trip", String, nullable=False),
    Index("trip_visits_trip", "trip"),
)
PAYERS = Table(
    "payers",
    METADATA,
    Column("trip", String, primary_key=True),
    Column("erase_ns", Integer, nullable=False),  # 0: not yet known when
    Column("record", LargeBinary, nullable=False),
    Index("payers_erase", "erase_ns"),
)


class ReceiptBrief(msgspec.Struct, frozen=True, kw_only=True):
    """What a receipt comes to."""

    total: TaxedAmount


class TripBrief(msgspec.Struct, frozen=True, kw_only=True):
    """A trip in a list: as `Trip`, but of its receipt only the total is read, which saves most of the time."""

    id: TripId
    gate: str
    entry: EntryKind
    role: Role = "shopper"
    group_size: int = 1
    opened_ns: int
    closed_ns: int = 0
    settled_ns: int = 0
    visits: tuple[VisitId, ...] = ()
    status: TripStatus = "inside"
    payment: PaymentId = PaymentId("")
    hold: Money | None = None
    receipt: ReceiptBrief | None = None
    review_until_ns: int = 0
    age_years: int = 0
    loyalty: bool = False
    simulated: bool = False
    why: str = ""
    reference: str = ""


_TEXT_MAX = 200
_OVER: tuple[TripStatus, ...] = ("settled", "void", "abandoned", "external")

_encoder = msgspec.msgpack.Encoder(order="deterministic")
_trips = msgspec.msgpack.Decoder(Trip)
_briefs = msgspec.msgpack.Decoder(TripBrief)
_TRIP = prepared(select(TRIPS.c.record).where(TRIPS.c.trip == bindparam("trip")))
_payers = msgspec.msgpack.Decoder(Payer)


class TripCursor(msgspec.Struct, frozen=True):
    """A place in the list of trips: the rows after it are older."""

    opened_ns: int
    trip: TripId


def trip_cursor(trip: Trip) -> TripCursor:
    """The place of a trip in the list."""
    return TripCursor(trip.opened_ns, trip.id)


class TripQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which trips: opened at or after `since_ns` and before `until_ns`, of some of the statuses (none: of any).

    `text` is the beginning of the code of a trip or of a visit on it. `before` is the cursor of the last of the page
    before.
    """

    since_ns: int | None = None
    until_ns: int | None = None
    statuses: tuple[TripStatus, ...] = ()
    entry: EntryKind | None = None
    text: str = ""
    before: TripCursor | None = None
    limit: int = 50


def encode_trip(trip: Trip, wake_ns: int) -> dict[str, Any]:
    """The row of a trip."""
    return {
        "trip": trip.id,
        "opened_ns": trip.opened_ns,
        "closed_ns": trip.closed_ns,
        "settled_ns": trip.settled_ns,
        "wake_ns": wake_ns,
        "status": trip.status,
        "entry": trip.entry,
        "payment": trip.payment,
        "record": _encoder.encode(trip),
    }


def encode_payer(payer: Payer) -> bytes:
    """What is kept of a payer."""
    return _encoder.encode(payer)


def decode_payer(record: bytes) -> Payer:
    """The inverse."""
    return _payers.decode(record)


def decode_trip(record: bytes) -> Trip:
    """The inverse, from the bytes of `record`."""
    return _trips.decode(record)


class Trips(Connected):
    """The part of a database that keeps trips."""

    def trip(self, trip: TripId) -> Trip | None:
        """One trip; None where there is none of that name."""
        found = self._rows(_TRIP, {"trip": trip})
        return decode_trip(found[0][0]) if found else None

    def trips(self, query: TripQuery) -> list[Trip]:
        """A page of trips, newest first, at most 500."""
        return [decode_trip(record) for record in self._page_of(query)]

    def trips_in_brief(self, query: TripQuery) -> list[TripBrief]:
        """The same without what stands on their receipts."""
        return [_briefs.decode(record) for record in self._page_of(query)]

    def _page_of(self, query: TripQuery) -> list[bytes]:
        statement = select(TRIPS.c.record).where(*_conditions(query))
        if query.before is not None:
            cursor = (query.before.opened_ns, query.before.trip)
            statement = statement.where(tuple_(TRIPS.c.opened_ns, TRIPS.c.trip) < cursor)
        statement = statement.order_by(TRIPS.c.opened_ns.desc(), TRIPS.c.trip.desc())
        with self.reading() as connection:
            return list(connection.scalars(statement.limit(page_size(query.limit))))

    def count_trips(self, query: TripQuery) -> int:
        """How many trips there are in all pages of a query."""
        with self.reading() as connection:
            return connection.scalar(select(func.count()).select_from(TRIPS).where(*_conditions(query))) or 0

    def open_trips(self) -> list[Trip]:
        """All trips of people who are in the shop or about to come in, oldest first."""
        statement = select(TRIPS.c.record).where(TRIPS.c.status == "inside")
        with self.reading() as connection:
            rows = connection.scalars(statement.order_by(TRIPS.c.opened_ns, TRIPS.c.trip))
            return [decode_trip(record) for record in rows]

    def payer(self, trip: TripId) -> Payer | None:
        """Who pays for a trip; None where that is erased."""
        with self.reading() as connection:
            record = connection.scalar(select(PAYERS.c.record).where(PAYERS.c.trip == trip))
        return None if record is None else decode_payer(record)


def erase_trips(connection: Connection, before_ns: int) -> int:
    """Erases trips that were opened before a time and are over, with all that names them; the ledger stays."""
    old = select(TRIPS.c.trip).where(TRIPS.c.opened_ns < before_ns, TRIPS.c.status.in_(_OVER))
    for table in (TRIP_VISITS, PAYERS):
        connection.execute(delete(table).where(table.c.trip.in_(old)))
    return connection.execute(delete(TRIPS).where(TRIPS.c.opened_ns < before_ns, TRIPS.c.status.in_(_OVER))).rowcount


def _conditions(query: TripQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.since_ns is not None:
        found.append(TRIPS.c.opened_ns >= query.since_ns)
    if query.until_ns is not None:
        found.append(TRIPS.c.opened_ns < query.until_ns)
    if query.entry is not None:
        found.append(TRIPS.c.entry == query.entry)
    if query.statuses:
        found.append(TRIPS.c.status.in_(query.statuses))
    if text := query.text.strip()[:_TEXT_MAX]:
        visit = TRIP_VISITS.c.visit
        on_it = select(visit).where(and_(TRIP_VISITS.c.trip == TRIPS.c.trip, func.instr(visit, text) == 1)).exists()
        found.append(or_(func.instr(TRIPS.c.trip, text) == 1, on_it))
    return found
