"""Two people on one passage of the gate, on their way in."""

from tillfree.simulation.behaviour.act import SoloAct
from tillfree.simulation.behaviour.scene import Scene
from tillfree.simulation.people.agents import Agent

__all__ = ["TailgateIn"]


class TailgateIn(SoloAct):
    """Somebody slips in 0.4 to 0.7 s behind a shopper, and the gate counts one passage: that of the first.

    Who slipped in shops like everybody else and leaves by a passage of their own, so there are two receipts. That
    somebody came in shows in the frames only. It happens only as somebody comes in, and nobody follows who slipped in.
    """

    name, rate, gate = "tailgate_in", 0.0, True
    meaning = "Somebody comes in close behind a shopper, unseen by the gate, and shops on their own."

    def perform(self, scene: Scene, agent: Agent) -> bool:
        """A further person comes in by the same door; the first goes on as if nothing were."""
        if agent.time_s > agent.visit.entry_s or agent.visit.slips_in:
            return False
        other = scene.floor.come(agent.visit.entry_s + float(scene.rng.uniform(0.4, 0.7)), agent.point)
        other.visit.slips_in = True
        other.goals = agent.goals + 1
        other.wishes = list(agent.wishes)
        scene.hands.note(other.visit.entry_s, other, "tailgate_in", None, None, agent)
        # Who was followed has done nothing yet.
        agent.goals += 1
        agent.stay(agent.time_s + 0.01)
        return True
