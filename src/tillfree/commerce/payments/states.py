"""The state of a payment in one word, and the table of all ways from one state to another, found by trying them all."""

from collections.abc import Iterator
from typing import Literal

import msgspec

from tillfree.commerce.errors import PaymentError
from tillfree.commerce.payments.events import (
    Answered,
    DebtPaid,
    Due,
    HoldExpired,
    Opened,
    PaymentEvent,
    RefundAsked,
    Refused,
    Retried,
    WrittenOff,
)
from tillfree.commerce.payments.machine import missing_minor, open_payment, step, wants
from tillfree.commerce.payments.payment import FAILED, Payment, main_hold
from tillfree.commerce.payments.processor import OrderKind
from tillfree.core.ids import PaymentId, TripId
from tillfree.core.money import Money

__all__ = ["STATES", "PaymentState", "Transition", "state_of", "table_text", "transitions"]

PaymentState = Literal[
    "asked",
    "held",
    "adjusting",
    "declined",
    "expired",
    "open",
    "capturing",
    "voiding",
    "captured",
    "voided",
    "debt",
    "owed",
    "refunding",
    "partly refunded",
    "refunded",
    "written off",
]
STATES: dict[PaymentState, str] = {
    "asked": "The hold was asked for; nobody knows yet.",
    "held": "Money is put aside.",
    "adjusting": "The hold is being made larger or smaller.",
    "declined": "There is no hold; at the end the token is charged, if there is one.",
    "expired": "The hold is past its time.",
    "open": "Nothing is held, and nothing has to be: a badge, cash, or a card without a hold.",
    "capturing": "What is due is being taken: from the hold, or by token.",
    "voiding": "The hold is being let go.",
    "captured": "All that is due was taken.",
    "voided": "Nothing was due, nothing is held.",
    "debt": "Something that is due could not be taken.",
    "owed": "On a badge account, or to be paid in cash.",
    "refunding": "Money is on its way back.",
    "partly refunded": "A part of what was taken went back.",
    "refunded": "All that was taken went back.",
    "written off": "Nobody hopes for the rest any more.",
}
"""What each state means."""


def state_of(payment: Payment) -> PaymentState:
    """The state in one word."""
    open_kinds = {p.order.kind for p in payment.placed if p.unresolved}
    if payment.due_minor is None:
        return _before_due(payment, open_kinds)
    if open_kinds & {"authorise", "adjust", "capture", "charge"}:
        return "capturing"
    if "void" in open_kinds:
        return "voiding"
    if "refund" in open_kinds:
        return "refunding"
    if payment.debt_minor:
        return "debt" if payment.method == "card" else "owed"
    return _after_due(payment)


def _before_due(payment: Payment, open_kinds: set[OrderKind]) -> PaymentState:
    if "authorise" in open_kinds:
        return "asked"
    if "adjust" in open_kinds:
        return "adjusting"
    if main_hold(payment) is not None:
        return "held"
    holds = [p for p in payment.placed if p.order.kind == "authorise"]
    if holds and holds[-1].outcome in FAILED:
        return "declined"
    return "expired" if payment.expired else "open"


def _after_due(payment: Payment) -> PaymentState:
    came = payment.taken_minor - payment.surplus_returned_minor + payment.debt_paid_minor
    if payment.method == "badge":
        came = payment.due_minor or 0
    if payment.refunded_minor:
        return "refunded" if payment.refunded_minor >= came else "partly refunded"
    if payment.written_off_minor and missing_minor(payment) <= 0 < (payment.due_minor or 0) - came:
        return "written off"
    return "captured" if payment.due_minor else "voided"


class Transition(msgspec.Struct, frozen=True, order=True):
    """From one state, by an event in words, to another."""

    state: str
    event: str
    then: str


_MONEY = Money(1000, "EUR")
_DEPTH = 7


def transitions() -> list[Transition]:
    """Every way of a card payment from one state to another, found by trying all events in all states.

    The search goes through the machine itself, seven events deep, with amounts below, at and above the hold.
    """
    opened = Opened(
        time_ns=0, payment=PaymentId("p"), trip=TripId("t"), method="card", hold=_MONEY, chargeable=True
    )  # fmt: skip
    found: set[Transition] = set()
    level = [open_payment(opened)]
    seen: set[object] = set()
    for _ in range(_DEPTH):
        following: list[Payment] = []
        for payment in level:
            for words, event in _tries(payment):
                try:
                    then = step(payment, event)
                except PaymentError:
                    continue
                if then is payment:
                    continue
                found.add(Transition(state_of(payment), words, state_of(then)))
                shape = _shape(then)
                if shape not in seen:
                    seen.add(shape)
                    following.append(then)
        level = following
    return sorted(found)


def _shape(payment: Payment) -> object:
    """What makes two payments behave alike: amounts and outcomes, without the keys of wishes."""
    placed = tuple((p.order.kind, p.of, p.outcome, p.minor, bool(p.refund)) for p in payment.placed[-3:])
    wished = (payment.wished_minor, payment.refunded_minor, payment.debt_paid_minor, payment.written_off_minor)
    return (state_of(payment), payment.due_minor, payment.held_minor, payment.taken_minor, wished, placed)


def _tries(payment: Payment) -> Iterator[tuple[str, PaymentEvent]]:
    for order in wants(payment):
        yield f"{order.kind} approved", Answered(time_ns=0, key=order.key, outcome="approved", reference="r")
        yield f"{order.kind} declined", Answered(time_ns=0, key=order.key, outcome="declined")
        yield f"{order.kind} refused", Refused(time_ns=0, key=order.key)
    hold = main_hold(payment)
    if hold is not None:
        yield "hold expired", HoldExpired(time_ns=0, key=hold.key)
    if payment.due_minor is None:
        yield "nothing due", Due(time_ns=0, total=_MONEY * 0)
        yield "due, within the hold", Due(time_ns=0, total=Money(600, "EUR"))
        yield "due, more than the hold", Due(time_ns=0, total=Money(1500, "EUR"))
    if payment.debt_minor:
        owed = Money(payment.debt_minor, "EUR")
        yield "debt paid", DebtPaid(time_ns=0, key=f"d{payment.version}", amount=owed, by="x")
        yield "debt written off", WrittenOff(time_ns=0, key=f"w{payment.version}", amount=owed, by="x")
        yield "debt tried again", Retried(time_ns=0)
    left = payment.refundable_minor
    for words, minor in (("refund of a part", left // 2), ("refund of all that is left", left)):
        if minor > 0:
            yield words, _refund(payment, minor)


def _refund(payment: Payment, minor: int) -> RefundAsked:
    key = f"r{payment.version}"
    return RefundAsked(time_ns=0, key=key, amount=Money(minor, "EUR"), reason="wrong item", by="x")


def table_text() -> str:
    """The states and the ways between them as two tables in Markdown."""
    lines = ["| State | Meaning |", "|---|---|"]
    lines += [f"| {state} | {meaning} |" for state, meaning in STATES.items()]
    lines += ["", "| From | When | To |", "|---|---|---|"]
    lines += [f"| {way.state} | {way.event} | {way.then} |" for way in transitions()]
    return "\n".join(lines) + "\n"
