"""The till: trips in, money and receipts out; whatever breaks in between, nothing is lost and nothing is done twice."""

import contextlib
import logging
import random
import threading
from collections.abc import Callable, Iterator, Sequence

import msgspec

from tillfree.commerce.errors import PaymentError
from tillfree.commerce.ledger import refund_parts
from tillfree.commerce.payments.events import (
    AdjustWished,
    DebtPaid,
    Due,
    HoldExpired,
    Opened,
    PaymentEvent,
    RefundAsked,
    Reopened,
    Retried,
    WrittenOff,
)
from tillfree.commerce.payments.machine import TERMINAL
from tillfree.commerce.payments.payment import Hold, Method, Payment, main_hold
from tillfree.commerce.payments.processor import Answer, Processor
from tillfree.commerce.pricing import Pricing
from tillfree.commerce.receipt import Receipt
from tillfree.commerce.trips import Payer, Trip
from tillfree.core.events import CartLine
from tillfree.core.ids import PaymentId, TripId, VisitId
from tillfree.core.money import Money
from tillfree.storage.database.database import Database
from tillfree.storage.database.money.book import Book
from tillfree.storage.database.records import VisitRecord
from tillfree.store.settings import StoreSettings
from tillfree.store.till.carts import combined_lines, is_undecided
from tillfree.store.till.closing import NOBODY_PAYS, Closing
from tillfree.store.till.errors import TillError
from tillfree.store.till.paying import announce_trip, opened
from tillfree.store.till.policy import DefaultPolicy, Policy
from tillfree.store.till.sending import Sending, Sent, as_event
from tillfree.store.till.work import Work

__all__ = ["Till"]

_log = logging.getLogger(__name__)
_replace = msgspec.structs.replace
_AT_ONCE = 200
_NS = 10**9


