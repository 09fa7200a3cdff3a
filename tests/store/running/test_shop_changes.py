"""Prices at once, furniture when nobody is inside; gains; what a known weight weighs."""

from typing import Any

import msgspec
import pytest

from tests.scenes import COLA, JUICE, LEFT, WATER, MemoryRecording, Scene, shop
from tests.store.running.staging import Cues, ListSource, Run
from tillfree.catalog.model import Shop
from tillfree.core.ids import FixtureId, PlateRef
from tillfree.simulation.breakage import SimulatedBreaker
from tillfree.store.running.calibration import Calibration
from tillfree.store.running.errors import StoreError
from tillfree.store.running.running import RunningStore
from tillfree.store.running.sources import RecordingSource

PLATE = PlateRef(LEFT, 2, 3)


def dearer(old: Shop) -> Shop:
    """Everything costs 5.00."""
    products = tuple(msgspec.structs.replace(product, price_minor=500) for product in old.products)
    return msgspec.structs.replace(old, products=products)


def swapped(old: Shop) -> Shop:
    """Water and juice change places."""
    other = {WATER: JUICE, JUICE: WATER}
    facings = tuple(msgspec.structs.replace(f, product=other.get(f.product, f.product)) for f in old.facings)
    return msgspec.structs.replace(old, facings=facings)


def scene_of_two() -> Scene:
    """Ann takes from plate 3 and leaves; then Bob comes and takes from plate 3 as well."""
    scene = Scene(shop(LEFT)).comes("ann", x=0.3, leave_s=10).takes("ann", 7, 3, 520)
    return scene.comes("bob", x=0.3, arrive_s=24, leave_s=30).takes("bob", 27, 3, 520)


def ready(scene: Scene, cues: Cues, **options: Any) -> Run:
    return Run(RecordingSource(MemoryRecording(scene.shop, scene.sensor_events())), cues=cues, **options)


def products(ran: Run, track: str) -> list[str]:
    return [line.product for line in ran.visit(track).receipt.lines]


def test_a_price_is_in_force_at_once_for_receipt_and_live_cart() -> None:
    scene = scene_of_two()
    cues, seen = Cues(), []
    ran = ready(scene, cues)
    cues.add(9, lambda: seen.append((ran.store.apply_shop(dearer(scene.shop)), ran.store.carts())))
    ran.to_the_end()
    ((whole, (cart,)),) = seen
    assert whole
    assert str(cart.total) == "5.00 USD"
    assert ran.visit("ann").receipt.total.gross.minor == 500
    assert ran.store.pending_shop is None
    assert "shop" not in ran.kinds()


def test_a_planogram_waits_until_nobody_is_inside_while_its_prices_do_not() -> None:
    scene = scene_of_two()
    cues, seen = Cues(), []
    ran = ready(scene, cues, counts=4)
    new = swapped(dearer(scene.shop))
    cues.add(9, lambda: seen.append((ran.store.apply_shop(new), ran.store.pending_shop)))
    ran.to_the_end()
    assert seen == [(False, new)]
    assert (ran.store.pending_shop, ran.store.shop) == (None, new)
    assert ran.kinds().count("shop") == 1
    assert products(ran, "ann") == [WATER]
    assert products(ran, "bob") == [JUICE]
    assert {visit.receipt.status for visit in ran.visits} == {"charge"}
    assert ran.visit("ann").receipt.total.gross.minor == 500
    counts = {(line.product, line.plates): line.count for line in ran.store.stock()}
    # What did not change is still known; what lies at the two facings nobody has counted.
    assert counts[COLA, (1, 2)] == 4
    assert counts[JUICE, (3, 4)] is None


def test_an_empty_shop_takes_a_planogram_at_once() -> None:
    scene = scene_of_two()
    ran = ready(scene, Cues())
    assert ran.store.apply_shop(swapped(scene.shop))
    ran.to_the_end()
    assert products(ran, "ann") == [JUICE]


