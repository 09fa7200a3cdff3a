"""The items of a source, read by a thread of its own into a bounded queue."""

import logging
import threading
from collections import deque

from tillfree.core.errors import TillfreeError
from tillfree.core.events import CameraFrame, Event, PeopleFrame, WeightBatch
from tillfree.core.time import NS_PER_S
from tillfree.storage.recordings.model import TruePeople
from tillfree.store.running.sources import Again, Source

__all__ = ["Intake", "Item", "one_line"]

Item = Event | TruePeople | Again
_AHEAD_NS = 20 * NS_PER_S
_AHEAD_ITEMS = 60_000
_LIVE_ITEMS = 20_000
_LIVE_BYTES = 256_000_000
# One lock for so many items of a recording; what comes live is handed on at once.
_TOGETHER = 64
_JOIN_S = 2.0
_PLAIN_BYTES, _PERSON_BYTES = 500, 1500

_log = logging.getLogger(__name__)


class Intake:
    """Reads a source ahead: a recording by up to twenty seconds of its time, a live one as far as it has come.

    Of a live source that comes faster than it is taken the oldest items are dropped and counted in `dropped`.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._items: deque[Item] = deque()
        self._bytes = 0
        self._changed = threading.Condition()
        self._taken_ns: int | None = None
        self._ended = False
        self._stopped = False
        self._error = ""
        self.newest_ns = 0
        self.dropped = 0
        self._thread = threading.Thread(target=self._read, name=f"intake of {source.name}", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Read no more. A live source that blocks is left to its daemon thread."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        if self._source.paced and self._thread.is_alive():
            self._thread.join(_JOIN_S)

    def take(self, most: int, wait_s: float) -> list[Item]:
        """The next items, at most so many; waits a little for the first one. Empty if there is none yet."""
        with self._changed:
            if not self._items and not self._ended:
                self._changed.wait(wait_s)
            taken = [self._pop() for _ in range(min(most, len(self._items)))]
            if taken:
                self._taken_ns = taken[-1].time_ns
                self._changed.notify_all()
            return taken

    @property
    def ended(self) -> bool:
        """Whether the source has no more, and all was taken."""
        return self._ended and not self._items

    @property
    def error(self) -> str:
        """Why the source broke off, empty if it did not."""
        return self._error

    def _read(self) -> None:
        waiting: list[Item] = []
        together = _TOGETHER if self._source.paced else 1
        try:
            for item in self._source.items():
                waiting.append(item)
                if len(waiting) >= together:
                    if not self._put(waiting):
                        return
                    waiting = []
        except Exception as error:  # noqa: BLE001 - the thread's end must be told, whatever it was
            _log.warning("source %r broke off", self._source.name, exc_info=not isinstance(error, TillfreeError))
            self._error = one_line(error)
        self._put(waiting)
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _put(self, items: list[Item]) -> bool:
        """Hand items on; False once nobody wants any more."""
        with self._changed:
            if self._source.paced:
                while not self._stopped and self._is_far_ahead():
                    self._changed.wait()
            if self._stopped:
                return False
            self._items.extend(items)
            if not self._source.paced:
                self._bytes += sum(map(_size_bytes, items))
            if items:
                self.newest_ns = max(self.newest_ns, items[-1].time_ns)
            while not self._source.paced and (len(self._items) > _LIVE_ITEMS or self._bytes > _LIVE_BYTES):
                self._pop()
                self.dropped += 1
            self._changed.notify_all()
        return True

    def _pop(self) -> Item:
        item = self._items.popleft()
        if not self._source.paced:
            self._bytes -= _size_bytes(item)
        return item

    def _is_far_ahead(self) -> bool:
        if not self._items:
            return False
        begin_ns = self._items[0].time_ns if self._taken_ns is None else self._taken_ns
        return len(self._items) > _AHEAD_ITEMS or self.newest_ns - begin_ns > _AHEAD_NS


def _size_bytes(item: Item) -> int:
    """About how much memory an item takes: pictures and crowds take most."""
    match item:
        case CameraFrame():
            return _PLAIN_BYTES + len(item.data)
        case WeightBatch():
            return _PLAIN_BYTES + len(item.values)
        case PeopleFrame():
            return _PLAIN_BYTES + _PERSON_BYTES * len(item.people)
    return _PLAIN_BYTES


def one_line(error: BaseException) -> str:
    """What went wrong, on one line."""
    said = " ".join(str(error).split()) or type(error).__name__
    return said if isinstance(error, TillfreeError) else f"{type(error).__name__}: {said}"[:500]
