"""How fast shops are simulated, and how the cost grows; see README.md beside this file.

OPENBLAS_NUM_THREADS=1 python -m benchmarks.simulator           # about eight minutes on one core
OPENBLAS_NUM_THREADS=1 python -m benchmarks.simulator --docs    # writes docs/simulator.md as well
"""

import argparse
import math
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from benchmarks.result_files import Row, use_one_core, write_results
from benchmarks.workloads import shop_of
from tillfree.catalog.model import Shop
from tillfree.evaluation.resources import Meter
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import SimulatedRecording, simulate
from tillfree.simulation.rendering.film import Film
from tillfree.simulation.stores.named import STORES, size_of, store_of
from tillfree.storage.recordings.mcap_writer import write_mcap

__all__ = ["main"]

PAGE = Path(__file__).parents[1] / "docs" / "simulator.md"
SHOPPERS = (10, 40)
MOST = {"grocery": (100,)}
"""Further crowds, where there is room for them."""
GROWTH_SHOPPERS = (10, 20, 50, 100, 200)
GROWTH_PLATES = (72, 216, 504, 1008, 2016, 5040)
FRAMES = (4, 1.0, 8.0)
"""Cameras, frames a second of each, and seconds that are drawn."""
SIZE_PX = (640, 360)
GROUPS = ("stores", "shoppers", "plates", "frames")


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulates, measures and writes."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.simulator",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--group", choices=GROUPS, action="append", help="only this part (may be repeated)")
    parser.add_argument("--store", choices=tuple(STORES), action="append", help="only this store (may be repeated)")
    parser.add_argument("--seconds", type=float, default=120.0, help="length of a recording, at least (default 120)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--docs", action="store_true", help="write the page of the documentation as well")
    parser.add_argument("-o", "--output", type=Path, help="file for the results")
    parsed = parser.parse_args(arguments)
    use_one_core()
    rows: list[Row] = []
    for row in _rows(parsed.group or GROUPS, parsed.store or tuple(STORES), parsed.seconds, parsed.seed):
        sys.stdout.write("  ".join(f"{key} {value}" for key, value in row.items()) + "\n")
        sys.stdout.flush()
        rows.append(row)
    given = arguments if arguments is not None else sys.argv[1:]
    write_results("simulator", " ".join(["python -m benchmarks.simulator", *given]), rows, parsed.output)
    if parsed.docs:
        PAGE.write_text(page_of(rows), encoding="utf-8")
    return 0


def _rows(groups: Sequence[str], stores: Sequence[str], seconds: float, seed: int) -> Iterator[Row]:
    if "stores" in groups:
        for name in stores:
            for shoppers in (*SHOPPERS, *MOST.get(name, ())):
                yield {"group": "stores", "store": name, **_measured(store_of(name), shoppers, seconds, seed)}
    if "shoppers" in groups:
        for shoppers in GROWTH_SHOPPERS:
            # They come one after the other through the door and stay long, so that most are there at once.
            row = _measured(store_of("grocery"), shoppers, 3.0 * seconds, seed, takes=24.0)
            yield {"group": "shoppers", "store": "grocery", **row}
    if "plates" in groups:
        for plates in GROWTH_PLATES:
            yield {"group": "plates", "store": "gondolas", **_measured(shop_of(plates), 10, seconds, seed)}
    if "frames" in groups:
        for name in stores:
            yield {"group": "frames", "store": name, **_drawn(store_of(name), seed)}


