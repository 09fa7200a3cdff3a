"""How well the embedding tells simulated palms apart that no training has seen.

    python -m benchmarks.palm_world                          # 2,000 palms in each band: some minutes
    python -m benchmarks.palm_world --sheet docs/images/simulated_palms.jpg
    python -m benchmarks.palm_world --identities 100000 --nir 8000 --seen 0 --work FOLDER    # hours, resumable

Needs `pip install 'tillfree[palm]'`. Every palm has two samples, as of two sessions, drawn under conditions that are
not among those of training (`simulation.palms.regions.conditions.UNSEEN`), and for comparison under those that are.
Each eighth palm has the principal lines of the one before it. All pairs of different palms are compared, so 100,000
palms give ten thousand million. FNMR has bounds of 95 % (Wilson); FMR below one in the number of pairs is not given.

Whether a predicted FMR holds: the tail of the scores of strangers is fitted to the pairs of the first 2,000 palms, and
the rate it gives is compared with what all the others do, for single pairs and for strangers who are looked for in
galleries of a thousand, ten thousand, ... up to all of them. For a gallery of a million the rate of one pair is what
decides (`tillfree.palm.thresholds.fpir_for_gallery`), and 100,000 palms have pairs enough to measure that.
Palms and light are simulated: what holds for hands is measured on hands. Writes `benchmarks/results/palm_world.json`.
"""

import argparse
import functools
import multiprocessing
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.result_files import Row, use_one_core, write_results
from tillfree.evaluation.intervals import wilson
from tillfree.evaluation.palms.bounds import clopper_pearson
from tillfree.palm.embedding import Embedder
from tillfree.palm.opencv import opencv
from tillfree.palm.thresholds import ImpostorTail, fit_tail, fmr_for_gallery
from tillfree.simulation.palms.regions.conditions import TRAINING, UNSEEN, Conditions
from tillfree.simulation.palms.regions.world import identities, samples
from tillfree.storage.models import palm_model

Floats = npt.NDArray[np.float32]
SEED = 100_001
"""Of the world of palms; training uses small seeds."""
_FMRS = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
_BINS = 20_000
_BLOCK = 500
_ROWS = 1000
_KNOWN = 2000
"""To the pairs of so many palms the tail is fitted that predicts what the others do."""
_INDEPENDENT = 1 / 50
"""What a pair is worth where each palm is in thousands of them: their errors are not independent."""


def embedded(model: bytes, views: int, conditions: Conditions, size: int, path: Path | None, first: int) -> Floats:
    """Embeddings of two samples of some palms (2, n, d); what `path` has is not made again."""
    if path is not None and path.exists():
        kept: Floats = np.load(path)
        return kept
    embedder = Embedder(model, views=views)
    rows = []
    for palm in identities(SEED, size, first):
        pair = [samples(palm, 1, conditions.band, seed=k, conditions=conditions)[0] for k in range(2)]
        rows.append(embedder.embed(pair))
    part: Floats = np.stack(rows, axis=1)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # As a whole or not at all: a run that is cut off goes on.
        unfinished = path.with_suffix(".part")
        with unfinished.open("wb") as file:
            np.save(file, part)
        unfinished.replace(path)
    return part


def embeddings(
    model: bytes, views: int, conditions: Conditions, count: int, work: Path | None, processes: int
) -> tuple[Floats, Floats]:
    """Embeddings of two samples of each palm (count, d); those that `work` has are not made again."""
    firsts = range(0, count, _BLOCK)
    sizes = [min(_BLOCK, count - first) for first in firsts]
    name = conditions.name.replace(" ", "-")
    paths = [
        None if work is None else work / f"{name}-{views}-{first}-{size}.npy"
        for first, size in zip(firsts, sizes, strict=True)
    ]
    make = functools.partial(embedded, model, views, conditions)
    if processes == 1:
        parts = list(map(make, sizes, paths, firsts))
    else:
        with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
            parts = list(pool.map(make, sizes, paths, firsts))
    both = np.concatenate(parts, axis=1)
    return both[0], both[1]


