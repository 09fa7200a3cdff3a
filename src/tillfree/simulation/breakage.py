"""Sensors of a simulated shop that can be broken by hand, and known weights that can be put on its plates.

What is broken is taken out of the events on their way into the store, as a pulled plug would; the simulated people go
on as if nothing had happened.
"""

import threading
from collections import Counter
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from tillfree.catalog.model import Shop
from tillfree.core.events import Event, GatePassage, PeopleFrame, WeightBatch
from tillfree.core.ids import PlateRef
from tillfree.sensing.batches import is_sound
from tillfree.simulation.errors import SimulationError
from tillfree.store.running.state import Breakable

__all__ = ["SimulatedBreaker"]

_TRACKER, _GATE = "tracker", "gate"
_WEIGHT_MAX_G = 50_000.0


class SimulatedBreaker:
    """Breaks scales, single plates, the tracker and the gate; may be called from any thread.

    Ids are `scales/FIXTURE`, `plate/FIXTURE/SHELF/PLATE/dead`, the same with `stuck`, `tracker`, and `gate` (once one
    has spoken, or if `gate` says so). Of each fixture one plate is offered: the middle one of the shelf with the most
    facings; `plates` adds others.
    """

    def __init__(self, shop: Shop, *, gate: bool = False, plates: Sequence[PlateRef] = ()) -> None:
        self._lock = threading.Lock()
        self._known = set(shop.plate_centres())
        self._items: dict[str, Breakable] = {}
        offered = {
            fixture.id: plate
            for plate in _busy_plates(shop)
            for fixture in shop.fixtures
            if fixture.id == plate.fixture
        }
        for fixture in shop.fixtures:
            if not fixture.shelves:
                continue
            self._add(Breakable(f"scales/{fixture.id}", "scales", "unplugged", fixture.id))
            for plate in [offered[fixture.id], *(other for other in plates if other.fixture == fixture.id)]:
                for how in ("dead", "stuck"):
                    id_ = f"plate/{plate}/{how}"
                    self._add(Breakable(id_, "plate", how, plate.fixture, plate.shelf, plate.plate))
        self._add(Breakable(_TRACKER, "tracker", "unplugged"))
        if gate:
            self._add(Breakable(_GATE, "gate", "unplugged"))
        self._broken: frozenset[str] = frozenset()
        self._plates: dict[str, tuple[Breakable, ...]] = {}
        self._pressed: dict[PlateRef, float] = {}
        self._frozen: dict[PlateRef, float] = {}

    def breakables(self) -> tuple[Breakable, ...]:
        """What can be broken, and what is."""
        with self._lock:
            return tuple(msgspec.structs.replace(b, broken=b.id in self._broken) for b in self._items.values())

    def break_(self, id: str) -> None:  # noqa: A002 - as the protocol has it
        """Break one; no harm if it is broken already. Raises: SimulationError: there is none of that name."""
        self._set(id, broken=True)

    def mend(self, id: str) -> None:  # noqa: A002 - as the protocol has it
        """Mend one; no harm if it is whole. Raises: SimulationError: there is none of that name."""
        self._set(id, broken=False)

    def press(self, plate: PlateRef, grams: float) -> None:
        """Put a known weight on a plate, instead of one that lies there.

        Raises:
            SimulationError: there is no such plate, or no such weight.
        """
        if plate not in self._known:
            raise SimulationError(f"there is no plate {plate} in this shop: choose one of its plates")
        if not 0.0 < grams <= _WEIGHT_MAX_G:
            raise SimulationError(
                f"a weight of {grams:g} g cannot be put on a plate; take one up to {_WEIGHT_MAX_G:g} g"
            )
        with self._lock:
            self._pressed = {**self._pressed, plate: grams}

    def lift(self, plate: PlateRef) -> None:
        """Take the known weight off a plate; no harm if there is none."""
        with self._lock:
            self._pressed = {other: grams for other, grams in self._pressed.items() if other != plate}

    def filter(self, item: Event) -> Event | None:
        """What is left of an event; None where nothing is."""
        match item:
            case WeightBatch():
                return self._batch(item)
            case PeopleFrame():
                return None if _TRACKER in self._broken else item
            case GatePassage():
                if _GATE not in self._items:
                    with self._lock:
                        self._add(Breakable(_GATE, "gate", "unplugged"))
                return None if _GATE in self._broken else item
        return item

    def _add(self, breakable: Breakable) -> None:
        self._items = {**self._items, breakable.id: breakable}

    def _set(self, id_: str, *, broken: bool) -> None:
        with self._lock:
            if id_ not in self._items:
                raise SimulationError(f"there is no sensor {id_!r} to break: choose one of those that are offered")
            self._broken = self._broken | {id_} if broken else self._broken - {id_}
            plates: dict[str, tuple[Breakable, ...]] = {}
            for item in (self._items[one] for one in sorted(self._broken) if one.startswith("plate/")):
                plates[item.fixture] = (*plates.get(item.fixture, ()), item)
            self._plates = plates
            stuck = {
                PlateRef(b.fixture, b.shelf, b.plate) for each in plates.values() for b in each if b.how == "stuck"
            }
            self._frozen = {plate: value for plate, value in self._frozen.items() if plate in stuck}

    def _batch(self, batch: WeightBatch) -> WeightBatch | None:
        if f"scales/{batch.fixture}" in self._broken:
            return None
        broken = self._plates.get(batch.fixture, ())
        pressed = [(plate, grams) for plate, grams in self._pressed.items() if plate.fixture == batch.fixture]
        broken = tuple(item for item in broken if item.shelf <= batch.shelves and item.plate <= batch.plates)
        if not (broken or pressed) or not is_sound(batch):
            return batch
        values: npt.NDArray[np.float32] = (
            np.frombuffer(batch.values, dtype="<f4").reshape(batch.samples, batch.shelves, batch.plates).copy()
        )
        for plate, grams in pressed:
            if plate.shelf > batch.shelves or plate.plate > batch.plates:
                continue
            values[:, plate.shelf - 1, plate.plate - 1] += np.float32(grams)
        for item in broken:
            plate = PlateRef(item.fixture, item.shelf, item.plate)
            column = values[:, plate.shelf - 1, plate.plate - 1]
            if item.how == "dead":
                column[:] = np.nan
                continue
            with self._lock:
                column[:] = self._frozen.setdefault(plate, float(column[0]))
        return msgspec.structs.replace(batch, values=values.tobytes())


def _busy_plates(shop: Shop) -> list[PlateRef]:
    """Of each fixture the middle plate of the shelf with the most facings."""
    facings = Counter((facing.fixture, facing.shelf) for facing in shop.facings)
    found = []
    for fixture in shop.fixtures:
        if fixture.shelves:
            shelf = max(fixture.shelves, key=lambda s: (facings[fixture.id, s.index], -s.index))
            found.append(PlateRef(fixture.id, shelf.index, (len(shelf.plates) + 1) // 2))
    return found
