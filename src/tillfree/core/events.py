"""Events: everything that passes between two parts of Tillfree, as one tagged union of frozen structs.

Rules of schema evolution, kept by a test that reads the corpus written by the previous version:

* a field is never removed, renamed or given another type; it is left unused instead;
* a new field has a default, and the default means "as before";
* a new kind of event is a new tag; a reader that does not know a tag counts it and goes on;
* a tag (`kind`) is never used again for something else.

Units stand last in names. Times are integer nanoseconds UTC (`time_ns`): when a thing happened, never when it arrived.
"""

from typing import Any

import msgspec

from tillfree.core.ids import EventId, FixtureId, PlateRef, ProductId, TrackId, TripId, VisitId, event_id

__all__ = [
    "EVENT_KINDS",
    "AgeChecked",
    "Alternative",
    "CameraFrame",
    "CartBelief",
    "CartLine",
    "EntryGranted",
    "EntryRefused",
    "Event",
    "GatePassage",
    "Interaction",
    "ItemLook",
    "Joint",
    "LineBelief",
    "PeopleFrame",
    "SensorIssue",
    "TagRead",
    "TrackJoined",
    "TrackParted",
    "TrackedPerson",
    "VisitBound",
    "VisitClosed",
    "VisitOpened",
    "WeightBatch",
    "WeightChange",
    "decode_event",
    "encode_event",
    "event_schema",
]


