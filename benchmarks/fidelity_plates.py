"""What plates read while nothing goes: noise, spectrum, what they share, steps of the scale, drift and batches.

Every figure comes as blocks of values, one block per fixture of a recording or per recording, because what shakes one
plate shakes its neighbours too.
"""

from itertools import combinations

import numpy as np
import numpy.typing as npt

from benchmarks.fidelity_signals import Plates, Signals, Take

__all__ = [
    "BANDS_HZ",
    "Blocks",
    "drift_g_per_s",
    "measure_plates",
    "neighbour_correlations",
    "power_spectrum",
    "repeats_together",
    "scale_step_g",
    "window_sd_g",
]

Floats = npt.NDArray[np.float64]
Blocks = dict[str, list[list[float]]]
"""Values by figure, in blocks."""

BANDS_HZ = ((0.5, 5.0), (5.0, 12.0), (12.0, 20.0), (20.0, 30.1))
_RATE_HZ = 60.0
_SEGMENT = 120
_QUIET_PERCENT = 10.0
_TAKE_S = (-1.5, 2.5)
_OUTLIER_SIGMA = 10.0


def window_sd_g(grams: Floats, window: int, hop: int) -> Floats:
    """Standard deviation in windows of `window` samples, one every `hop`; (samples, plates) to (windows, plates)."""
    views = np.lib.stride_tricks.sliding_window_view(grams, window, axis=0)[::hop]
    sd: Floats = views.std(axis=-1)
    return sd


