"""The list of visits: who is in the shop now, and all finished ones with filters, page by page, and as CSV."""

import datetime as dt
from collections.abc import Iterator
from typing import get_args
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response

from tillfree.commerce.display import display_text
from tillfree.core.ids import VisitId
from tillfree.core.time import NS_PER_MINUTE, NS_PER_S
from tillfree.storage.database.visits import PAGE_MAX, Outcome, VisitCursor, VisitQuery, VisitRow
from tillfree.web.ask import Ask
from tillfree.web.errors import AskError
from tillfree.web.visits.wording import OUTCOME_KINDS, OUTCOMES, ended

__all__ = ["export", "show_list"]

_PAGE = 50
_CARTS_SHOWN = 100
_ROWS_MAX = 200_000
_YEARS = (1970, 2200)
_HEADER = (
    "visit", "in", "out", "minutes", "items", "total", "decided_total", "currency", "probability", "outcome", "right",
    "anonymous", "simulated", "ended",
)  # fmt: skip


class _Filter(msgspec.Struct, frozen=True):
    """What the reader wants to see, as it stood in the form."""

    since: str
    until: str
    outcome: str
    text: str

    def address(self, path: str, **more: str) -> str:
        """The same list under another address."""
        values = {name: value for name, value in {**msgspec.structs.asdict(self), **more}.items() if value}
        return f"{path}?{urlencode(values)}" if values else path


def show_list(ask: Ask) -> Response:
    """Visits that go on, and a page of those that are over."""
    wanted = _filter(ask)
    query = _query(ask, wanted)
    cursor = _cursor(ask)
    rows = ask.database.visits(msgspec.structs.replace(query, before=cursor, limit=_PAGE + 1))
    shown = rows[:_PAGE]
    older = ""
    if len(rows) > _PAGE:
        older = wanted.address("/visits", before=f"{shown[-1].closed_ns}.{shown[-1].visit}")
    carts = sorted(ask.store.carts(), key=lambda cart: cart.opened_ns)
    return ask.page(
        "visits.html",
        wanted=wanted,
        filtered=wanted != _Filter("", "", "", ""),
        outcomes={key: ask.say(said) for key, said in OUTCOMES.items()},
        kinds=OUTCOME_KINDS,
        rows=shown,
        count=ask.database.count_visits(query),
        minutes_of=_minutes,
        ended=lambda reason: ended(ask, reason),
        older=older,
        newer=wanted.address("/visits") if cursor else "",
        export=wanted.address("/visits.csv"),
        carts=carts[:_CARTS_SHOWN],
        carts_more=max(0, len(carts) - _CARTS_SHOWN),
        now_ns=ask.store.snapshot().time_ns,
        truth_known=any(row.right is not None for row in shown),
    )


def export(ask: Ask) -> Response:
    """All visits of the filter as CSV."""
    query = _query(ask, _filter(ask))
    ask.audit("visits.export", detail=ask.request.url.query[:500])
    return ask.download("visits.csv", (_csv_row(ask, row) for row in _all_rows(ask, query)), _HEADER)


def _all_rows(ask: Ask, query: VisitQuery) -> Iterator[VisitRow]:
    given = 0
    cursor: VisitCursor | None = None
    while given < _ROWS_MAX:
        page = ask.database.visits(msgspec.structs.replace(query, before=cursor, limit=PAGE_MAX))
        yield from page
        given += len(page)
        if len(page) < PAGE_MAX:
            return
        cursor = page[-1].cursor


def _csv_row(ask: Ask, row: VisitRow) -> tuple[object, ...]:
    right = {True: "yes", False: "no", None: ""}[row.right]
    return (
        row.visit,
        ask.when(row.opened_ns).isoformat(),
        ask.when(row.closed_ns).isoformat(),
        f"{_minutes(row.opened_ns, row.closed_ns):.2f}",
        row.items,
        row.total,
        row.decided_total,
        row.total.currency,
        f"{row.probability:.6f}",
        row.outcome,
        right,
        "yes" if row.anonymous else "no",
        "yes" if row.simulated else "no",
        row.reason,
    )


def _minutes(opened_ns: int, closed_ns: int) -> float:
    return max(0, closed_ns - opened_ns) / NS_PER_MINUTE


def _filter(ask: Ask) -> _Filter:
    text = display_text(ask.query("text", limit=100))
    return _Filter(ask.query("since", limit=40), ask.query("until", limit=40), ask.query("outcome", limit=20), text)


def _query(ask: Ask, wanted: _Filter) -> VisitQuery:
    outcome: Outcome | None = None
    if wanted.outcome:
        if wanted.outcome not in get_args(Outcome):
            raise AskError(ask.say("There is no such outcome; choose one of the list."))
        outcome = wanted.outcome  # type: ignore[assignment]
    return VisitQuery(
        since_ns=_moment(ask, wanted.since),
        until_ns=_moment(ask, wanted.until),
        outcome=outcome,
        text=wanted.text,
    )


def _moment(ask: Ask, text: str) -> int | None:
    """A day, or a day and time, of the store's clock."""
    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise AskError(ask.say("This is no day and time: %(what)s", what=display_text(text))) from None
    if not _YEARS[0] < moment.year < _YEARS[1]:
        raise AskError(ask.say("This day is too far away: %(what)s", what=display_text(text)))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ask.console.zone)
    return int(moment.timestamp()) * NS_PER_S


def _cursor(ask: Ask) -> VisitCursor | None:
    closed, _, visit = ask.query("before", limit=100).partition(".")
    if not (closed and visit):
        return None
    if not (closed.isascii() and closed.isdigit() and len(closed) < 20):
        raise AskError(ask.say("This page of the list is not there; begin at the newest."))
    return VisitCursor(int(closed), VisitId(visit))
