"""How fast stores are simulated; see README.md beside this file. Run as `python -m benchmarks.simulator`."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.result_files import Row, write_results
from tillfree.evaluation.resources import Meter
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import SimulatedRecording, simulate
from tillfree.simulation.stores.named import STORES, size_of, store_of
from tillfree.storage.recordings.mcap_writer import write_mcap

__all__ = ["main"]

SHOPPERS = (10, 40)
MOST = {"grocery": (100,)}
"""Further crowds, where there is room for them."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulates each store and writes how fast that was."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.simulator", description=__doc__)
    parser.add_argument("--store", choices=tuple(STORES), action="append", help="only this one (may be repeated)")
    parser.add_argument("--seconds", type=float, default=120.0, help="length of a recording, at least (default 120)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, help="file for the results")
    parsed = parser.parse_args(arguments)
    rows = [
        _measured(name, shoppers, parsed.seconds, parsed.seed)
        for name in parsed.store or STORES
        for shoppers in (*SHOPPERS, *MOST.get(name, ()))
    ]
    given = arguments if arguments is not None else sys.argv[1:]
    write_results("simulator", " ".join(["python -m benchmarks.simulator", *given]), rows, parsed.output)
    return 0


def _measured(name: str, shoppers: int, seconds: float, seed: int) -> Row:
    """Plans, renders and writes one recording; all shoppers come within a quarter of the time."""
    shop = store_of(name)
    options = SimulationOptions(
        shoppers=shoppers, seed=seed, duration_s=seconds, arrival_spread_s=seconds / 4, takes=6.0
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.mcap"
        with Meter() as planning:
            recording = simulate(shop, options)
        with Meter() as writing:
            events = write_mcap(path, recording)
        file_mib = path.stat().st_size / 2**20
    cpu_s, recorded_s = planning.cost.cpu_s + writing.cost.cpu_s, recording.duration_ns() / 1e9
    row = {
        "store": name,
        "shoppers": shoppers,
        "at_once": round(_present_s(recording) / recorded_s, 1),
        "plates": size_of(shop).plates,
        "recorded_s": round(recorded_s, 1),
        "acts": len(recording.script.acts),
        "events": events,
        "planning_cpu_s": round(planning.cost.cpu_s, 2),
        "cpu_s": round(cpu_s, 2),
        "times_real_time": round(recorded_s / cpu_s, 1),
        "wall_times_real_time": round(recorded_s / (planning.cost.wall_s + writing.cost.wall_s), 1),
        "file_mib": round(file_mib, 1),
        "peak_mib": round(writing.cost.peak_mib, 1),
    }
    sys.stdout.write("  ".join(f"{key} {value}" for key, value in row.items()) + "\n")
    sys.stdout.flush()
    return row


def _present_s(recording: SimulatedRecording) -> float:
    """Seconds that people spent in the shop, added up."""
    return sum(visit.exit_s - visit.entry_s for visit in recording.script.visits)


if __name__ == "__main__":
    sys.exit(main())
