"""What is measured of a sample, and what falling short in it costs."""

import dataclasses

__all__ = ["MEASURES", "SHORT_MAX", "Fault", "Measures"]

Measures = dict[str, float]
MEASURES = ("signal", "sharp", "area", "sure")
"""Those that have a price. All are larger for better samples."""
SHORT_MAX = 4.0
"""Worse than that is not told apart."""


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """One measure: from `harmless` on it costs nothing, and for each `step` below it `weight` of the log odds."""

    harmless: float
    step: float
    weight: float

    def short(self, value: float) -> float:
        """How many steps a value falls short, 0 to SHORT_MAX."""
        return min(max((self.harmless - value) / self.step, 0.0), SHORT_MAX)

    def cost(self, value: float) -> float:
        """What that costs of the log odds."""
        return self.weight * self.short(value)
