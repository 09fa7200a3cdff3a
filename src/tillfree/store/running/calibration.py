"""Plates that weigh too much or too little: their readings are multiplied by a gain before anything looks at them."""

import msgspec
import numpy as np
import numpy.typing as npt

from tillfree.catalog.model import Shop
from tillfree.core.events import WeightBatch
from tillfree.core.ids import FixtureId, PlateRef
from tillfree.sensing.batches import is_sound
from tillfree.store.running.errors import StoreError

__all__ = ["GAIN_MAX", "GAIN_MIN", "Calibration", "Calibrator"]

GAIN_MIN, GAIN_MAX = 0.5, 2.0
"""What lies beyond is no load cell that is a little off: it is broken, or it was the wrong weight."""


class Calibration(msgspec.Struct, frozen=True):
    """The gains of a shop's plates; a plate that is not in it has 1."""

    gains: dict[PlateRef, float] = {}


class Calibrator:
    """Applies gains to weight batches; batches of fixtures without any pass untouched.

    A gain that changes while the store runs must not look like goods that come or go: each gain has an offset that
    leaves the load of that moment as it was. Only differences mean anything, so the offset harms nothing.
    """

    def __init__(self, shop: Shop, calibration: Calibration | None = None) -> None:
        """Raises: StoreError: a gain out of bounds."""
        self._plates = set(shop.plate_centres())
        self._lines: dict[PlateRef, tuple[float, float]] = {}
        self._by_fixture: dict[FixtureId, list[tuple[int, int, float, float]]] = {}
        for plate, gain in (calibration.gains if calibration else {}).items():
            # A plate that is gone since it was calibrated is no error: shops are rebuilt.
            if plate in self._plates:
                self._lines[plate] = (_checked(plate, gain), 0.0)
        self._arrange()

    @property
    def calibration(self) -> Calibration:
        """The gains in force that are not 1."""
        return Calibration({plate: gain for plate, (gain, _) in sorted(self._lines.items()) if gain != 1.0})

    def gain(self, plate: PlateRef) -> float:
        """What the plate's readings are multiplied with."""
        return self._lines.get(plate, (1.0, 0.0))[0]

    def set_gain(self, plate: PlateRef, gain: float, level_g: float | None) -> None:
        """Multiply the plate's readings from now on; `level_g` is its level at present, as it is read.

        Raises:
            StoreError: there is no such plate, or the gain is out of bounds.
        """
        if plate not in self._plates:
            raise StoreError(f"there is no plate {plate} in this shop: choose one of its plates")
        _checked(plate, gain)
        old, offset_g = self._lines.get(plate, (1.0, 0.0))
        raw_g = 0.0 if level_g is None else (level_g - offset_g) / old
        self._lines[plate] = (gain, raw_g * old + offset_g - raw_g * gain)
        self._arrange()

    def apply(self, batch: WeightBatch) -> WeightBatch:
        """The batch with its readings corrected; "no reading" stays that."""
        lines = self._by_fixture.get(batch.fixture)
        if not lines or not is_sound(batch):
            return batch
        values: npt.NDArray[np.float32] = (
            np.frombuffer(batch.values, dtype="<f4").reshape(batch.samples, batch.shelves, batch.plates).copy()
        )
        for shelf, plate, gain, offset_g in lines:
            if shelf <= batch.shelves and plate <= batch.plates:
                column = values[:, shelf - 1, plate - 1]
                column *= gain
                column += offset_g
        return msgspec.structs.replace(batch, values=values.tobytes())

    def _arrange(self) -> None:
        by_fixture: dict[FixtureId, list[tuple[int, int, float, float]]] = {}
        for plate, (gain, offset_g) in self._lines.items():
            if gain != 1.0 or offset_g:
                by_fixture.setdefault(plate.fixture, []).append((plate.shelf, plate.plate, gain, offset_g))
        self._by_fixture = by_fixture


def _checked(plate: PlateRef, gain: float) -> float:
    if not GAIN_MIN <= gain <= GAIN_MAX:
        raise StoreError(
            f"plate {plate}: a gain of {gain:g} is not within {GAIN_MIN:g} to {GAIN_MAX:g}; "
            "check the known weight, and that nothing else touched the plate"
        )
    return gain
