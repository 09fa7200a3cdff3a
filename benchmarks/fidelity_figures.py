"""Which figures are compared, and how the values of many recordings are gathered and set side by side."""

import dataclasses
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from benchmarks.fidelity_plates import BANDS_HZ, Blocks, measure_plates, power_spectrum
from benchmarks.fidelity_signals import Signals
from benchmarks.fidelity_statistics import P_SHOWN, Comparison, compare, rank_of, remaining
from benchmarks.fidelity_steps import Step, step_of
from benchmarks.fidelity_tracks import measure_tracks
from benchmarks.result_files import Row
from tillfree.simulation.people.bodies import JOINT_NAMES

__all__ = ["FIGURES", "STEP_FIGURES", "Collected", "Compared", "Figure", "collect", "compare_all", "row_of"]

Floats = npt.NDArray[np.float64]

_ALONE_S = 3.0
_LIGHTEST_G = 60.0


@dataclasses.dataclass(frozen=True, slots=True)
class Figure:
    """One figure; a block of its values is what `block` says."""

    key: str
    group: str
    title: str
    unit: str
    block: str = "fixture"


@dataclasses.dataclass(frozen=True, slots=True)
class Collected:
    """What was measured on some recordings; `spectra` are of fixtures, each the mean of its plates."""

    blocks: Blocks
    frequencies_hz: Floats
    spectra: list[Floats]
    steps: list[Step]
    recordings: int
    seconds: float


@dataclasses.dataclass(frozen=True, slots=True)
class Compared:
    """One figure on both sides; `ranks` of the real values among the simulated ones, for takes only.

    `remains`: whether its p is small enough beside those of all other figures.
    """

    figure: Figure
    result: Comparison
    ranks: tuple[float, ...] = ()
    remains: bool = False

    @property
    def words(self) -> str:
        """How alike; for takes by their ranks, since a test says little of three."""
        if not self.ranks:
            return self.result.words
        return f"{self._inside()} of {len(self.ranks)} inside"

    @property
    def differs(self) -> bool:
        """Whether chance hardly explains it: by the p of blocks, or no real take is like 5 to 95 % of the simulated."""
        if self.ranks:
            return not self._inside() or self.result.p_blocks <= P_SHOWN
        return "different" in self.words or "outside" in self.words

    def _inside(self) -> int:
        return sum(0.05 <= rank <= 0.95 for rank in self.ranks)


STEP_FIGURES = (
    ("rise_ms", "10 to 90 % of the step", "ms"),
    ("overshoot_pct", "overshoot", "% of the step"),
    ("ringing_soon_pct", "ringing 0.3 to 0.6 s after (sd)", "% of the step"),
    ("ringing_late_pct", "ringing 1.0 to 1.3 s after (sd)", "% of the step"),
    ("press_g", "press in the half second before a take", "g"),
    ("main_share", "share on the main plate", ""),
    ("beside_share", "share on the two plates beside", ""),
    ("far_g", "all plates farther away, what they keep", "g"),
    ("far_peak_g", "plates farther away, greatest swing", "g"),
    ("creep_g", "creep, from 0.6 to 1.8 s after", "g"),
    ("sum_error_pct", "sum over the shelf against the catalogue", "%"),
)

FIGURES = (
    Figure("quiet_sd_g", "plates", "quiet noise of a plate, sd in its calmest windows of 2 s", "g"),
    Figure("top_shelf_quiet_ratio", "plates", "quiet noise of the two top shelves over that of the others", ""),
    Figure("busy_sd_median_g", "plates", "noise with people about, median second of a plate", "g"),
    Figure("busy_sd_p90_g", "plates", "noise with people about, loudest tenth of a plate's seconds", "g"),
    Figure("busy_over_quiet", "plates", "median second of a plate over its quiet noise", ""),
    Figure("peak_hz", "plates", "frequency with the most power, per fixture", "Hz"),
    *(
        Figure(f"power_{low:g}_{high:.0f}_hz", "plates", f"share of the power from {low:g} to {high:.0f} Hz", "")
        for low, high in BANDS_HZ
    ),
    Figure("neighbour_correlation", "plates", "first differences of neighbours, absolute correlation", ""),
    Figure("across_correlation", "plates", "first differences across fixtures, absolute correlation", "", "recording"),
    Figure("loudness_correlation", "plates", "loudness of two fixtures by the second, correlation", "", "recording"),
    Figure("store_shaking_ratio", "plates", "calmest fixture of each second over its quiet noise", "", "recording"),
    Figure("scale_step_g", "plates", "step of the scale", "g"),
    Figure("equal_samples_share", "plates", "consecutive samples that are equal, share", ""),
    Figure("board_repeats_share", "plates", "plates of one board repeat together beyond chance, share", ""),
    Figure("beside_repeats_share", "plates", "plates of two boards repeat together beyond chance, share", ""),
    Figure("drift_mg_per_s", "plates", "drift of a plate, absolute", "mg/s"),
    Figure("window_means_sd_g", "plates", "means of windows of 2 s, sd", "g"),
    Figure("outliers_per_million", "plates", "samples beyond 10 sigma, per million", ""),
    Figure("batch_samples", "plates", "samples of a batch", ""),
    Figure("batch_gap_ms", "plates", "gap from batch to batch", "ms"),
    Figure("batch_jitter_ms", "plates", "jitter of the gap between batches (sd), per fixture", "ms"),
    *(Figure(key, "steps", title, unit, "take") for key, title, unit in STEP_FIGURES),
    Figure("frame_gap_ms", "tracks", "gap from frame to frame", "ms", "recording"),
    Figure("burst_share", "tracks", "frames less than 20 ms after the one before, share", "", "recording"),
    Figure("frames_per_s", "tracks", "frames per second", "1/s", "recording"),
    Figure("burst_repeats_share", "tracks", "joints that stay exactly the same within a burst, share", "", "recording"),
    *(
        Figure(f"{kind}_{name}_{unit}", "tracks", f"{title}: {name}", "mm" if unit == "mm" else "", "recording")
        for kind, unit, title in (
            ("jitter", "mm", "jitter from tick to tick"),
            ("burst_jitter", "mm", "jitter within a burst"),
            ("missing", "share", "missing, share"),
        )
        for name in JOINT_NAMES
    ),
    Figure("score", "tracks", "score of a joint", "", "recording"),
    Figure("score_p5", "tracks", "score below which a twentieth lies", "", "recording"),
    Figure("walking_m_s", "tracks", "walking speed over a second", "m/s", "recording"),
    Figure("wrist_to_item_m", "tracks", "wrist to the front of the plates when the item goes", "m", "recording"),
    Figure("other_wrist_to_item_m", "tracks", "the other wrist to the front of the plates", "m", "recording"),
    Figure("wrist_comes_s", "tracks", "wrist comes within 0.25 m of there, before the step", "s", "recording"),
    Figure("wrist_leaves_s", "tracks", "wrist leaves there, after the step", "s", "recording"),
)


