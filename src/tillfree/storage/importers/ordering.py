"""Bringing documents of one stream into the order of time, within a bounded window."""

import heapq
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from typing import NamedTuple

from tillfree.storage.recordings.tally import Tally

__all__ = ["WINDOW_NS", "Stamped", "in_time_order", "time_ns_from_iso", "time_ns_from_seconds"]

WINDOW_NS = 1_000_000_000
"""Documents that come at most this much late are sorted in; later ones come out late."""
LEAP_NS = 10_000_000_000
"""A document this far from the one before, and again from the next one, has a wrong stamp."""
_HELD_MAX = 4096
_HELD_BYTES_MAX = 16 * 1024 * 1024
_EARLIEST_S = 946_684_800.0  # 2000-01-01
_LATEST_S = 4_102_444_800.0  # 2100-01-01
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Stamped(NamedTuple):
    """A document with the time it speaks of; `tie` orders documents of the same time, `number` is its line.

    `size` is about how many bytes it takes.
    """

    time_ns: int
    tie: str
    number: int
    size: int
    document: object


def time_ns_from_seconds(seconds: float | None) -> int | None:
    """Nanoseconds UTC from Unix seconds; None where they are missing or not between the years 2000 and 2100."""
    if seconds is None or not _EARLIEST_S <= seconds < _LATEST_S:
        return None
    whole = int(seconds)
    return whole * 1_000_000_000 + round((seconds - whole) * 1e6) * 1000


def time_ns_from_iso(text: str | None) -> int | None:
    """Nanoseconds UTC from an ISO 8601 text; None where it is missing or wrong."""
    if not text:
        return None
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    time_ns = (when - _EPOCH) // _MICROSECOND * 1000
    return time_ns if _EARLIEST_S * 1e9 <= time_ns < _LATEST_S * 1e9 else None


def in_time_order(
    documents: Iterable[Stamped], name: str, tally: Tally, window_ns: int = WINDOW_NS
) -> Iterator[Stamped]:
    """The documents sorted by time within `window_ns`; memory is bounded by the window (and 16 MiB of lines).

    A single document whose stamp leaps away and back is left out; every step backwards is counted.
    """
    heap: list[Stamped] = []
    newest = emitted = -1
    held_bytes = 0
    for item in _without_leaps(documents, name, tally):
        if item.time_ns < newest:
            tally.add(f"{name}: time goes backwards", f"line {item.number}, by {(newest - item.time_ns) / 1e9:.3f} s")
            if item.time_ns < emitted:
                tally.add(f"{name}: too late to be sorted in, comes out of order", f"line {item.number}")
                yield item
                continue
        else:
            newest = item.time_ns
        heapq.heappush(heap, item)
        held_bytes += item.size
        while heap[0].time_ns <= newest - window_ns or len(heap) > _HELD_MAX or held_bytes > _HELD_BYTES_MAX:
            first = heapq.heappop(heap)
            held_bytes -= first.size
            emitted = first.time_ns
            yield first
            if not heap:
                break
    while heap:
        yield heapq.heappop(heap)


def _without_leaps(documents: Iterable[Stamped], name: str, tally: Tally) -> Iterator[Stamped]:
    """Drops a document that lies far from the one before and from the one after it (if any), on the same side."""

    def drop(item: Stamped) -> None:
        tally.add(f"{name}: stamp far off its neighbours: left out", f"line {item.number}")

    rest = iter(documents)
    first = list(islice(rest, 3))
    middle_ns = sorted(item.time_ns for item in first)[len(first) // 2] if first else 0
    lonely = [item for item in first if abs(item.time_ns - middle_ns) > LEAP_NS]
    if len(first) == 3 and len(lonely) == 1:
        drop(lonely[0])
        first.remove(lonely[0])
    before_ns: int | None = None
    pending: Stamped | None = None
    for item in chain(first, rest):
        if pending is not None and before_ns is not None:
            leap, back = pending.time_ns - before_ns, pending.time_ns - item.time_ns
            if abs(back) > LEAP_NS and (leap > 0) == (back > 0):
                drop(pending)
            else:
                yield pending
                before_ns = pending.time_ns
            pending = None
        if before_ns is not None and abs(item.time_ns - before_ns) > LEAP_NS:
            pending = item
            continue
        before_ns = item.time_ns
        yield item
    if pending is not None:
        drop(pending)
