"""Two people whose arms cross before a shelf."""

from tillfree.simulation.behaviour.act import PairAct
from tillfree.simulation.behaviour.scene import Scene
from tillfree.simulation.furniture import Place
from tillfree.simulation.people.agents import Agent

__all__ = ["CrossArms"]

_BESIDE_M = (0.3, 0.72)
_SIDE_M = 0.29


class CrossArms(PairAct):
    """Each stands before one of two facings side by side, and takes from that of the other.

    The hand is nearer to the wrong person's body than to its own; only the arm says whose it is. Nobody's arm pushes
    the other's away.
    """

    name, rate = "cross_arms", 0.0
    meaning = "Two people stand at neighbouring facings, and each takes from that of the other."

    def perform(self, scene: Scene, agent: Agent, partner: Agent) -> bool:
        """Meet before two facings and take across."""
        floor, hands, rng = scene.floor, scene.hands, scene.rng
        here = floor.choose(agent)
        beside = [place for place in floor.furniture.places if _neighbours(here, place)]
        if not beside:
            return False
        left, right = sorted((here, beside[int(rng.integers(len(beside)))]), key=lambda place: place.middle_m)
        middle_m = (left.middle_m + right.middle_m) / 2
        side_m = max((right.middle_m - left.middle_m) / 2, _SIDE_M)
        spots = (
            agent.spot(left.shelf, middle_m - side_m, float(rng.uniform(0.5, 0.6))),
            partner.spot(left.shelf, middle_m + side_m, float(rng.uniform(0.5, 0.6))),
        )
        there_s = floor.go_side_by_side((agent, partner), spots)
        if there_s is None:
            return False
        partner.goals -= 1
        step_s = there_s + float(rng.uniform(1.1, 1.6))
        # The outer hand of each reaches over to the other side, so that the forearms cross.
        for who, place, hand in ((agent, right, 0), (partner, left, 1)):
            end_s = hands.take_at(who, place, step_s, hand)
            who.turn(place.shelf.heading, end_s)
            floor.leave_spot(who, end_s)
            step_s += float(rng.uniform(0.05, 0.4))
        return True


def _neighbours(one: Place, other: Place) -> bool:
    """On boards of one height or nearly, an arm's breadth apart, and of different products."""
    return (
        other.product.id != one.product.id
        and other.shelf.fixture == one.shelf.fixture
        and abs(other.shelf.row - one.shelf.row) <= 1
        and _BESIDE_M[0] <= abs(other.middle_m - one.middle_m) <= _BESIDE_M[1]
    )