class EventBase(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """What every event has: when it happened, who says so, and the source's own running number."""

    time_ns: int
    source: str
    sequence: int

    @property
    def id(self) -> EventId:
        """`source#sequence`, unique within a recording."""
        return event_id(self.source, self.sequence)


# ---- from sensors -----------------------------------------------------------------------------------------------


class WeightBatch(EventBase, frozen=True, kw_only=True, tag="weight_batch"):
    """Consecutive samples of all plates of one fixture.

    `time_ns` is the time of the *last* sample; earlier ones lie 1/`rate_hz` apart. `values` holds little-endian
    float32 grams in C order of shape (`samples`, `shelves`, `plates`); NaN is "no reading" (no such plate, or dead).
    Plates are not tared: only differences mean anything.
    """

    fixture: FixtureId
    rate_hz: float
    samples: int
    shelves: int
    plates: int
    values: bytes


# Joints are by far the most objects that a crowd makes; one of text and numbers is no work for a garbage collector.
class Joint(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One body joint in the shop's frame, metres, with the tracker's score in 0..1.

    Names follow COCO order words: head, neck, l_shoulder, r_shoulder, l_elbow, r_elbow, l_wrist, r_wrist.
    """

    name: str
    x: float
    y: float
    z: float
    score: float


class TrackedPerson(msgspec.Struct, frozen=True, gc=False):
    """One person in one frame of a tracker; a joint that was not seen is not in `joints`."""

    track: TrackId
    joints: tuple[Joint, ...] = ()


class PeopleFrame(EventBase, frozen=True, kw_only=True, tag="people_frame"):
    """Everybody that a tracker saw at one moment; nobody is a value too (an empty tuple)."""

    people: tuple[TrackedPerson, ...] = ()


class GatePassage(EventBase, frozen=True, kw_only=True, tag="gate_passage"):
    """A person crossed the gate: `direction` is "in" or "out"; `party` names the payer's group, if any."""

    track: TrackId
    direction: str
    party: str = ""


class ItemLook(EventBase, frozen=True, kw_only=True, tag="item_look"):
    """A camera looked at an item in somebody's hand, or on a plate: one log-likelihood per product it might be.

    `track` is empty for a look at a shelf. Products that are not listed share `other_log_likelihood`.
    """

    track: TrackId
    log_likelihoods: dict[ProductId, float]
    other_log_likelihood: float = -5.0


class CameraFrame(EventBase, frozen=True, kw_only=True, tag="camera_frame"):
    """A picture of one camera, compressed: `data` is a whole file of that `format` ("jpeg"), of so many pixels.

    Pictures of real people are personal data: a recording that holds them is to be kept no longer than it is needed.
    """

    camera: str
    format: str
    width: int
    height: int
    data: bytes


# ---- from sensing -----------------------------------------------------------------------------------------------


class WeightChange(EventBase, frozen=True, kw_only=True, tag="weight_change"):
    """The load of one shelf changed between two calm moments.

    `time_ns` is when it was known (the end of the calm window after it); `start_ns` and `end_ns` bound the change
    itself, `step_ns` is where its greatest part happened. `plates` lists the plates that took part, `delta_g` and
    `sigma_g` the change of each (1 standard deviation, noise of the level only). `total_g` is their sum, with its own
    `total_sigma_g`, since neighbours sway together. `missing` are plates of the shelf without a trustworthy reading.
    `steps_ns` says when the greatest part happened on each of `plates`, where that is known: two things that went
    within one change did not go at the same moment.
    """

    fixture: FixtureId
    shelf: int
    start_ns: int
    step_ns: int
    end_ns: int
    plates: tuple[int, ...]
    delta_g: tuple[float, ...]
    sigma_g: tuple[float, ...]
    total_g: float
    total_sigma_g: float
    missing: tuple[int, ...] = ()
    settled: bool = True
    steps_ns: tuple[int, ...] = ()


class SensorIssue(EventBase, frozen=True, kw_only=True, tag="sensor_issue"):
    """A sensor is not to be trusted (or is again): what, since when, and what a person can do about it."""

    device: str
    problem: str
    detail: str
    remedy: str = ""
    plate: PlateRef | None = None


# ---- from shopping ----------------------------------------------------------------------------------------------


class VisitOpened(EventBase, frozen=True, kw_only=True, tag="visit_opened"):
    """Somebody came in. `track` is the id by which the tracker first knew them; `code` is the temporary code."""

    visit: VisitId
    track: TrackId
    code: str
    party: str = ""
    anonymous: bool = False


class TrackJoined(EventBase, frozen=True, kw_only=True, tag="track_joined"):
    """The tracker lost a visitor and found them again under another id; the visit goes on."""

    visit: VisitId
    track: TrackId
    probability: float


class TrackParted(EventBase, frozen=True, kw_only=True, tag="track_parted"):
    """A track that had joined a visit is somebody else: both were seen at once.

    What `visit` did since `since_ns` was done by the new visit `to_visit`, which has opened just before.
    """

    visit: VisitId
    to_visit: VisitId
    track: TrackId
    since_ns: int


class VisitClosed(EventBase, frozen=True, kw_only=True, tag="visit_closed"):
    """The visitor left (`reason`: "exit", "gate", "lost" or "end of recording")."""

    visit: VisitId
    reason: str


class VisitBound(EventBase, frozen=True, kw_only=True, tag="visit_bound"):
    """Whoever makes this visit came in on that entry: they are members of one trip, and its payer pays."""

    visit: VisitId
    trip: TripId


# ---- from the gate ----------------------------------------------------------------------------------------------


class EntryGranted(EventBase, frozen=True, kw_only=True, tag="entry_granted"):
    """The gate (the source) opened: up to `group_size` people may pass. Nothing here says who they are or how they pay.

    `role` is "shopper", "associate" or "delivery"; only shoppers are charged. `age_years` is how old the holder of the
    credential was proved to be at least, 0 where nobody proved anything.
    """

    trip: TripId
    group_size: int = 1
    role: str = "shopper"
    age_years: int = 0


class EntryRefused(EventBase, frozen=True, kw_only=True, tag="entry_refused"):
    """The gate (the source) stayed shut: `reason` is a word of the table of reasons, such as "expired" or "full"."""

    reason: str


class AgeChecked(EventBase, frozen=True, kw_only=True, tag="age_checked"):
    """Somebody of the staff saw a proof that everybody of a trip is at least so old; 0 takes it back."""

    trip: TripId
    age_years: int


# ---- from fusion ------------------------------------------------------------------------------------------------


class Interaction(EventBase, frozen=True, kw_only=True, tag="interaction"):
    """One act as the best explanation has it, with the probability of the act over all explanations kept.

    `act` is "take", "put_back", "hand_over", "touch" or "restock"; a hand-over goes from `visit` to `to_visit`.
    """

    act: str
    probability: float
    visit: VisitId = VisitId("")
    to_visit: VisitId = VisitId("")
    product: ProductId = ProductId("")
    quantity: int = 0
    delta_g: float = 0.0
    fixture: FixtureId = FixtureId("")
    shelf: int = 0
    plates: tuple[int, ...] = ()
    evidence: tuple[EventId, ...] = ()
    weights: dict[str, float] = {}
    """The terms of the log-likelihood by name: weight, place, person, habit (natural logarithms)."""
    alternatives: dict[str, float] = {}
    """Other explanations of the same change, in words, with their probability when the change was seen."""


class LineBelief(msgspec.Struct, frozen=True):
    """How many of a product a visit holds: `at_least[k-1]` is the probability of `k` or more."""

    product: ProductId
    at_least: tuple[float, ...]
    evidence: tuple[EventId, ...] = ()


class Alternative(msgspec.Struct, frozen=True):
    """One possible cart with its probability."""

    items: dict[ProductId, int]
    probability: float


class CartBelief(EventBase, frozen=True, kw_only=True, tag="cart_belief"):
    """What one visit holds, as a distribution; sent when it changed, and once more, `final`, after the exit.

    `alternatives` are whole carts, most probable first; their probabilities sum to at most 1.
    """

    visit: VisitId
    lines: tuple[LineBelief, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    interactions: tuple[Interaction, ...] = ()
    final: bool = False


# ---- from further sensors ---------------------------------------------------------------------------------------


class TagRead(EventBase, frozen=True, kw_only=True, tag="tag_read"):
    """An RFID reader heard a tag: the source is the reader, `antenna` which of its antennas (from 1 on).

    `epc` is the tag's number as upper-case hexadecimal digits, `rssi_dbm` the power of its answer at the reader,
    `phase_rad` the phase of that answer (0 to 2 pi), None where the reader does not tell it. Readers put answers of
    one tag together: `count` is how many, since the last report of this antenna; `time_ns` is that of the last one.
    """

    epc: str
    antenna: int
    rssi_dbm: float
    phase_rad: float | None = None
    count: int = 1


class CartLine(msgspec.Struct, frozen=True):
    """A line of a virtual cart or receipt: `probability` is that of exactly this quantity, calibrated."""

    product: ProductId
    quantity: int
    probability: float
    evidence: tuple[EventId, ...] = ()


Event = (
    WeightBatch
    | PeopleFrame
    | GatePassage
    | ItemLook
    | WeightChange
    | SensorIssue
    | VisitOpened
    | TrackJoined
    | TrackParted
    | VisitClosed
    | Interaction
    | CartBelief
    | TagRead
    | CameraFrame
    | EntryGranted
    | EntryRefused
    | VisitBound
    | AgeChecked
)
"""The tagged union: what a recording may hold and what components pass to each other."""

EVENT_KINDS: dict[str, type[EventBase]] = {
    str(kind.__struct_config__.tag): kind
    for kind in (
        WeightBatch,
        PeopleFrame,
        GatePassage,
        ItemLook,
        WeightChange,
        SensorIssue,
        VisitOpened,
        TrackJoined,
        TrackParted,
        VisitClosed,
        Interaction,
        CartBelief,
        TagRead,
        CameraFrame,
        EntryGranted,
        EntryRefused,
        VisitBound,
        AgeChecked,
    )
}
"""Every kind of event by its tag; the tag is also the topic in a recording."""

_encoder = msgspec.json.Encoder(order="deterministic")
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def encode_event(event: Event) -> bytes:
    """The event as JSON, byte-deterministic (bytes fields are base64)."""
    return _encoder.encode(event)


def decode_event(data: bytes) -> Event:
    """The inverse of `encode_event`.

    Raises:
        msgspec.DecodeError: not JSON, an unknown kind, or a field of the wrong type (`msgspec.ValidationError`).
    """
    try:
        return _decoder.decode(data)
    except UnicodeDecodeError as error:  # msgspec lets text that is not UTF-8 through as Python's own error
        raise msgspec.DecodeError(f"not UTF-8: {error}") from error


def event_schema(kind: type[EventBase]) -> dict[str, Any]:
    """JSON Schema (2020-12) of one kind of event, for tools that read recordings, such as Foxglove."""
    return msgspec.json.schema(kind)
