"""Leaves a system alone that does not answer: after some failures in a row, nothing is sent for a while."""

import threading
from collections.abc import Callable

__all__ = ["Breaker"]


class Breaker:
    """Closed: calls go through. Open: they do not. Half open: one call tries whether there is an answer again.

    Nygard, Release It!, the pattern "circuit breaker". Methods may be called by any thread.
    """

    def __init__(self, failures: int, pause_s: float, now_s: Callable[[], float]) -> None:
        """`now_s` is a clock that never goes back."""
        self._limit = failures
        self._pause_s = pause_s
        self._now_s = now_s
        self._lock = threading.Lock()
        self._failed = 0
        self._open_until_s = 0.0
        self._trying = False

    @property
    def is_open(self) -> bool:
        """Whether calls are held back."""
        with self._lock:
            return self._failed >= self._limit

    def wait_s(self) -> float:
        """How long to wait before a call; 0 where it may be made, and must then be followed by `told`."""
        with self._lock:
            if self._failed < self._limit:
                return 0.0
            left_s = self._open_until_s - self._now_s()
            if left_s > 0:
                return left_s
            if self._trying:
                return self._pause_s
            self._trying = True
            return 0.0

    def told(self, answered: bool) -> None:
        """What became of a call: whether there was an answer, of whatever kind."""
        with self._lock:
            self._trying = False
            if answered:
                self._failed = 0
                return
            self._failed += 1
            if self._failed >= self._limit:
                self._open_until_s = self._now_s() + self._pause_s
