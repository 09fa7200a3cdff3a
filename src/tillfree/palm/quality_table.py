"""What it costs if a measure of a sample falls short, learned from simulated captures.

Made by a command:

    python -m tillfree.learning.palms.quality --seed 501 --palms 100 -o quality_table.py
"""

from collections.abc import Mapping

from tillfree.palm.quality_model import Fault

__all__ = ["FAULTS", "SURE", "USUAL"]

SURE = 2.766
"""The log odds of being recognised if nothing falls short."""
FAULTS: Mapping[str, Fault] = {
    "signal": Fault(0.3518, 1.9911, 3.55),
    "sharp": Fault(-0.8972, 0.419, 1.642),
    "area": Fault(0.9943, 0.6177, 2.785),
    "sure": Fault(0.9371, 0.1581, 1.39),
}
USUAL: Mapping[str, float] = {"level": -0.705, "contrast": -3.661, "calm": 5.678}
"""Medians of captures that nothing spoils: of light, contrast, and calm (minus noise), as logarithms."""
