"""Trips as the till keeps them, and a till that only writes down what it gives back."""

from collections.abc import Sequence

from tests.commerce.receipts_to_show import full_receipt
from tillfree.commerce.receipt import Receipt
from tillfree.commerce.trips import Payer, Trip
from tillfree.core.errors import TillfreeError
from tillfree.core.ids import PaymentId, TripId, VisitId
from tillfree.core.money import Money
from tillfree.storage.database.database import Database

__all__ = ["NOW", "Clock", "GivingBack", "paid_trip", "put_trip"]

NOW = 1_795_000_000_000_000_000


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self, now_ns: int = NOW) -> None:
        self.now_ns = now_ns

    def __call__(self) -> int:
        return self.now_ns

    def on(self, seconds: float) -> None:
        """Later."""
        self.now_ns += int(seconds * 1e9)


def paid_trip(name: str = "trip-1", receipt: Receipt | None = None, *, gate: str = "g1", language: str = "") -> Trip:
    """A trip that is paid, with its receipt."""
    return Trip(
        id=TripId(name),
        gate=gate,
        entry="card",
        opened_ns=NOW - 10**11,
        closed_ns=NOW,
        visits=(VisitId(f"{name}-visit"),),
        left=(VisitId(f"{name}-visit"),),
        status="settled",
        payment=PaymentId(f"{name}-payment"),
        receipt=full_receipt() if receipt is None else receipt,
        language=language,
    )


class GivingBack:
    """Stands in for the till, whose tests are elsewhere: keeps what it is told to give back; `broken` refuses."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.given: dict[str, tuple[TripId, Money, tuple[int, ...]]] = {}
        self.broken = False

    def refund(self, trip: TripId, amount: Money, *, key: str, reason: str, by: str, lines: Sequence[int] = ()) -> Trip:
        assert reason
        assert by
        if self.broken:
            raise TillfreeError("the payment cannot be reached; it will be tried again")
        self.given.setdefault(key, (trip, amount, tuple(lines)))
        found = self._database.trip(trip)
        assert found is not None
        return found


def put_trip(database: Database, trip: Trip, payer: Payer | None = None, *, final: bool = True) -> None:
    """Keeps a trip as the till does when its receipt is made."""
    with database.book() as book:
        book.put_trip(trip)
        for visit in trip.visits:
            book.bind(trip.id, visit)
        if payer is not None:
            book.put_payer(trip.id, payer)
        if final and trip.receipt is not None:
            book.announce(trip.closed_ns, "receipt.final", trip.id, {"trip": trip.id})
