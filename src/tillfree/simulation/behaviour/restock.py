"""Staff fills shelves."""

from tillfree.simulation.behaviour.act import SoloAct
from tillfree.simulation.behaviour.scene import Scene
from tillfree.simulation.people.agents import Agent

__all__ = ["Restock"]


class Restock(SoloAct):
    """One of the staff comes, puts 2 to 5 units into each of one or two facings, and leaves, while shoppers shop.

    The shopper whose turn it is only waits a moment. Staff is no shopper: there is no receipt in the truth, and
    nobody's bag changes. The crate that the units come from does not show, and no event says that somebody is staff,
    so the cameras' people have one more and a store opens a visit for them.
    """

    name, rate = "restock", 0.0
    meaning = "One of the staff puts several units into facings; they were in nobody's bag before."

    def perform(self, scene: Scene, agent: Agent) -> bool:
        """Somebody of the staff comes in now, and does their work to its end."""
        floor, hands, rng = scene.floor, scene.hands, scene.rng
        staff = floor.come(agent.time_s + float(rng.uniform(0.9, 1.5)))
        staff.done = True  # nothing else is planned for them
        staff.visit.staff = True
        for _ in range(int(rng.integers(1, 3))):
            place = floor.choose(staff)
            floor.go_patiently(staff, place)
            for _ in range(int(rng.integers(2, 6))):
                item = hands.stock.fresh(place)
                at_s = hands.ready_s(staff)
                resting = hands.set_down(item, place, at_s)
                hands.note(at_s, staff, "restock", item, resting)
                end_s = hands.move_hand(
                    staff, place, resting.middle_m, at_s, at_s + 0.45, hands.choose_hand(staff, place)
                )
                staff.turn(place.shelf.heading, end_s)
                # The next unit comes out of the crate beside the feet.
                floor.leave_spot(staff, end_s + float(rng.uniform(0.3, 0.9)))
        floor.leave(staff)
        agent.stay(agent.time_s + float(rng.uniform(0.5, 2.0)))
        return True
