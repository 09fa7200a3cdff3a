r"""How fast is the search for a palm among very many, and does it miss any? numpy, faiss and usearch in one run.

    python -m benchmarks.palm_search --sizes 10000 100000 --probes 100 -o benchmarks/results/palm_search_100k.json
    python -m benchmarks.palm_search --sizes 1000000 --probes 1000 -o benchmarks/results/palm_search_1m.json
    python -m benchmarks.palm_search --sizes 10000000 --probes 4000 -o benchmarks/results/palm_search_10m.json

The codes are **simulated**: 1024 bits on hyperplanes of a key, of directions in 256 dimensions that are equally spread.
Probes are mated to one of them at cosines that are drawn from a normal distribution (mean 0.75, deviation 0.10, from
0.45 to 0.95). The index of Tillfree searches for all probes, the others for the first 200. One thread, one core. `cpu`
is processor time, `wall` the clock: they differ where other work runs. Ten million codes take 5 GB and some minutes.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.result_files import Row, use_one_core, write_results
from tillfree.evaluation.palms.bounds import clopper_pearson
from tillfree.palm.index.gallery import PalmIndex
from tillfree.palm.index.nearest import by_numpy, distances, nearest
from tillfree.palm.protection.projection import SignProjection
from tillfree.simulation.palms.features import embeddings_of, mated

DIMENSIONS, BITS, BATCH = 256, 1024, 20_000
HEAD_BYTES, LOOKED_AT = 32, 256
"""The first bits of all codes alone, as another first look: so many bytes, and so many of each million in full."""
OTHERS_MAX = 200
Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]
Search = Callable[[Floats], npt.NDArray[np.int64]]
OURS = "tillfree first look"


def gallery_and_probes(size: int, probes: int, seed: int) -> tuple[Bytes, Floats, npt.NDArray[np.int64]]:
    """Codes (size, 128), values of probes (probes, 1024), and the row that each probe belongs to."""
    generator = np.random.default_rng(seed)
    projection = SignProjection(generator.bytes(32), DIMENSIONS, BITS)
    matrix = projection.matrix()
    owners = np.sort(generator.choice(size, probes, replace=False)).astype(np.int64)
    cosines = np.clip(generator.normal(0.75, 0.10, (probes, 1)), 0.45, 0.95).astype(np.float32)
    codes = np.empty((size, BITS // 8), np.uint8)
    values = np.empty((probes, BITS), np.float32)
    for begin in range(0, size, BATCH):
        drawn = embeddings_of(generator, min(BATCH, size - begin), DIMENSIONS)
        codes[begin : begin + len(drawn)] = np.packbits(drawn @ matrix.T > 0, axis=1)
        here = np.flatnonzero((owners >= begin) & (owners < begin + len(drawn)))
        values[here] = mated(generator, drawn[owners[here] - begin], cosines[here]) @ matrix.T
    return codes, values, owners


def timed(search: Search, values: Floats) -> tuple[Row, list[npt.NDArray[np.int64]]]:
    """Searches for each probe alone and tells how long that took, after one that is not counted."""
    search(values[0])
    walls, cpus, found = [], [], []
    for probe in values:
        wall, cpu = time.perf_counter(), time.process_time()
        found.append(search(probe))
        walls.append(1000 * (time.perf_counter() - wall))
        cpus.append(1000 * (time.process_time() - cpu))
    row = {
        f"{name}_ms_{label}": round(float(np.quantile(times, share)), 3)
        for name, times in (("cpu", cpus), ("wall", walls))
        for label, share in (("median", 0.5), ("p99", 0.99))
    }
    return row, found


def code_of(probe: Floats) -> Bytes:
    """A probe as bits, (1, 128)."""
    return np.packbits(probe > 0)[None]


def engines(codes: Bytes, size: int) -> list[tuple[str, str, Callable[[], Search]]]:
    """Name, what it does, and how it is made; graphs are built only as far as that takes minutes."""
    index = PalmIndex(bytes(8), exact_max=0)
    index.add(np.arange(size), codes)

    def ids(candidates: Any) -> npt.NDArray[np.int64]:
        return np.array([candidate.id for candidate in candidates], np.int64)

    chosen: list[tuple[str, str, Callable[[], Search]]] = [
        ("tillfree exact", "all codes in full", lambda: lambda probe: ids(index.search(probe, exact=True))),
        (OURS, "52 surest bits of all", lambda: lambda probe: ids(index.search(probe, exact=False))),
        ("faiss flat in two steps", "256 bits of all", lambda: two_steps(codes)),
    ]
    if size <= 1_000_000:
        chosen += [
            ("faiss flat", "all codes in full", lambda: lambda probe: nearest(code_of(probe), codes, 32)[1][0]),
            ("numpy", "all codes in full", lambda: lambda probe: by_numpy(code_of(probe), codes, 32)[1][0]),
            ("usearch exact", "all codes in full", lambda: usearch_exact(codes)),
            ("faiss inverted lists", "32 of 1024 lists", lambda: faiss_lists(codes)),
        ]
    if size <= 100_000:
        chosen += [
            ("faiss graph", "HNSW, 32 links, efSearch 256", lambda: faiss_graph(codes)),
            ("usearch graph", "HNSW, 32 links, expansion 256", lambda: usearch_graph(codes)),
        ]
    return chosen


def two_steps(codes: Bytes) -> Search:
    """The first bits of all codes by faiss, and the nearest in full by numpy."""
    heads = np.ascontiguousarray(codes[:, :HEAD_BYTES])
    looked_at = LOOKED_AT * max(1, len(codes) // 1_000_000)

    def found(probe: Floats) -> npt.NDArray[np.int64]:
        code = code_of(probe)
        rows = nearest(np.ascontiguousarray(code[:, :HEAD_BYTES]), heads, looked_at)[1][0]
        nearer: npt.NDArray[np.int64] = rows[np.argsort(distances(code[0], codes[rows]), kind="stable")[:32]]
        return nearer

    return found


def usearch_exact(codes: Bytes) -> Search:
    """All codes, by usearch."""
    from usearch.index import MetricKind, search  # noqa: PLC0415  only here

    def found(probe: Floats) -> npt.NDArray[np.int64]:
        matches: Any = search(codes, code_of(probe)[0], 32, MetricKind.Hamming, exact=True, threads=1)
        return np.asarray(matches.keys).astype(np.int64)

    return found


def usearch_graph(codes: Bytes) -> Search:
    """A graph of usearch."""
    from usearch.index import Index, MetricKind, ScalarKind  # noqa: PLC0415  only here

    index = Index(
        ndim=BITS, metric=MetricKind.Hamming, dtype=ScalarKind.B1, connectivity=32, expansion_add=128,
        expansion_search=256,
    )  # fmt: skip
    index.add(np.arange(len(codes)), codes, threads=1)

    def found(probe: Floats) -> npt.NDArray[np.int64]:
        matches: Any = index.search(code_of(probe)[0], 32, threads=1)
        return np.asarray(matches.keys).astype(np.int64)

    return found


def faiss_lists(codes: Bytes) -> Search:
    """Inverted lists of faiss: 1024, of which 32 are looked at."""
    import faiss  # noqa: PLC0415  only here

    coarse = faiss.IndexBinaryFlat(BITS)
    index = faiss.IndexBinaryIVF(coarse, BITS, 1024)
    index.cp.niter, index.nprobe = 5, 32
    index.train(codes[: min(len(codes), 50_000)])
    index.add(codes)
    return lambda probe: index.search(code_of(probe), 32)[1][0]


def faiss_graph(codes: Bytes) -> Search:
    """A graph of faiss."""
    import faiss  # noqa: PLC0415  only here

    index = faiss.IndexBinaryHNSW(BITS, 32)
    index.hnsw.efConstruction, index.hnsw.efSearch = 128, 256
    index.add(codes)
    return lambda probe: index.search(code_of(probe), 32)[1][0]


def measure(size: int, probes: int, seed: int) -> list[Row]:
    """One row per engine."""
    codes, values, owners = gallery_and_probes(size, probes, seed)
    rows: list[Row] = []
    for name, what, make in engines(codes, size):
        begin = time.process_time()
        search = make()
        build_s = time.process_time() - begin
        asked = probes if name == OURS else min(probes, OTHERS_MAX)
        row, found = timed(search, values[:asked])
        listed = sum(owner in ids for owner, ids in zip(owners, found, strict=False))
        first = sum(len(ids) > 0 and ids[0] == owner for owner, ids in zip(owners, found, strict=False))
        told = clopper_pearson(int(listed), asked)
        rows.append({
            "simulated": True, "codes": size, "engine": name, "what": what, "probes": asked, **row,
            "recall_first": round(float(first) / asked, 5),
            "recall_32": [round(told.value, 5), round(told.low, 5), round(told.high, 5)],
            "build_cpu_s": round(build_s, 1),
        })  # fmt: skip
        sys.stdout.write(f"{rows[-1]}\n")
        sys.stdout.flush()
    return rows


def main() -> int:
    """Measure and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--probes", type=int, default=500)
    parser.add_argument("--seed", type=int, default=77_000)
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    use_one_core()
    import faiss  # noqa: PLC0415  after the core is chosen

    faiss.omp_set_num_threads(1)
    rows = [row for size in arguments.sizes for row in measure(size, arguments.probes, arguments.seed)]
    command = "python -m benchmarks.palm_search " + " ".join(sys.argv[1:])
    write_results("palm_search", command.strip(), rows, arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
