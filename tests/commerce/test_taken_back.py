"""A processor takes back what it had approved: the money did not come, and a later "approved" changes nothing."""

import pytest

from tillfree.commerce.ledger import CLEARING, position
from tillfree.commerce.payments.events import Answered, Due, Opened, PaymentEvent
from tillfree.commerce.payments.machine import TAKEN_BACK, replayed, step, wants
from tillfree.commerce.payments.payment import Payment
from tillfree.core.ids import PaymentId, TripId
from tillfree.core.money import Money

HOLD = Money(2500, "EUR")
OPENED = Opened(time_ns=0, payment=PaymentId("p"), trip=TripId("t"), method="card", hold=HOLD, chargeable=True)


def answered(key: str, outcome: str, code: str = "") -> Answered:
    return Answered(time_ns=1, key=key, outcome=outcome, reference="r", code=code)


PAID: list[PaymentEvent] = [
    OPENED,
    answered("p/authorise/1", "approved"),
    Due(time_ns=1, total=Money(1800, "EUR")),
    answered("p/capture/1", "approved"),
]


def paid() -> Payment:
    payment = replayed(PAID)
    assert payment is not None
    assert payment.taken_minor == 1800
    assert payment.settled
    return payment


@pytest.mark.parametrize("code", TAKEN_BACK)
def test_the_money_is_out_of_the_books_and_is_asked_for_again(code: str) -> None:
    payment = step(paid(), answered("p/capture/1", "declined", code))
    assert payment.taken_minor == 0
    assert CLEARING not in position(payment, None)
    assert sum(position(payment, None).values()) == 0
    assert [order.kind for order in wants(payment)] == ["charge"]
    assert step(payment, answered("p/charge/1", "approved")).taken_minor == 1800
    assert step(payment, answered("p/charge/1", "declined", "insufficient_funds")).debt_minor == 1800


def test_a_late_approval_of_what_was_taken_back_changes_nothing() -> None:
    payment = step(paid(), answered("p/capture/1", "declined", "capture_failed"))
    assert step(payment, answered("p/capture/1", "approved")) is payment
    assert step(payment, answered("p/capture/1", "declined", "capture_failed")) is payment


def test_any_other_refusal_after_an_approval_is_not_believed() -> None:
    payment = paid()
    assert step(payment, answered("p/capture/1", "declined", "do_not_honor")) is payment
    assert step(payment, answered("p/authorise/1", "declined", "hold_expired")) is payment


def test_a_refund_that_fails_afterwards_did_not_go_back() -> None:
    from tillfree.commerce.payments.events import RefundAsked

    wish = RefundAsked(time_ns=2, key="w", amount=Money(500, "EUR"), reason="wrong item", by="x")
    payment = step(step(paid(), wish), answered("p/refund/1", "approved"))
    assert payment.returned_minor == 500
    failed = step(payment, answered("p/refund/1", "declined", "refund_failed"))
    assert failed.returned_minor == 0
    assert failed.taken_minor == 1800
