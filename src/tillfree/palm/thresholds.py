"""Which threshold gives which false match rate, for one comparison and for a whole gallery, and how sure that is.

The highest scores of strangers follow a generalised Pareto distribution whatever the scores are (Pickands, Statistical
inference using extreme order statistics, Ann. Statist. 3, 1975). It is fitted to the scores that were seen and says
what rarer ones would be. Far beyond what was seen the bounds grow wide, as they must.
"""

import dataclasses
import math

import numpy as np
import numpy.typing as npt

from tillfree.palm.errors import PalmError

__all__ = ["ImpostorTail", "Rate", "bound_threshold", "fit_tail", "fmr_for_gallery", "fpir_for_gallery"]

Floats = npt.NDArray[np.float64]
_DRAWS = 2000
_EXCEEDANCES_MIN = 30
_HALVINGS = 40


@dataclasses.dataclass(frozen=True, slots=True)
class Rate:
    """A rate and the bounds of its 95 % confidence interval."""

    value: float
    low: float
    high: float


@dataclasses.dataclass(frozen=True, slots=True)
class ImpostorTail:
    """The scores of strangers above `begin`, which `share` of all reach: generalised Pareto with `scale` and `shape`.

    `exceedances` is from how many independent scores above `begin` this was learned; the bounds come from it. Scores
    are log likelihood ratios, or any others of which larger is more alike.
    """

    begin: float
    share: float
    scale: float
    shape: float
    exceedances: float

    def fmr(self, threshold: float) -> Rate:
        """The false match rate that is to be expected at a threshold.

        Below `begin` nothing is known but that it is larger than `share`: such thresholds are for no use.

        Raises:
            PalmError: the threshold is below `begin`.
        """
        if threshold < self.begin:
            raise PalmError(
                f"a threshold of {threshold:.3g} is below {self.begin:.3g}, where {self.share:.3g} of strangers match; "
                "choose a higher one"
            )
        beyond = threshold - self.begin
        value = self.share * float(_survival(beyond, np.array([self.scale]), np.array([self.shape]))[0])
        shares, scales, shapes = self._draws()
        low, high = np.quantile(shares * _survival(beyond, scales, shapes), [0.025, 0.975])
        return Rate(value, min(value, float(low)), max(value, float(high)))

    def threshold(self, fmr: float) -> float:
        """The threshold at which this false match rate is to be expected.

        Raises:
            PalmError: the rate is not above 0, or larger than `share`.
        """
        if not 0.0 < fmr <= self.share:
            raise PalmError(f"a false match rate of {fmr:.3g} is not above 0 and at most {self.share:.3g}")
        ratio = self.share / fmr
        if abs(self.shape) < 1e-9:
            return self.begin + self.scale * math.log(ratio)
        return self.begin + self.scale * math.expm1(self.shape * math.log(ratio)) / self.shape

    def cautious_threshold(self, fmr: float) -> float:
        """The threshold at which this false match rate is the upper bound, not the expectation.

        Raises:
            PalmError: as `threshold`.
        """
        low = self.threshold(fmr)
        shares, scales, shapes = self._draws()

        def exceeds(threshold: float) -> bool:
            return float(np.quantile(shares * _survival(threshold - self.begin, scales, shapes), 0.975)) > fmr

        high = low + 1.0
        while exceeds(high):
            high += 2 * (high - low)
            if high > low + 1e6:
                raise PalmError(f"too little was seen to be sure of a false match rate of {fmr:.3g}; measure more")
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if exceeds(middle) else (low, middle)
        return high

    def _draws(self) -> tuple[Floats, Floats, Floats]:
        """Shares, scales and shapes as they might have come out: asymptotics of maximum likelihood.

        Smith, Estimating tails of probability distributions, Ann. Statist. 15, 1987: the covariance of shape and scale.
        """
        one = 1.0 + max(self.shape, -0.45)
        covariance = (
            np.array([[one * one, -self.scale * one], [-self.scale * one, 2 * self.scale**2 * one]]) / self.exceedances
        )
        generator = np.random.default_rng(1)  # a fixed draw: the same tail gives the same bounds
        shapes, scales = generator.multivariate_normal([self.shape, self.scale], covariance, size=_DRAWS).T
        shares = self.share * generator.gamma(self.exceedances, 1 / self.exceedances, size=_DRAWS)
        return shares, np.maximum(scales, 1e-3 * self.scale), shapes


