"""Visits: how many bought something, and how long they stayed."""

from tillfree.storage.database.figures import StayFigures, stay_figures
from tillfree.web.ask import Ask
from tillfree.web.charts import Bar, column_chart, row_chart
from tillfree.web.reports.period import Period
from tillfree.web.reports.sections import Cell, Field, Section, Table, Tile, per_cent

__all__ = ["shown_share", "shown_time", "visit_sections"]

_STEPS_MIN = (1, 2, 3, 5, 10, 15, 20, 30, 60)


def visit_sections(ask: Ask, period: Period) -> list[Section]:
    """Conversion, and how long visits lasted."""
    return [_conversion(ask, period), _stay(ask, stay_figures(ask.database, period.since_ns, period.until_ns))]


def shown_share(value: float | None) -> str:
    """A share of 100 as it is read; a dash where it is of nothing."""
    return "–" if value is None else f"{value:.1f}\u00a0%"


def shown_time(seconds: float | None) -> str:
    """Minutes and seconds, or hours and minutes: `3:05 min`."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}\u00a0h"
    return f"{whole // 60}:{whole % 60:02d}\u00a0min"


def _conversion(ask: Ask, period: Period) -> Section:
    found = ask.database.conversion(period.since_ns, period.until_ns)
    kinds = (
        ("visits", ask.say("All visits"), found.visits),
        ("with_items", ask.say("With at least one item"), found.with_items),
        ("charged", ask.say("Decided by the model alone"), found.charged),
        ("decided", ask.say("Decided by a person"), found.decided),
        ("to_review", ask.say("Waiting for a person"), found.to_review),
    )
    bars = [
        Bar(label, float(count), f"{count:,} ({shown_share(per_cent(count, found.visits))})")
        for _, label, count in kinds
    ]
    chart = row_chart(ask.say("What became of the visits"), ask.say("Visits"), bars) if found.visits else None
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (name, label, count, per_cent(count, found.visits)) for name, label, count in kinds if found.visits
    )
    return Section(
        name="conversion",
        title=ask.say("Conversion"),
        about=(
            ask.say(
                "Visits that ended in this time and have at least one item on their receipt, of all visits. Of a visit"
                " that waits for review, what the model thinks counts."
            ),
        ),
        tiles=(
            Tile(ask.say("Visits"), f"{found.visits:,}"),
            Tile(
                ask.say("Conversion"),
                shown_share(per_cent(found.with_items, found.visits)),
                ask.say("%(count)s with at least one item", count=f"{found.with_items:,}"),
            ),
            Tile(
                ask.say("Decided by the model alone"),
                shown_share(per_cent(found.charged, found.visits)),
                ask.say("nobody had to look"),
            ),
        ),
        rows=() if chart is None else (chart,),
        table=Table(
            (
                Field("kind", ask.say("Kind")),
                Field("label", ask.say("What")),
                Field("visits", ask.say("Visits")),
                Field("percent", ask.say("Share"), 1, "%"),
            ),
            rows,
        ),
        empty=ask.say("No visit ended in this time."),
    )


def _stay(ask: Ask, found: StayFigures) -> Section:
    counts = _steps(found.by_minute)
    labels = [_step_label(k) for k in range(len(_STEPS_MIN) + 1)]
    last = max((k for k, count in enumerate(counts) if count), default=-1)
    bars = [
        Bar(labels[k], float(counts[k]), ask.say_many("%(count)s visit", "%(count)s visits", counts[k]))
        for k in range(last + 1)
    ]
    chart = column_chart(ask.say("Visits by length"), bars, ask.say("visits by minutes"))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (labels[k], counts[k], per_cent(counts[k], found.visits)) for k in range(last + 1)
    )
    return Section(
        name="stay",
        title=ask.say("Stay"),
        about=(ask.say("From coming in to going out, of the visits that ended in this time."),),
        tiles=(
            Tile(ask.say("Mean stay"), shown_time(found.mean_s)),
            Tile(ask.say("Median stay"), shown_time(found.median_s), ask.say("half of all stay shorter")),
        ),
        columns=() if chart is None else (chart,),
        table=Table(
            (
                Field("minutes", ask.say("Minutes")),
                Field("visits", ask.say("Visits")),
                Field("percent", ask.say("Share"), 1, "%"),
            ),
            rows,
        ),
        empty=ask.say("No visit ended in this time."),
    )


def _steps(by_minute: dict[int, int]) -> list[int]:
    counts = [0] * (len(_STEPS_MIN) + 1)
    for minute, visits in by_minute.items():
        counts[sum(minute >= step for step in _STEPS_MIN)] += visits
    return counts


def _step_label(place: int) -> str:
    if place == 0:
        return f"< {_STEPS_MIN[0]}"
    if place == len(_STEPS_MIN):
        return f"{_STEPS_MIN[-1]}+"
    return f"{_STEPS_MIN[place - 1]}–{_STEPS_MIN[place]}"
