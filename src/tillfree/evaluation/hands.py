"""When hands left the shelf: for each true act, the moment at which the hand that did it went away again.

The truth knows when the weight moved, not when the hand left; the people frames show that. Of the wrists of the person
who acted, the one that came nearest to the plates did it. The hand has left at the first moment after the act at which
this wrist is `AWAY_M` farther from the plates than at its nearest since the act, confirmed by the next sight of it,
since trackers throw single joints about. What it did before the act does not count: a hand that reaches deep into a
shelf passes the front of the plates on its way in and out.

On simulated recordings, where it is known when a hand began to go, this is 0.2 to 0.4 s later. Where the clock of the
tracker is not that of the plates, the difference of the clocks is in it.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from tillfree.core.events import Event, PeopleFrame, TrackedPerson
from tillfree.core.geometry import Point
from tillfree.core.ids import FixtureId, PlateRef, TrackId
from tillfree.core.time import NS_PER_MS, NS_PER_S
from tillfree.evaluation.scoring import resolve_person
from tillfree.storage.recordings.model import TruthAct

__all__ = ["AWAY_M", "SHELF_ACTS", "hands_leaving"]

AWAY_M = 0.15
"""So much farther than at its nearest is a wrist whose hand has left."""
SHELF_ACTS = frozenset({"take", "put"})
"""Kinds of acts that change what a person holds and have a hand at a shelf; a hand-over has none."""
AFTER_NS = 5 * NS_PER_S
"""A hand that stays longer than this has not left for this act; memory is bounded by it."""
ABOUT_NS = 500 * NS_PER_MS
"""So shortly before the act must a wrist be seen, and no longer may it be hidden until it is seen to have left."""
REACH_M = 0.5
"""A wrist that does not come nearer than this to the plates about the act did not do it: the one that did is hidden."""
SPEED_M_PER_S = 5.0
"""A wrist that goes away faster than a hand can is another person's wrist: where this one went is hidden."""
LATE_NS = NS_PER_S
"""Frames may come out of order by so much."""

Sights = list[tuple[int, float]]
"""Times of one wrist and its distance from the plates, in metres."""


class Watch(msgspec.Struct):
    """One act that is being watched: whose wrists, how far from where, over time."""

    number: int
    act_ns: int
    person: TrackId
    place: Point
    sights: dict[str, Sights]


def hands_leaving(
    acts: Sequence[TruthAct],
    events: Iterable[Event],
    plates: Mapping[PlateRef, Point],
    aliases: Mapping[TrackId, TrackId],
) -> dict[int, int]:
    """For each act (by its place in `acts`) when its hand left, in nanoseconds; unknown ones are not in it.

    Unknown are acts without a shelf, those whose plates are nowhere, and those whose hand was hidden when it mattered
    or stayed. `plates` says where each plate is grasped, `aliases` which track ids are one person. `events` are read
    once, and only the acts of the last seconds are held.
    """
    coming = [w for w in (_watch(number, act, plates, aliases) for number, act in enumerate(acts)) if w is not None]
    coming.sort(key=lambda w: -w.act_ns)
    open_now: list[Watch] = []
    left: dict[int, int] = {}
    newest_ns = 0
    for event in events:
        newest_ns = max(newest_ns, event.time_ns)
        while coming and coming[-1].act_ns - ABOUT_NS <= newest_ns:
            open_now.append(coming.pop())
        if isinstance(event, PeopleFrame) and open_now:
            _look(event, open_now, aliases)
        until_ns = newest_ns - AFTER_NS - LATE_NS
        if any(w.act_ns < until_ns for w in open_now):
            left.update(_moments(w for w in open_now if w.act_ns < until_ns))
            open_now = [w for w in open_now if w.act_ns >= until_ns]
    left.update(_moments(open_now))
    return left


def _watch(
    number: int, act: TruthAct, plates: Mapping[PlateRef, Point], aliases: Mapping[TrackId, TrackId]
) -> Watch | None:
    """The watch of an act, None where no hand can be looked for. Its place is the middle of the plates it was on."""
    if act.kind not in SHELF_ACTS:
        return None
    refs = [PlateRef(FixtureId(act.fixture), act.shelf, plate) for plate in act.plates]
    points = [plates[ref] for ref in refs if ref in plates]
    if not points:
        return None
    count = len(points)
    middle = Point(sum(p.x for p in points) / count, sum(p.y for p in points) / count, sum(p.z for p in points) / count)
    return Watch(number, act.time_ns, resolve_person(act.track, aliases), middle, {"l_wrist": [], "r_wrist": []})


def _look(frame: PeopleFrame, watches: Sequence[Watch], aliases: Mapping[TrackId, TrackId]) -> None:
    """Note the wrists of a frame with the acts they may have done."""
    people: dict[TrackId, list[TrackedPerson]] = {}
    for person in frame.people:
        people.setdefault(resolve_person(person.track, aliases), []).append(person)
    for watch in watches:
        if not watch.act_ns - ABOUT_NS <= frame.time_ns <= watch.act_ns + AFTER_NS:
            continue
        for person in people.get(watch.person, ()):
            for joint in person.joints:
                sights = watch.sights.get(joint.name)
                if sights is not None:
                    sights.append((frame.time_ns, watch.place.distance_m(Point(joint.x, joint.y, joint.z))))


def _moments(watches: Iterable[Watch]) -> Iterator[tuple[int, int]]:
    for watch in watches:
        left_ns = _left(watch)
        if left_ns is not None:
            yield watch.number, left_ns


def _left(watch: Watch) -> int | None:
    """When the hand of a watched act left, None where that cannot be told."""
    best: tuple[float, Sights] | None = None
    for sights in watch.sights.values():
        sights.sort()
        if not sights or sights[0][0] > watch.act_ns:
            continue
        near_m = min(away_m for at_ns, away_m in sights if at_ns <= watch.act_ns + ABOUT_NS)
        if near_m < (REACH_M if best is None else best[0]):
            best = near_m, sights
    return None if best is None else _first_away(best[1], watch.act_ns)


def _first_away(sights: Sights, act_ns: int) -> int | None:
    """The first sight after the act that is `AWAY_M` beyond the nearest since the act, and that the next one confirms.

    The last sight before the act counts as one at the act.
    """
    nearest, last_ns, last_m = math.inf, sights[0][0], sights[0][1]
    for place, (at_ns, away_m) in enumerate(sights):
        if at_ns > act_ns:
            nearest = min(nearest, last_m)
            since_ns = at_ns - max(last_ns, act_ns)
            following = sights[place + 1][1] if place + 1 < len(sights) else math.inf
            if since_ns > ABOUT_NS:
                return None
            if min(away_m, following) > nearest + AWAY_M:
                possible_m = SPEED_M_PER_S * (at_ns - last_ns) / NS_PER_S
                return at_ns if away_m - last_m <= AWAY_M + possible_m else None
        last_ns, last_m = at_ns, away_m
    return None
