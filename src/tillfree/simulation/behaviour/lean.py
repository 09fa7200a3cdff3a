"""Somebody rests on a shelf."""

import math

import numpy as np

from tillfree.simulation.agents import Agent
from tillfree.simulation.behaviour.act import SoloAct
from tillfree.simulation.behaviour.scene import Scene
from tillfree.simulation.stock import Item

__all__ = ["Lean"]


class Lean(SoloAct):
    """A press of 300 to 3000 g for 3 to 10 s, never steady, and nothing is left of it."""

    name, rate = "lean", 0.0
    meaning = "Somebody leans on a shelf with a hand or forearm: a long, heavy press that takes nothing."

    def perform(self, scene: Scene, agent: Agent) -> bool:
        """Go to some facing and rest there."""
        place = scene.floor.go_somewhere(agent)
        if place is None:
            return False
        hands, rng = scene.hands, scene.rng
        at_s = hands.ready_s(agent)
        hold_s = float(rng.uniform(3.0, 10.0))
        press_g = float(np.exp(rng.uniform(math.log(300.0), math.log(3000.0))))
        # A forearm is broader than a hand, and spreads over two plates or three.
        resting = hands.stock.rest(Item(place.product, 0.0, float(rng.uniform(0.12, 0.28)), place), place)
        hands.traces.append(hands.handling.touch(resting, press_g, at_s, hold_s))
        hands.shock(place, press_g / 4, at_s)
        hands.note(at_s, agent, "lean", None, resting)
        end_s = hands.move_hand(agent, place, resting.middle_m, at_s, at_s + hold_s, hands.choose_hand())
        agent.turn(place.shelf.heading, end_s)
        scene.floor.leave_spot(agent, end_s)
        return True
