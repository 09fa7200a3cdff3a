"""The list of trips: who came in on what, what it cost, and how it stands; page by page, and as CSV."""

from collections.abc import Iterator
from typing import get_args
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response

from tillfree.commerce.display import display_text
from tillfree.commerce.trips import EntryKind, Trip, TripStatus
from tillfree.core.ids import TripId
from tillfree.core.money import Money
from tillfree.storage.database.money.trips import TripCursor, TripQuery
from tillfree.web.ask import Ask
from tillfree.web.errors import AskError
from tillfree.web.payments.wording import ENTRIES, STATUS_KINDS, STATUSES
from tillfree.web.reports.period import day_bounds

__all__ = ["export", "show_list", "total_of"]

_PAGE = 50
_FILE_PAGE = 500
_ROWS_MAX = 200_000
_HEADER = (
    "trip", "opened", "closed", "settled", "entry", "role", "people", "status", "total", "currency", "hold", "why",
    "simulated",
)  # fmt: skip


class _Filter(msgspec.Struct, frozen=True):
    """What the reader wants to see, as it stood in the form."""

    status: str
    entry: str
    day: str
    text: str

    def address(self, path: str, **more: str) -> str:
        values = {name: value for name, value in {**msgspec.structs.asdict(self), **more}.items() if value}
        return f"{path}?{urlencode(values)}" if values else path


def total_of(trip: Trip) -> Money | None:
    """What the receipt in force comes to; None before there is one."""
    return None if trip.receipt is None else trip.receipt.total.gross


def show_list(ask: Ask) -> Response:
    """A page of trips, newest first."""
    wanted = _filter(ask)
    query = _query(ask, wanted)
    cursor = _cursor(ask)
    rows = ask.database.trips(msgspec.structs.replace(query, before=cursor, limit=_PAGE + 1))
    shown = rows[:_PAGE]
    older = wanted.address("/trips", before=f"{shown[-1].opened_ns}.{shown[-1].id}") if len(rows) > _PAGE else ""
    return ask.page(
        "payments/trips.html",
        wanted=wanted,
        filtered=wanted != _Filter("", "", "", ""),
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
    ask.audit("trips.export", detail=ask.request.url.query[:500])
    return ask.download("trips.csv", (_csv_row(ask, trip) for trip in _all(ask, query)), _HEADER)


def _all(ask: Ask, query: TripQuery) -> Iterator[Trip]:
    given = 0
    cursor: TripCursor | None = None
    while given < _ROWS_MAX:
        page = ask.database.trips(msgspec.structs.replace(query, before=cursor, limit=_FILE_PAGE))
        yield from page
        given += len(page)
        if len(page) < _FILE_PAGE:
            return
        cursor = TripCursor(page[-1].opened_ns, page[-1].id)


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
        if wanted.status not in get_args(TripStatus):
            raise AskError(ask.say("There is no such status; choose one of the list."))
        statuses = (wanted.status,)  # type: ignore[assignment]
    if wanted.entry:
        if wanted.entry not in get_args(EntryKind):
            raise AskError(ask.say("There is no such way in; choose one of the list."))
        entry = wanted.entry  # type: ignore[assignment]
    since_ns, until_ns = day_bounds(ask, wanted.day) if wanted.day else (None, None)
    return TripQuery(since_ns=since_ns, until_ns=until_ns, statuses=statuses, entry=entry, text=wanted.text)


def _cursor(ask: Ask) -> TripCursor | None:
    opened, _, trip = ask.query("before", limit=200).partition(".")
    if not (opened and trip):
        return None
    if not (opened.isascii() and opened.isdigit() and len(opened) < 20):
        raise AskError(ask.say("This page of the list is not there; begin at the newest."))
    return TripCursor(int(opened), TripId(trip))
