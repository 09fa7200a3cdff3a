"""Results of benchmarks on disk: every figure with the date, the machine, the version and the command that made it."""

import datetime as dt
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

import tillfree
from tillfree.evaluation.report import EvaluationReport
from tillfree.evaluation.resources import this_machine

__all__ = ["RESULTS", "Row", "scores_of", "use_one_core", "write_results"]

RESULTS = Path(__file__).parent / "results"
Row = dict[str, Any]


def use_one_core() -> None:
    """Keeps this process on one core where the system can: threads of a library would spin on the others."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def scores_of(report: EvaluationReport) -> Row:
    """How right the receipts of some recordings are, and whether they know it."""
    return {
        "recordings": len(report.cases),
        "receipts": report.score.persons,
        "f1": round(report.score.f1, 4),
        "precision": round(report.score.precision, 4),
        "recall": round(report.score.recall, 4),
        "f1_without_person": round(report.score.products_f1, 4),
        "exact_receipts": round(report.score.exact_receipts, 4),
        "ece_receipts": round(report.receipts.ece.value, 4),
        "wrong_of_90_percent_most_certain": round(report.risk.risk_at_90.value, 4),
    }


def write_results(
    name: str, command: str, rows: Sequence[Row], output: Path | None, *, recordings: str = "simulated"
) -> None:
    """Writes `benchmarks/results/NAME.json`, or `output` where one is given; `recordings` says what was measured."""
    result = {
        "benchmark": name,
        "command": command,
        "date": dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "version": tillfree.__version__,
        "machine": msgspec.to_builtins(this_machine()),
        "recordings": recordings,
        "rows": list(rows),
    }
    target = output or RESULTS / f"{name}.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(f"written: {target}\n")
