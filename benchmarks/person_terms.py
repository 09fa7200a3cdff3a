"""Who did it, by hands and stance: how well the person term tells people apart, and its tables fitted anew.

    python -m benchmarks.person_terms            # about two minutes on two cores

Crowds are simulated, and for each take and put-back every visitor's stance is looked at. A conditional logit (McFadden,
Conditional logit analysis of qualitative choice behavior, 1974) says how much each sign of the stance is worth: the
doer is chosen among all who were there, with weights that never rise as a shoulder is farther off or a chest faster.
Printed are the tables fitted to one half of the seeds; `benchmarks/results/person_terms.json` scores, on the other
half, the hands alone, the tables in use (rounded and bounded by hand) and the fitted ones.
"""

import argparse
import itertools
import math
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from benchmarks.result_files import Row, write_results
from tillfree.core.events import PeopleFrame
from tillfree.core.ids import FixtureId, ShelfRef, TrackId, VisitId
from tillfree.core.time import NS_PER_MS
from tillfree.fusion.bodies import Bodies, Reach
from tillfree.fusion.shelves import ShelfGrid
from tillfree.simulation.demo_shop import demo_shop
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import simulate

Floats = npt.NDArray[np.float64]
Act = list[tuple[bool, Reach]]
"""Everybody who was there when something was taken or put back: whether they did it, and how they stood."""

CROWDS = (
    ("4 in a crowd that hides hands", 4, 0.5, 40),
    ("8 in a crowd that hides hands", 8, 0.5, 20),
    ("8", 8, 0.0, 12),
)
"""Name, shoppers, occlusion, recordings."""
_ABOUT_NS, _KNOWN_NS, _BURST_NS = 350 * NS_PER_MS, 600 * NS_PER_MS, 30 * NS_PER_MS

# The signs: where they count, what is read, and between which values it counts for ever less (or more: hands).
_SIGNS = (
    ("hands, a hand hidden", True, "hands", (-6.5, -4.0, 1.15, 4.0)),
    ("shoulder, a hand hidden (m)", True, "shoulder_m", (0.4, 0.5, 0.6, 0.7, 0.8, 1.0)),
    ("speed, a hand hidden (m/s)", True, "speed_m_per_s", (0.1, 0.2, 0.3, 0.5)),
    ("shoulder, hands seen (m)", False, "shoulder_m", (0.6, 0.7, 0.8, 1.0)),
    ("speed, hands seen (m/s)", False, "speed_m_per_s", (0.1, 0.2, 0.3, 0.5)),
)
_RIDGE = 0.3
_STEPS = 3000


def acts_of(shoppers: int, occlusion: float, seed: int) -> Iterator[Act]:
    """The acts of one simulated recording, as they stand shortly after each."""
    wanted = {"shoppers": shoppers, "awkward": 0.3, "seed": seed, "occlusion": occlusion, "give_way": bool(seed % 2)}
    faults = {"drop_frames": 0.1, "gaps": 1.0, "new_id": 0.0} if occlusion else {}
    spread = {"arrival_spread_s": 1.5 * shoppers}
    recording = simulate(demo_shop(), msgspec.convert({**wanted, **faults, **spread}, SimulationOptions))
    grids = {ref: ShelfGrid(shelf) for ref, shelf in recording.shop.shelf_index().items()}
    coming = sorted((a for a in recording.truth.acts if a.kind in ("take", "put")), key=lambda a: -a.time_ns)
    bodies, known, last_ns = Bodies(), set[TrackId](), 0
    for event in recording.events():
        if not isinstance(event, PeopleFrame) or event.time_ns - last_ns < _BURST_NS:
            continue
        last_ns = event.time_ns
        for person in event.people:
            if person.track not in known:
                known.add(person.track)
                bodies.link(person.track, VisitId(person.track))
        bodies.update(event)
        while coming and coming[-1].time_ns + _KNOWN_NS < event.time_ns:
            act = coming.pop()
            grid = grids[ShelfRef(FixtureId(act.fixture), act.shelf)]
            place = grid.point(sum(act.plates) / len(act.plates) - 0.5)
            there = bodies.reaches(place, grid.into, act.time_ns - _ABOUT_NS, act.time_ns + _ABOUT_NS)
            doer = VisitId(act.track)
            if doer in there:
                yield [(visit == doer, reach) for visit, reach in there.items()]


