"""Simulated recordings of a given size, written to a file once so that simulating is not measured."""

from pathlib import Path

from tillfree.catalog.model import Shop
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import simulate
from tillfree.storage.recordings.mcap_writer import write_mcap
from tillfree.storage.recordings.model import Recording

__all__ = ["plates_of", "shop_of", "shop_visits", "write_recording"]

STAY_S = 45.0
"""About how long a simulated shopper with the default number of acts stays."""


def shop_of(plates: int) -> Shop:
    """A demo shop with at least so many plates: gondolas of six shelves with twelve plates."""
    return demo_shop(-(-plates // 72), plates=(12,), shelves=6)


def plates_of(shop: Shop) -> int:
    """How many plates a shop has."""
    return sum(len(shelf.plates) for fixture in shop.fixtures for shelf in fixture.shelves)


def shop_visits(shop: Shop, at_once: int, duration_s: float, seed: int) -> Recording:
    """A recording with about `at_once` shoppers in the shop all the time."""
    visits = max(at_once, round(at_once * duration_s / STAY_S))
    return simulate(shop, SimulationOptions(shoppers=visits, seed=seed, duration_s=duration_s))


def write_recording(path: Path, recording: Recording) -> Path:
    """Writes a recording as MCAP."""
    write_mcap(path, recording)
    return path
