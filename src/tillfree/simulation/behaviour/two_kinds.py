"""Two products at once."""

from tillfree.simulation.behaviour.act import SoloAct
from tillfree.simulation.behaviour.scene import Scene
from tillfree.simulation.people.agents import Agent

__all__ = ["TwoKinds"]

_HANDS_APART_M = 0.75


class TwoKinds(SoloAct):
    """Each hand takes from another facing; one take only where nothing else is within reach."""

    name, rate = "two_kinds", 1.0
    meaning = "Two products with two hands."

    def perform(self, scene: Scene, agent: Agent) -> bool:
        """Take at a facing, and within a third of a second at one near it."""
        place = scene.floor.go_somewhere(agent)
        if place is None:
            return False
        hands, rng = scene.hands, scene.rng
        beside = [
            other
            for other in scene.floor.furniture.places
            if other.product.id != place.product.id
            and other.shelf.fixture == place.shelf.fixture
            and abs(other.shelf.row - place.shelf.row) <= 1
            and abs(other.middle_m - place.middle_m) < _HANDS_APART_M
        ]
        first_s = hands.ready_s(agent)
        if not beside:
            scene.floor.leave_spot(agent, hands.take_at(agent, place, first_s, hands.choose_hand(agent, place)))
            return True
        other = beside[int(rng.integers(len(beside)))]
        hand = int(place.middle_m > other.middle_m)
        hands.take_at(agent, place, first_s, hand)
        second_s = first_s + float(rng.uniform(0.03, 0.35))
        scene.floor.leave_spot(agent, hands.take_at(agent, other, second_s, 1 - hand))
        return True
