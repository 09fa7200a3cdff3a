"""What the events that come out of a pipeline say of each visit, gathered until the visit is over."""

from collections.abc import Callable

import msgspec

from tillfree.core.events import (
    Alternative,
    CartBelief,
    CartLine,
    Event,
    GatePassage,
    Interaction,
    SensorIssue,
    TrackJoined,
    TrackParted,
    VisitClosed,
    VisitOpened,
    WeightChange,
)
from tillfree.core.ids import ProductId, TrackId, VisitId
from tillfree.shopping.cart import VirtualCart, step
from tillfree.store.settings import StoreSettings

__all__ = ["CartMoment", "Gather", "VisitResult"]


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


class _Open:
    """A visit while it goes on."""

    def __init__(self, event: VisitOpened) -> None:
        self.cart: VirtualCart | None = None
        self.track = event.track
        self.tracks = [event.track]
        self.moments: list[CartMoment] = []


class Gather:
    """Results by visit.

    Where `on_visit` is given, each finished visit goes there and is not kept, nor are weight changes and sensor issues.
    """

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

    def cart(self, visit: VisitId) -> VirtualCart | None:
        """The cart of a visit that goes on."""
        state = self._open.get(visit)
        return state.cart if state is not None else None

    def track(self, visit: VisitId) -> TrackId:
        """The first track of a visit that goes on."""
        return self._open[visit].track

    def party(self, visit: VisitId) -> str:
        """The party of a visit that goes on, as far as it is known; empty for none."""
        state = self._open[visit]
        named = state.cart.party if state.cart is not None else ""
        return named or next((party for track in state.tracks if (party := self._parties.get(track, ""))), "")

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
