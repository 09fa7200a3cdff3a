"""Payments: how each stands, and money given back."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tillfree.commerce.payments.payment import Payment
from tillfree.commerce.payments.states import state_of
from tillfree.core.ids import PaymentId, TripId
from tillfree.core.money import Money
from tillfree.storage.database.money.trips import TripQuery
from tillfree.web.api.operations import Call, Operation, Page, missing
from tillfree.web.api.problems import Problem
from tillfree.web.api.shapes import AMOUNT_MAX, Amount, Limit, Moment, TimeCursor, amount, moment, nanoseconds
from tillfree.web.api.trips import cursor_of, trip_of, trips_page

__all__ = ["OPERATIONS"]

_ID_MAX = 200


class RefundView(msgspec.Struct, frozen=True, kw_only=True):
    """A refund that was asked for: what went back by now, and what the processor will never give back."""

    key: str
    amount: Amount
    returned: Amount
    failed: Amount
    reason: str
    lines: tuple[int, ...]


class PaymentView(msgspec.Struct, frozen=True, kw_only=True):
    """A payment. `due` is null while nobody knows what the trip costs; `refundable` is what can still go back."""

    id: str
    trip: str
    method: str
    state: str
    opened: Moment
    settled: bool
    held: Amount
    due: Amount | None
    taken: Amount
    returned: Amount
    refundable: Amount
    debt: Amount
    refunds: tuple[RefundView, ...]


class PaymentsQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The payments of which trips, the newest first."""

    since: Annotated[Moment, Meta(description="Of trips begun at this moment or later.")] | None = None
    until: Annotated[Moment, Meta(description="Of trips begun before this moment.")] | None = None
    after: TimeCursor = ""
    limit: Limit = 50


class RefundBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to go back, and why. `lines` are places of lines on the receipt, from 0; of none, of all by share."""

    amount: Amount
    reason: Annotated[str, Meta(min_length=1, max_length=200)]
    lines: Annotated[tuple[Annotated[int, Meta(ge=0, le=10_000)], ...], Meta(max_length=1000)] = ()


def _view(payment: Payment) -> PaymentView:
    def of(minor: int) -> Amount:
        return amount(Money(minor, payment.currency))

    return PaymentView(
        id=payment.id,
        trip=payment.trip,
        method=payment.method,
        state=state_of(payment),
        opened=moment(payment.opened_ns),
        settled=payment.settled,
        held=of(payment.held_minor),
        due=None if payment.due_minor is None else of(payment.due_minor),
        taken=of(payment.taken_minor),
        returned=of(payment.returned_minor),
        refundable=of(max(0, payment.refundable_minor)),
        debt=of(payment.debt_minor),
        refunds=tuple(
            RefundView(
                key=refund.key,
                amount=of(refund.minor),
                returned=of(payment.returned_for(refund)),
                failed=of(payment.failed_minor(refund)),
                reason=refund.reason,
                lines=refund.lines,
            )
            for refund in payment.refunds
        ),
    )


def _list(call: Call) -> Page:
    asked = call.asked(PaymentsQuery)
    query = TripQuery(
        since_ns=nanoseconds(asked.since, "since"),
        until_ns=nanoseconds(asked.until, "until"),
        before=cursor_of(asked.after),
    )
    trips, cursor = trips_page(call, query, asked.limit)
    payments = [call.database.payment(trip.payment) for trip in trips if trip.payment]
    return Page([_view(payment) for payment in payments if payment is not None], cursor)


def _get(call: Call) -> PaymentView:
    return _view(_payment(call))


def _of_trip(call: Call) -> PaymentView:
    payment = call.database.payment_of_trip(trip_of(call).id)
    if payment is None:
        raise missing("payment of this trip")
    return _view(payment)


def _refund(call: Call) -> PaymentView:
    till, body = call.console.till, call.sent(RefundBody)
    if till is None:
        raise Problem("unavailable", "this store takes no money")
    payment = _payment(call)
    wanted = body.amount.money(payment.currency)
    if not 0 < wanted.minor <= AMOUNT_MAX:
        raise Problem("refused", "a refund is above 0")
    if not body.reason.strip() or not body.reason.isprintable():
        raise Problem("refused", "give a reason of printable characters")
    till.refund(
        TripId(payment.trip),
        wanted,
        key=f"api-{call.key.id}-{call.idempotency_key}",
        reason=body.reason,
        by=call.who,
        lines=body.lines,
    )
    call.note("payment.refund", payment.trip, f"{wanted}: {body.reason}")
    return _view(_payment(call))


def _payment(call: Call) -> Payment:
    id_ = call.path["id"]
    payment = call.database.payment(PaymentId(id_)) if len(id_) <= _ID_MAX else None
    if payment is None:
        raise missing("payment of this id")
    return payment


OPERATIONS = (
    Operation(
        method="GET",
        path="/payments",
        name="listPayments",
        group="Payments",
        summary="Payments, those of the newest trips first",
        about="A page may hold fewer than `limit`, or none, and be followed by another: go on until `next` is null.",
        scope="payments:read",
        run=_list,
        query=PaymentsQuery,
        answer=PaymentView,
        paged=True,
    ),
    Operation(
        method="GET",
        path="/payments/{id}",
        name="getPayment",
        group="Payments",
        summary="One payment",
        scope="payments:read",
        run=_get,
        answer=PaymentView,
        problems=("not-found",),
    ),
    Operation(
        method="GET",
        path="/trips/{id}/payment",
        name="getPaymentOfTrip",
        group="Payments",
        summary="The payment of a trip",
        scope="payments:read",
        run=_of_trip,
        answer=PaymentView,
        problems=("not-found",),
    ),
    Operation(
        method="POST",
        path="/payments/{id}/refunds",
        name="refund",
        group="Payments",
        summary="Give money back",
        about="Never more than was taken. The money is on its way when this is answered; `refunds` says what arrived.",
        scope="payments:refund",
        run=_refund,
        body=RefundBody,
        answer=PaymentView,
        status=202,
        money=True,
        problems=("not-found", "refused", "conflict"),
        example={"amount": {"minor": 249, "currency": "EUR"}, "reason": "bottle was broken", "lines": [0]},
    ),
)
