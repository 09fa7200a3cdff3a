"""An item goes from hand to hand."""

import math

from tillfree.simulation.behaviour.act import PairAct
from tillfree.simulation.behaviour.scene import Scene
from tillfree.simulation.people.agents import Agent, Spot

__all__ = ["HandOver"]


class HandOver(PairAct):
    """Two people face each other in the lane, and one gives the other something held; each item once."""

    name, rate = "hand_over", 1.0
    meaning = "An item goes from person to person."

    def perform(self, scene: Scene, agent: Agent, partner: Agent) -> bool:
        """Meet where the giver is, and give."""
        own = [item for item in agent.held if not item.given]
        if not own:
            return False
        floor, hands, rng = scene.floor, scene.hands, scene.rng
        item = own[int(rng.integers(len(own)))]
        item.given = True
        here = agent.lane_spot()
        angle = float(rng.uniform(-0.4, 0.4)) + (0.0 if partner.point[0] >= here[0] else math.pi)
        apart_m = float(rng.uniform(0.6, 0.75))
        angle = floor.furniture.roomy(here, angle, apart_m)
        there = (here[0] + apart_m * math.cos(angle), here[1] + apart_m * math.sin(angle))
        spots = [Spot(here, here, angle), Spot(there, there, angle + math.pi)]
        arrivals = [who.walk(spot, who.way(spot)) for who, spot in zip((agent, partner), spots, strict=True)]
        begin_s = max(arrivals) + float(rng.uniform(0.2, 0.6))
        held_s = float(rng.uniform(1.0, 1.5))
        # The item lies between the wrists, so these stay some centimetres apart.
        gap_m = float(rng.uniform(0.05, 0.15))
        centre = ((here[0] + there[0]) / 2, (here[1] + there[1]) / 2, float(rng.uniform(0.95, 1.2)))
        for who, spot, sign in ((agent, spots[0], -0.5), (partner, spots[1], 0.5)):
            floor.occupy(who, spot, who.time_s)
            target = (centre[0] + sign * gap_m * math.cos(angle), centre[1] + sign * gap_m * math.sin(angle), centre[2])
            ways_s = (float(rng.uniform(0.4, 0.6)), float(rng.uniform(0.4, 0.6)))
            in_s = begin_s + ways_s[0]
            floor.leave_spot(who, who.reach(hands.choose_hand(who), target, in_s, in_s + held_s, ways_s=ways_s))
        agent.held.remove(item)
        partner.held.append(item)
        hands.note(begin_s + 0.5 + held_s / 2, agent, "give", item, None, partner)
        return True
