"""Payments: every event, the state that they make, the orders that wait to be sent, and debts."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    bindparam,
    delete,
    func,
    select,
)

from tillfree.commerce.payments.events import PaymentEvent
from tillfree.commerce.payments.payment import Payment, main_hold
from tillfree.commerce.payments.states import state_of
from tillfree.core.ids import PaymentId, TripId
from tillfree.core.money import Money
from tillfree.storage.database.connection import Connected, prepared
from tillfree.storage.database.money.trips import TRIPS
from tillfree.storage.database.paging import page_size
from tillfree.storage.database.tables import METADATA

__all__ = [
    "DEBTS",
    "NOTICES",
    "ORDERS",
    "PAYMENTS",
    "PAYMENT_EVENTS",
    "Debt",
    "DueOrder",
    "PaymentRow",
    "Payments",
    "decode_event",
    "decode_payment",
    "due_orders",
    "encode_event",
    "encode_payment",
    "erase_payments",
]

PAYMENTS = Table(
    "payments",
    METADATA,
    Column("payment", String, primary_key=True),
    Column("trip", String, nullable=False),
    Column("state", String, nullable=False),
    Column("opened_ns", Integer, nullable=False),
    Column("hold_until_ns", Integer, nullable=False),  # 0: nothing is held, or nobody knows until when
    Column("record", LargeBinary, nullable=False),
    Index("payments_state", "state", "opened_ns"),
    Index("payments_hold", "hold_until_ns"),
)
PAYMENT_EVENTS = Table(
    "payment_events",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("payment", String, nullable=False),
    Column("version", Integer, nullable=False),
    Column("time_ns", Integer, nullable=False),
    Column("record", LargeBinary, nullable=False),
    Index("payment_events_payment", "payment", "version", unique=True),
    sqlite_autoincrement=True,
)
ORDERS = Table(
    "payment_orders",
    METADATA,
    Column("key", String, primary_key=True),
    Column("payment", String, nullable=False),
    Column("due_ns", Integer, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("sent", Boolean, nullable=False),  # it may have arrived: look up before asking again
    Index("payment_orders_due", "due_ns", "key"),
    Index("payment_orders_payment", "payment"),
)
NOTICES = Table(
    "payment_notices", METADATA, Column("notice", String, primary_key=True), Column("time_ns", Integer, nullable=False)
)
DEBTS = Table(
    "debts",
    METADATA,
    Column("trip", String, primary_key=True),
    Column("payment", String, nullable=False),
    Column("fingerprint", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("minor", Integer, nullable=False),
    Column("opened_ns", Integer, nullable=False),
    Column("paid_ns", Integer, nullable=False),  # 0: open
    Index("debts_fingerprint", "fingerprint"),
    Index("debts_open", "paid_ns", "opened_ns"),
)
_encoder = msgspec.msgpack.Encoder(order="deterministic")
_payments = msgspec.msgpack.Decoder(Payment)
_events: msgspec.msgpack.Decoder[PaymentEvent] = msgspec.msgpack.Decoder(PaymentEvent)
_PAGE_MAX = 1000
_PAYMENT = prepared(select(PAYMENTS.c.record).where(PAYMENTS.c.payment == bindparam("payment")))
_OWES = prepared(
    select(DEBTS.c.trip).where(DEBTS.c.fingerprint == bindparam("fingerprint"), DEBTS.c.paid_ns == 0).limit(1)
)


class DueOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order that waits to be sent: from when on, and how often it was tried."""

    key: str
    payment: PaymentId
    due_ns: int
    tries: int = 0
    sent: bool = False


