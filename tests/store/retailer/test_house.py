"""All workers together: what the settings want is worked by one tick."""

from pathlib import Path

import pytest

from tests.store.retailer.staging import World, retailer_settings
from tillfree.simulation.retail.connectors import SimulatedRetailer
from tillfree.simulation.retail.serving import serving
from tillfree.store.retailer.house import RetailerHouse


def house_of(world: World) -> RetailerHouse:
    return RetailerHouse(
        world.database, world.database, world.till, world.settings, lambda: world.shop, world.clock, seed=1
    )


def test_one_tick_hands_carts_over_and_tells_of_it(tmp_path: Path) -> None:
    retailer = SimulatedRetailer()
    with serving(retailer) as address:
        world = World(retailer_settings(endpoint=address, feed_folder=str(tmp_path), sales_folder=str(tmp_path)))
        house = house_of(world)
        assert house.is_needed
        world.shopped()
        house.tick()
        house.tick()
        house.close()
        world.close()
    assert retailer.ordered == 1
    (feed,) = tmp_path.glob("*.jsonl")
    assert "Purchase Created" in feed.read_text(encoding="utf-8")


@pytest.mark.parametrize("values", [{}, {"prices": "tillfree", "endpoint": "http://127.0.0.1:9"}])
def test_without_anything_to_do_it_says_so_and_does_nothing(values: dict[str, str]) -> None:
    world = World(retailer_settings(**values))
    house = house_of(world)
    assert not house.is_needed
    world.shopped()
    house.tick()
    house.close()
    world.close()


def test_a_cart_is_an_alert_before_the_hold_of_its_payment_ends() -> None:
    world = World(retailer_settings(endpoint="http://127.0.0.1:9", timeout_ms=200))
    house = house_of(world)
    trip = world.shopped()
    house.tick()
    assert world.announced("order.late") == []
    payment = world.database.payment_of_trip(trip.id)
    assert payment is not None
    world.pass_time((7 * 24 - 2) * 60)
    house.tick()
    assert world.announced("order.late") == ["order.late"]
    house.close()
    world.close()
