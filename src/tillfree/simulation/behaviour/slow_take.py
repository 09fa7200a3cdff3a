"""An item that leaves its plate slowly."""

import math

import numpy as np

from tillfree.simulation.behaviour.act import SoloAct
from tillfree.simulation.behaviour.scene import Scene
from tillfree.simulation.people.agents import Agent

__all__ = ["SlowTake"]


class SlowTake(SoloAct):
    """Held for 2 to 30 s before it goes."""

    name, rate = "slow_take", 0.7
    meaning = "An item is held with varying load on its plate, then taken."

    def perform(self, scene: Scene, agent: Agent) -> bool:
        """Hold something at a facing, then take it."""
        place = scene.floor.go_somewhere(agent)
        if place is None:
            return False
        hands = scene.hands
        held_s = float(np.exp(scene.rng.uniform(math.log(2.0), math.log(30.0))))
        step_s = hands.ready_s(agent) + held_s
        scene.floor.leave_spot(
            agent, hands.take_at(agent, place, step_s, hands.choose_hand(agent, place), held_s=held_s)
        )
        return True
