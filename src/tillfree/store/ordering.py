"""Events into the order of their time: a bounded buffer that waits a little for late ones."""

import heapq

from tillfree.core.events import Event
from tillfree.core.time import NS_PER_MS

__all__ = ["Reorder"]


class Reorder:
    """Holds events until nothing older can come any more, if lateness stays within `lateness_ms`.

    Ties are broken by source and sequence, so that any arrival order within the window gives the same order out. An
    event later than that is not lost silently: it is dropped and counted in `too_late`.
    """

    def __init__(self, lateness_ms: int) -> None:
        self._lateness_ns = lateness_ms * NS_PER_MS
        self._waiting: list[tuple[int, str, int, int, Event]] = []
        self._newest_ns: int | None = None
        self._released_ns: int | None = None
        self._arrivals = 0
        self.too_late = 0

    def push(self, event: Event) -> list[Event]:
        """Take one event as it arrives; return those that are due, in order."""
        if self._released_ns is not None and event.time_ns < self._released_ns:
            self.too_late += 1
            return []
        self._arrivals += 1
        heapq.heappush(self._waiting, (event.time_ns, event.source, event.sequence, self._arrivals, event))
        if self._newest_ns is None or event.time_ns > self._newest_ns:
            self._newest_ns = event.time_ns
        due_ns = self._newest_ns - self._lateness_ns
        return self._release(due_ns)

    def finish(self) -> list[Event]:
        """Everything that still waits."""
        return self._release(2**63)

    def _release(self, due_ns: int) -> list[Event]:
        out: list[Event] = []
        while self._waiting and self._waiting[0][0] <= due_ns:
            event = heapq.heappop(self._waiting)[-1]
            self._released_ns = event.time_ns
            out.append(event)
        return out
