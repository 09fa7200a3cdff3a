"""What happens to money, told in the feed of the live page as it happens: taken, let go, declined, owed, given back."""

from collections.abc import Callable

from tillfree.core.ids import TripId, VisitId
from tillfree.core.money import Money
from tillfree.storage.database.database import Database
from tillfree.storage.database.money.announcements import Announcement
from tillfree.store.running.state import FeedEntry

__all__ = ["MoneyTold"]

_TOLD: dict[str, str] = {
    "payment.captured": "paid",
    "payment.voided": "let_go",
    "payment.declined": "declined",
    "payment.debt": "debt",
    "payment.refunded": "refunded",
}
"""The kind of entry for each announcement; of a hold the gate has told already."""
_AT_ONCE = 100


class MoneyTold:
    """Tells what was announced since it was made. What came before is on the page of trips: a feed is about now."""

    def __init__(self, database: Database, tell: Callable[[FeedEntry], None]) -> None:
        self._database = database
        self._tell = tell
        self._told = database.newest_announcement()

    def tick(self) -> None:
        """Tells what is new."""
        while found := self._database.announcements(self._told, _AT_ONCE, kinds=tuple(_TOLD)):
            for announcement in found:
                self._tell(self._entry(announcement))
                self._told = announcement.number

    def _entry(self, announcement: Announcement) -> FeedEntry:
        body = announcement.body
        trip = self._database.trip(TripId(body["trip"]))
        return FeedEntry(
            sequence=0,
            time_ns=announcement.time_ns,
            kind=_TOLD[announcement.kind],
            visit=trip.visits[0] if trip is not None and trip.visits else VisitId(""),
            trip=TripId(body["trip"]),
            total=Money(body["amount_minor"], body["currency"]),
        )
