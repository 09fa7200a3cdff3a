"""A grocery of 1000 m2 with 10 000 products: five islands in two blocks, chilled and other walls, fresh counters."""

import numpy as np

from tillfree.catalog.model import Shop, Zone
from tillfree.simulation.stores import goods
from tillfree.simulation.stores.assortment import Assortment
from tillfree.simulation.stores.furnishing import EAST, NORTH, SOUTH, WEST, Rack, Row, island, row, watch

__all__ = ["grocery"]

_GONDOLA = Rack((0.2, 0.47, 0.74, 1.01, 1.28, 1.52), 1.9, 0.5, 20, 0.19)
_CHILLED = Rack((0.2, 0.55, 0.9, 1.25, 1.52), 2.0, 0.65, 20, 0.19)
_COUNTER = Rack((0.5, 0.85, 1.2), 1.55, 0.65, 8, 0.3)
_PRODUCTS = 10_000
_BLOCKS_M = (3.2, 21.0)
_ISLANDS_M = (6.2, 9.86, 13.52, 17.18, 20.84)
_RACKS = 4


def grocery(seed: int) -> Shop:
    """The store; `seed` chooses its goods."""
    chilled = row(_CHILLED, 9, (2.8, 24.3), SOUTH, 1)
    left = row(_GONDOLA, 4, (0.55, 5.5), EAST, 10)
    right = row(_GONDOLA, 4, (39.45, 20.8), WEST, 14)
    fresh = row(_COUNTER, 5, (14.2, 0.75), NORTH, 18)
    guarded = row(_GONDOLA, 1, (38.0, 0.6), NORTH, 23)
    islands: list[Row] = []
    for y_m in _ISLANDS_M:
        for x_m in _BLOCKS_M:
            islands += island(_GONDOLA, _RACKS, (x_m, y_m), 24 + _RACKS * len(islands))
    rows = (chilled, left, right, fresh, guarded, *islands)
    # Four rows of an island after the other: snacks by the door, household at the back.
    racks = [[rack for one in islands[4 * k : 4 * k + 4] for rack in one.racks] for k in range(len(_ISLANDS_M))]
    assortment = Assortment(4, np.random.default_rng([20_300_204, seed]))
    assortment.fill(
        (
            (goods.CHILLED, chilled.racks),
            (goods.ALCOHOL, right.racks),
            (goods.COFFEE, left.racks[:1]),
            (goods.DRINKS, (*left.racks[1:], *racks[1])),
            (goods.BAKERY, fresh.racks[:1]),
            (goods.PRODUCE, fresh.racks[1:]),
            (goods.TOBACCO, guarded.racks),
            ((*goods.SNACKS, *goods.SWEETS), racks[0]),
            (goods.PANTRY, (*racks[2], *racks[3])),
            ((*goods.HOUSEHOLD, *goods.CARE), racks[4]),
        ),
        products=_PRODUCTS,
    )
    return Shop(
        name="grocery",
        products=tuple(assortment.products),
        fixtures=tuple(rack for one in rows for rack in one.racks),
        facings=tuple(assortment.facings),
        zones=(
            Zone("west door", "exit", 17.5, 0.1, 19.5, 1.0),
            Zone("east door", "exit", 27.5, 0.1, 29.5, 1.0),
            Zone("floor", "aisle", 0.0, 0.0, 40.0, 25.0),
        ),
        currency="EUR",
        cameras=watch(rows, before_m=1.9, every_m=3.1),
    )
