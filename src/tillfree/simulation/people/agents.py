"""Shoppers on the floor: walking, turning, reaching; no thought of what for."""

import dataclasses
import math
import zlib

import numpy as np

from tillfree.core.ids import TrackId
from tillfree.simulation.furniture import Furniture, Place, ShelfPlace
from tillfree.simulation.script import Reach, VisitScript
from tillfree.simulation.stock import Item

__all__ = ["Agent", "Party", "Spot"]

_LEFT_HANDED = 0.106
"""Share of people (Papadatou-Pastou et al. 2020, "Human handedness: a meta-analysis")."""
_DIRECT_M = 0.9
_BEHIND_M = 0.45
_ARM_M = 0.5
"""How far from the shoulder, across and down, a hand reaches without bending."""


class Spot:
    """A place to stand, with the place in the lane of its aisle through which one comes to it."""

    __slots__ = ("heading", "lane", "point")

    def __init__(self, point: tuple[float, float], lane: tuple[float, float], heading: float) -> None:
        self.point = point
        self.lane = lane
        self.heading = heading


@dataclasses.dataclass(slots=True, eq=False)
class Party:
    """Adults who come in together, on one who pays, and leave together."""

    members: "list[Agent]" = dataclasses.field(default_factory=list)

    @property
    def ready(self) -> bool:
        """Whether nobody has anything left to do."""
        return all(member.done or member.goals <= 0 for member in self.members)


class Agent:
    """One shopper while the script is written; `time_s` is how far their own script reaches."""

    def __init__(
        self,
        number: int,
        track: TrackId,
        entry_s: float,
        furniture: Furniture,
        rng: np.random.Generator,
        door: tuple[float, float] | None = None,
    ) -> None:
        """Who comes in by that door, or by that which is their turn."""
        self.visit = VisitScript(track, number, float(np.clip(rng.normal(1.71, 0.07), 1.5, 1.95)), entry_s)
        self.time_s = entry_s
        self.held: list[Item] = []
        self.hidden: list[Item] = []
        self.company: list[Agent] = []
        self.wishes: list[Place] = []
        """What is still on the shopping list, one facing for each unit."""
        self.party: Party | None = None
        self.goals = 0
        self.done = False
        self.version = 0
        self.speed_m_s = float(rng.uniform(0.63, 0.78))
        self.hand = 0 if zlib.crc32(track.encode()) < _LEFT_HANDED * 2**32 else 1
        """The better one: 0 for the left, 1 for the right."""
        self.since_s = entry_s
        """When this shopper came to where they are."""
        # How far below the shoulder something is for which this shopper goes down, and by what share of the rest.
        self.stoop_from_m, self.stoop = 0.45, 1.0
        # Successive shoppers keep to lanes well apart, so that they can pass each other (golden ratio).
        self.lane_m = 0.92 + 0.42 * (number * 0.618 % 1.0)
        self._furniture = furniture
        self._lane: tuple[float, float] | None = None
        self.point = furniture.doors[number % len(furniture.doors)] if door is None else door
        self.visit.path.append((entry_s, *self.point))
        self.visit.turns.append((entry_s, math.pi / 2))

    def spot(self, shelf: ShelfPlace, along_m: float, before_m: float) -> Spot:
        """A place before a shelf, with this shopper's own lane behind it."""
        return Spot(shelf.spot(along_m, before_m), shelf.spot(along_m, self.lane_m), shelf.heading)

    def lane_spot(self, offset: tuple[float, float] = (0.0, 0.0)) -> tuple[float, float]:
        """Where this shopper would step back into the lane."""
        x, y = self._lane or self.point
        return x + offset[0], y + offset[1]

    def way(self, spot: Spot) -> list[tuple[float, float]]:
        """Corner points of the way there."""
        if math.dist(self.point, spot.point) < _DIRECT_M:
            return [spot.point]
        start = self._lane or self.point
        first = [] if start == self.point else [start]
        points = [*first, *self._furniture.route(start, spot.lane)]
        if spot.point != spot.lane:
            points.append(spot.point)
        return points

    def arrival_s(self, way: list[tuple[float, float]]) -> float:
        """When the end of the way would be reached."""
        length, at = 0.0, self.point
        for point in way:
            length += math.dist(at, point)
            at = point
        return self.time_s + 0.2 + length / self.speed_m_s

    def walk(self, spot: Spot, way: list[tuple[float, float]]) -> float:
        """Go there; returns the time of arrival."""
        at, now = self.point, self.time_s + 0.2
        self.visit.path.append((now, *at))
        for point in way:
            length = math.dist(at, point)
            if length < 1e-6:
                continue
            heading = math.atan2(point[1] - at[1], point[0] - at[0])
            taken_s = length / self.speed_m_s
            if length > 0.6:
                # Short steps are made sideways, without turning away from the shelf.
                self.turn(heading, now + min(0.3, 0.4 * taken_s))
                self.turn(heading, now + max(taken_s - 0.3, 0.6 * taken_s))
            now += taken_s
            self.visit.path.append((now, *point))
            at = point
        self.turn(spot.heading, now + 0.15)
        self.point, self._lane, self.time_s, self.since_s = at, spot.lane, now, now
        return now

    def turn(self, heading: float, time_s: float) -> None:
        """Look there at that time, by the shorter way round."""
        last_s, last = self.visit.turns[-1]
        change = (heading - last + math.pi) % (2 * math.pi) - math.pi
        self.visit.turns.append((max(time_s, last_s + 0.01), last + change))

    def stay(self, until_s: float) -> None:
        """Stand still until then."""
        self.time_s = max(self.time_s, until_s)
        self.visit.path.append((self.time_s, *self.point))

    def follow(self, leader: "Agent", behind_s: float) -> None:
        """Go where the leader went from now on, `behind_s` later and a step behind, to the end of their way."""
        from_s = self.time_s - behind_s
        turn_s, headings = np.array(leader.visit.turns).T
        for time_s, x, y in leader.visit.path:
            if time_s > from_s:
                heading = float(np.interp(time_s, turn_s, headings))
                behind = (x - _BEHIND_M * math.cos(heading), y - _BEHIND_M * math.sin(heading))
                self.visit.path.append((time_s + behind_s, *behind))
        for time_s, heading in leader.visit.turns:
            if time_s > from_s:
                self.turn(heading, time_s + behind_s)
        self.point, self._lane = leader.point, None
        self.time_s = max(self.time_s, leader.time_s + behind_s)

    def close_visit(self) -> None:
        """Out of the door, with everything that is held or hidden."""
        self.visit.exit_s = self.time_s
        self.done = True
        for item in (*self.held, *self.hidden):
            self.visit.bag[item.product.id] = self.visit.bag.get(item.product.id, 0) + 1

    def reach(
        self, hand: int, target: tuple[float, float, float], in_s: float, out_s: float, *, ways_s: tuple[float, float]
    ) -> float:
        """A hand is at the target from `in_s` to `out_s`; `ways_s` is how long it takes there and back."""
        across = math.dist(self.point, target[:2])
        squat = self.stoop * min(max(0.845 * self.visit.height_m - target[2] - self.stoop_from_m, 0.0), 0.7)
        lean = min(max(across - _ARM_M, 0.06), 0.32)
        end_s = out_s + ways_s[1]
        self.visit.reaches.append(Reach(hand, in_s - ways_s[0], in_s, out_s, end_s, target, lean, squat))
        return end_s
