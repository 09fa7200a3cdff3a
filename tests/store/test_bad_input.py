"""What is broken in a stream or a shop is counted or left out: never an error, never a wrong receipt without a word."""

import math
import random

import msgspec
import pytest

from tests.scenes import (
    WATER,
    MemoryRecording,
    Scene,
    ns,
    shop,
    weight_change,
)
from tillfree.core.events import (
    CartBelief,
    Event,
    ItemLook,
    Joint,
    PeopleFrame,
    TrackedPerson,
    VisitClosed,
    VisitOpened,
    WeightBatch,
)
from tillfree.core.ids import FixtureId, ProductId, TrackId, VisitId
from tillfree.store.replay import ReplayResult, replay


def play(the_scene: Scene, events: list[Event]) -> ReplayResult:
    return replay(MemoryRecording(the_scene.shop, events))


def simple() -> Scene:
    return Scene().comes("ann", x=0.3).takes("ann", 7, 3, 520)


def broken(batch: WeightBatch, **fields: object) -> WeightBatch:
    return msgspec.structs.replace(batch, **fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"values": b""},
        {"values": b"123"},
        {"samples": 11},
        {"samples": 0, "values": b""},
        {"shelves": 0, "values": b""},
        {"rate_hz": 0.0},
        {"rate_hz": -60.0},
        {"rate_hz": math.nan},
        {"rate_hz": math.inf},
    ],
    ids=[
        "empty",
        "odd bytes",
        "too many bytes",
        "no samples",
        "no shelves",
        "rate 0",
        "rate < 0",
        "rate NaN",
        "rate inf",
    ],
)
def test_a_broken_batch_is_counted_and_the_rest_goes_on(fields: dict[str, object]) -> None:
    told = simple()
    events = told.sensor_events()
    number = next(i for i, e in enumerate(events) if isinstance(e, WeightBatch) and e.time_ns > ns(2))
    batch = events[number]
    assert isinstance(batch, WeightBatch)
    result = play(told, [*events[:number], broken(batch, **fields), *events[number + 1 :]])
    assert result.receipts() == {"ann": {WATER: 1}}
    assert sum(result.warnings.values()) > 0


@pytest.mark.parametrize("value", [math.nan, math.inf, -1e30])
def test_joints_that_are_nowhere_are_no_error(value: float) -> None:
    told = simple()
    events: list[Event] = []
    for event in told.sensor_events():
        if isinstance(event, PeopleFrame) and event.people and event.sequence % 4 == 0:
            ann = event.people[0]
            joints = tuple(msgspec.structs.replace(j, x=value, y=value, z=value) for j in ann.joints)
            event = msgspec.structs.replace(event, people=(TrackedPerson(ann.track, joints),))  # noqa: PLW2901
        events.append(event)
    result = play(told, events)
    assert result.receipts() == {"ann": {WATER: 1}}


def test_a_person_twice_in_one_frame_is_one_visitor() -> None:
    told = simple()
    events: list[Event] = [
        msgspec.structs.replace(e, people=e.people * 2) if isinstance(e, PeopleFrame) else e
        for e in told.sensor_events()
    ]
    result = play(told, events)
    assert len(result.visits) == 1
    assert result.receipts() == {"ann": {WATER: 1}}


