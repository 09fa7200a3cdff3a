"""What can be made to go wrong with the money of a simulated shop."""

import pytest

from tillfree.commerce.payments.processor import Order, ProcessorUnavailable
from tillfree.core.ids import PaymentId
from tillfree.core.money import Money
from tillfree.simulation.entrance.switches import NETWORK, Switches
from tillfree.simulation.errors import SimulationError
from tillfree.simulation.payments.processor import SimulatedProcessor

NOW_NS = 1_900_000_000_000_000_000
EUR = Money(100, "EUR")


def order(key: str) -> Order:
    return Order(key=key, kind="authorise", payment=PaymentId("p"), amount=EUR, token="tok")


def switches() -> tuple[Switches, SimulatedProcessor]:
    processor = SimulatedProcessor(lambda: NOW_NS)
    return Switches(processor), processor


def test_nothing_is_broken_at_first_and_mending_heals() -> None:
    made, _ = switches()
    assert made.online
    assert made.ask(order("a")).outcome == "approved"
    for breakable in made.breakables():
        assert not breakable.broken
        made.set(breakable.id, broken=True)
    assert all(one.broken for one in made.breakables())
    for breakable in made.breakables():
        made.set(breakable.id, broken=False)
    assert made.ask(order("b")).outcome == "approved"


def test_without_a_network_nothing_arrives() -> None:
    made, processor = switches()
    made.set(NETWORK, broken=True)
    assert not made.online
    with pytest.raises(ProcessorUnavailable):
        made.ask(order("a"))
    with pytest.raises(ProcessorUnavailable):
        made.look_up("a")
    made.set(NETWORK, broken=False)
    assert processor.look_up("a") is None


@pytest.mark.parametrize(("how", "outcome"), [("slow", "pending"), ("declines", "declined")])
def test_the_processor_answers_otherwise(how: str, outcome: str) -> None:
    made, _ = switches()
    made.set(f"processor/{how}", broken=True)
    assert made.online
    assert made.ask(order("a")).outcome == outcome


def test_one_that_is_down_does_nothing_and_one_that_repeats_does_it_once() -> None:
    made, processor = switches()
    made.set("processor/down", broken=True)
    assert not made.online
    with pytest.raises(ProcessorUnavailable):
        made.ask(order("a"))
    made.set("processor/down", broken=False)
    assert processor.books.holds == {}
    made.set("processor/repeats", broken=True)
    for _ in range(40):
        try:
            made.ask(order("b"))
        except ProcessorUnavailable:
            continue
        break
    assert len(processor.books.holds) == 1
    assert len(processor.take_notices(NOW_NS + 10**12)) == 2


def test_what_is_not_there_cannot_be_broken() -> None:
    made, _ = switches()
    with pytest.raises(SimulationError):
        made.set("processor/on fire", broken=True)
