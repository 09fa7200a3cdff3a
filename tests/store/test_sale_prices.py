"""Prices of the time of a sale: in a stream that is played, in a live one, in an earlier run, with lists of prices."""

import msgspec
import pytest

from tests.commerce.shops import NOON_NS, SETTINGS, SHOP, line
from tests.scenes import LEFT, WATER, MemoryRecording, Scene, ns, shop
from tests.store.running.staging import Cues, ListSource, Run, lines_of
from tillfree.catalog.model import Product, Shop
from tillfree.catalog.offers import PriceEntry
from tillfree.commerce.pricing import Pricing, Sale
from tillfree.core.ids import ProductId, VisitId
from tillfree.storage.database.database import IN_MEMORY, Database
from tillfree.store.running.running import RunningStore
from tillfree.store.running.shop_times import ShopTimes
from tillfree.store.running.sources import RecordingSource
from tillfree.store.sale_prices import SalePrices
from tillfree.store.settings import StoreSettings

HOUR_NS = 3600 * 10**9
TEA = ProductId("tea")


def with_price(old: Shop, minor: int | None, product: ProductId = TEA) -> Shop:
    products = (msgspec.structs.replace(p, price_minor=minor) if p.id == product else p for p in old.products)
    return msgspec.structs.replace(old, products=tuple(products))


def costs(pricing: Pricing, time_ns: int, product: str = "tea") -> int:
    """What one costs before tax; -1 where it cannot be charged."""
    sale = Sale(visit=VisitId("v"), time_ns=time_ns, lines=(line(product),), probability=1.0)
    made = pricing.receipt(sale).lines[0]
    return -1 if made.problem or made.charged is None else made.charged.minor


def waiting(now: Shop, *, live: bool = True) -> RunningStore:
    """A store whose stream has not begun."""
    source = lines_of(now) if live else ListSource(now, [])
    return RunningStore(source, StoreSettings(commerce=SETTINGS))


def test_a_played_stream_keeps_the_prices_of_its_own_times_whatever_the_database_says() -> None:
    scene = Scene(shop(LEFT)).comes("ann", x=0.3, leave_s=10).takes("ann", 7, 3, 520)
    scene = scene.comes("bob", x=0.3, arrive_s=24, leave_s=30).takes("bob", 27, 3, 520)
    cues = Cues()
    ran = Run(RecordingSource(MemoryRecording(scene.shop, scene.sensor_events())), cues=cues)
    cues.add(22, lambda: ran.store.apply_shop(with_price(scene.shop, 777, WATER)))
    ran.to_the_end()
    after = with_price(scene.shop, 888, WATER)
    assert ran.store.apply_shop(after)
    ann, bob = ran.visit("ann").receipt, ran.visit("bob").receipt
    assert bob.lines[0].charged is not None
    assert bob.lines[0].charged.minor == 777
    with Database.open(IN_MEMORY) as database:
        database.save_shop(after, "ann", "", 1)
        prices = SalePrices(ran.store, database)
        for kept in (ann, bob):
            assert kept.lines[0].charged is not None
            assert costs(prices(kept.time_ns), kept.time_ns, WATER) == kept.lines[0].charged.minor
        assert costs(prices(ns(1000)), ns(1000), WATER) == 888
        first = costs(Pricing(scene.shop, StoreSettings().commerce), 0, WATER)
        assert costs(prices(0), 0, WATER) == first != 777


@pytest.mark.parametrize("where", [IN_MEMORY, "file"])
def test_a_sale_of_an_earlier_run_has_the_version_of_its_time(where: str, tmp_path: object) -> None:
    with Database.open(str(tmp_path) if where == "file" else where) as database:
        for hours, minor in ((-2, 100), (0, 200), (2, 300)):
            database.save_shop(with_price(SHOP, minor), "ann", "", NOON_NS + hours * HOUR_NS)
        prices = SalePrices(waiting(with_price(SHOP, 300)), database)
        moments = {-3: 100, -2: 100, -1: 100, 0: 200, 1: 200, 2: 300, 9: 300}
        for hours, minor in moments.items():
            time_ns = NOON_NS + hours * HOUR_NS
            # The till asks in the middle of writing.
            with database.book():
                assert costs(prices(time_ns), time_ns) == minor


def test_without_versions_the_shop_in_force_counts() -> None:
    with Database.open(IN_MEMORY) as database:
        assert costs(SalePrices(waiting(with_price(SHOP, 5)), database)(NOON_NS), NOON_NS) == 5


def test_a_price_list_with_dates_is_that_of_the_time_by_its_dates() -> None:
    def listed(minor: int) -> Shop:
        entry = PriceEntry(product=TEA, price_minor=minor, begin="2026-01-01T12:00", end="2026-01-01T13:00")
        return msgspec.structs.replace(SHOP, prices=(entry,))

    with Database.open(IN_MEMORY) as database:
        database.save_shop(listed(50), "ann", "", NOON_NS - HOUR_NS)
        database.save_shop(listed(70), "ann", "", NOON_NS + HOUR_NS // 2)
        prices = SalePrices(waiting(listed(70)), database)
        for minutes, minor in ((-10, 249), (10, 50), (40, 70), (61, 249)):
            time_ns = NOON_NS + minutes * 60 * 10**9
            assert costs(prices(time_ns), time_ns) == minor


def test_what_had_no_price_or_was_unknown_then_has_the_price_that_it_got_since() -> None:
    new = Product(ProductId("new"), "Late", price_minor=33)
    now = with_price(with_price(SHOP, 900), 44, ProductId("unpriced"))
    now = msgspec.structs.replace(now, products=(*now.products, new))
    with Database.open(IN_MEMORY) as database:
        database.save_shop(SHOP, "", "", NOON_NS - HOUR_NS)
        database.save_shop(now, "ann", "", NOON_NS + HOUR_NS)
        then = SalePrices(waiting(now), database)(NOON_NS)
        assert [costs(then, NOON_NS, name) for name in ("tea", "unpriced", "new")] == [249, 44, 33]


def test_who_leaves_in_the_moment_of_a_change_left_before_it_and_old_states_are_forgotten() -> None:
    states = [with_price(SHOP, minor) for minor in range(100)]
    times = ShopTimes(states[0])
    assert times.at(5) is None
    times.goes_on(10)
    times.sold(10)
    times.change(states[1], 10)
    times.change(states[1], 12)
    assert [times.at(t) for t in (9, 10, 11)] == [None, states[0], states[1]]
    for minor in range(2, 100):
        times.change(states[minor], 10 * minor)
    assert times.at(995) is states[99]
    assert times.at(500) is states[50]
    assert times.at(15) is None
    assert times.oldest is states[36]


def test_a_pricing_is_made_once_per_state() -> None:
    with Database.open(IN_MEMORY) as database:
        database.save_shop(SHOP, "", "", 1)
        prices = SalePrices(waiting(SHOP), database)
        assert prices(NOON_NS) is prices(NOON_NS + 1)
        assert prices(NOON_NS, "other") is not prices(NOON_NS)