def test_nothing_but_nan_is_reported_and_charges_nobody() -> None:
    told = simple()
    events: list[Event] = []
    for event in told.sensor_events():
        if isinstance(event, WeightBatch):
            event = broken(event, values=b"\x00\x00\xc0\x7f" * (len(event.values) // 4))  # noqa: PLW2901
        events.append(event)
    result = play(told, events)
    assert len(result.issues) == 36
    assert all(not visit.lines or visit.review for visit in result.visits)


def test_more_plates_than_the_layout_knows_are_left_out() -> None:
    told = simple()
    narrow = msgspec.structs.replace(
        told.shop,
        fixtures=tuple(
            msgspec.structs.replace(
                f, shelves=tuple(msgspec.structs.replace(s, plates=s.plates[:8]) for s in f.shelves)
            )
            for f in told.shop.fixtures
        ),
        facings=tuple(f for f in told.shop.facings if max(f.plates) <= 8),
    )
    result = replay(MemoryRecording(narrow, told.sensor_events()))
    assert result.receipts() == {"ann": {WATER: 1}}


def test_a_facing_of_an_unknown_product_or_plate_is_no_error() -> None:
    told = simple()
    facings = (
        *told.shop.facings,
        msgspec.structs.replace(told.shop.facings[0], product=ProductId("mystery")),
        msgspec.structs.replace(told.shop.facings[0], plates=(40, 41)),
        msgspec.structs.replace(told.shop.facings[0], shelf=9),
        msgspec.structs.replace(told.shop.facings[0], fixture=FixtureId("attic")),
    )
    result = replay(MemoryRecording(msgspec.structs.replace(told.shop, facings=facings), told.sensor_events()))
    assert result.receipts() == {"ann": {WATER: 1}}


@pytest.mark.parametrize("shelves", [True, False])
def test_a_fixture_without_plates_is_no_error(shelves: bool) -> None:
    told = simple()
    (furniture,) = told.shop.fixtures
    empty = tuple(msgspec.structs.replace(s, plates=()) for s in furniture.shelves) if shelves else ()
    bare = msgspec.structs.replace(told.shop, fixtures=(msgspec.structs.replace(furniture, shelves=empty),), facings=())
    assert replay(MemoryRecording(bare, told.sensor_events())).receipts() == {"ann": {}}


def test_a_facing_without_plates_is_left_out() -> None:
    told = simple()
    facings = (*told.shop.facings, msgspec.structs.replace(told.shop.facings[0], plates=()))
    result = replay(MemoryRecording(msgspec.structs.replace(told.shop, facings=facings), told.sensor_events()))
    assert result.receipts() == {"ann": {WATER: 1}}


@pytest.mark.parametrize("grams", [0.0, -5.0])
def test_a_product_of_impossible_weight_is_as_one_of_unknown_weight(grams: float) -> None:
    told = simple()
    products = tuple(msgspec.structs.replace(p, weight_g=grams) if p.id == WATER else p for p in told.shop.products)
    (visit,) = replay(
        MemoryRecording(msgspec.structs.replace(told.shop, products=products), told.sensor_events())
    ).visits
    assert visit.review or {line.product: line.quantity for line in visit.lines} == {WATER: 1}


def test_what_leaves_plates_that_the_planogram_does_not_know_is_not_passed_over() -> None:
    told = Scene().comes("ann", x=0.3).moves("ann", 7, {3: -520.0}, shelf=1)
    result = play(told, told.sensor_events())
    (visit,) = result.visits
    assert visit.review or result.warnings


@pytest.mark.parametrize("spread_hz", [0.01, 0.5])
def test_a_rate_that_is_measured_anew_for_each_batch_does_not_hide_a_take(spread_hz: float) -> None:
    told = simple()
    rates = random.Random(1)
    events: list[Event] = [
        msgspec.structs.replace(e, rate_hz=60.0 + rates.uniform(-spread_hz, spread_hz))
        if isinstance(e, WeightBatch)
        else e
        for e in told.sensor_events()
    ]
    assert play(told, events).receipts() == {"ann": {WATER: 1}}


def test_a_look_that_rules_out_everything_is_left_out() -> None:
    told = simple()
    look = ItemLook(
        time_ns=ns(9),
        source="cam",
        sequence=1,
        track=TrackId("ann"),
        log_likelihoods={WATER: -math.inf},
        other_log_likelihood=-math.inf,
    )
    result = play(told, sorted([*told.sensor_events(), look], key=lambda e: e.time_ns))
    assert result.receipts() == {"ann": {WATER: 1}}


def test_what_components_once_said_in_a_recording_is_not_heard_again() -> None:
    told = simple()
    eve = VisitId("EVE")
    said: list[Event] = [
        weight_change(7.0, {11: -830.0}),
        VisitOpened(time_ns=ns(1), source="visits", sequence=1, visit=eve, track=TrackId("eve"), code="X"),
        CartBelief(time_ns=ns(9), source="fusion", sequence=1, visit=eve),
        VisitClosed(time_ns=ns(10), source="visits", sequence=2, visit=eve, reason="exit"),
    ]
    events = sorted([*told.sensor_events(), *said], key=lambda e: e.time_ns)
    assert play(told, events).receipts() == {"ann": {WATER: 1}}


def test_an_unknown_person_joint_is_no_error() -> None:
    told = simple()
    odd = (Joint("l_big_toe", 0.0, 0.0, 0.0, 1.0),)
    events: list[Event] = [
        msgspec.structs.replace(e, people=tuple(TrackedPerson(p.track, (*p.joints, *odd)) for p in e.people))
        if isinstance(e, PeopleFrame)
        else e
        for e in told.sensor_events()
    ]
    assert play(told, events).receipts() == {"ann": {WATER: 1}}


def test_shop_without_fixtures_or_products_is_no_error() -> None:
    told = simple()
    for bare in (
        msgspec.structs.replace(shop(), facings=()),
        msgspec.structs.replace(shop(), products=(), facings=()),
        msgspec.structs.replace(shop(), products=()),
        msgspec.structs.replace(shop(), fixtures=(), facings=()),
    ):
        result = replay(MemoryRecording(bare, told.sensor_events()))
        assert result.receipts() == {"ann": {}}
