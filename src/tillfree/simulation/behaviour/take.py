"""A plain take."""

from tillfree.simulation.behaviour.act import SoloAct
from tillfree.simulation.behaviour.scene import Scene
from tillfree.simulation.people.agents import Agent

__all__ = ["Take"]


class Take(SoloAct):
    """One item with one hand; what everybody does who does nothing awkward."""

    name, rate = "take", 1.0
    meaning = "One item is taken with one hand."
    source = "three takes in two real recordings"

    def perform(self, scene: Scene, agent: Agent) -> bool:
        """Go to some facing and take there."""
        place = scene.floor.go_somewhere(agent)
        if place is None:
            return False
        hands = scene.hands
        step_s = hands.ready_s(agent)
        scene.floor.leave_spot(agent, hands.take_at(agent, place, step_s, hands.choose_hand(agent, place)))
        return True
