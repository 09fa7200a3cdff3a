"""A hand on a shelf that takes nothing."""

import math

import numpy as np

from tillfree.simulation.agents import Agent
from tillfree.simulation.behaviour.act import SoloAct
from tillfree.simulation.behaviour.scene import Scene
from tillfree.simulation.stock import Item

__all__ = ["Touch"]


class Touch(SoloAct):
    """A press of 30 to 260 g for up to a second."""

    name, rate = "touch", 0.8
    meaning = "A hand presses on a shelf and takes nothing."

    def perform(self, scene: Scene, agent: Agent) -> bool:
        """Go to some facing and press there."""
        place = scene.floor.go_somewhere(agent)
        if place is None:
            return False
        hands, rng = scene.hands, scene.rng
        at_s = hands.ready_s(agent)
        hold_s, press_g = float(rng.uniform(0.3, 1.0)), float(np.exp(rng.uniform(math.log(30.0), math.log(260.0))))
        resting = hands.stock.rest(Item(place.product, 0.0, float(rng.uniform(0.06, 0.2)), place), place)
        hands.traces.append(hands.handling.touch(resting, press_g, at_s, hold_s))
        hands.shock(place, press_g / 2, at_s)
        hands.note(at_s, agent, "touch", None, resting)
        end_s = hands.move_hand(agent, place, resting.middle_m, at_s, at_s + hold_s, hands.choose_hand())
        scene.floor.leave_spot(agent, end_s)
        return True