def impostor_bins(first: Floats, second: Floats) -> npt.NDArray[np.int64]:
    """How many pairs of different palms have each score: _BINS bins from -1 to 1."""
    counts = np.zeros(_BINS, dtype=np.int64)
    for start in range(0, len(first), _ROWS):
        scores = first[start : start + _ROWS] @ second.T
        rows = np.arange(len(scores))
        # A palm and itself is no pair of different palms: told apart by a score that none can have.
        scores[rows, start + rows] = -2.0
        bins = np.clip((scores.ravel() + 1.0) * (_BINS / 2), 0, _BINS - 1).astype(np.int32)
        counts += np.bincount(bins, minlength=_BINS)
    counts[0] -= len(first)
    return counts


def figures(first: Floats, second: Floats) -> Iterator[tuple[str, float | list[float]]]:
    """FNMR at each FMR with bounds, the rate of equal errors, and how often the palm itself is found first."""
    counts = impostor_bins(first, second)
    own = (first * second).sum(axis=1)
    above = np.cumsum(counts[::-1])[::-1] / counts.sum()
    edges = np.linspace(-1.0, 1.0, _BINS + 1)[:-1]
    for fmr in _FMRS:
        if fmr * counts.sum() < 1.0:
            continue
        # The first bin of which no more than this share lies at or above its edge.
        limit = edges[np.argmax(above <= fmr)]
        missed = int((own < limit).sum())
        interval = wilson(missed, len(own))
        yield f"fnmr_at_fmr_{fmr:.0e}", round(interval.value, 6)
        yield f"fnmr_at_fmr_{fmr:.0e}_bounds", [round(bound, 6) for bound in (interval.low, interval.high)]
    fnmr = np.searchsorted(np.sort(own), edges) / len(own)
    crossing = int(np.argmin(np.abs(fnmr - above)))
    yield "eer", round(float((fnmr[crossing] + above[crossing]) / 2), 6)
    best = np.concatenate([(first[k : k + _ROWS] @ second.T).argmax(axis=1) for k in range(0, len(first), _ROWS)])
    yield "rank_1", round(float(np.mean(best == np.arange(len(first)))), 6)


def predictions(first: Floats, second: Floats) -> Iterator[Row]:
    """Rates of false matches as predicted from some palms, and as the others had them."""
    scores = first[:_KNOWN] @ second[:_KNOWN].T
    tail = fit_tail(scores[~np.eye(_KNOWN, dtype=bool)].astype(np.float64), share=1e-3, independent=_INDEPENDENT)
    probes, gallery = first[_KNOWN:], second[_KNOWN:]
    counts = impostor_bins(probes, gallery)
    pairs = int(counts.sum())
    above = np.cumsum(counts[::-1])[::-1]
    for exponent in range(4, 11):
        fmr = 10.0**-exponent
        if fmr * pairs < 1.0:
            continue
        # The next edge of a bin, so that what is counted is what was asked.
        at = min(int(np.ceil((tail.threshold(fmr) + 1.0) * (_BINS / 2))), _BINS - 1)
        predicted = tail.fmr(2.0 * at / _BINS - 1.0)
        counted = clopper_pearson(int(above[at]), pairs)
        yield {
            "pairs": pairs,
            "fmr_predicted": [float(f"{rate:.3g}") for rate in (predicted.value, predicted.low, predicted.high)],
            "fmr_counted": float(f"{above[at] / pairs:.3g}"),
            "fmr_counted_bounds": [float(f"{bound:.3g}") for bound in (counted.low, counted.high)],
        }
    yield from galleries(tail, probes, gallery)


