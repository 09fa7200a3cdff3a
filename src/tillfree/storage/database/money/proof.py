"""The nightly proof: every entry again, every sum again, and the ledger against payments and receipts.

Passes of bounded memory. The first follows the ledger by number: numbers without holes, the chain of hashes, each
entry summing to zero, the sums of the accounts. The second goes through payments: the events make the state that is
kept, the state and the receipt make what the ledger has of it, and of a trip that is settled nothing is left open;
what waits to be sent, what is owed and who came in stand in their own tables as the payment and the trip have them.
The last goes through what is erased: nothing of it may be open in the ledger.
"""

import itertools
from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from tillfree.commerce.errors import CommerceError
from tillfree.commerce.ledger import DEBTS as DEBTS_ACCOUNT
from tillfree.commerce.ledger import HOLDS, NO_HASH, SHOPPER, SURPLUS, Posting, entry_hash, position
from tillfree.commerce.payments.machine import replayed
from tillfree.commerce.payments.payment import Payment
from tillfree.commerce.trips import Trip
from tillfree.core.money import MoneyError
from tillfree.storage.database.connection import Connected
from tillfree.storage.database.money.ledger import LEDGER, LEDGER_BALANCES, LEDGER_HEAD, decode_row
from tillfree.storage.database.money.payments import (
    DEBTS,
    ORDERS,
    PAYMENT_EVENTS,
    PAYMENTS,
    decode_event,
    decode_payment,
    encode_payment,
)
from tillfree.storage.database.money.trips import TRIP_VISITS, TRIPS, decode_trip, encode_trip

__all__ = ["Fault", "LedgerProof", "Proving"]

_FAULTS_MAX = 100
_OPEN = (SHOPPER, SURPLUS, DEBTS_ACCOUNT, HOLDS)
_DAMAGED = (msgspec.DecodeError, CommerceError, MoneyError, TypeError, ValueError, OverflowError)


class Fault(msgspec.Struct, frozen=True):
    """Something that does not hold: where, and what."""

    where: str
    what: str


class LedgerProof(msgspec.Struct, frozen=True, kw_only=True):
    """What the proof found; no more than a hundred faults are listed.

    `head` is the hash of the newest entry, in hexadecimal: whoever writes it down elsewhere can prove later that
    nothing before it was altered.
    """

    entries: int
    payments: int
    faults: tuple[Fault, ...]
    head: str

    @property
    def holds(self) -> bool:
        """Whether everything is as it must be."""
        return not self.faults


class _Faults:
    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, where: str, what: str) -> None:
        if len(self.found) < _FAULTS_MAX:
            self.found.append(Fault(where, what))


class Proving(Connected):
    """The part of a database that proves the ledger."""

    def prove_ledger(self, *, payments: bool = True) -> LedgerProof:
        """Proves everything again, in one consistent view; without `payments` the ledger in itself only."""
        faults = _Faults()
        with self.reading() as connection:
            entries, head = _prove_chain(connection, faults)
            seen = _prove_payments(connection, faults) if payments else 0
            if payments:
                _prove_trips(connection, faults)
                _prove_erased(connection, faults)
        return LedgerProof(entries=entries, payments=seen, faults=tuple(faults.found), head=head.hex())


# ---- the ledger in itself -------------------------------------------------------------------------------------------


def _prove_chain(connection: Connection, faults: _Faults) -> tuple[int, bytes]:
    number, chained, entries = 0, NO_HASH, 0
    sums: dict[tuple[str, str], int] = {}
    for row in _streamed(connection, select(LEDGER).order_by(LEDGER.c.number)):
        entries += 1
        if row.number != number + 1:
            faults.add(f"ledger entry {number + 1}", f"is missing: after {number} comes {row.number}")
        number = row.number
        try:
            kept = decode_row(row)
            hashed = entry_hash(chained, row.number, kept.entry)
        except _DAMAGED as error:
            faults.add(f"ledger entry {number}", f"cannot be read, or does not balance: {error}")
            chained = row.hash
            continue
        if hashed != row.hash:
            faults.add(f"ledger entry {number}", "was altered, or one before it: its hash is another")
        chained = row.hash
        for posting in kept.entry.postings:
            key = (posting.account, kept.entry.currency)
            sums[key] = sums.get(key, 0) + posting.minor
    head = connection.execute(select(LEDGER_HEAD.c.number, LEDGER_HEAD.c.hash)).first()
    if (number, chained) != ((0, NO_HASH) if head is None else (head.number, head.hash)):
        faults.add("the end of the ledger", f"entries were removed or added after {number} by something else")
    _prove_sums(connection, sums, faults)
    return entries, chained


