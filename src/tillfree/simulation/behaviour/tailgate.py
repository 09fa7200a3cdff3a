"""Two people on one passage of the gate."""

from tillfree.simulation.behaviour.act import PairAct
from tillfree.simulation.behaviour.scene import Scene
from tillfree.simulation.people.agents import Agent

__all__ = ["Tailgate"]


class Tailgate(PairAct):
    """Two people leave close behind each other, and the gate counts one passage: that of the first.

    Both carry out what they have, and each has a receipt. That the second is gone shows in the frames only. What the
    gate does about it (an alarm, a bar that stays down) is not shown. Only
    people who have something do it, and who has others along does not.
    """

    name, rate, gate = "tailgate", 0.0, True
    meaning = "Two people leave on one passage of the gate, which sees the first only."

    def perform(self, scene: Scene, agent: Agent, partner: Agent) -> bool:
        """Both go to the door; who is there first waits for the other, and they go out 0.4 to 0.7 s apart."""
        if agent.company or partner.company or agent.party or partner.party or not (agent.held and partner.held):
            return False
        floor = scene.floor
        there_s = max(floor.walk_to_door(agent), floor.walk_to_door(partner))
        agent.stay(there_s + 0.1)
        partner.stay(there_s + 0.1 + float(scene.rng.uniform(0.4, 0.7)))
        partner.visit.tailgates = True
        for who in (agent, partner):
            who.close_visit()
        scene.hands.note(partner.visit.exit_s, partner, "tailgate", None, None, agent)
        return True
