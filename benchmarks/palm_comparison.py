"""How fast palms are encoded and compared, how well simulated ones are told apart, and whether predicted FMR holds.

    python -m benchmarks.palm_comparison                          # 400 palms in each light, 100 strangers each: minutes
    python -m benchmarks.palm_comparison --palms 4000 --strangers 2000 --work DIR    # hours; goes on where it stopped

Needs `pip install 'tillfree[palm]'`. All palms are simulated, of a world that neither the embedding nor the weights of
the fusion were learned from, and samples are taken under conditions that no training has seen
(`simulation.palms.regions.conditions.UNSEEN`). Each palm is compared with another sample of its own and with so many
strangers. Two predictions of FMR are checked against what was counted: that of the tails that come with Tillfree, and
that of a tail which is fitted to the first half of the probes and checked on the others. Rates below one pair of
strangers are not given. Writes `benchmarks/results/palm_comparison.json`.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.result_files import Row, use_one_core, write_results
from tillfree.evaluation.intervals import Interval
from tillfree.evaluation.palms.bounds import clopper_pearson
from tillfree.evaluation.palms.measures import eer, threshold_at
from tillfree.palm.codes.filters import encode
from tillfree.palm.comparison import Probe, Reference
from tillfree.palm.embedding import Embedder
from tillfree.palm.encoding import Encoder
from tillfree.palm.features import Features
from tillfree.palm.fusion_table import TAILS
from tillfree.palm.samples import BANDS, Band
from tillfree.palm.thresholds import ImpostorTail, fit_tail
from tillfree.simulation.palms.regions.world import identities, samples
from tillfree.storage.models import palm_model

Floats = npt.NDArray[np.float64]
SEED = 200_001
"""Of the world of palms; those of training are small, the fusion's is 4000."""
_RATES = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
_MATCHERS = ("log_ratio", "embedding", "ordinal", "competitive")
_BLOCK = 50


def scores_of_block(
    encoder: Encoder, band: Band, palms: int, strangers: int, first: int, seconds: list[Reference]
) -> Floats:
    """Scores (probes, 1 + strangers, matchers) of the first samples of some palms: the own palm, then strangers."""
    rows = []
    for palm in identities(SEED, min(_BLOCK, palms - first), first):
        probe = Probe(encoder.features(samples(palm, 1, band, seed=SEED + 1)[0]))
        # The same steps for all, so that each sample meets as many strangers.
        met = [(palm.number + step) % palms for step in range(strangers + 1)]
        found = probe.compare_all([seconds[number] for number in met])
        rows.append([[getattr(score, matcher) for matcher in _MATCHERS] for score in found])
    return np.array(rows)


def all_scores(encoder: Encoder, band: Band, palms: int, strangers: int, work: Path | None) -> Floats:
    """The same for all palms; blocks that `work` has are not compared again."""
    blocks = []
    seconds: list[Reference] = []
    for first in range(0, palms, _BLOCK):
        path = None if work is None else work / f"{band}-{palms}-{strangers}-{first}.npy"
        if path is not None and path.exists():
            blocks.append(np.load(path))
            continue
        if not seconds:
            taken = (samples(palm, 1, band, seed=SEED + 2)[0] for palm in identities(SEED, palms))
            seconds = [Reference(encoder.features(region)) for region in taken]
        block = scores_of_block(encoder, band, palms, strangers, first, seconds)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, block)
        blocks.append(block)
        sys.stdout.write(f"{band}: {min(first + _BLOCK, palms)} of {palms} palms\n")
    return np.concatenate(blocks)


