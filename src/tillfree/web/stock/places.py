"""Where something lies, in words, and the order in which somebody walks past the fixtures."""

from collections.abc import Iterable, Sequence

import numpy as np

from tillfree.catalog.model import Fixture, Shelf, Shop
from tillfree.core.geometry import Point
from tillfree.core.ids import FixtureId
from tillfree.web.ask import Ask

__all__ = ["fixture_words", "place_words", "plates_words", "shelves_from_top", "walking_order"]


def fixture_words(ask: Ask, fixture: str) -> str:
    """`Fixture 3`."""
    return ask.say("Fixture %(fixture)s", fixture=fixture)


def place_words(ask: Ask, fixture: str, shelf: int, plates: Sequence[int] = ()) -> str:
    """`Fixture 3, shelf 2, plates 4–5`; without plates where none are given."""
    if not plates:
        return ask.say("Fixture %(fixture)s, shelf %(shelf)s", fixture=fixture, shelf=shelf)
    if len(plates) == 1:
        return ask.say(
            "Fixture %(fixture)s, shelf %(shelf)s, plate %(plate)s", fixture=fixture, shelf=shelf, plate=plates[0]
        )
    return ask.say(
        "Fixture %(fixture)s, shelf %(shelf)s, plates %(plates)s",
        fixture=fixture,
        shelf=shelf,
        plates=plates_words(plates),
    )


def plates_words(plates: Iterable[int]) -> str:
    """`4–6, 9`: neighbours joined."""
    runs: list[list[int]] = []
    for plate in sorted(set(plates)):
        if runs and plate == runs[-1][-1] + 1:
            runs[-1].append(plate)
        else:
            runs.append([plate])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)


def shelves_from_top(fixture: Fixture) -> list[Shelf]:
    """The shelves as somebody before the fixture sees them, whatever they are numbered like."""
    return sorted(fixture.shelves, key=lambda shelf: (-shelf.box.pose.origin.z, shelf.index))


def walking_order(shop: Shop, fixtures: Iterable[FixtureId]) -> list[FixtureId]:
    """The fixtures in the order of a short walk: from the door to the nearest front, from there to the next nearest.

    Going to the nearest neighbour is no shortest walk, but one that people would take (Rosenkrantz et al. 1977, "An
    analysis of several heuristics for the traveling salesman problem").
    """
    wanted = set(fixtures)
    left = [fixture for fixture in shop.fixtures if fixture.id in wanted]
    if not left:
        return []
    fronts = np.array([_front(fixture) for fixture in left])
    here = np.array(_door(shop, fronts[0]))
    open_ = np.ones(len(left), dtype=bool)
    order: list[FixtureId] = []
    for _ in left:
        distances = np.where(open_, np.hypot(*(fronts - here).T), np.inf)
        nearest = int(distances.argmin())
        open_[nearest] = False
        here = fronts[nearest]
        order.append(left[nearest].id)
    return order


def _front(fixture: Fixture) -> tuple[float, float]:
    middle = fixture.box.pose.to_parent(Point(fixture.box.width_m / 2, 0.0, 0.0))
    return middle.x, middle.y


def _door(shop: Shop, otherwise: Sequence[float]) -> tuple[float, float]:
    for zone in shop.zones:
        if zone.use == "exit":
            return (zone.x_min_m + zone.x_max_m) / 2, (zone.y_min_m + zone.y_max_m) / 2
    return float(otherwise[0]), float(otherwise[1])
