"""From captures to prices: what each measure costs that falls short of what is usual."""

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from tillfree.learning.errors import LearningError
from tillfree.learning.palms.logistic import non_negative
from tillfree.learning.palms.quality.captures import Capture
from tillfree.palm.quality_model import MEASURES, Fault

__all__ = ["Prices", "fit", "table_text"]

Floats = npt.NDArray[np.float64]
_PENALTY = 0.003
_HARMLESS, _POOR = 0.25, 0.03
"""Of captures that nothing spoils a quarter is below `harmless`; of all so many are more than a step below it."""
_STEP_MIN = 1e-3
_USUAL = ("level", "contrast", "calm")
_CAPTURES_MIN = 100


class Prices(msgspec.Struct, frozen=True):
    """All that `tillfree.palm.quality_table` holds; `sure` are the log odds if nothing falls short."""

    sure: float
    faults: dict[str, Fault]
    usual: dict[str, float]


def fit(captures: Sequence[Capture]) -> Prices:
    """Prices from captures; those without a hand say nothing.

    Raises:
        LearningError: too few captures, or all of them recognised or none.
    """
    seen = [capture for capture in captures if capture.measures]
    plain = [capture for capture in seen if capture.way == "nothing"]
    known = np.array([capture.recognised for capture in seen], np.float64)
    if len(seen) < _CAPTURES_MIN or not plain or not 0.0 < known.mean() < 1.0:
        raise LearningError(
            f"{len(seen)} captures of which {int(known.sum())} are recognised tell nothing about quality; draw at "
            f"least {_CAPTURES_MIN}, spoiled and not"
        )
    bare = {name: _unpriced(name, plain, seen) for name in MEASURES}
    short = np.array([[fault.short(each.measures[name]) for name, fault in bare.items()] for each in seen])
    sure, weights = non_negative(short, known, np.full(len(seen), 1.0 / len(seen)), _PENALTY)
    faults = {
        name: Fault(fault.harmless, fault.step, round(weight, 3))
        for (name, fault), weight in zip(bare.items(), weights.tolist(), strict=True)
    }
    usual = {name: round(float(np.median([each.measures[name] for each in plain])), 3) for name in _USUAL}
    return Prices(round(sure, 3), faults, usual)


def _unpriced(name: str, plain: Sequence[Capture], seen: Sequence[Capture]) -> Fault:
    harmless = float(np.quantile([each.measures[name] for each in plain], _HARMLESS))
    poor = float(np.quantile([each.measures[name] for each in seen], _POOR))
    return Fault(round(harmless, 4), round(max(harmless - poor, _STEP_MIN), 4), 0.0)


def table_text(prices: Prices, command: str) -> str:
    """The text of `tillfree/palm/quality_table.py`."""
    usual = ", ".join(f'"{name}": {value!r}' for name, value in prices.usual.items())
    lines = [
        '"""What it costs if a measure of a sample falls short, learned from simulated captures.',
        "",
        "Made by a command:",
        "",
        f"    {command}",
        '"""',
        "",
        "from collections.abc import Mapping",
        "",
        "from tillfree.palm.quality_model import Fault",
        "",
        '__all__ = ["FAULTS", "SURE", "USUAL"]',
        "",
        f"SURE = {prices.sure!r}",
        '"""The log odds of being recognised if nothing falls short."""',
        "FAULTS: Mapping[str, Fault] = {",
        *(
            f'    "{name}": Fault({each.harmless!r}, {each.step!r}, {each.weight!r}),'
            for name, each in prices.faults.items()
        ),
        "}",
        f"USUAL: Mapping[str, float] = {{{usual}}}",
        '"""Medians of captures that nothing spoils: of light, contrast, and calm (minus noise), as logarithms."""',
        "",
    ]
    return "\n".join(lines)
