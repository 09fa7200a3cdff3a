"""Is the quality of a sample the chance of being recognised that it says it is?

    python -m benchmarks.palm_quality                 # 60 palms: some minutes

Needs `pip install 'tillfree[palm]'`. Hands are **simulated**, seen whole, found and cut out as a station does it. Palms
and the look of their skin are others than those that the number was learned from (`tillfree.learning.palms.quality`). A
good picture of each palm is kept; another is spoiled in many ways by a strength that is drawn, and compared with it
by embedding and codes. A capture is recognised if its log ratio reaches the threshold of one false match in 10,000.
Palms that are not recognised although nothing spoils them are left out: they have nothing to lose. "camera" is a way
that nothing was learned from: another picture with all of a simulated camera's faults at once.

Rows: `all` with the expected calibration error (ten bins of as many captures), the area under the curve of recognised
against not, and the correlation of ranks with the share of the unspoiled log ratio that is left; `bin`s of the
reliability diagram; `discard`, how often a hand is not recognised once the worst captures are taken anew; one row for
each way with how often the reason is one that fits it. Writes `benchmarks/results/palm_quality.json`.
"""

import argparse
import dataclasses
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.result_files import Row, write_results
from tillfree.learning.palms.quality.captures import WAYS, Capture, draw_captures, read_captures
from tillfree.palm.capture.finder import HandFinder
from tillfree.palm.embedding import Embedder
from tillfree.palm.encoding import Encoder
from tillfree.palm.quality import chance_of, measures_of, reason_of
from tillfree.simulation.palms.regions.world import identities, samples
from tillfree.storage.models import hand_model, palm_model

Floats = npt.NDArray[np.float64]
SEED = 77_001
BINS = 10
DISCARDED = (0.0, 0.05, 0.1, 0.2, 0.3)
FITTING: dict[str, tuple[str, ...]] = {
    "blurred": ("blurred", "too far"), "moved": ("blurred",), "noisy": ("noisy",), "dark": ("too dark",),
    "bright": ("too bright", "glare"), "side light": ("too dark", "too bright", "low contrast", "glare"),
    "low contrast": ("low contrast",), "glare": ("glare",), "cut off": ("cut off",),
    "too far": ("too far", "blurred"), "curled": ("bent",), "tilted": ("bent",),
}  # fmt: skip
"""Reasons that fit a way."""


@dataclasses.dataclass(frozen=True, slots=True)
class Judged:
    """Captures in which a hand was found: the chance that quality gives, whether it came true, and what was left."""

    captures: list[Capture]
    chance: Floats
    recognised: npt.NDArray[np.bool_]
    left: Floats
    """Share of the log ratio that the same palm has unspoiled."""


def judged(captures: Sequence[Capture]) -> Judged:
    """What quality says about captures that have a hand."""
    plain = {each.number: each.log_ratio for each in captures if each.way == "nothing"}
    seen = [each for each in captures if each.measures]
    return Judged(
        seen,
        np.array([chance_of(each.measures) for each in seen]),
        np.array([each.recognised for each in seen]),
        np.array([(each.log_ratio or 0.0) / (plain[each.number] or 1.0) for each in seen]),
    )


def calibration(chance: Floats, recognised: npt.NDArray[np.bool_]) -> list[Row]:
    """The reliability diagram in bins of as many captures."""
    return [
        {
            "row": "bin",
            "captures": len(chosen),
            "quality_from": round(100 * float(chance[chosen].min()), 1),
            "quality_to": round(100 * float(chance[chosen].max()), 1),
            "quality_mean": round(100 * float(chance[chosen].mean()), 1),
            "recognised_percent": round(100 * float(recognised[chosen].mean()), 1),
        }
        for chosen in np.array_split(np.argsort(chance, kind="stable"), BINS)
    ]


