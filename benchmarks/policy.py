"""What do policies cost? Simulated hours of whole stores, with seeds that nothing was fitted to.

    python -m benchmarks.policy                 # about twenty minutes on one core

Writes `benchmarks/results/policy.json`: one row per store and policy, and one per policy over all stores. Then

    python -m benchmarks.policy --docs

puts the rows over all stores into `docs/policy.md`.
"""

import argparse
import sys
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from benchmarks.result_files import RESULTS, Row, write_results
from tillfree.evaluation.policies import AS_SET, PolicyRisk, PolicyTally, add_up
from tillfree.evaluation.report import Source, evaluate
from tillfree.evaluation.solving import store_solver
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import simulate
from tillfree.simulation.stores.habits import HABITS
from tillfree.simulation.stores.named import store_of
from tillfree.storage.recordings.model import Recording

DOCS = Path(__file__).parent.parent / "docs" / "policy.md"
BEGIN, END = "<!-- policy table: begin -->", "<!-- policy table: end -->"
STORES = ("nano", "kiosk", "convenience", "grocery")
FAULTY = {"gaps": 0.3, "drop_frames": 0.02, "dead": 1, "lose_batches": 0.001}
"""Sensors as they are on a poor day: one dead plate, lost tracks, frames and batches."""


def make(store: str, options: SimulationOptions) -> Recording:
    """A recording of a store, made when it is asked for."""
    return simulate(store_of(store), options)


def sources(store: str, seed: int, days: int, hours: float, faulty: bool) -> list[Source]:
    """Named recordings of one store."""
    found: list[Source] = []
    for day in range(days):
        wanted: dict[str, Any] = {
            **msgspec.structs.asdict(HABITS[store]),
            "seed": seed + day,
            "duration_s": hours * 3600.0,
            "per_hour": 60.0,
            "awkward": 0.2,
            "gate": True,
            "parties": 0.15,
            **(FAULTY if faulty else {}),
        }
        found.append((f"{store}-{seed + day}", partial(make, store, SimulationOptions(**wanted))))
    return found


def row_of(store: str, faulty: bool | None, found: PolicyTally) -> Row:
    """One line of the results."""
    risk = PolicyRisk.of(found.rows, found.missed, found.missed_minor)
    return {
        "simulated": True,
        "store": store,
        "faulty_sensors": faulty,
        "policy": found.policy,
        "trips": risk.trips,
        "reviewed": round(risk.reviewed.value, 4),
        "charged": risk.charged,
        "charged_too_much": round(risk.charged_over.value, 5),
        "charged_too_much_95": [round(risk.charged_over.low, 5), round(risk.charged_over.high, 5)],
        "charged_too_little": round(risk.charged_under.value, 5),
        "charged_too_little_95": [round(risk.charged_under.low, 5), round(risk.charged_under.high, 5)],
        "money_taken_wrongly": round(risk.over_share, 5),
        "money_given_away": round(risk.under_share, 5),
    }


def docs_table(results: dict[str, Any]) -> str:
    """The rows over all stores as Markdown, with the command that made them."""
    head = (
        "| Policy | Trips | Reviewed | Charged too much (95 %) | Charged too little (95 %) | Money taken wrongly | "
        "Money given away |"
    )
    lines = [head, "|---|--:|--:|--:|--:|--:|--:|"]
    for row in results["rows"]:
        if row["store"] != "all":
            continue
        over, under = row["charged_too_much_95"], row["charged_too_little_95"]
        lines.append(
            f"| {row['policy']} | {row['trips']} | {_percent(row['reviewed'], 1)} | "
            f"{_percent(row['charged_too_much'])} ({_percent(over[0])} to {_percent(over[1])}) | "
            f"{_percent(row['charged_too_little'])} ({_percent(under[0])} to {_percent(under[1])}) | "
            f"{_percent(row['money_taken_wrongly'])} | {_percent(row['money_given_away'])} |"
        )
    return "\n".join([*lines, "", f"Made by `{results['command'].strip()}`."])


def _percent(share: float, digits: int = 2) -> str:
    return f"{100 * share:.{digits}f} %"


def write_docs() -> None:
    """Puts the table between its marks."""
    results = msgspec.json.decode((RESULTS / "policy.json").read_bytes(), type=dict[str, Any])
    text = DOCS.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    DOCS.write_text(f"{before}{begin}\n{docs_table(results)}\n{end}{after}", encoding="utf-8")


def main() -> int:
    """Run all stores and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=8_700_000)
    parser.add_argument("--days", type=int, default=3, help="recordings per store and state of the sensors")
    parser.add_argument("--hours", type=float, default=1.0, help="length of each")
    parser.add_argument("--stores", nargs="+", default=STORES, choices=STORES)
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--docs", action="store_true", help="only write the table of the docs from the results")
    arguments = parser.parse_args()
    if arguments.docs:
        write_docs()
        return 0
    rows: list[Row] = []
    everything: list[PolicyTally] = []
    for place, store in enumerate(arguments.stores):
        for faulty in (False, True):
            seed = arguments.seed + 1000 * place + 100 * faulty
            report = evaluate(sources(store, seed, arguments.days, arguments.hours, faulty), store_solver())
            everything += report.policies
            rows += [row_of(store, faulty, found) for found in report.policies]
            for row in rows[-len(report.policies) :]:
                sys.stderr.write(f"{row}\n")
    rows += [row_of("all", None, _named(found)) for found in add_up(everything)]
    write_results("policy", "python -m benchmarks.policy " + " ".join(sys.argv[1:]), rows, arguments.output)
    return 0


def _named(found: PolicyTally) -> PolicyTally:
    return msgspec.structs.replace(found, policy="as it comes") if found.policy == AS_SET else found


if __name__ == "__main__":
    sys.exit(main())
