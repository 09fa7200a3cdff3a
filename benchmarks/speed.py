"""Speed and memory of the replay; see README.md beside this file. Run as `python -m benchmarks.speed NAME`."""

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.result_files import Row, write_results
from benchmarks.workloads import plates_of, shop_of, shop_visits, write_recording
from tillfree.evaluation.resources import Meter
from tillfree.storage.recordings.model import Recording
from tillfree.storage.recordings.opening import open_recording
from tillfree.store.replay import replay

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one benchmark and writes its results."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("name", choices=sorted(BENCHMARKS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=1, help="replay each recording so often, the fastest counts")
    parser.add_argument("--hours", type=float, default=1.0, help="length of the day (day)")
    parser.add_argument("--plates", type=int, help="plates in the shop (default 350; shoppers: 1440)")
    parser.add_argument("--most", type=int, default=64, help="most shoppers at once (shoppers)")
    parser.add_argument("-o", "--output", type=Path, help="file for the results")
    parsed = parser.parse_args(arguments)
    parsed.plates = parsed.plates or (1440 if parsed.name == "shoppers" else 350)
    rows = BENCHMARKS[parsed.name](parsed)
    threads = os.environ.get("OPENBLAS_NUM_THREADS")
    command = f"OPENBLAS_NUM_THREADS={threads} " if threads else ""
    command += "python -m benchmarks.speed " + " ".join(arguments if arguments is not None else sys.argv[1:])
    write_results(parsed.name, command, rows, parsed.output)
    return 0


def _show(row: Row) -> Row:
    sys.stdout.write("  ".join(f"{name} {value}" for name, value in row.items()) + "\n")
    sys.stdout.flush()
    return row


def _replayed(recording: Recording, repeat: int) -> Row:
    """Times the replay of a recording, the fastest of `repeat` times."""
    best: Row = {}
    for _ in range(repeat):
        with Meter() as meter:
            result = replay(recording)
        cost, duration_s = meter.cost, result.duration_ns / 1e9
        row = {
            "recorded_s": round(duration_s, 1),
            "events": result.events,
            "visits": len(result.visits),
            "changes": len(result.changes),
            "cpu_s": round(cost.cpu_s, 3),
            "times_real_time": round(duration_s / cost.cpu_s, 1),
            "wall_times_real_time": round(duration_s / cost.wall_s, 1),
            "us_per_event": round(1e6 * cost.cpu_s / result.events, 1),
            "peak_mib": round(cost.peak_mib, 1),
        }
        if not best or row["cpu_s"] < best["cpu_s"]:
            best = row
    return best


def _measured(options: argparse.Namespace, at_once: int, duration_s: float) -> Row:
    """Simulates, writes, reads and replays one recording."""
    shop = shop_of(options.plates)
    with tempfile.TemporaryDirectory() as folder:
        path = write_recording(Path(folder) / "x.mcap", shop_visits(shop, at_once, duration_s, options.seed))
        recording = open_recording(path)
        with Meter() as reading:
            for _ in recording.events():
                pass
        row = _replayed(recording, options.repeat)
        row["reading_share"] = round(reading.cost.cpu_s / row["cpu_s"], 3)
        row["file_mib"] = round(path.stat().st_size / 2**20, 1)
    return _show({"at_once": at_once, "plates": plates_of(shop), **row})


# ---- the benchmarks ---------------------------------------------------------------------------------------------


def plates(options: argparse.Namespace) -> list[Row]:
    """Four shoppers, five minutes."""
    return [_measured(options, 4, 300.0)]


def length(options: argparse.Namespace) -> list[Row]:
    """Recordings of growing length with four shoppers at once."""
    return [_measured(options, 4, seconds) for seconds in (60.0, 120.0, 300.0, 600.0, 1800.0)]


def shoppers(options: argparse.Namespace) -> list[Row]:
    """Two minutes with more and more shoppers at once, in one shop that is large enough for all of them."""
    counts = [at_once for at_once in (1, 2, 4, 8, 16, 32, 64) if at_once <= options.most]
    return [_measured(options, at_once, 120.0) for at_once in counts]


def day(options: argparse.Namespace) -> list[Row]:
    """A long recording, streamed from the simulation into the store: memory must not grow.

    The simulation's own cost is in the times here, and its own memory in the memory; the plan of all visits is kept.
    """
    recording = shop_visits(shop_of(options.plates), 4, options.hours * 3600.0, options.seed)
    samples: list[Row] = []
    begin = time.process_time()
    first_ns: list[int] = []
    visits: Counter[bool] = Counter()

    def sample(time_ns: int) -> None:
        if not first_ns:
            first_ns.append(time_ns)
        passed_s = (time_ns - first_ns[0]) / 1e9
        if passed_s >= 300.0 * len(samples):
            row = {"recorded_s": round(passed_s), "resident_mib": _resident_mib(), "cpu_s": time.process_time() - begin}
            samples.append(_show({name: round(value, 1) for name, value in row.items()}))

    with Meter() as meter:
        result = replay(recording, progress=sample, on_visit=lambda visit: visits.update([visit.review]))
    total = {
        "recorded_s": round(result.duration_ns / 1e9),
        "events": result.events,
        "visits": visits.total(),
        "for_review": visits[True],
        "peak_mib": round(meter.cost.peak_mib, 1),
        "cpu_s": round(meter.cost.cpu_s, 1),
    }
    return [*samples, _show(total)]


def _resident_mib() -> float:
    """Resident memory of this process now (Linux), else NaN."""
    try:
        fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
    except OSError:
        return float("nan")
    return int(fields[1]) * 4096 / 2**20


BENCHMARKS: dict[str, Callable[[argparse.Namespace], list[Row]]] = {
    "plates": plates,
    "length": length,
    "shoppers": shoppers,
    "day": day,
}

if __name__ == "__main__":
    sys.exit(main())
