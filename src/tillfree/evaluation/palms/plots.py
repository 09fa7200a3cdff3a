"""The curve of detection error trade-off (DET), as the text of an SVG element."""

import math
from collections.abc import Sequence
from statistics import NormalDist

from matplotlib.axes import Axes

from tillfree.evaluation.palms.matching import MATCHERS
from tillfree.evaluation.palms.report import MatcherFigures
from tillfree.evaluation.plots import ACCENT, FAINT, INK, SECOND, draw_svg

__all__ = ["det_plot"]

_TICKS = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.05, 0.1, 0.2, 0.4)
_COLOURS = (ACCENT, SECOND, INK, FAINT)


def det_plot(matchers: Sequence[MatcherFigures]) -> str:
    """False non-match against false match rate of each matcher, both on scales of the normal distribution.

    Martin et al., The DET curve in assessment of detection task performance, Eurospeech 1997. Rates of zero are not
    shown: a curve ends where the last pair was counted.
    """
    low = min((1 / figures.other for figures in matchers if figures.other), default=1e-3)
    low = max(min(low, min((1 / figures.mated for figures in matchers if figures.mated), default=1e-3)), 1e-7)

    labels = [each.matcher + (", normalised" if each.normalised else "") for each in matchers]

    def draw(axes: Axes) -> None:
        for number, figures in enumerate(matchers):
            colour = _COLOURS[MATCHERS.index(figures.matcher)]
            shown = [p for p in figures.det if 0 < p.fmr < 1 and 0 < p.fnmr < 1]
            axes.plot(
                [_normal(p.fmr) for p in shown],
                [_normal(p.fnmr) for p in shown],
                color=colour,
                linestyle="--" if figures.normalised else "-",
                label=labels[number],
            )
        limits = (_normal(low / 2), _normal(0.5))
        axes.plot(limits, limits, color=FAINT, linewidth=0.8, linestyle=":")
        ticks = [tick for tick in _TICKS if low / 2 <= tick]
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_ticks([_normal(tick) for tick in ticks], [f"{100 * tick:g}" for tick in ticks])
        axes.set(xlim=limits, ylim=limits, xlabel="false match rate (%)", ylabel="false non-match rate (%)")
        axes.legend(frameon=False)

    return draw_svg("det", draw, (5.6, 5.0))


def _normal(share: float) -> float:
    return NormalDist().inv_cdf(min(max(share, 1e-12), 1 - 1e-12)) if math.isfinite(share) else math.nan
