"""Entries in the stream of a store: visits get their trip, tailgaters wait for review, ages are watched."""

from typing import Any

import msgspec
import pytest

from tests.scenes import BEANS, WATER, MemoryRecording, Scene, ns
from tests.store.running.staging import Cues, Run
from tillfree.catalog.model import Shop
from tillfree.core.events import (
    AgeChecked,
    EntryGranted,
    EntryRefused,
    Event,
    SensorIssue,
    VisitBound,
    VisitOpened,
    encode_event,
)
from tillfree.core.ids import TripId
from tillfree.identity.arrivals import NOBODY_CAME
from tillfree.identity.settings import EntrySettings
from tillfree.store.entry.doubts import AGE_NOTE, MIXED_UP_NOTE, UNINVITED_NOTE
from tillfree.store.pipeline import Pipeline
from tillfree.store.replay import replay
from tillfree.store.running.live_events import in_time, unsound
from tillfree.store.running.sources import RecordingSource
from tillfree.store.settings import StoreSettings

REQUIRED = msgspec.structs.replace(StoreSettings(), entry=EntrySettings(required=True))
TRIP = TripId("0f1e2d3c4b5a")


def scene() -> Scene:
    """Ann is there first and takes water; Bob comes eight seconds later and takes beans. Both leave by the door."""
    told = Scene().comes("ann", x=0.2, leave_s=14).comes("bob", x=1.1, arrive_s=12, leave_s=18)
    return told.takes("ann", 6, 3, 520).takes("bob", 14, 11, 830)


def granted(second: float, trip: str = TRIP, **more: Any) -> EntryGranted:
    return EntryGranted(time_ns=ns(second), source="gate", sequence=round(second * 10), trip=TripId(trip), **more)


def events_with(*more: Event) -> list[Event]:
    return sorted([*scene().sensor_events(), *more], key=lambda event: event.time_ns)


def opened_s(track: str) -> float:
    """When the tracker's visit begins."""
    pipeline = Pipeline(scene().shop)
    found = [one for event in scene().sensor_events() for one in pipeline.feed(event)]
    (at_ns,) = (one.time_ns for one in found if isinstance(one, VisitOpened) and one.track == track)
    return (at_ns - ns(0)) / 1e9


def shop_from_18(*products: str) -> Shop:
    plain = scene().shop
    return msgspec.structs.replace(
        plain,
        products=tuple(
            msgspec.structs.replace(product, min_age=18) if product.id in products else product
            for product in plain.products
        ),
    )


def store(*more: Event, settings: StoreSettings = REQUIRED, shop: Shop | None = None, **options: Any) -> Run:
    source = RecordingSource(MemoryRecording(shop or scene().shop, events_with(*more)))
    return Run(source, settings=settings, **options).to_the_end()


# ---- trips ------------------------------------------------------------------------------------------------------


def test_without_any_entry_nothing_is_as_it_was_not() -> None:
    """Events, visits and receipts are those of a pipeline that knows nothing of gates."""
    pipeline = Pipeline(scene().shop)
    out = [one for event in scene().sensor_events() for one in pipeline.feed(event)] + pipeline.finish()
    assert not any(isinstance(one, VisitBound | EntryGranted | SensorIssue) for one in out)
    visits = replay(MemoryRecording(scene().shop, scene().sensor_events())).visits
    assert {(visit.trip, visit.uninvited, visit.checks_age, visit.review) for visit in visits} == {
        ("", False, False, False)
    }


def test_a_visit_gets_its_trip_in_a_replay_and_in_a_store() -> None:
    entry = granted(opened_s("bob") - 1)
    result = replay(MemoryRecording(scene().shop, events_with(entry)))
    assert {visit.track: visit.trip for visit in result.visits} == {"ann": "", "bob": TRIP}
    run = store(entry, settings=StoreSettings())
    assert {visit.track: visit.trip for visit in run.visits} == {"ann": "", "bob": TRIP}


def test_a_replay_of_entries_is_the_same_to_the_byte() -> None:
    entries = (granted(opened_s("ann") + 1, "t1"), granted(opened_s("bob") - 1, "t2", group_size=2))
    outs = []
    for _ in range(2):
        pipeline = Pipeline(scene().shop, REQUIRED)
        outs.append(
            [encode_event(one) for event in events_with(*entries) for one in pipeline.feed(event)]
            + [encode_event(one) for one in pipeline.finish()]
        )
    assert outs[0] == outs[1]


