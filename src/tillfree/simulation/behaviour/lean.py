"""Somebody rests on a shelf."""

import math

import numpy as np

from tillfree.simulation.behaviour.act import SoloAct
from tillfree.simulation.behaviour.scene import Scene
from tillfree.simulation.people.agents import Agent

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
        width_m = float(rng.uniform(0.12, 0.28))
        end_s = hands.press_at(agent, place, at_s, hold_s, press_g=press_g, width_m=width_m, kind=self.name, shake=0.25)
        agent.turn(place.shelf.heading, end_s)
        scene.floor.leave_spot(agent, end_s)
        return True
