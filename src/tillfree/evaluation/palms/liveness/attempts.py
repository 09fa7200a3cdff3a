"""Error rates of presentation attack detection (ISO/IEC 30107-3:2023, chapter 13), kind by kind and group by group."""

import math
from collections.abc import Sequence

import msgspec
import numpy as np

from tillfree.evaluation.intervals import Interval
from tillfree.evaluation.palms.bounds import clopper_pearson

__all__ = ["BONA_FIDE", "Attempt", "KindRates", "LivenessReport", "bpcer_at", "cllr", "liveness_report"]

BONA_FIDE = "live"


class Attempt(msgspec.Struct, frozen=True):
    """One presentation and what became of it.

    `kind` is `BONA_FIDE` or the name of an instrument. `taken` is the verdict; a presentation that could not be judged
    is not taken, and its score is minus infinity. `matched` says whether the comparison alone took it for the person
    that it showed; None where nothing was compared. `groups` are what else it is counted under.
    """

    kind: str
    score: float
    taken: bool
    matched: bool | None = None
    groups: tuple[str, ...] = ()


class KindRates(msgspec.Struct, frozen=True):
    """Of one kind of instrument: the share taken for living (APCER), matched (IAPMR), and both at once (IAPAR)."""

    kind: str
    count: int
    apcer: Interval
    iapmr: Interval
    iapar: Interval


class GroupRate(msgspec.Struct, frozen=True):
    """The share of living hands of a group that was refused (BPCER)."""

    group: str
    count: int
    bpcer: Interval


class LivenessReport(msgspec.Struct, frozen=True):
    """All rates, each with its exact 95 % interval (Clopper and Pearson), presentations taken as independent.

    The standard asks for the highest APCER of all kinds, `worst`, not for their mean. `cllr` is the cost of the scores
    as likelihood ratios in bits: 0 is perfect, 1 is as good as saying nothing (Brümmer and du Preez, 2006).
    """

    bpcer: Interval
    live: int
    kinds: tuple[KindRates, ...]
    groups: tuple[GroupRate, ...]
    worst: str
    cllr: float
    bpcer_at_apcer_5: float
    bpcer_at_apcer_10: float

    @property
    def apcer_worst(self) -> Interval:
        """The APCER of the worst kind; NaN between 0 and 1 without any."""
        return next((rates.apcer for rates in self.kinds if rates.kind == self.worst), Interval(math.nan, 0.0, 1.0))


def liveness_report(attempts: Sequence[Attempt]) -> LivenessReport:
    """All rates of some attempts; kinds and groups in alphabetical order."""
    live = [attempt for attempt in attempts if attempt.kind == BONA_FIDE]
    names = sorted({attempt.kind for attempt in attempts} - {BONA_FIDE})
    kinds = tuple(_kind(name, [attempt for attempt in attempts if attempt.kind == name]) for name in names)
    groups = sorted({group for attempt in live for group in attempt.groups})
    worst = max(kinds, key=lambda rates: (rates.apcer.value, rates.kind)).kind if kinds else ""
    return LivenessReport(
        bpcer=_share([not attempt.taken for attempt in live]),
        live=len(live),
        kinds=kinds,
        groups=tuple(_group(group, live) for group in groups),
        worst=worst,
        cllr=cllr(attempts),
        bpcer_at_apcer_5=bpcer_at(attempts, 0.05),
        bpcer_at_apcer_10=bpcer_at(attempts, 0.10),
    )


def bpcer_at(attempts: Sequence[Attempt], apcer: float) -> float:
    """The BPCER at the lowest threshold at which no kind of instrument has a higher APCER; NaN without living hands."""
    live = np.array([attempt.score for attempt in attempts if attempt.kind == BONA_FIDE])
    threshold = -math.inf
    for kind in {attempt.kind for attempt in attempts} - {BONA_FIDE}:
        scores = np.sort([attempt.score for attempt in attempts if attempt.kind == kind])[::-1]
        # So many may stay above it, and the next one is the first that may not.
        allowed = math.floor(apcer * len(scores) + 1e-9)
        if allowed < len(scores):
            threshold = max(threshold, float(scores[allowed]))
    return float((live <= threshold).mean()) if len(live) else math.nan


def cllr(attempts: Sequence[Attempt]) -> float:
    """Mean cost of log likelihood ratios in bits; each kind of instrument counts alike. NaN without either side."""
    live = [attempt.score for attempt in attempts if attempt.kind == BONA_FIDE]
    kinds = sorted({attempt.kind for attempt in attempts} - {BONA_FIDE})
    if not live or not kinds:
        return math.nan
    of_kinds = [_bits([attempt.score for attempt in attempts if attempt.kind == kind]) for kind in kinds]
    return (_bits([-score for score in live]) + sum(of_kinds) / len(of_kinds)) / 2


def _bits(scores: Sequence[float]) -> float:
    return float(np.mean(np.logaddexp(0.0, np.clip(scores, -700.0, 700.0)))) / math.log(2)


def _kind(name: str, attempts: Sequence[Attempt]) -> KindRates:
    compared = [attempt for attempt in attempts if attempt.matched is not None]
    return KindRates(
        name,
        len(attempts),
        _share([attempt.taken for attempt in attempts]),
        _share([attempt.matched is True for attempt in compared]),
        _share([attempt.matched is True and attempt.taken for attempt in compared]),
    )


def _group(name: str, live: Sequence[Attempt]) -> GroupRate:
    own = [attempt for attempt in live if name in attempt.groups]
    return GroupRate(name, len(own), _share([not attempt.taken for attempt in own]))


def _share(which: Sequence[bool]) -> Interval:
    return clopper_pearson(sum(which), len(which))
