"""The book: everything that a step of a trip writes, as one transaction, or several steps of many trips at once.

What is put in is kept in memory and written together at the end; whoever reads in the book sees it already. A process
that ends in between has written nothing of it.
"""

import contextlib
import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Literal, TypeVar

import msgspec
from sqlalchemy import Connection, Select, Table, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from tillfree.commerce.ledger import BADGE, Entry, difference, position
from tillfree.commerce.payments.events import PaymentEvent
from tillfree.commerce.payments.payment import Payment
from tillfree.commerce.receipt import Receipt
from tillfree.commerce.trips import Payer, Trip
from tillfree.core.ids import PaymentId, TripId, VisitId
from tillfree.storage.database.decisions import ReviewDecision, newest_decision
from tillfree.storage.database.entry import Admission, admit_entry
from tillfree.storage.database.money.announcements import announcement_row
from tillfree.storage.database.money.badge_sums import BadgeSum, add_badge_sums, month_of
from tillfree.storage.database.money.ledger import append_entries
from tillfree.storage.database.money.payments import (
    DEBTS,
    NOTICES,
    ORDERS,
    PAYMENTS,
    DueOrder,
    decode_payment,
    due_orders,
    encode_event,
    encode_payment,
)
from tillfree.storage.database.money.statements import (
    ADD_ANNOUNCEMENTS,
    ADD_EVENTS,
    ENDING,
    ERASE_AT,
    ORDERS_DONE,
    PAYER,
    PAYMENT,
    REVIEWED,
    TOGETHER,
    TRIP,
    TRIP_OF,
    UPSERTS,
    WAKING,
)
from tillfree.storage.database.money.trips import (
    PAYERS,
    TRIP_VISITS,
    TRIPS,
    decode_payer,
    decode_trip,
    encode_payer,
    encode_trip,
)
from tillfree.storage.database.records import VisitRecord
from tillfree.storage.database.tables import VISITS
from tillfree.storage.database.visits import keep_visit, kept_visit

__all__ = ["Book"]

_SLICE = 500
_log = logging.getLogger(__name__)
_Text = TypeVar("_Text", bound=str)


