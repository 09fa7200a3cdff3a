"""The offset between the clock of the plates and the clock of the tracks, estimated from hands.

A hand that takes something leaves the shelf a little after the weight went: 0.4 s after, give or take a tenth, where
both clocks agree. How much later hands are seen to leave is the offset. One take says little; the median of the last
ones, weighed against the belief that clocks agree, says it to a few hundredths of a second.
"""

import math
from collections import deque
from collections.abc import Iterable

from tillfree.core.time import NS_PER_S

__all__ = ["ClockOffset"]

_USUAL_LEAVE_S = 0.47
_AWAY_M = 0.12
_NEAR_M = 0.2
# The hand is nearest within this time of the change; one that leaves later than the latest stayed for something else.
_ABOUT_S = 0.35
_LATEST_S = 1.0
_REMEMBERED = 41
# The belief that clocks agree weighs as much as so many takes.
_PRIOR_TAKES = 8.0
_LEAST_TAKES = 4
_LIMIT_S = 0.4


class ClockOffset:
    """How late the tracks are against the plates."""

    def __init__(self) -> None:
        self._leaves_s: deque[float] = deque(maxlen=_REMEMBERED)

    def observe(self, path: Iterable[tuple[int, float]], step_ns: int) -> None:
        """Note how a wrist moved about a change: (time, distance to the place) in order; NaN where unseen."""
        seen = [((time_ns - step_ns) / NS_PER_S, metres) for time_ns, metres in path if not math.isnan(metres)]
        about = [(metres, t) for t, metres in seen if abs(t) <= _ABOUT_S]
        nearest, at = min(about, default=(math.inf, 0.0))
        if nearest > _NEAR_M:
            return
        last = at
        for t, metres in seen:
            if t <= at:
                continue
            if metres > nearest + _AWAY_M:
                if t - last < 0.3 and t < _LATEST_S:
                    self._leaves_s.append((last + t) / 2)
                return
            last = t

    @property
    def seconds(self) -> float:
        """The estimate: positive when tracks are late; 0 while nothing is known."""
        if len(self._leaves_s) < _LEAST_TAKES:
            return 0.0
        ranked = sorted(self._leaves_s)
        middle = ranked[len(ranked) // 2] if len(ranked) % 2 else sum(ranked[len(ranked) // 2 - 1 :][:2]) / 2
        weight = len(ranked) / (len(ranked) + _PRIOR_TAKES)
        return max(-_LIMIT_S, min(_LIMIT_S, weight * (middle - _USUAL_LEAVE_S)))

    @property
    def nanoseconds(self) -> int:
        """The estimate in nanoseconds."""
        return round(self.seconds * NS_PER_S)
