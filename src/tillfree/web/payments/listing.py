"""The list of trips: who came in on what, what it cost, and how it stands; page by page, and as CSV."""

import msgspec
from starlette.responses import Response

from tillfree.commerce.display import display_text
from tillfree.commerce.trips import EntryKind, Trip, TripStatus
from tillfree.core.ids import TripId
from tillfree.core.money import Money
from tillfree.storage.database.money.trips import TripCursor, TripQuery, trip_cursor
from tillfree.storage.database.paging import PAGE_MAX, rows_of_pages
from tillfree.web.ask import Ask
from tillfree.web.listing import CSV_ROWS_MAX, Filter, one_of, place
from tillfree.web.payments.wording import ENTRIES, STATUS_KINDS, STATUSES
from tillfree.web.reports.period import day_bounds

__all__ = ["export", "show_list", "total_of"]

_PAGE = 50
_HEADER = (
    "trip", "opened", "closed", "settled", "entry", "role", "people", "status", "total", "currency", "hold", "why",
    "simulated",
)  # fmt: skip


class _Filter(Filter, frozen=True):
    """Which trips the reader wants to see."""

    status: str
    entry: str
    day: str
    text: str


def total_of(trip: Trip) -> Money | None:
    """What the receipt in force comes to; None before there is one."""
    return None if trip.receipt is None else trip.receipt.total.gross


def show_list(ask: Ask) -> Response:
    """A page of trips, newest first."""
    wanted = _filter(ask)
    query = _query(ask, wanted)
    before = place(ask)
    cursor = None if before is None else TripCursor(before[0], TripId(before[1]))
    rows = ask.database.trips(msgspec.structs.replace(query, before=cursor, limit=_PAGE + 1))
    shown = rows[:_PAGE]
    older = wanted.address("/trips", before=f"{shown[-1].opened_ns}.{shown[-1].id}") if len(rows) > _PAGE else ""
    return ask.page(
        "payments/trips.html",
        wanted=wanted,
        filtered=wanted.chosen,
        statuses={key: ask.say(said) for key, said in STATUSES.items()},
        kinds=STATUS_KINDS,
        entries={key: ask.say(said) for key, said in ENTRIES.items()},
        rows=[(trip, total_of(trip)) for trip in shown],
        count=ask.database.count_trips(query),
        older=older,
        newer=wanted.address("/trips") if cursor else "",
        export=wanted.address("/trips.csv"),
        no_till=ask.console.till is None,
    )


def export(ask: Ask) -> Response:
    """All trips of the filter as CSV."""
    query = _query(ask, _filter(ask))
    trips = rows_of_pages(
        lambda before: ask.database.trips(msgspec.structs.replace(query, before=before, limit=PAGE_MAX)),
        trip_cursor,
        most=CSV_ROWS_MAX,
    )
    ask.audit("trips.export", detail=ask.request.url.query[:500])
    return ask.download("trips.csv", (_csv_row(ask, trip) for trip in trips), _HEADER)


def _csv_row(ask: Ask, trip: Trip) -> tuple[object, ...]:
    total = total_of(trip)
    return (
        trip.id,
        _moment(ask, trip.opened_ns),
        _moment(ask, trip.closed_ns),
        _moment(ask, trip.settled_ns),
        trip.entry,
        trip.role,
        len(trip.visits),
        trip.status,
        total,
        "" if total is None else total.currency,
        trip.hold,
        trip.why,
        "yes" if trip.simulated else "no",
    )


def _moment(ask: Ask, time_ns: int) -> str:
    return ask.when(time_ns).isoformat() if time_ns else ""


def _filter(ask: Ask) -> _Filter:
    return _Filter(
        ask.query("status", limit=20),
        ask.query("entry", limit=20),
        ask.query("day", limit=20).strip(),
        display_text(ask.query("text", limit=100)).strip(),
    )


def _query(ask: Ask, wanted: _Filter) -> TripQuery:
    statuses: tuple[TripStatus, ...] = ()
    entry: EntryKind | None = None
    if wanted.status:
        statuses = (one_of(TripStatus, wanted.status, ask.say("There is no such status; choose one of the list.")),)
    if wanted.entry:
        entry = one_of(EntryKind, wanted.entry, ask.say("There is no such way in; choose one of the list."))
    since_ns, until_ns = day_bounds(ask, wanted.day) if wanted.day else (None, None)
    return TripQuery(since_ns=since_ns, until_ns=until_ns, statuses=statuses, entry=entry, text=wanted.text)
