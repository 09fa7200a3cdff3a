"""An item goes back to where it belongs."""

from tillfree.simulation.behaviour.act import SoloAct
from tillfree.simulation.behaviour.scene import Scene
from tillfree.simulation.people.agents import Agent

__all__ = ["PutBack"]


class PutBack(SoloAct):
    """Something held goes back to its own facing; only where somebody holds something."""

    name, rate = "put_back", 1.5
    meaning = "Something held goes back to its own facing."

    def perform(self, scene: Scene, agent: Agent) -> bool:
        """Go to the item's home and put it there."""
        hands = scene.hands
        item = hands.something_held(agent)
        if item is None or not scene.floor.go_to(agent, item.home):
            return False
        scene.floor.leave_spot(agent, hands.put_at(agent, item, item.home, hands.ready_s(agent)))
        return True
