"""Meetings of hands: moments at which two people may have passed something on.

Two wrists that hang side by side in a queue are close as well, so closeness alone says little. People who pass
something on turn to each other, stretch a forearm (a hanging wrist lies about 0.2 m from below its shoulder, a giving
one 0.4 m before it), stay so for a second or more, and are not inside a shelf. Each sign moves the odds; the
inference weighs them against what later happens to the items.
"""

import math

import msgspec

from tillfree.catalog.model import Fixture
from tillfree.core.geometry import Point
from tillfree.core.ids import VisitId
from tillfree.core.time import NS_PER_MS, NS_PER_S
from tillfree.fusion.joints import XYZ, Body
from tillfree.fusion.tables import Table, at

__all__ = ["HandMeeting", "Meetings"]

_NEAR_M = 0.22
_GAP_NS = 500 * NS_PER_MS
_LEAST_NS = 400 * NS_PER_MS
_LEAST_HIDDEN_NS = 1000 * NS_PER_MS
# How far apart the chests of two people are who pass something on, and how much they face each other (cosine);
# who has begun to turn away still does.
_GIVING_M = (0.4, 1.0)
_FACE_TO_FACE = 0.4
_STILL_FACING = 0.0
# Hands that were not seen to meet at all probably did not.
_UNSEEN = -1.5
# Who passes something on stands still, and holds it out half way. Log-ratios by the speed of the faster one (m/s) and
# by the mean distance of the hands from the middle (m), and what the rest weighs beside them: set by what tells
# hand-overs from other meetings in simulated visits.
_STILL: Table = ((0.1, 0.2, 0.3, 0.5), (0.0, -1.0, -2.4, -3.2))
_BETWEEN: Table = ((0.08, 0.12, 0.3, 0.4), (0.0, -1.3, -1.7, -2.5))
_MOVEMENT_WEIGHT = 1.2
_BASE = 1.6
_SHELF_MARGIN_M = 0.12
# Chests farther apart than two arms are long cannot meet; nearer than this, a hand-over may go unseen.
_ARM_TO_ARM_M = 1.6
_BESIDE_M = 1.2


class HandMeeting(msgspec.Struct, frozen=True):
    """Two visits whose hands met: the log-odds in favour of a hand-over that the movement itself gives."""

    first: VisitId
    second: VisitId
    start_ns: int
    end_ns: int
    log_ratio: float


class _Run:
    __slots__ = (
        "between",
        "distance",
        "end_ns",
        "faced",
        "facing",
        "first",
        "frames",
        "hands",
        "hidden",
        "last",
        "start_ns",
        "stretch",
    )

    def __init__(self, time_ns: int, bodies: tuple[Body, Body]) -> None:
        self.start_ns = self.end_ns = time_ns
        self.first = self.last = bodies
        self.between = 0.0
        self.hands = 0
        self.frames = 0
        self.hidden = 0
        self.distance = 0.0
        self.stretch = 0.0
        self.facing = 0.0
        self.faced = 0


class Meetings:
    """Watches pairs of bodies; call `update` with each frame."""

    def __init__(self, fixtures: tuple[Fixture, ...]) -> None:
        self._areas = [(*fixture.box.floor_bounds(_SHELF_MARGIN_M), fixture.box) for fixture in fixtures]
        self._runs: dict[tuple[VisitId, VisitId], _Run] = {}
        self._met: dict[VisitId, set[VisitId]] = {}

    def met(self, visit: VisitId) -> set[VisitId]:
        """Everybody who ever stood so near that something may have changed hands unseen."""
        return self._met.get(visit, set())

    def update(self, now: dict[VisitId, Body], time_ns: int) -> list[HandMeeting]:
        """Take one frame; return the meetings that ended with it."""
        for first, second, apart_m in _within_arms_length(now):
            if apart_m < _BESIDE_M:
                self._met.setdefault(first, set()).add(second)
                self._met.setdefault(second, set()).add(first)
            close = self._close(now[first], now[second])
            if close is None and not _GIVING_M[0] < apart_m < _GIVING_M[1]:
                continue
            facing = _facing(now[first], now[second])
            run = self._runs.get((first, second))
            turned = _FACE_TO_FACE if run is None else _STILL_FACING
            if close is None and not (facing > turned and self._hides(now[first], now[second])):
                continue
            if run is None:
                run = self._runs[first, second] = _Run(time_ns, (now[first], now[second]))
            run.end_ns, run.last = time_ns, (now[first], now[second])
            for away_m in _from_middle_m(now[first], now[second]):
                run.between += away_m
                run.hands += 1
            if close is None:
                run.hidden += 1
            else:
                run.frames += 1
                run.distance += close[0]
                run.stretch += close[1]
            if not math.isnan(facing):
                run.facing += facing
                run.faced += 1
        return self._ended(time_ns - _GAP_NS)

    def ending(self, visit: VisitId) -> list[HandMeeting]:
        """The meetings of a visit that is about to close, which nothing can prolong any more."""
        return self._ended(2**62, visit)

    def forget(self, visit: VisitId) -> None:
        """The visit is over."""
        self._runs = {pair: run for pair, run in self._runs.items() if visit not in pair}
        for other in self._met.pop(visit, set()):
            self._met[other].discard(visit)

    def _ended(self, before_ns: int, visit: VisitId | None = None) -> list[HandMeeting]:
        ended: list[HandMeeting] = []
        for pair, run in list(self._runs.items()):
            if run.end_ns >= before_ns or (visit is not None and visit not in pair):
                continue
            del self._runs[pair]
            long_ns = run.end_ns - run.start_ns
            seen = long_ns >= _LEAST_NS and run.frames >= 4
            if seen or (long_ns >= _LEAST_HIDDEN_NS and run.frames + run.hidden >= 6):
                ended.append(HandMeeting(pair[0], pair[1], run.start_ns, run.end_ns, _log_ratio(run)))
        return ended

    def _close(self, one: Body, two: Body) -> tuple[float, float] | None:
        """Distance of the nearest two wrists, and how far the less stretched one is from its shoulder (m), or None."""
        best: tuple[float, float] | None = None
        for a, a_shoulder, a_shared in _arms(one):
            for b, b_shoulder, b_shared in _arms(two):
                distance = math.dist(a, b)
                if not distance < _NEAR_M or (best is not None and distance >= best[0]):
                    continue
                if a_shared and b_shared and distance < 1e-6:
                    continue
                best = (distance, min(_stretch(a, a_shoulder), _stretch(b, b_shoulder)))
                if self._in_shelf(a) or self._in_shelf(b):
                    return None
        return best

    def _hides(self, one: Body, two: Body) -> bool:
        """Whether hands that would tell more of two people at a giving distance are not seen."""
        wrists = [(wrist, shared) for body in (one, two) for wrist, _, shared in _arms(body)]
        seen = [wrist for wrist, shared in wrists if not shared and not math.isnan(wrist[0])]
        return len(seen) < len(wrists) and not any(map(self._in_shelf, seen))

    def _in_shelf(self, wrist: XYZ) -> bool:
        x, y, _ = wrist
        return any(
            box.contains(Point(*wrist), _SHELF_MARGIN_M)
            for x_min, x_max, y_min, y_max, box in self._areas
            if x_min <= x <= x_max and y_min <= y <= y_max
        )