def power_spectrum(grams: Floats, rate_hz: float = _RATE_HZ) -> tuple[Floats, Floats]:
    """Frequencies (Hz) and the power at each, (samples, plates) to (frequencies, plates), each plate's sum 1.

    Mean of the periodograms of half overlapping windows of 2 s (Welch 1967, "The use of fast Fourier transform for the
    estimation of power spectra", IEEE Trans. Audio Electroacoust. 15), without what is slower than 0.5 Hz.
    """
    length = min(_SEGMENT, len(grams))
    taper = np.hanning(length + 1)[:-1, None]
    total = np.zeros((length // 2 + 1, grams.shape[1]))
    for begin in range(0, len(grams) - length + 1, length // 2):
        part = grams[begin : begin + length]
        total += np.abs(np.fft.rfft((part - part.mean(axis=0)) * taper, axis=0)) ** 2
    frequencies = np.fft.rfftfreq(length, 1.0 / rate_hz)
    total[frequencies < 0.5] = 0.0
    return np.asarray(frequencies, dtype=np.float64), total / np.maximum(total.sum(axis=0), 1e-300)


def neighbour_correlations(grams: Floats) -> Floats:
    """Absolute correlation of the first differences of plates side by side; `grams`: (samples, plates)."""
    moves = np.diff(grams, axis=0)
    moves = (moves - moves.mean(axis=0)) / np.maximum(moves.std(axis=0), 1e-12)
    correlations: Floats = np.abs((moves[:, 1:] * moves[:, :-1]).mean(axis=0))
    return correlations


def scale_step_g(grams: Floats) -> Floats:
    """The step of each plate's scale, to a milligram: all its moves over the number of least moves that they make up.

    NaN for a plate that never moves. `grams`: (samples, plates).
    """
    moves = np.abs(np.diff(grams, axis=0))
    least = np.where(moves > 0.02, moves, np.inf).min(axis=0)
    steps = np.round(moves / np.where(np.isfinite(least), least, 1.0)).sum(axis=0)
    return np.asarray(np.round(np.where(steps > 0, moves.sum(axis=0) / np.maximum(steps, 1.0), np.nan), 3))


def drift_g_per_s(grams: Floats, rate_hz: float = _RATE_HZ) -> Floats:
    """Slope of the least-squares line through the means of windows of 2 s, (samples, plates) to (plates)."""
    length = round(2.0 * rate_hz)
    count = len(grams) // length
    means = grams[: count * length].reshape(count, length, -1).mean(axis=1)
    since = 2.0 * (np.arange(count) - (count - 1) / 2)
    slope: Floats = (since[:, None] * means).sum(axis=0) / (since**2).sum()
    return slope


def measure_plates(signals: Signals) -> Blocks:
    """All figures of the plates of one recording."""
    blocks: Blocks = {}
    for plates in signals.plates:
        for key, values in _of_fixture(plates, signals.takes).items():
            blocks.setdefault(key, []).append([float(value) for value in values])
        if signals.stamped:
            gaps_s = np.diff(plates.stamps_s)
            blocks.setdefault("batch_samples", []).append(plates.batch_samples.tolist())
            blocks.setdefault("batch_gap_ms", []).append((1000.0 * gaps_s).tolist())
            blocks.setdefault("batch_jitter_ms", []).append([1000.0 * float(gaps_s.std())])
    for key, values in _between_fixtures(signals).items():
        blocks.setdefault(key, []).append([float(value) for value in values])
    return blocks


def _still(plates: Plates, takes: tuple[Take, ...]) -> tuple[Floats, Floats]:
    """Readings of living plates (samples, plates), and the same of those shelves only from which nothing went.

    In the first, shelves are NaN from 1.5 s before to 2.5 s after something went from them.
    """
    alive = plates.alive()
    grams, whole = plates.grams.copy(), alive.copy()
    for take in takes:
        if take.fixture == plates.fixture:
            since = plates.times_s - take.time_s
            grams[(since > _TAKE_S[0]) & (since < _TAKE_S[1]), take.shelf - 1] = np.nan
            whole[take.shelf - 1] = False
    # A shelf that was busy all the time has no calm window of 2 s to be measured in.
    calm = alive & (np.isfinite(grams).sum(axis=0) > len(grams) // 2)
    return grams[:, calm], plates.grams[:, whole]


def _of_fixture(plates: Plates, takes: tuple[Take, ...]) -> dict[str, Floats]:
    grams, whole = _still(plates, takes)
    quiet = np.nanpercentile(window_sd_g(grams, 120, 30), _QUIET_PERCENT, axis=0)
    busy = window_sd_g(grams, 60, 30)
    frequencies, power = power_spectrum(whole)
    mean_power = power.mean(axis=1)
    peak_hz = float(frequencies[int(np.argmax(mean_power))])
    alive = plates.alive()
    neighbours = [
        neighbour_correlations(plates.grams[:, row, alive[row]])
        for row in range(alive.shape[0])
        if not any((take.fixture, take.shelf - 1) == (plates.fixture, row) for take in takes) and alive[row].sum() > 1
    ]
    repeats = repeats_together(plates, alive)
    moved = np.diff(whole, axis=0)
    # Where not one plate moved, the importer laid one sample on two ticks of its grid.
    moved = moved[(moved != 0.0).any(axis=1)]
    means = whole[: len(whole) // 120 * 120].reshape(-1, 120, whole.shape[1]).mean(axis=1)
    residual = np.abs(whole - _running_median(whole))
    figures = {
        "quiet_sd_g": quiet,
        "top_shelf_quiet_ratio": np.array([_top_ratio(plates, takes)]),
        "busy_sd_median_g": np.nanmedian(busy, axis=0),
        "busy_sd_p90_g": np.nanpercentile(busy, 90, axis=0),
        "busy_over_quiet": np.nanmedian(busy, axis=0) / np.maximum(quiet, 0.1),
        "peak_hz": np.array([peak_hz]),
        "neighbour_correlation": np.concatenate(neighbours) if neighbours else np.empty(0),
        "scale_step_g": scale_step_g(whole),
        "equal_samples_share": (moved == 0.0).mean(axis=0),
        "board_repeats_share": repeats[:, 0],
        "beside_repeats_share": repeats[:, 1],
        "drift_mg_per_s": 1000.0 * np.abs(drift_g_per_s(whole)),
        "window_means_sd_g": means.std(axis=0),
        "outliers_per_million": 1e6 * (residual > _OUTLIER_SIGMA * 1.4826 * np.median(residual, axis=0)).mean(axis=0),
    }
    for low_hz, high_hz in BANDS_HZ:
        share = power[(frequencies >= low_hz) & (frequencies < high_hz)].sum(axis=0)
        figures[f"power_{low_hz:g}_{high_hz:.0f}_hz"] = share
    return figures


def repeats_together(plates: Plates, alive: npt.NDArray[np.bool_]) -> Floats:
    """How much more often two plates side by side keep their reading at once than if each did so by itself.

    One row per shelf; first the mean over plates 1 and 2, 3 and 4 and so on, then over 2 and 3, 4 and 5.
    """
    rows = []
    for row in np.flatnonzero(alive.sum(axis=1) > 2).tolist():
        kept = np.diff(plates.grams[:, row, alive[row]], axis=0) == 0.0
        # Where not one plate moved, the importer laid one sample on two ticks of its grid.
        kept = kept[~kept.all(axis=1)]
        share = kept.mean(axis=0)
        together = (kept[:, 1:] & kept[:, :-1]).mean(axis=0) - share[1:] * share[:-1]
        rows.append((float(together[::2].mean()), float(together[1::2].mean())))
    return np.array(rows).reshape(-1, 2)


def _running_median(grams: Floats) -> Floats:
    """The median of each second, for each sample of it: a level that a single sample cannot move."""
    seconds = max(len(grams) // 60, 1)
    owner = np.minimum(np.arange(len(grams)) // 60, seconds - 1)
    medians = np.stack([np.median(grams[owner == second], axis=0) for second in range(seconds)])
    level: Floats = medians[owner]
    return level


def _top_ratio(plates: Plates, takes: tuple[Take, ...]) -> float:
    """Quiet noise of the two highest shelves over that of the others (medians); NaN where either cannot be had."""
    alive, medians = plates.alive(), []
    for row in range(alive.shape[0]):
        if alive[row].any() and not any((t.fixture, t.shelf - 1) == (plates.fixture, row) for t in takes):
            sd = np.percentile(window_sd_g(plates.grams[:, row, alive[row]], 120, 30), _QUIET_PERCENT, axis=0)
            medians.append((row, float(np.median(sd))))
    top = [value for row, value in medians if row >= alive.shape[0] - 2]
    low = [value for row, value in medians if row < alive.shape[0] - 2]
    return float(np.median(top) / np.median(low)) if top and low else float("nan")


# ---- what fixtures share ----------------------------------------------------------------------------------------


def _between_fixtures(signals: Signals) -> dict[str, Floats]:
    """Correlations between plates of different fixtures, and how much all of them shake in the same second."""
    begin_s = max(float(plates.times_s[0]) for plates in signals.plates)
    end_s = min(float(plates.times_s[-1]) for plates in signals.plates)
    ticks = np.arange(begin_s, end_s, 1.0 / _RATE_HZ)
    loud, moves = [], []
    for plates in signals.plates:
        grams, whole = _still(plates, signals.takes)
        nearest = np.clip(np.searchsorted(plates.times_s, ticks), 0, len(plates.times_s) - 1)
        step = np.diff(whole[nearest], axis=0)
        moves.append((step - step.mean(axis=0)) / np.maximum(step.std(axis=0), 1e-12))
        sd = window_sd_g(grams[nearest], 60, 60)
        loud.append(np.nanmedian(sd / np.maximum(np.nanpercentile(sd, 20, axis=0), 0.1), axis=1))
    across = [np.abs(a.T @ b).ravel() / len(a) for a, b in combinations(moves, 2)]
    loudness = np.stack(loud)
    together = [np.corrcoef(np.log(a), np.log(b))[0, 1] for a, b in combinations(loudness, 2)]
    return {
        # There are tens of thousands of pairs; every 17th is plenty, and 17 divides no number of plates.
        "across_correlation": np.concatenate(across)[::17],
        "loudness_correlation": np.array(together),
        # The calmest fixture of a second: when even it shakes, the whole shop does.
        "store_shaking_ratio": loudness.min(axis=0),
    }
