"""Risk and coverage: of receipts charged at once, how many are wrong, if the least certain ones go to review?

Source: El-Yaniv and Wiener 2010 (selective classification); Geifman and El-Yaniv 2017 (risk-coverage curve); Geifman,
Uziel and El-Yaniv 2019 (area under it, AURC). Ties: receipts of equal probability are charged in random order, and the
curve shows the expectation over all orders; within a tie the number of wrong ones grows linearly.
"""

import math
from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from tillfree.evaluation.intervals import Interval, bootstrap, wilson

__all__ = ["RiskCoverage", "RiskPoint", "risk_coverage", "risk_curve"]

Floats = npt.NDArray[np.float64]


class RiskPoint(msgspec.Struct, frozen=True):
    """If receipts from `probability` up are charged: their share of all (`coverage`), the share of them wrong."""

    probability: float
    coverage: float
    risk: float


class RiskCoverage(msgspec.Struct, frozen=True, kw_only=True):
    """The curve over `count` receipts and figures read from it; NaN without receipts.

    `risk_at_90` is the share of wrong ones among the 90 % most certain (rounded up to whole receipts), with Wilson's
    interval; `risk_at_90_grouped` has the same value with a bootstrap over recordings. `aurc` is the mean risk over all
    coverages, `aurc_best` what a perfect order of the same receipts would give. `operating` is where the setting
    for review stands: coverage is the share that was not sent to review.
    """

    count: int
    wrong: int
    points: tuple[RiskPoint, ...]
    aurc: Interval
    aurc_best: float
    risk_at_90: Interval
    risk_at_90_grouped: Interval
    charged_at_90: int
    coverage_at_1_percent: float
    operating_coverage: Interval
    operating_risk: Interval


def risk_curve(probabilities: Floats, right: npt.NDArray[np.bool_]) -> Floats:
    """Expected wrong receipts among the k most certain, for k = 0..n; shape (n + 1,)."""
    order = np.argsort(-probabilities, kind="stable")
    ordered, wrong = probabilities[order], ~right[order]
    cumulative = np.concatenate(([0.0], np.cumsum(wrong, dtype=np.float64)))
    # Ends of ties: only there is the number of wrong ones the same for each order; between them it is interpolated.
    ends = np.concatenate(([0], np.flatnonzero(np.diff(ordered)) + 1, [len(ordered)])) if len(ordered) else np.zeros(1)
    return np.interp(np.arange(len(ordered) + 1), ends, cumulative[ends.astype(np.intp)])


def risk_at(curve: Floats, coverage: float) -> tuple[float, int]:
    """Expected wrong receipts and receipts charged at a coverage, rounded up to a whole number of receipts."""
    charged = math.ceil(coverage * (len(curve) - 1) - 1e-9)
    return float(curve[charged]), charged


def area(curve: Floats) -> float:
    """Mean over k = 1..n of the risk among the k most certain."""
    n = len(curve) - 1
    return float(np.mean(curve[1:] / np.arange(1, n + 1))) if n else math.nan


def risk_coverage(
    probabilities: Sequence[float],
    right: Sequence[bool],
    review: Sequence[bool],
    groups: Sequence[int] | None = None,
    *,
    seed: int = 0,
    rounds: int = 300,
) -> RiskCoverage:
    """The curve and its figures; `groups` says which recording each receipt comes from (default: its own).

    `rounds` are those of the bootstrap.
    """
    p, y = np.asarray(probabilities, dtype=np.float64), np.asarray(right, dtype=np.bool_)
    charged = ~np.asarray(review, dtype=np.bool_)
    g = np.arange(len(p), dtype=np.intp) if groups is None else np.asarray(groups, dtype=np.intp)
    curve = risk_curve(p, y)
    n, wrong = len(p), int((~y).sum())
    best = np.maximum(np.arange(n + 1, dtype=np.float64) - (n - wrong), 0.0)
    wrong_at_90, charged_at_90 = risk_at(curve, 0.9)

    def share_at_90(chosen: npt.NDArray[np.intp]) -> float:
        bad, count = risk_at(risk_curve(p[chosen], y[chosen]), 0.9)
        return bad / count if count else math.nan

    return RiskCoverage(
        count=n,
        wrong=wrong,
        points=_points(p, curve),
        aurc=bootstrap(lambda i: area(risk_curve(p[i], y[i])), g, seed=seed, rounds=rounds),
        aurc_best=area(best),
        risk_at_90=wilson(wrong_at_90, charged_at_90),
        risk_at_90_grouped=bootstrap(share_at_90, g, seed=seed, rounds=rounds),
        charged_at_90=charged_at_90,
        coverage_at_1_percent=_coverage_within(p, curve, 0.01),
        operating_coverage=wilson(float(charged.sum()), n),
        operating_risk=wilson(float((~y & charged).sum()), float(charged.sum())),
    )


def _thresholds(probabilities: Floats) -> tuple[Floats, npt.NDArray[np.intp]]:
    """Each probability that occurs, from the highest down, and how many receipts have it or a higher one."""
    values, counts = np.unique(probabilities, return_counts=True)
    return values[::-1], np.cumsum(counts[::-1]).astype(np.intp)


def _points(probabilities: Floats, curve: Floats) -> tuple[RiskPoint, ...]:
    """One point per threshold that can really be set, so ties give one point."""
    n = len(probabilities)
    values, charged = _thresholds(probabilities)
    return tuple(
        RiskPoint(float(value), int(k) / n, float(curve[k]) / int(k)) for value, k in zip(values, charged, strict=True)
    )


def _coverage_within(probabilities: Floats, curve: Floats, risk: float) -> float:
    """The greatest share that can be charged by a threshold with at most this share of wrong ones; 0 where none can."""
    values, charged = _thresholds(probabilities)
    kept = [int(k) for k in charged if curve[k] / k <= risk]
    return max(kept, default=0) / len(probabilities) if len(values) else math.nan
