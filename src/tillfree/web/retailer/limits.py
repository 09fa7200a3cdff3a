"""How many calls a key may make: a bucket for each, from which a call takes one, and which fills again steadily."""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable

__all__ = ["Limits"]

_KEYS_MAX = 10_000


class Limits:
    """The buckets of all keys; methods may be called by any thread."""

    def __init__(self, per_s: int, now_s: Callable[[], float]) -> None:
        """A bucket holds as many calls as come back in a second."""
        self._per_s = per_s
        self._now_s = now_s
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, key: str) -> int:
        """0 where a call goes through, which is then counted; else in how many seconds to come again."""
        now_s = self._now_s()
        with self._lock:
            left, then_s = self._buckets.pop(key, (float(self._per_s), now_s))
            left = min(float(self._per_s), left + max(0.0, now_s - then_s) * self._per_s)
            granted = left >= 1.0
            self._buckets[key] = (left - 1.0 if granted else left, now_s)
            while len(self._buckets) > _KEYS_MAX:
                self._buckets.popitem(last=False)
        return 0 if granted else max(1, math.ceil((1.0 - left) / self._per_s))
