"""How real is the simulation? The same figures on real and on simulated recordings, and how far they are apart.

    python -m benchmarks.fidelity           # benchmarks/results/fidelity.json
    python -m benchmarks.fidelity --docs    # docs/fidelity.md and its plots as well

The real recordings are not part of this project: they are read where `TILLFREE_SHARED` says.
"""

import argparse
import sys
from pathlib import Path

from benchmarks.fidelity_figures import Collected, Compared, collect, compare_all, row_of
from benchmarks.fidelity_page import fidelity_page
from benchmarks.fidelity_plots import draw_all
from benchmarks.fidelity_signals import BENCHMARK, WEIGHTS_ONLY, read_real, simulated_twins
from benchmarks.result_files import write_results
from benchmarks.twin_sources import shared_folder
from tillfree.core.errors import TillfreeError

__all__ = ["main"]

_DOCS = Path(__file__).resolve().parent.parent / "docs"


def main(arguments: list[str] | None = None) -> int:
    """Runs the comparison and says what differs; 2 where the real recordings are absent or unreadable."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fidelity", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--recordings", type=int, default=24, help="simulated recordings for each real one")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--docs", action="store_true", help="write docs/fidelity.md and its plots as well")
    parser.add_argument("-o", "--output", type=Path, help="where the results go")
    options = parser.parse_args(arguments)
    if options.recordings < 1:
        parser.error("--recordings: give at least 1")
    folder = shared_folder() / "data" / "autocheckout"
    absent = [name for name in (BENCHMARK, WEIGHTS_ONLY) if not (folder / name).is_dir()]
    if absent:
        sys.stderr.write(
            f"{folder}: no real recording {' and no '.join(absent)} there; "
            "set TILLFREE_SHARED to the folder that holds data/autocheckout\n"
        )
        return 2
    try:
        real = collect(read_real(folder))
    except TillfreeError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    simulated = collect(simulated_twins(options.recordings, options.seed))
    compared = compare_all(real, simulated)
    _tell(compared)
    command = "python -m benchmarks.fidelity"
    command += f" --recordings {options.recordings} --seed {options.seed}" + (" --docs" if options.docs else "")
    rows = [row_of(one) for one in compared]
    write_results("fidelity", command, rows, options.output, recordings="real and simulated, each named in its row")
    if options.docs:
        _write_docs(real, simulated, compared)
    return 0


def _tell(compared: list[Compared]) -> None:
    for one in compared:
        result = one.result
        sys.stdout.write(
            f"{one.figure.group:7} {one.figure.key:28} distance {result.distance:.2f}  p {result.p_blocks:.3f}  "
            f"{one.words} ({result.direction})\n"
        )


def _write_docs(real: Collected, simulated: Collected, compared: list[Compared]) -> None:
    page = _DOCS / "fidelity.md"
    page.write_text(fidelity_page(real, simulated, compared), encoding="utf-8")
    for path in (page, *draw_all(_DOCS / "images" / "fidelity", real, simulated, compared)):
        sys.stdout.write(f"written: {path}\n")


if __name__ == "__main__":
    sys.exit(main())
