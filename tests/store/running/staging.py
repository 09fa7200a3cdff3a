"""Running stores of small scenes, as fast as they go, with actions at given moments of the stream."""

import io
import math
from collections.abc import Callable, Iterator
from typing import Any

from tests.scenes import MemoryRecording, Scene, ns
from tillfree.catalog.model import Shop
from tillfree.core.events import Event, encode_event
from tillfree.core.ids import PlateRef, TrackId
from tillfree.storage.database.records import VisitRecord
from tillfree.storage.recordings.model import TruePeople, Truth
from tillfree.store.running.running import RunningStore
from tillfree.store.running.sources import Again, Breaker, LineSource, RecordingSource, Source
from tillfree.store.running.state import Breakable, Minute

__all__ = ["Cues", "ListSource", "Run", "lines_of", "run"]


class Cues:
    """Stands where a breaker stands, and does something when the stream reaches a second of the scene."""

    def __init__(self, *cues: tuple[float, Callable[[], object]], inner: Breaker | None = None) -> None:
        self._cues = sorted(cues, key=lambda cue: cue[0])
        self._inner = inner
        self.seen = 0

    def add(self, second: float, *actions: Callable[[], object]) -> None:
        """Further actions, to be done one after the other."""
        self._cues.extend((second, action) for action in actions)
        self._cues.sort(key=lambda cue: cue[0])

    def filter(self, item: Event) -> Event | None:
        """Does what is due, then passes the event on."""
        self.seen += 1
        while self._cues and item.time_ns >= ns(self._cues[0][0]):
            self._cues.pop(0)[1]()
        return self._inner.filter(item) if self._inner is not None else item

    def breakables(self) -> tuple[Breakable, ...]:
        """Those of the breaker behind."""
        return self._inner.breakables() if self._inner is not None else ()

    def break_(self, id: str) -> None:  # noqa: A002
        """Nothing here."""

    def mend(self, id: str) -> None:  # noqa: A002
        """Nothing here."""

    def press(self, plate: PlateRef, grams: float) -> None:
        """Nothing here."""

    def lift(self, plate: PlateRef) -> None:
        """Nothing here."""


class ListSource:
    """A source of items that lie in memory; breaks off with `error` at the end, if one is given."""

    simulated = False
    tracked = True
    truth: Truth | None = None

    def __init__(self, shop: Shop, items: list[Any], *, paced: bool = True, error: Exception | None = None) -> None:
        self.shop = shop
        self.name = "list"
        self.paced = paced
        self._items = items
        self._error = error

    def items(self) -> Iterator[Event | TruePeople | Again]:
        """The items, then the error."""
        yield from self._items
        if self._error is not None:
            raise self._error


class Run:
    """A store that ran to its end, and what it told on its way."""

    def __init__(self, source: Source, *, cues: Cues | None = None, counts: int | None = None, **options: Any) -> None:
        self.visits: list[VisitRecord] = []
        self.minutes: list[Minute] = []
        options.setdefault("speed", math.inf)
        self.store = RunningStore(
            source, on_visit=self.visits.append, on_minute=self.minutes.append, breaker=cues, feed_kept=5000, **options
        )
        if counts is not None:
            self.store.set_counts(dict.fromkeys(range(len(source.shop.facings)), (counts, counts, 0)))

    def to_the_end(self) -> "Run":
        """Start, wait until the stream is over, stop."""
        self.store.start()
        try:
            assert self.store.wait_for_end(60.0)
        finally:
            self.store.stop()
        return self

    def visit(self, track: str) -> VisitRecord:
        """The one visit of a track."""
        (found,) = (visit for visit in self.visits if visit.track == TrackId(track))
        return found

    def kinds(self) -> list[str]:
        """What the feed says, by kind."""
        return [entry.kind for entry in self.store.feed()]


def run(scene: Scene, *, cues: Cues | None = None, counts: int | None = None, **options: Any) -> Run:
    """A scene through a running store, as fast as it goes."""
    source = RecordingSource(MemoryRecording(scene.shop, scene.sensor_events()))
    return Run(source, cues=cues, counts=counts, **options).to_the_end()


def lines_of(shop: Shop, *lines: bytes | Event) -> LineSource:
    """A live stream of these lines."""
    data = b"".join((line if isinstance(line, bytes) else encode_event(line)) + b"\n" for line in lines)
    return LineSource(shop, io.BytesIO(data), "wire")
