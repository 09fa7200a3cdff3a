"""Where everybody's hands were: a short memory of tracked people, and the odds that a person reached a place.

The *person* term of the model is a likelihood ratio: how much more often is a wrist at this distance when its owner
acts there than when somebody just stands about? It stays finite for missing joints: a hand that was not seen may have
been anywhere the body could reach, and a hand that two people share in one frame (a tracker's slip) counts half.
"""

import math
from collections import deque

import msgspec

from tillfree.core.events import PeopleFrame
from tillfree.core.geometry import Point
from tillfree.core.ids import TrackId, VisitId
from tillfree.core.time import NS_PER_S
from tillfree.fusion.joints import Body, body_of, mark_shared, to_place_m
from tillfree.fusion.stances import STANCE_SPAN_NS, Stance, shoulder_m, speed_m_per_s, stance_log_ratio

__all__ = ["Bodies", "Reach", "hand_log_ratio"]

_MEMORY_NS = 8 * NS_PER_S
# What is left for a hand seen far away: the track may be somebody else's.
_FLOOR = 0.0015
# A visit of which there is no frame near the time; a wrist that is one of two people's.
_ABSENT = -6.5
_SHARED = math.log(0.5)
# A hidden hand is looked for so long before and after; what its last sight says fades (log per second); how fast hands
# move, and what is left of the odds when it would have had to be faster.
_HIDDEN_NS = NS_PER_S
_FADE_PER_S = 2.0
_HAND_M_PER_S = 2.5
_CANNOT = -3.0
# A body that is not seen at all may still be about for so long.
_LOST_S = 4.0
# What the nearest moment of a hand weighs in the odds, and the mean over all moments about the time.
_MOMENT = 0.75
_STAY = 0.45
# From this far off nobody reaches a place, nor has been there a second ago.
_AWAY_M = 2.5
# A wrist within this distance of a place is still there.
_THERE_M = 0.2
# A chest that is nearer than this to a place is as near as it gets when its hand is there.
_STANCE_M = 0.55


class Reach(msgspec.Struct, frozen=True):
    """How well a visit's hands explain an act at a place: log-likelihood ratio, and the nearest wrist (or NaN)."""

    log_ratio: float
    distance_m: float
    time_ns: int = 0
    stayed: bool | None = None
    """Whether a hand was still there at the end of what is known; None where hands were hidden."""
    stance: Stance | None = None
    """What `log_ratio` was made of; None where nobody was seen near."""


def hand_log_ratio(distance_m: float) -> float:
    """Log of p(wrist at this distance | it acts here) over p(... | it does not).

    Two peaks, for a wrist seen well and for one seen poorly or a shelf measured poorly (wrists were measured
    0.03-0.21 m from the item they grasp), a shoulder of a quarter of a metre, and a floor for a wrong track.
    """
    peak = 40.0 * math.exp(-0.5 * (distance_m / 0.07) ** 2) + 8.0 * math.exp(-0.5 * (distance_m / 0.16) ** 2)
    return math.log(peak + 0.6 * math.exp(-distance_m / 0.25) + _FLOOR)


def _body_log_ratio(chest_m: float) -> float:
    """The same for a hand that was not seen, from the horizontal distance of the chest to the place.

    Somebody who reaches stands 0.35 to 0.9 m from what they grasp; others are rarely that near.
    """
    if math.isnan(chest_m):
        return -4.0
    return math.log(3.0 * math.exp(-0.5 * (max(0.0, chest_m - _STANCE_M) / 0.15) ** 2) + _FLOOR)


