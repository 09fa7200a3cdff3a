"""A whole store in one process: sensor events in any order in, beliefs out; what is broken is counted, never fatal."""

import itertools
import random
import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scenes import (
    BEANS,
    JUICE,
    LEFT,
    START_NS,
    WATER,
    MemoryRecording,
    Plates,
    Scene,
    grasp,
    ns,
)
from tillfree.core.events import (
    Event,
    ItemLook,
    WeightBatch,
    encode_event,
)
from tillfree.core.ids import FixtureId, ProductId, TrackId
from tillfree.store.pipeline import Pipeline
from tillfree.store.replay import ReplayResult, replay
from tillfree.store.settings import StoreSettings


def scene() -> Scene:
    """Ann takes water and puts it back elsewhere, Bob takes beans; both near at hand, some things ambiguous."""
    told = Scene().comes("ann", x=0.2, leave_s=14).comes("bob", x=1.1, arrive_s=4.5, leave_s=14)
    told.takes("ann", 6, 3, 520).puts("ann", 9, 6, 520).takes("bob", 8, 11, 830).takes("ann", 12, 6, 520)
    return told.reaches("bob", 12, grasp(7.5), hand="l")


def out_of(pipeline: Pipeline, events: list[Event]) -> list[Event]:
    return [out for event in events for out in pipeline.feed(event)] + pipeline.finish()


def encoded(events: list[Event]) -> list[bytes]:
    return [encode_event(event) for event in events]


def play(the_scene: Scene, events: list[Event]) -> ReplayResult:
    return replay(MemoryRecording(the_scene.shop, events))


# ---- order ------------------------------------------------------------------------------------------------------


def test_the_same_twice_to_the_byte() -> None:
    told = scene()
    first, second = (encoded(out_of(Pipeline(told.shop), told.sensor_events())) for _ in range(2))
    assert first == second
    assert len(first) > 8


@settings(max_examples=15)
@given(seed=st.integers(0, 2**32), late_ms=st.sampled_from([20, 100, 300]))
def test_arrival_shuffled_within_the_lateness_changes_nothing(seed: int, late_ms: int) -> None:
    told = scene()
    events = told.sensor_events()
    delays = random.Random(seed)
    arriving = sorted(events, key=lambda e: e.time_ns + delays.randrange(late_ms * 1_000_000))
    assert [e.id for e in arriving] != [e.id for e in events]
    pipeline = Pipeline(told.shop)
    assert encoded(out_of(pipeline, arriving)) == encoded(out_of(Pipeline(told.shop), events))
    assert pipeline.warnings == {}


@settings(max_examples=15)
@given(share=st.floats(0.0, 1.0))
def test_a_prefix_and_then_the_rest_are_the_whole(share: float) -> None:
    told = scene()
    events = told.sensor_events()
    whole = encoded(out_of(Pipeline(told.shop), events))
    cut = round(share * len(events))
    pipeline = Pipeline(told.shop)
    prefix = encoded([out for event in events[:cut] for out in pipeline.feed(event)])
    assert whole[: len(prefix)] == prefix
    assert prefix + encoded(out_of(pipeline, events[cut:])) == whole


def test_two_stores_side_by_side_do_not_touch() -> None:
    told = scene()
    one, two = Pipeline(told.shop), Pipeline(told.shop)
    mixed: list[list[Event]] = [[], []]
    for event in told.sensor_events():
        mixed[0] += one.feed(event)
        mixed[1] += two.feed(event)
    for pipeline, out in zip((one, two), mixed, strict=True):
        out.extend(pipeline.finish())
    assert encoded(mixed[0]) == encoded(mixed[1]) == encoded(out_of(Pipeline(told.shop), told.sensor_events()))


# ---- what is counted --------------------------------------------------------------------------------------------


def counted(result: ReplayResult, words: str) -> int:
    return sum(number for what, number in result.warnings.items() if words in what)


def simple() -> Scene:
    return Scene().comes("ann", x=0.3).takes("ann", 7, 3, 520)


def test_nothing_is_counted_when_nothing_is_wrong() -> None:
    told = simple()
    assert play(told, told.sensor_events()).warnings == {}


def test_weights_of_an_unknown_fixture_are_counted() -> None:
    told = simple()
    strange = [msgspec.structs.replace(b, fixture=FixtureId("attic"), source="attic") for b in told.weights()]
    events: list[Event] = sorted([*told.sensor_events(), *strange], key=lambda e: e.time_ns)
    result = play(told, events)
    assert counted(result, "'attic'") == len(strange)
    assert result.receipts() == {"ann": {WATER: 1}}


def test_batches_that_come_twice_are_counted_and_change_nothing() -> None:
    told = simple()
    events = [
        e for event in told.sensor_events() for e in ([event, event] if isinstance(event, WeightBatch) else [event])
    ]
    result = play(told, events)
    assert counted(result, "older than one already seen") == len(told.weights())
    assert result.receipts() == {"ann": {WATER: 1}}


def test_lost_batches_are_counted() -> None:
    told = simple()
    lost = {ns(s) for s in (2.0, 9.2)}
    result = play(told, [e for e in told.sensor_events() if not (isinstance(e, WeightBatch) and e.time_ns in lost)])
    assert counted(result, "holes") == 2
    assert result.receipts() == {"ann": {WATER: 1}}


