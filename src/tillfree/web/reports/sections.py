"""What a report is made of: sections with figures, plots and one table, which is also their CSV file."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from tillfree.commerce.display import format_amount
from tillfree.core.money import Money
from tillfree.core.time import NS_PER_S
from tillfree.web.ask import Ask
from tillfree.web.charts import Bar, ColumnChart, RowChart
from tillfree.web.reports.heat import HeatMap

__all__ = ["Cell", "Field", "Section", "Table", "Tile", "by_day", "by_hour", "hour_bars", "per_cent", "shown_amount"]

Cell = str | int | float | Money | None


class Field(msgspec.Struct, frozen=True):
    """A column of a table; `digits` and `unit` are of its numbers, `raw` is its name in CSV files of any language."""

    raw: str
    title: str
    digits: int = 0
    unit: str = ""


class Table(msgspec.Struct, frozen=True):
    """The numbers of a section."""

    fields: tuple[Field, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Tile(msgspec.Struct, frozen=True):
    """One figure that matters, ready to read."""

    label: str
    value: str
    note: str = ""
    kind: str = ""


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the report; `name` is that of its CSV file, `about` says what is counted and what is not."""

    name: str
    title: str
    about: tuple[str, ...]
    table: Table
    tiles: tuple[Tile, ...] = ()
    columns: tuple[ColumnChart, ...] = ()
    rows: tuple[RowChart, ...] = ()
    heat: HeatMap | None = None
    empty: str = ""
    badge: str = ""


def per_cent(part: float, whole: float) -> float | None:
    """A share in per cent, None of nothing."""
    return 100.0 * part / whole if whole else None


def shown_amount(money: Money | None) -> str:
    """As the filter `amount` shows it."""
    return "–" if money is None else f"{format_amount(money)}\u00a0{money.currency}"


def by_hour(ask: Ask, quarters: Mapping[int, float]) -> list[float]:
    """Sums of quarter hours by the hour of the day in the store, 24 of them."""
    sums = [0.0] * 24
    for begin_ns, value in quarters.items():
        sums[ask.when(begin_ns).hour] += value
    return sums


def by_day(ask: Ask, quarters: Iterable[tuple[int, float]]) -> dict[dt.date, float]:
    """Sums of quarter hours by day."""
    sums: dict[dt.date, float] = {}
    for begin_ns, value in quarters:
        day = dt.datetime.fromtimestamp(begin_ns // NS_PER_S, ask.console.zone).date()
        sums[day] = sums.get(day, 0.0) + value
    return sums


def hour_bars(values: Sequence[float], shown: Sequence[str], marks: Sequence[float | None] = ()) -> list[Bar]:
    """Bars of the hours in which anything was, from the first to the last of them."""
    busy = [hour for hour, value in enumerate(values) if value > 0]
    if not busy:
        return []
    hours = range(min(busy), max(busy) + 1)
    return [
        Bar(f"{hour:02d}:00", float(values[hour]), shown[hour], marks[hour] if marks else None, str(hour))
        for hour in hours
    ]