def signs_of(reach: Reach) -> tuple[float, list[float]]:
    """What is beyond doubt of a reach (log-ratio), and how far it is along each step of each sign (0 to 1)."""
    stance = reach.stance
    plain = reach.log_ratio if stance is None else 0.0 if stance.hidden else stance.hands
    steps = [float(stance is not None and stance.hidden)]
    for _, hidden, name, knots in _SIGNS:
        counts = stance is not None and stance.hidden == hidden and (hidden or stance.hands > 0.0)
        value = getattr(stance, name) if counts else math.nan
        for low, high in itertools.pairwise(knots):
            along = 0.0 if math.isnan(value) else min(max((value - low) / (high - low), 0.0), 1.0)
            steps.append(along if name == "hands" else -along)
        steps.append(float(counts and math.isnan(value)))
    return plain, steps


def fit(acts: Sequence[Act]) -> Floats:
    """The weights of all steps that make the doers most probable: accelerated projected gradient, with a ridge."""
    plain, steps, done, first = _arrays(acts)
    free = np.zeros(steps.shape[1], dtype=np.bool_)
    free[0] = True
    at = 1
    for _, _, _, knots in _SIGNS:
        at += len(knots)
        free[at - 1] = True
    weights = ahead = np.zeros(steps.shape[1])
    rate = 4.0 / (float((steps**2).sum(axis=1).max()) * len(acts)) * 4.0
    for number in range(_STEPS):
        chances = _chances(plain + steps @ ahead, first)
        slope = steps.T @ (chances - done) + _RIDGE * ahead
        moved = ahead - rate * slope
        moved = np.where(free, moved, np.maximum(moved, 0.0))
        ahead = moved + number / (number + 3.0) * (moved - weights)
        weights = moved
    return weights


def _arrays(acts: Sequence[Act]) -> tuple[Floats, Floats, Floats, npt.NDArray[np.int64]]:
    """Log-ratios beyond doubt (n,), steps (n, k), who did it (n,), and where each act begins."""
    rows = [(*signs_of(reach), float(did)) for act in acts for did, reach in act]
    first = np.cumsum([0, *(len(act) for act in acts)])[:-1]
    plain, steps, done = (np.array(column, dtype=np.float64) for column in zip(*rows, strict=True))
    return plain, steps, done, first


def _chances(scores: Floats, first: npt.NDArray[np.int64]) -> Floats:
    """The probability of each to be the one of their act."""
    sizes = np.diff([*first, len(scores)])
    top = np.repeat(np.maximum.reduceat(scores, first), sizes)
    shares = np.exp(scores - top)
    found: Floats = shares / np.repeat(np.add.reduceat(shares, first), sizes)
    return found


def row(name: str, acts: Sequence[Act], weights: Floats) -> Row:
    """How often the most probable one did it, and the mean negative log of the doer's probability, for each score."""
    plain, steps, done, first = _arrays(acts)
    everybody = [reach for act in acts for _, reach in act]
    scores = {
        "hands_alone": np.array([r.stance.hands if r.stance is not None else r.log_ratio for r in everybody]),
        "in_use": np.array([r.log_ratio for r in everybody]),
        "fitted": plain + steps @ weights,
    }
    found: Row = {"simulated": True, "name": name, "acts": len(acts)}
    for kind, score in scores.items():
        chances = _chances(score, first)
        best = np.maximum.reduceat(chances, first)
        found[f"{kind}_right"] = round(float((chances[done > 0] >= best - 1e-12).mean()), 4)
        found[f"{kind}_log_loss"] = round(float(-np.log(np.maximum(chances[done > 0], 1e-6)).mean()), 4)
    return found


def tables(weights: Floats) -> str:
    """The fitted tables as text: for each sign its knots and log-ratios, and what a sign that was not seen is worth."""
    lines, at = [f"a hand hidden: {weights[0]:+.2f}"], 1
    for name, _, read, knots in _SIGNS:
        rises = weights[at : at + len(knots) - 1] * (1.0 if read == "hands" else -1.0)
        values = ", ".join(f"{k:g}: {v:+.2f}" for k, v in zip(knots, [0.0, *np.cumsum(rises)], strict=True))
        lines.append(f"{name}: {values}; unseen {weights[at + len(knots) - 1]:+.2f}")
        at += len(knots)
    return "\n".join(lines) + "\n"


def main() -> int:
    """Simulate, fit, score and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=6_400_000, help="the first one")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    learn: list[Act] = []
    held_out: list[tuple[str, list[Act]]] = []
    for name, shoppers, occlusion, count in CROWDS:
        seeds = range(arguments.seed, arguments.seed + count)
        halves = [[a for s in half for a in acts_of(shoppers, occlusion, s)] for half in (seeds[::2], seeds[1::2])]
        learn += halves[0]
        held_out.append((name, halves[1]))
    weights = fit(learn)
    sys.stdout.write(tables(weights))
    rows = [row(name, acts, weights) for name, acts in held_out]
    for each in rows:
        sys.stderr.write(f"{each}\n")
    write_results("person_terms", "python -m benchmarks.person_terms " + " ".join(sys.argv[1:]), rows, arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
