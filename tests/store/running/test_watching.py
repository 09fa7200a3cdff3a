"""What is said of plates, devices and the floor, and what is kept as evidence."""

import math

import msgspec
import numpy as np
import pytest

from tests.scenes import LEFT, Plates, fixture, ns, shop, weight_change
from tillfree.catalog.cameras import Camera
from tillfree.core.events import (
    CameraFrame,
    CartLine,
    GatePassage,
    Joint,
    PeopleFrame,
    TagRead,
    TrackedPerson,
    WeightChange,
)
from tillfree.core.geometry import Point
from tillfree.core.ids import EventId, PlateRef, ProductId, TrackId, VisitId
from tillfree.shopping.cart import VirtualCart
from tillfree.storage.recordings.model import TruePeople
from tillfree.store.running.acts import LiveActs
from tillfree.store.running.devices import DeviceWatch
from tillfree.store.running.evidence import Evidence
from tillfree.store.running.feed import Feed
from tillfree.store.running.floor import FloorTimes, Routes, cell_of, live_people, true_places
from tillfree.store.running.minutes import Minutes
from tillfree.store.running.plate_watch import PlateWatch
from tillfree.store.running.state import FeedEntry, Minute, PlateState


def watched(plates: Plates, samples: int = 12) -> PlateWatch:
    watch = PlateWatch(fixture(LEFT))
    for batch in plates.batches(samples):
        watch.take(batch)
    watch.look()
    return watch


def plate(watch: PlateWatch, shelf: int, number: int) -> PlateState:
    (found,) = (p for p in watch.figures().plates({}) if (p.shelf, p.plate) == (shelf, number))
    return found


# ---- plates -----------------------------------------------------------------------------------------------------


def test_a_plate_tells_its_load_and_noise() -> None:
    watch = watched(Plates(40, noise_g=2.0).step(2, {3: -520.0}, 8.0))
    one = plate(watch, 2, 3)
    assert one.state == "ok"
    assert one.load_g == pytest.approx(-520, abs=1.5)
    # Own noise of 2 g and sway of 0.8 g; the step itself is no noise.
    assert one.noise_g == pytest.approx(math.hypot(2.0, 0.8), rel=0.25)
    assert plate(watch, 1, 1).load_g == pytest.approx(0, abs=1.5)
    assert one.drift_g_per_h is None


def test_plates_without_a_reading_of_their_own_are_told_apart() -> None:
    watch = watched(Plates(30).silence(1, 2, 5).stick(2, 4, 10).silence(3, 1, 5, 12))
    states = {(p.shelf, p.plate): p.state for p in watch.figures().plates({}) if p.state != "ok"}
    assert states == {(1, 2): "no reading", (2, 4): "stuck"}
    assert watch.figures().bad() == [PlateRef(LEFT, 1, 2), PlateRef(LEFT, 2, 4)]
    assert watch.level_of(1, 2) is None
    assert watch.level_of(2, 4) is None
    assert watch.level_of(9, 9) is None
    assert watch.level_of(3, 1) is not None
    assert plate(watch, 1, 2).load_g is None


def test_a_plate_that_repeats_itself_for_a_moment_is_not_stuck() -> None:
    assert plate(watched(Plates(20).stick(2, 4, 5, 13)), 2, 4).state == "ok"
    assert plate(watched(Plates(18).stick(2, 4, 10)), 2, 4).state == "ok"


def test_a_loud_plate_is_restless() -> None:
    plates = Plates(60)
    plates.values[:, 1, 4] += np.random.default_rng(3).normal(0, 40, len(plates.times))
    assert {(p.shelf, p.plate) for p in watched(plates).figures().plates({}) if p.state == "restless"} == {(2, 5)}


def test_drift_is_known_after_some_quiet_minutes() -> None:
    slow = Plates(7 * 60, rate_hz=10.0).drift(0.5)
    assert plate(watched(slow), 2, 3).drift_g_per_h == pytest.approx(30, abs=4)
    watch = PlateWatch(fixture(LEFT))
    for batch in slow.batches(10):
        watch.take(batch)
        if batch.time_ns == ns(300):
            watch.note(weight_change(299, {3: -520.0}))
    watch.look()
    # Quiet for two minutes only, since something was taken.
    assert plate(watch, 2, 3).drift_g_per_h is None
    assert plate(watch, 2, 9).drift_g_per_h == pytest.approx(30, abs=4)
    assert plate(watch, 2, 3).last_change_ns == weight_change(299, {3: 0.0}).time_ns