def _prove_sums(connection: Connection, sums: dict[tuple[str, str], int], faults: _Faults) -> None:
    kept = {(row.account, row.currency): row.minor for row in connection.execute(select(LEDGER_BALANCES))}
    for account, currency in sorted({*sums, *kept}):
        counted, noted = sums.get((account, currency), 0), kept.get((account, currency), 0)
        if counted != noted:
            faults.add(f"account {account} in {currency}", f"its entries sum to {counted}, its balance says {noted}")
    totals: dict[str, int] = {}
    for (_, currency), minor in sums.items():
        totals[currency] = totals.get(currency, 0) + minor
    for currency, minor in sorted(totals.items()):
        if minor:
            faults.add(f"all accounts in {currency}", f"sum to {minor}, not to zero")


# ---- the ledger against payments ------------------------------------------------------------------------------------


def _prove_payments(connection: Connection, faults: _Faults) -> int:
    # Three streams in the same order, so that nothing has to be looked up one by one.
    statement = select(PAYMENTS, TRIPS.c.record.label("trip_record"), DEBTS.c.minor.label("debt_minor"))
    statement = statement.outerjoin(TRIPS, TRIPS.c.trip == PAYMENTS.c.trip).order_by(PAYMENTS.c.payment)
    statement = statement.outerjoin(DEBTS, (DEBTS.c.trip == PAYMENTS.c.trip) & (DEBTS.c.paid_ns == 0))
    columns = PAYMENT_EVENTS.c
    orders = _Grouped(
        connection, select(ORDERS.c.payment, ORDERS.c.key.label("data")).order_by(ORDERS.c.payment, ORDERS.c.key)
    )
    events = _Grouped(
        connection, select(columns.payment, columns.record.label("data")).order_by(columns.payment, columns.version)
    )
    entries = _Grouped(
        connection,
        select(LEDGER.c.payment, LEDGER.c.postings.label("data")).order_by(LEDGER.c.payment, LEDGER.c.number),
    )
    payments = 0
    for row in _streamed(connection, statement):
        payments += 1
        try:
            waiting = orders.of(row.payment)
            problems = list(_payment_problems(row, events.of(row.payment), entries.of(row.payment), waiting))
        except _DAMAGED as error:
            problems = [f"cannot be read: {error}"]
        for problem in problems:
            faults.add(f"payment {row.payment}", problem)
    return payments


class _Grouped:
    """Rows of two columns, the first of which is a payment in rising order, taken payment by payment."""

    def __init__(self, connection: Connection, statement: Any) -> None:
        self._rows = ((str(row.payment), row.data) for row in _streamed(connection, statement))
        self._next = next(self._rows, None)

    def of(self, payment: str) -> list[Any]:
        """All of a payment; those of payments before it, which are erased, are passed over."""
        while self._next is not None and self._next[0] < payment:
            self._next = next(self._rows, None)
        found: list[Any] = []
        while self._next is not None and self._next[0] == payment:
            found.append(self._next[1])
            self._next = next(self._rows, None)
        return found


_postings = msgspec.msgpack.Decoder(tuple[Posting, ...])


def _payment_problems(row: Row[Any], events: list[bytes], entries: list[bytes], orders: list[str]) -> Iterator[str]:
    payment = decode_payment(row.record)
    if replayed(map(decode_event, events)) != payment or len(events) != payment.version:
        yield "its events make another state than the one that is kept"
    for column, value in encode_payment(payment).items():
        if column != "record" and getattr(row, column) != value:
            yield f"its column {column} says {getattr(row, column)!r}, its record {value!r}"
    waiting = sorted(placed.order.key for placed in payment.placed if placed.unresolved)
    if waiting != orders:
        yield f"the orders {waiting} wait for an answer, those that will be sent are {orders}"
    if payment.method == "card" and not any(p.unresolved and p.order.kind == "charge" for p in payment.placed):
        owed = row.debt_minor or 0
        if owed != payment.debt_minor:
            yield f"{payment.debt_minor} is owed, and {owed} stands in the list of debts"
    if row.trip_record is None:
        yield "its trip is not there"
        return
    booked: dict[str, int] = {}
    for postings in entries:
        for posting in _postings.decode(postings):
            booked[posting.account] = booked.get(posting.account, 0) + posting.minor
    yield from _problems(decode_trip(row.trip_record), payment, booked)


