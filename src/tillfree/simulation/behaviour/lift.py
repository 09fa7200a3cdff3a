"""An item that is looked at."""

from tillfree.simulation.behaviour.act import SoloAct
from tillfree.simulation.behaviour.scene import Scene
from tillfree.simulation.people.agents import Agent

__all__ = ["Lift"]


class Lift(SoloAct):
    """Up, and down again 1 to 2 s later, by the same hand."""

    name, rate = "lift", 0.7
    meaning = "An item is lifted and set down again."

    def perform(self, scene: Scene, agent: Agent) -> bool:
        """Lift something at some facing."""
        place = scene.floor.go_somewhere(agent)
        if place is None:
            return False
        hands = scene.hands
        up_s = hands.ready_s(agent)
        down_s = up_s + float(scene.rng.uniform(1.0, 2.0))
        item = hands.stock.front(place, up_s)
        assert item.resting is not None
        middle_m = item.resting.middle_m
        hands.traces.append(hands.handling.take(item.resting, item.weight_g, up_s))
        hands.shock(place, item.weight_g, up_s)
        hands.note(up_s, agent, "lift", item, item.resting)
        hands.set_down(item, place, down_s)
        scene.floor.leave_spot(
            agent, hands.move_hand(agent, place, middle_m, up_s, down_s + 0.4, hands.choose_hand(agent, place))
        )
        return True
