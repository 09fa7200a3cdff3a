"""A console with trips that are paid, their receipts, and a till that only writes down what it gives back."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec

from tests.web.conftest import console_on, wait_until_ended
from tillfree.commerce.receipt import Receipt
from tillfree.commerce.trips import Payer, Trip
from tillfree.core.errors import TillfreeError
from tillfree.core.ids import PaymentId, TripId
from tillfree.core.money import Money
from tillfree.storage.database.database import Database
from tillfree.storage.database.visits import VisitQuery
from tillfree.store.receipts.desk import ReceiptDesk
from tillfree.store.settings import StoreSettings
from tillfree.web.console import Console

__all__ = ["GivingBack", "ShopperStore", "put_trip", "shopper_store"]


class GivingBack:
    """Stands in for the till, whose tests are elsewhere: keeps what it is told to give back; `broken` refuses."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.given: dict[str, tuple[TripId, Money, tuple[int, ...]]] = {}
        self.broken = False

    def refund(
        self, trip: TripId, amount: Money, *, key: str, reason: str, by: str, lines: Sequence[int] = ()
    ) -> Trip:
        assert reason
        assert by
        if self.broken:
            raise TillfreeError("the payment cannot be reached; it will be tried again")
        self.given.setdefault(key, (trip, amount, tuple(lines)))
        found = self._database.trip(trip)
        assert found is not None
        return found


class ShopperStore(msgspec.Struct):
    """A console, its till, and trips by the order in which they were made."""

    console: Console
    till: GivingBack
    trips: list[Trip]

    @property
    def desk(self) -> ReceiptDesk:
        assert self.console.receipts is not None
        return self.console.receipts


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


@contextmanager
def shopper_store(settings: StoreSettings | None = None, *, demo: bool = False) -> Iterator[ShopperStore]:
    """Trips of the visits of a short simulation, each charged with its model's receipt; nothing is announced yet."""
    with console_on(demo=demo) as console:
        wait_until_ended(console.store)
        database = console.database
        till = GivingBack(database)
        console.receipts = ReceiptDesk(database, settings or StoreSettings(), till, console.now_ns, zone=console.zone)
        trips = []
        for number, row in enumerate(reversed(database.visits(VisitQuery(limit=50)))):
            record = database.visit(row.visit)
            assert record is not None
            receipt = record.receipt
            if receipt.status != "charge" or not receipt.lines:
                continue
            receipt = _unsure(receipt)
            trip = Trip(
                id=TripId(f"trip-{number}"),
                gate="g1",
                entry="card",
                opened_ns=console.now_ns(),
                closed_ns=console.now_ns(),
                visits=(row.visit,),
                left=(row.visit,),
                status="settled",
                payment=PaymentId(f"pay-{number}"),
                receipt=receipt,
                simulated=True,
            )
            put_trip(database, trip, final=False)
            trips.append(trip)
        yield ShopperStore(console, till, trips)


def _unsure(receipt: Receipt) -> Receipt:
    """The first line is one that the model is less sure of, the others are sure."""
    lines = tuple(
        msgspec.structs.replace(line, probability=0.9 if place == 0 else 0.999)
        for place, line in enumerate(receipt.lines)
    )
    return msgspec.structs.replace(receipt, lines=lines)
