"""The simulated stores by their names."""

from collections.abc import Callable

import msgspec

from tillfree.catalog.model import Shop
from tillfree.simulation.errors import SimulationError
from tillfree.simulation.stores.convenience import convenience_store
from tillfree.simulation.stores.grocery import grocery
from tillfree.simulation.stores.kiosk import kiosk
from tillfree.simulation.stores.nano import nano_store

__all__ = ["STORES", "StoreSize", "size_of", "store_of"]

STORES: dict[str, Callable[[int], Shop]] = {
    "nano": nano_store,
    "kiosk": kiosk,
    "convenience": convenience_store,
    "grocery": grocery,
}
"""How each store is made from a seed, the smallest first."""


def store_of(name: str, seed: int = 0) -> Shop:
    """The simulated store of that name; the same name and seed give the same store.

    Raises:
        SimulationError: there is no such store, or the seed is below 0.
    """
    make = STORES.get(name)
    if make is None:
        raise SimulationError(f"there is no simulated store {name!r}; choose one of {', '.join(STORES)}")
    if seed < 0:
        raise SimulationError(f"the seed of a store is {seed}; give a number from 0 on")
    return make(seed)


class StoreSize(msgspec.Struct, frozen=True):
    """How large a shop is; `area_m2` is that of the floor as its zones say, furniture included, 0 if they do not."""

    area_m2: float
    fixtures: int
    plates: int
    facings: int
    products: int
    cameras: int


def size_of(shop: Shop) -> StoreSize:
    """Counts what is in a shop."""
    floors = [zone for zone in shop.zones if zone.use == "aisle"]
    return StoreSize(
        area_m2=round(sum((z.x_max_m - z.x_min_m) * (z.y_max_m - z.y_min_m) for z in floors), 1),
        fixtures=len(shop.fixtures),
        plates=sum(len(shelf.plates) for fixture in shop.fixtures for shelf in fixture.shelves),
        facings=len(shop.facings),
        products=len(shop.products),
        cameras=len(shop.cameras),
    )