@pytest.mark.parametrize("samples", [1, 7, 12, 400])
def test_batches_of_any_size_say_the_same(samples: int) -> None:
    watch = watched(Plates(12).step(2, {3: -520.0}, 8.0), samples)
    (row,) = watch.cut([(2, 3)], ns(6), ns(11))
    values = [value for value in row if value is not None]
    assert len(values) == pytest.approx(100, abs=2)
    assert np.mean(values[:30]) == pytest.approx(0, abs=1.5)
    assert np.mean(values[-30:]) == pytest.approx(-520, abs=1.5)


def test_broken_and_late_batches_are_left_out() -> None:
    watch = PlateWatch(fixture(LEFT))
    first, *_ = Plates(1).batches()
    watch.take(msgspec.structs.replace(first, values=b"x"))
    watch.look()
    assert watch.newest_ns == 0
    assert {p.state for p in watch.figures().plates({})} == {"unheard"}
    watch.take(first)
    watch.take(first)
    watch.look()
    assert watch.newest_ns == first.time_ns


def test_a_hole_in_the_stream_is_a_hole_in_the_trace() -> None:
    watch = PlateWatch(fixture(LEFT))
    for batch in Plates(12).batches():
        if not ns(5) < batch.time_ns < ns(7):
            watch.take(batch)
    watch.look()
    (row,) = watch.cut([(2, 3)], ns(4), ns(8))
    assert any(value is None for value in row)
    assert row[0] is not None
    assert row[-1] is not None
    assert watch.cut([(2, 3)], ns(20), ns(21)) == []
    assert watch.cut([(9, 3)], ns(4), ns(8)) == []


# ---- devices ----------------------------------------------------------------------------------------------------


def test_devices_appear_when_they_are_heard() -> None:
    camera = Camera("cam 1", Point(0, -2, 2.5), Point(0, 0, 1), 70, 640, 480)
    other = msgspec.structs.replace(camera, id="cam 2")
    watch = DeviceWatch(msgspec.structs.replace(shop(LEFT), cameras=(camera, other)))
    assert [(d.device, d.state) for d in watch.states] == [("scales/left", "unheard")]
    watch.take(GatePassage(time_ns=ns(1), source="gate", sequence=1, track=TrackId("a"), direction="in"))
    watch.take(TagRead(time_ns=ns(1), source="door", sequence=1, epc="00", antenna=1, rssi_dbm=-50))
    watch.take(
        CameraFrame(time_ns=ns(1), source="c", sequence=1, camera="cam 1", format="jpeg", width=1, height=1, data=b"")
    )
    watch.take(PeopleFrame(time_ns=ns(1), source="eyes", sequence=1))
    watch.tick(ns(2), anybody=False)
    assert {d.device: d.state for d in watch.states} == {
        "scales/left": "unheard",
        "gate/gate": "ok",
        "reader/door": "ok",
        "camera/cam 1": "ok",
        "camera/cam 2": "unheard",
        "tracker/eyes": "ok",
    }
    watch.tick(ns(9), anybody=False)
    # Gates and readers may have nothing to tell, trackers too while nobody is there.
    assert {d.device for d in watch.states if d.state == "silent"} == {"camera/cam 1"}
    watch.tick(ns(10), anybody=True)
    assert {d.device for d in watch.states if d.state == "silent"} == {"camera/cam 1", "tracker/eyes"}
    assert watch.name_of("scales of fixture left") == "scales/left"
    assert watch.name_of("tracker") == "tracker/eyes"


def test_a_stream_that_invents_devices_does_not_fill_the_memory() -> None:
    watch = DeviceWatch(shop(LEFT))
    for number in range(1000):
        watch.take(PeopleFrame(time_ns=ns(1), source=f"tracker {number}", sequence=number))
    watch.tick(ns(2), anybody=False)
    assert len(watch.states) == 201


