"""What shoppers want: lists drawn by how popular products are, and which of it they go to next.

Assumed: sales fall with a product's rank as `rank ** -0.7` (a law of Zipf's kind), and a product's rank is its own,
whoever shops; one of a product is wanted three times in four, else two or three; one act in five is on impulse,
something nearby that was on no list. Lists are worked off by the nearest next, by real ways.
"""

import math
import zlib

import numpy as np

from tillfree.simulation.furniture import Furniture, Place
from tillfree.simulation.people.agents import Agent

__all__ = ["IMPULSE", "ShoppingLists", "nearest"]

IMPULSE = 0.2
_FALL = 0.7
_QUANTITIES = (0.75, 0.18, 0.07)


class ShoppingLists:
    """Draws lists for the shoppers of one shop."""

    def __init__(self, furniture: Furniture) -> None:
        facings: dict[str, list[Place]] = {}
        for place in furniture.places:
            facings.setdefault(place.product.id, []).append(place)
        ranked = sorted(facings, key=lambda product: (zlib.crc32(product.encode()), product))
        self._facings = [facings[product] for product in ranked]
        odds = np.arange(1, len(ranked) + 1) ** -_FALL
        self._odds = odds / odds.sum()

    def draw(self, units: int, rng: np.random.Generator) -> list[Place]:
        """So many units: each stands in the list at the facing from which it is wanted."""
        wanted: list[Place] = []
        while len(wanted) < units:
            facings = self._facings[int(rng.choice(len(self._facings), p=self._odds))]
            place = facings[int(rng.integers(len(facings)))]
            wanted += [place] * (1 + int(rng.choice(len(_QUANTITIES), p=_QUANTITIES)))
        return wanted[:units]


def nearest(furniture: Furniture, agent: Agent, wanted: list[Place]) -> Place:
    """Of some facings, that with the shortest way; the first of those equally near."""
    start = agent.lane_spot()
    spots = [place.shelf.spot(place.middle_m, agent.lane_m) for place in wanted]
    order = sorted(range(len(wanted)), key=lambda k: math.dist(start, spots[k]))
    best, best_m, seen = wanted[order[0]], math.inf, set[int]()
    for k in order:
        if math.dist(start, spots[k]) >= best_m:
            break
        if wanted[k].number not in seen:
            seen.add(wanted[k].number)
            length_m = furniture.length_m(start, spots[k])
            if length_m < best_m:
                best, best_m = wanted[k], length_m
    return best
