"""Error rates of pairs of samples, named as ISO/IEC 19795-1 names them."""

import math
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from tillfree.evaluation.intervals import Interval
from tillfree.evaluation.palms.bounds import clopper_pearson
from tillfree.palm.errors import PalmError
from tillfree.palm.thresholds import fit_tail

__all__ = [
    "DetPoint",
    "Extrapolated",
    "OperatingPoint",
    "PairScores",
    "bootstrap_over_persons",
    "det",
    "eer",
    "operating_point",
    "threshold_at",
]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

_PERSONS_FOR_TAIL_MIN = 50
"""The highest scores of fewer persons are those of a few pairs of them, time and again: no tail."""


class Extrapolated(msgspec.Struct, frozen=True):
    """Where a rate is beyond what was seen: the threshold that the tail of strangers gives, and FNMR there."""

    threshold: float
    fnmr: Interval


class OperatingPoint(msgspec.Struct, frozen=True):
    """What a threshold does that lets this share of strangers through, or fewer.

    `fnmr` with exact bounds, as if pairs were independent; `fnmr_persons` with bounds by drawing persons anew.
    `fnmr_with_failures` counts pairs of which a sample could not be acquired as not matched. `measurable` is false
    where fewer than one pair of strangers would match: then the threshold is above all that were seen, and
    `extrapolated` says what a tail that is fitted to the highest scores gives (None where there are too few).
    """

    fmr: float
    threshold: float
    fmr_seen: Interval
    fnmr: Interval
    fnmr_persons: Interval
    fnmr_with_failures: Interval
    measurable: bool
    extrapolated: Extrapolated | None = None


class DetPoint(msgspec.Struct, frozen=True):
    """A threshold and both rates there."""

    threshold: float
    fmr: float
    fnmr: float


class PairScores(msgspec.Struct, frozen=True):
    """Scores of pairs of the same palm and of strangers, and of which persons they are.

    `mated` (m,) with `mated_person` (m,), numbers of persons; `other` (n,), of strangers, with `other_persons` (n, 2).
    `missed` (k,) is the person of each mated pair of which a sample could not be acquired.
    """

    mated: Floats
    mated_person: Integers
    other: Floats
    other_persons: Integers
    missed: Integers


def threshold_at(other: Floats, fmr: float) -> float:
    """The lowest threshold that at most this share of strangers is above; a score above it is a match."""
    if not len(other):
        return math.inf
    allowed = min(math.floor(fmr * len(other) + 1e-9), len(other) - 1)
    return float(np.partition(other, len(other) - 1 - allowed)[len(other) - 1 - allowed])


def eer(mated: Floats, other: Floats, weights: tuple[Floats, Floats] | None = None) -> float:
    """Where both rates are equal, between the two thresholds around it; NaN without either kind of pairs.

    `weights` of mated and of other pairs count them more or less often.
    """
    if not (len(mated) and len(other)):
        return math.nan
    of_mated, of_other = weights or (np.ones(len(mated)), np.ones(len(other)))
    scores = np.concatenate([mated, other])
    is_mated = np.concatenate([of_mated, np.zeros(len(other))])
    is_other = np.concatenate([np.zeros(len(mated)), of_other])
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(scores) - 1)
    fnmr = np.concatenate([[1.0], 1 - np.cumsum(is_mated[order])[ends] / max(of_mated.sum(), 1e-12)])
    fmr = np.concatenate([[0.0], np.cumsum(is_other[order])[ends] / max(of_other.sum(), 1e-12)])
    above = int(np.argmax(fmr >= fnmr))
    gap, before = fmr[above] - fnmr[above], fnmr[above - 1] - fmr[above - 1]
    share = before / (before + gap) if before + gap > 0 else 0.0
    return float(fmr[above - 1] + share * (fmr[above] - fmr[above - 1]))


def operating_point(pairs: PairScores, fmr: float, *, seed: int = 0, rounds: int = 200) -> OperatingPoint:
    """What the threshold for this false match rate does."""
    threshold = threshold_at(pairs.other, fmr)
    passed = int((pairs.other > threshold).sum())
    failed = int((pairs.mated <= threshold).sum())
    missed = len(pairs.missed)
    measurable = fmr * len(pairs.other) >= 1 - 1e-9
    return OperatingPoint(
        fmr=fmr,
        threshold=threshold,
        fmr_seen=clopper_pearson(passed, len(pairs.other)),
        fnmr=clopper_pearson(failed, len(pairs.mated)),
        fnmr_persons=bootstrap_over_persons(pairs, fmr, seed=seed, rounds=rounds),
        fnmr_with_failures=clopper_pearson(failed + missed, len(pairs.mated) + missed),
        measurable=measurable,
        extrapolated=None if measurable else _extrapolated(pairs, fmr),
    )


