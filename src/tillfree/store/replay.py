"""Run a recording through the pipeline and gather what each visit came to.

This is the very code of a live store: only the source of events differs.
"""

from collections.abc import Callable

import msgspec

from tillfree.catalog.model import Shop
from tillfree.core.events import (
    Alternative,
    CartBelief,
    CartLine,
    Event,
    GatePassage,
    Interaction,
    PeopleFrame,
    SensorIssue,
    TrackJoined,
    TrackParted,
    VisitClosed,
    VisitOpened,
    WeightChange,
)
from tillfree.core.ids import UNKNOWN_PRODUCT, ProductId, TrackId, VisitId
from tillfree.shopping.cart import VirtualCart, step
from tillfree.shopping.parties import PartyCart, combine
from tillfree.storage.recordings.model import Recording
from tillfree.store.pipeline import Pipeline
from tillfree.store.settings import StoreSettings

__all__ = ["CartMoment", "ReplayResult", "VisitResult", "has_people", "replay"]


class CartMoment(msgspec.Struct, frozen=True):
    """What the live cart said from a moment of stream time on.

    `time_ns` is the newest time that any sensor had spoken of when the cart changed: the wait for late events is in it.
    """

    time_ns: int
    items: dict[ProductId, int]


class VisitResult(msgspec.Struct, frozen=True):
    """One finished visit: its receipt's lines, how sure they are, and why."""

    visit: VisitId
    track: TrackId
    tracks: tuple[TrackId, ...]
    opened_ns: int
    closed_ns: int
    receipt_ns: int
    reason: str
    anonymous: bool
    lines: tuple[CartLine, ...]
    probability: float
    review: bool
    alternatives: tuple[Alternative, ...]
    interactions: tuple[Interaction, ...]
    cart_times: tuple[CartMoment, ...]
    party: str = ""


class ReplayResult(msgspec.Struct, frozen=True):
    """Everything that a recording came to; visits in order of their opening."""

    shop: Shop
    visits: tuple[VisitResult, ...]
    changes: tuple[WeightChange, ...]
    issues: tuple[SensorIssue, ...]
    warnings: dict[str, int]
    duration_ns: int
    events: int

    def receipts(self) -> dict[TrackId, dict[ProductId, int]]:
        """Person (first track id) to product to quantity; several visits of one track are added up.

        Items that no product explains are not in it; their visits are under review.
        """
        out: dict[TrackId, dict[ProductId, int]] = {}
        for visit in self.visits:
            person = out.setdefault(visit.track, {})
            for line in visit.lines:
                if line.product != UNKNOWN_PRODUCT:
                    person[line.product] = person.get(line.product, 0) + line.quantity
        return out

    def parties(self) -> tuple[PartyCart, ...]:
        """What each party holds together, by the party's name; visits of no party are in none."""
        members: dict[str, list[VirtualCart]] = {}
        for visit in self.visits:
            if visit.party:
                members.setdefault(visit.party, []).append(_cart_of(visit))
        return tuple(combine(carts) for _, carts in sorted(members.items()))


def _cart_of(visit: VisitResult) -> VirtualCart:
    return VirtualCart(
        visit=visit.visit,
        opened_ns=visit.opened_ns,
        party=visit.party,
        anonymous=visit.anonymous,
        lines=visit.lines,
        probability=visit.probability,
        alternatives=visit.alternatives,
        closed_ns=visit.closed_ns,
        reason=visit.reason,
        decision="review" if visit.review else "charge",
    )


class _Open:
    """A visit while it goes on."""

    def __init__(self, event: VisitOpened) -> None:
        self.cart: VirtualCart | None = None
        self.track = event.track
        self.tracks = [event.track]
        self.moments: list[CartMoment] = []
        self.interactions: tuple[Interaction, ...] = ()


def has_people(recording: Recording) -> bool:
    """Whether a tracker speaks anywhere in the recording; if none does, one anonymous visitor is assumed.

    A recording whose layout has no place for people says so itself, and is not read to its end in search of them.
    """
    tracked = bool(getattr(recording, "tracked", True))
    return tracked and any(isinstance(event, PeopleFrame) for event in recording.events())