def overall(found: Judged, missed: int, bins: Sequence[Row]) -> Row:
    """The figures of all captures."""
    off = sum(row["captures"] * abs(row["quality_mean"] - row["recognised_percent"]) for row in bins)
    return {
        "row": "all", "captures": len(found.captures), "palms": len({each.number for each in found.captures}),
        "no_hand": missed, "quality_mean": round(100 * float(found.chance.mean()), 1),
        "recognised_percent": round(100 * float(found.recognised.mean()), 1),
        "calibration_error": round(off / len(found.captures), 1),
        "brier": round(float(np.mean((found.chance - found.recognised) ** 2)), 3),
        "brier_of_the_mean": round(float(found.recognised.mean() * (1 - found.recognised.mean())), 3),
        "area_under_curve": round(area_under_curve(found.chance, found.recognised), 3),
        "rank_correlation": round(ranks_agree(found.chance, found.left), 2),
    }  # fmt: skip


def discards(found: Judged) -> list[Row]:
    """How many of those that are kept are not recognised, if the worst are not."""
    order = np.argsort(found.chance, kind="stable")
    rows: list[Row] = []
    for share in DISCARDED:
        kept = found.recognised[order[round(share * len(order)) :]]
        rows.append({"row": "discard", "discarded_percent": round(100 * share), "captures": len(kept),
                     "not_recognised_percent": round(100 * float(1 - kept.mean()), 1)})  # fmt: skip
    return rows


def of_way(way: str, found: Judged, captures: Sequence[Capture]) -> Row:
    """The figures of one way; reasons of captures that are spoiled by half or more and have lost something."""
    chosen = np.array([each.way == way for each in found.captures])
    reasons = [reason_of(each.measures) for each in found.captures if each.way == way and each.hard >= 0.5]
    told = [reason for reason in reasons if reason]
    fits = [reason in FITTING.get(way, ()) for reason in told]
    names = sorted(set(told), key=lambda name: (-told.count(name), name))
    return {
        "row": "way", "way": way, "captures": int(chosen.sum()),
        "no_hand": sum(each.way == way and not each.measures for each in captures),
        "quality_mean": round(100 * float(found.chance[chosen].mean()), 1),
        "recognised_percent": round(100 * float(found.recognised[chosen].mean()), 1),
        "hard": len(reasons), "reason_told": len(told),
        "reason_fits": sum(fits) if way in FITTING else None, "commonest_reasons": names[:3],
    }  # fmt: skip


def area_under_curve(chance: Floats, known: npt.NDArray[np.bool_]) -> float:
    """How often one that is recognised has more than one that is not."""
    ranks = np.argsort(np.argsort(chance))
    good, bad = int(known.sum()), int((~known).sum())
    return float(ranks[known].sum() - good * (good - 1) / 2) / max(good * bad, 1)


def ranks_agree(one: Floats, other: Floats) -> float:
    """Spearman's correlation of ranks."""
    first, second = (np.argsort(np.argsort(each)) for each in (one, other))
    return float(np.corrcoef(first, second)[0, 1])


def speed() -> Row:
    """Processor time of measuring one region."""
    region = samples(next(identities(SEED, 1)), 1, seed=SEED)[0]
    spent = []
    for _ in range(50):
        begin = time.process_time()
        reason_of(measures_of(region, 150.0, 0.9))
        spent.append(time.process_time() - begin)
    return {"row": "speed", "ms": round(1e3 * float(np.median(spent)), 2)}


def main() -> int:
    """Draws captures, or reads those of an earlier run, and writes the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--palms", type=int, default=60)
    parser.add_argument("--captures", type=Path, help="a file of captures that were drawn with this seed")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    if arguments.captures is None:
        finder, encoder = HandFinder(hand_model()), Encoder(Embedder(palm_model() or b""))
        drawn = draw_captures(
            finder, encoder, seed=SEED, numbers=range(arguments.palms), ways=(*WAYS, "camera"), unseen=True
        )
        captures = [each for palm in drawn for each in palm]
    else:
        captures = [each for each in read_captures(arguments.captures) if each.number < arguments.palms]
    found = judged(captures)
    bins = calibration(found.chance, found.recognised)
    rows = [overall(found, len(captures) - len(found.captures), bins), *bins, *discards(found)]
    rows += [of_way(way, found, captures) for way in (*WAYS, "camera")]
    rows.append(speed())
    for row in rows:
        sys.stdout.write(f"{row}\n")
    write_results(
        "palm_quality", f"python -m benchmarks.palm_quality --palms {arguments.palms}", rows, arguments.output
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
