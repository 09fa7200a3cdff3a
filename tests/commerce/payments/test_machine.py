"""The state machine of a payment, by itself: any events in any order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.commerce.errors import PaymentError
from tillfree.commerce.ledger import position
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
from tillfree.commerce.payments.machine import missing_minor, open_payment, replayed, step, wants
from tillfree.commerce.payments.payment import Hold, Payment, holds_of
from tillfree.commerce.payments.states import STATES, state_of
from tillfree.core.ids import PaymentId, TripId
from tillfree.core.money import Money

OUTCOMES = st.sampled_from(["approved", "declined", "pending"])


def eur(minor: int) -> Money:
    return Money(minor, "EUR")


def opening(hold: int = 1000, **more: object) -> Opened:
    values: dict[str, object] = {"method": "card", "chargeable": True, **more}
    return Opened(time_ns=0, payment=PaymentId("p"), trip=TripId("t"), hold=eur(hold), **values)  # type: ignore[arg-type]


def approve(payment: Payment, **more: object) -> Payment:
    """The next order is approved."""
    key = wants(payment)[0].key
    return step(payment, Answered(time_ns=1, key=key, outcome="approved", reference="r", **more))  # type: ignore[arg-type]


def kinds(payment: Payment) -> list[str]:
    return [order.kind for order in wants(payment)]


def test_keys_are_made_of_payment_kind_and_number() -> None:
    payment = open_payment(opening())
    assert [order.key for order in wants(payment)] == ["p/authorise/1"]
    assert wants(payment) == wants(payment), "the same order again and again until it is answered"


def test_a_partly_approved_capture_is_charged_for_the_rest() -> None:
    payment = step(approve(open_payment(opening())), Due(time_ns=1, total=eur(900)))
    payment = approve(payment, minor=600)
    assert kinds(payment) == ["charge"]
    assert wants(payment)[0].amount == eur(300)
    assert state_of(approve(payment)) == "captured"


def test_a_partly_approved_charge_leaves_a_debt() -> None:
    payment = step(open_payment(opening(0)), Due(time_ns=1, total=eur(900)))
    payment = approve(payment, minor=100)
    assert (state_of(payment), payment.debt_minor) == ("debt", 800)


def test_a_late_approval_is_believed_and_what_is_too_much_goes_back() -> None:
    payment = step(approve(open_payment(opening())), Due(time_ns=1, total=eur(900)))
    capture = wants(payment)[0].key
    payment = step(payment, Answered(time_ns=2, key=capture, outcome="declined"))
    payment = approve(payment)
    assert state_of(payment) == "captured"
    payment = step(payment, Answered(time_ns=3, key=capture, outcome="approved"))
    assert payment.taken_minor == 1800
    assert kinds(payment) == ["refund"]
    payment = approve(payment)
    assert payment.taken_minor - payment.returned_minor == 900
    assert state_of(payment) == "captured", "a mistake that went back is no refund"
    assert missing_minor(payment) == 0


def test_two_holds_are_never_kept() -> None:
    payment = approve(open_payment(opening()), expires_ns=50)
    payment = step(payment, HoldExpired(time_ns=50, key="p/authorise/1"))
    payment = step(payment, Answered(time_ns=51, key="p/authorise/2", outcome="declined"))
    payment = step(payment, Reopened(time_ns=52))
    assert [hold.state for hold in holds_of(payment)] == ["expired"]
    payment = step(payment, Due(time_ns=53, total=eur(100)))
    assert kinds(payment) == ["charge"], "an expired hold is not captured"


def test_the_hold_of_the_terminal_is_used() -> None:
    held = Hold("terminal", "t-ref", 500, 0, "held")
    payment = step(open_payment(opening(terminal=held)), Due(time_ns=1, total=eur(400)))
    assert [(order.kind, order.reference, order.amount) for order in wants(payment)] == [("capture", "t-ref", eur(400))]


def test_refunds_go_back_to_where_the_money_came_from() -> None:
    payment = step(approve(open_payment(opening(500))), Due(time_ns=1, total=eur(900)))
    payment = step(payment, Refused(time_ns=1, key="p/adjust/1"))
    payment = approve(payment)
    payment = step(payment, Answered(time_ns=1, key="p/charge/1", outcome="approved", reference="r2"))
    payment = step(payment, RefundAsked(time_ns=2, key="k", amount=eur(700), reason="wrong", by="x"))
    assert [(order.reference, order.amount) for order in wants(payment)] == [("r", eur(500)), ("r2", eur(200))]


def test_a_refund_that_fails_may_be_asked_for_anew() -> None:
    payment = approve(step(approve(open_payment(opening())), Due(time_ns=1, total=eur(900))))
    payment = step(payment, RefundAsked(time_ns=2, key="k", amount=eur(900), reason="wrong", by="x"))
    payment = step(payment, Answered(time_ns=3, key="p/refund/1", outcome="declined"))
    assert (payment.refundable_minor, kinds(payment)) == (900, [])
    payment = approve(step(payment, RefundAsked(time_ns=4, key="l", amount=eur(900), reason="wrong", by="x")))
    assert state_of(payment) == "refunded"


@pytest.mark.parametrize(
    "event",
    [
        Due(time_ns=0, total=Money(1, "USD")),
        Due(time_ns=0, total=eur(-1)),
        AdjustWished(time_ns=0, total=Money(1, "USD")),
        RefundAsked(time_ns=0, key="k", amount=eur(0), reason="", by=""),
        RefundAsked(time_ns=0, key="k", amount=eur(1), reason="", by=""),
        DebtPaid(time_ns=0, key="k", amount=eur(1), by=""),
        Answered(time_ns=0, key="p/authorise/1", outcome="approved", minor=-1),
        Answered(time_ns=0, key="p/authorise/1", outcome="approved", minor=1, currency="USD"),
        Answered(time_ns=0, key="p/authorise/1", outcome="nonsense"),
    ],
)
def test_what_cannot_be_is_refused(event: PaymentEvent) -> None:
    with pytest.raises(PaymentError):
        step(open_payment(opening()), event)


def test_answers_about_other_orders_change_nothing() -> None:
    payment = open_payment(opening())
    assert step(payment, Answered(time_ns=0, key="other/capture/1", outcome="approved")) is payment
    assert step(payment, opening()) is payment


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("answer"), st.integers(0, 30), OUTCOMES, st.integers(0, 2500)),
        st.tuples(st.just("refused"), st.integers(0, 30)),
        st.tuples(st.sampled_from(["due", "adjust", "refund", "paid", "write off"]), st.integers(0, 2500)),
        st.tuples(st.sampled_from(["retry", "reopen", "expire", "nothing due"])),
    ),
    max_size=40,
)


def made(payment: Payment, kind: str, *about: object) -> PaymentEvent | None:  # noqa: PLR0911 - one for each kind
    """An event about an order or amount of this payment."""
    number = about[0] if about else 0
    assert isinstance(number, int)
    key = payment.placed[number % len(payment.placed)].order.key if payment.placed else ""
    amount, wish = eur(number), f"k{number}"
    match kind:
        case "answer":
            minor = about[2] if isinstance(about[2], int) and about[2] < 2000 else None
            return Answered(time_ns=1, key=key, outcome=str(about[1]), minor=minor, reference=f"ref {key}")
        case "refused":
            return Refused(time_ns=1, key=key)
        case "due" | "nothing due":
            return Due(time_ns=1, total=amount if kind == "due" else eur(0))
        case "adjust":
            return AdjustWished(time_ns=1, total=amount)
        case "refund":
            return RefundAsked(time_ns=1, key=wish, amount=amount, reason="wrong", by="x")
        case "paid":
            return DebtPaid(time_ns=1, key=wish, amount=amount, by="x")
        case "write off":
            return WrittenOff(time_ns=1, key=wish, amount=amount, by="x")
        case "retry":
            return Retried(time_ns=1)
        case "reopen":
            return Reopened(time_ns=1)
        case _:
            held = [hold.key for hold in holds_of(payment) if hold.state == "held"]
            return HoldExpired(time_ns=1, key=held[0]) if held else None


@given(EVENTS, st.sampled_from(["card", "badge", "cash"]), st.sampled_from([0, 1000]), st.booleans())
def test_any_events_in_any_order(events: list[tuple[object, ...]], method: str, hold: int, chargeable: bool) -> None:
    first = opening(hold, method=method, chargeable=chargeable)
    payment, happened = open_payment(first), [first]
    for kind, *about in events:
        event = made(payment, str(kind), *about)
        if event is None:
            continue
        try:
            after = step(payment, event)
        except PaymentError:
            continue
        if after is payment:
            continue
        happened.append(event)  # type: ignore[arg-type]
        payment = after
        check(payment)
        if not isinstance(event, AdjustWished | Reopened):
            assert step(payment, event) is payment, "the same event twice is once"
    assert replayed(happened) == payment
    assert payment.version == len(happened)


def check(payment: Payment) -> None:
    assert state_of(payment) in STATES
    moving = [p for p in payment.placed if p.unresolved and p.order.kind != "refund"]
    assert len(moving) <= 1, "one order about holding and taking at a time"
    keys = [p.order.key for p in payment.placed]
    assert len(set(keys)) == len(keys)
    captured = [p.of for p in payment.placed if p.order.kind == "capture" and p.outcome == "approved"]
    assert len(set(captured)) == len(captured), "no hold is captured twice"
    assert all(p.minor <= p.asked_minor for p in payment.placed if p.order.kind in ("capture", "charge", "refund"))
    assert payment.debt_minor >= 0
    assert sum(position(payment, None).values()) == 0
    if payment.method == "card" and payment.due_minor is not None and not any(p.unresolved for p in payment.placed):
        surplus_failed = any(not p.refund and p.outcome in ("declined", "refused") for p in payment.placed)
        came = payment.taken_minor - payment.surplus_returned_minor + payment.debt_paid_minor
        missing = payment.due_minor - came
        assert payment.held_minor == 0
        if missing >= 0:
            assert missing == payment.debt_minor + min(payment.written_off_minor, missing)
        else:
            assert surplus_failed or payment.debt_paid_minor, "what was taken by mistake goes back"
