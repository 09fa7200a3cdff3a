"""Small simulations that several tests look at, and ways to look at them."""

import functools
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from tillfree.catalog.model import Shop
from tillfree.core.events import Event, PeopleFrame, WeightBatch
from tillfree.core.ids import FixtureId
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.options import ActRates, SimulationOptions
from tillfree.simulation.recording import SimulatedRecording, simulate

Floats = npt.NDArray[np.float64]


@functools.cache
def small_shop() -> Shop:
    return demo_shop(2, plates=(9, 12))


@functools.cache
def busy() -> SimulatedRecording:
    """Three shoppers who do all kinds of awkward things."""
    return simulate(small_shop(), SimulationOptions(shoppers=3, seed=5, takes=6.0, awkward=0.7))


@functools.cache
def busy_events() -> tuple[Event, ...]:
    return tuple(busy().events())


def only(**rates: float) -> ActRates:
    return ActRates(**{**dict.fromkeys(ActRates.__struct_fields__, 0.0), **rates})


def frames(events: Iterable[Event]) -> list[PeopleFrame]:
    return [event for event in events if isinstance(event, PeopleFrame)]


def readings(events: Iterable[Event], fixture: str) -> tuple[Floats, Floats]:
    """Times in seconds (samples) and readings in grams (samples, shelves, plates) of one fixture."""
    times, values = [], []
    for event in events:
        if isinstance(event, WeightBatch) and event.fixture == FixtureId(fixture):
            shape = (event.samples, event.shelves, event.plates)
            values.append(np.frombuffer(event.values, dtype="<f4").reshape(shape).astype(np.float64))
            ends = event.time_ns / 1e9
            times.append(ends - np.arange(event.samples - 1, -1, -1) / event.rate_hz)
    return np.concatenate(times), np.concatenate(values)