def _problems(trip: Trip, payment: Payment, booked: dict[str, int]) -> Iterator[str]:
    expected = position(payment, trip.receipt)
    for account in sorted({*expected, *booked}):
        if expected.get(account, 0) != booked.get(account, 0):
            yield f"{account} is {booked.get(account, 0)} in the ledger, and {expected.get(account, 0)} by its events"
    if trip.status not in ("settled", "void"):
        return
    due = payment.due_minor
    if due is None:
        yield f"is {trip.status}, and nobody ever said what is due"
        return
    if trip.receipt is not None and max(0, trip.receipt.total.gross.minor) != due:
        yield f"its receipt comes to {trip.receipt.total.gross.minor}, {due} is due"
    moving = any(p.unresolved for p in payment.placed)
    if payment.held_minor:
        yield f"is {trip.status}, and {payment.held_minor} is still held"
    if payment.method == "card":
        net = payment.taken_minor - payment.returned_minor
        must = due - payment.refunded_minor - payment.debt_paid_minor
        # Of a debt that was given up so much may be missing, and no more.
        if not moving and not must - payment.written_off_minor <= net <= must:
            yield f"captured less refunded is {net}, by its receipt it must be {must}"
    for account in (SHOPPER, SURPLUS):
        if booked.get(account, 0) and not moving:
            yield f"is {trip.status}, and {booked[account]} is left on {account}"


# ---- trips, and what is left of those that were erased --------------------------------------------------------------


def _prove_trips(connection: Connection, faults: _Faults) -> None:
    """A trip of which the columns say something else than its record would be looked for in vain, or never paid."""
    visits = _Grouped(
        connection,
        select(TRIP_VISITS.c.trip.label("payment"), TRIP_VISITS.c.visit.label("data")).order_by(
            TRIP_VISITS.c.trip, TRIP_VISITS.c.visit
        ),
    )
    statement = select(TRIPS, PAYMENTS.c.trip.label("paid_trip"))
    statement = statement.outerjoin(PAYMENTS, PAYMENTS.c.payment == TRIPS.c.payment).order_by(TRIPS.c.trip)
    for row in _streamed(connection, statement):
        try:
            problems = list(_trip_problems(row, visits.of(row.trip)))
        except _DAMAGED as error:
            problems = [f"cannot be read: {error}"]
        for problem in problems:
            faults.add(f"trip {row.trip}", problem)


def _trip_problems(row: Row[Any], visits: list[str]) -> Iterator[str]:
    trip = decode_trip(row.record)
    for column, value in encode_trip(trip, row.wake_ns).items():
        if column != "record" and getattr(row, column) != value:
            yield f"its column {column} says {getattr(row, column)!r}, its record {value!r}"
    if sorted(trip.visits) != visits:
        yield f"{sorted(trip.visits)} came in on it, the list of visits has {visits}"
    if trip.status in ("inside", "review") and row.wake_ns <= 0:
        yield f"is {trip.status}, and will never be looked at"
    if trip.payment and row.paid_trip != trip.id:
        yield f"its payment {trip.payment} is " + ("not there" if row.paid_trip is None else f"of {row.paid_trip}")


def _prove_erased(connection: Connection, faults: _Faults) -> None:
    """Of a payment that was erased the ledger alone is left, and nothing in it may be open: only what is over goes."""
    gone = select(LEDGER.c.payment, LEDGER.c.postings).outerjoin(PAYMENTS, PAYMENTS.c.payment == LEDGER.c.payment)
    gone = gone.where(PAYMENTS.c.payment.is_(None)).order_by(LEDGER.c.payment)
    for payment, rows in itertools.groupby(_streamed(connection, gone), key=lambda row: str(row.payment)):
        left = dict.fromkeys(_OPEN, 0)
        for row in rows:
            try:
                postings = _postings.decode(row.postings)
            except _DAMAGED:
                continue  # the first pass has told of it
            for posting in postings:
                if posting.account in left:
                    left[posting.account] += posting.minor
        for account, minor in left.items():
            if minor:
                faults.add(f"payment {payment}", f"is not there, and {minor} is left on {account}")


def _streamed(connection: Connection, statement: Any) -> Iterator[Row[Any]]:
    """Rows as they are read; never all of them in memory."""
    yield from connection.execution_options(yield_per=1000).execute(statement)
