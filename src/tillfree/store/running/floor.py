"""Where people are: the newest frame for the map, the way of each visit, and what a minute saw of the floor."""

import math
from array import array
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from tillfree.catalog.model import Fixture, Shop
from tillfree.core.events import PeopleFrame, TrackedPerson
from tillfree.core.ids import FixtureId, TrackId, VisitId
from tillfree.core.time import NS_PER_MS, NS_PER_S
from tillfree.storage.database.records import ROUTE_COLUMNS, Route
from tillfree.storage.recordings.model import TruePeople
from tillfree.store.running.state import LivePerson

__all__ = ["CELL_M", "FloorTimes", "Routes", "cell_of", "live_people", "true_places"]

CELL_M = 0.5
"""Width and depth of a cell of the floor in heat maps, metres."""
_STEP_NS = 200 * NS_PER_MS
_ROWS_MAX = 72_000  # four hours
_CELLS_MAX = 4999
_SLOW_M_PER_S = 0.4
_FRONT_M = 1.0
# The tracker may miss people for a moment; what lies longer ago says nothing of now.
_STILL_S = 1.0
_NAN = math.nan
_UNSEEN = (_NAN, _NAN, _NAN)
# As in `shopping.visits`: the joint that tells best where somebody is comes first.
_TELLING = ("head", "neck", "l_shoulder", "r_shoulder", "l_elbow", "r_elbow", "l_wrist", "r_wrist")

Row = tuple[float, float, float, float, float, float, float, float]


def _row(person: TrackedPerson) -> Row | None:
    """A row of a route (see `ROUTE_COLUMNS`), None for somebody without any joint."""
    joints = {joint.name: joint for joint in person.joints}
    place = next((joint for name in _TELLING if (joint := joints.get(name)) is not None), None)
    if place is None:
        return None
    left, right = joints.get("l_wrist"), joints.get("r_wrist")
    one = _UNSEEN if left is None else (left.x, left.y, left.z)
    two = _UNSEEN if right is None else (right.x, right.y, right.z)
    return (place.x, place.y, *one, *two)


def live_people(
    frame: PeopleFrame, visits: Mapping[TrackId, VisitId], items: Mapping[VisitId, int]
) -> tuple[LivePerson, ...]:
    """Everybody in a frame whose place it tells."""
    out = []
    for person in frame.people:
        row = _row(person)
        if row is None or not (math.isfinite(row[0]) and math.isfinite(row[1])):
            continue
        visit = visits.get(person.track, VisitId(""))
        left = (row[2], row[3]) if math.isfinite(row[2]) and math.isfinite(row[3]) else None
        right = (row[5], row[6]) if math.isfinite(row[5]) and math.isfinite(row[6]) else None
        out.append(LivePerson(person.track, visit, row[0], row[1], left, right, items.get(visit, 0)))
    return tuple(out)


def true_places(people: TruePeople) -> tuple[tuple[float, float], ...]:
    """Where everybody really is, by the same joint."""
    number = next((people.names.index(name) for name in _TELLING if name in people.names), 0)
    if not people.names:
        return ()
    return tuple((float(x), float(y)) for x, y in people.places_m()[:, number, :2].tolist())


