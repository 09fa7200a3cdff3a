"""The report as text for a terminal, and as rows of a table for other programs."""

import csv
import io
import math

from tillfree.evaluation.intervals import Interval
from tillfree.evaluation.markup import between, number, percent
from tillfree.evaluation.palms.measures import OperatingPoint
from tillfree.evaluation.palms.report import MatcherFigures, PalmReport

__all__ = ["at_rate", "not_measurable", "report_csv", "report_text", "title_of"]

_FAILURES_SHOWN = 10


def report_text(report: PalmReport) -> str:
    """The report in a few lines for each matcher."""
    lines = [
        f"{report.pictures} pictures of {report.palms} palms of {report.persons} persons ({report.layout}); "
        f"pairs: {report.pairs}",
        f"failure to acquire: {_share(report.failure_to_acquire)}: {len(report.failures)} pictures",
    ]
    lines += [f"  {each.picture}: {each.why}" for each in report.failures[:_FAILURES_SHOWN]]
    if len(report.failures) > _FAILURES_SHOWN:
        lines.append(f"  and {len(report.failures) - _FAILURES_SHOWN} more")
    for figures in report.matchers:
        lines += ["", *_matcher_lines(figures)]
    lines += [
        "",
        f"{report.acquire_ms_per_picture:.1f} ms a picture, {report.compare_ms_per_pair:.3f} ms a pair, "
        f"all matchers together; {report.machine.processor}",
    ]
    return "\n".join(lines) + "\n"


def _matcher_lines(figures: MatcherFigures) -> list[str]:
    lines = [
        f"{title_of(figures)}: {figures.mated} pairs of one palm, {figures.other} of strangers",
        f"  EER {_share(figures.eer)}    rank-1 {_share(figures.rank_one)}",
    ]
    for point in figures.points:
        if point.measurable:
            lines.append(
                f"  FMR {point.fmr:.0e}: FNMR {_share(point.fnmr)}, by persons {between(point.fnmr_persons, 2)}; "
                f"with failures to acquire {percent(point.fnmr_with_failures.value, 2)}; "
                f"threshold {point.threshold:.3f}"
            )
        else:
            lines.append(f"  FMR {point.fmr:.0e}: {not_measurable(figures, point)}")
    for search in figures.open_set:
        what = f"FNIR {percent(search.fnir.value, 2)}" if search.measurable else "too few strangers to measure"
        lines.append(f"  FPIR {search.fpir:g}, {search.enrolled} palms enrolled: {what}")
    if not math.isnan(figures.own_other_hand.value):
        lines.append(f"  a person's other hand matches at FMR 1e-03: {_share(figures.own_other_hand)}")
    return lines + [
        f"  {hand.hand or 'no hand said'}: EER {percent(hand.eer, 2)}, FNMR at FMR 1e-03 {_share(hand.fnmr)}"
        for hand in figures.hands
    ]


def title_of(figures: MatcherFigures) -> str:
    """The matcher, and how its scores were made."""
    return f"{figures.matcher}, {'normalised by the folder' if figures.normalised else 'each pair alone'}"


def not_measurable(figures: MatcherFigures, point: OperatingPoint) -> str:
    """Why there is no figure for a rate, and what a tail fitted to the highest scores of strangers would give."""
    words = f"not measurable below 1 in {figures.other} pairs of strangers"
    if point.extrapolated is None:
        return words
    beyond = point.extrapolated
    return f"{words}; by their tail, a threshold of {beyond.threshold:.3f} with FNMR {percent(beyond.fnmr.value, 2)}"


def at_rate(figures: MatcherFigures, fmr: float) -> OperatingPoint:
    """The point of a rate, which must be one of those that are reported."""
    return next(point for point in figures.points if point.fmr == fmr)


def report_csv(report: PalmReport) -> str:
    """One line for each matcher and false match rate; rates are shares, empty where they were not measurable."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        [
            "matcher",
            "normalised",
            "fmr",
            "measurable",
            "threshold",
            "fnmr",
            "fnmr_low",
            "fnmr_high",
            "fnmr_persons_low",
            "fnmr_persons_high",
            "fnmr_with_failures",
            "mated_pairs",
            "stranger_pairs",
            "eer",
            "rank_one",
            "failure_to_acquire",
        ]
    )
    for figures in report.matchers:
        for point in figures.points:
            rates = (
                point.threshold, point.fnmr.value, point.fnmr.low, point.fnmr.high, point.fnmr_persons.low,
                point.fnmr_persons.high, point.fnmr_with_failures.value,
            )  # fmt: skip
            writer.writerow(
                [
                    figures.matcher,
                    int(figures.normalised),
                    f"{point.fmr:g}",
                    int(point.measurable),
                    *(number(rate, 6).replace("–", "") if point.measurable else "" for rate in rates),
                    figures.mated,
                    figures.other,
                    *(number(v.value, 6).replace("–", "") for v in (figures.eer, figures.rank_one)),
                    number(report.failure_to_acquire.value, 6),
                ]
            )
    return text.getvalue()


def _share(interval: Interval) -> str:
    return f"{percent(interval.value, 2)} ({between(interval, 2)})"
