"""The page of reports, and each of its tables as a CSV file."""

import datetime as dt

from starlette.responses import Response
from starlette.routing import BaseRoute

from tillfree.web.ask import Ask
from tillfree.web.errors import NotThere
from tillfree.web.floor_plan import floor_plan
from tillfree.web.reports.accuracy import accuracy_section
from tillfree.web.reports.floor import floor_sections
from tillfree.web.reports.minutes import add_up, minutes_of
from tillfree.web.reports.money import money_section
from tillfree.web.reports.period import DAYS_MAX, Period, chosen_period, store_now_ns
from tillfree.web.reports.reviews import review_section
from tillfree.web.reports.sales import sales_sections
from tillfree.web.reports.sections import Section
from tillfree.web.reports.shrink import shrink_section
from tillfree.web.reports.traffic import traffic_sections
from tillfree.web.reports.visits import visit_sections
from tillfree.web.routing import view
from tillfree.web.texts import later

__all__ = ["routes"]

_ROWS_SHOWN = 40
_GROUPS = (
    (("sales", "products"), sales_sections),
    (("conversion", "stay"), visit_sections),
)
_CHOICES = (("today", later("Today")), ("yesterday", later("Yesterday")), ("week", later("Last 7 days")))


def routes() -> list[BaseRoute]:
    """The page and its files."""
    return [
        view("/reports", _page, "reports.see"),
        view("/reports/{name}.csv", _file, "reports.see"),
    ]


def _page(ask: Ask) -> Response:
    period = chosen_period(ask)
    sections = _sections(ask, period)
    return ask.page(
        "reports.html",
        period=period,
        today=ask.when(store_now_ns(ask)).date(),
        choices=_CHOICES,
        days_max=DAYS_MAX,
        sections=sections,
        plan=floor_plan(ask.store.shop),
        rows_shown=_ROWS_SHOWN,
        simulated=ask.store.simulated,
    )


def _file(ask: Ask) -> Response:
    period = chosen_period(ask)
    name = ask.request.path_params["name"]
    section = next((section for section in _sections(ask, period, name) if section.name == name), None)
    if section is None:
        raise NotThere(ask.say("There is no such report."))
    days = _days(period.first, period.last)
    ask.audit("report.export", section.name, days)
    header = [field.raw for field in section.table.fields]
    return ask.download(f"{section.name}-{days}.csv", section.table.rows, header)


def _days(first: dt.date, last: dt.date) -> str:
    return f"{first}" if first == last else f"{first}_{last}"


def _sections(ask: Ask, period: Period, only: str = "") -> list[Section]:
    """All sections in the order of the page; with `only`, at least the one of that name."""
    found: list[Section] = []
    for names, make in _GROUPS:
        if not only or only in names:
            found += make(ask, period)
    if ask.may("payments.see") and (not only or only == "money"):
        found.append(money_section(ask, period))
    if not only or only in ("busy", "throughput", "queue", "heat", "fixtures"):
        floor = add_up(minutes_of(ask, period), ask.console.zone)
        found += traffic_sections(ask, period, floor)
        found += floor_sections(ask, floor)
    if not only or only == "shrink":
        found.append(shrink_section(ask, period))
    if not only or only == "review":
        found.append(review_section(ask, period))
    if not only or only == "accuracy":
        accuracy = accuracy_section(ask, period)
        found += [] if accuracy is None else [accuracy]
    return found