def test_messages_are_counted() -> None:
    watch = DeviceWatch(shop(LEFT))
    for second in range(1, 16):
        for batch in Plates(1).batches(12):
            watch.take(batch)
        watch.tick(ns(second), anybody=False)
    (scales,) = watch.states
    assert scales.rate_hz == pytest.approx(5.0)


# ---- the floor --------------------------------------------------------------------------------------------------


def person(track: str, x: float, y: float, *names: str) -> TrackedPerson:
    return TrackedPerson(TrackId(track), tuple(Joint(name, x, y, 1.5, 1.0) for name in names or ("head",)))


def frame(second: float, *people: TrackedPerson) -> PeopleFrame:
    return PeopleFrame(time_ns=ns(second), source="tracker", sequence=round(second * 1000), people=people)


def test_people_are_where_their_head_is_and_nobody_without_a_place_is_shown() -> None:
    shown = live_people(
        frame(
            1,
            TrackedPerson(TrackId("a"), (Joint("r_wrist", 1, 2, 1, 1), Joint("head", 3, 4, 2, 1))),
            TrackedPerson(TrackId("b")),
            person("c", math.nan, 1.0),
            person("d", math.inf, 1.0),
        ),
        {TrackId("a"): VisitId("A")},
        {VisitId("A"): 2},
    )
    (one,) = shown
    assert (one.x, one.y, one.left, one.right, one.visit, one.items) == (3, 4, None, (1, 2), "A", 2)


def test_true_places_are_those_of_heads() -> None:
    joints = np.arange(12, dtype="<f4").reshape(2, 2, 3)
    people = TruePeople(ns(1), (TrackId("a"), TrackId("b")), ("neck", "head"), joints.tobytes())
    assert true_places(people) == ((3.0, 4.0), (9.0, 10.0))
    assert true_places(TruePeople(ns(1), (), (), b"")) == ()


def test_a_route_has_a_row_for_each_moment_seen_or_not() -> None:
    floor, routes = FloorTimes(shop(LEFT)), Routes()
    visits = {TrackId("a"): VisitId("A")}
    for k in range(150):
        if not 60 <= k < 90:
            floor.take(frame(k / 15, person("a", k / 15, -2.0)), visits, routes)
    route = routes.end(VisitId("A"))
    places = route.places_m()
    assert (route.begin_ns, route.step_ns) == (ns(0), 200_000_000)
    assert len(places) == pytest.approx(50, abs=1)
    assert places[10, 0] == pytest.approx(2.0, abs=0.15)
    assert np.isnan(places[22:28, 0]).all()
    assert np.isnan(places[:, 2:]).all()
    assert routes.end(VisitId("A")).rows == b""


def test_who_stands_before_a_fixture_dwells_and_who_passes_does_not() -> None:
    floor, routes = FloorTimes(shop(LEFT)), Routes()
    for k in range(151):
        second = k / 15
        floor.take(
            frame(
                second,
                person("stands", 0.6, -0.5),
                person("passes", (second * 1.2) % 1.2, -0.5),
                person("far", 0.6, -1.5),
                person("beside", 1.5, -0.5),
                person("door", 0.0, -4.5 if second > 6 else -3.5),
            ),
            {},
            routes,
        )
    assert floor.dwell_s == {LEFT: pytest.approx(10, abs=0.5)}
    assert floor.door_wait_s == pytest.approx(4, abs=0.4)
    assert floor.cells[cell_of(0.6, -0.5)] == pytest.approx(10 + 10 * 5 / 12, abs=1.0)
    assert floor.anybody_within(0.6, -0.5, 0.1)
    assert not floor.anybody_within(5, 5, 2)
    floor.reset()
    assert (floor.cells, floor.dwell_s, floor.door_wait_s) == ({}, {}, 0.0)


@pytest.mark.parametrize("place", [(0.0, 0.0), (-0.1, 3.9), (12.3, -7.7), (1e9, -1e9)])
def test_a_cell_can_be_read_back(place: tuple[float, float]) -> None:
    cell = cell_of(*place)
    column = (cell + 5000) // 10_000
    row = cell - column * 10_000
    wanted = [max(-4999, min(4999, math.floor(value / 0.5))) for value in place]
    assert [column, row] == wanted