class PaymentRow(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a payment as it is kept; versions count from 1."""

    version: int
    time_ns: int
    event: PaymentEvent


class Debt(msgspec.Struct, frozen=True, kw_only=True):
    """What is owed for a trip; of nothing where it is paid."""

    trip: TripId
    payment: PaymentId
    owed: Money
    opened_ns: int
    paid_ns: int = 0


def encode_payment(payment: Payment) -> dict[str, Any]:
    """The row of a payment."""
    hold = main_hold(payment)
    return {
        "payment": payment.id,
        "trip": payment.trip,
        "state": state_of(payment),
        "opened_ns": payment.opened_ns,
        "hold_until_ns": 0 if hold is None else hold.expires_ns,
        "record": _encoder.encode(payment),
    }


def decode_payment(record: bytes) -> Payment:
    """The inverse, from the bytes of `record`."""
    return _payments.decode(record)


def encode_event(payment: Payment, event: PaymentEvent) -> dict[str, Any]:
    """The row of the event that made this version of a payment."""
    return {
        "payment": payment.id,
        "version": payment.version,
        "time_ns": event.time_ns,
        "record": _encoder.encode(event),
    }


def decode_event(record: bytes) -> PaymentEvent:
    """An event of a payment, from the bytes of `record`."""
    return _events.decode(record)


class Payments(Connected):
    """The part of a database that keeps payments; written in a `book` only."""

    def payment(self, payment: PaymentId) -> Payment | None:
        """A payment as it stands."""
        found = self._rows(_PAYMENT, {"payment": payment})
        return decode_payment(found[0][0]) if found else None

    def payment_of_trip(self, trip: TripId) -> Payment | None:
        """The payment of a trip."""
        statement = (
            select(PAYMENTS.c.record).join(TRIPS, TRIPS.c.payment == PAYMENTS.c.payment).where(TRIPS.c.trip == trip)
        )
        with self.reading() as connection:
            record = connection.scalar(statement)
        return None if record is None else decode_payment(record)

    def payment_events(self, payment: PaymentId) -> list[PaymentRow]:
        """What happened to a payment, in order."""
        statement = select(PAYMENT_EVENTS).where(PAYMENT_EVENTS.c.payment == payment).order_by(PAYMENT_EVENTS.c.version)
        with self.reading() as connection:
            return [
                PaymentRow(version=row.version, time_ns=row.time_ns, event=decode_event(row.record))
                for row in connection.execute(statement)
            ]

    def due_orders(self, now_ns: int, limit: int = 100) -> list[DueOrder]:
        """The orders that are to be sent now, those that have waited longest first."""
        with self.reading() as connection:
            return due_orders(connection, now_ns, limit)

    def orders_waiting(self) -> int:
        """How many orders wait for an answer."""
        with self.reading() as connection:
            return connection.scalar(select(func.count()).select_from(ORDERS)) or 0

    def debts(self, *, paid: bool = False, limit: int = 100) -> list[Debt]:
        """Open debts, oldest first; or those that are paid or given up."""
        statement = select(DEBTS).where(DEBTS.c.paid_ns > 0 if paid else DEBTS.c.paid_ns == 0)
        statement = statement.order_by(DEBTS.c.opened_ns, DEBTS.c.trip).limit(page_size(limit, _PAGE_MAX))
        with self.reading() as connection:
            return [_debt(row) for row in connection.execute(statement)]

    def debts_of(self, fingerprints: Sequence[str]) -> list[Debt]:
        """The open debts of one way to pay, by its keyed fingerprints as they stand with payers."""
        known = [fingerprint for fingerprint in fingerprints if fingerprint]
        statement = select(DEBTS).where(DEBTS.c.fingerprint.in_(known), DEBTS.c.paid_ns == 0)
        with self.reading() as connection:
            return [_debt(row) for row in connection.execute(statement.order_by(DEBTS.c.opened_ns))]

    def owes(self, fingerprints: Sequence[str]) -> bool:
        """Whether anything is owed by one way to pay."""
        return any(name and self._rows(_OWES, {"fingerprint": name}) for name in fingerprints)


def due_orders(connection: Connection, now_ns: int, limit: int) -> list[DueOrder]:
    """The orders that are to be sent now, in the transaction of the caller."""
    statement = (
        select(ORDERS).where(ORDERS.c.due_ns <= now_ns).order_by(ORDERS.c.due_ns, ORDERS.c.key).limit(max(0, limit))
    )
    return [DueOrder(**row._mapping) for row in connection.execute(statement)]  # noqa: SLF001  public in SQLAlchemy


def erase_payments(connection: Connection, notices_before_ns: int) -> int:
    """Erases payments whose trip is erased, debts of those that are paid, and notices of so long ago."""
    kept = select(TRIPS.c.payment)
    for table in (PAYMENT_EVENTS, ORDERS, DEBTS):
        connection.execute(delete(table).where(table.c.payment.not_in(kept)))
    connection.execute(delete(NOTICES).where(NOTICES.c.time_ns < notices_before_ns))
    return connection.execute(delete(PAYMENTS).where(PAYMENTS.c.payment.not_in(kept))).rowcount


def _debt(row: Any) -> Debt:
    return Debt(
        trip=row.trip,
        payment=row.payment,
        owed=Money(row.minor, row.currency),
        opened_ns=row.opened_ns,
        paid_ns=row.paid_ns,
    )
