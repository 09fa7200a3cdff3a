"""How well the embedding tells simulated palms apart that no training has seen.

    python -m benchmarks.palm_world                          # 2,000 palms in each band: some minutes
    python -m benchmarks.palm_world --sheet docs/images/simulated_palms.jpg
    python -m benchmarks.palm_world --identities 100000 --mated 20000 --nir 2000 --seen 0 --processes 2 --work FOLDER
                                                             # most of an hour on two cores, resumable

Needs `pip install 'tillfree[palm]'`. Each palm has a sample in the gallery, and the first of them (`--mated`) a second
one that is looked for, as of another session. They are drawn under conditions that are not among those of training
(`simulation.palms.regions.conditions.UNSEEN`), and for comparison under those that are. Each eighth palm has the
principal lines of the one before it. Each second sample is compared with the whole gallery: 20,000 with 100,000 are two
thousand million pairs. FNMR has bounds of 95 % (Wilson); FMR below one in the number of pairs is not given.

Whether a predicted FMR holds: the tail of the scores of strangers is fitted to the pairs of the first 2,000 palms, and
the rate it gives is compared with what all the others do, for single pairs and for strangers who are looked for in
galleries of a thousand, ten thousand, and all that there are. A gallery of a million is not drawn: among N strangers no
more than N times the rate of a pair is found, whatever pairs have in common (Boole's inequality), so that the rate that
was counted at the threshold for a million, with its upper bound, bounds what a search among a million would find.
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
from tillfree.evaluation.intervals import Interval, wilson
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
_ASKED = 10_000
_FPIR, _MILLION = 0.01, 1_000_000
_INDEPENDENT = 1 / 50
"""What a pair is worth where each palm is in thousands of them: their errors are not independent."""


def embedded(
    model: bytes, views: int, conditions: Conditions, size: int, takes: int, path: Path | None, first: int
) -> Floats:
    """Embeddings of one or two samples of some palms (takes, n, d); what `path` has is not made again."""
    if path is not None and path.exists():
        kept: Floats = np.load(path)
        return kept
    embedder = Embedder(model, views=views)
    rows = []
    for palm in identities(SEED, size, first):
        taken = [samples(palm, 1, conditions.band, seed=k, conditions=conditions)[0] for k in range(takes)]
        rows.append(embedder.embed(taken))
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
    model: bytes, views: int, conditions: Conditions, counts: tuple[int, int], work: Path | None, processes: int
) -> tuple[Floats, Floats]:
    """Embeddings of the gallery (n, d) and of second samples of its first palms (m, d); `counts` are n and m.

    Those that `work` has are not made again.
    """
    count, mated = counts
    starts = [*range(0, mated, _BLOCK), *range(mated, count, _BLOCK)]
    sizes = [min(_BLOCK, (mated if first < mated else count) - first) for first in starts]
    takes = [2 if first < mated else 1 for first in starts]
    name = conditions.name.replace(" ", "-")
    paths = [
        None if work is None else work / f"{name}-{views}-{first}-{size}-{of_each}.npy"
        for first, size, of_each in zip(starts, sizes, takes, strict=True)
    ]
    make = functools.partial(embedded, model, views, conditions)
    if processes == 1:
        parts = list(map(make, sizes, takes, paths, starts))
    else:
        with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
            parts = list(pool.map(make, sizes, takes, paths, starts))
    seconds = [part[1] for part, of_each in zip(parts, takes, strict=True) if of_each == 2]
    return np.concatenate([part[0] for part in parts]), np.concatenate(seconds)


def impostor_bins(gallery: Floats, probes: Floats) -> npt.NDArray[np.int64]:
    """How many pairs of different palms have each score: _BINS bins from -1 to 1. Row by row both show the same."""
    counts = np.zeros(_BINS, dtype=np.int64)
    for start in range(0, len(probes), _ROWS):
        scores = probes[start : start + _ROWS] @ gallery.T
        rows = np.arange(len(scores))
        # A palm and itself is no pair of different palms: told apart by a score that none can have.
        scores[rows, start + rows] = -2.0
        bins = np.clip((scores.ravel() + 1.0) * (_BINS / 2), 0, _BINS - 1).astype(np.int32)
        counts += np.bincount(bins, minlength=_BINS)
    counts[0] -= len(probes)
    return counts


def best_of(gallery: Floats, probes: Floats) -> Iterator[tuple[Floats, npt.NDArray[np.intp]]]:
    """The highest score and where it is, for some probes at a time."""
    for start in range(0, len(probes), _ROWS):
        scores = probes[start : start + _ROWS] @ gallery.T
        yield scores.max(axis=1), scores.argmax(axis=1)


def figures(gallery: Floats, probes: Floats) -> Iterator[tuple[str, float | list[float]]]:
    """FNMR at each FMR with bounds, the rate of equal errors, and how often the palm itself is found first."""
    counts = impostor_bins(gallery, probes)
    own = (gallery[: len(probes)] * probes).sum(axis=1)
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
    found = np.concatenate([at for _, at in best_of(gallery, probes)])
    yield "rank_1", round(float(np.mean(found == np.arange(len(probes)))), 6)


def predictions(gallery: Floats, probes: Floats) -> Iterator[Row]:
    """Rates of false matches as predicted from some palms, and as the others had them."""
    scores = probes[:_KNOWN] @ gallery[:_KNOWN].T
    tail = fit_tail(scores[~np.eye(_KNOWN, dtype=bool)].astype(np.float64), share=1e-3, independent=_INDEPENDENT)
    gallery, probes = gallery[_KNOWN:], probes[_KNOWN:]
    counts = impostor_bins(gallery, probes)
    pairs = int(counts.sum())
    above = np.cumsum(counts[::-1])[::-1]

    def counted(threshold: float) -> tuple[float, Interval]:
        """The next edge of a bin above a threshold, and what share reaches it: so what is counted is what is asked."""
        at = min(int(np.ceil((threshold + 1.0) * (_BINS / 2))), _BINS - 1)
        return 2.0 * at / _BINS - 1.0, clopper_pearson(int(above[at]), pairs)

    for exponent in range(4, 11):
        if 10.0**-exponent * pairs < 1.0:
            continue
        edge, rate = counted(tail.threshold(10.0**-exponent))
        predicted = tail.fmr(edge)
        yield {
            "pairs": pairs,
            "fmr_predicted": [float(f"{each:.3g}") for each in (predicted.value, predicted.low, predicted.high)],
            "fmr_counted": float(f"{rate.value:.3g}"),
            "fmr_counted_bounds": [float(f"{bound:.3g}") for bound in (rate.low, rate.high)],
        }
    # Strangers are asked after: palms of which the gallery has none.
    asked = probes[: min(_ASKED, len(gallery) // 2)]
    yield from galleries(tail, gallery[len(asked) :], asked)
    _, rate = counted(tail.threshold(fmr_for_gallery(_FPIR, _MILLION)))
    yield {
        "gallery": _MILLION,
        "searched": False,
        "fpir_wanted": _FPIR,
        "fpir_at_most": [float(f"{min(_MILLION * each, 1.0):.3g}") for each in (rate.value, rate.high)],
    }


def galleries(tail: ImpostorTail, gallery: Floats, asked: Floats) -> Iterator[Row]:
    """Strangers are looked for among so many: how often one is found at the threshold that is to keep it at 1 %."""
    for size in sorted({size for size in (1000, 10_000) if size < len(gallery)} | {len(gallery)}):
        best = np.concatenate([score for score, _ in best_of(gallery[:size], asked)])
        fmr = fmr_for_gallery(_FPIR, size)
        found = wilson(int((best >= tail.threshold(fmr)).sum()), len(asked))
        cautious = wilson(int((best >= tail.cautious_threshold(fmr)).sum()), len(asked))
        yield {
            "gallery": size,
            "probes": len(asked),
            "fpir_wanted": _FPIR,
            "fpir": [round(rate, 5) for rate in (found.value, found.low, found.high)],
            "fpir_cautious": [round(rate, 5) for rate in (cautious.value, cautious.low, cautious.high)],
        }


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
    parser.add_argument("--mated", type=int, default=None, help="so many have a second sample (default: all)")
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
        mated = min(count, arguments.mated or count)
        both = embeddings(model, arguments.views, conditions, (count, mated), arguments.work, arguments.processes)
        of = {"conditions": conditions.name, "band": conditions.band, "palms": count, "mated": mated,
              "views": arguments.views}  # fmt: skip
        rows.append({**of, **dict(figures(*both))})
        sys.stdout.write(f"{rows[-1]}\n")
        if mated >= 4 * _KNOWN:
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
        f"python -m benchmarks.palm_world --identities {arguments.identities} "
        f"--mated {arguments.mated or arguments.identities} --nir {counts['nir']} --seen {arguments.seen} "
        f"--views {arguments.views} --processes {arguments.processes}",
        rows,
        arguments.output,
    )


if __name__ == "__main__":
    main()
