"""What the database does with books: opens one, says what is due, and erases who paid."""

import contextlib
import logging
from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, select, update

from tillfree.commerce.payments.processor import Order
from tillfree.core.ids import PaymentId
from tillfree.core.time import NS_PER_DAY
from tillfree.storage.database.connection import Connected, prepared
from tillfree.storage.database.money.book import Book
from tillfree.storage.database.money.payments import ORDERS, DueOrder, decode_payment
from tillfree.storage.database.money.statements import ENDING, REVIEWED, SENDABLE_NOW, SENDABLE_OF, WAKING
from tillfree.storage.database.money.trips import PAYERS, decode_payer

__all__ = ["Bookkeeping"]

_WAIT_NS_MAX = 2 * NS_PER_DAY
_log = logging.getLogger(__name__)
_ERASABLE = PAYERS.c.erase_ns > 0, PAYERS.c.erase_ns <= bindparam("now_ns")
_ANY_ERASABLE = prepared(select(PAYERS.c.trip).where(*_ERASABLE).limit(1))
_ERASE_PAYERS = delete(PAYERS).where(*_ERASABLE)
_IN_BRIEF = {"most": 1}
_ANY_WAKING, _ANY_REVIEWED, _ANY_ENDING = prepared(WAKING), prepared(REVIEWED), prepared(ENDING)


class Bookkeeping(Connected):
    """The part of a database that opens the book."""

    @contextlib.contextmanager
    def book(self) -> Iterator[Book]:
        """One transaction: all that is put into the book is kept at the end, or nothing where something is raised."""
        with self._writing() as connection:
            book = Book(connection, self._where)
            yield book
            book.write()

    def sendable(
        self, now_ns: int, limit: int, payment: PaymentId | None = None, *, wait_ns_max: int = _WAIT_NS_MAX
    ) -> list[tuple[DueOrder, Order]]:
        """The orders that are to be sent now, with the token of the payer; all of one payment, if one is given.

        Nothing waits longer than `wait_ns_max`: what says so was written while the clock was ahead.
        """
        chosen = SENDABLE_NOW if payment is None else SENDABLE_OF
        values: dict[str, Any] = {"most": max(0, limit)}
        values |= {"key": payment} if payment is not None else {"now_ns": now_ns, "too_far_ns": now_ns + wait_ns_max}
        found: list[tuple[DueOrder, Order]] = []
        with self.reading() as connection:
            for row in connection.execute(chosen, values):
                try:
                    order = next(p.order for p in decode_payment(row.state).placed if p.order.key == row.key)
                    token = "" if row.payer is None else decode_payer(row.payer).token
                except (msgspec.DecodeError, StopIteration, ValueError):
                    # Altered by something else, as the proof of the ledger says; the others go on.
                    _log.error("order %s cannot be read, and is not sent: prove the ledger", row.key)
                    continue
                due = DueOrder(
                    key=row.key,
                    payment=row.payment,
                    due_ns=row.due_ns,
                    tries=row.tries,
                    sent=row.sent,
                )
                found.append((due, msgspec.structs.replace(order, token=token)))
        return found

    def mark_sent(self) -> None:
        """Nobody knows any more which orders were on their way when the program ended: all may have been.

        They are looked up before they are asked again; a processor that was away from us for long may have forgotten
        their keys, and would do them twice.
        """
        with self._writing() as connection:
            connection.execute(update(ORDERS).values(sent=True))

    def erase_payers(self, now_ns: int) -> int:
        """Erases whoever paid for trips that are over, as soon as nobody needs it; says how many there were."""
        if not self._rows(_ANY_ERASABLE, {"now_ns": now_ns}):
            return 0
        with self._writing() as connection:
            return connection.execute(_ERASE_PAYERS, {"now_ns": now_ns}).rowcount

    def looks_due(self, now_ns: int) -> bool:
        """Whether the time of a trip has come, or people have decided about one: a look that holds up nobody."""
        waking = self._rows(_ANY_WAKING, {"now_ns": now_ns, **_IN_BRIEF})
        return bool(waking or self._rows(_ANY_REVIEWED, _IN_BRIEF))

    def holds_end(self, before_ns: int) -> bool:
        """Whether a payment holds money no longer than that: a look, too."""
        return bool(self._rows(_ANY_ENDING, {"now_ns": before_ns, **_IN_BRIEF}))
