"""Somebody leaves, and comes again."""

from tillfree.simulation.behaviour.act import SoloAct
from tillfree.simulation.behaviour.scene import Scene
from tillfree.simulation.people.agents import Agent

__all__ = ["ComeAgain"]


class ComeAgain(SoloAct):
    """A visit ends with what is carried; 4 to 15 s later the same person comes in as a new visit, with empty hands.

    The tracker gives a new id, and nothing tells the store that it is the same person: there are two receipts. Truth's
    act `come_again` is of the new visit, and names the old one. Who has others along does not do it.
    """

    name, rate = "come_again", 0.0
    meaning = "Somebody leaves with what they have and soon comes in again, as a new visit with a receipt of its own."

    def perform(self, scene: Scene, agent: Agent) -> bool:
        """Go out; the rest of what was planned is done in the next visit."""
        if agent.company or agent.party or agent.time_s <= agent.visit.entry_s:
            return False
        scene.floor.leave(agent)
        again = scene.floor.come(agent.visit.exit_s + float(scene.rng.uniform(4.0, 15.0)))
        again.visit.height_m, again.speed_m_s = agent.visit.height_m, agent.speed_m_s
        again.goals = max(agent.goals, 1)
        again.hand, again.wishes = agent.hand, agent.wishes
        scene.hands.note(again.visit.entry_s, again, "come_again", None, None, agent)
        return True
