"""Two people at one facing."""

from tillfree.simulation.behaviour.act import PairAct
from tillfree.simulation.behaviour.scene import Scene
from tillfree.simulation.people.agents import Agent

__all__ = ["Together"]


class Together(PairAct):
    """They stand side by side, and each takes one."""

    name, rate = "together", 1.0
    meaning = "Two people take from one facing within half a second."

    def perform(self, scene: Scene, agent: Agent, partner: Agent) -> bool:
        """Meet before some facing and take there."""
        floor, hands, rng = scene.floor, scene.hands, scene.rng
        place = floor.choose(agent)
        side_m = float(rng.uniform(0.26, 0.34))
        left, right = (
            who.spot(place.shelf, place.middle_m + sign * side_m, float(rng.uniform(0.5, 0.62)))
            for who, sign in ((agent, -1), (partner, 1))
        )
        there_s = floor.go_side_by_side((agent, partner), (left, right))
        if there_s is None:
            return False
        partner.goals -= 1
        step_s = there_s + float(rng.uniform(1.1, 1.6))
        for who in (agent, partner):
            # The inner hand: the right one of who stands at the left.
            end_s = hands.take_at(who, place, step_s, 1 if who is agent else 0)
            floor.leave_spot(who, end_s)
            step_s += float(rng.uniform(0.0, 0.5))
        return True
