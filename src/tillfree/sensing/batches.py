"""Weight batches as arrays of the plates that a fixture has, whatever a driver sends."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tillfree.core.events import WeightBatch
from tillfree.sensing.conditioning import Samples

__all__ = ["SampleLayout", "is_sound"]

_RATE_HZ_MIN, _RATE_HZ_MAX = 0.001, 10_000.0


def is_sound(batch: WeightBatch) -> bool:
    """Whether a batch's numbers agree with each other; a driver may send anything."""
    values = batch.samples * batch.shelves * batch.plates
    return (
        min(batch.samples, batch.shelves, batch.plates) > 0
        and len(batch.values) == 4 * values
        and _RATE_HZ_MIN <= batch.rate_hz <= _RATE_HZ_MAX
    )


class SampleLayout:
    """Which number of a batch belongs to which plate; worked out once, as batches of a fixture have one shape."""

    def __init__(self, places: Sequence[tuple[int, int]]) -> None:
        """`places` are shelf and plate of each column, both counted from 1."""
        self._places = places
        self._shape: tuple[int, int] | None = None
        self._index: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self._all_in_place = self._absent = False

    def samples_of(self, batch: WeightBatch) -> Samples:
        """The samples of the monitored plates, shape (samples, columns); NaN for plates that a sound batch lacks."""
        if self._shape != (batch.shelves, batch.plates):
            self._find(batch.shelves, batch.plates)
        flat = np.frombuffer(batch.values, dtype="<f4").reshape(batch.samples, batch.shelves * batch.plates)
        if self._all_in_place:
            return flat
        samples: Samples = flat.take(self._index, axis=1)
        if self._absent:
            samples[:, self._index < 0] = np.nan
        return samples

    def _find(self, shelves: int, plates: int) -> None:
        """The place of each column in a flattened (shelves, plates) sample; -1 where the array has none."""
        index = [
            (shelf - 1) * plates + plate - 1 if shelf <= shelves and plate <= plates else -1
            for shelf, plate in self._places
        ]
        self._shape, self._index = (shelves, plates), np.array(index, dtype=np.int64)
        self._absent, self._all_in_place = -1 in index, index == list(range(shelves * plates))