def test_who_came_in_is_handed_on() -> None:
    told: list[Event] = []
    run = store(granted(opened_s("ann") + 1, "t1"), granted(opened_s("bob") - 1, "t2"), on_entry=told.append)
    bound = {event.trip: event.visit for event in told if isinstance(event, VisitBound)}
    assert bound == {"t1": run.visit("ann").visit, "t2": run.visit("bob").visit}
    assert [entry.kind for entry in run.store.feed() if entry.kind in ("entry", "tailgating")] == ["entry", "entry"]


def test_a_tailgater_is_told_of_and_waits_for_review() -> None:
    run = store(granted(opened_s("ann") + 1, "t1"))
    ann, bob = run.visit("ann"), run.visit("bob")
    assert (ann.trip, ann.receipt.status) == ("t1", "charge")
    assert (bob.trip, bob.receipt.status) == ("", "review")
    assert UNINVITED_NOTE in bob.receipt.notes
    (entry,) = (entry for entry in run.store.feed() if entry.kind == "tailgating")
    assert entry.visit == bob.visit


@pytest.mark.parametrize("grant_s", [3, 20])
def test_whoever_may_have_come_in_on_the_entry_of_another_waits_for_review(grant_s: int) -> None:
    """Somebody tapped and walked away, the next one tapped and came in: the card of the first is not charged."""
    second = opened_s("bob")
    entries = (granted(opened_s("ann") + 1, "t1"), granted(second - 1, "gone"), granted(second - 0.5, "here"))
    run = store(*entries, settings=msgspec.structs.replace(StoreSettings(), entry=EntrySettings(grant_s=grant_s)))
    bob = run.visit("bob")
    assert (bob.trip, bob.receipt.status) == ("gone", "review")
    assert MIXED_UP_NOTE in bob.receipt.notes
    assert [entry.visit for entry in run.store.feed() if entry.kind == "mixed_up"] == [bob.visit]


def test_an_open_door_accuses_nobody() -> None:
    run = store(granted(opened_s("ann") + 1, "t1"), settings=StoreSettings())
    assert {visit.receipt.status for visit in run.visits} == {"charge"}
    assert "tailgating" not in run.kinds()


def test_refusals_and_entries_that_nobody_used_are_told() -> None:
    told: list[Event] = []
    refused = EntryRefused(time_ns=ns(1), source="gate/2", sequence=1, reason="expired")
    settings = msgspec.structs.replace(StoreSettings(), entry=EntrySettings(grant_s=1, seen_before_s=0))
    run = store(refused, granted(opened_s("bob") + 2), settings=settings, on_entry=told.append)
    feed = {entry.kind: entry for entry in run.store.feed()}
    assert (feed["refused"].device, feed["refused"].detail) == ("gate/2", "expired")
    assert feed["unused"].detail == NOBODY_CAME
    assert [event.problem for event in told if isinstance(event, SensorIssue)] == [NOBODY_CAME]
    assert {device.device for device in run.store.devices()} >= {"gate/gate", "gate/gate/2"}


# ---- ages -------------------------------------------------------------------------------------------------------


def alerts_at(second: float, shop: Shop, *more: Event, settings: StoreSettings = REQUIRED) -> tuple[list[str], Run]:
    """The products of the age alerts at a moment of the stream."""
    found: list[str] = []
    run: list[Run] = []
    cues = Cues((second, lambda: found.extend(a.product for a in run[0].store.alerts() if a.kind == "age")))
    source = RecordingSource(MemoryRecording(shop, events_with(*more)))
    run.append(Run(source, settings=settings, cues=cues))
    run[0].to_the_end()
    return found, run[0]


def test_somebody_too_young_is_told_of_while_they_are_there() -> None:
    entry = granted(opened_s("ann") + 1, "t1", age_years=16)
    found, run = alerts_at(11, shop_from_18(WATER), entry)
    assert found == [WATER]
    told = [(entry.visit, entry.product) for entry in run.store.feed() if entry.kind == "age"]
    assert told == [(run.visit("ann").visit, WATER)]
    ann = run.visit("ann")
    assert ann.receipt.status == "review"
    assert AGE_NOTE.format(age=18, name="Water") in ann.receipt.notes
    assert not [alert for alert in run.store.alerts() if alert.kind == "age"], (
        "who has left is none of staff's any more"
    )


