"""Where people go: choosing a facing, a free place before it, coming through the door and leaving."""

import math
from collections.abc import Sequence

import numpy as np

from tillfree.core.ids import TrackId
from tillfree.simulation.furniture import Furniture, Place
from tillfree.simulation.people.agents import Agent, Spot
from tillfree.simulation.people.shopping_lists import IMPULSE, nearest

__all__ = ["Floor"]

_APART_M = 0.5
_FOLLOW_S = 0.8
_BEHIND_S = 0.9
_OWN_WAY = 0.5
"""How often people of a party do not care what the others do: assumed."""
_DWELL_SPREAD = 0.6
"""How much longer some look than others: the standard deviation of the logarithm, assumed."""
_STEP_BACK_M, _TRIES = 0.1, 8


class Floor:
    """The floor of a shop with everybody who was, is or will be on it."""

    def __init__(
        self, furniture: Furniture, rng: np.random.Generator, people: list[Agent], dwell_s: float = 0.0
    ) -> None:
        """`dwell_s` is how long people look at a facing before they reach, in the middle."""
        self.furniture = furniture
        self._dwell_s = dwell_s
        self.people = people
        """Everybody; the number of a person is their place in it. Acts add those who come because of them."""
        self._rng = rng
        self._taken: list[tuple[float, float, float, float, int]] = []

    def forget_before(self, time_s: float) -> None:
        """Spots that were left before then are nobody's any more."""
        self._taken = [spot for spot in self._taken if spot[1] >= time_s]

    # ---- facings and spots --------------------------------------------------------------------------------------

    def choose(self, agent: Agent, besides: Sequence[Place] = ()) -> Place:
        """The nearest of the shopping list; without one, and now and then on impulse, a facing, rather a near one.

        Who is in a party chooses what is near one of the others as often as not. `besides` are facings of the list
        to which they could not go just now.
        """
        wanted = [place for place in agent.wishes if place not in besides]
        here = self._company(agent)
        if wanted and self._rng.random() >= IMPULSE:
            return nearest(self.furniture, here, wanted)
        places = self.furniture.places
        some = [places[int(k)] for k in self._rng.integers(len(places), size=6)]
        far = np.array([math.dist(here.point, place.shelf.spot(place.middle_m, 0.6)) for place in some])
        odds = np.exp(-far / 3.0) + 1e-12
        return some[int(self._rng.choice(len(some), p=odds / odds.sum()))]

    def go_somewhere(self, agent: Agent) -> Place | None:
        """Walk before some facing where nobody stands; None where there is none."""
        tried: list[Place] = []
        for _ in range(6):
            place = self.choose(agent, tried)
            if self.go_to(agent, place):
                return place
            tried.append(place)
        return None

    def _company(self, agent: Agent) -> Agent:
        """Near whom they want to be now: mostly themselves."""
        party = [] if agent.party is None else agent.party.members
        others = [who for who in party if who is not agent and not who.done]
        if not others or self._rng.random() < _OWN_WAY:
            return agent
        return others[int(self._rng.integers(len(others)))]

    def go_to(self, agent: Agent, place: Place) -> bool:
        """Walk before a facing and look at it, unless somebody stands there."""
        look_s = self._dwell_s and self._dwell_s * float(np.exp(_DWELL_SPREAD * self._rng.standard_normal()))
        for _ in range(3):
            along_m = place.middle_m + float(self._rng.normal(0.0, 0.12))
            spot = agent.spot(place.shelf, along_m, float(self._rng.uniform(0.5, 0.68)))
            way = agent.way(spot)
            arrival_s = agent.arrival_s(way)
            if self.is_free(spot.point, arrival_s - 0.3, arrival_s + look_s + 4.0, (agent.visit.number,)):
                self.occupy(agent, spot, agent.walk(spot, way))
                if look_s:
                    agent.stay(agent.time_s + look_s)
                return True
        return False

    def go_patiently(self, agent: Agent, place: Place) -> None:
        """Walk before a facing once nobody stands there."""
        while not self.go_to(agent, place):
            self.wait(agent, agent.time_s + float(self._rng.uniform(0.5, 2.0)))

    def wait(self, agent: Agent, until_s: float) -> None:
        """Nothing can be done: go out of others' way, back from the shelf to where nobody is, and stand there."""
        lane, heading = agent.lane_spot(), agent.visit.turns[-1][1]
        if math.dist(lane, agent.point) > _STEP_BACK_M:
            for _ in range(_TRIES):
                back_m, along_m = float(self._rng.uniform(0.0, 1.2)), float(self._rng.uniform(-1.0, 1.0))
                there = (
                    lane[0] - back_m * math.cos(heading) - along_m * math.sin(heading),
                    lane[1] - back_m * math.sin(heading) + along_m * math.cos(heading),
                )
                now_s, number = agent.time_s, agent.visit.number
                if self.furniture.leads(lane, there) and self.is_free(there, now_s, until_s + 2.0, (number,)):
                    agent.walk(Spot(there, there, heading), [lane, there])
                    break
            else:
                agent.walk(Spot(lane, lane, heading), [lane])
        agent.stay(until_s)
        self._taken.append((agent.since_s - 0.3, agent.time_s + 0.4, *agent.point, agent.visit.number))

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
        self._taken.append((agent.since_s - 0.3, agent.time_s + 0.4, *agent.point, agent.visit.number))

    # ---- the door -----------------------------------------------------------------------------------------------

    def come(self, entry_s: float, door: tuple[float, float] | None = None) -> Agent:
        """A further person comes through that door, or through any."""
        track = TrackId(str(int(self._rng.integers(10**18, 9 * 10**18))))
        agent = Agent(len(self.people), track, entry_s, self.furniture, self._rng, door)
        self.people.append(agent)
        return agent

    def walk_to_door(self, agent: Agent) -> float:
        """Walk to the nearest one; returns the time of arrival."""
        spot = self._door_of(agent)
        return agent.walk(spot, agent.way(spot))

    def _door_of(self, agent: Agent) -> Spot:
        door = min(self.furniture.doors, key=lambda door: math.dist(door, agent.point))
        return Spot(door, door, -math.pi / 2)

    def leave(self, agent: Agent) -> None:
        """Walk out with all that is held or hidden; a party, and who came along, leave together."""
        if agent.party is None:
            self.walk_to_door(agent)
            self._out(agent)
            return
        members = [member for member in agent.party.members if not member.done]
        door = self._door_of(agent)
        needed = [member.arrival_s(member.way(door)) for member in members]
        # Everybody sets off so that they come to the door one behind the other.
        for number, (member, arrival_s) in enumerate(sorted(zip(members, needed, strict=True), key=lambda m: m[1])):
            member.stay(member.time_s + max(needed) + number * _BEHIND_S - arrival_s)
            member.walk(door, member.way(door))
            self._out(member)

    def _out(self, agent: Agent) -> None:
        agent.stay(agent.time_s + 0.1)
        agent.close_visit()
        for child in agent.company:
            child.follow(agent, _FOLLOW_S)
            child.close_visit()