def collect(recordings: Iterable[Signals]) -> Collected:
    """Measures recordings one after the other; each is forgotten when its figures are taken."""
    blocks: Blocks = {}
    spectra: list[Floats] = []
    steps: list[Step] = []
    frequencies_hz: Floats = np.empty(0)
    count, seconds = 0, 0.0
    for signals in recordings:
        count, seconds = count + 1, seconds + signals.seconds
        for measured in (measure_plates(signals), measure_tracks(signals)):
            for key, values in measured.items():
                blocks.setdefault(key, []).extend(values)
        for plates in signals.plates:
            rows = {take.shelf - 1 for take in signals.takes if take.fixture == plates.fixture}
            alive = plates.alive()
            alive[list(rows)] = False
            frequencies_hz, power = power_spectrum(plates.grams[:, alive])
            spectra.append(power.mean(axis=1))
        steps += _steps(signals)
    for key, *_ in STEP_FIGURES:
        blocks[key] = [[float(getattr(step, key))] for step in steps]
    return Collected(blocks, frequencies_hz, spectra, steps, count, seconds)


def _steps(signals: Signals) -> list[Step]:
    """The steps of takes of 60 g and more that nothing else on their shelf disturbs."""
    by_id = {plates.fixture: plates for plates in signals.plates}
    steps = []
    for take in signals.takes:
        near = [
            other
            for other in signals.takes
            if (other.fixture, other.shelf) == (take.fixture, take.shelf) and abs(other.time_s - take.time_s) < _ALONE_S
        ]
        plates = by_id.get(take.fixture)
        if plates is None or len(near) > 1 or take.catalogue_g < _LIGHTEST_G:
            continue
        grams = plates.grams[:, take.shelf - 1, : int(plates.alive()[take.shelf - 1].sum())]
        step = step_of(plates.times_s, grams, take.plates, take.time_s, take.catalogue_g)
        if step is not None:
            steps.append(step)
    return steps


def compare_all(real: Collected, simulated: Collected) -> list[Compared]:
    """Every figure that both sides have, in the order of `FIGURES`."""
    compared = []
    for figure in FIGURES:
        sides = real.blocks.get(figure.key, []), simulated.blocks.get(figure.key, [])
        if not all(np.isfinite([value for block in side for value in block]).any() for side in sides):
            continue
        result = compare(*sides)
        ranks = tuple(rank_of(float(v), result.simulated) for v in result.real) if figure.group == "steps" else ()
        compared.append(Compared(figure, result, ranks))
    kept = remaining([one.result.p_blocks for one in compared])
    return [dataclasses.replace(one, remains=remains) for one, remains in zip(compared, kept, strict=True)]


def row_of(compared: Compared) -> Row:
    """One row of the file of results."""
    figure, result = compared.figure, compared.result
    row: Row = {"figure": figure.key, "group": figure.group, "title": figure.title, "unit": figure.unit}
    sides = {"real": (result.real, result.real_blocks), "simulated": (result.simulated, result.simulated_blocks)}
    for name, (values, blocks) in sides.items():
        low, middle, high = np.percentile(values, (10, 50, 90)).tolist()
        row[name] = {"values": len(values), "blocks": blocks} | {
            key: float(f"{value:.4g}") for key, value in (("p10", low), ("median", middle), ("p90", high))
        }
    if compared.ranks:
        row["real_takes"] = [float(f"{value:.4g}") for value in result.real.tolist()]
        row["ranks"] = [round(rank, 3) for rank in compared.ranks]
    return row | {
        "block": figure.block,
        "ks_distance": round(result.distance, 3),
        "p_as_if_independent": float(f"{result.p_as_if_independent:.2g}"),
        "p_blocks": round(result.p_blocks, 3),
        "words": compared.words,
        "simulated_is": result.direction,
        "differs": compared.differs,
        "remains_of_many": compared.remains,
    }
