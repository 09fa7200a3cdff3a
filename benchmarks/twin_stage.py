"""The stage of a re-enactment: people walk, reach, take, put, press, lift and give as they are told; a script is left.

Unlike the acts of `tillfree.simulation`, nobody gives way and a place before a shelf is never taken: in the recordings
that are copied here, people stand in each other.
"""

import dataclasses
import math

import numpy as np

from tillfree.catalog.model import Facing, Shop
from tillfree.core.ids import FixtureId, ProductId, TrackId
from tillfree.core.time import NS_PER_MS
from tillfree.simulation.behaviour.hands import truth_act
from tillfree.simulation.character import Character
from tillfree.simulation.furniture import Furniture, Place
from tillfree.simulation.people.agents import Agent, Spot
from tillfree.simulation.scales.traces import Handling
from tillfree.simulation.script import LoadTrace, Ring, Script
from tillfree.simulation.stock import Item, Resting, Stock
from tillfree.storage.recordings.model import TruthAct

__all__ = ["LEFT", "RIGHT", "Loose", "Person", "Stage"]

LEFT, RIGHT = 0, 1
_END_S = (2.5, 6.0)
_FIRST_S = 5.9
_WIDE_M = 0.16


@dataclasses.dataclass(slots=True)
class Person:
    """Somebody in the shop, with what they hold."""

    agent: Agent
    held: list[Item] = dataclasses.field(default_factory=list)

    @property
    def free_s(self) -> float:
        """When they can do something again."""
        return self.agent.time_s


@dataclasses.dataclass(frozen=True, slots=True)
class Loose:
    """Something that was put down, and where."""

    item: Item
    place: Place
    since_s: float


