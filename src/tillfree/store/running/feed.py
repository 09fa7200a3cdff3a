"""The newest things that happened, numbered without holes; written by one thread, read by any."""

import threading
from collections import deque

import msgspec

from tillfree.store.running.state import FeedEntry

__all__ = ["Feed"]


class Feed:
    """Keeps the newest entries."""

    def __init__(self, kept: int) -> None:
        self._entries: deque[FeedEntry] = deque(maxlen=max(1, kept))
        self._lock = threading.Lock()
        self.newest = 0

    def add(self, entry: FeedEntry) -> None:
        """Append an entry; it gets the next number, whatever its own says."""
        with self._lock:
            self.newest += 1
            self._entries.append(msgspec.structs.replace(entry, sequence=self.newest))

    def after(self, sequence: int) -> tuple[FeedEntry, ...]:
        """The entries kept that came after that number, oldest first."""
        with self._lock:
            new = min(self.newest - sequence, len(self._entries))
            return (
                tuple(self._entries[k] for k in range(len(self._entries) - new, len(self._entries))) if new > 0 else ()
            )
