"""A shelf with tea and jam, and one visitor who takes a packet of tea: the smallest recording with a receipt."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tillfree.catalog.model import Facing, Fixture, Product, Shelf, Shop
from tillfree.core.events import Event, Joint, PeopleFrame, TrackedPerson, WeightBatch
from tillfree.core.geometry import Box, Point, Pose
from tillfree.core.ids import FixtureId, ProductId, TrackId
from tillfree.storage.recordings.mcap_writer import write_events
from tillfree.storage.recordings.model import Truth, TruthAct

ANN, TEA, JAM = TrackId("ann"), ProductId("4006381333931"), ProductId("96385074")
START_NS = 1_700_000_000_000_000_000
TAKEN_S, LENGTH_S = 6.0, 14.0
_NS = 1_000_000_000


def shop() -> Shop:
    """One fixture with one shelf of four plates, half a metre wide, 1.2 m high, its front at y = 0."""
    fixture = FixtureId("rack")
    shelf_box = Box(Pose(Point(0.0, 0.0, 1.2)), 0.8, 0.4, 0.3)
    shelf = Shelf(1, shelf_box, tuple((n * 0.2, (n + 1) * 0.2) for n in range(4)))
    return Shop(
        name="Corner shop",
        products=(
            Product(TEA, "Tea, 50 bags", weight_g=400.0, price_minor=299, barcodes=(TEA,)),
            Product(JAM, "Jam", weight_g=650.0, price_minor=349, barcodes=(JAM,)),
        ),
        fixtures=(Fixture(fixture, Box(Pose(Point(0.0, 0.0, 0.0)), 0.8, 0.4, 2.0), (shelf,)),),
        facings=(Facing(TEA, fixture, 1, (1, 2)), Facing(JAM, fixture, 1, (3, 4))),
    )


def events(*, people: bool = True) -> Iterator[Event]:
    """Weights in batches of 12 at 60 Hz with 0.5 g of noise, and a visitor at 10 Hz, in order of time."""
    random = np.random.default_rng(1)
    for batch in range(int(LENGTH_S * 5)):
        end_s = (batch + 1) * 0.2
        times = end_s - np.arange(11, -1, -1) / 60
        load = np.tile([3000.0, 2500.0, 4000.0, 4100.0], (12, 1)) + random.normal(0.0, 0.5, (12, 4))
        load[:, 0] -= np.where(times >= TAKEN_S, 300.0, 0.0)
        load[:, 1] -= np.where(times >= TAKEN_S, 100.0, 0.0)
        if people:
            for number in (batch * 2, batch * 2 + 1):
                yield _frame(number)
        yield WeightBatch(
            time_ns=START_NS + round(end_s * _NS),
            source="plates-rack",
            sequence=batch,
            fixture=FixtureId("rack"),
            rate_hz=60.0,
            samples=12,
            shelves=1,
            plates=4,
            values=load.astype("<f4").tobytes(),
        )


def _frame(number: int) -> PeopleFrame:
    """Ann walks in from y = -4 m, reaches for plate 1, and walks out again."""
    second = number / 10
    away = min(1.0, abs(second - TAKEN_S) / 4.0)
    reach = max(0.0, 1.0 - abs(second - TAKEN_S) / 0.8)
    y = -0.45 - 3.5 * away
    wrist_y = y - 0.05 + reach * 0.45
    joints = (
        Joint("head", 0.15, y, 1.7, 0.9),
        Joint("neck", 0.15, y, 1.5, 0.9),
        Joint("l_shoulder", -0.03, y, 1.45, 0.9),
        Joint("r_shoulder", 0.33, y, 1.45, 0.9),
        Joint("l_wrist", -0.1, y, 0.9, 0.9),
        Joint("r_wrist", 0.18, wrist_y, 0.9 + reach * 0.4, 0.9),
    )
    here = second < LENGTH_S - 3.0
    return PeopleFrame(
        time_ns=START_NS + round(second * _NS),
        source="tracker",
        sequence=number,
        people=(TrackedPerson(ANN, joints),) if here else (),
    )


def truth() -> Truth:
    """Ann has one packet of tea."""
    act = TruthAct(START_NS + round(TAKEN_S * _NS), ANN, "take", TEA, 400.0, "rack", 1, (1, 2))
    return Truth(receipts={ANN: {TEA: 1}}, acts=(act,), synthetic=True)


def write_visit(path: Path, *, people: bool = True, told: bool = True) -> Path:
    """Writes the recording as MCAP."""
    write_events(path, path.stem, shop(), events(people=people), truth() if told else None)
    return path