def _within_arms_length(now: dict[VisitId, Body]) -> list[tuple[VisitId, VisitId, float]]:
    """Pairs of visits that can reach each other, each in order and all in order, with the distance of their chests (m).

    A sweep along x: most of a crowd is never compared with each other. Chests that were not seen are near nobody.
    """
    standing = sorted((body.chest[:2], visit) for visit, body in now.items() if not math.isnan(body.chest[0]))
    pairs: list[tuple[VisitId, VisitId, float]] = []
    for i, (place, visit) in enumerate(standing):
        for j in range(i + 1, len(standing)):
            other_place, other = standing[j]
            if other_place[0] - place[0] > _ARM_TO_ARM_M:
                break
            apart_m = math.dist(place, other_place)
            if apart_m < _ARM_TO_ARM_M:
                pairs.append((min(visit, other), max(visit, other), apart_m))
    pairs.sort()
    return pairs


def _arms(body: Body) -> tuple[tuple[XYZ, XYZ, bool], tuple[XYZ, XYZ, bool]]:
    return (
        (body.left, body.left_shoulder, body.shared_left),
        (body.right, body.right_shoulder, body.shared_right),
    )


def _stretch(wrist: XYZ, shoulder: XYZ) -> float:
    """Horizontal distance of a wrist from its shoulder; a middling value where the shoulder was not seen."""
    stretch = math.hypot(wrist[0] - shoulder[0], wrist[1] - shoulder[1])
    return 0.3 if math.isnan(stretch) else stretch


def _facing(one: Body, two: Body) -> float:
    """How much two people face each other: the smaller cosine, 1 for face to face; NaN where shoulders are missing."""
    away = (two.chest[0] - one.chest[0], two.chest[1] - one.chest[1])
    apart = math.hypot(*away)
    if not apart > 0.05:
        return math.nan
    cosines = []
    for body, sign in ((one, 1.0), (two, -1.0)):
        across_x = body.right_shoulder[0] - body.left_shoulder[0]
        across_y = body.right_shoulder[1] - body.left_shoulder[1]
        width = math.hypot(across_x, across_y)
        if not width > 0.05:
            return math.nan
        cosines.append(sign * (-across_y * away[0] + across_x * away[1]) / (width * apart))
    return min(cosines)


def _from_middle_m(one: Body, two: Body) -> list[float]:
    """How far, over the floor, the nearer hand of each of two people is from half way between their chests (m)."""
    x, y = (one.chest[0] + two.chest[0]) / 2, (one.chest[1] + two.chest[1]) / 2
    found = []
    for body in (one, two):
        seen = [(wrist[0] - x, wrist[1] - y) for wrist, _, shared in _arms(body) if not shared]
        away = [math.hypot(*offset) for offset in seen if not math.isnan(offset[0])]
        found += [min(away)] if away else []
    return found


def _speed_m_per_s(run: _Run) -> float:
    """The greater speed of the two chests from the first to the last frame; 0 where nothing tells it."""
    seconds = (run.end_ns - run.start_ns) / NS_PER_S
    moved = [math.dist(a.chest[:2], b.chest[:2]) for a, b in zip(run.first, run.last, strict=True)]
    return max((m for m in moved if not math.isnan(m)), default=0.0) / seconds if seconds > 0 else 0.0


def _log_ratio(run: _Run) -> float:
    seconds = (run.end_ns - run.start_ns) / NS_PER_S
    stay = math.tanh((seconds - 1.1) / 0.3)
    facing = run.facing / run.faced if run.faced else 0.0
    said = 2.6 * stay + facing * (3.4 if facing > 0 else 1.2) - 1.4
    if run.frames:
        stretch = math.tanh((run.stretch / run.frames - 0.19) / 0.07)
        near = math.tanh((0.14 - run.distance / run.frames) / 0.03)
        said += 2.6 * stretch + 1.7 * near
    else:
        said += _UNSEEN
    still = at(_speed_m_per_s(run), _STILL)
    between = at(run.between / run.hands if run.hands else math.nan, _BETWEEN)
    return _MOVEMENT_WEIGHT * said + _BASE + still + between
