"""Where people go: choosing a facing, a free place before it, coming through the door and leaving."""

import math

import numpy as np

from tillfree.core.ids import TrackId
from tillfree.simulation.agents import Agent, Spot
from tillfree.simulation.furniture import Furniture, Place

__all__ = ["Floor"]

_APART_M = 0.5
_FOLLOW_S = 0.8


class Floor:
    """The floor of a shop with everybody who was, is or will be on it."""

    def __init__(self, furniture: Furniture, rng: np.random.Generator, people: list[Agent]) -> None:
        self.furniture = furniture
        self.people = people
        """Everybody; the number of a person is their place in it. Acts add those who come because of them."""
        self._rng = rng
        self._taken: list[tuple[float, float, float, float, int]] = []

    def forget_before(self, time_s: float) -> None:
        """Spots that were left before then are nobody's any more."""
        self._taken = [spot for spot in self._taken if spot[1] >= time_s]

    # ---- facings and spots --------------------------------------------------------------------------------------

    def choose(self, agent: Agent) -> Place:
        """A facing, rather a near one."""
        places = self.furniture.places
        some = [places[int(k)] for k in self._rng.integers(len(places), size=6)]
        far = np.array([math.dist(agent.point, place.shelf.spot(place.middle_m, 0.6)) for place in some])
        odds = np.exp(-far / 3.0) + 1e-12
        return some[int(self._rng.choice(len(some), p=odds / odds.sum()))]

    def go_somewhere(self, agent: Agent) -> Place | None:
        """Walk before some facing where nobody stands; None where there is none."""
        for _ in range(6):
            place = self.choose(agent)
            if self.go_to(agent, place):
                return place
        return None

    def go_to(self, agent: Agent, place: Place) -> bool:
        """Walk before a facing, unless somebody stands there."""
        for _ in range(3):
            along_m = place.middle_m + float(self._rng.normal(0.0, 0.12))
            spot = agent.spot(place.shelf, along_m, float(self._rng.uniform(0.5, 0.68)))
            way = agent.way(spot)
            arrival_s = agent.arrival_s(way)
            if self.is_free(spot.point, arrival_s - 0.3, arrival_s + 4.0, (agent.visit.number,)):
                self.occupy(agent, spot, agent.walk(spot, way))
                return True
        return False

    def go_patiently(self, agent: Agent, place: Place) -> None:
        """Walk before a facing once nobody stands there."""
        while not self.go_to(agent, place):
            agent.stay(agent.time_s + float(self._rng.uniform(0.5, 2.0)))

    def go_side_by_side(self, pair: tuple[Agent, Agent], spots: tuple[Spot, Spot]) -> float | None:
        """Both walk to their spots; when the later one is there, None where somebody else stands in the way."""
        ways = [who.way(spot) for who, spot in zip(pair, spots, strict=True)]
        arrivals = [who.arrival_s(way) for who, way in zip(pair, ways, strict=True)]
        both = (pair[0].visit.number, pair[1].visit.number)
        if not all(self.is_free(spot.point, min(arrivals), max(arrivals) + 3.5, both) for spot in spots):
            return None
        for who, spot, way in zip(pair, spots, ways, strict=True):
            self.occupy(who, spot, who.walk(spot, way))
        return max(arrivals)

    def is_free(self, point: tuple[float, float], from_s: float, to_s: float, numbers: tuple[int, ...]) -> bool:
        """Whether nobody but those with these numbers stands near a point within a time."""
        return not any(
            begin_s < to_s and from_s < end_s and number not in numbers and math.dist(point, (x, y)) < _APART_M
            for begin_s, end_s, x, y, number in self._taken
        )

    def occupy(self, agent: Agent, spot: Spot, arrival_s: float) -> None:
        """Others keep away from a spot for some seconds."""
        self._taken.append((arrival_s - 0.3, arrival_s + 4.0, *spot.point, agent.visit.number))

    def leave_spot(self, agent: Agent, end_s: float) -> None:
        """An act is over at `end_s`; the person stays a moment more, or less."""
        agent.stay(end_s + float(self._rng.uniform(-0.2, 0.3)))
        self._taken.append((agent.time_s - 3.0, agent.time_s + 0.4, *agent.point, agent.visit.number))

    # ---- the door -----------------------------------------------------------------------------------------------

    def come(self, entry_s: float) -> Agent:
        """A further person comes through the door."""
        track = TrackId(str(int(self._rng.integers(10**18, 9 * 10**18))))
        agent = Agent(len(self.people), track, entry_s, self.furniture, self._rng)
        self.people.append(agent)
        return agent

    def walk_to_door(self, agent: Agent) -> float:
        """Walk to the nearest one; returns the time of arrival."""
        door = min(self.furniture.doors, key=lambda door: math.dist(door, agent.point))
        spot = Spot(door, door, -math.pi / 2)
        return agent.walk(spot, agent.way(spot))

    def leave(self, agent: Agent) -> None:
        """Walk out with all that is held or hidden; who came along leaves right behind."""
        agent.stay(self.walk_to_door(agent) + 0.1)
        agent.close_visit()
        for child in agent.company:
            child.follow(agent, _FOLLOW_S)
            child.close_visit()
