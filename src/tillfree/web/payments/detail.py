"""One trip: who came in on it, its receipt, what happened to the money, and what the books say of it."""

from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response

from tillfree.commerce.payments.payment import Payment
from tillfree.commerce.payments.states import state_of
from tillfree.commerce.trips import Trip
from tillfree.core.ids import TripId, VisitId
from tillfree.core.money import Money
from tillfree.storage.database.money.ledger import LedgerQuery
from tillfree.web.errors import NotThere
from tillfree.web.gate.words import gate_name
from tillfree.web.payments.handed import handed_parts
from tillfree.web.payments.listing import total_of
from tillfree.web.payments.wording import (
    DELIVERIES,
    ENTRIES,
    REASONS,
    ROLES,
    STATES,
    STATUS_KINDS,
    STATUSES,
    account_title,
    entry_title,
    event_said,
)

if TYPE_CHECKING:
    from tillfree.web.ask import Ask

__all__ = ["lines_given_back", "refundable_of", "show_trip", "trip_of"]

_CODE_MAX = 200
_ENTRIES_SHOWN = 200


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the money of a trip so far."""

    held: Money
    taken: Money
    refunded: Money
    refundable: Money
    debt: Money
    debt_paid: Money
    written_off: Money


def trip_of(ask: "Ask") -> Trip:
    """The trip that the address names. Raises: NotThere."""
    code = str(ask.request.path_params["code"])
    trip = ask.database.trip(TripId(code)) if len(code) <= _CODE_MAX else None
    if trip is None:
        raise NotThere(ask.say("There is no such trip. It may be so old that it was erased."))
    return trip


def refundable_of(payment: Payment | None) -> int:
    """What can still be given back, in the smallest unit."""
    return 0 if payment is None else max(0, payment.refundable_minor)


def lines_given_back(payment: Payment | None) -> frozenset[int]:
    """Numbers of the lines for which money went back, or is on its way."""
    refunds = () if payment is None else payment.refunds
    return frozenset(
        line for refund in refunds if payment and payment.failed_minor(refund) < refund.minor for line in refund.lines
    )


def show_trip(ask: "Ask") -> Response:
    """The page of a trip."""
    trip = trip_of(ask)
    ask.audit("trip.see", trip.id)
    payment = ask.database.payment_of_trip(trip.id)
    events = ask.database.payment_events(payment.id) if payment is not None else []
    return ask.page(
        "payments/trip.html",
        trip=trip,
        total=total_of(trip),
        outcome=ask.say(STATUSES[trip.status]),
        kind=STATUS_KINDS.get(trip.status, ""),
        entry=ask.say(ENTRIES[trip.entry]),
        role=ask.say(ROLES[trip.role]),
        age_years=max(trip.age_years, _proved(ask, trip)),
        gate=gate_name(trip.gate, ask.say),
        undecided=[row for row in trip.visits if _is_undecided(ask, row)],
        kept={visit for visit in trip.visits if ask.database.visit(visit) is not None},
        state="" if payment is None else ask.say(STATES[state_of(payment)]),
        sums=None if payment is None else _sums(payment),
        timeline=[(row.time_ns, event_said(ask, payment, row.event)) for row in events if payment is not None],
        rows=ask.database.ledger(LedgerQuery(trip=trip.id, limit=_ENTRIES_SHOWN))[::-1],
        account=lambda name: account_title(ask, name),
        entry_said=lambda entry: entry_title(ask, entry),
        amount_of=Money,
        given_back=lines_given_back(payment),
        mails=[
            (mail.done_ns or mail.made_ns, ask.say(DELIVERIES[mail.kind, mail.status]))
            for mail in ask.database.deliveries_of(trip.id)
        ],
        reasons={key: ask.say(said) for key, said in REASONS.items()},
        **handed_parts(ask, trip),
        may_refund=ask.may("payments.refund") and ask.console.till is not None,
    )


def _proved(ask: "Ask", trip: Trip) -> int:
    """What the gate knows of the age: staff may have seen a proof since."""
    entry = ask.database.entry(trip.id)
    return 0 if entry is None else entry.age_years


def _is_undecided(ask: "Ask", visit: VisitId) -> bool:
    record = ask.database.visit(visit)
    return record is not None and record.receipt.status == "review" and ask.database.decision(visit) is None


def _sums(payment: Payment) -> Sums:
    def money(minor: int) -> Money:
        return Money(minor, payment.currency)

    return Sums(
        held=money(payment.held_minor),
        taken=money(payment.taken_minor),
        refunded=money(payment.refunded_minor),
        refundable=money(refundable_of(payment)),
        debt=money(payment.debt_minor),
        debt_paid=money(payment.debt_paid_minor),
        written_off=money(payment.written_off_minor),
    )
