"""What it costs if a measure of a sample falls short, learned from simulated captures.

Made by a command:

    python -m tillfree.learning.palms.quality --seed 501 --palms 100 -o quality_table.py
"""

from collections.abc import Mapping

from tillfree.palm.quality_model import Fault

__all__ = ["FAULTS", "SURE", "USUAL"]

SURE = 2.842
"""The log odds of being recognised if nothing falls short."""
FAULTS: Mapping[str, Fault] = {
    "signal": Fault(0.3707, 1.9486, 3.428),
    "sharp": Fault(-0.877, 0.4417, 1.592),
    "area": Fault(0.9947, 0.6163, 2.617),
    "sure": Fault(0.9362, 0.1562, 1.438),
}
USUAL: Mapping[str, float] = {"level": -0.697, "contrast": -3.657, "calm": 5.678}
"""Medians of captures that nothing spoils: of light, contrast, and calm (minus noise), as logarithms."""
