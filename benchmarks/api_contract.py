"""The API against its own description, at length: a table of operations, checks and requests.

Run as `python -m benchmarks.api_contract`. Everything is in one process, and people and money in it are simulated.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.result_files import Row, write_results

# The tests, whose console is used here, find their browser beside the pictures of the documentation.
sys.path.append(str(Path(__file__).resolve().parents[1] / "docs" / "images"))

from tests.web.api.contract import PHASES, Contract, try_all

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Tries all, writes the table, and says what was found; 1 where that is something."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.api_contract", description=__doc__)
    parser.add_argument("--examples", type=int, default=50, help="random requests for each operation (default 50)")
    parser.add_argument("--seed", type=int, default=1, help="of the random requests (default 1)")
    parser.add_argument("-o", "--output", type=Path, help="file for the results")
    parsed = parser.parse_args(arguments)
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = try_all(Path(folder), parsed.examples, parsed.seed)
    command = f"python -m benchmarks.api_contract --examples {parsed.examples} --seed {parsed.seed}"
    write_results("api_contract", command, [*_rows(found, time.monotonic() - began_s)], parsed.output)
    for failure in found.failures:
        sys.stdout.write(f"! {failure}\n")
    sys.stdout.write(f"{sum(found.requests.values())} requests, {sum(found.checks.values())} checks\n")
    return 1 if found.failures else 0


def _rows(found: Contract, seconds: float) -> list[Row]:
    names = sorted({check for _, check in found.checks})
    rows: list[Row] = [
        {
            "operation": "all",
            "phases": list(PHASES),
            "requests": sum(found.requests.values()),
            "checks": {name: sum(n for (_, check), n in found.checks.items() if check == name) for name in names},
            "failures": len(found.failures),
            "seconds": round(seconds, 1),
        }
    ]
    for label, requests in sorted(found.requests.items()):
        checks = {name: found.checks[label, name] for name in names if found.checks[label, name]}
        failures = sum(failure.startswith(f"{label}: ") for failure in found.failures)
        rows.append({"operation": label, "requests": requests, "checks": checks, "failures": failures})
    return rows


if __name__ == "__main__":
    sys.exit(main())
