"""Fitting a calibration map: probabilities as the model gives them become the shares that really came true.

A map is a rising line through knots in log-odds. `fit_temperature` gives one slope (Guo et al. 2017, temperature
scaling), which needs few samples; `fit_isotonic` any rising shape (Zadrozny and Elkan 2002; pool adjacent violators:
Ayer et al. 1955), which needs hundreds. Fit on other recordings than those that are reported.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
import numpy.typing as npt

from tillfree.evaluation.errors import EvaluationError

__all__ = ["CalibrationMap", "decode_map", "encode_map", "fit_isotonic", "fit_temperature", "log_odds"]

LOG_ODDS_LIMIT = 16.0
"""Log-odds are kept within ± this: beyond 1 - 1e-7 a model's certainty is not evidence."""

Floats = npt.NDArray[np.float64]


class CalibrationMap(msgspec.Struct, frozen=True):
    """A rising, piecewise linear map of log-odds: `given[i]` becomes `calibrated[i]`, straight lines between.

    Beyond the outermost knots it goes on with `tail_slope`, so that the order of receipts is kept there too.
    """

    given: tuple[float, ...]
    calibrated: tuple[float, ...]
    tail_slope: float
    method: str = ""
    samples: int = 0

    def __post_init__(self) -> None:
        values = np.array((self.given, self.calibrated)) if len(self.given) == len(self.calibrated) else np.empty(0)
        if values.size == 0 or not np.isfinite(values).all() or not 0 <= self.tail_slope < np.inf:
            raise EvaluationError("a calibration map needs equally many finite knots on both sides, and a slope")
        if (np.diff(values[0]) <= 0).any() or (np.diff(values[1]) < 0).any():
            raise EvaluationError("the knots of a calibration map must rise; fit the map again")

    def apply(self, probabilities: Sequence[float] | Floats) -> Floats:
        """Calibrated probabilities, same shape as the given ones."""
        x = log_odds(np.asarray(probabilities, dtype=np.float64))
        inside: Floats = np.interp(x, self.given, self.calibrated)
        beyond = x - np.clip(x, self.given[0], self.given[-1])
        mapped: Floats = 1 / (1 + np.exp(-(inside + self.tail_slope * beyond)))
        return mapped


def log_odds(probabilities: Floats) -> Floats:
    """ln(p / (1 - p)), within ± `LOG_ODDS_LIMIT`."""
    floor = 1 / (1 + np.exp(LOG_ODDS_LIMIT))
    kept = np.clip(probabilities, floor, 1 - floor)
    odds: Floats = np.clip(np.log(kept) - np.log1p(-kept), -LOG_ODDS_LIMIT, LOG_ODDS_LIMIT)
    return odds


def fit_temperature(probabilities: Sequence[float], right: Sequence[bool]) -> CalibrationMap:
    """One slope for all log-odds, the one of greatest likelihood, between 1/20 and 20.

    Raises:
        EvaluationError: no samples, or not as many outcomes as probabilities.
    """
    x, y = _samples(probabilities, right)

    def excess(slope: float) -> float:
        """Derivative of the log loss, which rises with the slope: the loss is convex."""
        return float(np.sum(x * (1 / (1 + np.exp(-slope * x)) - y)))

    low, high = np.log(1 / 20), np.log(20.0)
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if excess(float(np.exp(middle))) > 0 else (middle, high)
    slope = float(np.exp((low + high) / 2))
    return CalibrationMap((-1.0, 1.0), (-slope, slope), slope, "temperature", len(x))


def fit_isotonic(probabilities: Sequence[float], right: Sequence[bool], *, tail_slope: float = 0.1) -> CalibrationMap:
    """The best rising map. Each of its steps gets half a right and half a wrong sample more, so none is ever certain.

    Samples of equal probability count as one. Knots lie at the mean log-odds of each step.

    Raises:
        EvaluationError: no samples, or not as many outcomes as probabilities.
    """
    x, y = _samples(probabilities, right)
    places, index, counts = np.unique(x, return_inverse=True, return_counts=True)
    shares = np.bincount(index, weights=y) / counts
    steps = _pool(places, shares, counts.astype(np.float64))
    softened = (steps[1] * steps[2] + 0.5) / (steps[2] + 1)
    given, calibrated, _ = _pool(steps[0], softened, steps[2])
    knots = tuple(float(v) for v in log_odds(calibrated))
    return CalibrationMap(tuple(float(v) for v in given), knots, tail_slope, "isotonic", len(x))


def _samples(probabilities: Sequence[float], right: Sequence[bool]) -> tuple[Floats, Floats]:
    p, y = np.asarray(probabilities, dtype=np.float64), np.asarray(right, dtype=np.float64)
    if p.shape != y.shape or p.ndim != 1 or not len(p):
        raise EvaluationError(f"cannot fit a calibration map to {p.size} probabilities and {y.size} outcomes")
    if np.isnan(p).any():
        raise EvaluationError("cannot fit a calibration map: a probability is NaN")
    return log_odds(p), y


def _pool(places: Floats, values: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Pool adjacent violators: places, values and weights of the steps; values rise strictly, means are weighted."""
    steps: list[tuple[float, float, float]] = []
    for step in zip(places.tolist(), values.tolist(), weights.tolist(), strict=True):
        place, value, weight = step
        while steps and steps[-1][1] >= value:
            before = steps.pop()
            total = before[2] + weight
            place = (before[0] * before[2] + place * weight) / total
            value = (before[1] * before[2] + value * weight) / total
            weight = total
        steps.append((place, value, weight))
    result = np.array(steps, dtype=np.float64).T
    return result[0], result[1], result[2]


def encode_map(calibration: CalibrationMap) -> bytes:
    """The map as JSON, the same bytes each time."""
    return msgspec.json.encode(calibration)


def decode_map(data: bytes) -> CalibrationMap:
    """The inverse of `encode_map`.

    Raises:
        EvaluationError: not a calibration map.
    """
    try:
        return msgspec.json.decode(data, type=CalibrationMap)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise EvaluationError(f"not a calibration map: {error}") from error
