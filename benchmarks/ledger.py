"""How long it takes to prove a ledger again, and in how much memory.

Run as `python -m benchmarks.ledger`. The trips are simulated, and go through the whole till: three entries each.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.result_files import Row, use_one_core, write_results
from benchmarks.till_workload import Workload
from tillfree.evaluation.resources import Meter

__all__ = ["main"]

_ENTRIES_OF_A_TRIP = 3
_BATCH = 500


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and writes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ledger", description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000, help="in the ledger (default 1000000)")
    parser.add_argument("--folder", type=Path, help="a folder with room for it (default: a temporary one)")
    parser.add_argument("-o", "--output", type=Path, help="file for the results")
    parsed = parser.parse_args(arguments)
    use_one_core()
    with tempfile.TemporaryDirectory(dir=parsed.folder) as place:
        load = Workload(Path(place) / "data")
        for done in load.batches(-(-parsed.entries // _ENTRIES_OF_A_TRIP), _BATCH):
            sys.stderr.write(f"\r{done} trips made")
        sys.stderr.write("\n")
        rows = [_proved(load, payments=False), _proved(load, payments=True)]
        load.till.close()
        load.database.close()
    write_results("ledger", f"python -m benchmarks.ledger --entries {parsed.entries}", rows, parsed.output)
    return 0


def _proved(load: Workload, *, payments: bool) -> Row:
    with Meter() as meter:
        proof = load.database.prove_ledger(payments=payments)
    assert proof.holds, proof.faults
    return {
        "what": "entries, and every payment, trip and receipt" if payments else "entries: chain, sums, numbers",
        "entries": proof.entries,
        "payments": proof.payments,
        "wall_s": round(meter.cost.wall_s, 2),
        "processor_s": round(meter.cost.cpu_s, 2),
        "entries_per_s": round(proof.entries / meter.cost.wall_s),
        "peak_mib": round(meter.cost.peak_mib, 1),
    }


if __name__ == "__main__":
    raise SystemExit(main())
