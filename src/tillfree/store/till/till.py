"""The till: trips in, money and receipts out; whatever breaks in between, nothing is lost and nothing is done twice."""

import contextlib
from collections.abc import Iterator

from tillfree.commerce.assisted import Handed, handed_of
from tillfree.commerce.payments.events import HoldExpired
from tillfree.commerce.payments.payment import main_hold
from tillfree.core.events import CartLine
from tillfree.core.ids import ProductId, TripId
from tillfree.core.time import NS_PER_S
from tillfree.store.till.assisting import Assisting
from tillfree.store.till.carts import combined_lines, weights_of
from tillfree.store.till.selling import Selling

__all__ = ["Till"]

_AT_ONCE = 200


class Till(Assisting, Selling):
    """What happens to trips. Methods may be called by any thread; what one has returned from is on the disk.

    Any of them raises DatabaseError where the database cannot be used, and TillError where there is no such trip.
    """

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

    def lines(self, trip: TripId) -> tuple[CartLine, ...]:
        """What those who left carried out together, as far as it is decided."""
        with self._book() as book:
            return combined_lines(self._closing.people(book, self._need(book, trip)))

    def weights(self, trip: TripId) -> dict[ProductId, int]:
        """Grams of what in the cart was weighed; what is not in it was counted, or could not be weighed."""
        with self._book() as book:
            return weights_of(self._closing.people(book, self._need(book, trip)))

    def handed(self, trip: TripId) -> tuple[Handed, ...]:
        """What staff handed over of the combined cart, beside `lines`."""
        with self._book() as book:
            return handed_of(self._need(book, trip).added)

    # ---- inside ---------------------------------------------------------------------------------------------

    def _look(self, now_ns: int) -> bool:
        """A page of trips and holds whose time has come; whether there may be more."""
        if not self._database.looks_due(now_ns):
            return False
        with self._book() as book:
            waking, decided = book.to_wake(now_ns, _AT_ONCE), book.decided(_AT_ONCE)
            for trip in {trip.id: trip for trip in (*waking, *decided)}.values():
                self._closing.look(book, trip, now_ns)
        return len(waking) == _AT_ONCE

    def _look_at_holds(self, now_ns: int) -> None:
        """Asks for another hold where one ends before the trip does."""
        margin_ns = self._settings.hold_margin_s * NS_PER_S
        if not self._database.holds_end(now_ns + margin_ns):
            return
        with self._book() as book:
            for payment in book.holds_ending(now_ns + margin_ns, _AT_ONCE):
                hold = main_hold(payment)
                if hold is not None and now_ns >= hold.expires_ns - min(margin_ns, hold.lasts_ns // 4):
                    self._note(book, payment, HoldExpired(time_ns=now_ns, key=hold.key))
