"""What happens to a payment is written down: event, state, ledger, announcements and the trip's status, together."""

from typing import Any

import msgspec

from tillfree.commerce.payments.events import Opened, PaymentEvent
from tillfree.commerce.payments.machine import open_payment, step
from tillfree.commerce.payments.payment import FAILED, Payment
from tillfree.commerce.receipt import Receipt
from tillfree.commerce.trips import Trip
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_MINUTE
from tillfree.storage.database.money.book import Book

__all__ = ["announce_trip", "happened", "opened", "over"]


def opened(book: Book, event: Opened) -> Payment:
    """A new payment."""
    payment = open_payment(event)
    book.note(None, payment, event, None, None)
    return payment


def happened(
    book: Book, trip: Trip, event: PaymentEvent, payer_minutes: int, *, receipt_before: Receipt | None
) -> Trip:
    """The trip after an event of its payment.

    `trip` may carry a receipt that is not in the book yet; `receipt_before` is the one that is.

    Raises:
        PaymentError: the event cannot be.
    """
    before = book.payment(trip.payment)
    assert before is not None, "a trip's payment is written with it"
    after = step(before, event)
    if after is not before:
        book.note(before, after, event, trip.receipt, receipt_before)
        _announce(book, trip, before, after, event.time_ns)
    return _with_payment(book, trip, after, event.time_ns, payer_minutes)


def over(book: Book, trip: Trip, payer_minutes: int, now_ns: int) -> Trip:
    """The trip has ended for good: its payer is forgotten soon, and everybody is told."""
    trip = msgspec.structs.replace(trip, settled_ns=now_ns)
    book.erase_payer(trip.id, now_ns + payer_minutes * NS_PER_MINUTE + 1)
    announce_trip(book, trip, "trip.settled", now_ns)
    return trip


def announce_trip(book: Book, trip: Trip, kind: str, now_ns: int) -> None:
    """Tells of a trip: where it stands, and what its receipt comes to."""
    body: dict[str, Any] = {
        "trip": trip.id,
        "status": trip.status,
        "entry": trip.entry,
        "role": trip.role,
        "gate": trip.gate,
        "group_size": trip.group_size,
        "payment": trip.payment,
        "simulated": trip.simulated,
        "why": trip.why,
    }
    if trip.receipt is not None:
        body |= {
            "receipt": trip.receipt.id,
            "total_minor": trip.receipt.total.gross.minor,
            "currency": trip.receipt.currency,
        }
    book.announce(now_ns, kind, trip.id, body)


def _with_payment(book: Book, trip: Trip, payment: Payment, now_ns: int, payer_minutes: int) -> Trip:
    held = payment.held_minor
    trip = msgspec.structs.replace(trip, hold=Money(held, payment.currency) if held else None)
    if payment.due_minor is None or not trip.closed_ns:
        return trip
    moving = any(p.unresolved and p.order.kind != "refund" for p in payment.placed)
    if payment.debt_minor and payment.method == "card" and not moving:
        if trip.status == "debt":
            return trip
        book.erase_payer(trip.id, 0)
        return msgspec.structs.replace(trip, status="debt", settled_ns=0, why="could not be collected")
    owed_in_cash = payment.debt_minor and payment.method == "cash"
    if moving or held or owed_in_cash:
        why = "to be paid in cash" if owed_in_cash else trip.why
        if trip.settled_ns:
            # It was over and is not (a capture failed afterwards): whoever pays must be known as long as that takes.
            book.erase_payer(trip.id, 0)
        return msgspec.structs.replace(trip, status=_unless_abandoned(trip, "settling"), settled_ns=0, why=why)
    if trip.settled_ns:
        return trip
    status = _unless_abandoned(trip, "settled" if payment.due_minor else "void")
    why = "" if trip.status == "debt" or trip.why == "to be paid in cash" else trip.why
    if payment.written_off_minor and trip.status == "debt":
        why = "written off"
    return over(book, msgspec.structs.replace(trip, status=status, why=why), payer_minutes, now_ns)


def _unless_abandoned(trip: Trip, status: str) -> Any:
    return "abandoned" if trip.status == "abandoned" else status


# ---- telling --------------------------------------------------------------------------------------------------------


def _announce(book: Book, trip: Trip, before: Payment, after: Payment, now_ns: int) -> None:
    def tell(kind: str, minor: int, **more: Any) -> None:
        body = {
            "trip": after.trip,
            "payment": after.id,
            "amount_minor": minor,
            "currency": after.currency,
            "simulated": trip.simulated,
            **more,
        }
        book.announce(now_ns, kind, after.id, body)

    held, was_held = after.held_minor, before.held_minor
    if held and held != was_held:
        tell("payment.held", held)
    for kind, code in _newly_failed(before, after):
        tell("payment.declined", 0, order=kind, code=code)
    if (taken := after.taken_minor) > before.taken_minor:
        tell("payment.captured", taken - before.taken_minor, taken_minor=taken, due_minor=after.due_minor)
    if was_held and not held and not after.taken_minor and after.due_minor == 0:
        tell("payment.voided", was_held)
    if (returned := after.returned_minor) > before.returned_minor:
        more = {"returned_minor": returned, "reason": _reason(before, after), "refund": _refund_key(before, after)}
        tell("payment.refunded", returned - before.returned_minor, **more)
    if after.debt_minor and after.debt_minor != before.debt_minor and after.method == "card":
        tell("payment.debt", after.debt_minor)


def _newly_failed(before: Payment, after: Payment) -> list[tuple[str, str]]:
    known = {p.order.key for p in before.placed if p.outcome in FAILED}
    return [
        (p.order.kind, p.code)
        for p in after.placed
        if p.outcome in FAILED and p.order.key not in known and p.order.kind in ("authorise", "adjust", "charge")
    ]


def _new_refunds(before: Payment, after: Payment) -> list[tuple[str, str]]:
    if after.method != "card":
        return [(refund.key, refund.reason) for refund in after.refunds[len(before.refunds) :]]
    known = {p.order.key for p in before.placed if p.outcome == "approved"}
    return [
        (p.refund, p.order.reason)
        for p in after.placed
        if p.order.kind == "refund" and p.outcome == "approved" and p.order.key not in known
    ]


def _reason(before: Payment, after: Payment) -> str:
    return next((reason for _, reason in _new_refunds(before, after)), "")


def _refund_key(before: Payment, after: Payment) -> str:
    return next((key for key, _ in _new_refunds(before, after)), "")
