"""The plots of a report, each as the text of one SVG element."""

import io
import math
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tillfree.evaluation.calibration import Calibration
from tillfree.evaluation.cases import CaseReport
from tillfree.evaluation.risk import RiskCoverage

__all__ = [
    "ACCENT",
    "FAINT",
    "INK",
    "SECOND",
    "case_f1_plot",
    "draw_svg",
    "latency_plot",
    "reliability_plot",
    "risk_plot",
    "speed_plot",
]

INK, ACCENT, SECOND, FAINT = "#22313f", "#1f6f8b", "#c8553d", "#b8c4cc"
_STYLE: Any = {
    "svg.fonttype": "none",  # text stays text: smaller, and can be searched
    "text.parse_math": False,  # names of recordings may hold a dollar sign
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
LABEL_MAX = 32
_VARIABLES = {INK: "--ink", ACCENT: "--accent", SECOND: "--bad", FAINT: "--faint"}
"""Colours become variables of the page's style, so that plots are readable in the dark too."""


def draw_svg(name: str, draw: Callable[[Axes], None], size: tuple[float, float] = (4.6, 3.4)) -> str:
    """Draws into a new figure; the same data give the same text. `name` keeps ids apart within one page."""
    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.add_subplot())
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    for colour, variable in _VARIABLES.items():
        text = text.replace(f": {colour}", f": var({variable})")
    return text[text.index("<svg") :]


def _label(text: str) -> str:
    """A name as fonts can show it: printable ASCII, not too long."""
    plain = "".join(c if c.isascii() and c.isprintable() else "?" for c in text)
    return plain if len(plain) <= LABEL_MAX else "..." + plain[3 - LABEL_MAX :]


def reliability_plot(calibration: Calibration, what: str) -> str:
    """Share that was right against mean probability, with 95 % intervals; the area of a dot is its count."""

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=FAINT, linewidth=1, zorder=1)
        bins = calibration.bins
        if bins:
            x = [b.mean_probability for b in bins]
            y = [b.right.value for b in bins]
            below = [max(0.0, b.right.value - b.right.low) for b in bins]
            above = [max(0.0, b.right.high - b.right.value) for b in bins]
            axes.errorbar(x, y, yerr=(below, above), fmt="none", ecolor=ACCENT, elinewidth=1, capsize=2, zorder=2)
            most = max(b.count for b in bins)
            axes.scatter(x, y, s=[12 + 70 * b.count / most for b in bins], color=ACCENT, zorder=3, clip_on=False)
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), xlabel=f"probability given to {what}", ylabel="share right")

    return draw_svg(f"reliability-{what}", draw)


def risk_plot(risk: RiskCoverage) -> str:
    """Share of wrong receipts among those charged, against the share charged; the cross is the present setting."""

    def draw(axes: Axes) -> None:
        x = [0.0] + [p.coverage for p in risk.points]
        y = [risk.points[0].risk if risk.points else 0.0] + [p.risk for p in risk.points]
        axes.plot(
            [100 * v for v in x], [100 * v for v in y], color=ACCENT, drawstyle="default", marker=".", markersize=4
        )
        axes.axhline(1, color=FAINT, linewidth=1)
        axes.axvline(90, color=FAINT, linewidth=1, linestyle=":")
        if not math.isnan(risk.operating_risk.value):
            axes.plot(
                100 * risk.operating_coverage.value,
                100 * risk.operating_risk.value,
                "x",
                color=SECOND,
                markersize=8,
                clip_on=False,
            )
        axes.set(xlim=(0, 101), xlabel="receipts charged at once (%)", ylabel="of these wrong (%)")
        axes.set_ylim(0, max(2.0, 110 * max(y)))

    return draw_svg("risk", draw)


def case_f1_plot(cases: Sequence[CaseReport]) -> str:
    """A bar per recording with truth, worst first; those beyond the first 60 are left to the table."""
    scored = sorted(((c.score.f1, c.case) for c in cases if c.score), key=lambda pair: pair)[:60]

    def draw(axes: Axes) -> None:
        places = range(len(scored))
        axes.barh(places, [100 * f1 for f1, _ in scored], color=[ACCENT if f1 == 1 else SECOND for f1, _ in scored])
        axes.set_yticks(places, [_label(name) for _, name in scored])
        axes.invert_yaxis()
        axes.set(xlim=(0, 100), xlabel="F1 (%)")

    return draw_svg("cases", draw, (4.6, max(1.6, 0.6 + 0.19 * len(scored))))


def latency_plot(seconds: Sequence[float], what: str) -> str:
    """A histogram of latencies; the line is at one second."""

    def draw(axes: Axes) -> None:
        top = max(2.0, *(min(s, 10.0) for s in seconds)) if seconds else 2.0
        axes.hist([min(s, top) for s in seconds], bins=30, range=(0, top), color=ACCENT)
        axes.axvline(1, color=SECOND, linewidth=1)
        axes.set(xlabel=f"{what} (s of the stream)", ylabel="count")
        axes.yaxis.set_major_locator(MaxNLocator(integer=True))

    return draw_svg(f"latency-{what}", draw)


def speed_plot(cases: Sequence[CaseReport]) -> str:
    """Speed of each recording against its visits."""

    def draw(axes: Axes) -> None:
        shown = [c for c in cases if c.times_real_time > 0]
        axes.scatter([c.visits for c in shown], [c.times_real_time for c in shown], s=16, color=ACCENT)
        axes.set(xlabel="visits in the recording", ylabel="speed (x real time)")
        axes.set_ylim(0, 1.1 * max((c.times_real_time for c in shown), default=1.0))
        axes.set_xlim(0, 1 + max((c.visits for c in shown), default=0))
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))

    return draw_svg("speed", draw)