class Stage:
    """Performs acts in the order of the calls; every act is told how early it may be."""

    def __init__(
        self, shop: Shop, hz: list[float], start_ns: int, character: Character, rng: np.random.Generator
    ) -> None:
        self.furniture = Furniture(shop)
        self.people: list[Person] = []
        self.loose: list[Loose] = []
        self._products = shop.product_index()
        self._start_ns = start_ns
        self._rng = rng
        self._stock = Stock(self.furniture, rng, character)
        self._handling = Handling(hz, rng, character)
        self._traces: list[LoadTrace] = []
        self._shocks: list[tuple[int, int, Ring]] = []
        self._truth: list[TruthAct] = []

    # ---- people -------------------------------------------------------------------------------------------------

    def enter(self, entry_s: float) -> Person:
        """Somebody comes through the door and stands there for a moment."""
        rng = self._rng
        track = TrackId(str(int(rng.integers(10**17, 9 * 10**18))))
        agent = Agent(len(self.people), track, entry_s, self.furniture, rng)
        agent.visit.height_m = float(np.clip(rng.normal(1.69, 0.1), 1.5, 1.95))
        agent.speed_m_s = float(rng.uniform(0.85, 1.08))
        agent.stoop_from_m, agent.stoop = 0.5, 0.8
        agent.lane_m = float(rng.uniform(0.95, 1.3))
        x, y = self.furniture.door
        agent.point = (x + float(rng.normal(0.0, 0.1)), y + float(rng.normal(0.0, 0.1)))
        agent.visit.path[0] = (entry_s, *agent.point)
        agent.stay(entry_s + float(rng.uniform(1.6, 2.0)))
        person = Person(agent)
        self.people.append(person)
        return person

    def script(self) -> Script:
        """Everybody who is still there leaves; the script of all that happened."""
        for person in self.people:
            agent = person.agent
            x, y = self.furniture.door
            point = (x + float(self._rng.normal(0.0, 0.1)), y + float(self._rng.normal(0.0, 0.1)))
            spot = Spot(point, point, -math.pi / 2)
            agent.stay(agent.walk(spot, agent.way(spot)) + 0.1)
            agent.visit.exit_s = agent.time_s
            for item in person.held:
                agent.visit.bag[item.product.id] = agent.visit.bag.get(item.product.id, 0) + 1
        visits = [person.agent.visit for person in self.people]
        return Script(
            duration_s=max((visit.exit_s for visit in visits), default=10.0) + float(self._rng.uniform(*_END_S)),
            visits=tuple(sorted(visits, key=lambda visit: visit.entry_s)),
            traces=tuple(sorted(self._traces, key=lambda trace: trace.begin_s)),
            shocks=tuple(sorted(self._shocks, key=lambda shock: shock[2].begin_s)),
            acts=tuple(sorted(self._truth, key=lambda act: act.time_ns)),
        )

    # ---- places -------------------------------------------------------------------------------------------------

    def place(self, product: ProductId, fixture: FixtureId, shelf: int, plates: tuple[int, ...]) -> Place | None:
        """A place for the product on any plates; None where there is no such shelf or product."""
        shelf_place, about = self.furniture.shelves.get((fixture, shelf)), self._products.get(product)
        if shelf_place is None or about is None or not about.weight_g:
            return None
        count = len(shelf_place.edges_m)
        kept = tuple(plate for plate in plates if 1 <= plate <= count) or (count,)
        left, right = float(shelf_place.edges_m[kept[0] - 1, 0]), float(shelf_place.edges_m[kept[-1] - 1, 1])
        # Only the places of the furniture have numbers of their own.
        return Place(-1, Facing(product, fixture, shelf, kept), about, about.weight_g, shelf_place, left, right)

    def lying(self, product: ProductId | None, place: Place, time_s: float) -> Loose | None:
        """Something that was put down there before then: the last one, of that product where one is named."""
        for loose in reversed(self.loose):
            if (
                (product is None or loose.item.product.id == product)
                and loose.place.shelf is place.shelf
                and set(loose.place.facing.plates) & set(place.facing.plates)
                and loose.since_s < time_s
            ):
                return loose
        return None

    # ---- acts of one ----------------------------------------------------------------------------------------------

    def hand(self) -> int:
        """Five of six times the right one."""
        return int(self._rng.random() < 0.83)

    def stand(self, person: Person, place: Place, hand: int, *, aside_m: float | None = None) -> float:
        """Go before a place so that this hand reaches it; returns when an item can go at the earliest."""
        rng, agent = self._rng, person.agent
        aside_m = float(rng.normal(0.12, 0.055)) if aside_m is None else aside_m
        along_m = place.middle_m + aside_m * (-1.0 if hand == RIGHT else 1.0)
        spot = agent.spot(place.shelf, along_m, float(rng.uniform(0.48, 0.72)))
        if math.dist(agent.point, spot.point) > _WIDE_M:
            agent.walk(spot, agent.way(spot))
        dwell_s = float(np.clip(rng.normal(0.75, 0.24), 0.3, 1.4))
        return max(agent.time_s + 0.45 + dwell_s, agent.visit.entry_s + _FIRST_S)

    def take(
        self,
        person: Person,
        place: Place,
        step_s: float,
        hand: int,
        *,
        lying: Loose | None = None,
        held_s: float = 0.0,
        moves: bool = True,
    ) -> None:
        """An item goes at `step_s`, after it was held for `held_s` where it lay."""
        if lying is not None:
            self.loose.remove(lying)
        item = lying.item if lying is not None else self._stock.front(place, step_s)
        resting = item.resting
        assert resting is not None
        if held_s:
            self._traces.append(self._handling.slow_take(resting, item.weight_g, step_s, held_s))
        else:
            self._traces.append(self._handling.take(resting, item.weight_g, step_s))
        self._shock(resting, item.weight_g, step_s)
        self._note(step_s, person, "take", item, resting)
        item.resting = None
        person.held.append(item)
        if moves:
            self._reach(person, resting, step_s - held_s, step_s, hand)

    def put(self, person: Person, item: Item, place: Place, at_s: float, hand: int) -> None:
        """Something held is put down."""
        resting = self._set_down(item, place, at_s)
        person.held.remove(item)
        self._note(at_s, person, "put", item, resting)
        self._reach(person, resting, at_s, at_s, hand)

    def touch(self, person: Person, place: Place, at_s: float, hand: int) -> None:
        """A hand presses, and nothing changes."""
        rng = self._rng
        hold_s, press_g = float(rng.uniform(0.35, 0.95)), float(np.exp(rng.uniform(math.log(50.0), math.log(270.0))))
        resting = self._stock.rest(Item(place.product, 0.0, float(rng.uniform(0.06, 0.2)), place), place)
        self._traces.append(self._handling.touch(resting, 1.25 * press_g, at_s, hold_s))
        self._shock(resting, press_g / 2, at_s)
        self._note(at_s, person, "touch", None, resting)
        self._reach(person, resting, at_s, at_s + hold_s, hand)

    def lift(self, person: Person, place: Place, up_s: float, hand: int) -> None:
        """Something is lifted, looked at, and set down again where it was."""
        down_s = up_s + float(self._rng.uniform(1.0, 2.0))
        item = self._stock.front(place, up_s)
        resting = item.resting
        assert resting is not None
        self._traces.append(self._handling.take(resting, item.weight_g, up_s))
        self._shock(resting, item.weight_g, up_s)
        self._note(up_s, person, "lift", item, resting)
        self._set_down(item, place, down_s)
        self._reach(person, resting, up_s, down_s, hand)

    def look_around(self, person: Person) -> None:
        """Somebody walks to a shelf and takes nothing."""
        places = self.furniture.places
        self.stand(person, places[int(self._rng.integers(len(places)))], RIGHT)
        person.agent.stay(person.agent.time_s + float(self._rng.uniform(1.0, 4.0)))

    # ---- acts of two ----------------------------------------------------------------------------------------------

    def give(self, giver: Person, taker: Person, item: Item) -> None:
        """An item goes from hand to hand, a step away from the shelf at which the giver is."""
        rng = self._rng
        back, (x, y), lane = float(rng.uniform(0.1, 0.5)), giver.agent.point, giver.agent.lane_spot()
        here = (x + back * (lane[0] - x), y + back * (lane[1] - y))
        angle = float(rng.uniform(-0.4, 0.4)) + (0.0 if taker.agent.point[0] >= here[0] else math.pi)
        apart_m = float(rng.uniform(0.55, 0.85))
        there = (here[0] + apart_m * math.cos(angle), here[1] + apart_m * math.sin(angle))
        people, spots = (giver.agent, taker.agent), (Spot(here, here, angle), Spot(there, there, angle + math.pi))
        arrival_s = max(who.walk(spot, who.way(spot)) for who, spot in zip(people, spots, strict=True))
        in_s = arrival_s + float(rng.uniform(0.6, 1.0))
        step_s = in_s + float(rng.uniform(0.9, 1.2))
        out_s = step_s + float(rng.uniform(0.15, 0.4))
        gap_m, high_m = float(rng.uniform(0.02, 0.1)), float(rng.uniform(0.88, 1.15))
        middle = ((here[0] + there[0]) / 2, (here[1] + there[1]) / 2)
        for who, sign in zip(people, (-0.5, 0.5), strict=True):
            target = (
                middle[0] + sign * gap_m * math.cos(angle),
                middle[1] + sign * gap_m * math.sin(angle),
                high_m + float(rng.normal(0.0, 0.03)),
            )
            ways_s = (float(rng.uniform(0.4, 0.6)), float(rng.uniform(0.4, 0.6)))
            self._rest(who, who.reach(self.hand(), target, in_s, out_s, ways_s=ways_s))
        giver.held.remove(item)
        taker.held.append(item)
        item.given = True
        self._note(step_s, giver, "give", item, None, taker)

    # ---- pieces ---------------------------------------------------------------------------------------------------

    def _set_down(self, item: Item, place: Place, at_s: float) -> Resting:
        resting = self._stock.rest(item, place)
        item.resting = resting
        self._traces.append(self._handling.put(resting, item.weight_g, at_s))
        self._shock(resting, item.weight_g, at_s)
        self.loose.append(Loose(item, place, at_s + 1.0))
        return resting

    def _reach(self, person: Person, resting: Resting, first_s: float, last_s: float, hand: int) -> None:
        rng = self._rng
        target = resting.place.shelf.grasp(
            resting.middle_m + float(rng.normal(0.0, 0.045)),
            float(rng.uniform(-0.04, 0.13)),
            float(np.clip(rng.normal(0.09, 0.05), 0.0, 0.22)),
        )
        ways_s = (float(rng.uniform(0.4, 0.6)), float(rng.uniform(0.4, 0.6)))
        in_s = first_s - float(np.clip(rng.normal(0.64, 0.22), 0.25, 1.2))
        out_s = last_s + float(rng.uniform(0.15, 0.4))
        person.agent.stay(in_s - ways_s[0])
        self._rest(person.agent, person.agent.reach(hand, target, in_s, out_s, ways_s=ways_s))

    def _rest(self, agent: Agent, end_s: float) -> None:
        """After an act: at once the next one, or first a look at the thing."""
        more_s = (0.1, 0.6) if self._rng.random() < 0.6 else (0.6, 2.8)
        agent.stay(end_s + float(self._rng.uniform(*more_s)))

    def _shock(self, resting: Resting, weight_g: float, time_s: float) -> None:
        shelf = resting.place.shelf
        ring = self._handling.shelf_shock(len(shelf.edges_m), shelf.fixture, weight_g, time_s)
        self._shocks.append((shelf.fixture, shelf.row, ring))

    def _note(
        self, time_s: float, person: Person, kind: str, item: Item | None, resting: Resting | None,
        other: Person | None = None,
    ) -> None:  # fmt: skip
        time_ns = self._start_ns + round(time_s * 1000) * NS_PER_MS
        partner = None if other is None else other.agent
        self._truth.append(truth_act(time_ns, person.agent, kind, item, resting, partner))
