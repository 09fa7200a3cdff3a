"""What all parts of the till share: the book, the settings, and who sends orders."""

import abc
import contextlib
import logging
import random
import threading
from collections.abc import Callable, Iterator, Sequence

from tillfree.commerce.errors import PaymentError
from tillfree.commerce.payments.events import PaymentEvent
from tillfree.commerce.payments.payment import Payment
from tillfree.commerce.payments.processor import Processor
from tillfree.commerce.pricing import Pricing
from tillfree.commerce.trips import Trip
from tillfree.core.ids import TripId
from tillfree.storage.database.database import Database
from tillfree.storage.database.money.book import Book
from tillfree.store.settings import StoreSettings
from tillfree.store.till.closing import Closing
from tillfree.store.till.errors import TillError
from tillfree.store.till.policy import Policy
from tillfree.store.till.sending import Sending, Sent
from tillfree.store.till.table_policy import TablePolicy
from tillfree.store.till.work import Work

__all__ = ["TillBase"]

_log = logging.getLogger(__name__)


class TillBase(abc.ABC):
    """A till without anything to do yet."""

    def __init__(  # noqa: PLR0913 - what a till is made from
        self,
        database: Database,
        settings: StoreSettings,
        processor: Processor,
        now_ns: Callable[[], int],
        *,
        prices: Callable[[int], Pricing] | None = None,
        policy: Policy | None = None,
        retailer_prices: bool = False,
        workers: int | None = None,
        chance: random.Random | None = None,
    ) -> None:
        """`now_ns` is the wall clock, `prices` gives what things cost at a time, for carts that are priced later.

        With `workers=0` there are no threads: `tick` does all that is due before it returns. `chance` spreads retries.
        `policy` is that of the settings unless another is given.
        `retailer_prices`: the retailer's systems price, as if the settings said so (trips become "external").
        """
        self._database = database
        self._settings = settings.payments
        self._currency = settings.currency
        self._now_ns = now_ns
        self._closing = Closing(
            settings.payments,
            policy or TablePolicy(settings),
            prices,
            retailer_prices=retailer_prices or settings.retailer.prices == "retailer",
            retailer_calls=settings.retailer.charges != "tillfree",
        )
        self._retailer_charges = settings.retailer.charges == "retailer"
        self._lock = threading.RLock()
        self._shared: Book | None = None
        self._sending = Sending(processor, settings.payments, chance or random.Random())  # noqa: S311 - no secret
        count = settings.payments.workers if workers is None else workers
        self._work = Work(
            database,
            self._sending,
            self._apply,
            now_ns,
            workers=count,
            longest_wait_s=settings.payments.longest_retry_s,
        )
        database.mark_sent()
        self._recover()
        self._work.start()

    @abc.abstractmethod
    def _recover(self) -> None:
        """What was going on when the program ended."""

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

    def _note(self, book: Book, payment: Payment, event: PaymentEvent) -> None:
        trip = self._need(book, payment.trip)
        self._closing.keep(book, self._closing.happened(book, trip, event))

    def _apply(self, results: Sequence[Sent]) -> None:
        """Writes down what became of orders, all in one transaction."""
        with self._book() as book:
            book.read_ahead(sent.order.payment for sent in results)
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
