"""So many requests a minute for each key, counted in minutes of the wall clock."""

import threading
import time
from collections.abc import Callable

import msgspec

__all__ = ["Allowance", "RateLimits"]

_WINDOW_S = 60


class Allowance(msgspec.Struct, frozen=True):
    """What a key has left: `granted` says whether this request goes through."""

    granted: bool
    quota: int
    remaining: int
    reset_s: int

    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers has them, and Retry-After where the request is refused."""
        found = {
            "RateLimit-Policy": f'"default";q={self.quota};w={_WINDOW_S}',
            "RateLimit": f'"default";r={self.remaining};t={self.reset_s}',
        }
        return found if self.granted else found | {"Retry-After": str(self.reset_s)}


class RateLimits:
    """The counts of all keys; lost when the process ends, which does no harm."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._lock = threading.Lock()
        self._window = -1
        self._used: dict[str, int] = {}

    def take(self, key: str, quota: int) -> Allowance:
        """One request of a key."""
        now_s = self._now_s()
        window = int(now_s // _WINDOW_S)
        reset_s = int((window + 1) * _WINDOW_S - now_s) + 1
        with self._lock:
            if window != self._window:
                self._window = window
                self._used.clear()
            used = self._used.get(key, 0) + 1
            granted = used <= quota
            if granted:
                self._used[key] = used
        return Allowance(granted, quota, max(0, quota - used), reset_s)