class Till:
    """What happens to trips. Methods may be called by any thread; what one has returned from is on the disk.

    Any of them raises DatabaseError where the database cannot be used, and TillError where there is no such trip.
    """

    def __init__(  # noqa: PLR0913 - what a till is made from
        self,
        database: Database,
        settings: StoreSettings,
        processor: Processor,
        now_ns: Callable[[], int],
        *,
        prices: Callable[[], Pricing] | None = None,
        policy: Policy | None = None,
        retailer_prices: bool = False,
        workers: int | None = None,
        chance: random.Random | None = None,
    ) -> None:
        """`now_ns` is the wall clock, `prices` gives the price list in force, for carts of several visits.

        With `workers=0` there are no threads: `tick` does all that is due before it returns. `chance` spreads retries.
        `retailer_prices`: the retailer's systems price and charge (trips become "external").
        """
        self._database = database
        self._settings = settings.payments
        self._currency = settings.currency
        self._now_ns = now_ns
        self._closing = Closing(
            settings.payments,
            policy or DefaultPolicy(settings.payments),
            prices,
            retailer_prices=retailer_prices,
        )
        self._lock = threading.RLock()
        self._shared: Book | None = None
        self._sending = Sending(processor, settings.payments, chance or random.Random())  # noqa: S311 - no secret
        count = settings.payments.workers if workers is None else workers
        self._work = Work(database, self._sending, self._apply, now_ns, workers=count)
        database.mark_sent()
        self._recover()
        self._work.start()

    # ---- the way of a trip ----------------------------------------------------------------------------------

    def open(self, trip: Trip, payer: Payer) -> Trip:
        """The gate let somebody in: keeps the trip, and asks for the hold in the background.

        The same trip again changes nothing.
        """
        with self._book() as book:
            known = book.trip(trip.id)
            if known is not None:
                return known
            now_ns = self._now_ns()
            method = _method(trip, payer)
            if method is not None:
                trip = _replace(trip, payment=PaymentId(f"pay-{trip.id}"))
                opened(book, self._opening(trip, payer, method, now_ns))
            book.put_payer(trip.id, payer)
            announce_trip(book, trip, "trip.opened", now_ns)
            trip = self._closing.keep(book, trip)
        self._work.wake()
        return trip

    def bind(self, trip: TripId, visit: VisitId) -> None:
        """Somebody came in on it; the trip is opened again where it was over, as long as its payer is known.

        Raises:
            TillError: the visit belongs to another trip, or the trip is over and its payer is forgotten.
        """
        with self._book() as book:
            found = self._need(book, trip)
            other = book.trip_of(visit)
            if other is not None:
                if other.id != trip:
                    raise TillError(f"visit {visit!r} belongs to trip {other.id!r} already, not to {trip!r}")
                return
            if found.status != "inside":
                found = self._reopened(book, found)
            book.bind(trip, visit)
            self._closing.keep(book, _replace(found, visits=(*found.visits, visit)))

    def finished(self, record: VisitRecord) -> None:
        """A visit is over: when it was the last one of its trip, the trip is priced, and paid or sent to review.

        Somebody who came in on no entry has a trip of their own, with a receipt that nobody pays.
        """
        with self._book() as book:
            book.keep_record(record)
            self._leave(book, record.visit, record)
        self._work.wake()

    def tick(self) -> None:
        """Goes on with what waits: answers, retries, decisions of people, deadlines. Called about every second."""
        now_ns = self._now_ns()
        while self._look(now_ns):
            pass
        self._look_at_holds(now_ns)
        self._database.erase_payers(now_ns)
        self._work.tick()

    def close(self) -> None:
        """Ends the threads; what waits goes on at the next start."""
        self._work.close()

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Everything that this thread asks of the till inside is one transaction, kept at the end or not at all.

        For those who bring in many trips at once; other threads wait meanwhile.
        """
        with self._lock, self._database.book() as book:
            self._shared = book
            try:
                yield
            finally:
                self._shared = None
        self._work.wake()

    # ---- what people and other systems can do ---------------------------------------------------------------

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

    def lines(self, trip: TripId) -> tuple[CartLine, ...]:
        """The combined cart of those who left, as far as it is decided."""
        with self._book() as book:
            return combined_lines(self._closing.people(book, self._need(book, trip)))

    # ---- inside ---------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _book(self) -> Iterator[Book]:
        with self._lock:
            if self._shared is not None:
                yield self._shared
                return
            with self._database.book() as book:
                yield book

    def _need(self, book: Book, trip: TripId) -> Trip:
        found = book.trip(trip)
        if found is None:
            raise TillError(f"there is no trip {trip!r}; it may be erased by now")
        return found

    def _need_payment(self, book: Book, trip: Trip) -> Payment:
        payment = book.payment(trip.payment) if trip.payment else None
        if payment is None:
            raise TillError(f"trip {trip.id!r} has no payment: {trip.why or 'nobody pays for it here'}")
        return payment

    def _opening(self, trip: Trip, payer: Payer, method: Method, now_ns: int) -> Opened:
        terminal = None
        if payer.terminal_hold and trip.hold is not None:
            terminal = Hold(TERMINAL, payer.terminal_hold, trip.hold.minor, payer.terminal_hold_until_ns, "held")
        return Opened(
            time_ns=now_ns,
            payment=trip.payment,
            trip=trip.id,
            method=method,
            hold=Money(self._settings.hold_minor, self._currency),
            chargeable=bool(payer.token),
            terminal=terminal,
        )

    def _reopened(self, book: Book, trip: Trip) -> Trip:
        payment = book.payment(trip.payment) if trip.payment else None
        if payment is not None and (trip.status == "debt" or book.payer(trip.id) is None):
            raise TillError(f"trip {trip.id!r} is over ({trip.status}), and cannot be paid any more; open a new one")
        now_ns = self._now_ns()
        trip = _replace(trip, status="inside", closed_ns=0, settled_ns=0, review_until_ns=0, why="came in again")
        book.erase_payer(trip.id, 0)
        return trip if payment is None else self._closing.happened(book, trip, Reopened(time_ns=now_ns))

    def _leave(self, book: Book, visit: VisitId, record: VisitRecord) -> None:
        now_ns = self._now_ns()
        trip = book.trip_of(visit)
        if trip is None:
            trip = Trip(
                id=TripId(f"open-{visit}"),
                gate="",
                entry="open",
                opened_ns=min(record.opened_ns, now_ns),
                visits=(visit,),
                why=NOBODY_PAYS,
                simulated=record.simulated,
            )
            book.bind(trip.id, visit)
            announce_trip(book, trip, "trip.opened", now_ns)
        if visit not in trip.left:
            trip = _replace(trip, left=(*trip.left, visit))
            self._closing.look(book, trip, now_ns)

    def _recover(self) -> None:
        """Visits that were kept when the program ended before their trip knew."""
        with self._book() as book:
            for visit in book.finished_unseen():
                record = book.record(visit)
                if record is not None:
                    self._leave(book, visit, record)

    def _due(self, book: Book, trip: Trip, amount: Money, why: str) -> Trip:
        now_ns = self._now_ns()
        trip = _replace(trip, closed_ns=trip.closed_ns or now_ns, why=why, review_until_ns=0)
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

    def _look(self, now_ns: int) -> bool:
        """A page of trips and holds whose time has come; whether there may be more."""
        with self._book() as book:
            waking, decided = book.to_wake(now_ns, _AT_ONCE), book.decided(_AT_ONCE)
            for trip in {trip.id: trip for trip in (*waking, *decided)}.values():
                self._closing.look(book, trip, now_ns)
        return len(waking) == _AT_ONCE

    def _look_at_holds(self, now_ns: int) -> None:
        """Asks for another hold where one ends before the trip does."""
        margin_ns = self._settings.hold_margin_s * _NS
        with self._book() as book:
            for payment in book.holds_ending(now_ns + margin_ns, _AT_ONCE):
                hold = main_hold(payment)
                if hold is not None and now_ns >= hold.expires_ns - min(margin_ns, hold.lasts_ns // 4):
                    self._note(book, payment, HoldExpired(time_ns=now_ns, key=hold.key))

    def _apply(self, results: Sequence[Sent]) -> None:
        """Writes down what became of orders, all in one transaction."""
        with self._book() as book:
            for sent in results:
                payment = book.payment(sent.order.payment)
                if payment is None:
                    continue
                if sent.again is not None:
                    book.postpone(sent.again)
                if sent.event is None:
                    continue
                try:
                    self._note(book, payment, sent.event)
                except PaymentError as error:
                    # What cannot be is not booked; it is looked up again until it can.
                    _log.error("payment %s: %s", payment.id, error)
                    book.postpone(self._sending.later(sent.order, self._now_ns()))

    def _note(self, book: Book, payment: Payment, event: PaymentEvent) -> None:
        trip = self._need(book, payment.trip)
        self._closing.keep(book, self._closing.happened(book, trip, event))


def _method(trip: Trip, payer: Payer) -> Method | None:
    """How a trip is paid; None where nobody pays, or somebody else takes the money."""
    if trip.role != "shopper" or trip.entry == "open":
        return None
    if payer.kind in ("card", "account"):
        return "card" if payer.token or payer.terminal_hold else None
    if payer.kind == "badge":
        return "badge"
    return "cash" if payer.kind == "cash" else None


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
