"""What is in a recording: read once from beginning to end, with bounded memory."""

import msgspec

from tillfree.core.events import PeopleFrame
from tillfree.storage.recordings.model import Recording

__all__ = ["KindInfo", "RecordingInfo", "describe", "is_simulated"]

_GAP_S = 1.0
_TRACKS_MAX = 100_000
_SOURCES_MAX = 2000
"""So many are told apart; a shop of a thousand fixtures has fewer."""


class KindInfo(msgspec.Struct, frozen=True):
    """Events of one kind from one source: how many, how many per second, and how often it was silent for over 1 s."""

    kind: str
    source: str
    events: int
    rate_hz: float
    gaps: int
    longest_gap_s: float


class RecordingInfo(msgspec.Struct, frozen=True):
    """A recording at a glance. Times are Unix nanoseconds, None for a recording without events.

    `tracks` counts the ids that the tracker gave, which may be more than there were people; `people_max` is how many
    were there at once. `plates` are those that the shop knows, `plates_with_product` those that have a facing.
    """

    name: str
    format: str
    start_ns: int | None
    end_ns: int | None
    duration_s: float
    events: int
    kinds: tuple[KindInfo, ...]
    fixtures: int
    shelves: int
    plates: int
    plates_with_product: int
    products: int
    products_without_weight: int
    tracks: int
    people_max: int
    truth: str
    simulated: bool
    backward_steps: int
    warnings: dict[str, int]


class _Stream:
    """What is counted of the events of one source."""

    def __init__(self, time_ns: int) -> None:
        self.events = 0
        self.gaps = 0
        self.first_ns = self.last_ns = time_ns
        self.longest_ns = 0

    def add(self, time_ns: int) -> None:
        step_ns = time_ns - self.last_ns
        self.events += 1
        self.gaps += step_ns > _GAP_S * 1e9
        self.longest_ns = max(self.longest_ns, step_ns)
        self.last_ns = max(self.last_ns, time_ns)

    def rate_hz(self) -> float:
        span_ns = self.last_ns - self.first_ns
        return (self.events - 1) / span_ns * 1e9 if span_ns else 0.0


def describe(recording: Recording) -> RecordingInfo:
    """Reads the whole recording, streaming, and tells what is in it.

    Raises:
        RecordingError: the recording cannot be read.
    """
    streams: dict[tuple[str, str], _Stream] = {}
    tracks: set[str] = set()
    people_max = backward = 0
    start_ns = end_ns = previous_ns = None
    for event in recording.events():
        key = (str(event.__struct_config__.tag), event.source)
        if key not in streams and len(streams) >= _SOURCES_MAX:
            key = (key[0], "all others")
        stream = streams.get(key)
        if stream is None:
            stream = streams[key] = _Stream(event.time_ns)
        stream.add(event.time_ns)
        start_ns = event.time_ns if start_ns is None else min(start_ns, event.time_ns)
        end_ns = event.time_ns if end_ns is None else max(end_ns, event.time_ns)
        backward += previous_ns is not None and event.time_ns < previous_ns
        previous_ns = event.time_ns
        if isinstance(event, PeopleFrame):
            people_max = max(people_max, len(event.people))
            if len(tracks) < _TRACKS_MAX:
                tracks.update(person.track for person in event.people)
    shop = recording.shop
    shelves = [shelf for fixture in shop.fixtures for shelf in fixture.shelves]
    return RecordingInfo(
        name=recording.name,
        format=_format(recording),
        start_ns=start_ns,
        end_ns=end_ns,
        duration_s=0.0 if start_ns is None or end_ns is None else (end_ns - start_ns) / 1e9,
        events=sum(stream.events for stream in streams.values()),
        kinds=tuple(_kind(*key, streams[key]) for key in sorted(streams)),
        fixtures=len(shop.fixtures),
        shelves=len(shelves),
        plates=sum(len(shelf.plates) for shelf in shelves),
        plates_with_product=len({(f.fixture, f.shelf, plate) for f in shop.facings for plate in f.plates}),
        products=len(shop.products),
        products_without_weight=sum(product.weight_g is None for product in shop.products),
        tracks=len(tracks),
        people_max=people_max,
        truth=_truth(recording),
        simulated=is_simulated(recording),
        backward_steps=backward,
        warnings=dict(recording.warnings),
    )


def is_simulated(recording: Recording) -> bool:
    """Whether the recording says of itself that it is simulated: in its truth, or without one in a mark of its own."""
    told = recording.truth is not None and recording.truth.synthetic
    return told or bool(getattr(recording, "synthetic", False))


def _kind(kind: str, source: str, stream: _Stream) -> KindInfo:
    return KindInfo(kind, source, stream.events, stream.rate_hz(), stream.gaps, stream.longest_ns / 1e9)


def _format(recording: Recording) -> str:
    return str(getattr(recording, "format", type(recording).__name__))


def _truth(recording: Recording) -> str:
    if recording.truth is None:
        return "not known"
    return "known, simulated" if recording.truth.synthetic else "known"
