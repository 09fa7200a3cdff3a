"""Receipts per second and core, through prices, offers, tax, payment, ledger and the disk.

Run as `python -m benchmarks.receipts`. The processor is simulated and answers at once: what is measured is this
program, on one core, with a database that writes through to the disk.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.result_files import Row, use_one_core, write_results
from benchmarks.till_workload import Workload
from tillfree.evaluation.resources import Meter

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures and writes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.receipts", description=__doc__)
    parser.add_argument("--trips", type=int, default=5000, help="of each measurement (default 5000)")
    parser.add_argument("--batch", type=int, action="append", help="trips in one transaction (default 1, 20 and 200)")
    parser.add_argument("--folder", type=Path, help="a folder on the disk to measure (default: a temporary one)")
    parser.add_argument("-o", "--output", type=Path, help="file for the results")
    parsed = parser.parse_args(arguments)
    use_one_core()
    rows = [_measured(parsed.trips, batch, parsed.folder) for batch in parsed.batch or (1, 20, 200)]
    write_results("receipts", f"python -m benchmarks.receipts --trips {parsed.trips}", rows, parsed.output)
    return 0


def _measured(trips: int, batch: int, folder: Path | None) -> Row:
    with tempfile.TemporaryDirectory(dir=folder) as place:
        load = Workload(Path(place) / "data")
        with Meter() as meter:
            for _ in load.batches(trips, batch):
                pass
        proof = load.database.prove_ledger()
        assert proof.holds, proof.faults
        load.till.close()
        load.database.close()
    return {
        "trips": trips,
        "trips_in_one_transaction": batch,
        "ledger_entries": proof.entries,
        "receipts_per_s": round(trips / meter.cost.wall_s, 1),
        "receipts_per_processor_s": round(trips / meter.cost.cpu_s, 1),
        "peak_mib": round(meter.cost.peak_mib, 1),
    }


if __name__ == "__main__":
    raise SystemExit(main())
