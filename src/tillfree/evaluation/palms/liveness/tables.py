"""The report of liveness as tables in Markdown."""

import math
from collections.abc import Sequence

from tillfree.evaluation.intervals import Interval
from tillfree.evaluation.palms.liveness.attempts import LivenessReport

__all__ = ["group_table", "kind_table", "percent"]


def percent(share: Interval) -> str:
    """A share with its interval."""
    if math.isnan(share.value):
        return "–"
    return f"{share.value:.1%} ({share.low:.1%} to {share.high:.1%})"


def kind_table(columns: Sequence[tuple[str, LivenessReport]], *, matched: bool = False) -> str:
    """APCER by kind, one column for each report; with `matched` also what the comparison did in the last one."""
    head = ["Instrument", "Number", *(name for name, _ in columns)]
    if matched:
        head += ["IAPMR", "IAPAR"]
    rows = []
    for place, kind in enumerate(columns[-1][1].kinds):
        row = [kind.kind, str(kind.count), *(percent(report.kinds[place].apcer) for _, report in columns)]
        if matched:
            row += [percent(kind.iapmr), percent(kind.iapar)]
        rows.append(row)
    return _table(head, rows)


def group_table(columns: Sequence[tuple[str, LivenessReport]]) -> str:
    """BPCER by group of living hands, one column for each report."""
    last = columns[-1][1]
    rows = [["all", str(last.live), *(percent(report.bpcer) for _, report in columns)]]
    for place, group in enumerate(last.groups):
        rows.append([group.group, str(group.count), *(percent(report.groups[place].bpcer) for _, report in columns)])
    return _table(["Living hands", "Number", *(name for name, _ in columns)], rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"