def test_not_waiting_closes_open_visits_for_review() -> None:
    scene = scene_of_two()
    cues = Cues()
    ran = ready(scene, cues)
    cues.add(9, lambda: ran.store.apply_shop(swapped(scene.shop)), ran.store.apply_now, ran.store.apply_now)
    ran.to_the_end()
    first = ran.visits[0]
    assert (first.track, first.reason, first.receipt.status) == ("ann", "restart", "review")
    assert [line.product for line in first.receipt.lines] == [WATER]
    assert products(ran, "bob") == [JUICE]
    assert ran.kinds().count("shop") == 1


# ---- calibration ------------------------------------------------------------------------------------------------


def test_a_gain_multiplies_what_a_plate_weighs() -> None:
    # A plate that shows only half of what lies on it.
    scene = Scene(shop(LEFT)).comes("ann", x=0.3, leave_s=10).takes("ann", 7, 3, 260)
    plain = ready(scene, Cues(), counts=6).to_the_end()
    mended = ready(scene, Cues(), counts=6, calibration=Calibration({PLATE: 2.0})).to_the_end()
    assert (plain.store.stock()[1].count, plain.store.stock()[1].unsure) == (6, True)
    assert (mended.store.stock()[1].count, mended.store.stock()[1].unsure) == (5, False)
    assert products(mended, "ann") == [WATER]
    (trace, *_) = mended.visit("ann").traces
    assert trace.grams[trace.plates.index(3)][-1] == pytest.approx(-520, abs=8)
    assert {p.plate: p.gain for p in mended.store.plates(LEFT) if p.shelf == 2 and p.gain != 1.0} == {3: 2.0}
    assert mended.store.calibration == Calibration({PLATE: 2.0})


def test_a_gain_that_changes_is_no_change_of_weight() -> None:
    scene = Scene(shop(LEFT)).comes("ann", x=0.3, leave_s=16).takes("ann", 12, 3, 260)
    cues, levels = Cues(), []
    ran = ready(scene, cues, counts=6)
    cues.add(8, lambda: levels.append(ran.store.level_g(PLATE)), lambda: ran.store.set_gain(PLATE, 2.0))
    cues.add(11, lambda: levels.append(ran.store.level_g(PLATE)))
    ran.to_the_end()
    before, after = levels
    assert after == pytest.approx(before, abs=3)
    assert "unexplained" not in ran.kinds()
    assert products(ran, "ann") == [WATER]
    assert ran.store.stock()[1].count == 5


def test_a_known_weight_shows_how_much_a_plate_is_off() -> None:
    scene = Scene(shop(LEFT)).comes("ann", leave_s=30)
    breaker = SimulatedBreaker(scene.shop)
    cues, found = Cues(inner=breaker), []
    ran = ready(scene, cues, calibration=Calibration({PLATE: 1.1}))
    cues.add(6, lambda: found.append(ran.store.tare(PLATE)), lambda: breaker.press(PLATE, 1000.0))
    cues.add(12, lambda: found.append(ran.store.tare(PLATE)), lambda: breaker.lift(PLATE))
    cues.add(18, lambda: found.append(ran.store.tare(PLATE)))
    ran.to_the_end()
    empty, loaded, again = found
    assert loaded - empty == pytest.approx(1100, abs=2)
    assert again == pytest.approx(empty, abs=2)


def test_what_cannot_be_calibrated_is_refused() -> None:
    store = RunningStore(ListSource(shop(LEFT), []))
    with pytest.raises(StoreError, match="no reading"):
        store.tare(PLATE)
    assert store.level_g(PlateRef(FixtureId("nowhere"), 1, 1)) is None
    for gain in (0.49, 2.1, float("nan"), -1.0):
        with pytest.raises(StoreError, match="not within"):
            store.set_gain(PLATE, gain)
    with pytest.raises(StoreError, match="no plate left/9/1"):
        store.set_gain(PlateRef(LEFT, 9, 1), 1.0)
    with pytest.raises(StoreError, match="not within"):
        RunningStore(ListSource(shop(LEFT), []), calibration=Calibration({PLATE: 7.0}))
    # A plate that the shop no longer has is forgotten.
    gone = RunningStore(ListSource(shop(LEFT), []), calibration=Calibration({PlateRef(LEFT, 9, 1): 1.5}))
    assert gone.calibration == Calibration()
