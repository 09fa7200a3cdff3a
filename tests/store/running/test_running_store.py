"""A running store: the same receipts as a replay, told as they happen; it pauses, breaks, fails and stops in order."""

import math
import threading

import pytest

from tests.scenes import (
    BEANS,
    COLA,
    LEFT,
    RIGHT,
    WATER,
    MemoryRecording,
    Scene,
    ns,
    shop,
)
from tests.store.running.staging import Cues, ListSource, Run, run
from tillfree.core.events import CameraFrame, GatePassage, WeightBatch
from tillfree.core.ids import FixtureId, PlateRef, TrackId
from tillfree.simulation.breakage import SimulatedBreaker
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import simulate
from tillfree.storage.database.records import VisitRecord
from tillfree.storage.recordings.model import RecordingError
from tillfree.store.replay import replay
from tillfree.store.running.errors import StoreError
from tillfree.store.running.running import RunningStore
from tillfree.store.running.sources import RecordingSource
from tillfree.store.running.state import LiveCart


def two_shoppers() -> Scene:
    scene = Scene(shop(LEFT, RIGHT)).comes("ann", x=0.2, leave_s=18).comes("bob", x=1.1, arrive_s=5, leave_s=21)
    return scene.takes("ann", 7, 3, 520).takes("ann", 10, 2, 350).puts("ann", 13, 3, 520).takes("bob", 8, 11, 830)


@pytest.mark.parametrize("seed", [1, 2])
def test_receipts_are_those_of_a_replay(seed: int) -> None:
    recording = simulate(demo_shop(2), SimulationOptions(shoppers=4, seed=seed, awkward=0.5, gaps=0.3))
    told = {visit.visit: visit for visit in replay(recording).visits}
    ran = Run(RecordingSource(recording), warm_up_s=1e6, speed=1.0).to_the_end()
    assert {record.visit for record in ran.visits} == told.keys()
    assert ran.store.snapshot().state == "ended"
    for record in ran.visits:
        visit = told[record.visit]
        assert [(line.product, line.quantity, line.probability) for line in record.receipt.lines] == [
            (line.product, line.quantity, line.probability) for line in visit.lines
        ]
        assert (record.receipt.status == "review") == visit.review
        assert record.receipt.probability == visit.probability
        assert (record.alternatives, record.interactions) == (visit.alternatives, visit.interactions)
        assert (record.reason, record.tracks, record.closed_ns) == (visit.reason, visit.tracks, visit.closed_ns)
        assert [(m.time_ns, m.items) for m in record.moments] == [(m.time_ns, m.items) for m in visit.cart_times]
        assert record.simulated
        assert record.truth == recording.truth.receipts[record.person]


