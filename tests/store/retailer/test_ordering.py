"""Carts go out until they are taken: over real HTTP, to a simulated retailer that misbehaves."""

import contextlib
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from tests.store.retailer.staging import CARD, World, retailer_settings
from tillfree.commerce.pricing import Pricing, Sale
from tillfree.commerce.trips import Payer
from tillfree.commerce.weighing import Weighed
from tillfree.connectors.retailer.client import RetailerClient
from tillfree.core.events import CartLine
from tillfree.core.ids import ProductId
from tillfree.core.time import NS_PER_DAY
from tillfree.simulation.retail.connectors import SimulatedRetailer
from tillfree.simulation.retail.serving import serving
from tillfree.storage.database.decisions import ReviewDecision
from tillfree.store.retailer.ordering import OrderWorker
from tillfree.store.retailer.purchases import auth_event_id, trip_on_wire


class Ordering:
    """A world, a retailer behind real HTTP, and the worker between them."""

    def __init__(self, retailer: SimulatedRetailer, address: str, **values: Any) -> None:
        self.retailer = retailer
        settings = retailer_settings(endpoint=address, timeout_ms=2000, breaker_failures=1000, **values)
        self.world = World(settings)
        self.client = RetailerClient(settings, "", now_ns=self.world.clock)
        self.worker = self.new_worker()

    def new_worker(self) -> OrderWorker:
        world = self.world
        return OrderWorker(
            world.database, world.database, world.till, self.client, world.settings.retailer, lambda: world.shop,
            world.clock, hold_ends_ns=lambda trip: trip.opened_ns + 7 * NS_PER_DAY,
        )  # fmt: skip

    def close(self) -> None:
        self.client.close()
        self.world.close()


@pytest.fixture
def ordering() -> Iterator[Ordering]:
    retailer = SimulatedRetailer()
    with serving(retailer) as address:
        made = Ordering(retailer, address)
        yield made
        made.close()


def test_a_cart_is_handed_over_once_and_its_id_is_kept(ordering: Ordering) -> None:
    trip = ordering.world.shopped(CARD, [("1001", 2), ("1002", 1)])
    assert trip.status == "external"
    for _ in range(3):
        ordering.worker.tick()
    order = ordering.world.database.order(trip.id)
    assert order is not None
    assert order.state == "accepted"
    assert order.purchase
    assert order.cart == b""  # whom the retailer knows is forgotten here
    assert order.tries == 1
    assert ordering.retailer.ordered == 1
    (purchase, cart) = ordering.retailer.purchases[trip_on_wire(trip.id)]
    assert purchase == order.purchase
    assert [(item.id, item.quantity.value, item.quantity.unit) for item in cart.cart_items] == [
        ("1001", "2", "each"), ("1002", "1", "each"),
    ]  # fmt: skip
    assert [code.id for code in cart.cart_items[0].external_identifiers] == ["012345678905"]
    (event,) = cart.shopping_trip.auth_events
    assert (event.payload_type, event.location) == ("FINANCIAL", "ENTRY")
    assert event.id == auth_event_id("store-1", "gate-1", trip.opened_ns)
    assert "order.accepted" in ordering.world.announced()
    assert ordering.world.database.trip_on_the_wire(trip_on_wire(trip.id)) == trip.id


@pytest.mark.parametrize(("word", "value"), [("kg", "0.412"), ("g", "412"), ("lb", "0.9083")])
def test_what_was_weighed_is_ordered_by_its_weight_in_the_unit_of_the_retailer(word: str, value: str) -> None:
    retailer = SimulatedRetailer()
    with serving(retailer) as address, contextlib.closing(Ordering(retailer, address, weight_word=word)) as ordering:
        trip = ordering.world.enter()
        grapes = ProductId("1003")
        ordering.world.leave(trip, [("1001", 2), (grapes, 1)], weights={grapes: Weighed(1, 412, 1.0)})
        ordering.worker.tick()
        (_, cart) = retailer.purchases[trip_on_wire(trip.id)]
    assert [(item.id, item.quantity.value, item.quantity.unit) for item in cart.cart_items] == [
        ("1001", "2", "each"), ("1003", value, word),
    ]  # fmt: skip


@pytest.mark.parametrize("visits", [True, False])
def test_what_staff_handed_over_is_ordered_with_all_else(ordering: Ordering, visits: bool) -> None:
    world = ordering.world
    trip = world.enter()
    milk, grapes = ProductId("1001"), ProductId("1003")
    world.till.add_item(trip.id, milk, 2, key="a", by="associate")
    world.till.add_item(trip.id, grapes, key="b", by="associate", weight_g=412)
    world.till.add_item(trip.id, grapes, key="c", by="associate", price_minor=417, scan="2812345004170")
    world.till.add_item(trip.id, milk, key="d", by="associate")
    world.till.take_off(trip.id, milk, key="e", by="associate")
    if visits:
        world.leave(trip, [("1001", 1)])
    else:
        world.pass_time(24 * 60)
        world.till.tick()
    ordering.worker.tick()
    (_, cart) = ordering.retailer.purchases[trip_on_wire(trip.id)]
    own = [("1001", "SKU", "1", "each")] if visits else []
    assert [(item.id, item.type, item.quantity.value, item.quantity.unit) for item in cart.cart_items] == [
        *own, ("1001", "SKU", "2", "each"), ("1003", "SKU", "0.412", "kg"), ("2812345004170", "SCANCODE", "1", "each"),
    ]  # fmt: skip
    assert len({item.line_item_id for item in cart.cart_items}) == len(cart.cart_items)


