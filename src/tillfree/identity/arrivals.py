"""Who came in on which entry: grants of the gate and visits of the tracker, put together in the order of the stream.

A grant is good for some seconds and for so many people. A visit is of the oldest grant that has room when it begins;
who stood at the terminal was seen a moment before. A passage through a gate that tells of its passages counts from the
moment of the passage. Where a store wants a credential of everybody, whoever belongs to no grant is told of: nobody is
charged on a guess. Neither is whoever walked away from an open gate: a visit that may have been of their grant or of a
later one is told of as soon as one of the two was not used, and a grant that was said to be unused stays so. Pure.
"""

from collections.abc import Sequence

from tillfree.core.events import (
    EntryGranted,
    Event,
    GatePassage,
    SensorIssue,
    TrackJoined,
    TrackParted,
    VisitBound,
    VisitClosed,
    VisitOpened,
)
from tillfree.core.ids import TrackId, TripId, VisitId
from tillfree.core.time import NS_PER_MINUTE, NS_PER_S
from tillfree.identity.settings import EntrySettings

__all__ = [
    "ENTRY_PROBLEMS",
    "MIXED_UP",
    "NOBODY_CAME",
    "PIGGY_BACKING",
    "SOURCE",
    "TAILGATING",
    "Arrivals",
    "told_visit",
]

SOURCE = "arrivals"
TAILGATING, PIGGY_BACKING, NOBODY_CAME = "tailgating", "piggy-backing", "nobody came in"
MIXED_UP = "one of two entries"
ENTRY_PROBLEMS = (TAILGATING, PIGGY_BACKING, NOBODY_CAME, MIXED_UP)
"""`SensorIssue.problem` of what is said here; the device is `entry/` and the visit, or the trip that nobody is in."""
# Two tracks are told apart minutes after they were taken for one, at most (assumed).
_REMEMBERED_NS = 15 * NS_PER_MINUTE
_GRANTS_MAX = 10_000
_DEVICE = "entry/"


class _Grant:
    """An open gate."""

    __slots__ = ("gate", "instead", "members", "size", "time_ns", "told", "trip", "until_ns")

    def __init__(self, event: EntryGranted, until_ns: int) -> None:
        self.trip, self.gate, self.time_ns = event.trip, event.source, event.time_ns
        self.size, self.until_ns = event.group_size, until_ns
        self.members: set[VisitId] = set()
        self.told = False
        self.instead: list[VisitId] = []
        """Visits that would have fitted this grant as well, and were put to an older one."""