def test_a_record_holds_the_way_and_the_weights_behind_each_line() -> None:
    ran = run(two_shoppers())
    ann = ran.visit("ann")
    assert {line.product: line.quantity for line in ann.receipt.lines} == {COLA: 1}
    assert (ann.person, ann.truth, ann.simulated) == ("", None, False)
    cited = {id_ for line in ann.receipt.lines for id_ in line.evidence}
    traces = {trace.change: trace for trace in ann.traces}
    assert cited <= traces.keys()
    for trace in ann.traces:
        assert len({len(row) for row in trace.grams}) == 1
        assert len(trace.grams) == len(trace.plates)
        assert all(abs(row[0] or 0.0) < 5 for row in trace.grams)
    cola = next(trace for trace in ann.traces if trace.change in cited and 2 in trace.plates)
    last = cola.grams[cola.plates.index(2)][-1]
    assert last is not None
    assert last == pytest.approx(-350, abs=8)
    assert cola.begin_ns == pytest.approx(ns(8), abs=1_000_000_000)
    places = ann.route.places_m()
    assert len(places) == pytest.approx((ann.closed_ns - ann.opened_ns) / ann.route.step_ns, abs=8)
    stands = places[(ns(9) - ann.route.begin_ns) // ann.route.step_ns]
    assert stands[:2] == pytest.approx([0.2, -0.5], abs=0.3)
    assert ran.visit("bob").receipt.total.gross.minor == 105


def test_the_feed_tells_what_happens_once_and_without_holes() -> None:
    ran = run(two_shoppers())
    feed = ran.store.feed()
    assert [entry.sequence for entry in feed] == list(range(1, len(feed) + 1))
    told = [(entry.kind, entry.product, entry.quantity, entry.shelf) for entry in feed if entry.product]
    assert sorted(told) == [
        ("put_back", WATER, 1, 2),
        ("take", BEANS, 1, 2),
        ("take", COLA, 1, 2),
        ("take", WATER, 1, 2),
    ]
    assert ran.kinds().count("enter") == ran.kinds().count("leave") == ran.kinds().count("receipt") == 2
    assert all(entry.fixture == LEFT for entry in feed if entry.kind in ("take", "put_back"))
    receipt = next(entry for entry in feed if entry.kind == "receipt" and entry.visit == ran.visit("bob").visit)
    assert str(receipt.total) == "1.05 USD"
    assert ran.store.feed(after=len(feed) - 2) == feed[-2:]
    assert ran.store.feed(after=len(feed)) == ran.store.feed(after=10**9) == ()


def test_the_floor_is_seen_while_it_happens() -> None:
    seen = []
    cues = Cues()
    ran = Run(RecordingSource(MemoryRecording(shop(LEFT, RIGHT), two_shoppers().sensor_events())), cues=cues)
    cues.add(11.5, lambda: seen.append((ran.store.snapshot(), ran.store.carts(), ran.store.snapshot())))
    ran.to_the_end()
    snapshot, carts, again = seen[0]
    assert (snapshot.state, snapshot.occupancy) == ("running", 2)
    assert snapshot.people is again.people
    people = {str(person.track): person for person in snapshot.people}
    assert {track: person.items for track, person in people.items()} == {"ann": 2, "bob": 1}
    assert (people["ann"].x, people["ann"].y) == pytest.approx((0.2, -0.5), abs=0.3)
    assert people["ann"].visit == ran.visit("ann").visit
    assert {cart.track: str(cart.total) for cart in carts} == {"ann": "2.01 USD", "bob": "1.05 USD"}
    assert ran.store.carts() == ()
    assert ran.store.snapshot().occupancy == 0


def test_true_places_are_shown_where_they_are_known() -> None:
    recording = simulate(demo_shop(1), SimulationOptions(shoppers=1, seed=5))
    seen = []
    cues = Cues()
    ran = Run(RecordingSource(recording), cues=cues)
    cues.add((recording.options.start_ns - ns(0)) / 1e9 + 12, lambda: seen.append(ran.store.snapshot()))
    ran.to_the_end()
    (true,) = seen[0].true_places
    (person,) = seen[0].people
    assert math.dist(true, (person.x, person.y)) < 0.5


def test_pictures_around_a_change_are_kept() -> None:
    scene = two_shoppers()
    frames = [
        CameraFrame(
            time_ns=ns(k / 2), source="cam", sequence=k, camera="cam", format="jpeg", width=2, height=2, data=b"%d" % k
        )
        for k in range(44)
    ]
    events = sorted([*scene.sensor_events(), *frames], key=lambda event: event.time_ns)
    ran = Run(ListSource(scene.shop, events)).to_the_end()
    bob = ran.visit("bob")
    (line,) = bob.receipt.lines
    kept = [frame for frame in bob.frames if frame.change in line.evidence]
    assert 2 <= len(kept) <= 6
    assert all(ns(6.3) <= frame.time_ns <= ns(9.7) for frame in kept)
    assert kept[0].data == b"%d" % ((kept[0].time_ns - ns(0)) // 500_000_000)
    assert "camera/cam" in {device.device for device in ran.store.devices()}


def test_minutes_tell_who_came_and_what_was_reached() -> None:
    ran = run(two_shoppers())
    (minute, *rest) = ran.minutes
    assert (minute.entries, minute.exits, minute.reaches) == (2, 2, {LEFT: 4})
    assert minute.occupancy_max == 2
    # Both stand before the left fixture from their arrival until they leave.
    assert minute.dwell_s[LEFT] == pytest.approx(14 + 16, abs=4)
    assert RIGHT not in minute.dwell_s
    assert sum(minute.cells.values()) == pytest.approx(22 + 24, abs=4)
    assert not rest
    assert ran.store.minutes() == (minute,)


def test_a_party_is_known_to_cart_and_record() -> None:
    scene = two_shoppers()
    gate = GatePassage(time_ns=ns(0), source="gate", sequence=1, track=TrackId("ann"), direction="in", party="family")
    cues = Cues()
    seen: list[LiveCart] = []
    ran = Run(ListSource(scene.shop, [gate, *scene.sensor_events()]), cues=cues)
    cues.add(9, lambda: seen.extend(ran.store.carts()))
    ran.to_the_end()
    assert {str(cart.track): cart.party for cart in seen} == {"ann": "family", "bob": ""}
    assert (ran.visit("ann").party, ran.visit("bob").party) == ("family", "")


def test_a_recording_of_nobody_is_one_anonymous_visitor() -> None:
    scene = Scene().comes("ann", x=0.3, leave_s=20).takes("ann", 7, 3, 520)
    ran = Run(RecordingSource(MemoryRecording(scene.shop, scene.weights()))).to_the_end()
    (visit,) = ran.visits
    assert visit.anonymous
    assert visit.receipt.status == "review"
    assert visit.receipt.notes


# ---- sensors break ----------------------------------------------------------------------------------------------


def test_scales_that_are_unplugged_are_told_and_visits_go_to_review() -> None:
    scene = two_shoppers()
    breaker = SimulatedBreaker(scene.shop)
    states = []
    cues = Cues((9, lambda: breaker.break_("scales/left")), (15, lambda: breaker.mend("scales/left")), inner=breaker)
    ran = Run(RecordingSource(MemoryRecording(scene.shop, scene.sensor_events())), cues=cues)
    cues.add(14.5, lambda: states.append((ran.store.devices(), ran.store.alerts())))
    ran.to_the_end()
    devices, alerts = states[0]
    assert {device.device: device.state for device in devices} == {
        "scales/left": "silent",
        "scales/right": "ok",
        "tracker/tracker": "ok",
    }
    assert [(alert.kind, alert.device, alert.fixture) for alert in alerts] == [("device", "scales/left", LEFT)]
    issues = [(entry.kind, entry.device) for entry in ran.store.feed() if entry.device]
    assert issues == [("issue", "scales/left"), ("recovered", "scales/left")]
    assert {visit.receipt.status for visit in ran.visits} == {"review"}
    assert not ran.store.alerts()


def test_a_tracker_that_is_unplugged_is_told() -> None:
    scene = two_shoppers()
    breaker = SimulatedBreaker(scene.shop)
    cues = Cues((9, lambda: breaker.break_("tracker")), inner=breaker)
    states = []
    ran = Run(RecordingSource(MemoryRecording(scene.shop, scene.sensor_events())), cues=cues)
    cues.add(13, lambda: states.append((ran.store.devices(), ran.store.snapshot())))
    ran.to_the_end()
    devices, snapshot = states[0]
    assert {device.state for device in devices if device.kind == "tracker"} == {"silent"}
    assert snapshot.people == ()
    assert snapshot.time_ns >= ns(12.5)  # the other sensors go on, and the clock with them
    assert {visit.receipt.status for visit in ran.visits} == {"review"}


@pytest.mark.parametrize(("how", "state"), [("dead", "no reading"), ("stuck", "stuck")])
def test_a_plate_that_breaks_makes_its_scales_degraded(how: str, state: str) -> None:
    scene = Scene(shop(LEFT)).comes("ann", leave_s=24)
    breaker = SimulatedBreaker(scene.shop)
    id_ = next(b.id for b in breaker.breakables() if b.how == how)
    cues = Cues((6, lambda: breaker.break_(id_)), inner=breaker)
    ran = Run(RecordingSource(MemoryRecording(scene.shop, scene.sensor_events())), cues=cues, counts=5).to_the_end()
    (scales,) = (device for device in ran.store.devices() if device.kind == "scales")
    assert (scales.state, scales.plates, scales.plates_bad) == ("degraded", 36, 1)
    bad = [plate for plate in ran.store.plates(LEFT) if plate.state != "ok"]
    assert [(plate.shelf, plate.plate, plate.state) for plate in bad] == [(2, 6, state)]
    assert "plate 6" in scales.detail
    unsure = [line for line in ran.store.stock() if line.unsure]
    assert [line.plates for line in unsure] == [(5, 6)]
    with pytest.raises(StoreError, match="gives no reading"):
        ran.store.tare(PlateRef(LEFT, 2, 6))


def test_scales_that_were_never_heard_are_unheard() -> None:
    scene = two_shoppers()
    events = [event for event in scene.sensor_events() if not isinstance(event, WeightBatch) or event.fixture == LEFT]
    ran = Run(ListSource(scene.shop, events)).to_the_end()
    assert {d.device: d.state for d in ran.store.devices() if d.kind == "scales"} == {
        "scales/left": "ok",
        "scales/right": "unheard",
    }
    assert {plate.state for plate in ran.store.plates(RIGHT)} == {"unheard"}
    assert ran.store.plates(FixtureId("nowhere")) == ()


# ---- pace, failure and end --------------------------------------------------------------------------------------


def test_it_stands_still_and_goes_on() -> None:
    scene = two_shoppers()
    paused = threading.Event()
    cues = Cues()
    ran = Run(RecordingSource(MemoryRecording(scene.shop, scene.sensor_events())), cues=cues, speed=2000.0)
    cues.add(9, ran.store.pause, paused.set)
    ran.store.start()
    try:
        assert paused.wait(30)
        ran.store.set_speed(math.inf)  # answered between two events, so that nothing is under way after it
        seen = cues.seen
        assert ran.store.snapshot().state == "paused"
        ran.store.count_facing(0, 3)
        assert ran.store.stock()[0].count == 3
        assert cues.seen == seen
        ran.store.resume()
        assert ran.store.wait_for_end(30)
    finally:
        ran.store.stop()
    assert len(ran.visits) == 2
    assert ran.store.snapshot().speed == math.inf


def test_stopping_closes_what_is_open() -> None:
    scene = two_shoppers()
    inside = threading.Event()
    cues = Cues((9, inside.set))
    ran = Run(RecordingSource(MemoryRecording(scene.shop, scene.sensor_events())), cues=cues, warm_up_s=10.0)
    ran.store.set_speed(1e-6)
    ran.store.start()
    assert inside.wait(30)
    ran.store.stop()
    ran.store.stop()
    assert {(visit.reason, visit.receipt.status) for visit in ran.visits} == {("end of recording", "review")}
    assert len(ran.visits) == 2
    assert ran.store.snapshot().state == "ended"
    assert len(ran.minutes) == 1
    assert not [thread for thread in threading.enumerate() if "list" in thread.name or "scene" in thread.name]


def test_a_store_that_never_began_may_be_stopped_and_asked() -> None:
    ran = Run(ListSource(shop(), []))
    assert ran.store.snapshot().state == "starting"
    ran.store.stop()
    assert ran.store.snapshot().state == "ended"
    assert ran.store.stock()[0].count is None
    assert ran.store.minutes() == ()


def test_a_source_that_breaks_off_is_a_failure_and_loses_no_visit() -> None:
    scene = two_shoppers()
    events = [event for event in scene.sensor_events() if event.time_ns < ns(12)]
    broken = RecordingError("shop.mcap: chunk 7 is damaged;\n use another copy")
    ran = Run(ListSource(scene.shop, events, error=broken)).to_the_end()
    assert ran.store.snapshot().state == "failed"
    assert ran.store.error == "shop.mcap: chunk 7 is damaged; use another copy"
    assert {visit.receipt.status for visit in ran.visits} == {"review"}
    assert len(ran.visits) == 2


def test_a_fault_of_ours_is_a_failure_and_not_silence() -> None:
    scene = two_shoppers()
    cues = Cues((9, lambda: dict[str, int]()["no such thing"]))
    ran = run(scene, cues=cues)
    assert ran.store.snapshot().state == "failed"
    assert ran.store.error == "KeyError: 'no such thing'"
    assert len(ran.visits) == 2


def test_a_listener_that_fails_is_told_and_ends_nothing() -> None:
    scene = two_shoppers()

    def full(_: object) -> None:
        raise OSError("No space left on device")

    store = RunningStore(
        RecordingSource(MemoryRecording(scene.shop, scene.sensor_events())), speed=math.inf, on_visit=full
    )
    store.start()
    assert store.wait_for_end(60)
    store.stop()
    assert store.snapshot().state == "ended"
    told = [entry.detail for entry in store.feed() if entry.device == "database"]
    assert told == ["could not be written: OSError: No space left on device"] * 2


@pytest.mark.parametrize("speed", [0.0, -1.0, math.nan])
def test_a_speed_that_is_none_is_refused(speed: float) -> None:
    with pytest.raises(StoreError, match="above 0"):
        RunningStore(ListSource(shop(), []), speed=speed)
    store = RunningStore(ListSource(shop(), []))
    with pytest.raises(StoreError, match="above 0"):
        store.set_speed(speed)


def test_round_and_round_gives_the_same_receipts_again() -> None:
    scene = two_shoppers()
    recording = MemoryRecording(scene.shop, scene.sensor_events())
    visits: list[VisitRecord] = []
    enough = threading.Event()

    def keep(visit: VisitRecord) -> None:
        visits.append(visit)
        if len(visits) == 6:
            enough.set()

    store = RunningStore(RecordingSource(recording, loop=True), speed=math.inf, on_visit=keep, feed_kept=5000)
    store.set_counts({1: (9, 9, 0)})
    store.start()
    assert enough.wait(60)
    store.stop()
    carts = [{line.product: line.quantity for line in visit.receipt.lines} for visit in visits[:6]]
    assert carts == [{COLA: 1}, {BEANS: 1}] * 3
    assert len({visit.visit for visit in visits[:6]}) == 6
    assert [visit.closed_ns for visit in visits[:6]] == sorted(visit.closed_ns for visit in visits[:6])
    assert not [entry for entry in store.feed() if entry.kind == "unexplained"]


def test_frames_of_people_come_by_the_hundred_and_are_all_shown() -> None:
    scene = Scene(shop(LEFT, RIGHT))
    for number in range(100):
        scene.walks(f"p{number}", (0, number / 10, -4.5), (3, number / 10, -1.5), (6, number / 10, -4.5))
    frames = scene.frames()
    ran = Run(ListSource(scene.shop, list(frames)))
    seen = []
    cues = Cues((3, lambda: seen.append(ran.store.snapshot())))
    ran.store.breaker = cues
    ran.to_the_end()
    assert len(seen[0].people) == 100
