"""So many calls in a while for each key: a bucket for each, from which a call takes one, and which fills steadily."""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable

import msgspec

__all__ = ["Allowance", "RateLimits"]

_KEYS_MAX = 10_000


class Allowance(msgspec.Struct, frozen=True):
    """What a key has left, out of `quota` calls in `window_s`.

    `retry_after_s` is 0 where the call goes through, else in how many seconds to come again; after `reset_s` the whole
    quota is there again.
    """

    quota: int
    window_s: int
    remaining: int
    reset_s: int
    retry_after_s: int

    @property
    def granted(self) -> bool:
        """Whether this call goes through."""
        return not self.retry_after_s

    def headers(self) -> dict[str, str]:
        """As draft-ietf-httpapi-ratelimit-headers has them, and Retry-After where the request is refused."""
        found = {
            "RateLimit-Policy": f'"default";q={self.quota};w={self.window_s}',
            "RateLimit": f'"default";r={self.remaining};t={self.reset_s}',
        }
        return found if self.granted else found | {"Retry-After": str(self.retry_after_s)}


class RateLimits:
    """The buckets of all keys, those used last; lost when the process ends, which does no harm. For any thread."""

    def __init__(self, now_s: Callable[[], float], *, window_s: int) -> None:
        """A bucket holds as many calls as come back in `window_s` seconds of the clock `now_s`."""
        self._now_s = now_s
        self._window_s = window_s
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, quota: int) -> Allowance:
        """One call of a key that may make `quota` of them (at least 1) in a window."""
        now_s = self._now_s()
        per_s = quota / self._window_s
        with self._lock:
            left, then_s = self._buckets.pop(key, (float(quota), now_s))
            left = min(float(quota), left + max(0.0, now_s - then_s) * per_s)
            granted = left >= 1.0
            left -= granted
            self._buckets[key] = (left, now_s)
            while len(self._buckets) > _KEYS_MAX:
                self._buckets.popitem(last=False)
        return Allowance(
            quota=quota,
            window_s=self._window_s,
            remaining=int(left),
            reset_s=math.ceil((quota - left) / per_s),
            retry_after_s=0 if granted else max(1, math.ceil((1.0 - left) / per_s)),
        )
