"""100,000 trips through the real till, ledger and database, with a simulated processor that misbehaves.

    python -m benchmarks.processor_campaign                         # 100,000 trips, in process
    python -m benchmarks.processor_campaign --trips 2000            # a small one
    python -m benchmarks.processor_campaign --through stripe --trips 300    # over real HTTP, to a mock

At the end the processor's own books are compared with the ledger to the last smallest unit. Lost, doubled and open must
be zero, or the command ends with 1.
"""

import argparse
import logging
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from benchmarks.result_files import Row, use_one_core, write_results
from tillfree.simulation.payments.campaign import run_campaign
from tillfree.simulation.payments.campaign_options import CampaignOptions
from tillfree.simulation.payments.wire_campaigns import run_adyen_campaign, run_stripe_campaign

_WAYS = {"": run_campaign, "stripe": run_stripe_campaign, "adyen": run_adyen_campaign}


def main() -> int:
    """Runs the campaign and writes its result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trips", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--kill-ppm", type=int, default=1000, help="kills of the program, in millionths of the requests"
    )
    parser.add_argument("--through", choices=sorted(_WAYS), default="", help="an adapter, over HTTP, to a mock")
    parser.add_argument("--folder", type=Path, help="where the database lies; a temporary folder if not given")
    parser.add_argument("--output", type=Path)
    arguments = parser.parse_args()
    use_one_core()
    logging.disable(logging.CRITICAL)  # every fault would be told of
    options = CampaignOptions(
        trips=arguments.trips, seed=arguments.seed, kill_ppm=arguments.kill_ppm, trips_per_minute=300
    )
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        began = time.perf_counter()
        began_cpu = time.process_time()
        result = _WAYS[arguments.through](options, Path(folder))
        seconds, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
    row: Row = {
        "way": arguments.through or "in process",
        "good": result.is_good,
        "wall_s": round(seconds, 1),
        "cpu_s": round(cpu_s, 1),
        "trips_per_s": round(result.trips / seconds, 1),
        "options": msgspec.to_builtins(options),
        **msgspec.to_builtins(result),
    }
    name = "processor_campaign" + (f"_{arguments.through}" if arguments.through else "")
    command = "python -m benchmarks.processor_campaign " + " ".join(sys.argv[1:])
    write_results(name, command.strip(), [row], arguments.output)
    sys.stdout.write(f"{result.trips} trips in {seconds:.0f} s: " + ("good\n" if result.is_good else "NOT GOOD\n"))
    for example in result.examples:
        sys.stdout.write(f"  {example}\n")
    return 0 if result.is_good else 1


if __name__ == "__main__":
    sys.exit(main())