class Routes:
    """The ways of the visits that go on, five places a second."""

    def __init__(self) -> None:
        self._rows: dict[VisitId, tuple[int, array[float]]] = {}
        self._blank = array("f", [_NAN] * len(ROUTE_COLUMNS))

    def add(self, visit: VisitId, time_ns: int, row: Row) -> None:
        """Somebody was somewhere; times that were missed in between are not known."""
        begin_ns, rows = self._rows.setdefault(visit, (time_ns, array("f")))
        at = (time_ns - begin_ns + _STEP_NS // 2) // _STEP_NS
        width = len(ROUTE_COLUMNS)
        if not 0 <= at < _ROWS_MAX:
            return
        missing = at + 1 - len(rows) // width
        if missing > 0:
            rows.extend(self._blank * missing)
        rows[at * width : (at + 1) * width] = array("f", row)

    def end(self, visit: VisitId) -> Route:
        """The way of a visit that is over; it is kept no longer."""
        begin_ns, rows = self._rows.pop(visit, (0, array("f")))
        return Route(begin_ns, _STEP_NS, np.array(rows, dtype="<f4").tobytes())


class FloorTimes:
    """Person-seconds by cell and before fixtures, and how long people stand at the door, since the last `reset`.

    Somebody dwells before a fixture who is within 1 m of its front, nearer to it than to any other, and slower than
    0.4 m/s. The frames are looked at five times a second.
    """

    def __init__(self, shop: Shop) -> None:
        fixtures = [fixture for fixture in shop.fixtures if fixture.shelves]
        self._fixtures = [fixture.id for fixture in fixtures]
        self._fronts = np.array([_front(fixture) for fixture in fixtures]).reshape(-1, 5)
        self._doors = [z for z in shop.zones if z.use == "exit"]
        self._next_ns = 0
        self._last: dict[TrackId, tuple[int, float, float]] = {}
        self._at_door: dict[TrackId, int] = {}
        self.reset()

    def reset(self) -> None:
        """A new minute begins."""
        self.cells: dict[int, float] = {}
        self.dwell_s: dict[FixtureId, float] = {}
        self.door_wait_s = 0.0

    def anybody_within(self, x: float, y: float, away_m: float) -> bool:
        """Whether anybody stood so near to a place in the last frame that was looked at."""
        return any(math.hypot(x - at_x, y - at_y) <= away_m for _, at_x, at_y in self._last.values())

    def take(self, frame: PeopleFrame, visits: Mapping[TrackId, VisitId], routes: Routes) -> None:
        """Look at a frame, unless the last one is too near."""
        now_ns = frame.time_ns
        if self._next_ns - 10 * NS_PER_S < now_ns < self._next_ns:
            return
        self._next_ns = (now_ns // _STEP_NS + 1) * _STEP_NS
        last, self._last = self._last, {}
        waiting, self._at_door = self._at_door, {}
        slow: list[tuple[float, float, float]] = []
        for person in frame.people:
            row = _row(person)
            if row is None or not (math.isfinite(row[0]) and math.isfinite(row[1])):
                continue
            x, y, track = row[0], row[1], person.track
            visit = visits.get(track)
            if visit is not None:
                routes.add(visit, now_ns, row)
            then_ns, then_x, then_y = last.get(track, (now_ns, x, y))
            self._last[track] = (now_ns, x, y)
            gone_s = (now_ns - then_ns) / NS_PER_S
            if 0.0 < gone_s <= _STILL_S:
                cell = cell_of(x, y)
                self.cells[cell] = self.cells.get(cell, 0.0) + gone_s
                if math.hypot(x - then_x, y - then_y) < _SLOW_M_PER_S * gone_s:
                    slow.append((x, y, gone_s))
            if any(z.x_min_m <= x <= z.x_max_m and z.y_min_m <= y <= z.y_max_m for z in self._doors):
                since_ns = self._at_door[track] = waiting.get(track, now_ns)
                self.door_wait_s = max(self.door_wait_s, (now_ns - since_ns) / NS_PER_S)
        if slow and len(self._fronts):
            self._dwell(np.array(slow))

    def _dwell(self, slow: npt.NDArray[np.float64]) -> None:
        x0, y0, cos, sin, width = (self._fronts[:, k] for k in range(5))
        dx, dy = slow[:, :1] - x0, slow[:, 1:2] - y0
        along, into = cos * dx + sin * dy, -sin * dx + cos * dy
        before = (along >= 0.0) & (along <= width) & (into <= 0.0) & (into >= -_FRONT_M)
        nearest = np.where(before, into, -np.inf).argmax(axis=1)
        for person in np.flatnonzero(before.any(axis=1)).tolist():
            fixture = self._fixtures[int(nearest[person])]
            self.dwell_s[fixture] = self.dwell_s.get(fixture, 0.0) + float(slow[person, 2])


def cell_of(x: float, y: float) -> int:
    """The number of the cell of the floor that a place is in (see `Minute`)."""
    column, row = (max(-_CELLS_MAX, min(_CELLS_MAX, math.floor(value / CELL_M))) for value in (x, y))
    return column * 10_000 + row


def _front(fixture: Fixture) -> tuple[float, float, float, float, float]:
    pose = fixture.box.pose
    return pose.origin.x, pose.origin.y, math.cos(pose.yaw_rad), math.sin(pose.yaw_rad), fixture.box.width_m