def test_a_change_with_nobody_in_the_shop_is_counted() -> None:
    told = Scene().changes_load(6, {3: -520.0})
    result = play(told, told.sensor_events())
    assert counted(result, "nobody near") == 1
    assert result.receipts() == {}


def test_events_later_than_allowed_are_counted() -> None:
    told = simple()
    events = told.sensor_events()
    late = [e for e in events if isinstance(e, WeightBatch)][50:53]
    rest = [e for e in events if e not in late]
    where = next(i for i, e in enumerate(rest) if e.time_ns > late[-1].time_ns + 500_000_000)
    result = play(told, [*rest[:where], *late, *rest[where:]])
    assert counted(result, "later than the lateness") == 3


def test_a_wider_lateness_waits_for_them() -> None:
    told = simple()
    events = told.sensor_events()
    late = [e for e in events if isinstance(e, WeightBatch)][33:36]
    rest = [e for e in events if e not in late]
    where = next(i for i, e in enumerate(rest) if e.time_ns > late[-1].time_ns + 500_000_000)
    events = [*rest[:where], *late, *rest[where:]]
    patient = replay(MemoryRecording(told.shop, events), StoreSettings(lateness_ms=2000))
    assert patient.warnings == {}
    assert patient.receipts() == {"ann": {WATER: 1}}


def test_time_that_goes_backwards_is_counted_and_no_error() -> None:
    told = simple()
    events = told.sensor_events()
    back = [msgspec.structs.replace(e, time_ns=e.time_ns - 5_000_000_000) for e in events[len(events) // 2 :]]
    result = play(told, [*events[: len(events) // 2], *back])
    assert counted(result, "later than the lateness") > 50
    assert play(told, list(reversed(events))).warnings


# ---- what else may come in ---------------------------------------------------------------------------------------


def test_a_look_in_the_stream_reaches_the_inference() -> None:
    told = (
        Scene().comes("ann", x=0.5, leave_s=20).takes("ann", 6, 4, 520).puts("ann", 10, 6, 520).takes("ann", 14, 6, 520)
    )
    look = ItemLook(
        time_ns=ns(16),
        source="cam",
        sequence=1,
        track=TrackId("ann"),
        log_likelihoods={JUICE: 0.0},
        other_log_likelihood=-6.0,
    )
    (visit,) = play(told, sorted([*told.sensor_events(), look], key=lambda e: e.time_ns)).visits
    assert {line.product: line.quantity for line in visit.lines} == {JUICE: 1}
    assert visit.probability > 0.95


# ---- settings and clocks ----------------------------------------------------------------------------------------


def with_clock_offset(offset_ms: int) -> tuple[Scene, list[Event]]:
    """Ten takes, with tracks that are stamped so much later than the plates."""
    told = Scene().comes("ann", x=0.5, leave_s=48)
    for number, plate in enumerate((4, 9, 5, 3, 7, 4, 9, 5, 3, 7)):
        told.takes("ann", 7 + 4 * number, plate, 300 + 10 * number)
    frames = [msgspec.structs.replace(e, time_ns=e.time_ns + offset_ms * 1_000_000) for e in told.frames()]
    return told, sorted([*frames, *told.weights()], key=lambda e: (e.time_ns, e.source))


@pytest.mark.parametrize("offset_ms", [-300, 0, 300])
def test_clocks_that_differ_are_found_out(offset_ms: int) -> None:
    told, events = with_clock_offset(offset_ms)
    all_said = [what for what in play(told, events).warnings if what.startswith("hands leave")]
    if not offset_ms:
        assert not all_said
        return
    (said,) = all_said
    found, way = re.findall(r"(\d+) ms (later|sooner)", said)[0]
    assert int(found) == pytest.approx(abs(offset_ms) * 2 / 3, abs=110)
    assert way == ("later" if offset_ms > 0 else "sooner")


def test_batches_of_any_size_and_rate_give_the_same_receipt() -> None:
    told = simple()
    receipts = []
    for samples, rate_hz in itertools.product((1, 5, 60), (30.0, 60.0, 80.0)):
        plates = Plates(told.end_s, rate_hz=rate_hz).step(2, {3: -520.0}, 7.0)
        events: list[Event] = sorted([*told.frames(), *plates.batches(samples)], key=lambda e: e.time_ns)
        receipts.append(play(told, events).receipts())
    assert receipts == [{"ann": {WATER: 1}}] * 9


def test_a_stream_may_start_anywhere_in_time() -> None:
    told = simple()
    moved: list[Event] = [msgspec.structs.replace(e, time_ns=e.time_ns - START_NS) for e in told.sensor_events()]
    assert play(told, moved).receipts() == {"ann": {WATER: 1}}


def test_shelves_are_told_apart() -> None:
    told = Scene().comes("ann", x=0.3).moves("ann", 7, {2: -70.0, 3: -190.0}, shelf=3).takes("ann", 10, 11, 830)
    result = play(told, told.sensor_events())
    assert result.receipts() == {"ann": {ProductId("risotto"): 1, BEANS: 1}}
    assert {(c.fixture, c.shelf) for c in result.changes} == {(LEFT, 3), (LEFT, 2)}
