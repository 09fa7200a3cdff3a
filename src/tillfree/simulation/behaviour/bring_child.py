"""A child comes along."""

import math

from tillfree.simulation.behaviour.act import SoloAct
from tillfree.simulation.behaviour.scene import Scene
from tillfree.simulation.people.agents import Agent

__all__ = ["BringChild"]

_HEIGHT_M = (1.02, 1.32)
_REACH = 0.95


class BringChild(SoloAct):
    """An adult comes in with a child, who takes something, stays close by, and leaves right behind the adult.

    It happens only as somebody comes in, never in the middle of a visit. At the gate both are named as one party, so
    one pays for both; the truth keeps what each of them carried, as visits do. That the adult is the one who pays is
    said by the truth's act `child` (from the child, to the adult) and by the name of the party; no event says which of
    a party pays. The child follows the adult's steps at their pace, and takes from boards below its own height.
    """

    name, rate, gate = "bring_child", 0.0, True
    meaning = "An adult comes in with a child who takes something; they are one party, for whom the adult pays."

    def perform(self, scene: Scene, agent: Agent) -> bool:
        """Come in together; the child goes to a low facing first, while the adult waits."""
        if agent.time_s > agent.visit.entry_s:
            return False
        floor, hands, rng = scene.floor, scene.hands, scene.rng
        height_m = float(rng.uniform(*_HEIGHT_M))
        low = [
            place
            for place in floor.furniture.places
            if place.shelf.grasp(place.middle_m)[2] < _REACH * height_m
            and math.dist(agent.point, place.shelf.spot(place.middle_m, 0.6)) < 8.0
        ]
        if not low:
            return False
        child = floor.come(agent.visit.entry_s + float(rng.uniform(0.7, 1.1)), agent.point)
        child.done = True  # the child makes no plans: it goes along
        child.visit.height_m = height_m
        child.visit.party = agent.visit.party = agent.visit.party or f"party-{agent.visit.track}"
        hands.note(child.time_s, child, "child", None, None, agent)
        place = low[int(rng.integers(len(low)))]
        floor.go_patiently(child, place)
        floor.leave_spot(child, hands.take_at(child, place, hands.ready_s(child), hands.choose_hand(child, place)))
        # The adult goes along to beside the child, and goes on once the child has what it wants.
        side_m = 0.62 if place.middle_m < float(place.shelf.edges_m[:, 1].max()) / 2 else -0.62
        spot = agent.spot(place.shelf, place.middle_m + side_m, 0.85)
        agent.walk(spot, agent.way(spot))
        agent.stay(child.time_s + 0.5)
        agent.company.append(child)
        return True
