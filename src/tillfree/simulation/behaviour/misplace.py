"""An item goes to where it does not belong."""

from tillfree.simulation.behaviour.act import SoloAct
from tillfree.simulation.behaviour.scene import Scene
from tillfree.simulation.people.agents import Agent

__all__ = ["Misplace"]


class Misplace(SoloAct):
    """Something held goes to some facing, mostly one of something else."""

    name, rate = "misplace", 1.0
    meaning = "Something held goes to a facing of something else."

    def perform(self, scene: Scene, agent: Agent) -> bool:
        """Go to some facing and put the item there."""
        hands = scene.hands
        item = hands.something_held(agent)
        place = scene.floor.go_somewhere(agent) if item is not None else None
        if item is None or place is None:
            return False
        scene.floor.leave_spot(agent, hands.put_at(agent, item, place, hands.ready_s(agent)))
        return True
