"""How cues are weighed: each speaks against a living hand as far as it lies outside of what living hands show.

A cue is turned into two amounts, how far it lies below and above the middle half of living hands, in units of their
spread, and capped; a third says that it could not be measured. A logistic regression (Berkson 1944) adds them up with
weights that are never negative: nothing unusual can make a thing look more alive, so that an attack of an unknown kind
cannot buy itself in with one exaggerated cue. Its log odds at equal odds before are the log likelihood ratio.
"""

import math
from collections.abc import Mapping, Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from tillfree.palm.errors import PalmError
from tillfree.palm.liveness.cues import MODES, Mode, cues_of_mode

__all__ = ["AMOUNTS", "CAP", "LivenessModel", "ModeWeights", "Weighing", "amounts_of", "decode_model", "mode_of"]

Floats = npt.NDArray[np.float64]
AMOUNTS = 3
"""Amounts of each cue: below, above, missing."""
CAP = 5.0


class Weighing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One cue: the quartiles of living hands, its units below and above them, and three weights in log odds a unit."""

    cue: str
    low: float
    high: float
    spread_low: float
    spread_high: float
    weights: tuple[float, float, float]


class ModeWeights(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of one mode: log odds of a living hand with nothing against it, and the log odds from which it is taken."""

    bias: float
    threshold: float
    weighings: tuple[Weighing, ...]


class LivenessModel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is read from a file; `made_by` is the command, `learned_from` what it learned from."""

    version: int
    made_by: str
    learned_from: str
    modes: dict[str, ModeWeights]


def decode_model(model: bytes) -> LivenessModel:
    """Reads a model.

    Raises:
        PalmError: it is none, or of another version, or its cues are not those of this program.
    """
    try:
        decoded = msgspec.json.decode(model, type=LivenessModel)
    except msgspec.DecodeError as error:
        raise PalmError(f"the model of liveness cannot be read ({error}); take the one that comes along") from error
    if decoded.version != 1 or set(decoded.modes) != set(MODES):
        raise PalmError(f"version {decoded.version} of the model of liveness is not known here; train it anew")
    for mode in MODES:
        names = tuple(weighing.cue for weighing in decoded.modes[mode].weighings)
        if names != cues_of_mode(mode):
            raise PalmError(f"the model of liveness has other cues for {mode!r} than this program; train it anew")
        if any(weight < 0 or not math.isfinite(weight) for w in decoded.modes[mode].weighings for weight in w.weights):
            raise PalmError(f"the model of liveness has a weight below zero for {mode!r}; train it anew")
    return decoded


def amounts_of(weighings: Sequence[Weighing], values: Mapping[str, float]) -> Floats:
    """Amounts (cues, AMOUNTS) of one presentation: below, above, missing; 0 is what living hands show."""
    amounts = np.zeros((len(weighings), AMOUNTS))
    for row, weighing in zip(amounts, weighings, strict=True):
        value = values.get(weighing.cue, math.nan)
        if math.isnan(value):
            row[2] = 1.0
        else:
            row[0] = min(max((weighing.low - value) / weighing.spread_low, 0.0), CAP)
            row[1] = min(max((value - weighing.high) / weighing.spread_high, 0.0), CAP)
    return amounts


def mode_of(has_visible: bool, has_nir: bool) -> Mode:
    """The mode for the lights there are."""
    if has_visible and has_nir:
        return "both"
    return "visible" if has_visible else "nir"
