"""Counts follow the scales; what is empty, misplaced or unexplained is told."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.scenes import CHIPS, COLA, LEFT, RIGHT, SAUCE, WATER, MemoryRecording, Scene, ns, shop, weight_change
from tests.store.running.staging import Cues, Run, run
from tillfree.core.ids import FixtureId, ShelfRef
from tillfree.store.running.alerts import Alerts, stock_alerts
from tillfree.store.running.errors import StoreError
from tillfree.store.running.sources import RecordingSource
from tillfree.store.running.state import StockLine
from tillfree.store.running.stock import StockBook


def book(count: int = 10, **options: object) -> StockBook:
    made = StockBook(shop(LEFT, **options))  # type: ignore[arg-type]
    made.set_counts(dict.fromkeys(range(7), (count, count, 0)))
    return made


def line(stock: StockBook, product: str) -> StockLine:
    (found,) = (line for line in stock.lines() if line.product == product)
    return found


def state(stock: StockBook, product: str) -> tuple[int | None, bool]:
    found = line(stock, product)
    return found.count, found.unsure


@pytest.mark.parametrize(
    ("loads", "counts"),
    [
        ({3: -520.0}, {WATER: 9}),
        ({3: -1010.0, 4: -25.0}, {WATER: 8}),
        ({4: 515.0}, {WATER: 11}),
        ({3: -260.0, 4: -258.0}, {WATER: 9}),
        ({2: -350.0, 3: -520.0}, {COLA: 9, WATER: 9}),
        ({2: -40.0, 3: -478.0}, {WATER: 9}),
        ({7: -3.0, 8: 2.0}, {}),
        ({9: 178.0, 7: -105.0}, {CHIPS: 11, SAUCE: 9}),
    ],
)
def test_counts_follow_whole_units(loads: dict[int, float], counts: dict[str, int]) -> None:
    stock = book()
    stock.take(weight_change(8, loads))
    assert {line.product: line.count for line in stock.lines() if line.count != 10} == counts
    assert not any(line.unsure for line in stock.lines())
    assert all(line.changed_ns == weight_change(8, loads).time_ns for line in stock.lines() if line.count != 10)


def test_a_hand_that_rests_makes_unsure_until_it_leaves() -> None:
    stock = book()
    stock.take(weight_change(8, {3: 1800.0}))
    assert state(stock, WATER) == (10, True)
    stock.take(weight_change(9, {3: -1800.0}))
    assert state(stock, WATER) == (10, False)
    # It may take something along.
    stock.take(weight_change(10, {3: 800.0}))
    stock.take(weight_change(11, {3: -1320.0}))
    assert state(stock, WATER) == (9, False)


def test_what_is_not_known_is_unsure() -> None:
    stock = book(without_weight=[WATER])
    stock.take(weight_change(8, {3: -520.0}))
    assert state(stock, WATER) == (10, True)
    blind = book()
    blind.take(msgspec.structs.replace(weight_change(8, {3: -520.0}), missing=(4,)))
    assert state(blind, WATER) == (9, True)
    nobody = StockBook(shop(LEFT))
    nobody.take(weight_change(8, {3: -520.0}))
    assert state(nobody, WATER) == (None, False)
    assert nobody.memory() == {}


def test_there_is_never_less_than_nothing() -> None:
    stock = book(1)
    stock.take(weight_change(8, {3: -1040.0}))
    assert state(stock, WATER) == (0, True)
    stock.count(1, 3, ns(9))
    assert state(stock, WATER) == (3, False)
    assert line(stock, WATER).counted_ns == ns(9)


def test_a_count_raises_par_and_never_lowers_it() -> None:
    stock = book(5)
    stock.count(1, 3, 1)
    assert (line(stock, WATER).count, line(stock, WATER).par) == (3, 5)
    stock.count(1, 8, 2)
    assert (line(stock, WATER).count, line(stock, WATER).par) == (8, 8)
    assert stock.memory()[1] == (8, 8, 2)


def test_something_heavy_in_the_wrong_place_is_not_many_units_of_what_belongs_there() -> None:
    stock = book()
    stock.take(weight_change(8, {3: 5 * 520.0}))
    assert state(stock, WATER) == (10, True)  # not 15: nobody puts five bottles back where ten is full
    stock.take(weight_change(9, {3: -5 * 520.0}))
    assert state(stock, WATER) == (10, False)
    stock.set_restocking(LEFT, True)
    stock.take(weight_change(10, {3: 5 * 520.0}))
    assert state(stock, WATER) == (15, False)
    half_empty = book()
    half_empty.take(weight_change(7, {3: -6 * 520.0}))
    half_empty.take(weight_change(8, {3: 5 * 520.0}))
    assert state(half_empty, WATER) == (9, False)


@pytest.mark.parametrize(("facing", "units"), [(-1, 3), (7, 3), (0, -1), (0, 10**9)])
def test_counts_that_cannot_be_are_refused(facing: int, units: int) -> None:
    with pytest.raises(StoreError):
        book().count(facing, units, 1)


def test_filling_up_is_told_and_raises_par() -> None:
    stock = book(2)
    assert stock.take(weight_change(7, {3: 520.0})) == []
    stock.set_restocking(LEFT, True)
    (filled,) = stock.take(weight_change(8, {3: 1040.0, 4: 520.0}))
    assert (filled.product, filled.quantity, filled.shelf) == (WATER, 3, 2)
    assert (line(stock, WATER).count, line(stock, WATER).par) == (6, 6)
    stock.set_restocking(LEFT, False)
    assert stock.restocking == frozenset()


@given(st.lists(st.tuples(st.integers(1, 12), st.floats(-3000, 3000)), max_size=30))
def test_whatever_the_scales_say_counts_are_never_negative(steps: list[tuple[int, float]]) -> None:
    stock = book(3)
    for number, (plate, grams) in enumerate(steps):
        stock.take(weight_change(number, {plate: grams}, number=number))
        assert all(line.count is not None and line.count >= 0 for line in stock.lines())


def test_a_store_counts_what_is_taken_and_says_when_it_runs_out() -> None:
    scene = Scene(shop(LEFT)).comes("ann", x=0.3, leave_s=14).takes("ann", 7, 3, 520).takes("ann", 10, 4, 520)
    ran = run(scene, counts=2)
    assert {line.product: line.count for line in ran.store.stock() if line.count != 2} == {WATER: 0}
    (alert,) = (alert for alert in ran.store.alerts() if alert.kind == "out_of_stock")
    assert (alert.product, alert.fixture, alert.shelf, alert.plates) == (WATER, LEFT, 2, (3, 4))
    told = [entry for entry in ran.store.feed() if entry.kind == "alert"]
    assert [(entry.product, entry.detail) for entry in told] == [(WATER, "out_of_stock")]
    ran.store.count_facing(1, 2)
    assert not ran.store.alerts()


def test_what_runs_low_is_told_in_time() -> None:
    def lines(count: int, par: int) -> list[str]:
        return [alert.kind for alert in stock_alerts([StockLine(**base, count=count, par=par)])]  # type: ignore[arg-type]

    base = {"facing": 0, "product": WATER, "fixture": LEFT, "shelf": 2, "plates": (3,)}
    assert lines(0, 10) == ["out_of_stock"]
    assert lines(2, 10) == ["low_stock"]
    assert lines(3, 10) == lines(1, 1) == lines(0, 0) == []
    assert lines(1, 3) == ["low_stock"]


# ---- alerts -----------------------------------------------------------------------------------------------------


def test_a_misplaced_product_is_told_until_it_is_taken_away() -> None:
    scene = Scene(shop(LEFT)).comes("ann", x=0.5, leave_s=16).takes("ann", 7, 3, 520).puts("ann", 11, 9, 520)
    scene.comes("bob", x=0.9, arrive_s=30, leave_s=38).takes("bob", 34, 9, 520)
    seen = []
    cues = Cues()
    ran = Run(RecordingSource(MemoryRecording(scene.shop, scene.sensor_events())), cues=cues)
    cues.add(28, lambda: seen.append(ran.store.alerts()))
    ran.to_the_end()
    ((alert,),) = seen
    assert (alert.kind, alert.product, alert.fixture, alert.shelf) == ("misplaced", WATER, LEFT, 2)
    assert 9 in alert.plates
    assert [entry.detail for entry in ran.store.feed() if entry.kind == "alert"] == ["misplaced"]
    assert not ran.store.alerts()


def test_what_lies_where_it_belongs_is_not_misplaced() -> None:
    alerts = Alerts(shop(LEFT))
    shelf = ShelfRef(LEFT, 2)
    alerts.put_back(WATER, shelf, (4,), ns(5))
    alerts.put_back(WATER, shelf, (), ns(5))
    alerts.put_back("no such thing", shelf, (9,), ns(5))  # type: ignore[arg-type]
    assert alerts.standing == ()
    alerts.weight(weight_change(9, {9: -520.0}))
    # It was told late: meanwhile it is gone.
    alerts.put_back(WATER, shelf, (9,), ns(5))
    assert alerts.standing == ()
    alerts.put_back(WATER, shelf, (9,), ns(15))
    alerts.weight(weight_change(20, {9: -180.0}))
    assert len(alerts.standing) == 1
    alerts.set_shop(shop(LEFT))
    assert alerts.standing == ()


@pytest.mark.parametrize("begin_s", [0.0, 20.0], ids=["somebody far away", "nobody at all"])
def test_a_change_with_nobody_near_is_told_until_somebody_counts(begin_s: float) -> None:
    path = ((0, 8.5, -4.5), (5, 8.5, -1.5), (24, 8.5, -1.5), (28, 8.5, -4.5))
    scene = Scene(shop(LEFT, RIGHT)).walks("ann", *((begin_s + second, x, y) for second, x, y in path))
    scene.changes_load(12, {3: -520.0})
    ran = run(scene, counts=3)
    (alert,) = ran.store.alerts()
    assert (alert.kind, alert.fixture, alert.shelf) == ("unexplained", LEFT, 2)
    (entry,) = (entry for entry in ran.store.feed() if entry.kind == "unexplained")
    assert entry.time_ns == pytest.approx(ns(12), abs=300_000_000)
    assert ran.store.stock()[1].count == 2
    ran.store.count_facing(1, 2)
    assert not [alert for alert in ran.store.alerts() if alert.kind == "unexplained"]


def test_a_fixture_that_is_filled_up_alarms_nobody() -> None:
    scene = Scene(shop(LEFT, RIGHT)).walks("ann", (0, 8.5, -4.5), (5, 8.5, -1.5), (24, 8.5, -1.5), (28, 8.5, -4.5))
    scene.changes_load(12, {3: 520.0}).changes_load(15, {4: 520.0})
    cues = Cues()
    ran = Run(RecordingSource(MemoryRecording(scene.shop, scene.sensor_events())), cues=cues, counts=3)
    cues.add(9, lambda: ran.store.set_restocking(LEFT, True))
    ran.to_the_end()
    assert not ran.store.alerts()
    assert ran.store.restocking() == {LEFT}
    assert [(e.product, e.quantity) for e in ran.store.feed() if e.kind == "restock"] == [(WATER, 1), (WATER, 1)]
    assert (ran.store.stock()[1].count, ran.store.stock()[1].par) == (5, 5)
    with pytest.raises(StoreError, match="no fixture 'nowhere'"):
        ran.store.set_restocking(FixtureId("nowhere"), True)
