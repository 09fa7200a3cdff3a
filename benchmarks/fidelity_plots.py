"""The plots of the page: real and simulated curves side by side, as SVG files."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import NullLocator

from benchmarks.fidelity_figures import Collected, Compared
from tillfree.simulation.people.bodies import JOINT_NAMES

__all__ = ["draw_all"]

Floats = npt.NDArray[np.float64]

INK, REAL, MADE, FAINT = "#22313f", "#c8553d", "#1f6f8b", "#b8c4cc"
_STYLE: Any = {
    "svg.fonttype": "none",  # text stays text: smaller, and can be searched
    "font.family": "sans-serif",
    "font.size": 8,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlesize": 8,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "legend.fontsize": 7,
    "legend.handlelength": 1.0,
}
_SOFT_HZ = 13.0
_TICKS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
_POINTS = 200
_TAKES = ("621.7 g bottle", "538 g bottle", "105.5 g sauce")


def draw_all(folder: Path, real: Collected, simulated: Collected, compared: Sequence[Compared]) -> list[Path]:
    """Draws every plot into the folder; the same figures give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    by_key = {one.figure.key: one for one in compared}
    return [
        _save(folder / "noise.svg", 3, lambda axes: _noise(axes, by_key)),
        _save(folder / "spectrum.svg", 2, lambda axes: _spectrum(axes, real, simulated)),
        _save(folder / "steps.svg", 3, lambda axes: _steps(axes, real, simulated)),
        _save(folder / "tracks.svg", 3, lambda axes: _tracks(axes, by_key)),
    ]


def _save(path: Path, panels: int, draw: Callable[[Sequence[Axes]], None]) -> Path:
    with mpl.rc_context({**_STYLE, "svg.hashsalt": path.stem}):
        canvas = Canvas(figsize=(7.4, 2.7), layout="constrained")
        draw(list(np.ravel(canvas.subplots(1, panels))))
        canvas.savefig(path, metadata={"Date": None, "Creator": None})
    return path


def _shares(axes: Axes, compared: Compared, *, log: bool = True) -> None:
    """Distribution functions of both sides."""
    for values, colour, name in ((compared.result.real, REAL, "real"), (compared.result.simulated, MADE, "simulated")):
        share = np.linspace(0.0, 1.0, _POINTS)
        axes.plot(np.quantile(values, share), share, color=colour, linewidth=1.4, label=f"{name} ({len(values)})")
    if log:
        axes.set_xscale("log")
        low, high = axes.get_xlim()
        axes.set_xticks([tick for tick in _TICKS if low <= tick <= high], minor=False)
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_locator(NullLocator())
    axes.set(xlabel=compared.figure.unit or "ratio", ylabel="share of values below", ylim=(0, 1.01))
    axes.legend(loc="lower right")


def _noise(axes: Sequence[Axes], by_key: dict[str, Compared]) -> None:
    titles = {"quiet_sd_g": "quiet noise, per plate", "busy_sd_p90_g": "loudest tenth of the seconds, per plate"}
    for place, (key, title) in zip(axes[:2], titles.items(), strict=True):
        _shares(place, by_key[key])
        place.set_title(title)
    _shares(axes[2], by_key["neighbour_correlation"], log=False)
    axes[2].set(title="neighbours' first differences", xlabel="absolute correlation")


def _spectrum(axes: Sequence[Axes], real: Collected, simulated: Collected) -> None:
    for place, title, soft in (
        (axes[0], "fixtures with the peak below 13 Hz", True),
        (axes[1], "the other fixtures", False),
    ):
        made = np.stack([p for p in simulated.spectra if _is_soft(simulated.frequencies_hz, p) == soft])
        low, middle, high = 100.0 * np.percentile(made, (10, 50, 90), axis=0)
        place.fill_between(simulated.frequencies_hz, low, high, color=MADE, alpha=0.25, linewidth=0)
        place.plot(simulated.frequencies_hz, middle, color=MADE, linewidth=1.4, label=f"simulated ({len(made)})")
        own = [power for power in real.spectra if _is_soft(real.frequencies_hz, power) == soft]
        for number, power in enumerate(own):
            label = f"real ({len(own)})" if number == 0 else None
            place.plot(real.frequencies_hz, 100.0 * power, color=REAL, linewidth=0.9, alpha=0.85, label=label)
        place.set(xlabel="Hz", ylabel="% of the power per 0.5 Hz", title=title, xlim=(0, 30))
        place.set_ylim(0, 1.25 * place.get_ylim()[1])
        place.legend(loc="upper right")


def _is_soft(frequencies_hz: Floats, power: Floats) -> bool:
    return bool(frequencies_hz[int(np.argmax(power))] < _SOFT_HZ)


def _steps(axes: Sequence[Axes], real: Collected, simulated: Collected) -> None:
    ticks = np.arange(-0.4, 1.0, 1.0 / 60.0)
    made = np.stack([np.interp(ticks, step.since_s, step.part) for step in simulated.steps])
    low, middle, high = np.percentile(made, (10, 50, 90), axis=0)
    for place, step, title in zip(axes, real.steps, _TAKES, strict=True):
        place.fill_between(ticks, low, high, color=MADE, alpha=0.25, linewidth=0, label="simulated, 10 to 90 %")
        place.plot(ticks, middle, color=MADE, linewidth=1.0)
        place.plot(ticks, np.interp(ticks, step.since_s, step.part), color=REAL, linewidth=1.4, label="real")
        place.set(xlabel="s after the step", title=title, ylim=(-0.6, 2.2))
        place.legend(loc="lower right")
    axes[0].set_ylabel("share of the step, main plate")


def _tracks(axes: Sequence[Axes], by_key: dict[str, Compared]) -> None:
    place = np.arange(len(JOINT_NAMES))
    for panel, kind, title in (
        (axes[0], "jitter", "jitter from tick to tick"),
        (axes[1], "burst_jitter", "jitter within a burst"),
    ):
        found = [by_key[f"{kind}_{name}_mm"].result for name in JOINT_NAMES]
        for shift, colour, name in ((-0.2, REAL, "real"), (0.2, MADE, "simulated")):
            medians = [float(np.median(one.real if name == "real" else one.simulated)) for one in found]
            panel.bar(place + shift, medians, 0.38, color=colour, label=name)
        panel.set_xticks(place, [name.replace("_", " ") for name in JOINT_NAMES], rotation=60, ha="right")
        panel.set(ylabel="mm (median)", title=title)
        panel.legend(loc="upper left")
    _shares(axes[2], by_key["frame_gap_ms"], log=False)
    axes[2].set_title("gap from frame to frame")