def _measured(shop: Shop, shoppers: int, seconds: float, seed: int, takes: float = 6.0) -> Row:
    """Plans, renders and writes one recording; all shoppers come within a quarter of the time."""
    options = SimulationOptions(
        shoppers=shoppers, seed=seed, duration_s=seconds, arrival_spread_s=seconds / 4, takes=takes
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "x.mcap"
        with Meter() as planning:
            recording = simulate(shop, options)
        with Meter() as writing:
            events = write_mcap(path, recording)
        file_mib = path.stat().st_size / 2**20
    cpu_s, recorded_s = planning.cost.cpu_s + writing.cost.cpu_s, recording.duration_ns() / 1e9
    return {
        "shoppers": shoppers,
        "at_once": round(_present_s(recording) / recorded_s, 1),
        "plates": size_of(shop).plates,
        "recorded_s": round(recorded_s, 1),
        "acts": len(recording.script.acts),
        "events": events,
        "planning_cpu_s": round(planning.cost.cpu_s, 2),
        "cpu_s": round(cpu_s, 2),
        "cpu_ms_per_s": round(1000.0 * cpu_s / recorded_s, 1),
        "times_real_time": round(recorded_s / cpu_s, 1),
        "wall_times_real_time": round(recorded_s / (planning.cost.wall_s + writing.cost.wall_s), 1),
        "file_mib": round(file_mib, 1),
        "peak_mib": round(writing.cost.peak_mib, 1),
    }


def _drawn(shop: Shop, seed: int) -> Row:
    """Draws the first cameras of a store with ten shoppers in it."""
    cameras, fps, seconds = FRAMES
    recording = simulate(shop, SimulationOptions(shoppers=10, seed=seed, arrival_spread_s=10.0))
    with Meter() as building:
        film = Film(recording)
    width, height = SIZE_PX
    chosen = [msgspec.structs.replace(c, width_px=width, height_px=height) for c in shop.cameras[:cameras]]
    count = round(seconds * fps)
    with Meter() as drawing:
        for number in range(count):
            for camera in chosen:
                film.shot(camera, 12.0 + number / fps)
    cpu_s = drawing.cost.cpu_s
    return {
        "shoppers": 10,
        "plates": size_of(shop).plates,
        "cameras": len(chosen),
        "width": chosen[0].width_px,
        "height": chosen[0].height_px,
        "fps": fps,
        "building_cpu_s": round(building.cost.cpu_s, 2),
        "cpu_s": round(cpu_s, 2),
        "frames_per_s": round(count * len(chosen) / cpu_s, 2),
        "times_real_time": round(seconds / cpu_s, 2),
    }


def _present_s(recording: SimulatedRecording) -> float:
    """Seconds that people spent in the shop, added up."""
    return sum(visit.exit_s - visit.entry_s for visit in recording.script.visits)


# ---- the page ---------------------------------------------------------------------------------------------------


def page_of(rows: Sequence[Row]) -> str:
    """The page of the documentation."""
    of = {group: [row for row in rows if row["group"] == group] for group in GROUPS}
    lines = [_HEAD, *_table(of["stores"], ("store", "shoppers", "at_once", "plates", "times_real_time", "file_mib"))]
    lines += ["", _SHOPPERS, *_table(of["shoppers"], ("shoppers", "at_once", "cpu_ms_per_s", "times_real_time"))]
    lines += ["", _exponent(of["shoppers"], "at_once"), "", _PLATES]
    lines += [*_table(of["plates"], ("plates", "at_once", "cpu_ms_per_s", "times_real_time"))]
    lines += ["", _exponent(of["plates"], "plates"), "", _FRAMES]
    lines += _table(of["frames"], ("store", "cameras", "width", "height", "frames_per_s", "times_real_time"))
    return "\n".join(lines) + "\n"


_NAMES = {
    "store": "Store",
    "shoppers": "Shoppers",
    "at_once": "At once, mean",
    "plates": "Plates",
    "times_real_time": "Times real time",
    "file_mib": "File, MiB",
    "cpu_ms_per_s": "CPU, ms per second recorded",
    "cameras": "Cameras",
    "width": "Width",
    "height": "Height",
    "frames_per_s": "Frames per CPU second",
}


def _table(rows: Sequence[Row], columns: Sequence[str]) -> list[str]:
    lines = ["| " + " | ".join(_NAMES[column] for column in columns) + " |", "|---" * len(columns) + "|"]
    return [*lines, *("| " + " | ".join(str(row[column]) for column in columns) + " |" for row in rows)]


def _exponent(rows: Sequence[Row], by: str) -> str:
    """How cost grows between the smallest and the largest, as a power."""
    if len(rows) < 2:
        return ""
    first, last = rows[0], rows[-1]
    power = math.log(last["cpu_ms_per_s"] / first["cpu_ms_per_s"]) / math.log(last[by] / first[by])
    return f"From the first to the last row the cost grows as the power {power:.2f} of their number."


_HEAD = """# How fast the simulator is

Written by `OPENBLAS_NUM_THREADS=1 python -m benchmarks.simulator --docs`, which measures all of it on one core; the
rows with machine and date lie in `benchmarks/results/simulator.json`. A recording is planned, rendered and written as
MCAP;
all shoppers come within half a minute and do six things each, and it goes on until the last of them has left.
"""
_SHOPPERS = """## With the number of shoppers

In the grocery, with 24 things to do each, so that most of them are there at once.
"""
_PLATES = """## With the number of plates

Gondolas of 72 plates, 10 shoppers.
"""
_FRAMES = """## With frames

The first cameras of each store, which stand still, one frame a second each, ten shoppers, with depth and labels;
drawing only, since the rest is in the first table.
"""


if __name__ == "__main__":
    sys.exit(main())
