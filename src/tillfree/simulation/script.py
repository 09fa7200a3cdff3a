"""The script of a simulation: who walks, reaches and moves loads when, before any sensor sees it.

All times are seconds since the start of the recording, true time.
"""

import dataclasses

import numpy as np
import numpy.typing as npt

from tillfree.core.ids import ProductId, TrackId
from tillfree.storage.recordings.model import TruthAct

__all__ = ["Floats", "LoadTrace", "Reach", "Ring", "Script", "VisitScript"]

Floats = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True, slots=True)
class Ring:
    """A damped oscillation: `amplitude_g` (per plate) * exp(-t / decay) * sin(2 pi hz t + phase)."""

    begin_s: float
    amplitude_g: Floats
    phase: Floats
    hz: float
    decay_s: float

    @property
    def end_s(self) -> float:
        """When less than one per cent of it is left."""
        return self.begin_s + 5.0 * self.decay_s

    def at(self, times_s: Floats) -> Floats:
        """The load it adds, shape (times, plates), grams."""
        since = times_s - self.begin_s
        running = since >= 0.0
        decay = np.where(running, np.exp(-np.maximum(since, 0.0) / self.decay_s), 0.0)
        return (self.amplitude_g * decay[:, None]) * np.sin(2 * np.pi * self.hz * since[:, None] + self.phase)


@dataclasses.dataclass(frozen=True, slots=True)
class LoadTrace:
    """How one act changes the load of neighbouring plates of a shelf.

    `knots_s` and `grams` describe a curve with smooth steps between its knots, 0 before the first; `share` says which
    part of it each plate from `first` on reads (the sum is not 1: plates err, neighbours are leaked to).
    """

    fixture: int
    row: int
    first: int
    share: Floats
    knots_s: Floats
    grams: Floats
    rings: tuple[Ring, ...] = ()

    @property
    def begin_s(self) -> float:
        """When it begins to matter."""
        return float(self.knots_s[0])

    @property
    def end_s(self) -> float:
        """When only its lasting effect is left."""
        return max(float(self.knots_s[-1]), *(ring.end_s for ring in self.rings), -1.0)

    @property
    def lasting_g(self) -> Floats:
        """What stays for ever, per plate."""
        lasting: Floats = self.share * self.grams[-1]
        return lasting

    def at(self, times_s: Floats) -> Floats:
        """The load it adds, shape (times, plates of it), grams."""
        knots = self.knots_s
        left = np.clip(np.searchsorted(knots, times_s, side="right") - 1, 0, len(knots) - 2)
        part = np.clip((times_s - knots[left]) / (knots[left + 1] - knots[left]), 0.0, 1.0)
        smooth = part * part * (3.0 - 2.0 * part)
        curve = self.grams[left] + (self.grams[left + 1] - self.grams[left]) * smooth
        load: Floats = curve[:, None] * self.share
        return load


@dataclasses.dataclass(frozen=True, slots=True)
class Reach:
    """One hand goes to a place, stays and comes back. `hand` is 0 for the left, 1 for the right."""

    hand: int
    begin_s: float
    in_s: float
    out_s: float
    end_s: float
    target: tuple[float, float, float]
    lean_m: float
    squat_m: float


@dataclasses.dataclass(slots=True)
class VisitScript:
    """One shopper's way through the shop."""

    track: TrackId
    number: int
    height_m: float
    entry_s: float
    exit_s: float = 0.0
    path: list[tuple[float, float, float]] = dataclasses.field(default_factory=list)
    """Knots (s, x m, y m)."""
    turns: list[tuple[float, float]] = dataclasses.field(default_factory=list)
    """Knots (s, heading in radians), without jumps of a full turn."""
    reaches: list[Reach] = dataclasses.field(default_factory=list)
    gaps: list[tuple[float, float, TrackId]] = dataclasses.field(default_factory=list)
    """Unseen from, to, and the track id afterwards."""
    bag: dict[ProductId, int] = dataclasses.field(default_factory=dict)
    """What is carried out in the end."""
    party: str = ""
    """Whom the gate takes together with others, for whom one pays; empty for nobody."""
    staff: bool = False
    """Somebody of the staff: no shopper, without a receipt."""
    tailgates: bool = False
    """Leaves on the passage of somebody else, unseen by the gate."""
    slips_in: bool = False
    """Comes in on the passage of somebody else, unseen by the gate."""


@dataclasses.dataclass(frozen=True, slots=True)
class Script:
    """A whole simulation before it is rendered; sorted by the time things begin."""

    duration_s: float
    visits: tuple[VisitScript, ...]
    traces: tuple[LoadTrace, ...]
    shocks: tuple[tuple[int, int, Ring], ...]
    """Fixture, row and the vibration of the whole shelf."""
    acts: tuple[TruthAct, ...]
    gate: bool = False
    """Whether there is a gate that tells of passages."""