def galleries(tail: ImpostorTail, probes: Floats, gallery: Floats) -> Iterator[Row]:
    """Strangers are looked for among so many: how often one is found at the threshold that is to keep it at 1 %."""
    size = 1000
    while size * 2 <= len(gallery):
        kept = gallery[:size]
        asked = probes[size : size + 10_000]
        best = np.concatenate([(asked[k : k + _ROWS] @ kept.T).max(axis=1) for k in range(0, len(asked), _ROWS)])
        fmr = fmr_for_gallery(0.01, size)
        found = wilson(int((best >= tail.threshold(fmr)).sum()), len(asked))
        cautious = wilson(int((best >= tail.cautious_threshold(fmr)).sum()), len(asked))
        yield {
            "gallery": size,
            "probes": len(asked),
            "fpir_wanted": 0.01,
            "fpir": [round(rate, 5) for rate in (found.value, found.low, found.high)],
            "fpir_cautious": [round(rate, 5) for rate in (cautious.value, cautious.low, cautious.high)],
        }
        size *= 10 if size * 20 <= len(gallery) else 5


def sheet(path: Path) -> None:
    """A picture of palms, five samples of each in a row, under all conditions."""
    cv2 = opencv()
    rows = [
        np.hstack([sample.pixels for sample in samples(palm, 5, each.band, conditions=each)])
        for each, palm in zip(TRAINING + UNSEEN, identities(SEED, len(TRAINING + UNSEEN)), strict=True)
    ]
    cv2.imwrite(str(path), (np.vstack(rows) * 255.0).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 80])


def main() -> None:
    """Draws, embeds and compares."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--identities", type=int, default=2000, help="palms under unseen conditions")
    parser.add_argument("--nir", type=int, default=None, help="the same in near infrared (default: as many)")
    parser.add_argument("--seen", type=int, default=500, help="palms under each of the conditions of training")
    parser.add_argument("--views", type=int, default=5, help="placements that are averaged")
    parser.add_argument("--processes", type=int, default=1, help="that draw and embed")
    parser.add_argument("--model", type=Path, default=None, help="another model than the one that comes with Tillfree")
    parser.add_argument("--work", type=Path, default=None, help="where embeddings are kept to go on later")
    parser.add_argument("--output", type=Path, default=None)
    parser.add_argument("--sheet", type=Path, default=None, help="only draw a picture of samples")
    arguments = parser.parse_args()
    if arguments.sheet is not None:
        sheet(arguments.sheet)
        return
    if arguments.processes == 1:
        use_one_core()
    model = palm_model() if arguments.model is None else arguments.model.read_bytes()
    rows: list[Row] = []
    counts = {"visible": arguments.identities, "nir": arguments.identities if arguments.nir is None else arguments.nir}
    for conditions, count in [(each, counts[each.band]) for each in UNSEEN] + [
        (each, arguments.seen) for each in TRAINING if arguments.seen
    ]:
        both = embeddings(model, arguments.views, conditions, count, arguments.work, arguments.processes)
        of = {"conditions": conditions.name, "band": conditions.band, "palms": count, "views": arguments.views}
        rows.append({**of, **dict(figures(*both))})
        sys.stdout.write(f"{rows[-1]}\n")
        if count >= 4 * _KNOWN:
            held = [{**of, **row} for row in predictions(*both)]
            sys.stdout.write("".join(f"{row}\n" for row in held))
            rows += held
    use_one_core()
    embedder = Embedder(model, views=arguments.views)
    region = samples(next(identities(SEED, 1)), 1)
    took = []
    for _ in range(30):
        started = time.process_time()
        embedder.embed(region)
        took.append(1000.0 * (time.process_time() - started))
    rows.append({"model_bytes": len(model), "embed_processor_ms_median": round(float(np.median(took)), 2)})
    sys.stdout.write(f"{rows[-1]}\n")
    write_results(
        "palm_world",
        f"python -m benchmarks.palm_world --identities {arguments.identities} --nir {counts['nir']} "
        f"--seen {arguments.seen} --views {arguments.views}",
        rows,
        arguments.output,
    )


if __name__ == "__main__":
    main()
