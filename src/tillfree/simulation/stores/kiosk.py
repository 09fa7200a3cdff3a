"""A kiosk in a stadium: three lanes with low racks on both sides, open at both ends; few goods, which sell fast."""

import numpy as np

from tillfree.catalog.model import Shop, Zone
from tillfree.simulation.stores.assortment import Assortment
from tillfree.simulation.stores.furnishing import EAST, WEST, Rack, row, watch
from tillfree.simulation.stores.goods import ALCOHOL, DRINKS, MERCHANDISE, SNACKS, SWEETS

__all__ = ["kiosk"]

_RACK = Rack((0.3, 0.65, 1.0, 1.35), 1.65, 0.35, 10, 0.1016)
_RACKS = 2
_FROM_M, _TO_M = 1.5, 3.562
"""Where the racks begin and end, along y."""
_LANES_M = ((0.36, 2.26), (3.02, 4.92), (5.68, 7.58))
"""Left and right edge of each lane, along x."""


def kiosk(seed: int) -> Shop:
    """The kiosk; `seed` chooses its goods. Prices are whole multiples of 50."""
    rows = []
    zones = []
    for number, (left_m, right_m) in enumerate(_LANES_M):
        first = 1 + 2 * _RACKS * number
        rows.append(row(_RACK, _RACKS, (left_m, _FROM_M), EAST, first))
        rows.append(row(_RACK, _RACKS, (right_m, _TO_M), WEST, first + _RACKS))
        middle_m = (left_m + right_m) / 2
        zones.append(Zone(f"front {number + 1}", "exit", middle_m - 0.5, 0.0, middle_m + 0.5, 0.6))
        zones.append(Zone(f"back {number + 1}", "exit", middle_m - 0.5, 4.5, middle_m + 0.5, 5.1))
    zones.sort(key=lambda zone: zone.y_min_m)
    goods = Assortment(3, np.random.default_rng([20_300_203, seed]), step_minor=50, less_minor=0)
    goods.fill(
        (
            (DRINKS[:6], [rack for one in rows[:2] for rack in one.racks]),
            ((*ALCOHOL[:2], *DRINKS[:2]), rows[2].racks),
            ((*SNACKS[:3], *SWEETS[:3]), rows[3].racks),
            (MERCHANDISE, [rack for one in rows[4:] for rack in one.racks]),
        ),
        products=120,
    )
    return Shop(
        name="kiosk",
        products=tuple(goods.products),
        fixtures=tuple(rack for one in rows for rack in one.racks),
        facings=tuple(goods.facings),
        zones=(*zones, Zone("floor", "aisle", 0.0, -0.1, 7.94, 5.2)),
        currency="EUR",
        cameras=watch(rows, before_m=1.7, every_m=2.2),
    )
