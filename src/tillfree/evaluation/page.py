"""The report as one HTML page that needs nothing else: styles and plots lie inside it."""

from collections.abc import Sequence

from tillfree.evaluation.cases import CaseReport
from tillfree.evaluation.latency import CartLatencySummary, LatencySummary
from tillfree.evaluation.markup import (
    Cell,
    between,
    certainty,
    document,
    escape,
    figures,
    number,
    percent,
    plots,
    table,
)
from tillfree.evaluation.mistakes import Mistake
from tillfree.evaluation.plots import case_f1_plot, latency_plot, reliability_plot, risk_plot, speed_plot
from tillfree.evaluation.policy_section import policy_section
from tillfree.evaluation.report import EvaluationReport

__all__ = ["render_page"]

_ISSUES_SHOWN = 20


def render_page(report: EvaluationReport) -> str:
    """The whole page. Everything that comes from recordings is escaped."""
    title = f"Evaluation of {report.folder}" if report.folder else "Evaluation"
    sections = [
        _unreadable(report),
        _headline(report),
        _groups(report),
        _honesty(report),
        policy_section(report.policies),
        _times(report),
        _cases(report.cases),
        _mistakes(report.cases),
        _remarks(report.cases),
        _method(report),
    ]
    return document(title, _subtitle(report), sections)


# ---- sections ---------------------------------------------------------------------------------------------------


def _subtitle(report: EvaluationReport) -> str:
    scored = sum(case.score is not None for case in report.cases)
    words = [f"{len(report.cases)} recordings, {scored} with truth"]
    if report.synthetic_cases:
        words.append(f"{report.synthetic_cases} of these simulated: people and acts are invented")
    if report.version:
        words.append(f"Tillfree {report.version}")
    return "; ".join(words) + "."


def _unreadable(report: EvaluationReport) -> str:
    if not report.unreadable:
        return ""
    rows = [((item.case, "bad"), (item.error, "long")) for item in report.unreadable]
    return "<h2>Recordings that could not be read</h2>" + table((("recording", ""), ("why", "")), rows)


def _headline(report: EvaluationReport) -> str:
    score = report.score
    if not score.cases:
        return '<p class="note">No recording has its truth beside it, so there is nothing to score.</p>'
    return figures(
        (
            (percent(score.f1), "F1 of items"),
            (percent(score.precision), "precision"),
            (percent(score.recall), "recall"),
            (percent(score.exact_receipts), f"exact receipts of {score.persons}"),
            (percent(score.exact_cases), f"exact recordings of {score.cases}"),
            (percent(score.mean_case_f1), "mean F1 of recordings"),
            (percent(score.products_f1), "F1 without person"),
            (percent(report.risk.risk_at_90.value, 2), "wrong among the 90 % most certain"),
            (number(report.receipts.ece.value, 3), "calibration error (receipts)"),
            (f"{number(report.speed.times_real_time, 0)} x", "real time"),
        )
    )


def _groups(report: EvaluationReport) -> str:
    if not report.groups:
        return ""
    head = [("recordings named", ""), *((name, "n") for name in ("number", "true", "right", "charged", "F1", "exact"))]
    rows = [
        (
            (group.group, ""),
            (str(group.score.cases), "n"),
            (str(group.score.true), "n"),
            (str(group.score.right), "n"),
            (str(group.score.predicted), "n"),
            (percent(group.score.f1), "n"),
            (percent(group.score.exact_receipts), "n"),
        )
        for group in report.groups
    ]
    return "<h2>By name</h2>" + table(head, rows)


