"""What went on in each minute of stream time."""

from collections import deque
from collections.abc import Callable

from tillfree.core.ids import FixtureId
from tillfree.core.time import NS_PER_MINUTE
from tillfree.store.running.floor import FloorTimes
from tillfree.store.running.state import Minute

__all__ = ["Minutes"]

_KEPT = 24 * 60


class Minutes:
    """Counts of the minute that goes on, and the minutes of the last day; `finished` is replaced, never changed."""

    def __init__(self, floor: FloorTimes, on_minute: Callable[[Minute], None] | None) -> None:
        self.floor = floor
        self._on_minute = on_minute
        self._begin_ns: int | None = None
        self._finished: deque[Minute] = deque(maxlen=_KEPT)
        self.finished: tuple[Minute, ...] = ()
        self.current: Minute | None = None
        self._occupancy_max = 0
        self._reset()

    def entered(self) -> None:
        """Somebody came in."""
        self._entries += 1

    def left(self) -> None:
        """Somebody went out."""
        self._exits += 1

    def reached(self, fixture: FixtureId) -> None:
        """Something was taken from a fixture, or put back."""
        self._reaches[fixture] = self._reaches.get(fixture, 0) + 1

    def at(self, now_ns: int) -> None:
        """It is so late; ends the minute if it is over. To be called before what happened then is counted."""
        begin_ns = now_ns // NS_PER_MINUTE * NS_PER_MINUTE
        if self._begin_ns is None:
            self._begin_ns = begin_ns
        elif begin_ns > self._begin_ns:
            self.flush()
            self._begin_ns = begin_ns

    def tick(self, occupancy: int) -> None:
        """A second is over."""
        self._seconds += 1
        self._occupancy_sum += occupancy
        self._occupancy_max = max(self._occupancy_max, occupancy)
        if self._begin_ns is not None:
            self.current = self._minute(self._begin_ns)

    def flush(self) -> None:
        """End the minute, whole or not."""
        if self._begin_ns is None:
            return
        minute = self._minute(self._begin_ns)
        self._begin_ns = None
        self._reset()
        self._finished.append(minute)
        self.finished, self.current = tuple(self._finished), None
        if self._on_minute is not None:
            self._on_minute(minute)

    def _reset(self) -> None:
        self._entries = self._exits = 0
        self._seconds = 0
        self._occupancy_sum = 0
        self._occupancy_max = 0
        self._reaches: dict[FixtureId, int] = {}
        self.floor.reset()

    def _minute(self, begin_ns: int) -> Minute:
        floor = self.floor
        return Minute(
            begin_ns=begin_ns,
            entries=self._entries,
            exits=self._exits,
            occupancy_mean=round(self._occupancy_sum / self._seconds, 3) if self._seconds else 0.0,
            occupancy_max=self._occupancy_max,
            door_wait_s=round(floor.door_wait_s, 2),
            reaches=dict(self._reaches),
            dwell_s={fixture: round(seconds, 2) for fixture, seconds in floor.dwell_s.items()},
            cells={cell: round(seconds, 2) for cell, seconds in floor.cells.items()},
        )