class Book:
    """An open book: a transaction in which trips and payments are read and written."""

    def __init__(self, connection: Connection, where: str) -> None:
        self._connection = connection
        self._where = where
        self._trips: dict[TripId, Trip | None] = {}
        self._wakes: dict[TripId, int] = {}
        self._visits: dict[VisitId, TripId] = {}
        self._payers: dict[TripId, Payer | None] = {}
        self._new_payers: dict[TripId, Payer] = {}
        self._erase_at: dict[TripId, int] = {}
        self._payments: dict[PaymentId, Payment | None] = {}
        self._changed: set[PaymentId] = set()
        self._events: list[dict[str, Any]] = []
        self._orders: dict[str, DueOrder] = {}
        self._done: set[str] = set()
        self._entries: list[Entry] = []
        self._badge_sums: list[BadgeSum] = []
        self._announcements: list[dict[str, Any]] = []
        self._debts: dict[PaymentId, Payment] = {}
        self._records: dict[VisitId, VisitRecord] = {}

    # ---- reading --------------------------------------------------------------------------------------------

    def trip(self, trip: TripId) -> Trip | None:
        """A trip as it stands in this book."""
        if trip not in self._trips:
            record = self._connection.scalar(TRIP, {"key": trip})
            self._trips[trip] = None if record is None else decode_trip(record)
        return self._trips[trip]

    def trip_of(self, visit: VisitId) -> Trip | None:
        """The trip of a visit."""
        trip = self._visits.get(visit)
        if trip is None:
            trip = self._connection.scalar(TRIP_OF, {"key": visit})
        return None if trip is None else self.trip(trip)

    def payer(self, trip: TripId) -> Payer | None:
        """Who pays; None where that is erased."""
        if trip not in self._payers:
            record = self._connection.scalar(PAYER, {"key": trip})
            self._payers[trip] = None if record is None else decode_payer(record)
        return self._payers[trip]

    def payment(self, payment: PaymentId) -> Payment | None:
        """A payment as it stands in this book."""
        if payment not in self._payments:
            record = self._connection.scalar(PAYMENT, {"key": payment})
            self._payments[payment] = None if record is None else decode_payment(record)
        return self._payments[payment]

    def read_ahead(self, payments: Iterable[PaymentId]) -> None:
        """Reads many payments with their trips at once, for those who need them all."""
        wanted = sorted({payment for payment in payments if payment not in self._payments})
        for keys in _slices(wanted, _SLICE):
            for row in self._connection.execute(TOGETHER, {"keys": keys}):
                self._payments[row.payment] = decode_payment(row.record)
                if row.trip is not None and row.trip not in self._trips:
                    self._trips[row.trip] = decode_trip(row.trip_record)

    def record(self, visit: VisitId) -> VisitRecord | None:
        """The record of a finished visit."""
        return self._records.get(visit) or kept_visit(self._connection, visit, self._where)

    def decision(self, visit: VisitId) -> ReviewDecision | None:
        """The newest decision of a person about a visit."""
        return newest_decision(self._connection, visit)

    def due_orders(self, now_ns: int, limit: int) -> list[DueOrder]:
        """The orders that were due when the book was opened."""
        return due_orders(self._connection, now_ns, limit)

    def to_wake(self, now_ns: int, limit: int) -> list[Trip]:
        """Trips whose time to be looked at has come, those that wait longest first."""
        return self._found(WAKING, {"now_ns": now_ns, "most": limit})

    def decided(self, limit: int) -> list[Trip]:
        """Trips in review of which a person has decided something, and nothing waits for a person any more.

        Those that wait for nothing but a release would come first again and again, and the others never.
        """
        return self._found(REVIEWED, {"most": limit})

    def finished_unseen(self) -> list[VisitId]:
        """Visits that are kept as finished, and not yet noted by their open trip."""
        statement = (
            select(TRIP_VISITS.c.visit, TRIPS.c.trip)
            .join(TRIPS, TRIPS.c.trip == TRIP_VISITS.c.trip)
            .join(VISITS, VISITS.c.visit == TRIP_VISITS.c.visit)
            .where(TRIPS.c.status == "inside")
        )
        found: list[VisitId] = []
        for visit, trip_id in self._connection.execute(statement):
            trip = self._readable(trip_id)
            if trip is not None and visit not in trip.left:
                found.append(visit)
        return found

    def holds_ending(self, before_ns: int, limit: int) -> list[Payment]:
        """Payments that hold money no longer than that."""
        values = {"now_ns": before_ns, "most": limit}
        found = [self.payment(payment) for payment in list(self._connection.scalars(ENDING, values))]
        return [payment for payment in found if payment is not None]

    def _found(self, statement: Select[str], values: dict[str, int]) -> list[Trip]:
        trips = [self._readable(TripId(trip)) for trip in list(self._connection.scalars(statement, values))]
        return [trip for trip in trips if trip is not None]

    def _readable(self, trip: TripId) -> Trip | None:
        try:
            return self.trip(trip)
        except msgspec.DecodeError:
            # Altered by something else, as the proof of the ledger says; the others go on.
            _log.error("trip %s cannot be read, and is left as it is: prove the ledger", trip)
            return None

    # ---- writing --------------------------------------------------------------------------------------------

    def put_trip(self, trip: Trip, *, wake_ns: int = 0) -> None:
        """A new trip, or a change of one; `wake_ns` is when it must be looked at again, 0 for never."""
        self._trips[trip.id] = trip
        self._wakes[trip.id] = wake_ns

    def bind(self, trip: TripId, visit: VisitId) -> None:
        """A visit belongs to a trip."""
        self._visits[visit] = trip

    def put_payer(self, trip: TripId, payer: Payer) -> None:
        """Who pays for a trip."""
        self._payers[trip] = self._new_payers[trip] = payer

    def erase_payer(self, trip: TripId, at_ns: int) -> None:
        """From then on, nobody needs to know who paid; 0 takes that back."""
        self._erase_at[trip] = at_ns

    def keep_record(self, record: VisitRecord) -> None:
        """Keeps a finished visit, where it is not kept yet. Raises ContradictionError as `Database.add_visit` does."""
        keep_visit(self._connection, record, self._where)
        self._records[record.visit] = record

    def admit(self, admission: Admission) -> Literal["", "used", "blocked", "already_inside"]:
        """Writes an entry down, or says why not, as `Database.admit` does."""
        return admit_entry(self._connection, admission)

    def first_notice(self, notice: str, time_ns: int) -> bool:
        """Whether nobody has told of this notice before; from now on somebody has."""
        statement = upsert(NOTICES).values(notice=notice, time_ns=time_ns).on_conflict_do_nothing()
        return self._connection.execute(statement).rowcount > 0

    def announce(self, time_ns: int, kind: str, subject: str, body: dict[str, Any]) -> None:
        """Tells everybody, as `announcements.announce` does."""
        self._announcements.append(announcement_row(time_ns, kind, subject, body))

    @contextlib.contextmanager
    def telling(self) -> Iterator[None]:
        """What is announced in the block is told only if the block comes to its end."""
        told = len(self._announcements)
        try:
            yield
        except BaseException:
            del self._announcements[told:]
            raise

    def note(
        self,
        before: Payment | None,
        after: Payment,
        event: PaymentEvent,
        receipt: Receipt | None,
        receipt_before: Receipt | None,
    ) -> None:
        """A payment went from one state to another by an event: the event, the state, its orders, and the ledger.

        `receipt` is the one that is charged now, `receipt_before` that which was before.
        """
        assert after.version == (0 if before is None else before.version) + 1, "an event makes one version"
        self._payments[after.id] = after
        self._changed.add(after.id)
        self._events.append(encode_event(after, event))
        waiting = {} if before is None else {p.order.key: p for p in before.placed if p.unresolved}
        for placed in after.placed:
            if placed.unresolved and placed.order.key not in waiting:
                self._orders[placed.order.key] = DueOrder(
                    key=placed.order.key, payment=after.id, due_ns=event.time_ns
                )  # fmt: skip
                self._done.discard(placed.order.key)
            elif not placed.unresolved and placed.order.key in waiting:
                self._orders.pop(placed.order.key, None)
                self._done.add(placed.order.key)
        postings = difference(position(before, receipt_before), position(after, receipt))
        if postings:
            what = str(event.__struct_config__.tag)
            self._entries.append(
                Entry(
                    time_ns=event.time_ns,
                    trip=after.trip,
                    payment=after.id,
                    what=what,
                    currency=after.currency,
                    postings=postings,
                )
            )
        if after.method == "badge" and (minor := sum(p.minor for p in postings if p.account == BADGE)):
            self._put_on_badge(after, minor, event.time_ns)
        # A debt that is tried again is none until the charge is answered; so a charge may end one, too.
        charged = any(placed.order.kind == "charge" for placed in after.placed)
        if after.method == "card" and (charged or after.debt_minor or (before is not None and before.debt_minor)):
            self._debts[after.id] = after

    def _put_on_badge(self, payment: Payment, minor: int, time_ns: int) -> None:
        payer = self.payer(payment.trip)
        self._badge_sums.append(
            BadgeSum(
                account="" if payer is None else payer.account,
                paid_by="" if payer is None else payer.brand,
                month=month_of(time_ns),
                currency=payment.currency,
                minor=minor,
            )
        )

    def postpone(self, order: DueOrder) -> None:
        """An order is to be tried later."""
        if order.key not in self._done:
            self._orders[order.key] = order

    # ---- the end --------------------------------------------------------------------------------------------

    def write(self) -> None:
        """Puts all of it into the transaction; called once, at the end."""
        changed = [(self._trips[trip], wake) for trip, wake in self._wakes.items()]
        self._upsert(TRIPS, [encode_trip(trip, wake) for trip, wake in changed if trip is not None])
        self._upsert(TRIP_VISITS, [{"visit": visit, "trip": trip} for visit, trip in self._visits.items()])
        self._upsert(
            PAYERS,
            [{"trip": trip, "erase_ns": 0, "record": encode_payer(payer)} for trip, payer in self._new_payers.items()],
        )
        for trip_id, at_ns in self._erase_at.items():
            self._connection.execute(ERASE_AT, {"key": trip_id, "at_ns": at_ns})
        payments = [self._payments[payment] for payment in sorted(self._changed)]
        self._upsert(PAYMENTS, [encode_payment(payment) for payment in payments if payment is not None])
        if self._events:
            self._connection.execute(ADD_EVENTS, self._events)
        self._write_orders()
        append_entries(self._connection, self._entries)
        add_badge_sums(self._connection, self._badge_sums)
        self._write_debts()
        if self._announcements:
            self._connection.execute(ADD_ANNOUNCEMENTS, self._announcements)

    def _upsert(self, table: Table, rows: list[dict[str, Any]]) -> None:
        if rows:
            self._connection.execute(UPSERTS[table], rows)

    def _write_orders(self) -> None:
        for keys in _slices(sorted(self._done), _SLICE):
            self._connection.execute(ORDERS_DONE, {"keys": keys})
        self._upsert(
            ORDERS,
            [
                {"key": o.key, "payment": o.payment, "due_ns": o.due_ns, "tries": o.tries, "sent": o.sent}
                for o in self._orders.values()
            ],
        )

    def _write_debts(self) -> None:
        for payment in self._debts.values():
            now_ns = max((e["time_ns"] for e in self._events if e["payment"] == payment.id), default=payment.opened_ns)
            if any(p.unresolved and p.order.kind == "charge" for p in payment.placed):
                continue  # it is being tried again: what is owed is known afterwards
            if not payment.debt_minor:
                paid = update(DEBTS).where(DEBTS.c.trip == payment.trip, DEBTS.c.paid_ns == 0)
                # Who owed it is forgotten when it is paid.
                self._connection.execute(paid.values(minor=0, paid_ns=now_ns, fingerprint=""))
                continue
            payer = self.payer(payment.trip)
            row = {
                "trip": payment.trip,
                "payment": payment.id,
                "fingerprint": "" if payer is None else payer.fingerprint,
                "currency": payment.currency,
                "minor": payment.debt_minor,
                "opened_ns": now_ns,
                "paid_ns": 0,
            }
            statement = upsert(DEBTS).values(row)
            kept = {name: statement.excluded[name] for name in ("fingerprint", "minor", "paid_ns")}
            self._connection.execute(statement.on_conflict_do_update(index_elements=["trip"], set_=kept))


def _slices(values: Sequence[_Text], size: int) -> Iterable[Sequence[_Text]]:
    return (values[begin : begin + size] for begin in range(0, len(values), size))
