"""Where the events of a running store come from: a recording played at its pace, or a live stream of lines."""

import itertools
import logging
from collections.abc import Iterator
from typing import IO, Protocol

import msgspec

from tillfree.catalog.model import Shop
from tillfree.core.events import (
    AgeChecked,
    CameraFrame,
    EntryGranted,
    EntryRefused,
    Event,
    GatePassage,
    ItemLook,
    PeopleFrame,
    SensorIssue,
    TagRead,
    WeightBatch,
    decode_event,
)
from tillfree.core.ids import PlateRef, TripId
from tillfree.core.time import NS_PER_S
from tillfree.storage.recordings.model import KnowsPeople, Recording, TruePeople, Truth
from tillfree.store.replay import has_people
from tillfree.store.running.live_events import FAR_NS, Times, repaired, unsound
from tillfree.store.running.state import Breakable

__all__ = ["LINE_BYTES_MAX", "Again", "Breaker", "LineSource", "RecordingSource", "Source"]

LINE_BYTES_MAX = 4_000_000
_SENSED = (
    WeightBatch, PeopleFrame, GatePassage, ItemLook, TagRead, CameraFrame, SensorIssue, EntryGranted, EntryRefused,
    AgeChecked,
)  # fmt: skip
_BETWEEN_ROUNDS_NS = NS_PER_S

_log = logging.getLogger(__name__)


class Again(msgspec.Struct, frozen=True):
    """The recording begins again: everybody in it is gone, and the goods lie where they lay at its beginning."""

    time_ns: int


class Source(Protocol):
    """A stream of events of one shop.

    `paced` says that it can be read ahead and is to be played at the pace of its stamps; what is not is live, and comes
    when it comes. A source may have an attribute `tracked`, False where nobody is tracked at all: one anonymous visitor
    is then assumed. `items` may block; an item of kind `SensorIssue` is told in the feed and goes no further.
    """

    shop: Shop
    name: str
    simulated: bool
    paced: bool

    @property
    def truth(self) -> Truth | None:
        """What really happened, None where nobody knows."""
        ...

    def items(self) -> Iterator[Event | TruePeople | Again]:
        """All there is, in the order of arrival."""
        ...


class Breaker(Protocol):
    """Breaks the sensors of a simulated shop, between the source and the store. Called from any thread."""

    def breakables(self) -> tuple[Breakable, ...]:
        """What can be broken, and what is."""
        ...

    def break_(self, id: str) -> None:  # noqa: A002 - called by name
        """Break one; no harm if it is broken already."""
        ...

    def mend(self, id: str) -> None:  # noqa: A002 - called by name
        """Mend one; no harm if it is whole."""
        ...

    def filter(self, item: Event) -> Event | None:
        """What is left of an event; None for nothing."""
        ...

    def press(self, plate: PlateRef, grams: float) -> None:
        """Put a known weight on a plate."""
        ...

    def lift(self, plate: PlateRef) -> None:
        """Take the known weight off it."""
        ...


class RecordingSource:
    """A recording, once or round and round."""

    paced = True

    def __init__(self, recording: Recording, loop: bool = False) -> None:
        self.shop = recording.shop
        self.name = recording.name
        self.simulated = bool(recording.truth is not None and recording.truth.synthetic)
        self._recording = recording
        self._loop = loop

    @property
    def truth(self) -> Truth | None:
        """What really happened, None where nobody knows."""
        return self._recording.truth

    @property
    def tracked(self) -> bool:
        """Whether a tracker speaks anywhere in it; a recording that knows the truth about people needs no search."""
        return isinstance(self._recording, KnowsPeople) or has_people(self._recording)

    def items(self) -> Iterator[Event | TruePeople | Again]:
        """Events with true places between them where they are known; a further round is stamped with later times."""
        shift_ns = 0
        for number in itertools.count(1):
            first_ns = last_ns = None
            for item in self._round():
                first_ns = item.time_ns if first_ns is None else min(first_ns, item.time_ns)
                last_ns = item.time_ns if last_ns is None else max(last_ns, item.time_ns)
                yield item if number == 1 else _again(item, shift_ns, number)
            if not self._loop or first_ns is None or last_ns is None:
                return
            yield Again(last_ns + shift_ns)
            shift_ns += last_ns - first_ns + _BETWEEN_ROUNDS_NS

    def _round(self) -> Iterator[Event | TruePeople]:
        recording = self._recording
        if isinstance(recording, KnowsPeople):
            yield from recording.events_and_people()
        else:
            yield from recording.events()


def _again(item: Event | TruePeople, shift_ns: int, number: int) -> Event | TruePeople:
    """An item as a further round has it: later, and whoever comes in then comes in anew, on a trip of their own."""
    if isinstance(item, EntryGranted | AgeChecked):
        return msgspec.structs.replace(item, time_ns=item.time_ns + shift_ns, trip=TripId(f"{item.trip}-{number}"))
    return msgspec.structs.replace(item, time_ns=item.time_ns + shift_ns)


class LineSource:
    """A live stream: one event per line, as JSON. Nothing that comes in ends it but its end.

    What is no event of a sensor is left out and counted in `bad_lines`; the feed is told at the first one, the tenth,
    the hundredth and so on. Reading may block: the store reads it in a thread of its own.
    """

    paced = False
    simulated = False
    tracked = True
    truth: Truth | None = None

    def __init__(self, shop: Shop, stream: IO[bytes], name: str) -> None:
        self.shop = shop
        self.name = name
        self.bad_lines = 0
        self._stream = stream
        self._issues = 0
        self._times = Times()

    def items(self) -> Iterator[Event | TruePeople | Again]:
        """One event after the other, until the stream ends."""
        while line := self._stream.readline(LINE_BYTES_MAX + 1):
            if len(line) > LINE_BYTES_MAX and not line.endswith(b"\n"):
                self._skip_line()
                yield from self._bad(f"is longer than {LINE_BYTES_MAX} bytes")
                continue
            text = line.strip()
            if not text:
                continue
            try:
                event = decode_event(text)
            except msgspec.DecodeError as error:
                yield from self._bad(f"is no event: {error}")
                continue
            if not isinstance(event, _SENSED):
                yield from self._bad("is no event of a sensor")
            elif why := unsound(event):
                yield from self._bad(why)
            else:
                yield from self._in_time(repaired(event))
        yield from self._times.finish()

    def _in_time(self, event: Event) -> Iterator[Event]:
        newest_ns = self._times.newest_ns
        if event.time_ns < newest_ns - FAR_NS:
            yield from self._bad(f"is {(newest_ns - event.time_ns) / NS_PER_S:.0f} s late: check the clocks")
            return
        due, left_out = self._times.take(event)
        for _ in range(left_out):
            yield from self._bad("is of a time that has not come: check the clocks")
        yield from due

    def _skip_line(self) -> None:
        while rest := self._stream.readline(LINE_BYTES_MAX):
            if rest.endswith(b"\n"):
                return

    def _bad(self, why: str) -> Iterator[SensorIssue]:
        self.bad_lines += 1
        if set(str(self.bad_lines)) - {"0"} != {"1"} or str(self.bad_lines).count("1") != 1:
            return
        _log.warning("stream %r: line left out (%d so far): it %s", self.name, self.bad_lines, why)
        self._issues += 1
        yield SensorIssue(
            time_ns=self._times.newest_ns,
            source=f"stream/{self.name}",
            sequence=self._issues,
            device=f"stream/{self.name}",
            problem="unreadable",
            detail=f"a line {why} ({self.bad_lines} left out so far)"[:300],
            remedy="check the program that sends the events: one event per line, as JSON",
        )
