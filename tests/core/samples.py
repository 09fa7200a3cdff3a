"""One full example of each kind of event: every field that has a default is given another value.

`extend_corpus` writes these, and a plain one with nothing but the required fields, into the corpus.
"""

import struct

import msgspec

from tillfree.core.events import (
    EVENT_KINDS,
    AgeChecked,
    Alternative,
    CameraFrame,
    CartBelief,
    EntryGranted,
    EntryRefused,
    Event,
    GatePassage,
    Interaction,
    ItemLook,
    Joint,
    LineBelief,
    PeopleFrame,
    SensorIssue,
    TagRead,
    TrackedPerson,
    TrackJoined,
    TrackParted,
    VisitBound,
    VisitClosed,
    VisitOpened,
    WeightBatch,
    WeightChange,
    decode_event,
    encode_event,
)
from tillfree.core.ids import EventId, FixtureId, PlateRef, ProductId, TrackId, TripId, VisitId

__all__ = ["FULL", "plain"]

TIME_NS = 1_700_000_000_123_456_789
VISIT, OTHER_VISIT = VisitId("visit-1"), VisitId("visit-2")
TRACK = TrackId("track-1")
TRIP = TripId("6f1d2c3b4a5968770f1e2d3c")
TEA, JAM = ProductId("4006381333931"), ProductId("96385074")
FIXTURE = FixtureId("gondola-1")
EVIDENCE = (EventId("plates/1#9"), EventId("cameras#41"))

INTERACTION = Interaction(
    time_ns=TIME_NS, source="fusion", sequence=3, act="hand_over", probability=0.875, visit=VISIT, to_visit=OTHER_VISIT,
    product=TEA, quantity=2, delta_g=-431.25, fixture=FIXTURE, shelf=4, plates=(2, 3), evidence=EVIDENCE,
    weights={"weight": -1.5, "person": -0.25}, alternatives={"visit-1 took 2 x 4006381333931": 0.125},
)  # fmt: skip

FULL: tuple[Event, ...] = (
    WeightBatch(
        time_ns=TIME_NS, source="plates/1", sequence=9, fixture=FIXTURE, rate_hz=60.0, samples=2, shelves=1, plates=2,
        values=struct.pack("<4f", 1.5, -20.25, float("nan"), 4096.0),
    ),
    PeopleFrame(
        time_ns=TIME_NS, source="cameras", sequence=41,
        people=(TrackedPerson(TRACK, (Joint("l_wrist", 0.5, -1.25, 1.0, 0.75),)), TrackedPerson(TRACK)),
    ),
    GatePassage(time_ns=TIME_NS, source="gate", sequence=1, track=TRACK, direction="in", party="party-1"),
    ItemLook(
        time_ns=TIME_NS, source="cameras", sequence=42, track=TRACK, log_likelihoods={TEA: -0.5, JAM: -2.0},
        other_log_likelihood=-7.5,
    ),
    WeightChange(
        time_ns=TIME_NS, source="sensing/gondola-1", sequence=5, fixture=FIXTURE, shelf=4, start_ns=TIME_NS - 900,
        step_ns=TIME_NS - 700, end_ns=TIME_NS - 500, plates=(2, 3), delta_g=(-400.5, -30.75), sigma_g=(1.5, 2.5),
        total_g=-431.25, total_sigma_g=3.5, missing=(7,), settled=False,
        steps_ns=(TIME_NS - 750, TIME_NS - 700),
    ),
    SensorIssue(
        time_ns=TIME_NS, source="sensing/gondola-1", sequence=6, device="gondola-1/4/7", problem="stuck",
        detail="the same reading for 60 s", remedy="check the cable", plate=PlateRef(FIXTURE, 4, 7),
    ),
    VisitOpened(
        time_ns=TIME_NS, source="shopping", sequence=1, visit=VISIT, track=TRACK, code="K7Q2", party="party-1",
        anonymous=True,
    ),
    TrackJoined(time_ns=TIME_NS, source="shopping", sequence=2, visit=VISIT, track=TRACK, probability=0.5),
    TrackParted(
        time_ns=TIME_NS, source="shopping", sequence=4, visit=VISIT, to_visit=OTHER_VISIT, track=TRACK,
        since_ns=TIME_NS - 900,
    ),
    VisitClosed(time_ns=TIME_NS, source="shopping", sequence=3, visit=VISIT, reason="exit"),
    INTERACTION,
    CartBelief(
        time_ns=TIME_NS, source="fusion", sequence=4, visit=VISIT,
        lines=(LineBelief(product=TEA, at_least=(0.96875, 0.875), evidence=EVIDENCE), LineBelief(JAM, (0.125,))),
        alternatives=(Alternative({TEA: 2}, probability=0.75), Alternative({TEA: 1, JAM: 1}, probability=0.125)),
        interactions=(INTERACTION,), final=True,
    ),
    TagRead(
        time_ns=TIME_NS, source="rfid/doors", sequence=7, epc="3074257BF7194E4000001A85", antenna=2, rssi_dbm=-61.5,
        phase_rad=1.25, count=3,
    ),
    CameraFrame(
        time_ns=TIME_NS, source="camera/c1", sequence=7, camera="c1", format="jpeg", width=640, height=360,
        data=b"\xff\xd8\x00\xff\xd9",
    ),
    EntryGranted(
        time_ns=TIME_NS, source="gate/1", sequence=11, trip=TRIP, group_size=3, role="associate", age_years=21,
    ),
    EntryRefused(time_ns=TIME_NS, source="gate/1", sequence=12, reason="expired"),
    VisitBound(time_ns=TIME_NS, source="arrivals", sequence=2, visit=VISIT, trip=TRIP),
    AgeChecked(time_ns=TIME_NS, source="staff", sequence=4, trip=TRIP, age_years=18),
)  # fmt: skip


def plain(event: Event) -> Event:
    """The same event with nothing but the fields that its kind requires, as an early writer would have sent it."""
    kind = EVENT_KINDS[str(event.__struct_config__.tag)]
    required = {field.encode_name for field in msgspec.structs.fields(kind) if field.required}
    line = msgspec.json.decode(encode_event(event))
    kept = {name: value for name, value in line.items() if name in required or name == "kind"}
    return decode_event(msgspec.json.encode(kept))
