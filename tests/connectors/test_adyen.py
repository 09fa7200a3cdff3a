"""Adyen's adapter against the mock, over real HTTP."""

import pytest

from tests.connectors.simulated_shop import ACCOUNT, HMAC_KEY, Adyen, order
from tillfree.commerce.payments.processor import Answer, ProcessorRefusal, ProcessorUnavailable
from tillfree.connectors.processors.adyen_notices import AdyenNotices
from tillfree.core.money import Money
from tillfree.simulation.payments.faults import FaultTable

ALWAYS = 1_000_000


def told(shop: Adyen) -> dict[str, Answer]:
    """What the webhooks of the next minute say, by the key of the order; the last of a key counts."""
    reader = AdyenNotices(HMAC_KEY, ACCOUNT)
    answers = {}
    for notice in shop.core.take_notices(shop.clock() + 60 * 10**9):
        body = shop.mock.webhook(notice, HMAC_KEY)
        assert body is not None
        for item in reader.read(body, "", shop.clock()):
            answers[item.answer.key] = item.answer
    return answers


def test_a_trip_from_hold_to_refund_is_told_by_webhook() -> None:
    shop = Adyen()
    with shop.served() as adyen:
        held = adyen.ask(order("authorise", 5000))
        assert (held.outcome, held.amount) == ("approved", Money(5000, "EUR"))
        for kind, minor in (("adjust", 7000), ("capture", 6500), ("refund", 500)):
            assert adyen.ask(order(kind, minor, reference=held.reference)).outcome == "pending"  # type: ignore[arg-type]
    answers = told(shop)
    assert {key: answer.outcome for key, answer in answers.items()} == dict.fromkeys(
        ("p1/authorise/1", "p1/adjust/1", "p1/capture/1", "p1/refund/1"), "approved"
    )
    assert answers["p1/capture/1"].amount == Money(6500, "EUR")
    assert {answer.reference for answer in answers.values()} == {held.reference}
    assert shop.core.books.by_payment()["p1"].taken_minor == 6000


def test_what_is_sent_for_a_hold_and_for_a_charge() -> None:
    shop = Adyen()
    with shop.served() as adyen:
        adyen.ask(order("authorise", 5000))
        adyen.ask(order("charge", 900))
    hold, charge = (body for _, body in shop.mock.requests)
    assert hold["additionalData"] == {"authorisationType": "PreAuth", "manualCapture": "true"}
    assert hold["amount"] == {"value": 5000, "currency": "EUR"}
    assert hold["reference"] == "p1/authorise/1"
    assert (hold["shopperReference"], hold["paymentMethod"]["storedPaymentMethodId"]) == ("cus_1", "tok_1")
    assert charge["captureDelayHours"] == 0
    assert "additionalData" not in charge
    assert shop.core.books.by_payment()["p1"].captured_minor == 900


def test_asking_twice_does_it_once() -> None:
    shop = Adyen()
    with shop.served() as adyen:
        held = adyen.ask(order("authorise", 5000))
        assert adyen.ask(order("authorise", 5000)) == held
        for _ in range(2):
            adyen.ask(order("capture", 5000, reference=held.reference))
    assert shop.core.books.by_payment()["p1"].captures == 1


@pytest.mark.parametrize("name", ["timeout_before_ppm", "timeout_after_ppm", "error_after_ppm", "throttled_ppm"])
def test_no_answer_is_unavailable(name: str) -> None:
    shop = Adyen(FaultTable(**{name: ALWAYS}))
    with shop.served(timeout_s=0.3) as adyen:
        with pytest.raises(ProcessorUnavailable):
            adyen.ask(order("charge", 5000))
        shop.core.faults = FaultTable()
        assert adyen.ask(order("charge", 5000)).outcome == "approved"
    assert shop.core.books.by_payment()["p1"].captures == 1


def test_declined_partly_approved_and_received() -> None:
    declining = Adyen(FaultTable(declined_ppm=ALWAYS))
    with declining.served() as adyen:
        assert adyen.ask(order("authorise", 5000)).outcome == "declined"
    partial = Adyen(FaultTable(partial_ppm=ALWAYS))
    with partial.served() as adyen:
        answer = adyen.ask(order("authorise", 5000))
        assert answer.outcome == "approved"
        assert answer.amount is not None
        assert 0 < answer.amount.minor < 5000
    slow = Adyen(FaultTable(pending_ppm=ALWAYS))
    with slow.served() as adyen:
        assert adyen.ask(order("authorise", 5000)).outcome == "pending"
    assert told(slow)["p1/authorise/1"].outcome == "approved"


def test_a_capture_that_fails_later_is_told() -> None:
    shop = Adyen(FaultTable(capture_failed_ppm=ALWAYS))
    with shop.served() as adyen:
        held = adyen.ask(order("authorise", 5000))
        adyen.ask(order("capture", 5000, reference=held.reference))
        assert told(shop)["p1/capture/1"].outcome == "approved"
        shop.clock.move(24 * 3600)
        failed = told(shop)["p1/capture/1"]
    assert (failed.outcome, failed.code, failed.reference) == ("declined", "capture_failed", held.reference)
    assert shop.core.books.by_payment()["p1"].taken_minor == 0


def test_what_is_wrong_in_itself_is_refused() -> None:
    shop = Adyen()
    with shop.served() as adyen:
        with pytest.raises(ProcessorRefusal, match="167"):
            adyen.ask(order("capture", 100, reference="UNKNOWN"))
        with pytest.raises(ProcessorRefusal, match="80"):
            adyen.ask(order("authorise", 100, number=10**90))
        held = adyen.ask(order("authorise", 5000))
        with pytest.raises(ProcessorRefusal):
            adyen.ask(order("capture", 5001, reference=held.reference))


def test_long_keys_travel_in_a_short_header() -> None:
    shop = Adyen()
    with shop.served() as adyen:
        long = order("authorise", 100, number=10**55)
        assert len(long.key) > 64
        assert adyen.ask(long) == adyen.ask(long)
    assert len(shop.core.books.holds) == 1


def test_it_cannot_be_asked_so_the_order_is_sent_again() -> None:
    shop = Adyen()
    with shop.served() as adyen:
        held = adyen.ask(order("authorise", 100))
        assert adyen.look_up("p1/authorise/1") is None
        assert adyen.ask(order("authorise", 100)) == held


def test_a_wrong_key_is_no_refusal_of_the_order() -> None:
    with Adyen().served(key="wrong") as adyen, pytest.raises(ProcessorUnavailable, match="not accepted"):
        adyen.ask(order("authorise", 100))
