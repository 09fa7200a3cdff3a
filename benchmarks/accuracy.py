"""How right is a receipt, and does it know when it is unsure? On simulated visits that no parameter was fitted to.

    python -m benchmarks.accuracy                 # about five minutes on one core

Writes `benchmarks/results/accuracy.json`: one row per crowd, behaviour and state of the sensors.
"""

import argparse
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec

from benchmarks.result_files import Row, scores_of, write_results
from tillfree.evaluation.report import Source, evaluate
from tillfree.evaluation.solving import store_solver
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import simulate
from tillfree.storage.recordings.model import Recording

FAULTS = {
    "dead": 2,
    "drift_g": 10.0,
    "spikes": 0.05,
    "drop_frames": 0.1,
    "gaps": 1.0,
    "skew_s": 0.15,
    "lose_batches": 0.005,
    "occlusion": 0.5,
}
"""Every fault at once: dead plates, drift, spikes, lost frames, batches and tracks, a wrong clock, hidden joints."""

SETTINGS: list[tuple[str, int, float, bool, int]] = [
    ("plain", 4, 0.0, False, 12),
    ("awkward", 4, 0.3, False, 20),
    ("awkward crowd", 8, 0.3, False, 12),
    ("awkward, all faults", 4, 0.3, True, 16),
]
"""Name, shoppers at once, share of awkward acts, faults, recordings."""


def recordings(shoppers: int, awkward: float, faults: bool, count: int, seed: int) -> Iterator[Source]:
    """Named recordings, made when they are asked for."""
    extra = FAULTS if faults else {}
    for number in range(count):
        wanted = {"shoppers": shoppers, "awkward": awkward, "seed": seed + number, **extra}
        options = msgspec.convert(wanted, SimulationOptions)
        yield f"simulated-{seed + number}", partial(make, options)


def make(options: SimulationOptions) -> Recording:
    """A recording of the demo shop."""
    return simulate(demo_shop(), options)


def main() -> int:
    """Run all settings and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=5_400_000)
    parser.add_argument("--share", type=float, default=1.0, help="share of the recordings to run")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    rows: list[Row] = []
    for place, (name, shoppers, awkward, faults, count) in enumerate(SETTINGS):
        many = max(1, round(count * arguments.share))
        sources = recordings(shoppers, awkward, faults, many, arguments.seed + 1000 * place)
        report = evaluate(sources, store_solver())
        row = {
            "simulated": True,
            "name": name,
            "shoppers": shoppers,
            "awkward": awkward,
            "faults": faults,
            **scores_of(report),
        }
        rows.append(row)
        sys.stderr.write(f"{row}\n")
    write_results("accuracy", "python -m benchmarks.accuracy " + " ".join(sys.argv[1:]), rows, arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
