"""Stripe's adapter against the mock, over real HTTP."""

import logging

import pytest

from tests.connectors.simulated_shop import KEY, Stripe, order
from tillfree.commerce.payments.processor import ProcessorRefusal, ProcessorUnavailable
from tillfree.connectors.errors import ConnectorError
from tillfree.connectors.processors.calls import Caller
from tillfree.connectors.processors.stripe_amounts import from_stripe, to_stripe
from tillfree.core.money import CURRENCY_EXPONENTS, Money
from tillfree.simulation.payments.faults import FaultTable

ALWAYS = 1_000_000


def test_a_trip_from_hold_to_refund() -> None:
    shop = Stripe()
    with shop.served() as stripe:
        held = stripe.ask(order("authorise", 5000))
        assert (held.outcome, held.amount) == ("approved", Money(5000, "EUR"))
        assert held.expires_ns > shop.clock()
        more = stripe.ask(order("adjust", 7000, reference=held.reference))
        assert (more.outcome, more.amount) == ("approved", Money(7000, "EUR"))
        taken = stripe.ask(order("capture", 6500, reference=held.reference))
        assert (taken.outcome, taken.amount) == ("approved", Money(6500, "EUR"))
        back = stripe.ask(order("refund", 500, reference=held.reference))
        assert (back.outcome, back.amount) == ("approved", Money(500, "EUR"))
    totals = shop.core.books.by_payment()["p1"]
    assert (totals.taken_minor, totals.open_minor, totals.captures) == (6000, 0, 1)


def test_the_first_request_asks_for_a_hold_that_can_grow() -> None:
    shop = Stripe()
    with shop.served() as stripe:
        stripe.ask(order("authorise", 5000))
    fields = shop.mock.requests[0][2]
    assert fields["capture_method"] == "manual"
    assert fields["payment_method_options[card][request_incremental_authorization]"] == "if_available"
    assert (fields["customer"], fields["payment_method"]) == ("cus_1", "tok_1")
    assert (fields["amount"], fields["currency"]) == ("5000", "eur")
    assert fields["metadata[tillfree_key]"] == "p1/authorise/1"


def test_asking_twice_does_it_once() -> None:
    shop = Stripe()
    with shop.served() as stripe:
        held = stripe.ask(order("authorise", 5000))
        assert stripe.ask(order("authorise", 5000)) == held
        for _ in range(2):
            stripe.ask(order("capture", 5000, reference=held.reference))
        for _ in range(3):
            stripe.ask(order("refund", 1000, reference=held.reference))
    assert shop.core.books.by_payment()["p1"].taken_minor == 4000
    assert len(shop.core.books.holds) == 1


def test_keys_that_were_forgotten_still_do_nothing_twice() -> None:
    shop = Stripe(forget_after_s=24 * 3600)
    with shop.served() as stripe:
        held = stripe.ask(order("authorise", 5000))
        stripe.ask(order("capture", 5000, reference=held.reference))
        stripe.ask(order("refund", 1000, reference=held.reference))
        shop.clock.move(48 * 3600)
        again = stripe.ask(order("capture", 5000, reference=held.reference))
        assert (again.outcome, again.amount) == ("approved", Money(5000, "EUR"))
        assert stripe.ask(order("refund", 1000, reference=held.reference)).outcome == "approved"
        assert stripe.look_up("p1/authorise/1") is not None
    assert shop.core.books.by_payment()["p1"].taken_minor == 4000


@pytest.mark.parametrize(
    ("faults", "done"),
    [
        (FaultTable(timeout_before_ppm=ALWAYS), 0),
        (FaultTable(timeout_after_ppm=ALWAYS), 1),
        (FaultTable(error_before_ppm=ALWAYS), 0),
        (FaultTable(error_after_ppm=ALWAYS), 1),
        (FaultTable(throttled_ppm=ALWAYS), 0),
    ],
)
def test_no_answer_is_unavailable_and_may_have_been_done(faults: FaultTable, done: int) -> None:
    shop = Stripe(faults)
    with shop.served(timeout_s=0.3) as stripe:
        with pytest.raises(ProcessorUnavailable):
            stripe.ask(order("authorise", 5000))
        assert len(shop.core.books.holds) == done
        shop.core.faults = FaultTable()
        assert stripe.ask(order("authorise", 5000)).outcome == "approved"
    assert len(shop.core.books.holds) == 1


def test_a_decline_is_an_answer_with_the_issuers_word() -> None:
    shop = Stripe(FaultTable(declined_ppm=ALWAYS))
    with shop.served() as stripe:
        answer = stripe.ask(order("authorise", 5000))
        assert answer.outcome == "declined"
        assert answer.code in {
            "do_not_honor", "insufficient_funds", "issuer_not_available", "stolen_card", "expired_card",
        }  # fmt: skip
        assert stripe.ask(order("charge", 5000)).outcome == "declined"
    assert not shop.core.books.holds