def _honesty(report: EvaluationReport) -> str:
    risk, receipts, lines = report.risk, report.receipts, report.lines
    if not risk.count:
        return ""
    text = (
        f"Of {risk.count} receipts {risk.wrong} are wrong. The 90 % most certain are {risk.charged_at_90} receipts, "
        f"of which {percent(risk.risk_at_90.value, 2)} are wrong (95 %: {between(risk.risk_at_90, 2)}). As set now, "
        f"{percent(1 - risk.operating_coverage.value)} go to review and {percent(risk.operating_risk.value, 2)} of the "
        f"rest are wrong. With at most 1 % wrong, {percent(risk.coverage_at_1_percent)} could be charged at once."
    )
    if report.missing_receipts:
        text += f" {report.missing_receipts} persons got no receipt at all and are in the score only."
    head = [("", ""), *((name, "n") for name in ("count", "right", "mean", "ECE", "95 %", "Brier", "log loss"))]
    rows = [
        (
            (name, ""),
            (str(c.count), "n"),
            (percent(c.right.value), "n"),
            (certainty(c.mean_probability), "n"),
            (number(c.ece.value, 3), "n"),
            (f"{number(c.ece.low, 3)} to {number(c.ece.high, 3)}", "n"),
            (number(c.brier.value, 3), "n"),
            (number(c.log_loss.value, 3), "n"),
        )
        for name, c in (("receipts", receipts), ("lines", lines))
    ]
    drawings = (
        (reliability_plot(receipts, "receipts"), "Receipts: on the line means honest, below it boastful."),
        (reliability_plot(lines, "lines"), "Lines of receipts."),
        (risk_plot(risk), "Risk and coverage; the cross is the present setting. Lower is better."),
    )
    note = f'<p class="note">{escape(text)}</p>'
    return f"<h2>Does it know when it is unsure?</h2>{note}{table(head, rows)}{plots(drawings)}"


def _latency_words(summary: LatencySummary, what: str) -> str:
    if not summary.count:
        return f"{what}: nothing to measure."
    words = (
        f"{what}: median {number(summary.median_s)} s, 90 % within {number(summary.p90_s)} s, "
        f"most {number(summary.max_s)} s; {percent(summary.within_1_s.value)} of {summary.count} within 1 s"
    )
    if not summary.never:
        return f"{words}."
    return (
        f"{words}. {summary.never} more were never right, which is an error of the inference; "
        f"with them, {percent(summary.within_1_s_of_all.value)} within 1 s."
    )


def _cart_words(summary: CartLatencySummary) -> Sequence[str]:
    left = _latency_words(summary.from_hand, "Live cart, from the hand leaving the shelf until the cart is right")
    if summary.hands_hidden:
        left += f" Of {summary.hands_hidden} acts nobody saw when the hand left."
    return left, _latency_words(summary.from_move, "The same from the weight's move, hand-overs included")


def _times(report: EvaluationReport) -> str:
    speed, machine = report.speed, report.machine
    cart = [s for case in report.cases for latency in case.latencies if (s := latency.seconds_from_hand) is not None]
    delays = [delay for case in report.cases for delay in case.receipt_delays_s]
    memory = "of the process, reset before each recording" if speed.peak_is_own else "since the process began"
    words = (
        *_cart_words(report.cart_latency),
        _latency_words(report.receipt_delay, "Receipt, from when its visitor was last seen"),
        f"{number(speed.duration_s, 0)} s of recordings took {number(speed.wall_s, 1)} s "
        f"(processor {number(speed.cpu_s, 1)} s): {number(speed.wall_ms_per_recorded_s)} ms per recorded second, "
        f"slowest {number(speed.slowest_times_real_time, 0)} x real time, "
        f"peak memory {number(speed.peak_mib, 0)} MiB ({memory}).",
        f"Measured on {machine.processor}, {machine.cores} cores, {machine.system}, Python {machine.python}, "
        f"numpy {machine.numpy}.",
    )
    drawings = (
        (latency_plot(cart, "live cart is right after"), "From the hand leaving the shelf to the right live cart."),
        (latency_plot(delays, "receipt after"), "From the last sight of a visitor to the receipt."),
        (speed_plot(report.cases), "Each dot is a recording."),
        (case_f1_plot(report.cases), "Each recording, worst first."),
    )
    text = "".join(f'<p class="note">{escape(line)}</p>' for line in words)
    return f"<h2>Is it fast enough?</h2>{text}{plots(drawings)}"