def test_a_credential_that_proves_the_age_asks_nobody() -> None:
    found, run = alerts_at(11, shop_from_18(WATER), granted(opened_s("ann") + 1, "t1", age_years=18))
    assert found == []
    assert run.visit("ann").receipt.status == "charge"


def test_staff_see_a_proof() -> None:
    entry = granted(opened_s("ann") + 1, "t1")
    proof = AgeChecked(time_ns=ns(10), source="staff", sequence=1, trip=TripId("t1"), age_years=18)
    before, _ = alerts_at(9.9, shop_from_18(WATER), entry, proof)
    after, run = alerts_at(12, shop_from_18(WATER), entry, proof)
    assert (before, after) == ([WATER], [])
    assert run.visit("ann").receipt.status == "charge"
    assert "age_checked" in run.kinds()


def test_a_proof_can_be_taken_back() -> None:
    entry = granted(opened_s("ann") + 1, "t1")
    proofs = [
        AgeChecked(time_ns=ns(second), source="staff", sequence=k, trip=TripId("t1"), age_years=age)
        for k, (second, age) in enumerate(((9.5, 18), (10.5, 0)))
    ]
    found, run = alerts_at(12, shop_from_18(WATER), entry, *proofs)
    assert found == [WATER]
    assert run.visit("ann").receipt.status == "review"


def test_staff_who_come_in_are_asked_for_no_age() -> None:
    found, run = alerts_at(11, shop_from_18(WATER), granted(opened_s("ann") + 1, "t1", role="associate"))
    assert found == []
    assert run.visit("ann").receipt.status == "charge"


def test_where_nobody_is_let_in_by_a_gate_no_age_is_asked() -> None:
    found, run = alerts_at(11, shop_from_18(WATER, BEANS), settings=StoreSettings())
    assert found == []
    assert {visit.receipt.status for visit in run.visits} == {"charge"}


def test_an_alert_of_an_age_does_not_name_the_visit() -> None:
    """Its id stays in the audit log for longer than the code of the visit is kept."""
    found: list[tuple[str, str]] = []
    run: list[Run] = []
    cues = Cues((11, lambda: found.extend((a.id, a.visit) for a in run[0].store.alerts() if a.kind == "age")))
    events = events_with(granted(opened_s("ann") + 1, "t1"))
    run.append(Run(RecordingSource(MemoryRecording(shop_from_18(WATER), events)), settings=REQUIRED, cues=cues))
    run[0].to_the_end()
    ((id_, visit),) = found
    assert visit
    assert visit not in id_


# ---- what is told beside the stream -----------------------------------------------------------------------------


def test_the_desk_speaks_into_a_running_store() -> None:
    run: list[Run] = []
    at_s = opened_s("bob") - 0.5
    cues = Cues((at_s, lambda: run[0].store.tell(granted(9e8, "t9"))))
    run.append(
        Run(RecordingSource(MemoryRecording(scene().shop, scene().sensor_events())), settings=REQUIRED, cues=cues)
    )
    run[0].to_the_end()
    assert run[0].visit("bob").trip == "t9", "the clock of the desk may be any; the stream has its own"
    run[0].store.tell(granted(20))  # after the end nobody listens, and nothing happens


def test_what_is_told_is_of_now() -> None:
    now_ns = ns(100)
    event = granted(100)
    assert in_time(event, now_ns, 300) is event
    assert in_time(event, 0, 300) is event
    for far in (granted(0), granted(10**6)):
        assert in_time(far, now_ns, 300).time_ns == now_ns


@pytest.mark.parametrize(
    "event",
    [
        granted(1, group_size=0), granted(1, group_size=10**6), granted(1, age_years=-1), granted(1, age_years=1000),
        granted(1, "x" * 1000), EntryRefused(time_ns=1, source="g", sequence=1, reason="x" * 1000),
        AgeChecked(time_ns=1, source="g", sequence=1, trip=TRIP, age_years=-1),
    ],
)  # fmt: skip
def test_what_no_gate_can_say_is_left_out(event: Event) -> None:
    assert unsound(event)
    assert not unsound(granted(1))
