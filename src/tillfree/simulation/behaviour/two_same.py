"""Two units of one product at once."""

from tillfree.simulation.behaviour.act import SoloAct
from tillfree.simulation.behaviour.scene import Scene
from tillfree.simulation.people.agents import Agent

__all__ = ["TwoSame"]


class TwoSame(SoloAct):
    """Two units leave one facing, with one hand or with both."""

    name, rate = "two_same", 1.0
    meaning = "Two units of one product within a tenth of a second."

    def perform(self, scene: Scene, agent: Agent) -> bool:
        """Take twice at one facing."""
        place = scene.floor.go_somewhere(agent)
        if place is None:
            return False
        hands, rng = scene.hands, scene.rng
        first_s = hands.ready_s(agent)
        one_hand = rng.random() < 0.4
        hands.take_at(agent, place, first_s, 1)
        second_s = first_s + float(rng.uniform(0.02, 0.1))
        end_s = hands.take_at(agent, place, second_s, 1 if one_hand else 0, moves=not one_hand)
        scene.floor.leave_spot(agent, end_s)
        return True
