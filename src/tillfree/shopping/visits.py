"""Visits: who is in the shop, from the first sight of a track to the exit.

A visit opens when a track appears (or a gate says so) and closes when its person was last seen at a door and is seen
no more, or passes a gate outwards. A track that vanishes elsewhere is a tracker's failure: the visit waits, and a new
track that turns up where its person can have walked joins it. Doors are the shop's exit zones, or, where it names
none, the places where tracks first appeared.
"""

import hashlib
import math

from tillfree.catalog.model import Shop
from tillfree.core.events import (
    Event,
    GatePassage,
    PeopleFrame,
    TrackedPerson,
    TrackJoined,
    TrackParted,
    VisitClosed,
    VisitOpened,
)
from tillfree.core.ids import TrackId, VisitId
from tillfree.core.time import NS_PER_MS, NS_PER_S
from tillfree.shopping.settings import ShoppingSettings

__all__ = ["Visits", "temporary_code"]

SOURCE = "visits"
Place = tuple[float, float]
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
# A visitor who came in so recently and is hidden by others at the door has not left.
_YOUNG_NS = 4 * NS_PER_S
# A visitor who vanished at a door but was not heading for it is waited for so long.
_DOUBT_NS = 4 * NS_PER_S
_IN_DOOR_M = 0.35
# Trackers lose people for a second or two, rarely for long (assumed; nothing of it was measured).
_GAP_MEAN_S = 4.0
_NOT_AT_DOOR = -5.0
_DOOR_SPREAD_M = 1.2
_DOORS_KEPT = 50
# Two tracks of one visitor nearer to each other than this are one body that the tracker sees twice.
_GHOST_M = 0.5
_TICK_NS = 50 * NS_PER_MS
_TELLING = ("head", "neck", "l_shoulder", "r_shoulder", "l_elbow", "r_elbow", "l_wrist", "r_wrist")


def temporary_code(track: TrackId, time_ns: int) -> str:
    """Eight characters that stand for one visit: a hash of the first sight, so that a replay gives the same code.

    It says nothing about the person, and nothing links it to their next visit.
    """
    digest = hashlib.blake2b(f"{track}|{time_ns}".encode(), digest_size=8).digest()
    return "".join(_ALPHABET[byte % 32] for byte in digest)


class _Presence:
    """One visitor while in the shop: tracks, and where they were last and a second before that."""

    __slots__ = ("earlier", "earlier_ns", "last", "last_ns", "opened_ns", "tracks", "visit")

    def __init__(self, visit: VisitId, track: TrackId, place: Place, time_ns: int) -> None:
        self.visit = visit
        # Since when each track is this visitor's.
        self.tracks = {track: time_ns}
        self.last = self.earlier = place
        self.opened_ns = self.last_ns = self.earlier_ns = time_ns

    def see(self, place: Place | None, time_ns: int) -> None:
        """The visitor is seen, at a place if any joint tells it."""
        self.last_ns = time_ns
        if place is not None:
            if time_ns - self.earlier_ns > NS_PER_S:
                self.earlier, self.earlier_ns = self.last, time_ns
            self.last = place

    def heads_for(self, door: Place) -> bool:
        """Whether the last movement was towards a door, or the visitor stood in it."""
        away = math.dist(self.last, door)
        return away < _IN_DOOR_M or math.dist(self.earlier, door) > away


