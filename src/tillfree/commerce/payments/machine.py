"""The state machine of a payment. Pure: what happened goes in, what is to be asked of the processor comes out.

`step` notes what happened and then plans: where no order about holding or taking waits for an answer, it places the one
that comes next. Keys of orders are made of the payment, the kind and a running number, before anything is sent; so an
answer that comes twice, late or out of order finds its order, and changes nothing where that is known already.

What was taken counts even where a refusal came first: "approved" after "declined" is believed, and what was taken too
much by that goes back by itself.
"""

from collections.abc import Iterable

import msgspec

from tillfree.commerce.errors import PaymentError
from tillfree.commerce.payments.events import (
    AdjustWished,
    Answered,
    DebtPaid,
    Due,
    HoldExpired,
    Opened,
    PaymentEvent,
    RefundAsked,
    Refused,
    Reopened,
    Retried,
    WrittenOff,
)
from tillfree.commerce.payments.payment import (
    FAILED,
    TAKINGS,
    Hold,
    Payment,
    PlacedOrder,
    Refund,
    holds_of,
    main_hold,
    taking_left,
)
from tillfree.commerce.payments.processor import Order, OrderKind
from tillfree.core.money import Money

__all__ = [
    "AMOUNT_MAX",
    "TAKEN_BACK",
    "TERMINAL",
    "missing_minor",
    "open_payment",
    "replayed",
    "step",
    "surplus_minor",
    "wants",
]

TERMINAL = "terminal"
"""The key of a hold that the terminal at the gate had taken by itself."""
_SURPLUS_TRIES = 5
AMOUNT_MAX = 2**53
"""No amount is larger, and every program that reads it knows such a number exactly."""
_TIME_NS_MAX = 2**63 - 1
TAKEN_BACK = ("capture_failed", "refund_failed")
"""Codes of a processor that takes back what it had approved: the money did not move after all, and that is final."""
_replace = msgspec.structs.replace


def open_payment(event: Opened) -> Payment:
    """The payment of somebody who came in, with the order of the hold placed.

    Raises:
        PaymentError: a hold below zero.
    """
    if event.hold.minor < 0:
        raise PaymentError(f"payment {event.payment!r}: cannot hold {event.hold}; give zero or more")
    wanted = event.hold.minor if event.method == "card" and event.chargeable else 0
    return _plan(
        Payment(
            id=event.payment,
            trip=event.trip,
            method=event.method,
            currency=event.hold.currency,
            opened_ns=event.time_ns,
            chargeable=event.chargeable and event.method == "card",
            hold_wanted_minor=wanted,
            terminal=None if event.terminal is None else _replace(event.terminal, since_ns=event.time_ns),
            version=1,
        )
    )


def step(payment: Payment, event: PaymentEvent) -> Payment:
    """The payment after an event; the very same payment where the event says nothing new.

    Raises:
        PaymentError: the event cannot be: another currency, more given back than was taken, a debt that is not there.
    """
    noted = _noted(payment, event)
    if noted is payment:
        return payment
    return _plan(_replace(noted, version=payment.version + 1))


def wants(payment: Payment) -> tuple[Order, ...]:
    """The orders that are to be asked, or asked again, or looked up."""
    return tuple(p.order for p in payment.placed if p.unresolved)


def replayed(events: Iterable[PaymentEvent]) -> Payment | None:
    """The payment that a list of events makes; None of an empty one."""
    payment: Payment | None = None
    for event in events:
        if payment is None:
            if not isinstance(event, Opened):
                raise PaymentError(f"a payment begins with 'opened', not with {type(event).__name__}")
            payment = open_payment(event)
        else:
            payment = step(payment, event)
    return payment


def missing_minor(payment: Payment) -> int:
    """What is due and has not come in by any way; below zero where too much came in."""
    came = payment.taken_minor - payment.surplus_returned_minor + payment.debt_paid_minor
    short = (payment.due_minor or 0) - came
    # A debt that was given up and is collected after all is no longer written off.
    return short - min(payment.written_off_minor, max(0, short))