def fit_tail(scores: Floats, *, share: float = 0.01, independent: float = 1.0) -> ImpostorTail:
    """Learns from the scores (n,) of strangers; `share` of them, the highest, are looked at.

    `independent` says how much a pair is worth: pairs that share persons tell less than their number (1: all apart).

    Raises:
        PalmError: too few scores.
    """
    scores = np.sort(np.asarray(scores, dtype=np.float64))
    count = int(len(scores) * share)
    if count < _EXCEEDANCES_MIN:
        raise PalmError(
            f"{len(scores)} scores of strangers are too few for their highest {100 * share:.3g} %: "
            f"at least {math.ceil(_EXCEEDANCES_MIN / share)} are needed"
        )
    begin = float(scores[-count - 1])
    beyond = scores[-count:] - begin
    shape, scale = _most_likely(beyond)
    return ImpostorTail(begin, count / len(scores), scale, shape, max(count * independent, 8.0))


def bound_threshold(fmr: float) -> float:
    """The log likelihood ratio above which at most this share of strangers lies, if log ratios are honest.

    Whatever their distribution: the mean likelihood ratio of strangers is 1, so that a share of at most 1 / r has r or
    more (Markov's inequality). Much higher than the
    threshold that a fitted tail gives, and of use where nothing was measured yet.

    Raises:
        PalmError: the rate is not between 0 and 1.
    """
    if not 0.0 < fmr < 1.0:
        raise PalmError(f"a false match rate of {fmr} is not between 0 and 1")
    return -math.log(fmr)


def fpir_for_gallery(fmr: float, palms: int) -> float:
    """The share of searches by strangers that match somebody among so many palms, each compared at this rate."""
    return -math.expm1(palms * math.log1p(-fmr))


def fmr_for_gallery(fpir: float, palms: int) -> float:
    """The false match rate of one comparison that keeps searches among so many palms at this rate.

    Raises:
        PalmError: the rate is not between 0 and 1, or there are no palms.
    """
    if not (0.0 < fpir < 1.0 and palms >= 1):
        raise PalmError(f"a rate of {fpir} among {palms} palms: give a rate between 0 and 1 and at least one palm")
    return -math.expm1(math.log1p(-fpir) / palms)


def _survival(beyond: float, scales: Floats, shapes: Floats) -> Floats:
    """Probability (n,) of more than `beyond` under generalised Pareto distributions (n,)."""
    shapes = np.where(np.abs(shapes) < 1e-9, 1e-9, shapes)
    inside = np.maximum(1.0 + shapes * beyond / scales, 0.0)
    with np.errstate(divide="ignore"):
        result: Floats = np.where(inside > 0, np.exp(-np.log(np.maximum(inside, 1e-300)) / shapes), 0.0)
    return result


def _most_likely(beyond: Floats) -> tuple[float, float]:
    """Shape and scale of most likelihood: one search, since the shape follows from their quotient.

    Davison, Modelling excesses over high thresholds, in: Statistical Extremes and Applications, 1984. Shapes below
    -0.5, where the method fails, are not looked at.
    """
    mean, most = float(beyond.mean()), float(beyond.max())
    quotients = np.concatenate([-np.geomspace(0.999, 1e-4, 200) / most, np.geomspace(1e-4, 20.0, 200) / mean])
    shape, scale = 0.0, mean
    for _ in range(3):
        shapes = np.array([float(np.log1p(q * beyond).mean()) for q in quotients])
        with np.errstate(invalid="ignore"):
            heights = -(np.log(shapes / quotients) + shapes + 1.0)
        heights[(shapes < -0.5) | ~np.isfinite(heights)] = -np.inf
        best = int(np.argmax(heights))
        left, right = quotients[max(best - 1, 0)], quotients[min(best + 1, len(quotients) - 1)]
        shape, scale = float(shapes[best]), float(shapes[best] / quotients[best])
        quotients = np.linspace(left, right, 41)
        quotients = quotients[np.abs(quotients) > 1e-12]
    return shape, scale
