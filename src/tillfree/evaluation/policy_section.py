"""What policies cost, in words and as a table of the report."""

from collections.abc import Iterator, Sequence

from tillfree.evaluation.markup import Cell, between, escape, percent, table
from tillfree.evaluation.policies import AS_SET, PolicyRisk, PolicyTally

__all__ = ["policy_section", "policy_words"]

_HEAD: tuple[Cell, ...] = (
    ("policy", ""),
    ("trips", "n"),
    ("reviewed", "n"),
    ("charged too much", "n"),
    ("95 %", "n"),
    ("charged too little", "n"),
    ("95 %", "n"),
    ("money taken wrongly", "n"),
    ("money given away", "n"),
)


def policy_words(risk: PolicyRisk) -> str:
    """One policy on one line."""
    if not risk.trips:
        return "nothing to decide"
    return (
        f"{percent(risk.reviewed.value)} reviewed; of {risk.charged} charged {percent(risk.charged_over.value, 2)} too "
        f"much ({between(risk.charged_over, 2)}), {percent(risk.charged_under.value, 2)} too little; of the money due "
        f"{percent(risk.over_share, 2)} taken wrongly, {percent(risk.under_share, 2)} given away"
    )


def policy_section(tallies: Sequence[PolicyTally]) -> str:
    """A part of the page; empty where nothing was decided."""
    rows = [row for found in tallies for row in _rows(found)]
    if not rows:
        return ""
    note = (
        "A trip is what one payer pays for. Who is reviewed is taken to be charged rightly. Money is shelf prices, as "
        "a share of what was really taken; a policy that reviews nobody pays for that in money."
    )
    heading = "<h2>What would be charged by which policy?</h2>"
    return f'{heading}<p class="note">{escape(note)}</p>{table(_HEAD, rows)}'


def _rows(found: PolicyTally) -> Iterator[Sequence[Cell]]:
    whole = PolicyRisk.of(found.rows, found.missed, found.missed_minor)
    if not whole.trips:
        return
    yield _row(found.policy, whole)
    if found.policy == AS_SET and len(found.rows) > 1:
        for row in found.rows:
            name = f"row {row.row}" if row.row else "no row"
            yield _row(f"\u2013 {name}: {row.action}", PolicyRisk.of([row]))


def _row(name: str, risk: PolicyRisk) -> Sequence[Cell]:
    return (
        (name, ""),
        (str(risk.trips), "n"),
        (percent(risk.reviewed.value), "n"),
        (percent(risk.charged_over.value, 2), "n"),
        (between(risk.charged_over, 2), "n"),
        (percent(risk.charged_under.value, 2), "n"),
        (between(risk.charged_under, 2), "n"),
        (percent(risk.over_share, 2), "n"),
        (percent(risk.under_share, 2), "n"),
    )