def error_rows(band: Band, scores: Floats) -> list[Row]:
    """One row for each matcher: EER and FNMR at rates that are measurable."""
    rows: list[Row] = []
    for number, matcher in enumerate(_MATCHERS):
        mated, other = scores[:, 0, number], scores[:, 1:, number].ravel()
        row: Row = {"measured": "errors", "band": band, "matcher": "fused" if matcher == "log_ratio" else matcher}
        row |= {"mated_pairs": len(mated), "stranger_pairs": len(other), "eer": round(eer(mated, other), 5)}
        for rate in _RATES:
            if rate * len(other) >= 1:
                fnmr = clopper_pearson(int((mated <= threshold_at(other, rate)).sum()), len(mated))
                row[f"fnmr_at_fmr_{rate:.0e}"] = _bounds(fnmr, 5)
        rows.append(row)
    return rows


def prediction_rows(band: Band, strangers: Floats) -> list[Row]:
    """Whether predicted rates of fused scores hold; `strangers` (palms, n) by probe."""
    half = len(strangers) // 2
    fitted = fit_tail(strangers[:half].ravel())
    rest = strangers[half:].ravel()
    rows = []
    for name, tail, scores in (
        ("tail that comes with Tillfree", TAILS[(band, True)], strangers.ravel()),
        ("tail fitted to the first half", fitted, rest),
    ):
        rows += [_prediction(band, name, tail, scores, rate) for rate in _RATES if rate <= tail.share]
    return rows


def _prediction(band: Band, name: str, tail: ImpostorTail, scores: Floats, rate: float) -> Row:
    threshold = tail.threshold(rate)
    predicted = tail.fmr(threshold)
    seen = clopper_pearson(int((scores > threshold).sum()), len(scores))
    return {
        "measured": "prediction",
        "band": band,
        "tail": name,
        "threshold": round(threshold, 3),
        "fmr_predicted": _bounds(Interval(predicted.value, predicted.low, predicted.high), 9),
        "fmr_seen": _bounds(seen, 9),
        "bounds_overlap": bool(predicted.low <= seen.high and seen.low <= predicted.high),
    }


def speed_row(encoder: Encoder, repeat: int) -> Row:
    """Milliseconds of processor time, the median of several rounds."""
    regions = [samples(palm, 1)[0] for palm in identities(SEED, 8)]
    features: list[Features] = encoder.features_of(regions)
    references = [Reference(each) for each in features]
    probe = Probe(features[0])
    return {
        "measured": "speed",
        "encode_codes_ms": _milliseconds(lambda: [encode(region) for region in regions], repeat, len(regions)),
        "features_ms": _milliseconds(lambda: encoder.features_of(regions), repeat, len(regions)),
        "prepare_probe_ms": _milliseconds(lambda: Probe(features[0]), repeat, 1),
        "compare_ms": _milliseconds(lambda: probe.compare_all(references), repeat, len(references)),
    }


def _milliseconds(work: Callable[[], object], repeat: int, count: int) -> float:
    times = []
    for _ in range(repeat):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return round(1e3 * float(np.median(times)) / count, 3)


def _bounds(interval: Interval, digits: int) -> list[float]:
    return [round(value, digits) for value in (interval.value, interval.low, interval.high)]


def main() -> None:
    """Measures and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--palms", type=int, default=400)
    parser.add_argument("--strangers", type=int, default=100)
    parser.add_argument("--work", type=Path, help="keeps scores here, and goes on there")
    parser.add_argument("--repeat", type=int, default=50)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    if arguments.palms // 2 * arguments.strangers < 3000 or arguments.strangers >= arguments.palms:
        parser.error("a tail needs 3,000 strangers in half of the palms, and fewer strangers than palms")
    use_one_core()
    encoder = Encoder(Embedder(palm_model()))
    rows = [speed_row(encoder, arguments.repeat)]
    for band in BANDS:
        scores = all_scores(encoder, band, arguments.palms, arguments.strangers, arguments.work)
        rows += error_rows(band, scores)
        rows += prediction_rows(band, scores[:, 1:, 0])
    command = f"python -m benchmarks.palm_comparison --palms {arguments.palms} --strangers {arguments.strangers}"
    write_results("palm_comparison", command, rows, arguments.output, recordings="simulated palms")


if __name__ == "__main__":
    main()