def surplus_minor(payment: Payment) -> int:
    """What was taken and is not due."""
    return max(0, -missing_minor(payment))


# ---- noting ---------------------------------------------------------------------------------------------------------


def _noted(payment: Payment, event: PaymentEvent) -> Payment:  # noqa: PLR0911 - one line for each kind of event
    match event:
        case Answered() | Refused():
            return _answered(payment, event)
        case Due():
            return _due(payment, event)
        case AdjustWished():
            wished = _minor(payment, event.total)
            known = payment.adjust_to_minor == wished or payment.due_minor is not None
            # Asking again is trying again: the shopper may have put money on the card.
            if known and _is_adjusted(payment, wished):
                return payment
            return _replace(payment, adjust_to_minor=wished, fresh_from=len(payment.placed))
        case HoldExpired():
            return _expired(payment, event.key)
        case RefundAsked():
            return _refund_asked(payment, event)
        case Retried():
            again = payment.debt_minor and payment.chargeable
            return _replace(payment, fresh_from=len(payment.placed), debt_minor=0) if again else payment
        case DebtPaid() | WrittenOff():
            return _less_debt(payment, event)
        case Reopened():
            nothing_taken = payment.due_minor == 0 and not payment.taken_minor
            return _replace(payment, due_minor=None, fresh_from=len(payment.placed)) if nothing_taken else payment
        case Opened():
            return payment


def _is_adjusted(payment: Payment, wished: int) -> bool:
    hold = main_hold(payment)
    open_adjust = any(p.unresolved and p.order.kind == "adjust" for p in payment.placed)
    return payment.due_minor is not None or open_adjust or (hold is not None and hold.minor == wished)


def _minor(payment: Payment, amount: Money) -> int:
    if amount.currency != payment.currency:
        raise PaymentError(f"payment {payment.id!r} is in {payment.currency}, not in {amount.currency}")
    if amount.minor < 0:
        raise PaymentError(f"payment {payment.id!r}: {amount} is below zero")
    if amount.minor > AMOUNT_MAX:
        raise PaymentError(f"payment {payment.id!r}: {amount} is more than anything costs; check it")
    return amount.minor


def _due(payment: Payment, event: Due) -> Payment:
    total = _minor(payment, event.total)
    if payment.due_minor == total:
        same = payment.due_receipt == event.receipt
        return payment if same else _replace(payment, due_receipt=event.receipt)
    if total < payment.wished_minor:
        raise PaymentError(f"payment {payment.id!r}: {event.total} is less than what was refunded already")
    # A refusal of another amount says nothing about this one.
    return _replace(payment, due_minor=total, due_receipt=event.receipt, fresh_from=len(payment.placed))


def _answered(payment: Payment, event: Answered | Refused) -> Payment:
    index = next((i for i, p in enumerate(payment.placed) if p.order.key == event.key), None)
    if index is None:
        return payment
    placed = payment.placed[index]
    if isinstance(event, Refused):
        if not placed.unresolved:
            return payment
        changed = _replace(placed, outcome="refused", code=event.message[:200])
    else:
        better = event.outcome == "approved" and placed.outcome in FAILED and placed.code not in TAKEN_BACK
        newer = placed.unresolved and event.outcome != placed.outcome
        worse = event.code in TAKEN_BACK and event.outcome == "declined" and placed.outcome == "approved"
        if not (better or newer or worse):
            return payment
        changed = _with_answer(payment, placed, event)
    return _replace(payment, placed=(*payment.placed[:index], changed, *payment.placed[index + 1 :]))


