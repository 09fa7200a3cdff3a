"""What to simulate: how many shoppers, how awkwardly they behave, which sensors fail."""

from typing import TYPE_CHECKING

import msgspec

from tillfree.simulation.behaviour.table import AWKWARD
from tillfree.simulation.errors import SimulationError
from tillfree.simulation.people.arrivals import Rush

__all__ = ["ActRates", "SimulationOptions"]

_RATE_MAX = 1e6


if TYPE_CHECKING:

    class ActRates(msgspec.Struct, frozen=True, kw_only=True):
        """How often each awkward act happens relative to the others, by its name; 0 leaves one out."""

        def __init__(self, **rates: float) -> None: ...

else:
    ActRates = msgspec.defstruct(
        "ActRates",
        [(act.name, float, act.rate) for act in AWKWARD],
        frozen=True,
        kw_only=True,
        module=__name__,
        namespace={
            "__doc__": "How often each awkward act happens relative to the others, by its name; 0 leaves one out."
        },
    )


class SimulationOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a simulation depends on besides the shop: same options and shop, same bytes.

    Raises:
        SimulationError: a value out of bounds.
    """

    shoppers: int = 1
    seed: int = 0
    name: str = ""
    """Name of the recording; empty: made from seed and number of shoppers."""
    start_ns: int = 1_893_499_200_000_000_000
    """Time of the first sample; by default noon of 2030-01-01 UTC, which nobody takes for a real recording."""
    duration_s: float | None = None
    """Length; None: until everybody has left."""
    arrival_spread_s: float | None = None
    """Shoppers arrive at random within this time; None: within the duration, else 5 s per shopper."""
    per_hour: float | None = None
    """Instead of `shoppers`: so many come per hour outside rushes, their number at random. Needs `duration_s`."""
    rushes: tuple[Rush, ...] = ()
    """When more people come."""
    parties: float = 0.0
    """Probability that who comes in is the first of a party of adults, for whom one pays. Then there is a gate."""
    lists: bool = False
    """Whether people have shopping lists; if not, they take at any facing, rather a near one."""
    dwell_s: float = 0.0
    """How long people look before they reach, in the middle (s)."""
    takes: float = 4.0
    """Mean number of acts per shopper."""
    awkward: float = 0.3
    """Probability that an act is one of `rates` instead of a plain take."""
    rates: ActRates = ActRates()
    give_way: bool = True
    """Whether people walk round each other (`tillfree.simulation.people.crowd`) instead of through each other."""
    noise: float = 1.0
    """Scale of all plate noise."""
    dead: int = 0
    """Number of plates that give NaN, or one value for ever, from the beginning or from some moment on."""
    drift_g: float = 0.0
    """Each plate drifts linearly by up to this much over the recording."""
    spikes: float = 0.0
    """Single wrong samples per fixture and second."""
    drop_frames: float = 0.0
    """Share of people frames that are lost."""
    gaps: float = 0.0
    """Mean number of times that the tracker loses a shopper for 0.6 to 2.5 s."""
    new_id: float = 0.5
    """Probability that a shopper comes back from such a gap under another track id."""
    skew_s: float = 0.0
    """Stamps of people frames are late by this much."""
    lose_batches: float = 0.0
    """Share of weight batches that are lost."""
    occlusion: float = 0.0
    """Probability that joints of people who stand close together vanish or are taken from each other."""
    sightlines: bool | None = None
    """Whether furniture and other people hide joints from the tracker's cameras; None: where the shop has cameras."""
    id_switches: float = 0.0
    """Probability that two people who come close to each other exchange their track ids."""
    ghosts: float = 0.0
    """Mean number of false people per minute that the tracker sees for up to five seconds."""
    latency_s: float = 0.0
    """People frames arrive so much later than they are stamped: they come later in the order of events."""
    gate: bool = False
    """Whether a gate tells of everybody who comes in or goes out; where an act needs a gate, there is one anyway."""
    gate_missed: float = 0.0
    """Share of passages that the gate does not see."""
    gate_doubled: float = 0.0
    """Share of passages that it counts twice."""
    entry: bool = False
    """Whether everybody shows a credential at the gate, which says whom it lets in; then there is a gate."""
    entry_codes: float = 0.25
    """Share of payers who come in on a code of the app; who shows nothing else taps a card."""
    entry_wallets: float = 0.25
    """Share of those who tap a wallet on their telephone."""
    entry_badges: float = 0.05
    """Share of those who come in on an employee's badge."""
    entry_palms: float = 0.05
    """Share of those who come in by their palm."""
    entry_refused: float = 0.05
    """Probability that a payer first shows something that is refused."""
    entry_ages: float = 0.3
    """Probability that a credential proves an age."""
    clock_offset_s: float = 0.0
    """Spread (1 standard deviation) of the offsets of the devices' clocks."""
    clock_drift_ppm: float = 0.0
    """Spread of how much they run fast or slow, in millionths."""
    rfid: bool | None = None
    """Whether RFID readers tell of tagged goods; None: where the shop sells some."""
    rfid_shelf_s: float = 120.0
    """How often the tags on the shelves are read; 0: never, and only the doors have antennas."""
    rfid_missed: float = 0.0
    """Share of reads that are lost beyond what distance, bodies and other tags take."""

    def __post_init__(self) -> None:
        for name in ("awkward", "parties", "drop_frames", "new_id", "lose_batches", "occlusion"):
            self._require(name, 0.0, 1.0)
        for name in ("id_switches", "gate_missed", "gate_doubled", "rfid_missed"):
            self._require(name, 0.0, 1.0)
        self._check_entries()
        for name, most in (("ghosts", 600.0), ("latency_s", 60.0), ("clock_offset_s", 10.0), ("clock_drift_ppm", 1e4)):
            self._require(name, 0.0, most)
        if self.rfid_shelf_s:
            self._require("rfid_shelf_s", 1.0, 1e6)
        for name in ("dwell_s", "takes", "noise", "gaps", "spikes"):
            self._require(name, 0.0, 1000.0)
        self._require("shoppers", 0, 1_000_000)
        self._require("seed", 0, 2**63 - 1)
        self._require("dead", 0, 1_000_000)
        self._require("drift_g", -10_000.0, 10_000.0)
        self._require("skew_s", -10.0, 10.0)
        for name in ("duration_s", "arrival_spread_s"):
            if getattr(self, name) is not None:
                self._require(name, 0.0, 1e7)
        if self.per_hour is not None:
            self._require("per_hour", 0.0, 1e6)
            if self.duration_s is None:
                raise SimulationError("per_hour needs duration_s: say for how long people come")
        for name in ActRates.__struct_fields__:
            if not 0.0 <= getattr(self.rates, name) <= _RATE_MAX:
                raise SimulationError(f"rates.{name} is {getattr(self.rates, name)}; give a number from 0 to 1e6")

    def _check_entries(self) -> None:
        shares = ("entry_codes", "entry_wallets", "entry_badges", "entry_palms")
        for name in (*shares, "entry_refused", "entry_ages"):
            self._require(name, 0.0, 1.0)
        if sum(getattr(self, name) for name in shares) > 1.0 + 1e-9:
            raise SimulationError(f"{', '.join(shares)} are shares of all payers; give numbers that sum to at most 1")

    def _require(self, name: str, low: float, high: float) -> None:
        value = getattr(self, name)
        if not low <= value <= high:
            raise SimulationError(f"{name} is {value}; give a number from {low:g} to {high:g}")