_CASE_HEAD = (
    *(("recording", ""),),
    *((name, "n") for name in ("right", "true", "charged", "F1", "receipts", "least certain", "review")),
    *((name, "n") for name in ("length s", "wall s", "x real time", "MiB")),
)


def _case_row(case: CaseReport) -> Sequence[Cell]:
    score = case.score
    probabilities = [r.probability for r in case.receipts if r.probability is not None]
    counts = (str(score.right), str(score.true), str(score.predicted), percent(score.f1)) if score else ("–",) * 4
    receipts = f"{score.exact}/{score.persons}" if score else f"{case.visits} visits"
    return (
        (case.case + (" (one anonymous visitor assumed)" if case.anonymous else ""), ""),
        *((text, "n") for text in counts),
        (receipts, "n" if score is None or score.is_exact else "n bad"),
        (certainty(min(probabilities, default=None)), "n"),
        (str(sum(r.review for r in case.receipts)), "n"),
        (number(case.duration_s, 1), "n"),
        (number(case.cost.wall_s), "n"),
        (number(case.times_real_time, 0), "n"),
        (number(case.cost.peak_mib, 0), "n"),
    )


def _cases(cases: Sequence[CaseReport]) -> str:
    return "<h2>Recordings</h2>" + table(_CASE_HEAD, [_case_row(case) for case in cases])


def _mistake_row(case: str, mistake: Mistake) -> Sequence[Cell]:
    instead = mistake.instead_product or mistake.instead_person
    return (
        (case, ""),
        (mistake.kind, ""),
        (mistake.person, ""),
        (f"{mistake.quantity} x {mistake.product}", ""),
        (instead or "", ""),
        (certainty(mistake.probability), "n"),
        (certainty(mistake.receipt_probability), "n"),
        (mistake.explanation, "long"),
    )


def _mistakes(cases: Sequence[CaseReport]) -> str:
    rows = [_mistake_row(case.case, mistake) for case in cases for mistake in case.mistakes]
    if not rows:
        return ""
    head = (
        *((name, "") for name in ("recording", "mistake", "person", "item", "instead")),
        ("line", "n"),
        ("receipt", "n"),
        ("what is known about it", ""),
    )
    note = "Probabilities are those that were given to the wrong line and to the whole receipt."
    return f'<h2>Every mistake</h2><p class="note">{note}</p>' + table(head, rows)


def _remarks(cases: Sequence[CaseReport]) -> str:
    rows = [((case.case, ""), (what, ""), (str(count), "n")) for case in cases for what, count in case.warnings.items()]
    for case in cases:
        rows += [((case.case, ""), (issue, ""), ("", "n")) for issue in case.issues[:_ISSUES_SHOWN]]
        if len(case.issues) > _ISSUES_SHOWN:
            rows.append(((case.case, ""), ("further sensor issues", ""), (str(len(case.issues) - _ISSUES_SHOWN), "n")))
    if not rows:
        return ""
    return "<h2>Warnings and sensor issues</h2>" + table((("recording", ""), ("what", ""), ("count", "n")), rows)


def _method(report: EvaluationReport) -> str:
    score = report.score
    words = (
        "A unit is right when the true receipt of that very person has the product. Precision, recall and F1 are over "
        f"all items of all recordings ({score.true} true, {score.predicted} charged, {score.right} right). Exact "
        "receipts are those right in every product and quantity. Intervals are 95 %: Wilson's for shares, else a "
        "bootstrap over whole recordings. Receipts of equal probability are charged in random order, and "
        "the expectation is shown; in "
        "reliability bins they stay together."
    )
    return f'<h2>How it was counted</h2><p class="note">{escape(words)}</p>'