def _with_answer(payment: Payment, placed: PlacedOrder, event: Answered) -> PlacedOrder:
    if event.outcome == "pending":
        return _replace(placed, outcome="pending", reference=event.reference, code=event.code)
    if event.outcome == "declined":
        return _replace(placed, outcome="declined", reference=event.reference, code=event.code)
    if event.outcome != "approved":
        raise PaymentError(f"order {event.key!r}: an outcome {event.outcome!r} is not known")
    minor = placed.asked_minor if event.minor is None else event.minor
    if event.currency not in ("", payment.currency):
        raise PaymentError(f"order {event.key!r} is in {payment.currency}, its answer in {event.currency}")
    if not 0 <= event.expires_ns <= _TIME_NS_MAX:
        raise PaymentError(f"order {event.key!r}: a hold until {event.expires_ns} ns cannot be; ask the processor")
    if placed.order.kind == "refund" and minor == 0:
        # Approved, and nothing given: to ask for the rest again would never end.
        return _replace(placed, outcome="declined", reference=event.reference, code=event.code or "nothing_given")
    most = AMOUNT_MAX if placed.order.kind in ("authorise", "adjust") else placed.asked_minor
    if placed.order.kind != "void" and not 0 <= minor <= most:
        raise PaymentError(f"order {event.key!r}: asked for {placed.asked_minor}, answered {minor}: ask the processor")
    return _replace(
        placed,
        outcome="approved",
        minor=0 if placed.order.kind == "void" else minor,
        reference=event.reference or placed.order.reference,
        # One that is over before it begins is of another clock; to believe it would be to ask for holds without end.
        expires_ns=event.expires_ns if event.expires_ns > event.time_ns else 0,
        answered_ns=event.time_ns,
        code=event.code,
    )


def _expired(payment: Payment, key: str) -> Payment:
    hold = next((hold for hold in holds_of(payment) if hold.key == key), None)
    if hold is None or hold.state != "held" or any(p.unresolved and p.of == key for p in payment.placed):
        return payment
    return _replace(payment, expired=(*payment.expired, key))


def _refund_asked(payment: Payment, event: RefundAsked) -> Payment:
    minor = _minor(payment, event.amount)
    known = next((refund for refund in payment.refunds if refund.key == event.key), None)
    if known is not None:
        if known.minor != minor:
            raise PaymentError(f"refund {event.key!r} was of another amount; give a new refund a key of its own")
        return payment
    if not minor:
        raise PaymentError(f"refund {event.key!r}: is of nothing")
    if minor > payment.refundable_minor:
        left = Money(max(0, payment.refundable_minor), payment.currency)
        raise PaymentError(f"refund {event.key!r}: {event.amount} is more than can be given back ({left})")
    refund = Refund(key=event.key, minor=minor, reason=event.reason, by=event.by, lines=event.lines, parts=event.parts)
    return _replace(payment, refunds=(*payment.refunds, refund))


def _less_debt(payment: Payment, event: DebtPaid | WrittenOff) -> Payment:
    minor = _minor(payment, event.amount)
    if event.key in payment.paid_keys or not minor:
        return payment
    if minor > payment.debt_minor:
        owed = Money(payment.debt_minor, payment.currency)
        raise PaymentError(f"payment {payment.id!r}: {event.amount} is more than is owed ({owed})")
    keys = (*payment.paid_keys, event.key)
    if isinstance(event, DebtPaid):
        return _replace(payment, debt_paid_minor=payment.debt_paid_minor + minor, paid_keys=keys)
    return _replace(payment, written_off_minor=payment.written_off_minor + minor, paid_keys=keys)


# ---- planning -------------------------------------------------------------------------------------------------------


def _plan(payment: Payment) -> Payment:
    if payment.method != "card":
        return _replace(payment, debt_minor=max(0, missing_minor(payment)) if payment.due_minor is not None else 0)
    # One order about holding and taking at a time: what comes next depends on its answer.
    if not any(p.unresolved and p.order.kind != "refund" for p in payment.placed):
        payment = _plan_hold(payment) if payment.due_minor is None else _plan_taking(payment)
    return _plan_refunds(payment)


