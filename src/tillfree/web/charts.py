"""Plots as geometry, for templates/charts.html to draw.

Widths are in per cent and heights in pixels, so that text never scales. Colours are the style sheet's, so that a plot
is readable in the dark too.
"""

import math
from collections.abc import Sequence

import msgspec

__all__ = [
    "PLOT_PX",
    "Bar",
    "Column",
    "ColumnChart",
    "Row",
    "RowChart",
    "Tick",
    "column_chart",
    "nice_top",
    "row_chart",
]

PLOT_PX = 140
"""Height of the plot of a column chart, without its labels."""
_LABELS_MAX = 8
"""As many as a phone has room for."""
_WIDE = 0.72
"""Share of its place that a column is wide."""


class Bar(msgspec.Struct, frozen=True):
    """One value: `shown` is how it is read. `mark` is a second value of the same unit, drawn as a line.

    `short` stands under a column in the place of a long label.
    """

    label: str
    value: float
    shown: str
    mark: float | None = None
    short: str = ""


class Column(msgspec.Struct, frozen=True):
    """A bar as it is drawn; `label` is empty where there is no place for it. All x and widths are in per cent."""

    label: str
    told: str
    x: float
    middle: float
    width: float
    y_px: float
    height_px: float
    mark_px: float | None


class Tick(msgspec.Struct, frozen=True):
    """A line of the scale."""

    label: str
    y_px: float


class ColumnChart(msgspec.Struct, frozen=True):
    """Columns side by side; `told` is the caption with the highest value, for whoever does not see it."""

    caption: str
    told: str
    unit: str
    columns: tuple[Column, ...]
    ticks: tuple[Tick, ...]
    mark_name: str


class Row(msgspec.Struct, frozen=True):
    """A row of a table with a bar in it; `share` is its width in per cent."""

    label: str
    shown: str
    share: float


class RowChart(msgspec.Struct, frozen=True):
    """Bars below each other, with their labels and values: plot and table in one."""

    caption: str
    value_name: str
    rows: tuple[Row, ...]


def column_chart(caption: str, bars: Sequence[Bar], unit: str = "", mark_name: str = "") -> ColumnChart | None:
    """A chart of one column per bar; None where there is nothing to see."""
    most = max((max(bar.value, bar.mark or 0.0) for bar in bars), default=0.0)
    if not most > 0 or not math.isfinite(most):
        return None
    top = nice_top(most)
    step = 100.0 / len(bars)
    every = math.ceil(len(bars) / _LABELS_MAX)
    columns = tuple(
        Column(
            label=(bar.short or bar.label) if place % every == 0 else "",
            told=f"{bar.label}: {bar.shown}",
            x=round(place * step + step * (1 - _WIDE) / 2, 3),
            middle=round((place + 0.5) * step, 3),
            width=round(step * _WIDE, 3),
            y_px=_y(bar.value, top),
            height_px=round(PLOT_PX - _y(bar.value, top), 1),
            mark_px=None if bar.mark is None else _y(bar.mark, top),
        )
        for place, bar in enumerate(bars)
    )
    highest = max(bars, key=lambda bar: bar.value)
    ticks = tuple(Tick(_short(top * part / 2), _y(top * part / 2, top)) for part in range(3))
    told = f"{caption}. {highest.label}: {highest.shown}"
    return ColumnChart(caption, told, unit, columns, ticks, mark_name)


def row_chart(caption: str, value_name: str, bars: Sequence[Bar]) -> RowChart | None:
    """A chart of one row per bar; None without any."""
    if not bars:
        return None
    most = max(0.0, *(bar.value for bar in bars))
    rows = tuple(
        Row(bar.label, bar.shown, round(100 * max(bar.value, 0.0) / most, 2) if most > 0 else 0.0) for bar in bars
    )
    return RowChart(caption, value_name, rows)


def nice_top(value: float) -> float:
    """The least of 1, 2, 4, 5, 10 times a power of ten that is not below a value: halves of it are easy to read."""
    power = 10.0 ** math.floor(math.log10(value))
    return next((step * power for step in (1, 2, 4, 5, 10) if step * power >= value * (1 - 1e-9)), 10 * power)


def _y(value: float, top: float) -> float:
    return round(PLOT_PX * (1 - min(max(value, 0.0), top) / top), 1)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value == round(value) else f"{value:.3g}"
