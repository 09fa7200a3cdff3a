"""Who comes in and who leaves: trips are opened, joined, and closed when the last one is gone."""

from collections.abc import Sequence

import msgspec

from tillfree.commerce.payments.events import AdjustWished, Opened, Reopened
from tillfree.commerce.payments.machine import TERMINAL
from tillfree.commerce.payments.payment import Hold, Method
from tillfree.commerce.pricing import COUPONS_MAX
from tillfree.commerce.trips import Payer, Trip
from tillfree.core.ids import PaymentId, TripId, VisitId
from tillfree.core.money import Money
from tillfree.storage.database.entry import Admission
from tillfree.storage.database.money.book import Book
from tillfree.storage.database.records import VisitRecord
from tillfree.store.till.base import TillBase
from tillfree.store.till.closing import NOBODY_PAYS
from tillfree.store.till.errors import NotAdmittedError, TillError
from tillfree.store.till.paying import announce_trip, opened

__all__ = ["Arriving"]

_replace = msgspec.structs.replace


class Arriving(TillBase):
    """The part of the till that follows a trip through the shop."""

    def open(self, trip: Trip, payer: Payer, *, hold: Money | None = None, admission: Admission | None = None) -> Trip:
        """The gate let somebody in: keeps the trip, and asks for the hold in the background.

        `hold` is another amount than that of the settings, as the retailer's system may want it; where a terminal put
        money aside already, that is changed to it. The same trip again changes nothing.
        The `admission`, where there is one, is written in the same transaction: both or neither.

        Raises:
            NotAdmittedError: the admission cannot be, and nothing was written.
        """
        with self._book() as book:
            known = book.trip(trip.id)
            if known is not None:
                return known
            if admission is not None and (reason := book.admit(admission)):
                raise NotAdmittedError(trip.id, reason)
            now_ns = self._now_ns()
            theirs = self._retailer_charges and (payer.kind == "account" or trip.entry == "code")
            method = None if theirs else _method(trip, payer)
            if method is not None:
                trip = _replace(trip, payment=PaymentId(f"pay-{trip.id}"))
                opened(book, self._opening(trip, payer, method, now_ns, hold))
            book.put_payer(trip.id, payer)
            announce_trip(book, trip, "trip.opened", now_ns)
            if method == "card" and payer.terminal_hold and hold is not None:
                trip = self._closing.happened(book, trip, AdjustWished(time_ns=now_ns, total=hold))
            trip = self._closing.keep(book, trip)
        self._work.wake()
        return trip

    def note_offers(self, trip: TripId, *, loyalty: str = "", coupons: Sequence[str] = ()) -> Trip:
        """A loyalty code or coupons were shown for a trip that is not priced yet; what was shown before stays.

        Raises:
            TillError: it is priced already, or its payer is forgotten.
        """
        with self._book() as book:
            found = self._need(book, trip)
            payer = book.payer(trip)
            if found.receipt is not None or found.status not in ("inside", "review") or payer is None:
                raise TillError(f"trip {trip!r} is priced already ({found.status}): show loyalty and coupons before")
            merged = tuple(dict.fromkeys((*payer.coupons, *coupons)))
            if len(merged) > COUPONS_MAX:
                raise TillError(f"trip {trip!r} would have {len(merged)} coupons: it takes at most {COUPONS_MAX}")
            book.put_payer(trip, _replace(payer, loyalty=loyalty or payer.loyalty, coupons=merged))
            return self._closing.keep(book, _replace(found, loyalty=found.loyalty or bool(loyalty)))

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

    # ---- inside ---------------------------------------------------------------------------------------------

    def _opening(self, trip: Trip, payer: Payer, method: Method, now_ns: int, hold: Money | None) -> Opened:
        terminal = None
        if payer.terminal_hold and trip.hold is not None:
            terminal = Hold(TERMINAL, payer.terminal_hold, trip.hold.minor, payer.terminal_hold_until_ns, "held")
        return Opened(
            time_ns=now_ns,
            payment=trip.payment,
            trip=trip.id,
            method=method,
            hold=Money(self._settings.hold_minor, self._currency) if hold is None else hold,
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
        if trip is None and record.trip and (trip := book.trip(record.trip)) is not None:
            trip = _replace(trip, visits=(*trip.visits, visit))
            book.bind(trip.id, visit)
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


def _method(trip: Trip, payer: Payer) -> Method | None:
    """How a trip is paid; None where nobody pays, or somebody else takes the money."""
    if trip.role != "shopper" or trip.entry == "open":
        return None
    if payer.kind in ("card", "account"):
        return "card" if payer.token or payer.terminal_hold else None
    if payer.kind == "badge":
        return "badge"
    return "cash" if payer.kind == "cash" else None