class Visits:
    """People frames and gate passages in; visits opened, joined and closed out."""

    def __init__(self, shop: Shop, settings: ShoppingSettings) -> None:
        self._settings = settings
        self._zones = [z for z in shop.zones if z.use == "exit"]
        self._doors: list[Place] = []
        self._maybe_doors: list[Place] = []
        self._first_frame_ns: int | None = None
        self._present: dict[TrackId, _Presence] = {}
        self._sequence = 0
        self._next_tick_ns = 0
        self._soonest_ns = min(settings.exit_after_ms * NS_PER_MS, settings.lost_after_ms * NS_PER_MS, _DOUBT_NS)

    def update(self, event: Event) -> list[Event]:
        """Take one event; return what changed about visits."""
        if isinstance(event, PeopleFrame):
            return self._on_people(event)
        if isinstance(event, GatePassage):
            return self._on_gate(event)
        return []

    def tick(self, time_ns: int) -> list[Event]:
        """Close the visits whose people are gone by `time_ns`; call it with every event, it looks up now and then."""
        closed: list[Event] = []
        if time_ns < self._next_tick_ns:
            return closed
        self._next_tick_ns = time_ns + _TICK_NS
        for presence in self._each(time_ns - self._soonest_ns):
            unseen_ns = time_ns - presence.last_ns
            if self._is_leaving(presence):
                if unseen_ns >= self._settings.exit_after_ms * NS_PER_MS:
                    closed.append(self._close(presence, time_ns, "exit"))
            elif self._at_door(presence.last):
                if unseen_ns >= _DOUBT_NS:
                    closed.append(self._close(presence, time_ns, "exit"))
            elif unseen_ns >= self._settings.lost_after_ms * NS_PER_MS:
                closed.append(self._close(presence, time_ns, "lost"))
        return closed

    def assume_one(self, time_ns: int) -> list[Event]:
        """Nothing tracks people here: assume one anonymous visitor."""
        return [self._open(TrackId("anonymous"), (math.nan, math.nan), time_ns, anonymous=True)]

    def anybody(self) -> bool:
        """Whether a visitor is in the shop who was not just seen leaving."""
        return any(not self._is_leaving(presence) for presence in self._present.values())

    def finish(self, time_ns: int) -> list[Event]:
        """The recording is over: close every visit.

        Who is still seen has not left ("end of recording"); who vanished where no door is known is taken to have left.
        """
        closed: list[Event] = []
        for presence in self._each():
            never_seen = math.isnan(presence.last[0])
            still_there = never_seen or time_ns - presence.last_ns < self._settings.exit_after_ms * NS_PER_MS
            left = self._is_leaving(presence) or not (self._zones or self._doors)
            reason = "end of recording" if still_there else "exit" if left else "lost"
            closed.append(self._close(presence, time_ns, reason))
        return closed

    # ---- people ---------------------------------------------------------------------------------------------

    def _on_people(self, frame: PeopleFrame) -> list[Event]:
        out = self.tick(frame.time_ns)
        if self._first_frame_ns is None:
            # Whoever is there when the stream begins came in earlier, nobody knows where.
            self._first_frame_ns = frame.time_ns
        out += self._part(frame)
        for person in frame.people:
            presence = self._present.get(person.track)
            place = _place(person)
            if presence is None:
                if place is None:
                    continue
                out.append(self._appear(person.track, place, frame))
                continue
            presence.see(place, frame.time_ns)
        return out

    def _appear(self, track: TrackId, place: Place, frame: PeopleFrame) -> Event:
        """A track nobody knows: a visitor that was lost, or a new one, whichever is likelier for this place."""
        seen_now = {person.track for person in frame.people}
        best, best_score = None, self._newcomer_score(place)
        scores = [best_score]
        for presence in self._each():
            gap_s = (frame.time_ns - presence.last_ns) / NS_PER_S
            if presence.tracks.keys() & seen_now or gap_s <= 0:
                continue
            score = self._rejoin_score(math.dist(place, presence.last), gap_s)
            if self._is_leaving(presence):
                score -= 2.0
            scores.append(score)
            if score > best_score:
                best, best_score = presence, score
        if best is not None:
            best.tracks[track] = frame.time_ns
            best.see(place, frame.time_ns)
            self._present[track] = best
            self._sequence += 1
            return TrackJoined(
                time_ns=frame.time_ns,
                source=SOURCE,
                sequence=self._sequence,
                visit=best.visit,
                track=track,
                probability=round(1.0 / math.fsum(math.exp(score - best_score) for score in scores), 4),
            )
        if not self._zones and self._first_frame_ns != frame.time_ns:
            self._note_entrance(place)
        return self._open(track, place, frame.time_ns)

    def _part(self, frame: PeopleFrame) -> list[Event]:
        """Visitors of whom two tracks are seen at two places at once are two: the track that joined last parts."""
        out: list[Event] = []
        if all(len(presence.tracks) == 1 for presence in self._present.values()):
            return out
        seen: dict[VisitId, tuple[TrackId, Place]] = {}
        for person in frame.people:
            presence, place = self._present.get(person.track), _place(person)
            if presence is None or place is None:
                continue
            other, there = seen.setdefault(presence.visit, (person.track, place))
            if other == person.track or not math.dist(place, there) >= _GHOST_M:
                continue
            since_ns, track = max((presence.tracks[t], t) for t in (other, person.track))
            del presence.tracks[track]
            opened = self._open(track, place if track == person.track else there, frame.time_ns)
            self._present[track].opened_ns = since_ns
            self._sequence += 1
            out += [
                opened,
                TrackParted(
                    time_ns=frame.time_ns,
                    source=SOURCE,
                    sequence=self._sequence,
                    visit=presence.visit,
                    to_visit=opened.visit,
                    track=track,
                    since_ns=since_ns,
                ),
            ]
        return out

    def _rejoin_score(self, away_m: float, gap_s: float) -> float:
        """Log density of a lost visitor turning up so far away after so long; people dwell or walk."""
        spread = 0.25 + 0.33 * self._settings.rejoin_speed_m_per_s * gap_s
        return -0.5 * (away_m / spread) ** 2 - 2.0 * math.log(spread) - gap_s / _GAP_MEAN_S

    def _newcomer_score(self, place: Place) -> float:
        """Log density of a new visitor turning up here: near a door often, elsewhere hardly ever."""
        if self._zones:
            return 1.0 if self._at_door(place) else _NOT_AT_DOOR
        if not self._doors:
            return 0.0
        away = min(math.dist(place, door) for door in self._doors)
        return max(_NOT_AT_DOOR, -0.5 * (away / 0.4) ** 2 + 1.3)

    def _note_entrance(self, place: Place) -> None:
        """A new visitor appeared here: a door, if it is the first such place, or one near others, or seen twice.

        A tracker that loses somebody in the middle of the shop and cannot be matched must not make a door there.
        """
        near = any(math.dist(place, other) <= _DOOR_SPREAD_M for other in self._doors + self._maybe_doors)
        if near or not self._doors:
            self._doors.append(place)
            del self._doors[:-_DOORS_KEPT]
        else:
            self._maybe_doors.append(place)
            del self._maybe_doors[:-_DOORS_KEPT]

    def _on_gate(self, event: GatePassage) -> list[Event]:
        presence = self._present.get(event.track)
        if event.direction == "out" and presence is not None:
            return [self._close(presence, event.time_ns, "gate")]
        if event.direction == "in" and presence is None:
            return [self._open(event.track, (math.nan, math.nan), event.time_ns, party=event.party)]
        return []

    # ---- opening and closing --------------------------------------------------------------------------------

    def _open(
        self, track: TrackId, place: Place, time_ns: int, *, party: str = "", anonymous: bool = False
    ) -> VisitOpened:
        code = temporary_code(track, time_ns)
        visit = VisitId(code)
        self._present[track] = _Presence(visit, track, place, time_ns)
        self._sequence += 1
        return VisitOpened(
            time_ns=time_ns,
            source=SOURCE,
            sequence=self._sequence,
            visit=visit,
            track=track,
            code=code,
            party=party,
            anonymous=anonymous,
        )

    def _close(self, presence: _Presence, time_ns: int, reason: str) -> VisitClosed:
        for track in presence.tracks:
            self._present.pop(track, None)
        self._sequence += 1
        return VisitClosed(time_ns=time_ns, source=SOURCE, sequence=self._sequence, visit=presence.visit, reason=reason)

    def _each(self, unseen_since_ns: int = 2**63) -> list[_Presence]:
        """Every visitor once, in order of visits; only those who were not seen after a time, if one is given."""
        unique = {p.visit: p for p in self._present.values() if p.last_ns <= unseen_since_ns}
        return [unique[visit] for visit in sorted(unique)]

    def _is_leaving(self, presence: _Presence) -> bool:
        """Whether a visitor who is seen no more went out: at a door, heading for it, and not only just come in."""
        if presence.last_ns - presence.opened_ns < _YOUNG_NS or not self._at_door(presence.last):
            return False
        if self._zones or not self._doors:
            return True
        return presence.heads_for(min(self._doors, key=lambda door: math.dist(presence.last, door)))

    def _at_door(self, place: Place) -> bool:
        x, y = place
        if self._zones:
            return any(z.x_min_m <= x <= z.x_max_m and z.y_min_m <= y <= z.y_max_m for z in self._zones)
        return any(math.hypot(x - dx, y - dy) <= self._settings.door_radius_m for dx, dy in self._doors)


def _place(person: TrackedPerson) -> Place | None:
    """Where a person is, by the joint that tells it best; by the last of that name, should there be several."""
    for name in _TELLING:
        for joint in reversed(person.joints):
            if joint.name == name:
                return (joint.x, joint.y)
    return None
