"""The till: trips in, money and receipts out; whatever breaks in between, nothing is lost and nothing is done twice."""

from collections.abc import Callable, Sequence

from tillfree.commerce.payments.processor import Answer, Processor
from tillfree.commerce.receipt import Receipt
from tillfree.commerce.trips import Payer, Trip
from tillfree.core.events import CartLine
from tillfree.core.ids import TripId, VisitId
from tillfree.core.money import Money
from tillfree.storage.database.database import Database
from tillfree.storage.database.records import VisitRecord
from tillfree.store.settings import StoreSettings

__all__ = ["Till"]


class Till:
    """What happens to trips. Methods may be called by any thread; what one has returned from is on the disk."""

    def __init__(
        self, database: Database, settings: StoreSettings, processor: Processor, now_ns: Callable[[], int]
    ) -> None:
        """`now_ns` is the wall clock."""
        raise NotImplementedError

    # ---- the way of a trip ----------------------------------------------------------------------------------

    def open(self, trip: Trip, payer: Payer) -> Trip:
        """The gate let somebody in: keeps the trip, and asks for the hold in the background."""
        raise NotImplementedError

    def bind(self, trip: TripId, visit: VisitId) -> None:
        """Somebody came in on it."""
        raise NotImplementedError

    def finished(self, record: VisitRecord) -> None:
        """A visit is over: when it was the last one of its trip, the trip is priced, and paid or sent to review."""
        raise NotImplementedError

    def tick(self) -> None:
        """Goes on with what waits: answers, retries, decisions of people, deadlines. Called about every second."""
        raise NotImplementedError

    def close(self) -> None:
        """Ends the threads; what waits goes on at the next start."""
        raise NotImplementedError

    # ---- what people and other systems can do ---------------------------------------------------------------

    def checkout(self, trip: TripId, receipt: Receipt) -> Trip:
        """Another system priced the cart: this receipt is charged. Again with the same receipt nothing happens."""
        raise NotImplementedError

    def adjust(self, trip: TripId, total: Money) -> Answer:
        """Makes the hold as large as the total, and waits for the answer; a decline is an answer, too."""
        raise NotImplementedError

    def capture(self, trip: TripId, amount: Money) -> Trip:
        """Takes what is held."""
        raise NotImplementedError

    def cancel(self, trip: TripId) -> Trip:
        """Lets the hold go: nothing is paid."""
        raise NotImplementedError

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
        """Gives money back, never more than was taken; again with the same key nothing happens."""
        raise NotImplementedError

    def debt_paid(self, trip: TripId, settled: Money, *, by: str) -> Trip:
        """What could not be collected came in by another way, in whole or in part."""
        raise NotImplementedError

    def notice(self, answer: Answer, *, notice: str) -> None:
        """A processor told something by itself (a webhook); `notice` is its id, and the same one twice is one."""
        raise NotImplementedError

    def lines(self, trip: TripId) -> tuple[CartLine, ...]:
        """The combined cart of those who left, as far as it is decided."""
        raise NotImplementedError
