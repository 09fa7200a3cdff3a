"""Calibration: does 90 % mean nine of ten? Reliability diagram, expected calibration error, Brier score, log loss.

Sources: Murphy and Winkler 1977 (reliability diagram); Naeini, Cooper and Hauskrecht 2015 (expected calibration error);
Brier 1950; Nixon et al. 2019 (bins of equal mass). Ties: samples of equal probability always lie in one bin, so that
nothing depends on the order in which samples are given; bins of equal mass are therefore only roughly equal.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from tillfree.evaluation.intervals import Interval, bootstrap, wilson

__all__ = ["Calibration", "ReliabilityBin", "brier", "calibrate", "log_loss", "reliability"]

LOG_LOSS_FLOOR = 1e-6
"""So far from 0 and 1 are probabilities kept in the log loss: one certain mistake must not make it infinite."""

Floats = npt.NDArray[np.float64]


class ReliabilityBin(msgspec.Struct, frozen=True):
    """Samples with probabilities from `lower` to `upper`: count, mean probability, share that was right."""

    lower: float
    upper: float
    count: int
    mean_probability: float
    right: Interval


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """How honest probabilities are, over `count` samples; errors are NaN without samples.

    `bins` are of equal mass, `bins_equal_width` of equal width; `ece` belongs to the former. `mean_probability` against
    `right` tells boast from modesty at a glance.
    """

    count: int
    right: Interval
    mean_probability: float
    ece: Interval
    ece_equal_width: float
    brier: Interval
    log_loss: Interval
    bins: tuple[ReliabilityBin, ...]
    bins_equal_width: tuple[ReliabilityBin, ...]


def reliability(
    probabilities: Floats, right: npt.NDArray[np.bool_], bins: int = 10, *, equal_mass: bool = True
) -> tuple[ReliabilityBin, ...]:
    """The bins of a reliability diagram, from the least to the most certain; empty ones are left out.

    `probabilities` and `right` have shape (n,). Intervals are Wilson's.
    """
    if not len(probabilities):
        return ()
    labels = _labels(probabilities, bins, equal_mass=equal_mass)
    result = []
    for label in np.unique(labels):
        inside = labels == label
        values, count = probabilities[inside], int(inside.sum())
        lower, upper = (values.min(), values.max()) if equal_mass else (label / bins, (label + 1) / bins)
        share = wilson(float(right[inside].sum()), count)
        result.append(ReliabilityBin(float(lower), float(upper), count, float(values.mean()), share))
    return tuple(result)


def _labels(probabilities: Floats, bins: int, *, equal_mass: bool) -> npt.NDArray[np.intp]:
    """The bin of each sample. Of equal mass: by the middle rank of all samples with the same probability."""
    if equal_mass:
        _, place, counts = np.unique(probabilities, return_inverse=True, return_counts=True)
        middle = np.cumsum(counts) - counts / 2
        positions = middle[place] / len(probabilities)
    else:
        positions = probabilities
    return np.clip(np.floor(positions * bins), 0, bins - 1).astype(np.intp)


def expected_error(bins: Sequence[ReliabilityBin]) -> float:
    """Expected calibration error: mean distance of the bins from the diagonal, weighted by their counts."""
    total = sum(b.count for b in bins)
    return sum(b.count * abs(b.mean_probability - b.right.value) for b in bins) / total if total else float("nan")


def brier(probabilities: Floats, right: npt.NDArray[np.bool_]) -> float:
    """Brier score: mean squared distance of probability from outcome (0 is perfect, 0.25 is a coin called a coin)."""
    return float(np.mean((probabilities - right) ** 2)) if len(right) else float("nan")


def log_loss(probabilities: Floats, right: npt.NDArray[np.bool_]) -> float:
    """Mean negative log-likelihood of what happened, in nats; probabilities are cut at `LOG_LOSS_FLOOR`."""
    if not len(right):
        return float("nan")
    kept = np.clip(probabilities, LOG_LOSS_FLOOR, 1 - LOG_LOSS_FLOOR)
    return float(-np.mean(np.where(right, np.log(kept), np.log1p(-kept))))


def calibrate(
    probabilities: Sequence[float],
    right: Sequence[bool],
    groups: Sequence[int] | None = None,
    *,
    bins: int | None = None,
    seed: int = 0,
    rounds: int = 300,
) -> Calibration:
    """All measures of calibration of samples; `groups` says which recording each comes from (default: its own).

    `bins` is 10, or less where that would leave fewer than 10 samples per bin. `rounds` are those of the bootstrap.
    """
    p = np.clip(np.asarray(probabilities, dtype=np.float64), 0.0, 1.0)
    y = np.asarray(right, dtype=np.bool_)
    g = np.arange(len(p), dtype=np.intp) if groups is None else np.asarray(groups, dtype=np.intp)
    number = bins or max(1, min(10, len(p) // 10))
    equal_mass = reliability(p, y, number)
    equal_width = reliability(p, y, number, equal_mass=False)
    return Calibration(
        count=len(p),
        right=wilson(float(y.sum()), len(y)),
        mean_probability=float(p.mean()) if len(p) else float("nan"),
        ece=bootstrap(lambda i: expected_error(reliability(p[i], y[i], number)), g, seed=seed, rounds=rounds),
        ece_equal_width=expected_error(equal_width),
        brier=bootstrap(lambda i: brier(p[i], y[i]), g, seed=seed, rounds=rounds),
        log_loss=bootstrap(lambda i: log_loss(p[i], y[i]), g, seed=seed, rounds=rounds),
        bins=equal_mass,
        bins_equal_width=equal_width,
    )
