"""A console with trips that are paid, their receipts, and a till that only writes down what it gives back."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from tests.store.receipts.kept_trips import GivingBack, put_trip
from tests.web.conftest import console_on, wait_until_ended
from tillfree.commerce.receipt import Receipt
from tillfree.commerce.trips import Trip
from tillfree.core.ids import PaymentId, TripId
from tillfree.storage.database.visits import VisitQuery
from tillfree.store.receipts.desk import ReceiptDesk
from tillfree.store.settings import StoreSettings
from tillfree.web.console import Console

__all__ = ["ShopperStore", "shopper_store"]


class ShopperStore(msgspec.Struct):
    """A console, its till, and trips by the order in which they were made."""

    console: Console
    till: GivingBack
    trips: list[Trip]

    @property
    def desk(self) -> ReceiptDesk:
        assert self.console.receipts is not None
        return self.console.receipts


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