class Bodies:
    """The last seconds of everybody in the shop, by visit."""

    def __init__(self) -> None:
        self._visit_of: dict[TrackId, VisitId] = {}
        self._recent: dict[VisitId, deque[Body]] = {}
        self._unseen: set[VisitId] = set()

    def link(self, track: TrackId, visit: VisitId) -> None:
        """From now on `track` is `visit`."""
        self._visit_of[track] = visit
        self._recent.setdefault(visit, deque())

    def assume(self, visit: VisitId) -> None:
        """A visit that no tracker sees at all: it may have acted anywhere."""
        self._unseen.add(visit)

    def forget(self, visit: VisitId) -> None:
        """The visit is over: nothing of its movements is kept."""
        self._recent.pop(visit, None)
        self._unseen.discard(visit)
        self._visit_of = {track: other for track, other in self._visit_of.items() if other != visit}

    def part(self, visit: VisitId, to_visit: VisitId, since_ns: int) -> None:
        """What was seen of a visit from a moment on was another one, to which its track is linked already."""
        memory = self._recent[visit]
        self._recent[visit] = deque(body for body in memory if body.time_ns < since_ns)
        self._recent[to_visit] = deque(body for body in memory if body.time_ns >= since_ns)

    def visit_of(self, track: TrackId) -> VisitId | None:
        """The visit that a track belongs to."""
        return self._visit_of.get(track)

    def recent(self, visit: VisitId) -> deque[Body]:
        """The remembered bodies of a visit, oldest first."""
        return self._recent.get(visit, deque())

    def update(self, frame: PeopleFrame) -> dict[VisitId, Body]:
        """Remember a frame; returns the bodies in it by visit."""
        now: dict[VisitId, Body] = {}
        for person in frame.people:
            visit = self._visit_of.get(person.track)
            if visit is not None:
                now[visit] = body_of(person, frame.time_ns)
        if len(now) > 1:
            mark_shared(now)
        oldest = frame.time_ns - _MEMORY_NS
        for visit, body in now.items():
            memory = self._recent[visit]
            memory.append(body)
            while memory[0].time_ns < oldest:
                memory.popleft()
        return now

    def reaches(self, place: Point, depth: tuple[float, float], start_ns: int, end_ns: int) -> dict[VisitId, Reach]:
        """For each visit, how well its hands explain an act at `place` between two times.

        `place` is on the shelf's front edge; `depth` the unit vector into the shelf, along which a hand may be anywhere
        inside. Visits without any frame near the time have a low, not an impossible ratio.
        """
        found: dict[VisitId, Reach] = {visit: Reach(0.0, math.nan) for visit in self._unseen}
        for visit, memory in self._recent.items():
            if visit in found:
                continue
            newest = memory[-1] if memory else None
            if newest is not None and newest.time_ns >= start_ns and _is_away(newest, place):
                found[visit] = Reach(_ABSENT, math.nan)
                continue
            frames: list[Body] = []
            before: list[Body] = []
            after: list[Body] = []
            for body in reversed(memory):
                if body.time_ns > end_ns + _HIDDEN_NS:
                    continue
                if body.time_ns > end_ns:
                    after.append(body)
                elif body.time_ns >= start_ns:
                    frames.append(body)
                elif body.time_ns >= start_ns - _HIDDEN_NS:
                    before.append(body)
                else:
                    break
            after.reverse()
            if not frames:
                found[visit] = Reach(_lost_log_ratio(memory, place, start_ns, end_ns), math.nan)
                continue
            reach, hidden = _reach_of(frames, before, after, place, depth)
            if not hidden and reach.log_ratio <= 0.0:
                # Hands that were seen elsewhere need no stance.
                found[visit] = reach
                continue
            middle_ns = (start_ns + end_ns) // 2
            about = [b for part in (frames, before, after) for b in part if abs(b.time_ns - middle_ns) < STANCE_SPAN_NS]
            near_m, speed = shoulder_m(frames, place, depth), speed_m_per_s(about)
            stance = Stance(reach.log_ratio, hidden, near_m, speed)
            found[visit] = msgspec.structs.replace(reach, log_ratio=stance_log_ratio(stance), stance=stance)
        return found

    def anybody_at(self, place: Point, depth: tuple[float, float], start_ns: int, end_ns: int) -> bool:
        """Whether somebody's hand was at a place at any time between two times, or may have been there hidden."""
        for memory in self._recent.values():
            for body in reversed(memory):
                if body.time_ns < start_ns:
                    break
                if body.time_ns <= end_ns and _may_be_at(body, place, depth):
                    return True
        return bool(self._unseen)

    def path(self, visit: VisitId, place: Point, depth: tuple[float, float], reach: Reach) -> list[tuple[int, float]]:
        """How the hand that came nearest in `reach` moved about a place: (time, distance in metres), oldest first."""
        memory = self._recent.get(visit, deque())
        at = next((b for b in memory if b.time_ns == reach.time_ns), None)
        if at is None:
            return []
        left = to_place_m(at.left, place, depth)
        use_left = not math.isnan(left) and abs(left - reach.distance_m) < 1e-9
        return [(b.time_ns, to_place_m(b.left if use_left else b.right, place, depth)) for b in memory]


