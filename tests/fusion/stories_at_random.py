"""Random stories for properties: people at the places of one fixture or two, who take and put back things they hold."""

from hypothesis import strategies as st

from tests.scenes import BEANS, CHIPS, COLA, JUICE, LEFT, RIGHT, SAUCE, WATER, WEIGHTS_G, Scene, shop
from tillfree.core.ids import ProductId

__all__ = ["PLATE_OF", "Doing", "doings", "story"]

PLATE_OF = {COLA: 1, WATER: 3, JUICE: 5, SAUCE: 7, CHIPS: 9, BEANS: 11}
NAMES = ("ann", "bob", "cyd")

Doing = tuple[int, ProductId, bool, int, float]
"""Who (number), which product, whether it is put back (if held), on which plate then, and how far off the weight is."""


def doings(people: int, most: int = 6) -> st.SearchStrategy[list[Doing]]:
    """What `people` do one after the other."""
    products = st.sampled_from(sorted(PLATE_OF))
    each = st.tuples(st.integers(0, people - 1), products, st.booleans(), st.integers(1, 12), st.floats(0.96, 1.04))
    return st.lists(each, min_size=1, max_size=most)


def story(told: list[Doing], people: int, *, home: bool = False) -> tuple[Scene, list[dict[ProductId, int]]]:
    """A scene of these doings, one every four seconds, and what everybody truly holds in the end.

    Everybody waits 1.6 m before the fixture and steps up to it to act; with `home`, put-backs go where things belong.
    """
    scene = Scene(shop(LEFT, RIGHT))
    held: list[dict[ProductId, int]] = [{} for _ in range(people)]
    acts: list[tuple[int, float, int, float]] = []
    for number, (who, product, back, plate, factor) in enumerate(told):
        at_s = 7.0 + 4.0 * number
        if back and held[who]:
            item = min(held[who])
            held[who][item] -= 1
            held[who] = {p: n for p, n in held[who].items() if n}
            acts.append((who, at_s, PLATE_OF[item] if home else plate, WEIGHTS_G[item] * factor))
        else:
            held[who][product] = held[who].get(product, 0) + 1
            acts.append((who, at_s, PLATE_OF[product], -WEIGHTS_G[product] * factor))
    leave_s = 7.0 + 4.0 * len(told)
    for number in range(people):
        x = 0.2 + 0.9 * number
        path = [(1.0, x, -4.5), (4.0, x, -1.6)]
        for who, at_s, plate, _ in acts:
            if who == number:
                there = 0.1 * plate - 0.2
                path += [
                    (at_s - 1.9, x, -1.6),
                    (at_s - 0.9, there, -0.5),
                    (at_s + 0.6, there, -0.5),
                    (at_s + 1.6, x, -1.6),
                ]
        scene.walks(NAMES[number], *path, (leave_s, x, -1.6), (leave_s + 3.0, x, -4.5))
    for who, at_s, plate, grams in acts:
        scene.moves(NAMES[who], at_s, {plate: grams})
    return scene, held
