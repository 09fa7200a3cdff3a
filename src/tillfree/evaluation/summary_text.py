"""The report in a few lines for a terminal."""

from collections.abc import Iterator

from tillfree.evaluation.cases import CaseReport
from tillfree.evaluation.latency import LatencySummary
from tillfree.evaluation.markup import between, certainty, number, percent
from tillfree.evaluation.policies import AS_SET, PolicyRisk
from tillfree.evaluation.policy_section import policy_words
from tillfree.evaluation.report import EvaluationReport

__all__ = ["render_summary"]


def render_summary(report: EvaluationReport) -> str:
    """Plain text: a table of recordings, every mistake, the totals. Lines end with a line break."""
    lines = [*_table(report), "", *_mistakes(report), *_totals(report)]
    return "\n".join(lines) + "\n"


def _table(report: EvaluationReport) -> Iterator[str]:
    width = max((len(case.case) for case in report.cases), default=0)
    head = f"{'recording':{width}}  right  true charged     F1 receipts  surest..least  review   s   x real time   MiB"
    yield head
    for case in report.cases:
        yield _row(case, width)
    for item in report.unreadable:
        yield f"{item.case:{width}}  NOT READ: {item.error}"


def _row(case: CaseReport, width: int) -> str:
    chances = [r.probability for r in case.receipts if r.probability is not None]
    span = f"{_three_digits(max(chances)):>6}..{_three_digits(min(chances)):5}" if chances else f"{'–':>13}"
    cost = f"{case.duration_s:6.1f} {case.times_real_time:11.0f} {case.cost.peak_mib:7.0f}"
    if case.score is None:
        return f"{case.case:{width}}  no truth, {case.visits} receipts{'':37} {cost}"
    s = case.score
    receipts = f"{s.exact}/{s.persons}"
    review = sum(r.review for r in case.receipts)
    return (
        f"{case.case:{width}}  {s.right:5} {s.true:5} {s.predicted:7} {percent(s.f1):>8} {receipts:>7}  {span}  "
        f"{review:6} {cost}"
    )


def _three_digits(probability: float) -> str:
    """A probability with three digits, which never reads 1.000."""
    return ">.999" if probability >= 0.9995 else f"{probability:.3f}"


def _mistakes(report: EvaluationReport) -> Iterator[str]:
    found = [(case.case, mistake) for case in report.cases for mistake in case.mistakes]
    for name, mistake in found:
        instead = mistake.instead_product or mistake.instead_person
        to = f" (charged: {instead})" if instead else ""
        chance = "" if mistake.probability is None else f", line {certainty(mistake.probability)}"
        whole = "" if mistake.receipt_probability is None else f", receipt {certainty(mistake.receipt_probability)}"
        yield f"{name}: {mistake.kind}: {mistake.person}, {mistake.quantity} x {mistake.product}{to}{chance}{whole}"
        yield f"    {mistake.explanation}"
    if found:
        yield ""


def _totals(report: EvaluationReport) -> Iterator[str]:
    score, risk, speed = report.score, report.risk, report.speed
    for group in report.groups:
        inner = group.score
        yield (
            f"{group.group}: {inner.cases} recordings, F1 {percent(inner.f1)}, precision {percent(inner.precision)}, "
            f"recall {percent(inner.recall)}, exact receipts {percent(inner.exact_receipts)}"
        )
    if score.cases:
        simulated = f" ({report.synthetic_cases} simulated)" if report.synthetic_cases else ""
        yield (
            f"All {score.cases} with truth{simulated}: F1 {percent(score.f1)}, precision {percent(score.precision)}, "
            f"recall {percent(score.recall)}, mean F1 {percent(score.mean_case_f1)}, without person "
            f"{percent(score.products_f1)}"
        )
        yield (
            f"Receipts: {score.persons}, exact {percent(score.exact_receipts)}; recordings all exact "
            f"{percent(score.exact_cases)}; without any receipt {report.missing_receipts}"
        )
        yield (
            f"Certain: ECE receipts {number(report.receipts.ece.value, 3)}, lines {number(report.lines.ece.value, 3)}; "
            f"Brier {number(report.receipts.brier.value, 3)}; wrong among the 90 % most certain "
            f"{percent(risk.risk_at_90.value, 2)} of {risk.charged_at_90} ({between(risk.risk_at_90)}); AURC "
            f"{number(risk.aurc.value, 4)} (best {number(risk.aurc_best, 4)})"
        )
        yield (
            f"As set: {percent(1 - risk.operating_coverage.value)} to review, {percent(risk.operating_risk.value, 2)} "
            f"wrong among the rest"
        )
        yield from _policies(report)
        cart = report.cart_latency
        yield _latency("Live cart right after the hand left", cart.from_hand, f", hands hidden {cart.hands_hidden}")
        yield _latency("Live cart right after the weight moved", cart.from_move)
    yield _latency("Receipt after last sight", report.receipt_delay)
    yield (
        f"Speed: {number(speed.times_real_time, 0)} x real time ({number(speed.times_real_time_cpu, 0)} by "
        f"processor time, slowest {number(speed.slowest_times_real_time, 0)}), "
        f"{number(speed.wall_ms_per_recorded_s)} ms per recorded second, peak {number(speed.peak_mib, 0)} MiB"
    )


def _policies(report: EvaluationReport) -> Iterator[str]:
    """The policy that is set, row by row, and others for comparison."""
    for found in report.policies:
        yield f"Policy {found.policy}: {policy_words(PolicyRisk.of(found.rows, found.missed, found.missed_minor))}"
        if found.policy == AS_SET and len(found.rows) > 1:
            for row in found.rows:
                name = f"row {row.row}" if row.row else "no row"
                yield f"    {name}, {row.action}: {row.trips} trips, {policy_words(PolicyRisk.of([row]))}"


def _latency(what: str, summary: LatencySummary, more: str = "") -> str:
    never = f", never right {summary.never}" if summary.never else ""
    return (
        f"{what}: median {number(summary.median_s)} s, 90 % {number(summary.p90_s)} s, most {number(summary.max_s)} s, "
        f"within 1 s {percent(summary.within_1_s.value)} of {summary.count}{never}{more}"
    )
