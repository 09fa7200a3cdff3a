"""Searches among palms: who is found first, and who is found though not enrolled (ISO/IEC 19795-1: FNIR, FPIR)."""

import math
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from tillfree.evaluation.intervals import Interval
from tillfree.evaluation.palms.bounds import clopper_pearson

__all__ = ["OpenSetPoint", "open_set", "rank_one"]

Floats = npt.NDArray[np.float32]
Integers = npt.NDArray[np.intp]
Mask = npt.NDArray[np.bool_]
_SPLITS = 20


class OpenSetPoint(msgspec.Struct, frozen=True):
    """Searches of which this share of strangers finds somebody: how many who are enrolled are not found.

    `fnir` is the mean over random halves of persons that are enrolled, with the least and the most of these.
    """

    fpir: float
    fnir: Interval
    enrolled: int
    measurable: bool


def rank_one(scores: Floats, palms: Integers, allowed: Mask) -> Interval:
    """The share of samples whose most alike other sample is of the same palm, with exact bounds.

    `scores` (n, n) of each pair, `palms` (n,) and which pairs may be compared (n, n). Samples without another sample
    of their palm to be found are not counted. A tie with a stranger counts as not found.
    """
    same = palms[:, None] == palms[None, :]
    own = np.where(same & allowed, scores, -np.inf).max(axis=1, initial=-np.inf)
    others = np.where(~same & allowed, scores, -np.inf).max(axis=1, initial=-np.inf)
    counted = np.isfinite(own) & np.isfinite(others)
    return clopper_pearson(int((own[counted] > others[counted]).sum()), int(counted.sum()))


def open_set(
    scores: Floats, palms: Integers, persons: Integers, allowed: Mask, rates: Sequence[float], *, seed: int = 0
) -> Sequence[OpenSetPoint]:
    """Half of the persons are enrolled by the first sample of each palm; all other samples are searched for.

    Arguments as of `rank_one`, with `persons` (n,). An enrolled palm is found where it is the most alike and above the
    threshold. Fewer than four persons give nothing.
    """
    names = np.unique(persons)
    if len(names) < 4:
        return ()
    generator = np.random.default_rng(seed)
    rows: list[list[float]] = []
    enrolled_count = strangers_count = 0
    for _ in range(_SPLITS):
        chosen = generator.permutation(names)[: len(names) // 2]
        inside = np.isin(persons, chosen)
        first = np.zeros(len(palms), dtype=bool)
        first[np.unique(palms, return_index=True)[1]] = True
        gallery = np.flatnonzero(inside & first)
        probes, strangers = np.flatnonzero(inside & ~first), np.flatnonzero(~inside)
        stranger_best = _best(scores, allowed, strangers, gallery)[0]
        stranger_best = np.sort(stranger_best[np.isfinite(stranger_best)])
        best, who = _best(scores, allowed, probes, gallery)
        searched = np.isfinite(best) & _has_own(palms, allowed, probes, gallery)
        right = palms[gallery[who]] == palms[probes]
        if not len(stranger_best) or not searched.any():
            continue
        row = []
        for rate in rates:
            passed = min(math.floor(rate * len(stranger_best) + 1e-9), len(stranger_best) - 1)
            threshold = stranger_best[len(stranger_best) - 1 - passed]
            row.append(float((~(right & (best > threshold)))[searched].mean()))
        rows.append(row)
        enrolled_count, strangers_count = len(gallery), len(stranger_best)
    if not rows:
        return ()
    missed = np.array(rows)
    return tuple(
        OpenSetPoint(
            rate,
            Interval(*(float(f(missed[:, number])) for f in (np.mean, np.min, np.max))),
            enrolled_count,
            rate * strangers_count >= 1 - 1e-9,
        )
        for number, rate in enumerate(rates)
    )


def _best(scores: Floats, allowed: Mask, probes: Integers, gallery: Integers) -> tuple[Floats, Integers]:
    """The highest score (n,) of each probe and its place in the gallery."""
    if not (len(probes) and len(gallery)):
        return np.full(len(probes), -np.inf, dtype=np.float32), np.zeros(len(probes), dtype=np.intp)
    field = np.where(allowed[np.ix_(probes, gallery)], scores[np.ix_(probes, gallery)], -np.inf)
    return field.max(axis=1), field.argmax(axis=1)


def _has_own(palms: Integers, allowed: Mask, probes: Integers, gallery: Integers) -> Mask:
    own = (palms[probes][:, None] == palms[gallery][None, :]) & allowed[np.ix_(probes, gallery)]
    found: Mask = own.any(axis=1)
    return found
