"""A convenience store of 100 m2: chilled walls, gondolas, a corner for coffee and fresh goods, tobacco and spirits."""

import numpy as np

from tillfree.catalog.model import Shop, Zone
from tillfree.simulation.stores import goods
from tillfree.simulation.stores.assortment import Assortment
from tillfree.simulation.stores.furnishing import EAST, NORTH, SOUTH, WEST, Rack, island, row, watch

__all__ = ["convenience_store"]

_GONDOLA = Rack((0.2, 0.47, 0.74, 1.01, 1.28, 1.52), 1.9, 0.41, 14, 0.087)
_CHILLED = Rack((0.2, 0.55, 0.9, 1.25, 1.52), 2.0, 0.6, 14, 0.087)
_COUNTER = Rack((0.5, 0.85, 1.2), 1.55, 0.6, 12, 0.1)
_PRODUCTS = 2000


def convenience_store(seed: int) -> Shop:
    """The store; `seed` chooses its goods."""
    chilled = row(_CHILLED, 7, (0.62, 9.4), SOUTH, 1)
    left = row(_GONDOLA, 4, (0.41, 2.6), EAST, 8)
    right = row(_GONDOLA, 4, (9.59, 7.6), WEST, 12)
    upper = island(_GONDOLA, 4, (2.5, 6.52), 16)
    lower = island(_GONDOLA, 4, (2.5, 3.74), 24)
    fresh = row(_COUNTER, 3, (4.06, 0.65), NORTH, 32)
    guarded = row(_GONDOLA, 2, (9.5, 0.46), NORTH, 35)
    rows = (chilled, left, right, *upper, *lower, fresh, guarded)
    assortment = Assortment(2, np.random.default_rng([20_300_202, seed]))
    assortment.fill(
        (
            (goods.CHILLED, chilled.racks),
            ((*goods.SNACKS, *goods.SWEETS), (*left.racks, *lower[0].racks)),
            (goods.ALCOHOL, right.racks[:2]),
            (goods.HOUSEHOLD, right.racks[2:]),
            (goods.PANTRY, (*upper[0].racks, *lower[1].racks)),
            (goods.DRINKS, upper[1].racks),
            (goods.COFFEE, fresh.racks[:1]),
            (goods.BAKERY, fresh.racks[1:2]),
            (goods.PRODUCE, fresh.racks[2:]),
            (goods.TOBACCO, guarded.racks[:1]),
            (goods.CARE, guarded.racks[1:]),
        ),
        products=_PRODUCTS,
    )
    return Shop(
        name="convenience",
        products=tuple(assortment.products),
        fixtures=tuple(rack for one in rows for rack in one.racks),
        facings=tuple(assortment.facings),
        zones=(Zone("door", "exit", 4.9, 0.1, 6.1, 0.75), Zone("floor", "aisle", 0.0, 0.0, 10.0, 10.0)),
        currency="EUR",
        cameras=watch(rows, before_m=1.75, every_m=2.6),
    )
