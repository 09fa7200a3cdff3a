"""Trips that were paid, or are to be, with what went back of them and what turned out wrong."""

from collections.abc import Iterator

import msgspec

from tillfree.commerce.disputes import Dispute
from tillfree.commerce.payments.events import RefundAsked
from tillfree.commerce.payments.payment import Payment
from tillfree.commerce.trips import Trip, TripStatus
from tillfree.connectors.exports.sold import Correction, GivenBack, Sold, TaxShare
from tillfree.core.ids import PaymentId
from tillfree.storage.database.database import Database
from tillfree.storage.database.money.trips import TripQuery, trip_cursor
from tillfree.storage.database.paging import PAGE_MAX, rows_of_pages

__all__ = ["sold_trips"]

_SOLD: tuple[TripStatus, ...] = ("settling", "settled", "debt", "external")
_GOODS = "return"
"""A reason that begins so says that the goods came back with whoever wants the money."""
_NOT_TAKEN = ("not_taken", "fewer", "put_back")


def sold_trips(database: Database, since_ns: int | None, until_ns: int | None) -> Iterator[Sold]:
    """Trips begun at or after a time and before another that have a receipt to be paid, newest first."""
    query = TripQuery(since_ns=since_ns, until_ns=until_ns, statuses=_SOLD, limit=PAGE_MAX)
    for trip in rows_of_pages(
        lambda before: database.trips(msgspec.structs.replace(query, before=before)), trip_cursor, PAGE_MAX
    ):
        if trip.receipt is not None and trip.receipt.lines:
            yield _sold(database, trip)


def _sold(database: Database, trip: Trip) -> Sold:
    assert trip.receipt is not None
    payment = database.payment(trip.payment) if trip.payment else None
    disputes = database.disputes_of(trip.id)
    return Sold(
        trip=trip.id,
        time_ns=trip.closed_ns or trip.receipt.time_ns,
        receipt=trip.receipt,
        gate=trip.gate,
        status=trip.status,
        given_back=() if payment is None else _given_back(database, payment),
        corrections=tuple(_correction(dispute) for dispute in disputes if _was_wrong(dispute)),
        simulated=trip.simulated,
    )


def _given_back(database: Database, payment: Payment) -> tuple[GivenBack, ...]:
    if not payment.refunds:
        return ()
    times = _asked_ns(database, payment.id)
    return tuple(
        GivenBack(
            key=refund.key,
            time_ns=times.get(refund.key, payment.opened_ns),
            minor=refund.minor,
            reason=refund.reason,
            lines=refund.lines,
            shares=tuple(TaxShare(part.tax_class, part.net_minor, part.tax_minor) for part in refund.parts),
            goods=refund.reason.casefold().startswith(_GOODS),
        )
        for refund in payment.refunds
        # What the processor will never give back was never given.
        if payment.failed_minor(refund) < refund.minor
    )


def _asked_ns(database: Database, payment: PaymentId) -> dict[str, int]:
    """When each refund was asked for."""
    return {
        row.event.key: row.time_ns for row in database.payment_events(payment) if isinstance(row.event, RefundAsked)
    }


def _was_wrong(dispute: Dispute) -> bool:
    """Whether it was decided that less had been taken than the receipt says."""
    return dispute.reason in _NOT_TAKEN and dispute.given.minor > 0 and dispute.status in ("refunding", "refunded")


def _correction(dispute: Dispute) -> Correction:
    really = 0 if dispute.reason == "not_taken" else dispute.really
    return Correction(line=dispute.line, really=max(0, really), time_ns=dispute.decided_ns)
