"""Sensors of a simulated shop that are broken by hand."""

import threading

import numpy as np
import numpy.typing as npt
import pytest

from tests.scenes import LEFT, RIGHT, Plates, Scene, ns, shop
from tillfree.core.events import Event, GatePassage, ItemLook, PeopleFrame, WeightBatch
from tillfree.core.ids import FixtureId, PlateRef, TrackId
from tillfree.simulation.breakage import SimulatedBreaker
from tillfree.simulation.errors import SimulationError
from tillfree.simulation.stores.named import store_of
from tillfree.store.running.sources import Breaker

FIRST, SECOND = Plates(1).batches()[:2]
PASSAGE = GatePassage(time_ns=ns(1), source="gate", sequence=1, track=TrackId("a"), direction="in")
FRAME = PeopleFrame(time_ns=ns(1), source="tracker", sequence=1)


def values(event: Event | None) -> npt.NDArray[np.float32]:
    assert isinstance(event, WeightBatch)
    return np.frombuffer(event.values, "<f4").reshape(event.samples, event.shelves, event.plates)


def test_each_fixture_offers_its_scales_and_the_middle_plate_of_its_busiest_shelf() -> None:
    breaker: Breaker = SimulatedBreaker(shop(LEFT, RIGHT))
    offered = [(b.id, b.kind, b.how, b.fixture, b.shelf, b.plate) for b in breaker.breakables()]
    assert offered == [
        ("scales/left", "scales", "unplugged", LEFT, 0, 0),
        ("plate/left/2/6/dead", "plate", "dead", LEFT, 2, 6),
        ("plate/left/2/6/stuck", "plate", "stuck", LEFT, 2, 6),
        ("scales/right", "scales", "unplugged", RIGHT, 0, 0),
        ("plate/right/2/6/dead", "plate", "dead", RIGHT, 2, 6),
        ("plate/right/2/6/stuck", "plate", "stuck", RIGHT, 2, 6),
        ("tracker", "tracker", "unplugged", "", 0, 0),
    ]
    assert not any(b.broken for b in breaker.breakables())


def test_what_is_whole_passes_untouched() -> None:
    breaker = SimulatedBreaker(shop(LEFT))
    look = ItemLook(time_ns=ns(1), source="c", sequence=1, track=TrackId("a"), log_likelihoods={})
    for event in (FIRST, FRAME, PASSAGE, look):
        assert breaker.filter(event) is event


def test_unplugged_scales_and_trackers_say_nothing_until_they_are_mended() -> None:
    breaker = SimulatedBreaker(shop(LEFT, RIGHT))
    breaker.break_("scales/left")
    breaker.break_("scales/left")
    breaker.break_("tracker")
    assert breaker.filter(FIRST) is None
    assert breaker.filter(FRAME) is None
    other = Plates(1, name=RIGHT).batches()[0]
    assert breaker.filter(other) is other
    assert {b.id for b in breaker.breakables() if b.broken} == {"scales/left", "tracker"}
    breaker.mend("scales/left")
    breaker.mend("tracker")
    breaker.mend("tracker")
    assert breaker.filter(FIRST) is FIRST
    assert breaker.filter(FRAME) is FRAME


def test_a_gate_is_offered_once_it_speaks() -> None:
    breaker = SimulatedBreaker(shop(LEFT))
    with pytest.raises(SimulationError, match="no sensor 'gate'"):
        breaker.break_("gate")
    breaker.filter(PASSAGE)
    breaker.break_("gate")
    assert breaker.filter(PASSAGE) is None
    assert SimulatedBreaker(shop(LEFT), gate=True).breakables()[-1].id == "gate"


def test_a_dead_plate_reads_nothing_and_its_neighbours_go_on() -> None:
    breaker = SimulatedBreaker(shop(LEFT))
    breaker.break_("plate/left/2/6/dead")
    before, after = values(FIRST), values(breaker.filter(FIRST))
    assert np.isnan(after[:, 1, 5]).all()
    assert np.isnan(after).sum() == len(after)
    assert (after[:, 0] == before[:, 0]).all()
    breaker.mend("plate/left/2/6/dead")
    assert breaker.filter(FIRST) is FIRST


