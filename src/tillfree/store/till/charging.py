"""What people and other systems can do with a trip: charge, adjust, capture, cancel, refund, and settle debts."""

import logging
from collections.abc import Callable, Sequence

import msgspec

from tillfree.commerce.ledger import refund_parts
from tillfree.commerce.payments.events import (
    AdjustWished,
    DebtPaid,
    Due,
    PaymentEvent,
    RefundAsked,
    Retried,
    WrittenOff,
)
from tillfree.commerce.payments.payment import Payment, main_hold
from tillfree.commerce.payments.processor import Answer
from tillfree.commerce.receipt import Receipt
from tillfree.commerce.trips import Trip
from tillfree.core.ids import PaymentId, TripId
from tillfree.core.money import Money
from tillfree.storage.database.money.book import Book
from tillfree.store.till.base import TillBase
from tillfree.store.till.carts import is_undecided
from tillfree.store.till.errors import TillError
from tillfree.store.till.sending import as_event

__all__ = ["Charging"]

_log = logging.getLogger(__name__)
_replace = msgspec.structs.replace


class Charging(TillBase):
    """The part of the till that takes money and gives it back."""

    def checkout(self, trip: TripId, receipt: Receipt) -> Trip:
        """Another system priced the cart: this receipt is charged. Again with the same receipt nothing happens.

        Raises:
            TillError: another receipt is charged already, or the receipt waits for review.
        """
        with self._book() as book:
            found = self._need(book, trip)
            if found.receipt is not None and found.closed_ns:
                if found.receipt == receipt:
                    return found
                raise TillError(f"trip {trip!r} is charged by another receipt; refund what is wrong on that one")
            if receipt.status != "charge":
                raise TillError(f"trip {trip!r}: receipt {receipt.id!r} waits for review; decide about it first")
            now_ns = self._now_ns()
            found = _replace(found, closed_ns=found.closed_ns or now_ns)
            found = self._closing.keep(book, self._closing.charge(book, found, receipt, now_ns))
        self._work.wake()
        return found

    def adjust(self, trip: TripId, total: Money) -> Answer:
        """Makes the hold as large as the total, and waits for the answer; a decline is an answer, too.

        Raises:
            TillError: nothing can be held for this trip, or no answer came (it will be asked for in the background).
        """
        with self._book() as book:
            found = self._need(book, trip)
            payment = self._need_payment(book, found)
            if payment.due_minor is not None:
                raise TillError(f"trip {trip!r}: what is due is known already; there is nothing to adjust")
            event = AdjustWished(time_ns=self._now_ns(), total=total)
            self._closing.keep(book, self._closing.happened(book, found, event))
        self._work.send_all(payment.id)
        after = self._database.payment(payment.id)
        assert after is not None, "it was there a moment ago"
        return _adjust_answer(after, total)

    def capture(self, trip: TripId, amount: Money) -> Trip:
        """Takes what is held, and by token what it lacks. The same amount again changes nothing.

        Raises:
            TillError: another amount is being taken already.
        """
        with self._book() as book:
            found = self._need(book, trip)
            payment = self._need_payment(book, found)
            if payment.due_minor is not None and found.closed_ns:
                if payment.due_minor == amount.minor and payment.currency == amount.currency:
                    return found
                raise TillError(f"trip {trip!r} is charged {Money(payment.due_minor, payment.currency)} already")
            found = self._due(book, found, amount, "")
        self._work.wake()
        return found

    def cancel(self, trip: TripId) -> Trip:
        """Lets the hold go: nothing is paid.

        Raises:
            TillError: something is being paid already; refund it.
        """
        with self._book() as book:
            found = self._need(book, trip)
            payment = self._need_payment(book, found)
            if payment.due_minor:
                raise TillError(f"trip {trip!r} is paid already, or is being paid; refund it instead")
            if payment.due_minor == 0 and found.closed_ns:
                return found
            found = self._due(book, found, Money(0, payment.currency), "cancelled")
        self._work.wake()
        return found

    def refund(
        self,
        trip: TripId,
        amount: Money,
        *,
        key: str,
        reason: str,
        by: str,
        lines: Sequence[int] = (),
    ) -> Trip:
        """Gives money back, never more than was taken; again with the same key nothing happens.

        `lines` are numbers of lines of the receipt, from 0.

        Raises:
            PaymentError: more than can be given back, another currency, or the key was used for another amount.
        """
        with self._book() as book:
            found = self._need(book, trip)
            payment = self._need_payment(book, found)
            known = any(refund.key == key for refund in payment.refunds)
            standing = [r for r in payment.refunds if not payment.failed_minor(r)]
            parts = () if known else refund_parts(found.receipt, standing, max(0, amount.minor), lines)
            event = RefundAsked(
                time_ns=self._now_ns(), key=key, amount=amount, reason=reason, by=by, lines=tuple(lines), parts=parts
            )
            found = self._closing.keep(book, self._closing.happened(book, found, event))
        self._work.wake()
        return found

    def debt_paid(self, trip: TripId, settled: Money, *, by: str, key: str = "") -> Trip:
        """What could not be collected came in by another way, in whole or in part; so does what is owed in cash.

        Raises:
            PaymentError: more than is owed.
        """
        return self._owed(trip, lambda now_ns, made: DebtPaid(time_ns=now_ns, key=key or made, amount=settled, by=by))

    def write_off(self, trip: TripId, amount: Money, *, by: str, key: str = "") -> Trip:
        """Nobody hopes for a debt any more, or for a part of it."""
        return self._owed(trip, lambda now_ns, made: WrittenOff(time_ns=now_ns, key=key or made, amount=amount, by=by))

    def retry(self, trip: TripId, *, by: str) -> Trip:
        """Tries once more to collect a debt by the token of the payer."""
        return self._owed(trip, lambda now_ns, _made: Retried(time_ns=now_ns, by=by))

    def release(self, trip: TripId, *, by: str) -> Trip:
        """A person says that a trip in review is charged as it stands, with what is decided so far.

        Raises:
            TillError: it is not in review, or a visit on it waits for a decision of its own.
        """
        with self._book() as book:
            found = self._need(book, trip)
            people = self._closing.people(book, found)
            if found.status != "review" or any(is_undecided(left) for left in people):
                raise TillError(f"trip {trip!r} is not in review, or its visits wait for decisions; decide those first")
            _log.info("trip %s: released by %s", trip, by)
            found = self._closing.keep(book, self._closing.release(book, found, self._now_ns()))
        self._work.wake()
        return found

    def notice(self, answer: Answer, *, notice: str) -> None:
        """A processor told something by itself (a webhook); `notice` is its id, and the same one twice is one.

        A notice about an order that is not known here is no error: others may use the same account.

        Raises:
            PaymentError: the notice cannot be true, as an amount above the one that was asked for.
        """
        payment = PaymentId(answer.key.rpartition("/")[0].rpartition("/")[0])
        with self._book() as book:
            now_ns = self._now_ns()
            if not book.first_notice(notice, now_ns):
                return
            known = book.payment(payment)
            if known is not None:
                self._note(book, known, as_event(answer, now_ns))
        self._work.wake()

    # ---- inside ---------------------------------------------------------------------------------------------

    def _due(self, book: Book, trip: Trip, amount: Money, why: str) -> Trip:
        now_ns = self._now_ns()
        trip = _replace(trip, closed_ns=trip.closed_ns or now_ns, why=why, review_until_ns=0)
        if trip.receipt is not None and trip.receipt.total.gross == amount:
            return self._closing.keep(book, self._closing.due(book, trip, trip.receipt, now_ns, trip.receipt))
        event = Due(time_ns=now_ns, total=amount, reason=why)
        return self._closing.keep(book, self._closing.happened(book, trip, event))

    def _owed(self, trip: TripId, make: Callable[[int, str], PaymentEvent]) -> Trip:
        with self._book() as book:
            found = self._need(book, trip)
            payment = self._need_payment(book, found)
            event = make(self._now_ns(), f"{payment.id}/{payment.version}")
            found = self._closing.keep(book, self._closing.happened(book, found, event))
        self._work.wake()
        return found


def _adjust_answer(payment: Payment, total: Money) -> Answer:
    tried = [p for p in payment.placed if p.order.kind in ("adjust", "authorise")]
    key = tried[-1].order.key if tried else f"{payment.id}/adjust/0"
    if tried and tried[-1].unresolved:
        raise TillError(f"payment {payment.id!r}: the processor has not answered yet; ask again in a moment")
    hold = main_hold(payment)
    if hold is None:
        return Answer(key=key, outcome="declined", code=tried[-1].code if tried else "no_hold")
    held = Money(hold.minor, payment.currency)
    if hold.minor != total.minor and tried and tried[-1].outcome != "approved":
        return Answer(key=key, outcome="declined", reference=hold.reference, amount=held, code=tried[-1].code)
    if hold.minor < total.minor:
        return Answer(key=key, outcome="declined", reference=hold.reference, amount=held, code="partly")
    return Answer(key=key, outcome="approved", reference=hold.reference, amount=held, expires_ns=hold.expires_ns)
