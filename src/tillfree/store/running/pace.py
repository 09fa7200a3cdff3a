"""When an item of a stream is due by the clock: the pace can be changed, and stand still."""

import math

from tillfree.core.time import NS_PER_S
from tillfree.store.running.errors import StoreError

__all__ = ["Pace", "checked_speed"]


class Pace:
    """Maps stream time to a clock of seconds: due = anchor + (time - anchored time) / speed."""

    def __init__(self, speed: float, warm_up_s: float) -> None:
        """The first `warm_up_s` of stream are due at once. Raises: StoreError: no speed is 0 or below, or NaN."""
        self.speed = checked_speed(speed)
        self.paused = False
        self._warm_up_ns = int(max(0.0, warm_up_s) * NS_PER_S)
        self._warm_ns: int | None = None
        self._anchor: tuple[int, float] | None = None
        self._newest_ns = 0

    def wait_s(self, time_ns: int, now_s: float) -> float:
        """How long to wait until an item of that stream time is due; below 0 if it is late."""
        if self._warm_ns is None:
            self._warm_ns = time_ns + self._warm_up_ns
        if time_ns < self._warm_ns or math.isinf(self.speed):
            self._anchor = None
            return 0.0
        if self._anchor is None:
            self._anchor = (time_ns, now_s)
        at_ns, at_s = self._anchor
        return at_s + (time_ns - at_ns) / NS_PER_S / self.speed - now_s

    def note(self, time_ns: int) -> None:
        """An item of that stream time was taken in."""
        self._newest_ns = max(self._newest_ns, time_ns)

    def change(self, now_s: float, *, speed: float | None = None, paused: bool | None = None) -> None:
        """Go on from here at another pace: nothing is made up for."""
        self.speed = self.speed if speed is None else speed
        self.paused = self.paused if paused is None else paused
        if self._anchor is not None:
            self._anchor = (max(self._newest_ns, self._anchor[0]), now_s)


def checked_speed(speed: float) -> float:
    """The speed, if it is one.

    Raises:
        StoreError: it is 0, below, or no number.
    """
    if not speed > 0.0:
        raise StoreError(f"a speed of {speed:g} is none: give a number above 0, such as 1 for the pace of the stream")
    return speed
