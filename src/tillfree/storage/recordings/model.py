"""What a recording is, whatever its format on disk."""

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import msgspec
import numpy as np
import numpy.typing as npt

from tillfree.catalog.model import Shop
from tillfree.core.errors import TillfreeError
from tillfree.core.events import Event
from tillfree.core.ids import ProductId, TrackId, TripId

__all__ = ["KnowsPeople", "Recording", "RecordingError", "TruePeople", "Truth", "TruthAct", "TruthEntry", "TruthReach"]


class RecordingError(TillfreeError):
    """A recording cannot be read or written: says which file, where in it, and what to do."""


class TruthAct(msgspec.Struct, frozen=True):
    """One act that really happened; `kind` as the source names it (take, put, give, touch, lift)."""

    time_ns: int
    track: TrackId
    kind: str
    product: ProductId = ProductId("")
    weight_g: float = 0.0
    fixture: str = ""
    shelf: int = 0
    plates: tuple[int, ...] = ()
    to_track: TrackId = TrackId("")


class TruthReach(msgspec.Struct, frozen=True):
    """One hand goes out (`begin_ns`), is at its target (`in_ns` to `out_ns`) and is back (`end_ns`).

    `hand` is "left" or "right"; the target is where the wrist is, in the shop's frame, metres.
    """

    track: TrackId
    hand: str
    begin_ns: int
    in_ns: int
    out_ns: int
    end_ns: int
    x: float
    y: float
    z: float


class TruthEntry(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody held to the gate. `people` are those who came in on it, the payer first; `kind` as in `EntryKind`.

    `refused` is the reason where the gate stayed shut, and `trip` is then empty.
    """

    time_ns: int
    trip: TripId
    kind: str
    people: tuple[TrackId, ...]
    role: str = "shopper"
    age_years: int = 0
    refused: str = ""


class Truth(msgspec.Struct, frozen=True):
    """What really happened: each person's receipt, and, where known, every act and every reach.

    `aliases` maps further track ids of a person to the id under which `receipts` has them. What a person holds at any
    moment follows from the acts; where everybody was is a stream of its own (`KnowsPeople`). `tags` says
    which RFID tag (its number in hexadecimal digits) left with whom. `entries` is what was shown at the gate.
    """

    receipts: dict[TrackId, dict[ProductId, int]]
    acts: tuple[TruthAct, ...] = ()
    aliases: dict[TrackId, TrackId] = {}
    synthetic: bool = False
    tags: dict[str, TrackId] = {}
    reaches: tuple[TruthReach, ...] = ()
    entries: tuple[TruthEntry, ...] = ()


class TruePeople(msgspec.Struct, frozen=True):
    """Where everybody in the shop really was at a moment, staff and all, under the ids with which they came in.

    `joints` holds little-endian float32 metres in C order of shape (people, joints, 3), joints in the order of `names`.
    """

    time_ns: int
    tracks: tuple[TrackId, ...]
    names: tuple[str, ...]
    joints: bytes

    def places_m(self) -> npt.NDArray[np.float32]:
        """Shape (people, joints, 3).

        Raises:
            ValueError: the bytes do not fill that shape.
        """
        return np.frombuffer(self.joints, dtype="<f4").reshape(len(self.tracks), len(self.names), 3)


class Recording(Protocol):
    """A shop and its events. `events` may be called again and yields the same sequence each time.

    Events come in the order of the file (roughly that of `time_ns`; sort within a bounded window before use).
    `warnings` grows while events are read: `{what: how often}`, for things repaired or left out, in plain words.
    """

    name: str
    shop: Shop
    warnings: dict[str, int]

    @property
    def truth(self) -> Truth | None:
        """What really happened, None where nobody knows."""
        ...

    def events(self) -> Iterator[Event]:
        """All events, streaming."""
        ...

    def duration_ns(self) -> int | None:
        """Time from first to last event where the format knows it without reading everything, else None."""
        ...


@runtime_checkable
class KnowsPeople(Protocol):
    """A recording that knows where everybody really was, as a simulated one does."""

    def events_and_people(self) -> Iterator[Event | TruePeople]:
        """All events as `events` gives them, with the true places between them, streaming."""
        ...