class Arrivals:
    """Grants, visits and passages in; what is bound, and what is wrong, out."""

    def __init__(self, settings: EntrySettings) -> None:
        self._required = settings.required
        self._good_ns = settings.grant_s * NS_PER_S
        self._before_ns = settings.seen_before_s * NS_PER_S
        self._grants: dict[TripId, _Grant] = {}
        self._waiting: dict[VisitId, int] = {}
        self._unbound: set[VisitId] = set()
        self._visits: dict[TrackId, VisitId] = {}
        self._accused: set[VisitId] = set()
        self._sequence = 0
        self._next_look_ns: int | None = None

    def grant(self, event: EntryGranted) -> list[Event]:
        """The gate opened: who was seen just before came in on it."""
        if event.trip in self._grants or event.group_size < 1:
            return []
        grant = self._grants[event.trip] = _Grant(event, event.time_ns + self._good_ns)
        while len(self._grants) > _GRANTS_MAX:
            del self._grants[next(iter(self._grants))]
        out: list[Event] = []
        for visit, since_ns in sorted(self._waiting.items(), key=lambda pair: (pair[1], pair[0])):
            if len(grant.members) < grant.size and since_ns >= event.time_ns - self._before_ns:
                out.append(self._bind(visit, grant, event.time_ns))
        self._look_at(grant.until_ns)
        return out

    def step(self, events: Sequence[Event], cause: Event | None = None) -> list[Event]:
        """What `shopping` said of visits, in one go, and the sensor event that it came from.

        A visit that parts from another began when the two were taken for one.
        """
        began_ns = {event.to_visit: event.since_ns for event in events if isinstance(event, TrackParted)}
        gate = cause if isinstance(cause, GatePassage) and cause.direction == "in" else None
        out: list[Event] = []
        for event in events:
            match event:
                case VisitOpened() if not event.anonymous:
                    self._visits[event.track] = event.visit
                    at_gate = gate.source if gate is not None and gate.track == event.track else ""
                    out += self._arrive(event.visit, began_ns.get(event.visit, event.time_ns), event.time_ns, at_gate)
                case TrackJoined():
                    self._visits[event.track] = event.visit
                case TrackParted():
                    self._visits[event.track] = event.to_visit
                case VisitClosed():
                    self._forget(event.visit)
        if gate is not None and (visit := self._visits.get(gate.track)) is not None:
            if visit in self._unbound:
                out += self._arrive(visit, gate.time_ns, gate.time_ns, gate.source)
            else:
                self._passed(visit, gate.source)
        return out

    def leave(self, event: VisitClosed) -> list[Event]:
        """Somebody leaves, perhaps before it is known whether another comes. Call it before their receipt is made."""
        waiting = [grant for grant in self._grants.values() if event.visit in grant.instead]
        for grant in waiting:
            grant.instead.remove(event.visit)
        unused = any(not grant.members and not grant.told for grant in waiting)
        return [self._unsure(event.visit, event.time_ns)] if unused else []

    def tick(self, time_ns: int) -> list[Event]:
        """What the time says: who still belongs to nobody, and which entry nobody used. Call it with every event."""
        if self._next_look_ns is None or time_ns < self._next_look_ns:
            return []
        out: list[Event] = []
        for visit, since_ns in list(self._waiting.items()):
            if time_ns - since_ns > self._before_ns:
                del self._waiting[visit]
                out += self._accuse(visit, since_ns, time_ns)
        for grant in list(self._grants.values()):
            if time_ns > grant.until_ns and not grant.members and not grant.told:
                out += self._unused(grant, time_ns)
            if time_ns > grant.until_ns + _REMEMBERED_NS:
                del self._grants[grant.trip]
        self._plan()
        return out

    # ---- one visit ------------------------------------------------------------------------------------------

    def _arrive(self, visit: VisitId, since_ns: int, now_ns: int, gate: str) -> list[Event]:
        self._unbound.add(visit)
        fitting = self._grants_for(since_ns, gate)
        if fitting:
            for other in fitting[1:]:
                other.instead.append(visit)
            return [self._bind(visit, fitting[0], now_ns)]
        if visit not in self._accused:
            self._waiting[visit] = since_ns
            self._look_at(since_ns + self._before_ns + 1)
        return []

    def _grants_for(self, since_ns: int, gate: str) -> list[_Grant]:
        """Grants with room that were good then, the oldest first; of this gate, if it has opened for anybody lately."""
        good = [g for g in self._grants.values() if g.time_ns - self._before_ns <= since_ns <= g.until_ns]
        if gate and any(grant.gate == gate for grant in self._grants.values()):
            good = [grant for grant in good if grant.gate == gate]
        with_room = [grant for grant in good if len(grant.members) < grant.size and not grant.told]
        return sorted(with_room, key=lambda grant: (grant.time_ns, grant.trip))

    def _bind(self, visit: VisitId, grant: _Grant, time_ns: int) -> VisitBound:
        self._waiting.pop(visit, None)
        self._unbound.discard(visit)
        grant.members.add(visit)
        self._sequence += 1
        return VisitBound(time_ns=time_ns, source=SOURCE, sequence=self._sequence, visit=visit, trip=grant.trip)

    def _passed(self, visit: VisitId, gate: str) -> None:
        """Who passed the gate that opened for them was not of another gate's grant."""
        if any(visit in grant.members and grant.gate == gate for grant in self._grants.values()):
            for grant in self._grants.values():
                if grant.gate != gate and visit in grant.instead:
                    grant.instead.remove(visit)

    def _unused(self, grant: _Grant, now_ns: int) -> list[Event]:
        """Nobody came in on it; who was put to an older one instead may have been of this one."""
        grant.told = True
        out: list[Event] = [
            self._issue(now_ns, grant.trip, NOBODY_CAME, "the gate opened, and nobody came in", "nothing is to be done")
        ]
        return out + [self._unsure(visit, now_ns) for visit in grant.instead]

    def _unsure(self, visit: VisitId, now_ns: int) -> Event:
        detail = f"{visit} came in when the gate was open for two, and one of the two did not come"
        return self._issue(now_ns, visit, MIXED_UP, detail, "their visit waits for review: see whose entry it was")

    def _accuse(self, visit: VisitId, since_ns: int, now_ns: int) -> list[Event]:
        if not self._required:
            return []
        self._accused.add(visit)
        full = any(g.members and g.time_ns - self._before_ns <= since_ns <= g.until_ns for g in self._grants.values())
        problem = PIGGY_BACKING if full else TAILGATING
        detail = (
            f"{visit} came in with somebody, and was not paid for"
            if full
            else f"{visit} came in without having been let in"
        )
        return [self._issue(now_ns, visit, problem, detail, "speak to them; their visit waits for review")]

    def _forget(self, visit: VisitId) -> None:
        self._waiting.pop(visit, None)
        self._unbound.discard(visit)
        self._accused.discard(visit)
        for track in [track for track, other in self._visits.items() if other == visit]:
            del self._visits[track]

    # ---- when to look again ---------------------------------------------------------------------------------

    def _look_at(self, time_ns: int) -> None:
        self._next_look_ns = time_ns if self._next_look_ns is None else min(self._next_look_ns, time_ns)

    def _plan(self) -> None:
        moments: list[int] = [since_ns + self._before_ns + 1 for since_ns in self._waiting.values()]
        for grant in self._grants.values():
            waits = not grant.members and not grant.told
            moments.append(grant.until_ns + 1 if waits else grant.until_ns + _REMEMBERED_NS + 1)
        self._next_look_ns = min(moments, default=None)

    def _issue(self, time_ns: int, about: str, problem: str, detail: str, remedy: str) -> SensorIssue:
        self._sequence += 1
        return SensorIssue(
            time_ns=time_ns, source=SOURCE, sequence=self._sequence, device=_DEVICE + about, problem=problem,
            detail=detail, remedy=remedy,
        )  # fmt: skip


def told_visit(issue: SensorIssue) -> str:
    """The visit (of a tailgater) or trip (that nobody is in) of an issue from here; empty for any other issue."""
    ours = issue.source == SOURCE and issue.problem in ENTRY_PROBLEMS
    return issue.device.removeprefix(_DEVICE) if ours else ""