def _plan_hold(payment: Payment) -> Payment:
    hold = main_hold(payment)
    if hold is None:
        fresh = payment.placed[payment.fresh_from :]
        tried = any(p.order.kind == "authorise" and p.order.key not in payment.expired for p in fresh)
        if not payment.chargeable or tried or not payment.hold_wanted_minor:
            return payment
        return _place(payment, "authorise", payment.adjust_to_minor or payment.hold_wanted_minor)
    if spare := _spare_hold(payment):
        return spare
    if payment.adjust_to_minor not in (None, hold.minor) and not _adjust_failed(payment, hold.key):
        return _place(payment, "adjust", payment.adjust_to_minor, of=hold.key, reference=hold.reference)
    return payment


def _spare_hold(payment: Payment) -> Payment | None:
    """An answer that came late may leave two holds: one is let go."""
    spare = [hold for hold in holds_of(payment) if hold.state == "held"][1:]
    return _place(payment, "void", None, of=spare[0].key, reference=spare[0].reference) if spare else None


def _adjust_failed(payment: Payment, hold: str) -> bool:
    return any(p.order.kind == "adjust" and p.of == hold for p in payment.placed[payment.fresh_from :])


def _plan_taking(payment: Payment) -> Payment:
    missing, hold = missing_minor(payment), main_hold(payment)
    if spare := _spare_hold(payment):
        return spare
    if hold is not None:
        return _use(payment, hold, missing)
    if missing <= 0:
        return _replace(payment, debt_minor=0)
    # One charge for each try: where it brought less, the rest is a debt.
    if payment.chargeable and not any(p.order.kind == "charge" for p in payment.placed[payment.fresh_from :]):
        return _place(_replace(payment, debt_minor=0), "charge", missing)
    return _replace(payment, debt_minor=missing)


def _use(payment: Payment, hold: Hold, missing: int) -> Payment:
    """Takes what is missing from a hold, as far as it reaches; lets go of one of which nothing is needed."""
    if missing <= 0 or not hold.minor:
        return _place(payment, "void", None, of=hold.key, reference=hold.reference)
    if hold.minor < missing and not _adjust_failed(payment, hold.key):
        return _place(payment, "adjust", missing, of=hold.key, reference=hold.reference)
    return _place(payment, "capture", min(hold.minor, missing), of=hold.key, reference=hold.reference)


def _plan_refunds(payment: Payment) -> Payment:
    for refund in payment.refunds:
        on_way = sum(
            p.minor if p.outcome == "approved" else p.asked_minor for p in payment.placed if p.refund == refund.key
        )
        payment = _give_back(payment, refund.minor - on_way, refund.key, refund.reason)
    if payment.due_minor is None:
        return payment
    on_way = sum(p.asked_minor for p in payment.placed if p.order.kind == "refund" and not p.refund and p.unresolved)
    tries = sum(1 for p in payment.placed if p.order.kind == "refund" and not p.refund and p.outcome in FAILED)
    if tries < _SURPLUS_TRIES:
        payment = _give_back(payment, surplus_minor(payment) - on_way, "", "taken by mistake")
    return payment


def _give_back(payment: Payment, minor: int, refund: str, reason: str) -> Payment:
    for taking in payment.placed:
        if minor <= 0:
            break
        if taking.order.kind in TAKINGS and taking.outcome == "approved":
            part = min(minor, taking_left(payment, taking))
            if part > 0:
                payment = _place(
                    payment, "refund", part, of=taking.order.key, reference=taking.reference, refund=refund,
                    reason=reason,
                )  # fmt: skip
                minor -= part
    return payment


def _place(
    payment: Payment,
    kind: OrderKind,
    minor: int | None,
    *,
    of: str = "",
    reference: str = "",
    refund: str = "",
    reason: str = "",
) -> Payment:
    number = 1 + sum(1 for p in payment.placed if p.order.kind == kind)
    order = Order(
        key=f"{payment.id}/{kind}/{number}",
        kind=kind,
        payment=payment.id,
        amount=None if minor is None else Money(minor, payment.currency),
        reference=reference,
        reason=reason,
    )
    return _replace(payment, placed=(*payment.placed, PlacedOrder(order=order, of=of, refund=refund)))