def replay(
    recording: Recording,
    settings: StoreSettings | None = None,
    progress: Callable[[int], None] | None = None,
    on_visit: Callable[[VisitResult], None] | None = None,
) -> ReplayResult:
    """Run `recording` from its first event to its last.

    `progress` is called with the stream time in nanoseconds now and then. Where `on_visit` is given, each finished
    visit goes there and is not kept, nor are weight changes and sensor issues: a recording of any length then takes
    bounded memory.

    Raises:
        RecordingError: the recording cannot be read.
    """
    settings = settings or StoreSettings()
    gather = _Gather(settings, on_visit)
    pipeline = Pipeline(recording.shop, settings, anonymous=not has_people(recording))
    first_ns = last_ns = 0
    count = 0
    for count, event in enumerate(recording.events(), 1):
        last_ns = max(last_ns, event.time_ns)
        first_ns = first_ns or event.time_ns
        if isinstance(event, GatePassage):
            gather.note_gate(event)
        for result in pipeline.feed(event):
            gather.take(result, last_ns)
        if progress is not None and count % 500 == 0:
            progress(event.time_ns)
    for result in pipeline.finish():
        gather.take(result, last_ns)
    warnings = {**recording.warnings}
    for what, number in pipeline.warnings.items():
        warnings[what] = warnings.get(what, 0) + number
    return ReplayResult(
        recording.shop,
        tuple(sorted(gather.done, key=lambda v: (v.opened_ns, v.visit))),
        tuple(gather.changes),
        tuple(gather.issues),
        warnings,
        last_ns - first_ns,
        count,
    )


class _Gather:
    """Results by visit."""

    def __init__(self, settings: StoreSettings, on_visit: Callable[[VisitResult], None] | None) -> None:
        self._settings = settings
        self._on_visit = on_visit or self._keep
        self._keeps = on_visit is None
        self._open: dict[VisitId, _Open] = {}
        self.done: list[VisitResult] = []
        self.changes: list[WeightChange] = []
        self.issues: list[SensorIssue] = []
        self._now_ns = 0
        self._parties: dict[TrackId, str] = {}

    def note_gate(self, event: GatePassage) -> None:
        """The gate names a party; its tracker has mostly seen the person, and opened the visit, before."""
        if event.party and event.direction == "in":
            self._parties[event.track] = event.party

    def take(self, event: Event, now_ns: int) -> None:
        """Note one event that came out of the pipeline at a moment of stream time."""
        self._now_ns = now_ns
        match event:
            case WeightChange() if self._keeps:
                self.changes.append(event)
            case SensorIssue() if self._keeps:
                self.issues.append(event)
            case VisitOpened():
                self._open[event.visit] = _Open(event)
                self._advance(event.visit, event)
            case TrackJoined():
                self._open[event.visit].tracks.append(event.track)
            case TrackParted():
                self._open[event.visit].tracks.remove(event.track)
            case VisitClosed():
                self._advance(event.visit, event)
            case CartBelief():
                self._advance(event.visit, event)
                if event.final:
                    self._finish(event)

    def _keep(self, visit: VisitResult) -> None:
        self.done.append(visit)

    def _advance(self, visit: VisitId, event: VisitOpened | VisitClosed | CartBelief) -> None:
        state = self._open[visit]
        before = state.cart.quantities() if state.cart is not None else {}
        state.cart = step(state.cart, event, self._settings.shopping)
        after = state.cart.quantities()
        if after != before:
            state.moments.append(CartMoment(self._now_ns, after))

    def _finish(self, belief: CartBelief) -> None:
        state = self._open.pop(belief.visit)
        cart = state.cart
        assert cart is not None
        at_gate = [party for track in state.tracks if (party := self._parties.pop(track, ""))]
        self._on_visit(
            VisitResult(
                visit=belief.visit,
                track=state.track,
                tracks=tuple(state.tracks),
                opened_ns=cart.opened_ns,
                closed_ns=cart.closed_ns,
                receipt_ns=self._now_ns,
                reason=cart.reason,
                anonymous=cart.anonymous,
                lines=cart.lines,
                probability=cart.probability,
                review=cart.decision == "review",
                alternatives=cart.alternatives,
                interactions=belief.interactions,
                cart_times=tuple(state.moments),
                party=cart.party or (at_gate[0] if at_gate else ""),
            )
        )