def test_minutes_end_with_the_minute_and_at_the_end() -> None:
    told: list[Minute] = []
    minutes = Minutes(FloorTimes(shop(LEFT)), told.append)
    begin_ns = ns(0) // (60 * 10**9) * 60 * 10**9
    minutes.at(begin_ns + 1)
    minutes.entered()
    minutes.tick(1)
    minutes.tick(2)
    assert minutes.current is not None
    minutes.at(begin_ns + 61 * 10**9)
    minutes.left()
    minutes.at(begin_ns + 10_000 * 60 * 10**9)  # a gap of days is no thousand empty minutes
    minutes.flush()
    minutes.flush()
    assert [(m.begin_ns - begin_ns, m.entries, m.exits) for m in told][:2] == [(0, 1, 0), (60 * 10**9, 0, 1)]
    assert len(told) == 3
    assert (told[0].occupancy_mean, told[0].occupancy_max) == (1.5, 2)
    assert minutes.finished == tuple(told)


# ---- evidence ---------------------------------------------------------------------------------------------------


def evidence(seconds: float = 15.0) -> tuple[Evidence, DeviceWatch, WeightChange]:
    ahead = Camera("sees", Point(0.3, -2, 1.5), Point(0.3, 0, 1), 70, 640, 480)
    away = msgspec.structs.replace(ahead, id="looks away", looks_at=Point(0.3, -5, 1))
    store = msgspec.structs.replace(shop(LEFT), cameras=(ahead, away))
    watch = DeviceWatch(store)
    for batch in Plates(seconds).step(2, {3: -520.0}, 8.0).batches():
        watch.take(batch)
    return Evidence(store, watch.watches), watch, weight_change(8, {3: -520.0})


def test_a_trace_is_cut_with_its_neighbours_and_forgotten_with_its_visit() -> None:
    kept, _, change = evidence()
    kept.note(change)
    kept.settle(ns(15))
    (trace,), frames = kept.of([change.id, EventId("meeting#1")])
    assert (trace.change, trace.plates, frames) == (change.id, (1, 2, 3, 4, 5), ())
    assert trace.begin_ns == change.start_ns - 2 * 10**9
    assert len(trace.grams[0]) == pytest.approx(3.2 * 20, abs=2)
    kept.forget(ns(7), ns(15))
    assert kept.of([change.id])[0]
    kept.forget(ns(12), ns(15))
    assert kept.of([change.id]) == ((), ())
    assert kept.overflowed == 0


def test_who_leaves_at_once_has_the_trace_as_far_as_it_goes() -> None:
    kept, _, change = evidence(8.8)
    kept.note(change)
    kept.settle(ns(8.8))
    (trace,), _ = kept.of([change.id])
    assert trace.grams[2][-1] == pytest.approx(-520, abs=5)


def test_what_nobody_asks_for_any_more_does_not_pile_up() -> None:
    kept, _, change = evidence()
    kept.note(change)
    kept.forget(ns(0), ns(8) + 16 * 60 * 10**9)
    assert kept.overflowed == 1
    assert kept.change(change.id) is None


def test_pictures_are_those_of_cameras_that_see_the_shelf() -> None:
    kept, _, change = evidence()
    for k in range(60):
        for camera in ("sees", "looks away", "unknown"):
            kept.frame(
                CameraFrame(
                    time_ns=ns(k / 5),
                    source=camera,
                    sequence=k,
                    camera=camera,
                    format="jpeg",
                    width=640,
                    height=480,
                    data=b"%d" % k,
                )
            )
    kept.note(change)
    kept.settle(ns(15))
    _, frames = kept.of([change.id])
    assert len(frames) == 6
    assert {frame.camera for frame in frames} == {"sees", "unknown"}
    assert all(abs(frame.time_ns - ns(8)) <= 400_000_000 for frame in frames)


