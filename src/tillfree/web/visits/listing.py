"""The list of visits: who is in the shop now, and all finished ones with filters, page by page, and as CSV."""

import datetime as dt

import msgspec
from starlette.responses import Response

from tillfree.commerce.display import display_text
from tillfree.core.ids import VisitId
from tillfree.core.time import NS_PER_MINUTE, NS_PER_S
from tillfree.storage.database.paging import PAGE_MAX, rows_of_pages
from tillfree.storage.database.visits import Outcome, VisitCursor, VisitQuery, VisitRow
from tillfree.web.ask import Ask
from tillfree.web.errors import AskError
from tillfree.web.listing import CSV_ROWS_MAX, Filter, one_of, place
from tillfree.web.visits.wording import OUTCOME_KINDS, OUTCOMES, ended

__all__ = ["export", "show_list"]

_PAGE = 50
_CARTS_SHOWN = 100
_YEARS = (1970, 2200)
_HEADER = (
    "visit", "in", "out", "minutes", "items", "total", "decided_total", "currency", "probability", "outcome", "right",
    "anonymous", "simulated", "ended",
)  # fmt: skip


class _Filter(Filter, frozen=True):
    """Which visits the reader wants to see."""

    since: str
    until: str
    outcome: str
    text: str


def show_list(ask: Ask) -> Response:
    """Visits that go on, and a page of those that are over."""
    wanted = _filter(ask)
    query = _query(ask, wanted)
    before = place(ask)
    cursor = None if before is None else VisitCursor(before[0], VisitId(before[1]))
    rows = ask.database.visits(msgspec.structs.replace(query, before=cursor, limit=_PAGE + 1))
    shown = rows[:_PAGE]
    older = ""
    if len(rows) > _PAGE:
        older = wanted.address("/visits", before=f"{shown[-1].closed_ns}.{shown[-1].visit}")
    carts = sorted(ask.store.carts(), key=lambda cart: cart.opened_ns)
    return ask.page(
        "visits.html",
        wanted=wanted,
        filtered=wanted.chosen,
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
    rows = rows_of_pages(
        lambda before: ask.database.visits(msgspec.structs.replace(query, before=before, limit=PAGE_MAX)),
        lambda row: row.cursor,
        most=CSV_ROWS_MAX,
    )
    ask.audit("visits.export", detail=ask.request.url.query[:500])
    return ask.download("visits.csv", (_csv_row(ask, row) for row in rows), _HEADER)


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
        outcome = one_of(Outcome, wanted.outcome, ask.say("There is no such outcome; choose one of the list."))
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
