"""A table: what the signals of the shared synthetic recordings are like, and those of re-enacted ones."""

from collections.abc import Iterator

import numpy as np

from benchmarks.twin_cases import play_case
from benchmarks.twin_random import play_random
from benchmarks.twin_recordings import FAULTS
from benchmarks.twin_signals import Figures, measure
from benchmarks.twin_sources import Sources, SourcesError, shared_folder
from tillfree.storage.recordings.model import Recording
from tillfree.storage.recordings.opening import open_recording

__all__ = ["compare"]

_WITH_FAULTS = (
    "wrists missing, share",
    "elbows missing, share",
    "lost by the tracker, s",
    "a wrist given to both within 0.9 m, share",
    "frames per second",
    "wrist to item, m",
    "step summed over the shelf, against the unit",
)
"""What is worth comparing where sensors fail."""


def compare(sources: Sources) -> str:
    """The table: tenth part, median and nine tenths of each figure, and how many values there are.

    Raises:
        SourcesError: the shared recordings are not there.
    """
    folder = shared_folder() / "data" / "autocheckout" / "synthetic"
    plain, faulty = sorted(folder.glob("SYN-[BR]*")), sorted(folder.glob("SYN-FAULTS-*"))
    if not plain or not faulty:
        raise SourcesError(f"{folder}: no recordings SYN-*; set TILLFREE_SHARED to the folder that holds them")
    names = {path.name.removeprefix("SYN-") for path in plain}
    skew_s = float(FAULTS["skew_s"])
    lines = [
        f"{'':48}  {'shared':^32}   {'re-enacted':^32}",
        f"{'':48}" + f"  {'10 %':>7} {'50 %':>7} {'90 %':>7} {'n':>8} " * 2,
    ]
    again = measure(_plain(sources, names))
    # Hand-overs are so rare that they need more recordings than all else.
    many = measure(play_random(sources, 4, 9700 + number) for number in range(16))
    again |= {what: values for what, values in many.items() if what.startswith("hand-over")}
    lines += _table(measure(map(open_recording, plain)), again)
    lines += ["", "With faults"]
    shared = measure(map(open_recording, faulty), skew_s)
    faulty_again = measure((play_random(sources, 4, 9500 + number, FAULTS) for number in range(8)), skew_s)
    lines += _table({k: shared[k] for k in _WITH_FAULTS if k in shared}, faulty_again)
    return "\n".join(lines) + "\n"


def _plain(sources: Sources, names: set[str]) -> Iterator[Recording]:
    """The labelled visits that were shared, and random ones in the same proportion, twice as many of each."""
    for seed in (9100, 9200):
        for number, case in enumerate(sources.cases):
            if case.name in names:
                yield play_case(sources, case, seed + number)
        for number, shoppers in enumerate((2, 2, 4, 4)):
            yield play_random(sources, shoppers, seed + 50 + number)


def _table(shared: Figures, again: Figures) -> Iterator[str]:
    for what in sorted(shared):
        yield f"{what:48}  {_three(shared[what])}   {_three(again.get(what, []))}"


def _three(values: list[float]) -> str:
    if not values:
        return f"{'-':>7} {'-':>7} {'-':>7} {0:>8}"
    if _yes_or_no(values):
        return f"{'':7} {np.mean(values):7.3f} {'':7} {len(values):>8}"
    low, middle, high = np.percentile(values, (10, 50, 90)).tolist()
    return f"{low:7.3f} {middle:7.3f} {high:7.3f} {len(values):>8}"


def _yes_or_no(values: list[float]) -> bool:
    """Whether the values only say yes or no: then their mean says more."""
    return set(values) <= {0.0, 1.0}