def _reach_of(
    frames: list[Body], before: list[Body], after: list[Body], place: Point, depth: tuple[float, float]
) -> tuple[Reach, bool]:
    """The better of two hands over a few frames, and whether one of them was hardly seen.

    A hand that most frames saw is judged by where it was seen only.
    """
    unseen = max(_body_log_ratio(math.hypot(b.chest[0] - place.x, b.chest[1] - place.y)) for b in frames)
    best, hidden = Reach(_ABSENT, math.nan), False
    for left in (True, False):
        seen, nearest, nearest_ns, ratio, total, count = 0, math.nan, 0, -math.inf, 0.0, 0
        for body in frames:
            wrist, shared = (body.left, body.shared_left) if left else (body.right, body.shared_right)
            if math.isnan(wrist[0]):
                continue
            seen += not shared
            distance = to_place_m(wrist, place, depth)
            here = hand_log_ratio(distance) + (_SHARED + min(0.0, unseen) if shared else 0.0)
            total += here
            count += 1
            if here > ratio:
                ratio, nearest, nearest_ns = here, distance, body.time_ns
        if count:
            # A hand that acts stays; one that passes by is near for a moment only.
            ratio = _MOMENT * ratio + _STAY * total / count
        if 3 * seen < len(frames):
            hidden = True
            ratio = max(ratio, _hidden_log_ratio(frames, before, after, left, place, depth, unseen))
        if ratio > best.log_ratio:
            best = Reach(ratio, nearest, nearest_ns)
    return msgspec.structs.replace(best, stayed=_stayed(after[-1] if after else frames[0], place, depth)), hidden


def _is_away(body: Body, place: Point) -> bool:
    """Whether somebody stands so far off that no hand of theirs was at a place a second ago."""
    return math.hypot(body.chest[0] - place.x, body.chest[1] - place.y) > _AWAY_M


def _may_be_at(body: Body, place: Point, depth: tuple[float, float]) -> bool:
    near = math.hypot(body.chest[0] - place.x, body.chest[1] - place.y) < _STANCE_M + 0.2
    for wrist, shared in ((body.left, body.shared_left), (body.right, body.shared_right)):
        if math.isnan(wrist[0]) or shared:
            if near:
                return True
        elif to_place_m(wrist, place, depth) < _THERE_M:
            return True
    return False


def _stayed(last: Body, place: Point, depth: tuple[float, float]) -> bool | None:
    distances = [
        to_place_m(wrist, place, depth)
        for wrist, shared in ((last.left, last.shared_left), (last.right, last.shared_right))
        if not shared and not math.isnan(wrist[0])
    ]
    return min(distances) < _THERE_M if distances else None


def _lost_log_ratio(memory: deque[Body], place: Point, start_ns: int, end_ns: int) -> float:
    """For a visit that no frame shows at the time: from where its body stood before and after, ever less surely."""
    best = _ABSENT
    for body in memory:
        gap_s = max(start_ns - body.time_ns, body.time_ns - end_ns) / NS_PER_S
        chest_m = math.hypot(body.chest[0] - place.x, body.chest[1] - place.y)
        if math.isnan(chest_m) or gap_s > _LOST_S:
            continue
        spread = 0.15 + 0.4 * gap_s
        near = 3.0 * math.exp(-0.5 * (max(0.0, chest_m - _STANCE_M) / spread) ** 2) / (1.0 + 2.0 * gap_s)
        best = max(best, math.log(near + _FLOOR))
    return best


def _hidden_log_ratio(
    frames: list[Body],
    before: list[Body],
    after: list[Body],
    left: bool,
    place: Point,
    depth: tuple[float, float],
    unseen: float,
) -> float:
    """For a hand that was hidden: where it was last seen before and first seen after says where it may have been.

    `before` is newest first, `after` oldest first. Seen at the place a moment ago, it probably still was there; seen
    far away just before and just after, it cannot have been.
    """
    last = _first_seen(before, left, place, depth, frames[-1].time_ns)
    next_ = _first_seen(after, left, place, depth, frames[0].time_ns)
    if last is None and next_ is None:
        return unseen
    kept = max(hand_log_ratio(d) - _FADE_PER_S * gap_s for d, gap_s in (x for x in (last, next_) if x is not None))
    if last is not None and next_ is not None:
        window_s = (frames[0].time_ns - frames[-1].time_ns) / NS_PER_S
        if last[0] + next_[0] > _HAND_M_PER_S * (last[1] + next_[1] + window_s):
            return max(kept, _CANNOT)
    return max(kept, unseen)


def _first_seen(
    bodies: list[Body], left: bool, place: Point, depth: tuple[float, float], from_ns: int
) -> tuple[float, float] | None:
    """Distance (m) and time away (s) of the first body in the list whose hand was seen."""
    for body in bodies:
        wrist, shared = (body.left, body.shared_left) if left else (body.right, body.shared_right)
        if not shared and not math.isnan(wrist[0]):
            return to_place_m(wrist, place, depth), abs(body.time_ns - from_ns) / NS_PER_S
    return None
