"""The nearest of many codes by Hamming distance: all are looked at, so that nothing is missed.

With the package faiss a core looks at a million codes of 1024 bits in a few milliseconds (Johnson, Douze and Jégou,
IEEE Trans. Big Data 7, 2021); without it numpy does the same, several times slower. `benchmarks/palm_search.py`
compares them.
"""

import importlib
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["by_numpy", "count_ones", "distances", "nearest"]

Bytes = npt.NDArray[np.uint8]
Distances = npt.NDArray[np.int32]
Rows = npt.NDArray[np.int64]
_BLOCK_ROWS = 8192
_BITS_OF_BYTES = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).sum(axis=1, dtype=np.uint8)


def nearest(probes: Bytes, codes: Bytes, count: int) -> tuple[Distances, Rows]:
    """Distances in bits and rows, each (n, k), of the k nearest `codes` (m, b) to `probes` (n, b), nearest first.

    `codes` is contiguous, b a multiple of 8; k is the smaller of `count` and m. Equal distances stand in any order.
    """
    wanted = min(count, len(codes))
    faiss = _faiss()
    if wanted == 0:
        return np.zeros((len(probes), 0), np.int32), np.zeros((len(probes), 0), np.int64)
    if faiss is not None:
        found, rows = faiss.knn_hamming(np.ascontiguousarray(probes), codes, wanted, variant="hc")
        return found.astype(np.int32, copy=False), rows.astype(np.int64, copy=False)
    return by_numpy(probes, codes, wanted)


def distances(probe: Bytes, codes: Bytes) -> Distances:
    """Bits in which `probe` (b,) and each of `codes` (m, b) differ, (m,); b is a multiple of 8."""
    words = np.ascontiguousarray(codes).view(np.uint64) ^ np.ascontiguousarray(probe).view(np.uint64)
    away: Distances = count_ones(words).sum(axis=1, dtype=np.int32)
    return away


def by_numpy(probes: Bytes, codes: Bytes, wanted: int) -> tuple[Distances, Rows]:
    """The same as `nearest` without faiss; `wanted` is at least 1 and at most m."""
    found = np.empty((len(probes), wanted), np.int32)
    rows = np.empty((len(probes), wanted), np.int64)
    away = np.empty(len(codes), np.int32)
    for number, probe in enumerate(probes):
        for begin in range(0, len(codes), _BLOCK_ROWS):
            end = begin + _BLOCK_ROWS
            away[begin:end] = distances(probe, codes[begin:end])
        chosen = np.argpartition(away, wanted - 1)[:wanted]
        rows[number] = chosen[np.argsort(away[chosen], kind="stable")]
        found[number] = away[rows[number]]
    return found, rows


def count_ones(words: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint8]:
    """How many bits are set, by word or, where numpy is older than 2, by byte."""
    counted: npt.NDArray[np.uint8]
    counted = np.bitwise_count(words) if hasattr(np, "bitwise_count") else _BITS_OF_BYTES[words.view(np.uint8)]
    return counted


def _faiss() -> Any:
    """The package faiss, kept to one thread as all of palm is; None where it is not installed."""
    try:
        faiss = importlib.import_module("faiss")
    except ImportError:
        return None
    if faiss.omp_get_max_threads() != 1:
        faiss.omp_set_num_threads(1)
    return faiss
