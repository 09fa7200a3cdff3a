"""A nano store: a few square metres of vending, as large as the one real store whose signals are known.

5 fixtures with 348 plates, 12 cameras. The furniture is of the size of the real one's; goods, doors and cameras are
invented.
"""

import numpy as np

from tillfree.catalog.model import Shop, Zone
from tillfree.simulation.stores.assortment import Assortment
from tillfree.simulation.stores.furnishing import SOUTH, WEST, Rack, row, watch
from tillfree.simulation.stores.goods import CARE, DRINKS, PANTRY, SNACKS, SWEETS

__all__ = ["nano_store"]

_RACK = Rack((0.27, 0.53, 0.79, 1.0, 1.24, 1.5), 1.9, 0.4064, 12, 0.1016)
_LOW = Rack(_RACK.boards_m[:5], 1.9, 0.4064, 12, 0.1016)
_PITCH_M = 1.25


def nano_store(seed: int) -> Shop:
    """The store; `seed` chooses its goods."""
    left = row(_RACK, 2, (0.0, 0.0), SOUTH, 1)
    third = row(_LOW, 1, (2 * _PITCH_M, 0.0), SOUTH, 3)
    fourth = row(_RACK, 1, (3 * _PITCH_M, 0.0), SOUTH, 4)
    fifth = row(_RACK, 1, (5.75, -0.75), WEST, 5)
    goods = Assortment(1, np.random.default_rng([20_300_201, seed]))
    goods.fill(
        (
            (DRINKS[:6], left.racks),
            (SNACKS, third.racks),
            (SWEETS, fourth.racks),
            ((*PANTRY[3:6], *CARE[:3]), fifth.racks),
        ),
        products=230,
    )
    rows = (left, third, fourth, fifth)
    return Shop(
        name="nano",
        products=tuple(goods.products),
        fixtures=tuple(rack for one in rows for rack in one.racks),
        facings=tuple(goods.facings),
        zones=(Zone("door", "exit", 0.0, -3.1, 0.9, -2.4), Zone("floor", "aisle", -1.0, -3.2, 6.2, 0.45)),
        currency="EUR",
        cameras=(*watch(rows[:3], before_m=1.9, every_m=0.62), *watch(rows[3:], before_m=1.9, every_m=0.31, first=9)),
    )
