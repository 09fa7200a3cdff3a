"""What a running store says of itself: plain frozen values, safe to hand to another thread."""

from typing import Literal

import msgspec

from tillfree.core.events import CartLine
from tillfree.core.ids import FixtureId, ProductId, TrackId, TripId, VisitId
from tillfree.core.money import Money
from tillfree.storage.database.records import Minute

__all__ = [
    "Alert",
    "Breakable",
    "DeviceState",
    "FeedEntry",
    "LiveCart",
    "LivePerson",
    "Minute",
    "PlateState",
    "Snapshot",
    "StockLine",
]


class LivePerson(msgspec.Struct, frozen=True, gc=False):
    """One tracked person now, metres in the shop's frame; a wrist that was not seen is None.

    `visit` is the temporary code, empty for a track that is no visit yet. `items` is how many units the cart holds.
    """

    track: TrackId
    visit: VisitId
    x: float
    y: float
    left: tuple[float, float] | None
    right: tuple[float, float] | None
    items: int


class Snapshot(msgspec.Struct, frozen=True):
    """The floor at one moment.

    `time_ns` is stream time of the newest frame of people, `arrived_ns` the wall clock (`time.time_ns`) when that frame
    was taken in. `true_places` are where people really are, metres, where the source knows it (simulated). `feed` is
    the number of the newest feed entry.
    """

    time_ns: int
    arrived_ns: int
    people: tuple[LivePerson, ...]
    true_places: tuple[tuple[float, float], ...]
    occupancy: int
    feed: int
    state: Literal["starting", "running", "paused", "ended", "failed"]
    speed: float
    lag_s: float
    """By how much the stream runs behind its pace; 0 while it keeps up."""


class LiveCart(msgspec.Struct, frozen=True):
    """The virtual cart of a visit that goes on; `total` is of the lines that have a price."""

    visit: VisitId
    track: TrackId
    party: str
    opened_ns: int
    lines: tuple[CartLine, ...]
    probability: float
    total: Money
    trip: TripId = TripId("")


class FeedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened, to be told in words by whoever shows it. `sequence` counts from 1 without holes.

    `kind`: "enter", "take", "put_back", "hand_over", "leave", "receipt" (charged), "review" (waits for a person),
    "issue" (a device), "recovered", "restock", "unexplained" (a weight change with nobody near), "alert", "shop" (a new
    planogram is in force), "entry" (a gate opened for `quantity` people, whose role is the detail), "refused" (it
    stayed shut: the detail is the reason), "tailgating" (somebody came in on no entry), "unused" (nobody came in),
    "mixed_up" (somebody may have come in on the entry of another),
    "age" (somebody holds what only older people may buy), "age_checked" (staff saw a proof of `quantity` years),
    and of the money of a trip: "paid", "let_go" (nothing was due), "declined", "debt", "refunded".
    """

    sequence: int
    time_ns: int
    kind: str
    visit: VisitId = VisitId("")
    trip: TripId = TripId("")
    to_visit: VisitId = VisitId("")
    product: ProductId = ProductId("")
    quantity: int = 0
    fixture: FixtureId = FixtureId("")
    shelf: int = 0
    probability: float | None = None
    total: Money | None = None
    device: str = ""
    detail: str = ""
    remedy: str = ""


class DeviceState(msgspec.Struct, frozen=True, kw_only=True):
    """One device as it was last heard. `state`: "ok", "degraded" (works in part), "silent", "unheard" (never yet).

    `device` is `scales/FIXTURE`, `tracker/SOURCE`, `gate/SOURCE`, `camera/ID` or `reader/SOURCE`. `rate_hz` counts
    messages of the last ten seconds of stream time; `noise_g` is the median over plates, `drift_g_per_h` the largest.
    """

    device: str
    kind: Literal["scales", "tracker", "gate", "camera", "reader"]
    state: Literal["ok", "degraded", "silent", "unheard"]
    last_seen_ns: int = 0
    rate_hz: float = 0.0
    plates: int = 0
    plates_bad: int = 0
    noise_g: float | None = None
    drift_g_per_h: float | None = None
    detail: str = ""
    remedy: str = ""


class PlateState(msgspec.Struct, frozen=True, kw_only=True):
    """One plate: `load_g` is its level now against that at the start; `gain` what readings are multiplied with."""

    fixture: FixtureId
    shelf: int
    plate: int
    state: Literal["ok", "no reading", "stuck", "restless", "unheard"]
    load_g: float | None
    noise_g: float | None
    drift_g_per_h: float | None
    gain: float = 1.0
    last_change_ns: int = 0


class StockLine(msgspec.Struct, frozen=True, kw_only=True):
    """How many units lie at one facing: the last count by a person, and what the scales say has gone or come since.

    `count` is None until somebody has counted. `par` is how many there were when it was last full: what a restocking
    list fills up to. `unsure` says that a weight change there fits no whole number of units, or that a plate is bad.
    """

    facing: int
    """The place of the facing in `Shop.facings`."""
    product: ProductId
    fixture: FixtureId
    shelf: int
    plates: tuple[int, ...]
    count: int | None
    par: int | None
    counted_ns: int = 0
    changed_ns: int = 0
    unsure: bool = False


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """Something that staff should see to. `id` stays the same while the cause lasts.

    `kind`: "out_of_stock", "low_stock", "misplaced" (`product` lies where `belongs_to` does not), "device",
    "unexplained", "age" (`visit` holds a product for which nobody has proved that they are old enough).
    """

    id: str
    kind: Literal["out_of_stock", "low_stock", "misplaced", "device", "unexplained", "age"]
    time_ns: int
    fixture: FixtureId = FixtureId("")
    shelf: int = 0
    plates: tuple[int, ...] = ()
    product: ProductId = ProductId("")
    device: str = ""
    detail: str = ""
    remedy: str = ""
    visit: VisitId = VisitId("")


class Breakable(msgspec.Struct, frozen=True):
    """A simulated sensor that can be broken: what it is, and whether it is now. `how`: "unplugged", "dead", "stuck"."""

    id: str
    kind: str
    how: str
    fixture: FixtureId = FixtureId("")
    shelf: int = 0
    plate: int = 0
    broken: bool = False
