"""Run a recording through the pipeline and gather what each visit came to.

This is the very code of a live store: only the source of events differs.
"""

from collections.abc import Callable

import msgspec

from tillfree.catalog.model import Shop
from tillfree.core.events import GatePassage, PeopleFrame, SensorIssue, WeightChange
from tillfree.core.ids import UNKNOWN_PRODUCT, ProductId, TrackId
from tillfree.shopping.cart import VirtualCart
from tillfree.shopping.parties import PartyCart, combine
from tillfree.storage.recordings.model import Recording
from tillfree.store.gathering import CartMoment, Gather, VisitResult
from tillfree.store.pipeline import Pipeline
from tillfree.store.settings import StoreSettings

__all__ = ["CartMoment", "ReplayResult", "VisitResult", "has_people", "replay"]


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
    gather = Gather(settings, on_visit)
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
