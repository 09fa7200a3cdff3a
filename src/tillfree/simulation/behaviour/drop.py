"""An item falls."""

import math

from tillfree.simulation.behaviour.act import SoloAct
from tillfree.simulation.behaviour.scene import Scene
from tillfree.simulation.people.agents import Agent

__all__ = ["Drop"]

_FLOOR_Z_M = 0.06


class Drop(SoloAct):
    """An item falls on the floor after a take and is picked up; half of them go back to their facing.

    The hand that goes down to the floor shows. The thing on the floor does not, nor does its fall: no event tells of
    items outside hands and shelves, and how much a fall shakes a shelf is not known.
    """

    name, rate = "drop", 0.0
    meaning = "An item falls on the floor after a take, is picked up, and is kept or put back."

    def perform(self, scene: Scene, agent: Agent) -> bool:
        """Take something at some facing, drop it and bend down for it."""
        floor, hands, rng = scene.floor, scene.hands, scene.rng
        place = floor.go_somewhere(agent)
        if place is None:
            return False
        hand = hands.choose_hand(agent, place)
        taken_s = hands.ready_s(agent)
        back_s = hands.take_at(agent, place, taken_s, hand)
        item = agent.held[-1]
        # It slips out of the hand on the way back from the shelf.
        hands.note(taken_s + float(rng.uniform(0.7, 0.8)) * (back_s - taken_s), agent, "drop", item, None)
        heading = place.shelf.heading + float(rng.uniform(-0.5, 0.5))
        away_m = float(rng.uniform(0.2, 0.35))
        target = (
            agent.point[0] + away_m * math.cos(heading),
            agent.point[1] + away_m * math.sin(heading),
            _FLOOR_Z_M,
        )
        in_s = back_s + float(rng.uniform(0.8, 1.3))
        grasp_s = in_s + float(rng.uniform(0.2, 0.5))
        ways_s = (float(rng.uniform(0.6, 0.8)), float(rng.uniform(0.6, 0.9)))
        end_s = agent.reach(hand, target, in_s, grasp_s + 0.1, ways_s=ways_s)
        hands.note(grasp_s, agent, "pick_up", item, None)
        agent.turn(place.shelf.heading, end_s)
        agent.stay(end_s)
        if rng.random() < 0.5:
            end_s = hands.put_at(agent, item, place, hands.ready_s(agent), hand=hand)
        floor.leave_spot(agent, end_s)
        return True
