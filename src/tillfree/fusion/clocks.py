"""The offset between the clock of the plates and the clock of the tracks, estimated from hands.

A hand that takes something leaves the shelf a little after the weight went: 0.4 s after, give or take a tenth, where
both clocks agree. How much later hands are seen to leave is the offset. One take says little; the median of the last
ones, weighed against the belief that clocks agree, says it to a few hundredths of a second.
"""

import math
from collections import deque
from collections.abc import Iterable, Mapping

import msgspec

from tillfree.core.geometry import Point
from tillfree.core.ids import VisitId
from tillfree.core.time import NS_PER_MS, NS_PER_S
from tillfree.fusion.bodies import Bodies, Reach
from tillfree.fusion.shelves import ShelfGrid

__all__ = ["ClockOffset", "LeavingHands"]

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
# Log-odds by which the nearest hand must lead for its time to count, and how long it has to leave.
_CLEAR = 3.0
_LEAVE_NS = 1500 * NS_PER_MS


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


class _Watched(msgspec.Struct, frozen=True, eq=False):
    """A hand that surely did something, to be watched leaving."""

    visit: VisitId
    place: Point
    into: tuple[float, float]
    reach: Reach
    step_ns: int


class LeavingHands:
    """Watches the hands that surely did something until they have left, and lets them tell the offset."""

    def __init__(self) -> None:
        self.offset = ClockOffset()
        self._watched: deque[_Watched] = deque()

    def watch(self, reaches: Mapping[VisitId, Reach], grid: ShelfGrid, centre: float, step_ns: int) -> None:
        """Something changed at `centre` (in plates) at `step_ns`; `reaches` says how well each visit explains it.

        Whose hand it was must not be in doubt: a crowd would teach the wrong time.
        """
        ranked = sorted(((reach.log_ratio, visit) for visit, reach in reaches.items()), reverse=True)
        if not ranked or (len(ranked) > 1 and ranked[0][0] - ranked[1][0] < _CLEAR):
            return
        visit = ranked[0][1]
        if reaches[visit].time_ns:
            self._watched.append(_Watched(visit, grid.point(centre), grid.into, reaches[visit], step_ns))

    def look(self, bodies: Bodies, time_ns: int) -> None:
        """Once a hand has had time to leave, let it tell how late the tracks are."""
        while self._watched and time_ns - self._watched[0].step_ns > _LEAVE_NS:
            seen = self._watched.popleft()
            self.offset.observe(bodies.path(seen.visit, seen.place, seen.into, seen.reach), seen.step_ns)
