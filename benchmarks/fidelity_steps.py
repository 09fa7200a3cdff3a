"""The shape of the step that a take leaves on a shelf, in numbers that hold for real and simulated plates alike."""

import dataclasses

import numpy as np
import numpy.typing as npt

__all__ = ["Step", "rise_time_s", "step_of", "step_time_s"]

Floats = npt.NDArray[np.float64]

_LEVEL_S = 0.3
_BEFORE_S = (-1.2, -0.6)
_AFTER_S = (1.0, 1.6)
_REACH_S = (-1.2, 2.0)


@dataclasses.dataclass(frozen=True, slots=True)
class Step:
    """One take on its shelf. Shares are of the sum over the shelf, percentages of the step on the main plate."""

    weight_g: float
    """What the catalogue says."""
    sum_error_pct: float
    rise_ms: float
    overshoot_pct: float
    ringing_soon_pct: float
    """Standard deviation 0.3 to 0.6 s after the step."""
    ringing_late_pct: float
    """The same, 1.0 to 1.3 s after."""
    press_g: float
    main_share: float
    beside_share: float
    """Both plates beside the main one together."""
    far_g: float
    """Sum of all plates farther away, as they stand afterwards."""
    creep_g: float
    """By how much the level 1.6 to 2 s after differs from that 0.4 to 0.8 s after; positive: back up."""
    far_peak_g: float
    """The greatest swing of a plate more than two away within a quarter of a second of the step."""
    since_s: Floats
    """Times of the curve, relative to the step."""
    part: Floats
    """The curve of the main plate: 0 before, 1 when all has gone."""


def step_time_s(times_s: Floats, grams: Floats) -> float:
    """When the greatest lasting loss happened: half way between the mean levels of 0.3 s before and after it.

    Raises:
        ValueError: there are fewer samples than the two levels need.
    """
    width = max(round(_LEVEL_S / float(np.median(np.diff(times_s)))), 2)
    if len(grams) < 3 * width:
        raise ValueError(f"{len(grams)} samples are too few to find a step in; give at least {3 * width}")
    means = np.convolve(grams, np.ones(width) / width, mode="valid")
    # A few samples between the two levels: the step itself belongs to neither.
    loss = means[: -width - 4] - means[width + 4 :]
    first = int(np.argmax(loss))
    before, after = means[first], means[first + width + 4]
    span = slice(first + width - 6, first + width + 12)
    part = (before - grams[span]) / (before - after)
    return float(times_s[span][_crossing(part, 0.5)])


def rise_time_s(times_s: Floats, part: Floats) -> float:
    """Time from 10 to 90 % of a step that goes from 0 to 1, between samples by a straight line; NaN where unclear.

    The last crossing of 10 % before the half, and the first of 90 % after it.
    """
    half = _crossing(part, 0.5)
    low = np.flatnonzero(part[: half + 1] < 0.1)
    high = np.flatnonzero(part[half:] >= 0.9)
    if not len(low) or not len(high) or part[half] < 0.5:
        return float("nan")
    begin, end = int(low[-1]), half + int(high[0])
    return _between(times_s, part, end, 0.9) - _between(times_s, part, begin + 1, 0.1)


def step_of(times_s: Floats, grams: Floats, plates: tuple[int, ...], time_s: float, weight_g: float) -> Step | None:
    """The step of a take at `time_s` from `plates` (numbers from 1) of one shelf; `grams`: (samples, plates).

    None where the recording does not show it from 1.2 s before to 2 s after, or the main plate lost less than 20 g.
    """
    if time_s + _REACH_S[0] < times_s[0] or time_s + _REACH_S[1] > times_s[-1]:
        return None
    since = times_s - time_s
    before = _mean(since, grams, *_BEFORE_S)
    change = _mean(since, grams, *_AFTER_S) - before
    carrying = np.array(plates) - 1
    main = int(carrying[int(np.argmin(change[carrying]))])
    if change[main] > -20.0:
        return None
    part = (grams[:, main] - before[main]) / change[main]
    around = np.flatnonzero((since > -0.3) & (since < 0.3))
    since = since - since[around[_crossing(part[around], 0.5)]]
    seen = (since > -1.0) & (since < _REACH_S[1] - 0.05)
    away = np.abs(np.arange(len(change)) - main)
    load = grams - before
    near = np.abs(since) < 0.25
    total = float(change.sum())
    creep = _mean(since, load, 1.6, 1.95) - _mean(since, load, 0.4, 0.8)
    return Step(
        weight_g=weight_g,
        sum_error_pct=100.0 * (-total / weight_g - 1.0) if weight_g else float("nan"),
        rise_ms=1000.0 * rise_time_s(since[seen], part[seen]),
        overshoot_pct=100.0 * (float(part[(since > 0.0) & (since < 0.5)].max()) - 1.0),
        ringing_soon_pct=100.0 * float(part[(since >= 0.3) & (since < 0.6)].std()),
        ringing_late_pct=100.0 * float(part[(since >= 1.0) & (since < 1.3)].std()),
        press_g=float(load[(since > -0.5) & (since < -0.03), main].max()),
        main_share=float(change[main]) / total,
        beside_share=float(change[away == 1].sum()) / total,
        far_g=float(change[away > 1].sum()),
        creep_g=float(creep[main]),
        far_peak_g=float(np.abs(load[near][:, away > 2]).max()) if (away > 2).any() else float("nan"),
        since_s=since[seen],
        part=part[seen],
    )


def _mean(since: Floats, grams: Floats, from_s: float, to_s: float) -> Floats:
    mean: Floats = grams[(since >= from_s) & (since < to_s)].mean(axis=0)
    return mean


def _crossing(part: Floats, level: float) -> int:
    """The first sample at or above the level; the last of all where none is."""
    above = np.flatnonzero(part >= level)
    return int(above[0]) if len(above) else len(part) - 1


def _between(times_s: Floats, part: Floats, after: int, level: float) -> float:
    """When the straight line from the sample before `after` to it crosses the level."""
    low, high = float(part[after - 1]), float(part[after])
    share = (level - low) / (high - low) if high != low else 1.0
    return float(times_s[after - 1] + share * (times_s[after] - times_s[after - 1]))
