"""Sensors that fall silent put the visits of that time under review."""

import pytest

from tests.scenes import LEFT, RIGHT, MemoryRecording, Scene, shop
from tillfree.core.events import Event, PeopleFrame, WeightBatch
from tillfree.core.time import NS_PER_S
from tillfree.store.replay import ReplayResult, replay


def scene() -> Scene:
    return Scene().comes("ann", x=0.3, leave_s=20).takes("ann", 7, 3, 520)


def played(events: list[Event], told: Scene) -> ReplayResult:
    return replay(MemoryRecording(told.shop, events))


def without(events: list[Event], kind: type[Event], start_s: float, end_s: float) -> list[Event]:
    first_ns = min(event.time_ns for event in events)
    low, high = first_ns + int(start_s * NS_PER_S), first_ns + int(end_s * NS_PER_S)
    return [e for e in events if not (isinstance(e, kind) and low <= e.time_ns < high)]


def test_a_visit_without_outage_is_charged() -> None:
    told = scene()
    result = played(told.sensor_events(), told)
    assert [visit.review for visit in result.visits] == [False]
    assert not [issue for issue in result.issues if issue.problem == "silent"]


@pytest.mark.parametrize("kind", [WeightBatch, PeopleFrame], ids=["scales", "tracker"])
def test_a_silent_sensor_is_told_and_puts_the_visit_under_review(kind: type[Event]) -> None:
    told = scene()
    result = played(without(told.sensor_events(), kind, 9.0, 15.0), told)
    assert [visit.review for visit in result.visits] == [True]
    assert {issue.problem for issue in result.issues} >= {"silent", "recovered"}


def test_a_missing_piece_of_the_recording_puts_the_visit_under_review() -> None:
    told = scene()
    events = without(without(told.sensor_events(), WeightBatch, 9.0, 15.0), PeopleFrame, 9.0, 15.0)
    result = played(events, told)
    assert [visit.review for visit in result.visits] == [True]
    assert "silent" in {issue.problem for issue in result.issues}


def test_who_is_still_there_when_the_recording_ends_is_not_charged() -> None:
    told = scene()
    first_ns = min(event.time_ns for event in told.sensor_events())
    cut: list[Event] = [e for e in told.sensor_events() if e.time_ns < first_ns + 12 * NS_PER_S]
    (visit,) = played(cut, told).visits
    assert (visit.reason, visit.review) == ("end of recording", True)


def test_weights_that_never_come_put_the_visit_under_review() -> None:
    told = scene()
    result = played([e for e in told.sensor_events() if not isinstance(e, WeightBatch)], told)
    assert [visit.review for visit in result.visits] == [True]
    assert {issue.problem for issue in result.issues} == {"silent"}


def test_a_fixture_whose_scales_never_speak_is_told() -> None:
    told = scene()
    mute = Scene(shop(LEFT, RIGHT)).comes("ann", x=0.3, leave_s=20).takes("ann", 7, 3, 520)
    events = [e for e in mute.sensor_events() if not isinstance(e, WeightBatch) or e.fixture == LEFT]
    result = replay(MemoryRecording(mute.shop, events))
    assert [visit.review for visit in result.visits] == [False]
    assert result.warnings == {f"fixture whose scales said nothing at all (first: {RIGHT!r})": 1}
    assert not played(told.sensor_events(), told).warnings
