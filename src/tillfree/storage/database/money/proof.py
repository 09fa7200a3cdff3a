"""The nightly proof: every entry again, every sum again, and the ledger against payments and receipts.

Two passes of bounded memory. The first follows the ledger by number: numbers without holes, the chain of hashes, each
entry summing to zero, the sums of the accounts. The second goes through payments: the events make the state that is
kept, the state and the receipt make what the ledger has of it, and of a trip that is settled nothing is left open.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, select

from tillfree.commerce.errors import CommerceError
from tillfree.commerce.ledger import NO_HASH, SHOPPER, SURPLUS, Posting, entry_hash, position
from tillfree.commerce.payments.machine import replayed
from tillfree.commerce.payments.payment import Payment
from tillfree.commerce.trips import Trip
from tillfree.core.money import MoneyError
from tillfree.storage.database.connection import Connected
from tillfree.storage.database.money.ledger import LEDGER, LEDGER_BALANCES, LEDGER_HEAD, decode_row
from tillfree.storage.database.money.payments import PAYMENT_EVENTS, PAYMENTS, decode_event, decode_payment
from tillfree.storage.database.money.trips import TRIPS, decode_trip

__all__ = ["Fault", "LedgerProof", "Proving"]

_FAULTS_MAX = 100
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
    statement = select(PAYMENTS.c.payment, PAYMENTS.c.record, TRIPS.c.record.label("trip_record"))
    statement = statement.outerjoin(TRIPS, TRIPS.c.trip == PAYMENTS.c.trip).order_by(PAYMENTS.c.payment)
    columns = PAYMENT_EVENTS.c
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
            problems = list(_payment_problems(row, events.of(row.payment), entries.of(row.payment)))
        except _DAMAGED as error:
            problems = [f"cannot be read: {error}"]
        for problem in problems:
            faults.add(f"payment {row.payment}", problem)
    return payments


class _Grouped:
    """Rows of two columns, the first of which is a payment in rising order, taken payment by payment."""

    def __init__(self, connection: Connection, statement: Any) -> None:
        self._rows = ((str(row.payment), bytes(row.data)) for row in _streamed(connection, statement))
        self._next = next(self._rows, None)

    def of(self, payment: str) -> list[bytes]:
        """All of a payment; those of payments before it, which are erased, are passed over."""
        while self._next is not None and self._next[0] < payment:
            self._next = next(self._rows, None)
        found: list[bytes] = []
        while self._next is not None and self._next[0] == payment:
            found.append(self._next[1])
            self._next = next(self._rows, None)
        return found


_postings = msgspec.msgpack.Decoder(tuple[Posting, ...])


def _payment_problems(row: Row[Any], events: list[bytes], entries: list[bytes]) -> Iterator[str]:
    payment = decode_payment(row.record)
    if replayed(map(decode_event, events)) != payment:
        yield "its events make another state than the one that is kept"
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


def _streamed(connection: Connection, statement: Any) -> Iterator[Row[Any]]:
    """Rows as they are read; never all of them in memory."""
    yield from connection.execution_options(yield_per=1000).execute(statement)