def test_a_stuck_plate_repeats_what_it_read_when_it_broke() -> None:
    breaker = SimulatedBreaker(shop(LEFT))
    breaker.break_("plate/left/2/6/stuck")
    one, two = values(breaker.filter(FIRST)), values(breaker.filter(SECOND))
    first = values(FIRST)[0, 1, 5]
    assert (one[:, 1, 5] == first).all()
    assert (two[:, 1, 5] == first).all()
    breaker.mend("plate/left/2/6/stuck")
    breaker.break_("plate/left/2/6/stuck")
    assert (values(breaker.filter(SECOND))[:, 1, 5] == values(SECOND)[0, 1, 5]).all()


def test_a_known_weight_lies_on_a_plate_until_it_is_lifted() -> None:
    breaker = SimulatedBreaker(shop(LEFT))
    plate = PlateRef(LEFT, 1, 3)
    breaker.press(plate, 500.0)
    breaker.press(plate, 1000.0)
    more = values(breaker.filter(FIRST)) - values(FIRST)
    assert more[:, 0, 2] == pytest.approx(1000, abs=0.01)
    assert np.abs(more).sum() == pytest.approx(1000 * len(more), rel=1e-5)
    breaker.lift(plate)
    breaker.lift(plate)
    assert breaker.filter(FIRST) is FIRST


def test_what_there_is_not_is_refused() -> None:
    breaker = SimulatedBreaker(shop(LEFT))
    for act in (breaker.break_, breaker.mend):
        with pytest.raises(SimulationError, match="no sensor 'plate/left/9/9/dead'"):
            act("plate/left/9/9/dead")
    with pytest.raises(SimulationError, match="no plate nowhere/1/1"):
        breaker.press(PlateRef(FixtureId("nowhere"), 1, 1), 100.0)
    for grams in (0.0, -5.0, float("nan"), float("inf")):
        with pytest.raises(SimulationError, match="cannot be put"):
            breaker.press(PlateRef(LEFT, 1, 1), grams)


def test_a_batch_that_lacks_the_plate_or_contradicts_itself_passes() -> None:
    breaker = SimulatedBreaker(shop(LEFT), plates=[PlateRef(LEFT, 3, 12)])
    breaker.break_("plate/left/3/12/dead")
    breaker.press(PlateRef(LEFT, 3, 1), 100.0)
    small = WeightBatch(
        time_ns=ns(1),
        source="s",
        sequence=1,
        fixture=LEFT,
        rate_hz=60.0,
        samples=1,
        shelves=1,
        plates=2,
        values=bytes(8),
    )
    passed = breaker.filter(small)
    assert isinstance(passed, WeightBatch)
    assert passed.values == small.values
    odd = WeightBatch(
        time_ns=ns(1), source="s", sequence=1, fixture=LEFT, rate_hz=60.0, samples=9, shelves=3, plates=12, values=b"x"
    )
    assert breaker.filter(odd) is odd


def test_threads_may_break_while_others_filter() -> None:
    breaker = SimulatedBreaker(shop(LEFT))
    batches = Scene(shop(LEFT)).comes("ann").weights()
    trouble: list[Exception] = []

    def play() -> None:
        try:
            for batch in batches:
                breaker.filter(batch)
        except Exception as error:  # noqa: BLE001
            trouble.append(error)

    threads = [threading.Thread(target=play) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(50):
        for breakable in breaker.breakables():
            breaker.break_(breakable.id)
            breaker.mend(breakable.id)
    for thread in threads:
        thread.join()
    assert not trouble


def test_a_whole_store_can_be_broken() -> None:
    store = store_of("convenience")
    breaker = SimulatedBreaker(store)
    assert sum(b.kind == "scales" for b in breaker.breakables()) == len(store.fixtures)
    for breakable in breaker.breakables():
        breaker.break_(breakable.id)
    assert all(b.broken for b in breaker.breakables())
