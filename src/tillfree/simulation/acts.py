"""The acts of shoppers: each becomes ways, reaches, load curves and truth."""

import math
from collections.abc import Callable

import numpy as np

from tillfree.core.ids import ProductId, TrackId
from tillfree.core.time import NS_PER_MS
from tillfree.simulation.agents import Agent, Spot
from tillfree.simulation.furniture import Furniture, Place
from tillfree.simulation.script import LoadTrace, Ring
from tillfree.simulation.stock import Item, Resting, Stock
from tillfree.simulation.traces import Handling
from tillfree.storage.recordings.model import TruthAct

__all__ = ["Acts"]

_APART_M = 0.5
_HANDS_APART_M = 0.75
_NEAR_M = 4.0


class Acts:
    """Performs acts on a stock, and collects what they leave behind."""

    def __init__(self, furniture: Furniture, hz: list[float], start_ns: int, rng: np.random.Generator) -> None:
        self._furniture = furniture
        self._start_ns = start_ns
        self._rng = rng
        self._stock = Stock(furniture, rng)
        self._handling = Handling(hz, rng)
        self._taken: list[tuple[float, float, float, float, int]] = []
        self.traces: list[LoadTrace] = []
        self.shocks: list[tuple[int, int, Ring]] = []
        self.truth: list[TruthAct] = []
        self._kinds: dict[str, Callable[[Agent], bool]] = {
            "put_back": self._put_back,
            "misplace": self._misplace,
            "two_same": self._two_same,
            "two_kinds": self._two_kinds,
            "touch": self._touch,
            "lift": self._lift,
            "slow_take": self._slow_take,
            "swap": self._swap,
        }

    def perform(self, kind: str, agent: Agent, partner: Agent | None) -> None:
        """Do an act of that kind, or, where it cannot be done now, a plain take, or wait."""
        agent.goals -= 1
        done = False
        if kind == "together" and partner is not None:
            done = self._together(agent, partner)
        elif kind == "hand_over" and partner is not None:
            done = self._hand_over(agent, partner)
        elif kind in self._kinds:
            done = self._kinds[kind](agent)
        if not (done or self._take(agent)):
            agent.goals += 1
            agent.stay(agent.time_s + float(self._rng.uniform(0.5, 2.0)))

    def forget_before(self, time_s: float) -> None:
        """Spots that were left before then are nobody's any more."""
        self._taken = [spot for spot in self._taken if spot[1] >= time_s]

    # ---- one person ---------------------------------------------------------------------------------------------

    def _take(self, agent: Agent) -> bool:
        place = self._go_somewhere(agent)
        if place is None:
            return False
        step_s = self._ready_s(agent)
        self._leave_spot(agent, self._take_at(agent, place, step_s, self._hand()))
        return True

    def _two_same(self, agent: Agent) -> bool:
        place = self._go_somewhere(agent)
        if place is None:
            return False
        first_s = self._ready_s(agent)
        one_hand = self._rng.random() < 0.4
        self._take_at(agent, place, first_s, 1)
        second_s = first_s + float(self._rng.uniform(0.02, 0.1))
        self._leave_spot(agent, self._take_at(agent, place, second_s, 1 if one_hand else 0, moves=not one_hand))
        return True

    def _two_kinds(self, agent: Agent) -> bool:
        place = self._go_somewhere(agent)
        if place is None:
            return False
        beside = [
            other
            for other in self._furniture.places
            if other.product.id != place.product.id
            and other.shelf.fixture == place.shelf.fixture
            and abs(other.shelf.row - place.shelf.row) <= 1
            and abs(other.middle_m - place.middle_m) < _HANDS_APART_M
        ]
        first_s = self._ready_s(agent)
        if not beside:
            self._leave_spot(agent, self._take_at(agent, place, first_s, self._hand()))
            return True
        other = beside[int(self._rng.integers(len(beside)))]
        hand = int(place.middle_m > other.middle_m)
        self._take_at(agent, place, first_s, hand)
        second_s = first_s + float(self._rng.uniform(0.03, 0.35))
        self._leave_spot(agent, self._take_at(agent, other, second_s, 1 - hand))
        return True

    def _slow_take(self, agent: Agent) -> bool:
        place = self._go_somewhere(agent)
        if place is None:
            return False
        held_s = float(np.exp(self._rng.uniform(math.log(2.0), math.log(30.0))))
        step_s = self._ready_s(agent) + held_s
        self._leave_spot(agent, self._take_at(agent, place, step_s, self._hand(), held_s=held_s))
        return True

    def _touch(self, agent: Agent) -> bool:
        place = self._go_somewhere(agent)
        if place is None:
            return False
        rng = self._rng
        at_s = self._ready_s(agent)
        hold_s, press_g = float(rng.uniform(0.3, 1.0)), float(np.exp(rng.uniform(math.log(30.0), math.log(260.0))))
        item = Item(place.product, 0.0, float(rng.uniform(0.06, 0.2)), place)
        resting = self._stock.rest(item, place)
        self.traces.append(self._handling.touch(resting, press_g, at_s, hold_s))
        self._shock(place, press_g / 2, at_s)
        self._note(at_s, agent, "touch", None, resting)
        self._leave_spot(agent, self._move_hand(agent, place, resting.middle_m, at_s, at_s + hold_s, self._hand()))
        return True

    def _lift(self, agent: Agent) -> bool:
        place = self._go_somewhere(agent)
        if place is None:
            return False
        up_s = self._ready_s(agent)
        down_s = up_s + float(self._rng.uniform(1.0, 2.0))
        item = self._stock.front(place, up_s)
        assert item.resting is not None
        middle_m = item.resting.middle_m
        self.traces.append(self._handling.take(item.resting, item.weight_g, up_s))
        self._shock(place, item.weight_g, up_s)
        self._note(up_s, agent, "lift", item, item.resting)
        self._set_down(item, place, down_s)
        self._leave_spot(agent, self._move_hand(agent, place, middle_m, up_s, down_s + 0.4, self._hand()))
        return True

    def _put_back(self, agent: Agent) -> bool:
        item = self._something_held(agent)
        if item is None or not self._go_to(agent, item.home):
            return False
        self._leave_spot(agent, self._put_at(agent, item, item.home, self._ready_s(agent)))
        return True

    def _misplace(self, agent: Agent) -> bool:
        item = self._something_held(agent)
        place = self._go_somewhere(agent) if item is not None else None
        if item is None or place is None:
            return False
        self._leave_spot(agent, self._put_at(agent, item, place, self._ready_s(agent)))
        return True

    def _swap(self, agent: Agent) -> bool:
        """Take one, take another of nearly the same weight, and leave each where the other was."""
        first = self._choose(agent)
        like = [
            place
            for place in self._furniture.places
            if place.product.id != first.product.id
            and abs(place.weight_g / first.weight_g - 1.0) < 0.04
            and math.dist(place.shelf.spot(place.middle_m, 0.6), first.shelf.spot(first.middle_m, 0.6)) < _NEAR_M
        ]
        if not like or not self._go_to(agent, first):
            return False
        second = like[int(self._rng.integers(len(like)))]
        self._leave_spot(agent, self._take_at(agent, first, self._ready_s(agent), 0))
        if not self._go_to(agent, second):
            return True
        one = agent.held[-1]
        self._take_at(agent, second, self._ready_s(agent), 1)
        other = agent.held[-1]
        agent.stay(agent.visit.reaches[-1].end_s)
        self._leave_spot(agent, self._put_at(agent, one, second, self._ready_s(agent), hand=0))
        if self._go_to(agent, first):
            self._leave_spot(agent, self._put_at(agent, other, first, self._ready_s(agent), hand=1))
        return True

    # ---- two people ---------------------------------------------------------------------------------------------

    def _together(self, agent: Agent, partner: Agent) -> bool:
        place = self._choose(agent)
        side_m = float(self._rng.uniform(0.26, 0.34))
        spots = [
            who.spot(place.shelf, place.middle_m + sign * side_m, float(self._rng.uniform(0.5, 0.62)))
            for who, sign in ((agent, -1), (partner, 1))
        ]
        ways = [who.way(spot) for who, spot in zip((agent, partner), spots, strict=True)]
        arrivals = [who.arrival_s(way) for who, way in zip((agent, partner), ways, strict=True)]
        both = (agent.visit.number, partner.visit.number)
        if not all(self._is_free(spot.point, min(arrivals), max(arrivals) + 3.5, both) for spot in spots):
            return False
        partner.goals -= 1
        step_s = max(arrivals) + float(self._rng.uniform(1.1, 1.6))
        for who, spot, way in zip((agent, partner), spots, ways, strict=True):
            self._occupy(who, spot, who.walk(spot, way))
            # The inner hand: the right one of who stands at the left.
            end_s = self._take_at(who, place, step_s, 1 if who is agent else 0)
            self._leave_spot(who, end_s)
            step_s += float(self._rng.uniform(0.0, 0.5))
        return True

    def _hand_over(self, agent: Agent, partner: Agent) -> bool:
        own = [item for item in agent.held if not item.given]
        if not own:
            return False
        rng = self._rng
        item = own[int(rng.integers(len(own)))]
        item.given = True
        here = agent.lane_spot()
        angle = float(rng.uniform(-0.4, 0.4)) + (0.0 if partner.point[0] >= here[0] else math.pi)
        apart_m = float(rng.uniform(0.6, 0.75))
        angle = self._furniture.roomy(here, angle, apart_m)
        there = (here[0] + apart_m * math.cos(angle), here[1] + apart_m * math.sin(angle))
        spots = [Spot(here, here, angle), Spot(there, there, angle + math.pi)]
        arrivals = [who.walk(spot, who.way(spot)) for who, spot in zip((agent, partner), spots, strict=True)]
        begin_s = max(arrivals) + float(rng.uniform(0.2, 0.6))
        held_s = float(rng.uniform(1.0, 1.5))
        # The item lies between the wrists, so these stay some centimetres apart.
        gap_m = float(rng.uniform(0.05, 0.15))
        centre = ((here[0] + there[0]) / 2, (here[1] + there[1]) / 2, float(rng.uniform(0.95, 1.2)))
        for who, spot, sign in ((agent, spots[0], -0.5), (partner, spots[1], 0.5)):
            self._occupy(who, spot, who.time_s)
            target = (centre[0] + sign * gap_m * math.cos(angle), centre[1] + sign * gap_m * math.sin(angle), centre[2])
            ways_s = (float(rng.uniform(0.4, 0.6)), float(rng.uniform(0.4, 0.6)))
            in_s = begin_s + ways_s[0]
            self._leave_spot(who, who.reach(self._hand(), target, in_s, in_s + held_s, ways_s=ways_s))
        agent.held.remove(item)
        partner.held.append(item)
        self._note(begin_s + 0.5 + held_s / 2, agent, "give", item, None, partner)
        return True

    # ---- pieces of acts -----------------------------------------------------------------------------------------

    def _choose(self, agent: Agent) -> Place:
        """A facing, rather a near one."""
        places = self._furniture.places
        some = [places[int(k)] for k in self._rng.integers(len(places), size=6)]
        far = np.array([math.dist(agent.point, place.shelf.spot(place.middle_m, 0.6)) for place in some])
        odds = np.exp(-far / 3.0) + 1e-12
        return some[int(self._rng.choice(len(some), p=odds / odds.sum()))]

    def _go_somewhere(self, agent: Agent) -> Place | None:
        for _ in range(6):
            place = self._choose(agent)
            if self._go_to(agent, place):
                return place
        return None

    def _go_to(self, agent: Agent, place: Place) -> bool:
        """Walk before a facing, unless somebody stands there."""
        for _ in range(3):
            along_m = place.middle_m + float(self._rng.normal(0.0, 0.12))
            spot = agent.spot(place.shelf, along_m, float(self._rng.uniform(0.5, 0.68)))
            way = agent.way(spot)
            arrival_s = agent.arrival_s(way)
            if self._is_free(spot.point, arrival_s - 0.3, arrival_s + 4.0, (agent.visit.number,)):
                self._occupy(agent, spot, agent.walk(spot, way))
                return True
        return False

    def _is_free(self, point: tuple[float, float], from_s: float, to_s: float, numbers: tuple[int, ...]) -> bool:
        return not any(
            begin_s < to_s and from_s < end_s and number not in numbers and math.dist(point, (x, y)) < _APART_M
            for begin_s, end_s, x, y, number in self._taken
        )

    def _occupy(self, agent: Agent, spot: Spot, arrival_s: float) -> None:
        self._taken.append((arrival_s - 0.3, arrival_s + 4.0, *spot.point, agent.visit.number))

    def _leave_spot(self, agent: Agent, end_s: float) -> None:
        agent.stay(end_s + float(self._rng.uniform(-0.2, 0.3)))
        self._taken.append((agent.time_s - 3.0, agent.time_s + 0.4, *agent.point, agent.visit.number))

    def _hand(self) -> int:
        return int(self._rng.random() < 0.65)

    def _ready_s(self, agent: Agent) -> float:
        """When an item can leave at the earliest: the arm goes in (0.5 s), the hand is there for about 0.8 s."""
        return agent.time_s + 0.5 + float(np.clip(self._rng.normal(0.85, 0.2), 0.4, 1.6))

    def _take_at(
        self, agent: Agent, place: Place, step_s: float, hand: int, *, held_s: float = 0.0, moves: bool = True
    ) -> float:
        """The item goes at `step_s`, into the hands of the agent; returns when the arm is back."""
        item = self._stock.front(place, step_s - held_s)
        resting = item.resting
        assert resting is not None
        if held_s:
            self.traces.append(self._handling.slow_take(resting, item.weight_g, step_s, held_s))
        else:
            self.traces.append(self._handling.take(resting, item.weight_g, step_s))
        self._shock(place, item.weight_g, step_s)
        self._note(step_s, agent, "take", item, resting)
        item.resting = None
        agent.held.append(item)
        if not moves:
            return agent.visit.reaches[-1].end_s
        return self._move_hand(agent, place, resting.middle_m, step_s - held_s, step_s, hand)

    def _put_at(self, agent: Agent, item: Item, place: Place, at_s: float, *, hand: int | None = None) -> float:
        resting = self._set_down(item, place, at_s)
        agent.held.remove(item)
        self._note(at_s, agent, "put", item, resting)
        return self._move_hand(
            agent, place, resting.middle_m, at_s, at_s + 0.45, self._hand() if hand is None else hand
        )

    def _set_down(self, item: Item, place: Place, at_s: float) -> Resting:
        resting = self._stock.put(item, place, at_s)
        self.traces.append(self._handling.put(resting, item.weight_g, at_s))
        self._shock(place, item.weight_g, at_s)
        return resting

    def _move_hand(
        self, agent: Agent, place: Place, middle_m: float, first_s: float, last_s: float, hand: int
    ) -> float:
        """A wrist near the item from some time before `first_s` to a little after `last_s`."""
        rng = self._rng
        target = place.shelf.grasp(
            middle_m + float(rng.normal(0.0, 0.045)), float(rng.uniform(-0.06, 0.12)), float(rng.uniform(0.01, 0.14))
        )
        ways_s = (float(rng.uniform(0.4, 0.6)), float(rng.uniform(0.4, 0.7)))
        in_s = first_s - float(np.clip(rng.normal(0.8, 0.2), 0.3, 1.5))
        return agent.reach(hand, target, in_s, last_s + float(rng.uniform(0.1, 0.6)), ways_s=ways_s)

    def _something_held(self, agent: Agent) -> Item | None:
        return agent.held[int(self._rng.integers(len(agent.held)))] if agent.held else None

    def _shock(self, place: Place, weight_g: float, time_s: float) -> None:
        shelf = place.shelf
        ring = self._handling.shelf_shock(len(shelf.edges_m), shelf.fixture, weight_g, time_s)
        self.shocks.append((shelf.fixture, shelf.row, ring))

    def _note(
        self, time_s: float, agent: Agent, kind: str, item: Item | None, resting: Resting | None,
        partner: Agent | None = None,
    ) -> None:  # fmt: skip
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