@pytest.mark.parametrize("status", [500, 502, 503, 429, 408])
def test_what_is_not_answered_is_tried_again_with_the_same_trip_and_a_new_request(
    ordering: Ordering, status: int
) -> None:
    ordering.retailer.faults.status, ordering.retailer.faults.times = status, 3
    trip = ordering.world.shopped()
    for _ in range(8):
        ordering.worker.tick()
        ordering.world.pass_time(10)
    order = ordering.world.database.order(trip.id)
    assert order is not None
    assert (order.state, order.tries) == ("accepted", 4)
    calls = [body for _, body in ordering.retailer.calls]
    assert len({body["requestId"] for body in calls}) == 4
    assert {body["idempotentShoppingTripId"] for body in calls} == {trip_on_wire(trip.id)}
    assert len({str(body["cartItems"]) for body in calls}) == 1


def test_a_lost_answer_makes_no_second_purchase(ordering: Ordering) -> None:
    faults = ordering.retailer.faults
    faults.before, faults.status, faults.times = False, 500, 1
    trip = ordering.world.shopped()
    ordering.worker.tick()
    ordering.world.pass_time(10)
    ordering.worker.tick()
    order = ordering.world.database.order(trip.id)
    assert order is not None
    assert order.state == "accepted"
    assert ordering.retailer.ordered == 1


def test_waits_grow_and_retry_after_is_obeyed(ordering: Ordering) -> None:
    ordering.retailer.faults.status = 503
    trip = ordering.world.shopped()
    waits = []
    for _ in range(6):
        ordering.worker.tick()
        order = ordering.world.database.order(trip.id)
        assert order is not None
        waits.append((order.next_ns - ordering.world.now_ns) / 10**9)
        ordering.world.now_ns = order.next_ns
    assert all(2**n * 0.5 - 0.01 <= wait <= 2**n for n, wait in enumerate(waits)), waits
    ordering.retailer.faults.retry_after = "120"
    ordering.worker.tick()
    order = ordering.world.database.order(trip.id)
    assert order is not None
    assert order.next_ns - ordering.world.now_ns == 120 * 10**9


def test_a_refused_cart_is_a_bad_one_at_once_and_can_be_sent_again(ordering: Ordering) -> None:
    ordering.retailer.bad_skus = frozenset({"1002"})
    trip = ordering.world.shopped(CARD, [("1002", 1)])
    ordering.worker.tick()
    ordering.worker.tick()
    (bad,) = ordering.world.database.orders_in("bad")
    assert bad.trip == trip.id
    assert "there is no product 1002" in bad.why
    assert len(ordering.retailer.calls) == 1
    assert ordering.world.announced("order.bad") == ["order.bad"]
    ordering.retailer.bad_skus = frozenset()
    assert ordering.world.database.order_again(trip.id, ordering.world.now_ns)
    assert not ordering.world.database.order_again(trip.id, ordering.world.now_ns)
    ordering.worker.tick()
    assert not ordering.world.database.orders_in("bad")
    assert ordering.retailer.ordered == 1


@pytest.mark.parametrize("status", [401, 403, 404])
def test_wrong_keys_and_missing_connectors_make_no_bad_carts(ordering: Ordering, status: int) -> None:
    ordering.retailer.faults.status = status
    ordering.world.shopped()
    ordering.worker.tick()
    assert ordering.world.database.orders_count() == {"waiting": 1}


def test_what_nobody_takes_for_days_is_a_bad_cart(ordering: Ordering) -> None:
    ordering.retailer.faults.status = 500
    trip = ordering.world.shopped()
    ordering.worker.tick()
    ordering.world.pass_time(72 * 60)
    ordering.worker.tick()
    (bad,) = ordering.world.database.orders_in("bad")
    assert bad.trip == trip.id


def test_an_empty_cart_is_told_and_the_hold_is_let_go(ordering: Ordering) -> None:
    trip = ordering.world.enter()
    assert ordering.world.trip(trip).hold is not None
    ordering.world.leave(trip)
    ordering.worker.tick()
    ordering.world.till.tick()
    (_, body) = ordering.retailer.calls[-1]
    assert body["cartItems"] == []
    after = ordering.world.trip(trip)
    assert after.hold is None
    assert after.status == "void"
    assert ordering.world.processor.moved("capture") == 0


