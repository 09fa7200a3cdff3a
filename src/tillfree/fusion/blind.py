"""Hands at plates that cannot weigh: what may have been taken unseen.

A dead plate sees nothing, but a hand that stays in front of it for a while does what hands do there. Such a reach
becomes evidence by itself: either nothing was taken, or one unit of what lies there, and the cart is that much less
sure, so that a person looks at it before anybody is charged.
"""

import math

import msgspec

from tillfree.core.geometry import Point
from tillfree.core.ids import PlateRef, VisitId
from tillfree.core.time import NS_PER_MS
from tillfree.fusion.joints import Body, to_place_m

__all__ = ["BlindReach", "BlindReaches"]

_NEAR_M = 0.12
_LEAST_NS = 400 * NS_PER_MS
_GAP_NS = 500 * NS_PER_MS


class BlindReach(msgspec.Struct, frozen=True):
    """A hand stayed at a plate that does not weigh."""

    visit: VisitId
    plate: PlateRef
    start_ns: int
    end_ns: int


class BlindReaches:
    """Watches hands at dead plates; nothing to do while all plates live."""

    def __init__(self) -> None:
        self._dead: dict[PlateRef, tuple[Point, tuple[float, float]]] = {}
        self._stays: dict[tuple[VisitId, PlateRef], tuple[int, int]] = {}

    def died(self, plate: PlateRef, place: Point, into: tuple[float, float]) -> None:
        """A plate stopped weighing."""
        self._dead[plate] = (place, into)

    def recovered(self, plate: PlateRef) -> None:
        """A plate weighs again."""
        self._dead.pop(plate, None)

    def forget(self, visit: VisitId) -> None:
        """The visit is over."""
        self._stays = {key: stay for key, stay in self._stays.items() if key[0] != visit}

    def update(self, now: dict[VisitId, Body], time_ns: int) -> list[BlindReach]:
        """Take one frame; return the stays at dead plates that ended with it."""
        if not self._dead and not self._stays:
            return []
        for plate, (place, into) in self._dead.items():
            for visit, body in now.items():
                if any(_is_near(w, place, into) for w in (body.left, body.right)):
                    key = (visit, plate)
                    self._stays[key] = (self._stays.get(key, (time_ns, 0))[0], time_ns)
        ended = [key for key, (_, last) in self._stays.items() if last < time_ns - _GAP_NS]
        reaches = []
        for key in sorted(ended):
            start, last = self._stays.pop(key)
            if last - start >= _LEAST_NS:
                reaches.append(BlindReach(key[0], key[1], start, last))
        return reaches


def _is_near(wrist: tuple[float, float, float], place: Point, into: tuple[float, float]) -> bool:
    return not math.isnan(wrist[0]) and to_place_m(wrist, place, into) <= _NEAR_M
