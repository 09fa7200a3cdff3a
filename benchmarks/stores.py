"""How right receipts are in each simulated store, the more awkwardly people behave and as each sensor fails.

    python -m benchmarks.stores            # about five minutes on one core
    python -m benchmarks.stores --docs     # writes docs/robustness.md as well

Writes `benchmarks/results/stores.json`: one row per store and share of awkward acts, and one per fault.
"""

import argparse
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec

from benchmarks.result_files import Row, scores_of, write_results
from tillfree.evaluation.report import EvaluationReport, Source, evaluate
from tillfree.evaluation.solving import store_solver
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import simulate
from tillfree.simulation.stores.named import STORES, store_of
from tillfree.storage.recordings.model import Recording

PAGE = Path(__file__).parents[1] / "docs" / "robustness.md"
AWKWARD = (0.0, 0.2, 0.4, 0.8)
FAULTS: dict[str, dict[str, float]] = {
    "none": {},
    "2 dead plates": {"dead": 2},
    "drift of up to 10 g": {"drift_g": 10.0},
    "spikes, 0.05 a second": {"spikes": 0.05},
    "a tenth of people frames lost": {"drop_frames": 0.1},
    "people lost by the tracker once each, same id": {"gaps": 1.0, "new_id": 0.0},
    "the same, half of them with a new id": {"gaps": 1.0, "new_id": 0.5},
    "tracks 0.15 s late": {"skew_s": 0.15},
    "0.5 % of weight batches lost": {"lose_batches": 0.005},
    "half of the hands in a crowd hidden": {"occlusion": 0.5},
    "nothing hidden by furniture or people": {"sightlines": False},
    "a tenth of those who come close exchange ids": {"id_switches": 0.1},
    "10 false people a minute": {"ghosts": 10.0},
    "tracks arrive 0.25 s late": {"latency_s": 0.25},
    "a gate": {"gate": True},
    "a gate that misses a tenth and counts a tenth twice": {"gate": True, "gate_missed": 0.1, "gate_doubled": 0.1},
    "clocks 0.1 s apart (1 sd)": {"clock_offset_s": 0.1},
    "clocks that drift by 100 ppm (1 sd)": {"clock_drift_ppm": 100.0},
}
"""Each fault alone, in the nano store with two acts of five awkward."""
_SHOPPERS, _COUNT, _FAULT_AWKWARD = 6, 4, 0.4


def recordings(store: str, awkward: float, faults: dict[str, float], seed: int) -> Iterator[Source]:
    """Named recordings, made when they are asked for."""
    for number in range(_COUNT):
        wanted = {"shoppers": _SHOPPERS, "awkward": awkward, "seed": seed + number, **faults}
        yield f"{store}-{seed + number}", partial(make, store, msgspec.convert(wanted, SimulationOptions))


def make(store: str, options: SimulationOptions) -> Recording:
    """A recording of a simulated store."""
    return simulate(store_of(store), options)


def row(store: str, awkward: float, fault: str, report: EvaluationReport) -> Row:
    """The figures of one setting."""
    return {
        "simulated": True,
        "store": store,
        "shoppers": _SHOPPERS,
        "awkward": awkward,
        "fault": fault,
        **scores_of(report),
        "review_share": round(1.0 - report.risk.operating_coverage.value, 4),
        "wrong_of_not_reviewed": round(report.risk.operating_risk.value, 4),
        "mistakes": dict(sorted(report.mistakes.items())),
    }


def page_of(rows: list[Row]) -> str:
    """The page of the documentation."""
    lines = [
        _HEAD,
        "| Store | Awkward acts | F1 | Exact | For review | Wrong of the rest |",
        "|---|---|---|---|---|---|",
    ]
    lines += [f"| {r['store']} | {r['awkward']:.0%} | {_figures(r)} |" for r in rows if not r["of_faults"]]
    lines += ["", _FAULTS_HEAD, "| Fault | F1 | Exact | For review | Wrong of the rest |", "|---|---|---|---|---|"]
    lines += [f"| {r['fault']} | {_figures(r)} |" for r in rows if r["of_faults"]]
    total: dict[str, int] = {}
    for r in rows:
        for kind, count in r["mistakes"].items():
            total[kind] = total.get(kind, 0) + count
    ranked = sorted(total.items(), key=lambda pair: (-pair[1], pair[0]))
    faults = [r for r in rows if r["of_faults"]]
    worst = min(faults, key=lambda r: r["f1"])["fault"] if faults else "none"
    lines += ["", _WHY.format(", ".join(f"{count} x {kind}" for kind, count in ranked) or "none", worst)]
    return "\n".join(lines)


def _figures(r: Row) -> str:
    shares = (r["f1"], r["exact_receipts"], r["review_share"], r["wrong_of_not_reviewed"])
    return " | ".join(f"{100 * share:.1f} %" for share in shares)


_HEAD = f"""# Receipts in simulated stores

Written by `python -m benchmarks.stores --docs`, which measures all of it. Every shopper here is **simulated**; each
row is {_COUNT} recordings of {_SHOPPERS} shoppers, so a receipt more or less is 4 %. The acts are those of
[the behaviour model](behaviour.md) with their default rates, the stores those of [the stores' page](stores.md).

*Exact* is the share of receipts that are right to the last item; *for review* the share that a person would look at
before anybody is charged, for doubt about who took what (goods without a price or a rate of tax, or sold by weight,
send further ones to review); *wrong of the rest* how many of the others were wrong.
"""
_FAULTS_HEAD = f"""## Each fault alone

In the nano store, with {_FAULT_AWKWARD:.0%} of acts awkward.
"""
_WHY = """## What goes wrong

All mistakes of both tables by kind: {}.

Behind a *wrong person* there is often a hand-over of one of several things, or two people at one facing within a few
tenths of a second; behind a *wrong product* neighbours of nearly equal weight, which only their place tells apart.
[What inference cannot know](inference.md) says why.

The fault that hurts most here is *{}*. Where two people exchange ids, all that one of them does from then on is charged
to the other, surely and wrongly: neither weights nor places say that it happened. A tracker that loses somebody and
starts anew does far less harm than one that goes on under a wrong id.
"""


def main() -> int:
    """Run all settings and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7_100_000, help="the first one")
    parser.add_argument("--docs", action="store_true", help="write the page of the documentation as well")
    parser.add_argument("-o", "--output", type=Path)
    arguments = parser.parse_args()
    settings = [(store, awkward, "none", False) for store in STORES for awkward in AWKWARD]
    settings += [("nano", _FAULT_AWKWARD, fault, True) for fault in FAULTS]
    rows: list[Row] = []
    for number, (store, awkward, fault, of_faults) in enumerate(settings):
        # Each fault meets the same visits.
        seed = arguments.seed + (1000 * len(AWKWARD) * len(STORES) if of_faults else 1000 * number)
        report = evaluate(recordings(store, awkward, FAULTS[fault], seed), store_solver())
        rows.append({**row(store, awkward, fault, report), "of_faults": of_faults})
        sys.stderr.write(f"{rows[-1]}\n")
    if arguments.docs:
        PAGE.write_text(page_of(rows), encoding="utf-8")
    write_results("stores", "python -m benchmarks.stores " + " ".join(sys.argv[1:]), rows, arguments.output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
