"""A hand on a shelf that takes nothing."""

import math

import numpy as np

from tillfree.simulation.behaviour.act import SoloAct
from tillfree.simulation.behaviour.scene import Scene
from tillfree.simulation.people.agents import Agent

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
        width_m = float(rng.uniform(0.06, 0.2))
        end_s = hands.press_at(agent, place, at_s, hold_s, press_g=press_g, width_m=width_m, kind=self.name, shake=0.5)
        scene.floor.leave_spot(agent, end_s)
        return True
