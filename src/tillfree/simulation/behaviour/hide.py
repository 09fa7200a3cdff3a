"""An item vanishes under a coat."""

import math

from tillfree.simulation.behaviour.act import SoloAct
from tillfree.simulation.behaviour.scene import Scene
from tillfree.simulation.people.agents import Agent

__all__ = ["Hide"]


class Hide(SoloAct):
    """A taken item goes under the coat, and is carried out: the truth is that it was taken.

    The hand goes to the other side of one's own chest and comes back empty. Frames hold joints and not what hands
    hold, so that nothing but that movement shows.
    """

    name, rate = "hide", 0.0
    meaning = "A taken item goes under the coat and is carried out there."

    def perform(self, scene: Scene, agent: Agent) -> bool:
        """Take something at some facing and hide it."""
        hands, rng = scene.hands, scene.rng
        place = scene.floor.go_somewhere(agent)
        if place is None:
            return False
        hand = hands.choose_hand(agent, place)
        agent.stay(hands.take_at(agent, place, hands.ready_s(agent), hand))
        heading = place.shelf.heading
        # The left hand (0) goes to the right side of the body, the right one to the left.
        across_m = float(rng.uniform(0.04, 0.12)) * (-1.0 if hand == 0 else 1.0)
        target = (
            agent.point[0] + 0.14 * math.cos(heading) - across_m * math.sin(heading),
            agent.point[1] + 0.14 * math.sin(heading) + across_m * math.cos(heading),
            float(rng.uniform(0.62, 0.7)) * agent.visit.height_m,
        )
        in_s = agent.time_s + float(rng.uniform(0.5, 0.8))
        out_s = in_s + float(rng.uniform(0.5, 1.2))
        end_s = agent.reach(hand, target, in_s, out_s, ways_s=(0.4, 0.4))
        agent.turn(heading, end_s)  # or the body would turn away while the hand is at it
        item = agent.held.pop()
        agent.hidden.append(item)
        hands.note((in_s + out_s) / 2, agent, "hide", item, None)
        scene.floor.leave_spot(agent, end_s)
        return True
