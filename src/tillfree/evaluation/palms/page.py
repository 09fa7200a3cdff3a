"""The report as one HTML page that needs nothing else."""

from tillfree.evaluation.markup import between, document, escape, figures, number, percent, plots, table
from tillfree.evaluation.palms.plots import det_plot
from tillfree.evaluation.palms.report import MatcherFigures, PalmReport
from tillfree.evaluation.palms.words import at_rate, not_measurable, title_of

__all__ = ["render_palm_page"]


def render_palm_page(report: PalmReport) -> str:
    """The whole page. Everything that comes from files is escaped."""
    title = f"Palms of {report.folder}"
    subtitle = (
        f"{report.pictures} pictures of {report.palms} palms of {report.persons} persons; {report.layout}; "
        f"pairs: {report.pairs}; Tillfree {report.version}."
    )
    sections = [
        _headline(report),
        plots([(det_plot(report.matchers), "Lower and further left is better; a curve ends where pairs end.")]),
        *(_matcher(each) for each in report.matchers),
        _failures(report),
        _method(report),
    ]
    return document(title, subtitle, sections)


def _headline(report: PalmReport) -> str:
    first = report.matchers[0]
    thousandth = at_rate(first, 1e-3)
    shown = percent(thousandth.fnmr.value, 2) if thousandth.measurable else "–"
    return figures(
        (
            (percent(first.eer.value, 2), f"EER ({title_of(first)})"),
            (shown, "FNMR at FMR 1e-3"),
            (percent(first.rank_one.value, 2), "rank-1"),
            (percent(report.failure_to_acquire.value, 2), "failure to acquire"),
            (f"{number(report.acquire_ms_per_picture, 1)} ms", "a picture"),
            (f"{number(report.compare_ms_per_pair, 3)} ms", "a pair"),
        )
    )


def _matcher(each: MatcherFigures) -> str:
    head = [("FMR", "n"), ("FNMR", "n"), *((name, "n") for name in ("95 %, exact", "95 %, by persons"))]
    head += [("with failures", "n"), ("threshold", "n"), ("FMR seen, 95 %", "n")]
    rows = []
    for point in each.points:
        rate = (f"{point.fmr:.0e}", "n")
        if point.measurable:
            cells = [
                percent(point.fnmr.value, 2),
                between(point.fnmr, 2),
                between(point.fnmr_persons, 2),
                percent(point.fnmr_with_failures.value, 2),
                number(point.threshold, 3),
                f"{point.fmr_seen.low:.1e} to {point.fmr_seen.high:.1e}",
            ]
            rows.append([rate, *((text, "n") for text in cells)])
        else:
            rows.append([rate, ("–", "n"), (not_measurable(each, point), "long"), *[("", "n")] * 4])
    words = (
        f"{each.mated} pairs of one palm, {each.other} of strangers. EER {percent(each.eer.value, 2)} "
        f"({between(each.eer, 2)}), rank-1 {percent(each.rank_one.value, 2)} ({between(each.rank_one, 2)})."
    )
    for search in each.open_set:
        if search.measurable:
            words += (
                f" Open set with {search.enrolled} palms enrolled: FNIR {percent(search.fnir.value, 2)} at FPIR "
                f"{search.fpir:g} (halves of persons: {between(search.fnir, 2)})."
            )
    for hand in each.hands:
        words += f" {hand.hand or 'No hand said'}: EER {percent(hand.eer, 2)}, FNMR {percent(hand.fnmr.value, 2)}."
    return f'<h2>{escape(title_of(each))}</h2><p class="note">{escape(words)}</p>{table(head, rows)}'


def _failures(report: PalmReport) -> str:
    if not report.failures:
        return ""
    rows = [((each.picture, ""), (each.why, "long")) for each in report.failures]
    return "<h2>Pictures without a palm</h2>" + table((("picture", ""), ("why", "")), rows)


def _method(report: PalmReport) -> str:
    words = (
        "Every pair of samples is compared once. A pair of strangers is of two persons; pairs of one person's two "
        "hands are counted apart. A score above the threshold is a match. Exact bounds are those of Clopper and "
        "Pearson, as if pairs were independent; bounds by persons draw persons with replacement, which share their "
        "errors. FNMR with failures counts every pair of which a sample was not acquired as not matched. A rate below "
        "one pair of strangers is not measurable; what the tail of their scores gives there is no measurement. "
        f"Measured on {report.machine.processor}, {report.machine.cores} cores, Python {report.machine.python}, numpy "
        f"{report.machine.numpy}."
    )
    return f'<h2>How it was counted</h2><p class="note">{escape(words)}</p>'
