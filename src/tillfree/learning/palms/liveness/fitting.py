"""Weights from samples: a logistic regression whose weights cannot be negative."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tillfree.learning.errors import LearningError
from tillfree.learning.palms.liveness.samples import Sample
from tillfree.learning.palms.logistic import non_negative
from tillfree.palm.liveness.cues import MODES, Mode, cues_of_mode, kind_of
from tillfree.palm.liveness.weighing import AMOUNTS, LivenessModel, ModeWeights, Weighing, amounts_of
from tillfree.simulation.palms.attacks.hover import LIVE

__all__ = ["REFUSED_SHARE", "fit", "fit_mode", "scores_of"]

Floats = npt.NDArray[np.float64]
REFUSED_SHARE = 0.05
"""Share of living hands of any third of skin tones that may be refused, where thresholds are set."""
_TONES = 3
_SPREAD_MIN = 0.05
PENALTY = 0.01
"""Of each unit of weight, in nats of the mean loss; chosen by leaving kinds out of the training samples."""
_FACTOR_MIN = 1e-3
_FOLDS = 5
_LIVE_MIN = 20


def fit(samples: Sequence[Sample], made_by: str, refused_share: float = REFUSED_SHARE) -> LivenessModel:
    """A model from samples of living hands and instruments; `refused_share` of living hands are to be refused.

    Raises:
        LearningError: too few samples.
    """
    modes: dict[str, ModeWeights] = {mode: fit_mode(samples, mode, refused_share) for mode in MODES}
    live = sum(sample.kind == LIVE for sample in samples)
    kinds = len({sample.kind for sample in samples} - {LIVE})
    told = f"{live} simulated living hands and {len(samples) - live} simulated presentations of {kinds} instruments"
    return LivenessModel(1, made_by, told, modes)


def fit_mode(samples: Sequence[Sample], mode: Mode, refused_share: float = REFUSED_SHARE) -> ModeWeights:
    """Weights of one mode; its threshold is set on samples that did not take part (five-fold), then all do.

    The threshold is that of the third of skin tones for which it is lowest: nobody is refused more for their tone.

    Raises:
        LearningError: too few samples.
    """
    live = [sample for sample in samples if sample.kind == LIVE]
    if len(live) < _LIVE_MIN or len(live) == len(samples):
        raise LearningError(f"{len(live)} living hands of {len(samples)} samples are too few; draw more of each")
    kinds = [sample.kind for sample in samples]
    held = np.zeros(len(samples))
    folds = np.array([sample.seed % _FOLDS for sample in samples])
    for fold in range(_FOLDS):
        weights = _fitted([sample for sample, of in zip(samples, folds, strict=True) if of != fold], mode)
        held[folds == fold] = scores_of(weights, [s for s, of in zip(samples, folds, strict=True) if of == fold])
    is_live = np.array([kind == LIVE for kind in kinds])
    # Held back by the penalty, scores are too timid: one factor and one shift make log odds of them, and targets short
    # of certainty keep these from more than so many samples can tell (Platt 1999).
    targets = np.where(is_live, (is_live.sum() + 1) / (is_live.sum() + 2), 1 / ((~is_live).sum() + 2))
    shift, (factor,) = non_negative(-held[:, None], targets, _balanced(kinds), 0.0)
    factor = max(float(factor), _FACTOR_MIN)
    tones = np.array([min(int(sample.melanin * _TONES), _TONES - 1) for sample in samples])
    lowest = min(np.quantile(held[is_live & (tones == tone)], refused_share) for tone in set(tones[is_live].tolist()))
    threshold = shift + factor * float(lowest)
    whole = _fitted(samples, mode)
    weighings = tuple(
        Weighing(w.cue, w.low, w.high, w.spread_low, w.spread_high, _times(factor, w.weights)) for w in whole.weighings
    )
    return ModeWeights(round(shift + factor * whole.bias, 4), round(threshold, 4), weighings)


def scores_of(weights: ModeWeights, samples: Sequence[Sample]) -> list[float]:
    """Log odds of each sample."""
    each = np.array([weighing.weights for weighing in weights.weighings])
    return [weights.bias - float((amounts_of(weights.weighings, s.cues) * each).sum()) for s in samples]


def _fitted(samples: Sequence[Sample], mode: Mode) -> ModeWeights:
    live = [sample for sample in samples if sample.kind == LIVE]
    bare = [_scaled(name, live) for name in cues_of_mode(mode)]
    named = np.array([[bool(kind_of(w.cue).low), bool(kind_of(w.cue).high), True] for w in bare])
    amounts = np.stack([(amounts_of(bare, sample.cues) * named).ravel() for sample in samples])
    is_live = np.array([sample.kind == LIVE for sample in samples])
    shares = _balanced([sample.kind for sample in samples])
    bias, weights = non_negative(amounts, is_live.astype(np.float64), shares, PENALTY)
    rows = weights.reshape(-1, AMOUNTS)
    made = [Weighing(w.cue, w.low, w.high, w.spread_low, w.spread_high, (row[0], row[1], row[2]))
            for w, row in zip(bare, rows.tolist(), strict=True)]  # fmt: skip
    return ModeWeights(bias, 0.0, tuple(made))


def _scaled(name: str, live: Sequence[Sample]) -> Weighing:
    """The middle half of living hands, and how far their outer tenths reach from there."""
    values = [sample.cues[name] for sample in live if name in sample.cues]
    if len(values) < _LIVE_MIN // 2:
        # Hardly ever measured: then only that it is missing can count.
        return Weighing(name, -1e6, 1e6, 1.0, 1.0, (0.0, 0.0, 0.0))
    edge = [round(float(value), 4) for value in np.quantile(values, [0.1, 0.25, 0.75, 0.9])]
    spreads = [round(max(edge[1] - edge[0], _SPREAD_MIN), 4), round(max(edge[3] - edge[2], _SPREAD_MIN), 4)]
    return Weighing(name, edge[1], edge[2], spreads[0], spreads[1], (0.0, 0.0, 0.0))


def _balanced(kinds: Sequence[str]) -> Floats:
    """Half of all weight for living hands, the other half in equal parts for each kind of instrument."""
    names = sorted(set(kinds))
    counts = {name: kinds.count(name) for name in names}
    instruments = len(names) - 1
    shares = {name: 0.5 if name == LIVE else 0.5 / instruments for name in names}
    return np.array([shares[kind] / counts[kind] for kind in kinds])


def _times(factor: float, weights: tuple[float, float, float]) -> tuple[float, float, float]:
    below, above, missing = (round(factor * weight, 4) for weight in weights)
    return below, above, missing
