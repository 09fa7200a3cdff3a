"""Stock: what lies where, what is out, low, misplaced or unsure, and what staff should see to."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response
from starlette.routing import BaseRoute

from tillfree.web.ask import Ask
from tillfree.web.routing import act, view
from tillfree.web.stock import counting, restocking
from tillfree.web.stock.alerts import acknowledge, alert_list
from tillfree.web.stock.lines import STATES, Row, Wanted, rows_of, select, tally
from tillfree.web.stock.places import place_words, plates_words

__all__ = ["PAGE_ROWS", "routes"]

PAGE_ROWS = 50
_PAGE_MAX = 100_000
_ALERTS_SHOWN, _ALERTS_MAX = 6, 200


def routes() -> list[BaseRoute]:
    """The stock pages."""
    return [
        view("/stock", _page, "stock.see"),
        view("/stock/now", _now, "stock.see"),
        view("/stock/alerts", _alerts, "stock.see"),
        view("/stock/stock.csv", _table, "stock.see"),
        act("/stock/acknowledge", _acknowledge, "stock.change"),
        *counting.routes(),
        *restocking.routes(),
    ]


def _page(ask: Ask) -> Response:
    store = ask.store
    rows = rows_of(store.shop, store.stock())
    wanted = _wanted(ask)
    found = select(rows, wanted)
    pages = max(1, -(-len(found) // PAGE_ROWS))
    page = min(ask.number("page", 1, _PAGE_MAX, 1), pages)
    shown = found[(page - 1) * PAGE_ROWS : page * PAGE_ROWS]
    return ask.page(
        "stock.html",
        tiles=tally(rows, store.alerts()),
        rows=[(row, _cells(ask, row), place_words(ask, row.fixture, row.shelf, row.plates)) for row in shown],
        found=len(found),
        wanted=wanted,
        page=page,
        pages=pages,
        states=STATES,
        fixtures=[fixture.id for fixture in store.shop.fixtures if fixture.shelves],
        restocking=store.restocking(),
        now_query=urlencode(_live_query(shown)),
        page_link=lambda number: "?" + urlencode(_query(wanted) | {"page": str(number)}),
        table_link="/stock/stock.csv?" + urlencode(_query(wanted)),
        **_alert_values(ask),
    )


def _alerts(ask: Ask) -> Response:
    """The list of alerts alone, which the page's script puts in the place of an older one."""
    return ask.page("_stock_alerts.html", **_alert_values(ask))


def _now(ask: Ask) -> Response:
    """Counts now, of the facings that a page shows: `rows` names them by place, as `3-7,9`."""
    store = ask.store
    rows = rows_of(store.shop, store.stock())
    return ask.json(
        {
            "tiles": tally(rows, store.alerts()),
            "alerts": alert_list(ask, 0).mark,
            "rows": {row.key: _cells(ask, row) for row in _chosen(rows, ask.query("rows", limit=400))},
        }
    )


def _cells(ask: Ask, row: Row) -> dict[str, str]:
    """What the table says of a facing that may change."""
    words, looks, sign = STATES[row.state]
    return {
        "count": "–" if row.count is None else str(row.count),
        "par": "–" if row.par is None else str(row.par),
        "changed": _clock(ask, row.changed_ns),
        "counted": _clock(ask, row.counted_ns),
        "state": f"{sign} {ask.say(words)}",
        "looks": looks,
    }


def _clock(ask: Ask, time_ns: int) -> str:
    """The time of today, with its day where that is another."""
    if not time_ns:
        return "–"
    moment = ask.when(time_ns)
    today = moment.date() == ask.when(ask.store.now_ns).date()
    return moment.strftime("%H:%M:%S" if today else "%Y-%m-%d %H:%M")


def _table(ask: Ask) -> Response:
    rows = select(rows_of(ask.store.shop, ask.store.stock()), _wanted(ask))
    header = ("product", "name", "fixture", "shelf", "plates", "count", "par", "state", "last_counted", "last_change")
    cells = (
        (
            row.product,
            row.name,
            row.fixture,
            row.shelf,
            " ".join(str(plate) for plate in row.plates),
            row.count,
            row.par,
            row.state,
            ask.when(row.counted_ns).isoformat() if row.counted_ns else "",
            ask.when(row.changed_ns).isoformat() if row.changed_ns else "",
        )
        for row in rows
    )
    return ask.download("stock.csv", cells, header)


def _acknowledge(ask: Ask) -> Response:
    alert = ask.text("alert", limit=400)
    count = acknowledge(ask, None if alert == "all" else [alert])
    if not count:
        return ask.back("/stock", wrong=ask.say("This alert is over, or somebody has seen it already."))
    done = ask.say_many("Noted: %(count)s alert is seen.", "Noted: %(count)s alerts are seen.", count)
    return ask.back("/stock", done=done)


def _alert_values(ask: Ask) -> dict[str, Any]:
    everything = ask.query("alerts", limit=10) == "all"
    return {"alerts": alert_list(ask, _ALERTS_MAX if everything else _ALERTS_SHOWN), "everything": everything}


def _wanted(ask: Ask) -> Wanted:
    state = ask.query("state", limit=20)
    return Wanted(ask.query("text").strip(), ask.query("fixture"), state if state in STATES else "")


def _query(wanted: Wanted) -> dict[str, str]:
    pairs = {"text": wanted.text, "fixture": wanted.fixture, "state": wanted.state}
    return {name: value for name, value in pairs.items() if value}


def _live_query(rows: Sequence[Row]) -> dict[str, str]:
    return {"rows": plates_words(row.index for row in rows).replace("–", "-").replace(" ", "")}


def _chosen(rows: Sequence[Row], text: str) -> list[Row]:
    """The rows of `3-7,9`, never more than a page shows; what is no such list names none."""
    wanted: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        low, high = _whole(first), _whole(last or first)
        if low is not None and high is not None:
            wanted += range(low, min(high + 1, low + PAGE_ROWS))
    by_index = {row.index: row for row in rows}
    return [by_index[index] for index in wanted[:PAGE_ROWS] if index in by_index]


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else None
