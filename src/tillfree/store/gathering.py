"""What the events that come out of a pipeline say of each visit, gathered until the visit is over."""

from collections import OrderedDict
from collections.abc import Callable

import msgspec

from tillfree.core.events import (
    AgeChecked,
    Alternative,
    CartBelief,
    CartLine,
    EntryGranted,
    Event,
    GatePassage,
    Interaction,
    SensorIssue,
    TrackJoined,
    TrackParted,
    VisitBound,
    VisitClosed,
    VisitOpened,
    WeightChange,
)
from tillfree.core.ids import ProductId, TrackId, TripId, VisitId
from tillfree.identity.arrivals import MIXED_UP, told_visit
from tillfree.shopping.cart import VirtualCart, step
from tillfree.store.settings import StoreSettings

__all__ = ["CartMoment", "Gather", "VisitResult"]

# So many trips at a time are more than any shop has.
_ENTRIES_MAX = 100_000


class CartMoment(msgspec.Struct, frozen=True):
    """What the live cart said from a moment of stream time on.

    `time_ns` is the newest time that any sensor had spoken of when the cart changed: the wait for late events is in it.
    """

    time_ns: int
    items: dict[ProductId, int]


class VisitResult(msgspec.Struct, frozen=True):
    """One finished visit: its receipt's lines, how sure they are, and why.

    `trip` is the entry that it came in on, empty for none; where a store wants one of everybody, it is `uninvited`
    then. `mixed_up` says that it may have come in on somebody else's entry. `age_years` is what was proved of everybody
    of the trip, and `checks_age` says whether that matters.
    """

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
    trip: TripId = TripId("")
    uninvited: bool = False
    mixed_up: bool = False
    age_years: int = 0
    checks_age: bool = False


class _Open:
    """A visit while it goes on."""

    def __init__(self, event: VisitOpened) -> None:
        self.cart: VirtualCart | None = None
        self.track = event.track
        self.tracks = [event.track]
        self.moments: list[CartMoment] = []
        self.trip = TripId("")
        self.mixed_up = False


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
        self._entries: OrderedDict[TripId, EntryGranted] = OrderedDict()

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
            case SensorIssue():
                self._note_issue(event)
            case VisitOpened():
                self._open[event.visit] = _Open(event)
                self._advance(event.visit, event)
            case TrackJoined():
                self._open[event.visit].tracks.append(event.track)
            case TrackParted():
                self._open[event.visit].tracks.remove(event.track)
            case EntryGranted() | AgeChecked() | VisitBound():
                self._enter(event)
            case VisitClosed():
                self._advance(event.visit, event)
            case CartBelief():
                self._advance(event.visit, event)
                if event.final:
                    self._finish(event)

    def _note_issue(self, event: SensorIssue) -> None:
        if self._keeps:
            self.issues.append(event)
        state = self._open.get(VisitId(told_visit(event))) if event.problem == MIXED_UP else None
        if state is not None:
            state.mixed_up = True

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

    def _enter(self, event: EntryGranted | AgeChecked | VisitBound) -> None:
        """What is known of the trips of those who are here."""
        match event:
            case EntryGranted():
                self._entries[event.trip] = event
                while len(self._entries) > _ENTRIES_MAX:
                    self._entries.popitem(last=False)
            case AgeChecked() if (entry := self._entries.get(event.trip)) is not None:
                self._entries[event.trip] = msgspec.structs.replace(entry, age_years=event.age_years)
            case VisitBound():
                self._open[event.visit].trip = event.trip

    def trip(self, visit: VisitId) -> TripId:
        """The trip of a visit that goes on; empty for none."""
        return self._open[visit].trip

    def age_years(self, visit: VisitId) -> int | None:
        """What was proved of the age of a visit that goes on; None where it does not matter.

        It matters to shoppers who were let in, and to everybody where a store lets in only whom it knows.
        """
        state = self._open[visit]
        entry = self._entries.get(state.trip)
        if entry is None:
            return 0 if self._settings.entry.required and state.cart is not None and not state.cart.anonymous else None
        return entry.age_years if entry.role == "shopper" else None

    def visits_of(self, trip: TripId) -> list[VisitId]:
        """The visits of a trip that go on."""
        return [visit for visit, state in self._open.items() if state.trip == trip]

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
        age_years = self.age_years(belief.visit)
        state = self._open.pop(belief.visit)
        cart = state.cart
        assert cart is not None
        uninvited = self._settings.entry.required and not state.trip and not cart.anonymous
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
                review=cart.decision == "review" or uninvited or state.mixed_up,
                alternatives=cart.alternatives,
                interactions=belief.interactions,
                cart_times=tuple(state.moments),
                party=cart.party or (at_gate[0] if at_gate else ""),
                trip=state.trip,
                uninvited=uninvited,
                mixed_up=state.mixed_up,
                age_years=age_years or 0,
                checks_age=age_years is not None,
            )
        )
