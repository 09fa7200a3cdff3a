"""Two items change places."""

import math

from tillfree.simulation.behaviour.act import SoloAct
from tillfree.simulation.behaviour.scene import Scene
from tillfree.simulation.people.agents import Agent

__all__ = ["Swap"]

_NEAR_M = 4.0


class Swap(SoloAct):
    """Take one, take another of nearly the same weight, and leave each where the other was."""

    name, rate = "swap", 0.3
    meaning = "Two items of nearly equal weight change places."

    def perform(self, scene: Scene, agent: Agent) -> bool:
        """Swap what lies at two facings; where a way is blocked, as much of it as can be done."""
        floor, hands = scene.floor, scene.hands
        first = floor.choose(agent)
        like = [
            place
            for place in floor.furniture.places
            if place.product.id != first.product.id
            and abs(place.weight_g / first.weight_g - 1.0) < 0.04
            and math.dist(place.shelf.spot(place.middle_m, 0.6), first.shelf.spot(first.middle_m, 0.6)) < _NEAR_M
        ]
        if not like or not floor.go_to(agent, first):
            return False
        second = like[int(scene.rng.integers(len(like)))]
        floor.leave_spot(agent, hands.take_at(agent, first, hands.ready_s(agent), 0))
        if not floor.go_to(agent, second):
            return True
        one = agent.held[-1]
        hands.take_at(agent, second, hands.ready_s(agent), 1)
        other = agent.held[-1]
        agent.stay(agent.visit.reaches[-1].end_s)
        floor.leave_spot(agent, hands.put_at(agent, one, second, hands.ready_s(agent), hand=0))
        if floor.go_to(agent, first):
            floor.leave_spot(agent, hands.put_at(agent, other, first, hands.ready_s(agent), hand=1))
        return True
