"""Random visits of several people with the kinds of acts, and the mixture, of the shared synthetic recordings."""

import heapq
import math
from collections.abc import Mapping

import numpy as np

from benchmarks.twin_recordings import NO_FAULTS, Reenactment, make_options, make_recording, make_stage, weighed_part
from benchmarks.twin_sources import APRIL, Sources
from benchmarks.twin_stage import LEFT, RIGHT, Person, Stage
from tillfree.simulation.furniture import Place
from tillfree.simulation.stock import Item

__all__ = ["play_random"]

_ACTS = {
    "take": 0.58,
    "two": 0.08,
    "together": 0.05,
    "give": 0.07,
    "home": 0.13,
    "elsewhere": 0.07,
    "touch": 0.06,
    "lift": 0.035,
    "slow": 0.03,
}
"""The mixture of acts in the shared recordings with random visits."""


def play_random(sources: Sources, shoppers: int, seed: int, faults: Mapping[str, float] = NO_FAULTS) -> Reenactment:
    """So many people at random, all at about the same time."""
    rng = np.random.default_rng([seed, 31])
    shop = sources.shop(sources.facings(APRIL))
    kind = "RE-FAULTS-R" if faults else "RE-R"
    options = make_options(f"{kind}{shoppers}-{seed}", seed, faults)
    stage = make_stage(weighed_part(shop, APRIL), options, rng)
    entry_s = float(rng.uniform(1.5, 4.0)) + (8.0 if rng.random() < 0.15 else 0.0)
    wishes: dict[int, int] = {}
    for number in range(shoppers):
        stage.enter(entry_s)
        wishes[number] = int(min(1 + rng.geometric(0.33), 12))
        entry_s += float(rng.uniform(0.7, 1.5)) * (1.0 if shoppers < 8 else 1.8)
    director = _Director(stage, wishes, rng)
    queue = [(person.free_s, number) for number, person in enumerate(stage.people)]
    heapq.heapify(queue)
    while queue:
        now_s, number = heapq.heappop(queue)
        if wishes[number] <= 0:
            continue
        if now_s < stage.people[number].free_s - 1e-9:
            heapq.heappush(queue, (stage.people[number].free_s, number))
            continue
        director.act(number)
        heapq.heappush(queue, (stage.people[number].free_s, number))
    return make_recording(sources, shop, APRIL, options, stage.script(), rng)


_GIVES_ONE_OF_SEVERAL = 0.3
"""In the shared recordings all who give hold one thing only: of several, nobody could see which one it was."""


class _Director:
    """Tells people what to do next."""

    def __init__(self, stage: Stage, wishes: dict[int, int], rng: np.random.Generator) -> None:
        self._stage = stage
        self._wishes = wishes
        self._rng = rng

    def act(self, number: int) -> None:
        """One act of that person, or one that they do with somebody else."""
        rng, stage, person = self._rng, self._stage, self._stage.people[number]
        self._wishes[number] -= 1
        kinds = list(_ACTS)
        kind = str(rng.choice(kinds, p=np.array(list(_ACTS.values())) / sum(_ACTS.values())))
        partner = self._partner(number)
        own = [item for item in person.held if not item.given]
        if kind == "together" and partner is not None:
            self._together(person, stage.people[partner])
            self._wishes[partner] -= 1
        elif kind == "give" and partner is not None and own and (len(own) == 1 or rng.random() < _GIVES_ONE_OF_SEVERAL):
            stage.give(person, stage.people[partner], own[int(rng.integers(len(own)))])
        elif kind in ("home", "elsewhere") and person.held:
            item = person.held[int(rng.integers(len(person.held)))]
            self._put(person, item, item.home if kind == "home" else self._somewhere(person))
        elif kind == "two":
            self._two(person)
        else:
            self._one(person, kind)

    def _one(self, person: Person, kind: str) -> None:
        stage, rng = self._stage, self._rng
        place, hand = self._somewhere(person), stage.hand()
        at_s = stage.stand(person, place, hand)
        if kind == "touch":
            stage.touch(person, place, at_s, hand)
        elif kind == "lift":
            stage.lift(person, place, at_s, hand)
        elif kind == "slow":
            held_s = float(np.exp(rng.uniform(math.log(2.0), math.log(30.0 if rng.random() < 0.3 else 5.0))))
            stage.take(person, place, at_s + held_s, hand, held_s=held_s)
        else:
            lying = stage.lying(None, place, at_s - 1.0) if rng.random() < 0.6 else None
            stage.take(person, place, at_s, hand, lying=lying)

    def _put(self, person: Person, item: Item, place: Place) -> None:
        hand = self._stage.hand()
        self._stage.put(person, item, place, self._stage.stand(person, place, hand), hand)

    def _two(self, person: Person) -> None:
        """Two of one kind, or two kinds that lie within reach of both hands."""
        stage, rng = self._stage, self._rng
        first = self._somewhere(person)
        beside = [p for p in self._on_shelf(first) if p is not first and abs(p.middle_m - first.middle_m) < 0.6]
        second = beside[int(rng.integers(len(beside)))] if beside and rng.random() < 0.5 else first
        left, right = sorted((first, second), key=lambda place: place.middle_m)
        at_s = stage.stand(person, right, RIGHT, aside_m=(right.middle_m - left.middle_m) / 2 + 0.05)
        later_s = at_s + float(rng.uniform(0.0, 0.11))
        one_hand = first is second and rng.random() < 0.4
        stage.take(person, right, at_s, RIGHT)
        stage.take(person, left, later_s, LEFT, moves=not one_hand)

    def _together(self, one: Person, other: Person) -> None:
        """Two people at one facing, or at two of one shelf."""
        stage, rng = self._stage, self._rng
        left = right = self._somewhere(one)
        others = self._on_shelf(left)
        if rng.random() < 0.4 and others:
            left, right = sorted((left, others[int(rng.integers(len(others)))]), key=lambda place: place.middle_m)
        at_s = max(
            stage.stand(one, left, RIGHT, aside_m=float(rng.uniform(0.2, 0.28))),
            stage.stand(other, right, LEFT, aside_m=float(rng.uniform(0.2, 0.28))),
        )
        stage.take(one, left, at_s, RIGHT)
        stage.take(other, right, at_s + float(rng.uniform(0.05, 0.5)), LEFT)

    def _on_shelf(self, place: Place) -> list[Place]:
        return [other for other in self._stage.furniture.places if other.shelf is place.shelf]

    def _somewhere(self, person: Person) -> Place:
        """A facing, rather a near one, and rather one at which nobody stands."""
        rng, places = self._rng, self._stage.furniture.places
        some = [places[int(k)] for k in rng.integers(len(places), size=6)]
        far = np.array([math.dist(person.agent.point, p.shelf.spot(p.middle_m, 0.6)) for p in some])
        odds = np.exp(-far / 3.0) + 1e-12
        for k, place in enumerate(some):
            spot = place.shelf.spot(place.middle_m, 0.6)
            near = any(
                math.dist(who.agent.point, spot) < 0.6 and who.free_s > person.free_s
                for who in self._stage.people
                if who is not person
            )
            odds[k] *= 0.1 if near else 1.0
        return some[int(rng.choice(len(some), p=odds / odds.sum()))]

    def _partner(self, number: int) -> int | None:
        """Somebody who is free soon and wants to do something yet."""
        stage = self._stage
        free = [
            k
            for k, other in enumerate(stage.people)
            if k != number and self._wishes[k] > 0 and abs(other.free_s - stage.people[number].free_s) < 6.0
        ]
        return free[int(self._rng.integers(len(free)))] if free else None
