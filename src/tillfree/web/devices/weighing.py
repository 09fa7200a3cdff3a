"""One calibration of a plate with a known weight: what was read when, and what follows from it."""

import dataclasses
import statistics
from collections import deque
from typing import Literal

from tillfree.core.ids import PlateRef
from tillfree.store.running.calibration import GAIN_MAX, GAIN_MIN

__all__ = ["CALM_S", "KNOWN_MAX_G", "KNOWN_MIN_G", "Problem", "Step", "Weighing"]

KNOWN_MIN_G, KNOWN_MAX_G = 10.0, 20_000.0
CALM_S = 2.5
"""For so long (stream time) a level must stay, which a store works out once a second."""
_CALM_G, _CALM_SHARE = 2.0, 0.002
_ON_SHARE = 0.1
_BACK_G, _BACK_SHARE = 3.0, 0.02

Step = Literal["empty", "weight", "result", "off", "done", "leave"]
Problem = Literal["", "nothing", "fell", "nonsense"]


@dataclasses.dataclass
class Weighing:
    """A calibration that goes on. Levels are those of the store, in grams, with the gain in force at that time."""

    plate: PlateRef
    by: str
    begun_s: float
    step: Step = "empty"
    was_restocking: bool = False
    counts: dict[str, tuple[int, int, int]] = dataclasses.field(default_factory=dict)
    """Count, par and time of counting of the facings on this plate, by key: the known weight must not change them."""
    old_gain: float = 1.0
    tare_g: float = 0.0
    known_g: float = 0.0
    loaded_g: float = 0.0
    gain: float = 1.0
    back_off_g: float = 0.0
    """By how much more than the known weight the level fell when that was taken off."""
    _levels: deque[tuple[float, float]] = dataclasses.field(default_factory=lambda: deque(maxlen=40))

    @property
    def measured_g(self) -> float:
        """What the plate said that the known weight weighs."""
        return self.loaded_g - self.tare_g

    @property
    def is_back(self) -> bool:
        """Whether taking the weight off took away what it weighs."""
        return abs(self.back_off_g) <= max(_BACK_G, _BACK_SHARE * self.known_g)

    def note(self, time_s: float, level_g: float | None) -> None:
        """A level was read, in stream time; none breaks the calm."""
        if level_g is None:
            self._levels.clear()
        elif not self._levels or time_s > self._levels[-1][0]:
            self._levels.append((time_s, level_g))

    def disturb(self) -> None:
        """Something was put on or taken off: what was calm before says nothing."""
        self._levels.clear()

    def calm_g(self) -> float | None:
        """The level, if it has stayed as it is for long enough."""
        levels: list[float] = []
        for time_s, level_g in reversed(self._levels):
            levels.append(level_g)
            if self._levels[-1][0] - time_s >= CALM_S:
                middle = statistics.median(levels)
                limit_g = max(_CALM_G, _CALM_SHARE * abs(middle - self.tare_g))
                return middle if max(levels) - min(levels) <= limit_g else None
        return None

    def begin(self, tare_g: float, gain: float) -> None:
        """The level before the known weight is put on, and the gain that it was read with."""
        self.tare_g, self.old_gain, self.step = tare_g, gain, "weight"
        self.disturb()

    def weigh(self, known_g: float, loaded_g: float) -> Problem:
        """The level with the known weight on; says what is wrong, and changes the step only where nothing is."""
        self.known_g, self.loaded_g = known_g, loaded_g
        if self.measured_g < -_CALM_G:
            return "fell"
        if self.measured_g < _ON_SHARE * known_g:
            return "nothing"
        self.gain = self.old_gain * known_g / self.measured_g
        if not GAIN_MIN <= self.gain <= GAIN_MAX:
            return "nonsense"
        self.step = "result"
        return ""

    def take_off(self, level_g: float) -> bool:
        """The level after the weight was taken off; False while most of it is still on.

        A new gain leaves the level of its moment as it was, so from `loaded_g` it must fall by the known weight.
        """
        fell_g = self.loaded_g - level_g
        if fell_g < 0.5 * self.known_g:
            return False
        self.back_off_g, self.step = fell_g - self.known_g, "done"
        return True

    def is_loaded(self, level_g: float | None) -> bool:
        """Whether the known weight is on it, as far as one can tell."""
        if level_g is None or self.step in ("empty", "done"):
            return False
        start_g = self.loaded_g - self.known_g if self.step == "off" else self.tare_g
        return level_g - start_g > max(5.0, 0.5 * self.known_g)
