"""Does the quality of a sample predict what it costs in comparison?

    python -m benchmarks.palm_quality

Needs `pip install 'tillfree[palm]'`. Palms are **simulated**. One picture of each palm is kept as it is, another
spoiled: blurred, dark, too bright, noisy, with little contrast, partly cut off, small, with glints, or several of
these. What is predicted is the percentage of agreement of both classical codes with the first picture that is left,
where another picture that is not spoiled keeps 100 and a picture of another palm 0. Palms that the codes hardly tell
apart even so are left out. Writes `benchmarks/results/palm_quality.json`.
"""

import argparse
import sys
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.result_files import Row, write_results
from tillfree.palm.codes.alignment import Aligner, Tiles
from tillfree.palm.codes.filters import encode
from tillfree.palm.quality import quality_of
from tillfree.palm.samples import BANDS, REGION_PX, PalmRegion
from tillfree.simulation.palms.regions.world import identities, samples

Floats = npt.NDArray[np.float64]
SEED = 77_001
KINDS = ("nothing", "blurred", "dark", "bright", "noisy", "low contrast", "cut off", "too far", "glare", "several")
USUAL_PX = 250.0
_TOLD_APART = 0.03


def spoiled(rng: np.random.Generator, region: PalmRegion, kind: str) -> tuple[PalmRegion, float]:
    """The region as a worse camera or a careless hand gives it, and how many pixels wide the palm was."""
    pixels: Floats = region.pixels.astype(np.float64)
    mask, palm_px = region.mask.copy(), USUAL_PX
    for each in rng.choice(KINDS[1:-1], 3, replace=False) if kind == "several" else [kind]:
        hard = rng.uniform(0.0, 1.0) * (0.6 if kind == "several" else 1.0)
        if each == "blurred":
            pixels = cv2.GaussianBlur(pixels, (0, 0), 0.3 + 4.5 * hard**2)
        elif each == "dark":
            pixels = pixels * (1.0 - 0.97 * hard)
        elif each == "bright":
            pixels = pixels * (1.0 + 2.0 * hard)
        elif each == "noisy":
            pixels = pixels + rng.normal(0.0, 0.08 * hard, pixels.shape)
        elif each == "low contrast":
            pixels = pixels.mean() + (pixels - pixels.mean()) * (1.0 - 0.95 * hard)
        elif each == "cut off":
            rows = int(REGION_PX * 0.6 * hard)
            mask[REGION_PX - rows :] = False
        elif each == "too far":
            palm_px = USUAL_PX * (1.0 - 0.9 * hard)
            small = max(int(REGION_PX * palm_px / USUAL_PX), 8)
            pixels = cv2.resize(cv2.resize(pixels, (small, small), interpolation=cv2.INTER_AREA), pixels.shape[::-1])
        elif each == "glare":
            for _ in range(int(1 + 8 * hard)):
                at = rng.integers(0, REGION_PX, 2)
                cv2.circle(pixels, (int(at[0]), int(at[1])), int(3 + 16 * hard * rng.random()), 1.0, -1)
    # A camera has 256 levels.
    seen = (np.round(np.clip(pixels, 0.0, 1.0) * 255.0) / 255.0).astype(np.float32)
    mask &= cv2.dilate((seen >= 0.985).astype(np.uint8), np.ones((5, 5), np.uint8)) == 0
    return PalmRegion(seen, mask, region.band), palm_px


def agreement(one: PalmRegion, other: PalmRegion) -> float:
    """Mean share of bits on which both codes agree, after the best shift."""
    found = Aligner(*encode(one)).align([Tiles(*encode(other))])
    return 1.0 - 0.25 * float(found.ordinal.sum() + found.competitive.sum())


def measured(palms: int, seed: int) -> tuple[Floats, Floats, list[str]]:
    """Quality of spoiled samples, the percentage of agreement that each kept, and how it was spoiled."""
    values, left, kinds = [], [], []
    for number, palm in enumerate(identities(seed, palms)):
        band = BANDS[number % 2]
        first, second = samples(palm, 2, band, seed=seed)
        stranger = samples(next(iter(identities(seed + 1, 1, number))), 1, band, seed=seed)[0]
        best, none = agreement(first, second), agreement(first, stranger)
        if best - none < _TOLD_APART:
            # Without a difference to a stranger there is nothing to lose.
            continue
        rng = np.random.default_rng([seed, number])
        for kind in KINDS:
            worse, palm_px = spoiled(rng, second, kind)
            share = (agreement(first, worse) - none) / (best - none)
            values.append(quality_of(worse, palm_px, 0.9, 0.03).value)
            left.append(float(np.clip(100.0 * share, 0.0, 100.0)))
            kinds.append(kind)
    return np.array(values), np.array(left), kinds


def ranks_agree(one: Floats, other: Floats) -> float:
    """Spearman's correlation of ranks."""
    first, second = (np.argsort(np.argsort(each)) for each in (one, other))
    return float(np.corrcoef(first, second)[0, 1])


def main() -> int:
    """How near the number is, for all and for each way of spoiling."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--palms", type=int, default=60)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    values, left, kinds = measured(arguments.palms, SEED)
    names = np.array(kinds)
    found: list[Row] = []
    for kind in ("all", *KINDS):
        of = np.full(len(names), True) if kind == "all" else names == kind
        found.append({
            "spoiled": kind, "samples": int(of.sum()), "quality_mean": round(float(values[of].mean()), 1),
            "left_mean": round(float(left[of].mean()), 1),
            "error_rms": round(float(np.sqrt(np.mean((values[of] - left[of]) ** 2))), 1),
            "rank_correlation": round(ranks_agree(values[of], left[of]), 2),
        })  # fmt: skip
        sys.stdout.write(f"{found[-1]}\n")
    write_results("palm_quality", "python -m benchmarks.palm_quality", found, arguments.output)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