def _extrapolated(pairs: PairScores, fmr: float) -> Extrapolated | None:
    if len(np.unique(pairs.other_persons)) < _PERSONS_FOR_TAIL_MIN:
        return None
    try:
        threshold = fit_tail(pairs.other).threshold(fmr)
    except PalmError:
        return None
    return Extrapolated(threshold, clopper_pearson(int((pairs.mated <= threshold).sum()), len(pairs.mated)))


def bootstrap_over_persons(pairs: PairScores, fmr: float | None, *, seed: int = 0, rounds: int = 200) -> Interval:
    """FNMR at a false match rate, or the EER where `fmr` is None, with 95 % bounds by drawing persons with replacement.

    A pair counts as often as its persons were drawn, a pair of strangers by the product (two-sample structure: Bolle,
    Ratha and Pankanti, Error analysis of pattern recognition systems: the subsets bootstrap, CVIU 93, 2004).
    """
    value = eer(pairs.mated, pairs.other) if fmr is None else _weighted_fnmr(pairs, fmr, None)
    persons = np.unique(np.concatenate([pairs.mated_person, pairs.other_persons.ravel()]))
    if len(persons) < 3 or not (len(pairs.mated) and len(pairs.other)):
        return Interval(value, math.nan, math.nan)
    generator = np.random.default_rng(seed)
    size = int(persons[-1]) + 1
    order = np.argsort(-pairs.other)
    ordered = msgspec.structs.replace(pairs, other=pairs.other[order], other_persons=pairs.other_persons[order])
    draws = []
    for _ in range(rounds):
        times = np.bincount(generator.choice(persons, size=len(persons)), minlength=size).astype(np.float64)
        if fmr is None:
            weights = (times[ordered.mated_person], times[ordered.other_persons].prod(axis=1))
            draws.append(eer(ordered.mated, ordered.other, weights))
        else:
            draws.append(_weighted_fnmr(ordered, fmr, times))
    low, high = np.nanquantile(draws, [0.025, 0.975]) if not np.isnan(draws).all() else (math.nan, math.nan)
    return Interval(value, min(float(low), value), max(float(high), value))


def _weighted_fnmr(pairs: PairScores, fmr: float, times: Floats | None) -> float:
    """FNMR at a false match rate; with `times` by person, strangers are sorted, the most alike first."""
    if not len(pairs.mated):
        return math.nan
    if times is None:
        return float((pairs.mated <= threshold_at(pairs.other, fmr)).mean())
    of_other = times[pairs.other_persons[:, 0]] * times[pairs.other_persons[:, 1]]
    of_mated = times[pairs.mated_person]
    if of_mated.sum() == 0 or of_other.sum() == 0:
        return math.nan
    passed = np.cumsum(of_other)
    at = min(int(np.searchsorted(passed, fmr * passed[-1] + 1e-9, side="right")), len(passed) - 1)
    return float(of_mated[pairs.mated <= pairs.other[at]].sum() / of_mated.sum())


def det(mated: Floats, other: Floats, points: int = 200) -> Sequence[DetPoint]:
    """The curve: both rates at thresholds that are spread over the logarithm of the false match rate."""
    if not (len(mated) and len(other)):
        return ()
    strangers, same = np.sort(other), np.sort(mated)
    rates = np.unique(np.geomspace(1 / len(other), 1.0, points))
    at = np.unique(np.clip(len(other) - 1 - np.floor(rates * len(other) + 1e-9).astype(np.intp), 0, len(other) - 1))
    thresholds = np.unique(np.concatenate([strangers[at], np.quantile(same, np.linspace(0, 1, points // 2))]))
    fmr = 1 - np.searchsorted(strangers, thresholds, side="right") / len(other)
    fnmr = np.searchsorted(same, thresholds, side="right") / len(mated)
    return tuple(DetPoint(float(t), float(a), float(b)) for t, a, b in zip(thresholds, fmr, fnmr, strict=True))