def test_pictures_never_take_more_than_so_much_room() -> None:
    kept, _, change = evidence()
    large = bytes(12_000_000)
    for k in range(5):
        kept.frame(
            CameraFrame(
                time_ns=ns(7.8 + k / 10),
                source="c",
                sequence=k,
                camera="unknown",
                format="jpeg",
                width=9,
                height=9,
                data=large,
            )
        )
    changes = [msgspec.structs.replace(change, sequence=number) for number in range(1, 8)]
    for one in changes:
        kept.note(one)
    kept.settle(ns(15))
    pictures = [len(kept.of([one.id])[1]) for one in changes]
    assert pictures == [0, 0, 0, 5, 5, 5, 5]
    assert all(len(kept.of([one.id])[0]) == 1 for one in changes)


# ---- what happens -----------------------------------------------------------------------------------------------

BREAD, MILK = ProductId("bread"), ProductId("milk")


def cart(visit: str, probability: float = 0.9, **lines: tuple[int, float, str]) -> VirtualCart:
    made = tuple(CartLine(ProductId(p), n, chance, (EventId(why),)) for p, (n, chance, why) in lines.items())
    return VirtualCart(VisitId(visit), ns(0), lines=made, probability=probability)


def told(
    acts: LiveActs, *carts: VirtualCart, change: WeightChange | None = None
) -> list[tuple[str, str, str, int, str]]:
    entries = acts.differences(carts, [change] if change is not None else [], ns(9))
    return [(e.kind, e.visit, e.product, e.quantity, e.detail) for e in entries]


def test_an_act_is_told_once_and_only_when_it_is_likely() -> None:
    change = weight_change(8, {3: -520.0})
    acts = LiveActs(lambda _: None)
    acts.opened(VisitId("A"))
    assert told(acts, cart("A", bread=(1, 0.4, change.id)), change=change) == []
    assert told(acts, cart("A", bread=(1, 0.6, change.id)), change=change) == [("take", "A", BREAD, 1, "")]
    assert told(acts, cart("A", bread=(1, 0.9, change.id))) == []
    assert told(acts, cart("A", bread=(3, 0.9, change.id)), change=change) == [("take", "A", BREAD, 2, "")]
    assert told(acts, cart("A", 0.3)) == []
    back = weight_change(12, {3: 520.0}, number=2)
    assert told(acts, cart("A", bread=(2, 0.9, change.id)), change=back) == [("put_back", "A", BREAD, 1, "")]
    acts.closed(VisitId("A"))
    assert told(acts, cart("A", bread=(9, 0.9, change.id)), change=change) == []


def test_what_turns_out_otherwise_is_a_correction() -> None:
    change = weight_change(8, {3: -520.0})
    acts = LiveActs(lambda _: None)
    acts.opened(VisitId("A"))
    told(acts, cart("A", bread=(1, 0.6, change.id)), change=change)
    assert told(acts, cart("A", milk=(1, 0.6, change.id))) == [
        ("take", "A", MILK, 1, "corrected"),
        ("put_back", "A", BREAD, 1, "corrected"),
    ]


def test_what_goes_from_hand_to_hand_is_one_entry() -> None:
    change = weight_change(8, {3: -520.0})
    acts = LiveActs(lambda _: None)
    acts.opened(VisitId("A"))
    acts.opened(VisitId("B"))
    told(acts, cart("A", bread=(1, 0.9, change.id)), change=change)
    (entry,) = acts.differences([cart("A"), cart("B", bread=(1, 0.8, "meeting#7-A-B"))], [], ns(9))
    assert (entry.kind, entry.visit, entry.to_visit, entry.product) == ("hand_over", "A", "B", BREAD)


def test_a_feed_keeps_the_newest() -> None:
    feed = Feed(3)
    assert feed.after(0) == ()
    for number in range(5):
        feed.add(FeedEntry(sequence=99, time_ns=number, kind="enter"))
    assert [entry.sequence for entry in feed.after(0)] == [3, 4, 5]
    assert [entry.sequence for entry in feed.after(4)] == [5]
    assert feed.after(5) == feed.after(50) == ()
    assert [entry.sequence for entry in feed.after(-7)] == [3, 4, 5]
