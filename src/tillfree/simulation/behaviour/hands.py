"""What hands do at a shelf: taking, putting, pressing, and the noted truth of it."""

import math

import numpy as np

from tillfree.core.ids import ProductId, TrackId
from tillfree.core.time import NS_PER_MS
from tillfree.simulation.furniture import Furniture, Place
from tillfree.simulation.people.agents import Agent
from tillfree.simulation.scales.traces import Handling
from tillfree.simulation.script import LoadTrace, Ring
from tillfree.simulation.stock import Item, Resting, Stock
from tillfree.storage.recordings.model import TruthAct

__all__ = ["Hands", "truth_act"]


_BETTER = 1.0
"""How much people like their better hand: 73 % take it for what lies before their middle."""
_SIDE_M = 0.08
"""So far to the other side counts as much as that."""


class Hands:
    """Moves items between shelves and people, and collects what plates and truth get of it."""

    def __init__(self, furniture: Furniture, hz: list[float], start_ns: int, rng: np.random.Generator) -> None:
        self._start_ns = start_ns
        self._rng = rng
        self.stock = Stock(furniture, rng)
        # Draws of its own: what plates feel does not change what people do.
        self.handling = Handling(hz, rng.spawn(1)[0])
        self.traces: list[LoadTrace] = []
        self.shocks: list[tuple[int, int, Ring]] = []
        self.truth: list[TruthAct] = []

    def choose_hand(self, agent: Agent, place: Place | None = None) -> int:
        """0 for the left or 1 for the right: that which is nearer to the place, or else the better one.

        People reach with the hand on whose side a thing lies, and over their middle with the better one (Bryden, Pryde
        and Roy 2000, "A performance measure of the degree of hand preference"). Assumed: how steep that is.
        """
        better = 1.0 if agent.hand else -1.0
        lean = _BETTER * better
        if place is not None:
            x, y = place.shelf.spot(place.middle_m, 0.0)
            heading = place.shelf.heading
            right_m = (x - agent.point[0]) * math.sin(heading) - (y - agent.point[1]) * math.cos(heading)
            lean += right_m / _SIDE_M
        return int(self._rng.random() < 1.0 / (1.0 + math.exp(-min(max(lean, -30.0), 30.0))))

    def ready_s(self, agent: Agent) -> float:
        """When an item can leave at the earliest: the arm goes in (0.5 s), the hand is there for about 0.8 s."""
        return agent.time_s + 0.5 + float(np.clip(self._rng.normal(0.85, 0.2), 0.4, 1.6))

    def something_held(self, agent: Agent) -> Item | None:
        """One of the items in a person's hands or basket."""
        return agent.held[int(self._rng.integers(len(agent.held)))] if agent.held else None

    def take_at(
        self, agent: Agent, place: Place, step_s: float, hand: int, *, held_s: float = 0.0, moves: bool = True
    ) -> float:
        """The item goes at `step_s`, into the hands of the agent; returns when the arm is back."""
        item = self.stock.front(place, step_s - held_s)
        resting = item.resting
        assert resting is not None
        if held_s:
            self.traces.append(self.handling.slow_take(resting, item.weight_g, step_s, held_s))
        else:
            self.traces.append(self.handling.take(resting, item.weight_g, step_s))
        self.shock(place, item.weight_g, step_s)
        self.note(step_s, agent, "take", item, resting)
        item.resting = None
        agent.held.append(item)
        if place in agent.wishes:
            agent.wishes.remove(place)
        if not moves:
            return agent.visit.reaches[-1].end_s
        return self.move_hand(agent, place, resting.middle_m, step_s - held_s, step_s, hand)

    def press_at(
        self, agent: Agent, place: Place, at_s: float, hold_s: float, *, press_g: float, width_m: float, kind: str,
        shake: float,
    ) -> float:  # fmt: skip
        """A hand or an arm presses on a shelf for a while and takes nothing; returns when the arm is back.

        `kind` is what the truth calls it, `shake` the share of the press that the whole shelf feels.
        """
        resting = self.stock.rest(Item(place.product, 0.0, width_m, place), place)
        self.traces.append(self.handling.touch(resting, press_g, at_s, hold_s))
        self.shock(place, shake * press_g, at_s)
        self.note(at_s, agent, kind, None, resting)
        return self.move_hand(agent, place, resting.middle_m, at_s, at_s + hold_s, self.choose_hand(agent, place))

    def put_at(self, agent: Agent, item: Item, place: Place, at_s: float, *, hand: int | None = None) -> float:
        """Something held lies on the shelf from `at_s` on; returns when the arm is back."""
        resting = self.set_down(item, place, at_s)
        agent.held.remove(item)
        self.note(at_s, agent, "put", item, resting)
        return self.move_hand(
            agent, place, resting.middle_m, at_s, at_s + 0.45, self.choose_hand(agent, place) if hand is None else hand
        )

    def set_down(self, item: Item, place: Place, at_s: float) -> Resting:
        """The plates get an item; whose it was and what the truth says of it is for the act to say."""
        resting = self.stock.put(item, place, at_s)
        self.traces.append(self.handling.put(resting, item.weight_g, at_s))
        self.shock(place, item.weight_g, at_s)
        return resting

    def move_hand(self, agent: Agent, place: Place, middle_m: float, first_s: float, last_s: float, hand: int) -> float:
        """A wrist near the item from some time before `first_s` to a little after `last_s`."""
        rng = self._rng
        target = place.shelf.grasp(
            middle_m + float(rng.normal(0.0, 0.045)), float(rng.uniform(-0.06, 0.12)), float(rng.uniform(0.01, 0.14))
        )
        ways_s = (float(rng.uniform(0.4, 0.6)), float(rng.uniform(0.4, 0.7)))
        in_s = first_s - float(np.clip(rng.normal(0.8, 0.2), 0.3, 1.5))
        return agent.reach(hand, target, in_s, last_s + float(rng.uniform(0.1, 0.6)), ways_s=ways_s)

    def shock(self, place: Place, weight_g: float, time_s: float) -> None:
        """The whole shelf shakes."""
        shelf = place.shelf
        ring = self.handling.shelf_shock(len(shelf.edges_m), shelf.fixture, weight_g, time_s)
        self.shocks.append((shelf.fixture, shelf.row, ring))

    def note(
        self, time_s: float, agent: Agent, kind: str, item: Item | None, resting: Resting | None,
        partner: Agent | None = None,
    ) -> None:  # fmt: skip
        """The truth of one moment."""
        time_ns = self._start_ns + round(time_s * 1000) * NS_PER_MS
        self.truth.append(truth_act(time_ns, agent, kind, item, resting, partner))


def truth_act(
    time_ns: int, agent: Agent, kind: str, item: Item | None, resting: Resting | None, partner: Agent | None = None
) -> TruthAct:
    """What an agent did at ``time_ns``, as a recording's ground truth says it; weight in grams to 0.1 g."""
    shelf = None if resting is None else resting.place.shelf
    return TruthAct(
        time_ns=time_ns,
        track=agent.visit.track,
        kind=kind,
        product=ProductId("") if item is None else item.product.id,
        weight_g=0.0 if item is None else round(item.weight_g, 1),
        fixture="" if shelf is None else shelf.fixture_id,
        shelf=0 if shelf is None else shelf.shelf.index,
        plates=() if resting is None else resting.plates,
        to_track=TrackId("") if partner is None else partner.visit.track,
    )
