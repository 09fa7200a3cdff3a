"""One running store: sensor events in, everything that follows from them out.

Live, replay, simulation and evaluation run this very code. The way of an event: reorder -> sensing and visits ->
fusion. What the gate says goes the same way, and who came in on what is found out beside it.
"""

from collections import Counter
from collections.abc import Sequence

from tillfree.catalog.model import Shop
from tillfree.core.events import (
    AgeChecked,
    CameraFrame,
    CartBelief,
    EntryGranted,
    EntryRefused,
    Event,
    GatePassage,
    ItemLook,
    PeopleFrame,
    VisitClosed,
    WeightBatch,
)
from tillfree.core.ids import FixtureId
from tillfree.fusion.inference import WhoTookWhat
from tillfree.identity.arrivals import Arrivals
from tillfree.sensing.detector import FixtureDetector
from tillfree.shopping.visits import Visits
from tillfree.store.ordering import Reorder
from tillfree.store.outages import Outages
from tillfree.store.settings import StoreSettings

__all__ = ["Pipeline"]


class Pipeline:
    """The components of a store, wired. `warnings` counts what was repaired or left out, in plain words."""

    def __init__(self, shop: Shop, settings: StoreSettings | None = None, *, anonymous: bool = False) -> None:
        self.settings = settings = settings or StoreSettings()
        self._reorder = Reorder(settings.lateness_ms)
        self._detectors = {
            fixture.id: FixtureDetector(fixture, settings.sensing, f"scale/{fixture.id}") for fixture in shop.fixtures
        }
        self._outages = Outages([fixture.id for fixture in shop.fixtures])
        self._visits = Visits(shop, settings.shopping)
        self._fusion = WhoTookWhat(shop, settings.fusion)
        self._arrivals = Arrivals(settings.entry)
        self._anonymous = anonymous
        self._last_ns: int | None = None
        self._strangers: Counter[FixtureId] = Counter()

    def feed(self, event: Event) -> list[Event]:
        """Take one sensor event, in any order within the lateness allowed; return what followed."""
        out: list[Event] = []
        if isinstance(event, CameraFrame):
            # Who looks at pictures stands before the pipeline; whether they are kept changes no receipt.
            return out
        for due in self._reorder.push(event):
            self._process(due, out)
        return out

    def finish(self) -> list[Event]:
        """The stream is over: process what waits and close every visit."""
        out: list[Event] = []
        for due in self._reorder.finish():
            self._process(due, out)
        if self._last_ns is not None:
            self._spread(self._visits.finish(self._last_ns), out)
        return out

    @property
    def warnings(self) -> dict[str, int]:
        """What went wrong so far and how often."""
        detectors = self._detectors.values()
        counts = {
            "events later than the lateness allowed, left out": self._reorder.too_late,
            "weight batches older than one already seen, left out": sum(d.late for d in detectors),
            "weight batches that contradict themselves, left out": sum(d.broken for d in detectors),
            "holes in the stream of weights": sum(d.gaps for d in detectors),
            "weight changes with nobody near": self._fusion.unexplained,
        }
        counts.update({f"weight batches of unknown fixture {f!r}, left out": n for f, n in self._strangers.items()})
        if self._last_ns is not None and (unheard := self._outages.unheard):
            counts[f"fixture whose scales said nothing at all (first: {unheard[0]!r})"] = len(unheard)
        offset_ms = round(self._fusion.clock_offset.seconds * 1000)
        if abs(offset_ms) >= 80:
            later = f"{offset_ms} ms later" if offset_ms > 0 else f"{-offset_ms} ms sooner"
            counts[f"hands leave {later} than usual: the clocks of tracks and plates may differ"] = 1
        return {what: count for what, count in counts.items() if count}

    def _process(self, event: Event, out: list[Event]) -> None:
        if self._last_ns is None and self._anonymous:
            self._spread(self._visits.assume_one(event.time_ns), out)
        self._last_ns = event.time_ns
        for issue in self._outages.update(event, self._visits.anybody):
            out.append(issue)
            out.extend(self._fusion.update(issue))
        out.extend(self._arrivals.tick(event.time_ns))
        match event:
            case EntryGranted():
                out.append(event)
                out.extend(self._arrivals.grant(event))
            case EntryRefused() | AgeChecked():
                out.append(event)
            case WeightBatch():
                detector = self._detectors.get(event.fixture)
                if detector is None:
                    self._strangers[event.fixture] += 1
                    return
                self._spread(self._visits.tick(event.time_ns), out)
                for found in detector.update(event):
                    out.append(found)
                    out.extend(self._fusion.update(found))
            case PeopleFrame():
                self._spread(self._visits.update(event), out, event)
                out.extend(self._fusion.update(event))
            case GatePassage():
                self._spread(self._visits.update(event), out, event)
            case ItemLook():
                out.extend(self._fusion.update(event))

    def _spread(self, events: Sequence[Event], out: list[Event], cause: Event | None = None) -> None:
        for event in events:
            if isinstance(event, VisitClosed):
                out.extend(self._arrivals.leave(event))
            out.append(event)
            beliefs: list[CartBelief] = self._fusion.update(event)
            out.extend(beliefs)
        if events or isinstance(cause, GatePassage):
            out.extend(self._arrivals.step(events, cause))
