"""How near simulated people come to each other and to furniture; run as `python -m benchmarks.crowding`.

Prints, for each store: people at once; the smallest distance of two middles, and the one that a hundredth of the
moments stays below; the shares of all time that people spend within 0.35 m of another, inside furniture, and within
0.2 m of it; how far they are beside their planned ways (90 %, largest); and the processor time that the crowd took, per
recorded second. Each line once without anybody giving way, and once with.
"""

import argparse
import sys
import time
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tillfree.catalog.model import Shop
from tillfree.core.geometry import Point
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.people.bodies import Body
from tillfree.simulation.recording import SimulatedRecording, simulate
from tillfree.simulation.script import Floats
from tillfree.simulation.stores.named import STORES, store_of

__all__ = ["main", "measure"]

SHOPPERS = {"grocery": 100}
"""How many come in a busy half minute; 40 elsewhere."""
_STEP_S = 0.1


def main(arguments: Sequence[str] | None = None) -> int:
    """Simulates each store twice and prints what was measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.crowding", description=__doc__)
    parser.add_argument("--store", choices=tuple(STORES), action="append", help="only this one (may be repeated)")
    parser.add_argument("--seed", type=int, default=1)
    parsed = parser.parse_args(arguments)
    for name in parsed.store or STORES:
        for give_way in (False, True):
            options = SimulationOptions(
                shoppers=SHOPPERS.get(name, 40), seed=parsed.seed, arrival_spread_s=30.0, takes=6.0, give_way=give_way
            )
            row = measure(simulate(store_of(name), options))
            said = "give way" if give_way else "as planned"
            sys.stdout.write(f"{name:12} {said:10} " + "  ".join(f"{k} {v:.3f}" for k, v in row.items()) + "\n")
            sys.stdout.flush()
    return 0


def measure(recording: SimulatedRecording) -> dict[str, float]:
    """The figures of one recording."""
    bodies = [Body(visit, recording.options.seed) for visit in recording.script.visits]
    began_s = time.process_time()
    recording.crowd(bodies).advance(recording.script.duration_s)
    cost_s = time.process_time() - began_s
    nearest, floors, beside = [], [], []
    for moment in np.arange(0.0, recording.script.duration_s, _STEP_S).tolist():
        there = [body for body in bodies if body.visit.entry_s <= moment <= body.visit.exit_s]
        if not there:
            continue
        now = np.array([moment])
        spots = np.concatenate([body.floor(now) for body in there])
        floors.append(spots)
        beside.append(np.hypot(*(spots - np.concatenate([body.planned(now) for body in there])).T))
        apart = np.hypot(*(spots[:, None] - spots[None]).transpose(2, 0, 1))
        np.fill_diagonal(apart, np.inf)
        nearest.append(apart.min(axis=1))
    every, least = np.concatenate(nearest), np.array([of.min() for of in nearest])
    spots, off = np.concatenate(floors), np.concatenate(beside)
    return {
        "at_once": len(every) / len(least),
        "least_m": float(least.min()),
        "hundredth_m": float(np.percentile(least, 1)),
        "within_0.35_m_%": 100.0 * float((every < 0.35).mean()),
        "inside_%": 100.0 * float(_within(recording.shop, spots, 0.0).mean()),
        "within_0.2_m_of_furniture_%": 100.0 * float(_within(recording.shop, spots, 0.2).mean()),
        "beside_90_m": float(np.percentile(off, 90)),
        "beside_most_m": float(off.max()),
        "crowd_ms_per_s": 1000.0 * cost_s / recording.script.duration_s,
    }


def _within(shop: Shop, spots: Floats, margin_m: float) -> npt.NDArray[np.bool_]:
    """Which places on the floor are inside some fixture's outline, or so near to it."""
    found = np.zeros(len(spots), dtype=bool)
    for fixture in shop.fixtures:
        box = fixture.box
        left, right, front, back = box.floor_bounds(margin_m)
        maybe = np.flatnonzero(
            (spots[:, 0] > left) & (spots[:, 0] < right) & (spots[:, 1] > front) & (spots[:, 1] < back)
        )
        middle_z = box.pose.origin.z + box.height_m / 2
        inside = [box.contains(Point(float(x), float(y), middle_z), margin_m) for x, y in spots[maybe]]
        found[maybe] |= np.array(inside, dtype=bool)
    return found


if __name__ == "__main__":
    sys.exit(main())