def test_a_stop_between_any_two_steps_loses_and_doubles_nothing(ordering: Ordering) -> None:
    trips = [ordering.world.shopped(CARD, [("1001", n)]) for n in range(1, 4)]
    ordering.worker._take_in()  # and here the process is killed
    ordering.new_worker().tick()
    ordering.new_worker().tick()
    assert ordering.retailer.ordered == 3
    assert {ordering.world.database.order(trip.id).state for trip in trips} == {"accepted"}  # type: ignore[union-attr]


def test_an_uncertain_cart_waits_for_a_person_and_goes_out_as_decided(ordering: Ordering) -> None:
    world = ordering.world
    trip = world.enter()
    world.leave(trip, [("1001", 2)], unsure=True)
    ordering.worker.tick()
    assert ordering.retailer.calls == []
    visit = world.trip(trip).left[0]
    record = world.database.visit(visit)
    assert record is not None
    sale = Sale(visit=visit, time_ns=world.now_ns, lines=(CartLine(ProductId("1001"), 1, 1.0),), probability=1.0)
    receipt = Pricing(world.shop, world.settings.commerce).receipt(sale)
    world.database.decide(
        ReviewDecision(
            visit=visit,
            by="mia",
            time_ns=world.now_ns,
            choice="edited",
            items={ProductId("1001"): 1},
            receipt=msgspec.structs.replace(receipt, id=record.receipt.id, time_ns=record.receipt.time_ns),
        )
    )
    world.pass_time(1)
    ordering.worker.tick()
    ((_, body),) = ordering.retailer.calls
    assert [item["quantity"]["value"] for item in body["cartItems"]] == ["1"]


def test_an_uncertain_cart_that_nobody_decides_goes_out_after_the_longest_review(ordering: Ordering) -> None:
    world = ordering.world
    world.leave(world.enter(), [("1001", 2)], unsure=True)
    for _ in range(3):
        world.pass_time(60)
        ordering.worker.tick()
    assert ordering.retailer.calls == []
    world.pass_time(24 * 60)
    ordering.worker.tick()
    assert len(ordering.retailer.calls) == 1


def test_a_cart_that_nobody_priced_is_an_alert_once_before_the_hold_ends(ordering: Ordering) -> None:
    trip = ordering.world.shopped()
    ordering.worker.tick()
    assert ordering.world.announced("order.late") == []
    ordering.world.pass_time((7 * 24 - 11) * 60)
    ordering.worker.tick()
    ordering.world.pass_time(2)
    ordering.worker.tick()
    assert ordering.world.announced("order.late") == ["order.late"]
    order = ordering.world.database.order(trip.id)
    assert order is not None
    assert order.alerted == 1


def test_orders_are_erased_in_time_but_not_those_that_wait(ordering: Ordering) -> None:
    ordering.world.shopped()
    ordering.worker.tick()
    ordering.retailer.faults.status = 503
    late = ordering.world.shopped()
    ordering.world.pass_time(91 * 24 * 60)
    ordering.world.database.erase_orders(ordering.world.now_ns - 90 * NS_PER_DAY)
    ordering.new_worker()._take_in()
    assert ordering.world.database.orders_count() == {"waiting": 1}
    assert ordering.world.database.order(late.id) is not None


@pytest.mark.parametrize(
    ("payer", "role", "people", "kinds"),
    [
        (CARD, "shopper", 1, [("FINANCIAL", None)]),
        (
            Payer(kind="card", token="t", loyalty="club-7"),
            "shopper",
            1,
            [("FINANCIAL", None), ("SCAN_CODE", "LOYALTY")],
        ),
        (Payer(kind="account", account="ann"), "shopper", 1, [("SCAN_CODE", "SHOPPER")]),
        (Payer(kind="account", account="ann"), "shopper", 3, [("SCAN_CODE", "SHOPPER")] * 3),
        (Payer(kind="cash", account="till-4"), "shopper", 1, [("SCAN_CODE", "CASH")]),
        (Payer(kind="none", account="sam"), "associate", 1, [("SCAN_CODE", "ASSOCIATE")]),
        (Payer(kind="account", loyalty="club-7"), "shopper", 1, [("SCAN_CODE", "LOYALTY")]),
    ],
)
def test_each_kind_of_trip_names_its_events(
    ordering: Ordering, payer: Payer, role: str, people: int, kinds: list[tuple[str, str | None]]
) -> None:
    ordering.world.shopped(payer, *([("1001", 1)] for _ in range(people)), role=role)
    ordering.worker.tick()
    (cart,) = [cart for _, cart in ordering.retailer.purchases.values()]
    events = cart.shopping_trip.auth_events
    assert [(event.payload_type, event.scan_result.type if event.scan_result else None) for event in events] == kinds
    assert len({event.id for event in events}) == len(events)
    (item,) = cart.cart_items
    assert item.quantity.value == str(people)


def test_a_delivery_and_an_open_door_are_no_trips_of_the_retailer(ordering: Ordering) -> None:
    ordering.world.shopped(Payer(kind="none"), role="delivery")
    ordering.worker.tick()
    assert ordering.retailer.calls == []
