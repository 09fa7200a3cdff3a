"""How right are receipts in a real shop with real plate noise and invented people? On visits played again.

    python -m benchmarks.reenactment --seeds 3                        # all groups
    python -m benchmarks.reenactment --only "8 shoppers" --seeds 1    # one of them
    python -m benchmarks.reenactment --write -o FOLDER --seeds 2      # folders for `tillfree evaluate FOLDER`
    python -m benchmarks.reenactment --compare                        # how like the shared recordings they are

The shop, its noise and the labelled visits come from a folder that is not part of the project (`TILLFREE_SHARED`).
Writes `benchmarks/results/reenactment.json`: one row per group.
"""

import argparse
import re
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from benchmarks.result_files import Row, scores_of, write_results
from benchmarks.twin_cases import play_case
from benchmarks.twin_comparison import compare
from benchmarks.twin_random import play_random
from benchmarks.twin_recordings import FAULTS, NEW_IDS, NO_FAULTS, Reenactment
from benchmarks.twin_sources import Sources, SourcesError, load_sources
from tillfree.evaluation.report import EvaluationReport, evaluate
from tillfree.evaluation.solving import store_solver
from tillfree.simulation.autocheckout_folder import write_autocheckout

FAULT_KINDS = {"": NO_FAULTS, "faults": FAULTS, "faults, new ids": NEW_IDS}
GROUPS: list[tuple[str, int, str, int]] = [
    ("46 labelled cases", 0, "", 1),
    ("1 shopper", 1, "", 4),
    ("2 shoppers", 2, "", 4),
    ("4 shoppers", 4, "", 8),
    ("8 shoppers", 8, "", 6),
    ("12 shoppers", 12, "", 4),
    ("46 labelled cases", 0, "faults", 1),
    ("4 shoppers", 4, "faults", 8),
    ("8 shoppers", 8, "faults", 4),
    ("46 labelled cases", 0, "faults, new ids", 1),
    ("4 shoppers", 4, "faults, new ids", 6),
]
"""Name, shoppers at once (0: as labelled), faults, recordings per seed (of labelled cases: times each)."""

Play = Callable[[], Reenactment]


def plays(sources: Sources, shoppers: int, faults: str, count: int, seed: int) -> Iterator[tuple[str, Play]]:
    """Named recordings of a group for one seed, made when they are asked for."""
    for number in range(count):
        own = 1000 * seed + number
        if shoppers:
            name = f"RE-{'FAULTS-' if faults else ''}R{shoppers}-{own}"
            yield name, partial(play_random, sources, shoppers, own, FAULT_KINDS[faults])
            continue
        for place, case in enumerate(sources.cases):
            chosen = partial(play_case, sources, case, own * 100 + place, FAULT_KINDS[faults])
            yield f"RE-{'FAULTS-' if faults else ''}{case.name}-{own}", chosen


def main() -> int:
    """Run, write or compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1, help="how many seeds each group is played with")
    parser.add_argument("--first-seed", type=int, default=1700)
    parser.add_argument("--only", default="", help="part of the names of the groups to run")
    parser.add_argument("--count", type=int, help="recordings per group and seed")
    parser.add_argument("--write", action="store_true", help="write the recordings as folders below -o instead")
    parser.add_argument("--compare", action="store_true", help="print how like the shared recordings they are instead")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    try:
        sources = load_sources()
        if arguments.compare:
            sys.stdout.write(compare(sources))
            return 0
    except SourcesError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if arguments.write and arguments.output is None:
        parser.error("--write needs -o FOLDER")
    seeds = range(arguments.first_seed, arguments.first_seed + arguments.seeds)
    rows: list[Row] = []
    for place, shoppers, faults, usual in GROUPS:
        name = f"{place} with {faults}" if faults else place
        if arguments.only not in name:
            continue
        count = arguments.count or usual
        cases = [case for seed in seeds for case in plays(sources, shoppers, faults, count, seed)]
        if arguments.write:
            write(cases, arguments.output / re.sub(r"\W+", "-", name))
            continue
        rows.append(row(name, shoppers, faults, evaluate(cases, store_solver())))
        sys.stderr.write(f"{rows[-1]}\n")
    if not arguments.write:
        write_results(
            "reenactment", "python -m benchmarks.reenactment " + " ".join(sys.argv[1:]), rows, arguments.output
        )
    return 0


def write(cases: list[tuple[str, Play]], folder: Path) -> None:
    """Each recording as an AutoCheckout folder."""
    for name, play in cases:
        write_autocheckout(play(), folder / name)
        sys.stderr.write(f"{folder / name}\n")


def row(name: str, shoppers: int, faults: str, report: EvaluationReport) -> Row:
    """The figures of a group."""
    return {
        "simulated": True,
        "name": name,
        "shoppers": shoppers or None,
        "faults": faults,
        **scores_of(report),
        "review_share": round(1.0 - report.risk.operating_coverage.value, 4),
        "wrong_of_not_reviewed": round(report.risk.operating_risk.value, 4),
    }


if __name__ == "__main__":
    sys.exit(main())
