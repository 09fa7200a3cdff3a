"""What is kept of a finished visit: its receipt, and the evidence of each line; and what is kept of a minute.

A route is where somebody was, so it is personal data as long as anybody can tell whose it is: records are erased after
some days (`Database.erase_before`), and hold no picture unless the recording keeps pictures.
"""

import msgspec
import numpy as np
import numpy.typing as npt

from tillfree.commerce.receipt import Receipt
from tillfree.core.events import Alternative, Interaction
from tillfree.core.ids import EventId, FixtureId, ProductId, TrackId, TripId, VisitId

__all__ = ["ROUTE_COLUMNS", "CartMoment", "KeptFrame", "Minute", "Route", "VisitRecord", "WeightTrace"]

ROUTE_COLUMNS = ("x", "y", "left_x", "left_y", "left_z", "right_x", "right_y", "right_z")
"""What a row of a route holds: where the person stood, and where each wrist was."""


class Route(msgspec.Struct, frozen=True):
    """Where somebody went: `rows` holds little-endian float32 metres in C order of shape (n, 8), see `ROUTE_COLUMNS`.

    Row k is of the time `begin_ns` + k * `step_ns`; NaN where the tracker did not see it.
    """

    begin_ns: int = 0
    step_ns: int = 200_000_000
    rows: bytes = b""

    def places_m(self) -> npt.NDArray[np.float32]:
        """Shape (n, 8), metres.

        Raises:
            ValueError: the bytes do not fill that shape.
        """
        return np.frombuffer(self.rows, dtype="<f4").reshape(-1, len(ROUTE_COLUMNS))


class WeightTrace(msgspec.Struct, frozen=True):
    """The loads around one weight change: `grams` has one row per plate of `plates`, relative to the first value.

    `change` is the id of the event, and `start_ns` and `end_ns` bound the change itself; sample k is of the time
    `begin_ns` + k / `rate_hz`. None is "no reading".
    """

    change: EventId
    fixture: FixtureId
    shelf: int
    plates: tuple[int, ...]
    begin_ns: int
    rate_hz: float
    grams: tuple[tuple[float | None, ...], ...]
    start_ns: int
    end_ns: int


class KeptFrame(msgspec.Struct, frozen=True):
    """A picture of a camera around a weight change, where the recording keeps pictures; `data` is a whole file."""

    change: EventId
    camera: str
    time_ns: int
    format: str
    data: bytes


class CartMoment(msgspec.Struct, frozen=True):
    """What the live cart said from a moment of stream time on."""

    time_ns: int
    items: dict[ProductId, int]


class VisitRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One finished visit as it is kept: the decision of the model, never that of a person (see `ReviewDecision`).

    `person` and `truth` are known for simulated and labelled recordings only: who it really was, and what they really
    carried out (None where nobody knows). `trip` is the entry that they came in on, empty for none.
    """

    visit: VisitId
    track: TrackId
    tracks: tuple[TrackId, ...]
    opened_ns: int
    closed_ns: int
    reason: str
    receipt: Receipt
    anonymous: bool = False
    party: str = ""
    alternatives: tuple[Alternative, ...] = ()
    interactions: tuple[Interaction, ...] = ()
    moments: tuple[CartMoment, ...] = ()
    route: Route = Route()
    traces: tuple[WeightTrace, ...] = ()
    frames: tuple[KeptFrame, ...] = ()
    simulated: bool = False
    person: TrackId = TrackId("")
    truth: dict[ProductId, int] | None = None
    trip: TripId = TripId("")


class Minute(msgspec.Struct, frozen=True, kw_only=True):
    """What went on in one minute of stream time; all counts are of that minute.

    `door_wait_s` is the longest time that anybody stood in a door zone without passing on. `reaches` counts takes and
    put-backs by fixture, `dwell_s` person-seconds before each fixture, `cells` person-seconds by cell of the floor
    (`column * 10_000 + row`, cells of `CELL_M` from the shop's origin, negative ones from -5000).
    """

    begin_ns: int
    entries: int = 0
    exits: int = 0
    occupancy_mean: float = 0.0
    occupancy_max: int = 0
    door_wait_s: float = 0.0
    reaches: dict[FixtureId, int] = {}
    dwell_s: dict[FixtureId, float] = {}
    cells: dict[int, float] = {}