def test_a_hold_that_cannot_grow_is_a_decline_and_a_smaller_one_needs_no_request() -> None:
    shop = Stripe(FaultTable(no_adjustment_ppm=ALWAYS))
    with shop.served() as stripe:
        held = stripe.ask(order("authorise", 5000))
        assert stripe.ask(order("adjust", 7000, reference=held.reference)).outcome == "declined"
        smaller = stripe.ask(order("adjust", 3000, number=2, reference=held.reference))
        assert (smaller.outcome, smaller.amount) == ("approved", Money(3000, "EUR"))
        assert stripe.ask(order("capture", 3000, reference=held.reference)).outcome == "approved"
    assert shop.core.books.by_payment()["p1"].taken_minor == 3000


def test_void_again_and_after_the_end_of_the_hold() -> None:
    shop = Stripe()
    with shop.served() as stripe:
        held = stripe.ask(order("authorise", 5000))
        shop.clock.move(8 * 24 * 3600)
        assert stripe.ask(order("capture", 5000, reference=held.reference)).outcome == "declined"
        for number in (1, 1, 2):
            assert stripe.ask(order("void", None, number=number, reference=held.reference)).outcome == "approved"
    assert shop.core.books.by_payment()["p1"].open_minor == 0


def test_what_is_wrong_in_itself_is_refused() -> None:
    shop = Stripe()
    with shop.served() as stripe:
        held = stripe.ask(order("authorise", 5000))
        with pytest.raises(ProcessorRefusal):
            stripe.ask(order("capture", 5001, reference=held.reference))
        with pytest.raises(ProcessorRefusal):
            stripe.ask(order("capture", 100, reference="pi_unknown"))
        stripe.ask(order("capture", 5000, number=2, reference=held.reference))
        with pytest.raises(ProcessorRefusal):
            stripe.ask(order("void", None, reference=held.reference))
        with pytest.raises(ProcessorRefusal):
            stripe.ask(order("refund", 5001, reference=held.reference))
        with pytest.raises(ProcessorRefusal, match="Keys"):
            stripe.ask(order("authorise", 4000))


def test_a_wrong_key_is_no_refusal_of_the_order_and_is_never_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Stripe().served(key="sk_wrong_secret") as stripe, pytest.raises(ProcessorUnavailable) as caught:
        stripe.ask(order("authorise", 5000))
    assert "sk_wrong_secret" not in caplog.text + str(caught.value) + repr(stripe.__dict__)


def test_what_is_pending_is_found_when_it_is_asked_for() -> None:
    shop = Stripe(FaultTable(pending_ppm=ALWAYS))
    with shop.served() as stripe:
        assert stripe.ask(order("authorise", 5000)).outcome == "pending"
        shop.clock.move(10)
        found = stripe.look_up("p1/authorise/1")
        assert found is not None
        assert found.outcome == "approved"
        assert stripe.look_up("p1/authorise/2") is None
        assert stripe.look_up("it's \\ hostile' OR 1") is None


@pytest.mark.parametrize("address", ["http://api.stripe.example", "ftp://127.0.0.1", ""])
def test_keys_are_never_sent_in_the_clear(address: str) -> None:
    with pytest.raises(ConnectorError, match="https"):
        Caller("Stripe", address, {"Authorization": f"Bearer {KEY}"}, 1.0)


def test_nothing_listens_at_the_address() -> None:
    caller = Caller("Stripe", "http://127.0.0.1:1", {}, 1.0)
    with pytest.raises(ProcessorUnavailable, match="cannot be reached"):
        caller.call("GET", "/v1/refunds")


def test_amounts_of_every_currency() -> None:
    for currency, digits in CURRENCY_EXPONENTS.items():
        minor, name = to_stripe(Money(1230, currency))
        assert (minor, name) == (1230, currency.lower())
        assert from_stripe(minor, name) == Money(1230, currency)
        if digits == 3:
            with pytest.raises(ProcessorRefusal, match="tens"):
                to_stripe(Money(1234, currency))
        else:
            assert to_stripe(Money(1234, currency)) == (1234, currency.lower())


@pytest.mark.parametrize("pair", [(True, "eur"), (1.5, "eur"), (None, "eur"), (5, "xxx"), (5, None), ("5", "eur")])
def test_an_amount_that_is_none(pair: tuple[object, object]) -> None:
    assert from_stripe(*pair) is None


def test_yen_and_dinars_through_the_wire() -> None:
    shop = Stripe()
    with shop.served() as stripe:
        yen = stripe.ask(order("authorise", 1234, currency="JPY"))
        assert yen.amount == Money(1234, "JPY")
        dinars = stripe.ask(order("authorise", 12340, number=2, currency="KWD"))
        assert dinars.amount == Money(12340, "KWD")
