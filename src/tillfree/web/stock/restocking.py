"""What to bring to which shelf, and filling up a fixture while the scales count along."""

import msgspec
from starlette.responses import Response
from starlette.routing import BaseRoute

from tillfree.core.ids import FixtureId
from tillfree.web.ask import Ask
from tillfree.web.errors import AskError, NotThere
from tillfree.web.routing import act, view
from tillfree.web.stock.counting import COUNT_MAX, FIELD, counts_of, save_counts, shelves_of
from tillfree.web.stock.lines import Row, low_limit, rows_of
from tillfree.web.stock.places import plates_words, walking_order

__all__ = ["BringTo", "bring_list", "routes"]

_ROWS_MAX = 500
_HOW_EMPTY = ("all", "half", "low")


class BringTo(msgspec.Struct, frozen=True):
    """What a fixture needs: its facings that are not full, and how many units in all."""

    fixture: FixtureId
    rows: list[Row]
    units: int


def routes() -> list[BaseRoute]:
    """The restocking list and mode."""
    return [
        view("/stock/restock", _list, "stock.see"),
        view("/stock/restock.csv", _table, "stock.see"),
        view("/stock/restocking", _mode, "stock.change"),
        view("/stock/restocking/now", _now, "stock.change"),
        act("/stock/restocking", _switch, "stock.change"),
        act("/stock/restocking/filled", _filled, "stock.change"),
    ]


def bring_list(ask: Ask, how_empty: str = "all") -> list[BringTo]:
    """What to bring, fixture by fixture in the order of a walk; `how_empty`: "all" not full, "half" or less, "low"."""
    rows = [
        row for row in rows_of(ask.store.shop, ask.store.stock()) if row.missing and _is_empty_enough(row, how_empty)
    ]
    by_fixture: dict[FixtureId, list[Row]] = {}
    for row in rows:
        by_fixture.setdefault(row.fixture, []).append(row)
    return [
        BringTo(
            fixture,
            [row for _, shelf in shelves_of(ask.store.shop, by_fixture[fixture]) for row in shelf],
            sum(row.missing for row in by_fixture[fixture]),
        )
        for fixture in walking_order(ask.store.shop, by_fixture)
    ]


def _is_empty_enough(row: Row, how_empty: str) -> bool:
    count, par = row.count or 0, row.par or 0
    if how_empty == "low":
        return count <= low_limit(par)
    return how_empty == "all" or 2 * count <= par


def _list(ask: Ask) -> Response:
    how_empty = _how_empty(ask)
    found = bring_list(ask, how_empty)
    stops: list[BringTo] = []
    room = _ROWS_MAX
    for stop in found:
        if room <= 0:
            break
        stops.append(msgspec.structs.replace(stop, rows=stop.rows[:room]))
        room -= len(stop.rows)
    rows = rows_of(ask.store.shop, ask.store.stock())
    return ask.page(
        "stock_restock.html",
        stops=stops,
        how_empty=how_empty,
        total=sum(stop.units for stop in found),
        facings=sum(len(stop.rows) for stop in found),
        left_out=sum(len(stop.rows) for stop in found) - sum(len(stop.rows) for stop in stops),
        uncounted=sum(row.count is None for row in rows),
        fixtures=[fixture.id for fixture in ask.store.shop.fixtures if fixture.shelves],
        restocking=ask.store.restocking(),
        plates_words=plates_words,
    )


def _table(ask: Ask) -> Response:
    header = ("stop", "fixture", "shelf", "plates", "product", "name", "bring", "count", "par")
    cells = (
        (
            number,
            row.fixture,
            row.shelf,
            " ".join(map(str, row.plates)),
            row.product,
            row.name,
            row.missing,
            row.count,
            row.par,
        )
        for number, stop in enumerate(bring_list(ask, _how_empty(ask)), 1)
        for row in stop.rows
    )
    return ask.download("restocking.csv", cells, header)


def _how_empty(ask: Ask) -> str:
    wanted = ask.query("how_empty", limit=10)
    return wanted if wanted in _HOW_EMPTY else "all"


def _mode(ask: Ask) -> Response:
    if not ask.query("fixture"):
        return ask.back("/stock/restock")
    fixture = _fixture(ask, ask.query("fixture"))
    rows = [row for row in rows_of(ask.store.shop, ask.store.stock()) if row.fixture == fixture]
    return ask.page(
        "stock_restocking.html",
        fixture=fixture,
        on=fixture in ask.store.restocking(),
        by_shelf=shelves_of(ask.store.shop, rows),
        field=FIELD,
        most=COUNT_MAX,
        plates_words=plates_words,
    )


def _now(ask: Ask) -> Response:
    """The counts of one fixture, by facing."""
    fixture = _fixture(ask, ask.query("fixture"))
    rows = [row for row in rows_of(ask.store.shop, ask.store.stock()) if row.fixture == fixture]
    return ask.json(
        {
            "on": fixture in ask.store.restocking(),
            "rows": {row.key: {"count": row.count, "par": row.par, "missing": row.missing} for row in rows},
        }
    )


def _switch(ask: Ask) -> Response:
    fixture, wanted = _fixture(ask, ask.text("fixture", limit=200)), ask.text("do", limit=10)
    if wanted not in ("start", "end"):
        raise AskError(ask.say("Restocking can be started or ended."))
    ask.store.set_restocking(fixture, wanted == "start")
    ask.audit(f"restocking.{wanted}", fixture)
    if wanted == "start":
        return ask.back("/stock/restocking", fixture=fixture)
    return ask.back("/stock/restock", done=ask.say("Restocking of fixture %(fixture)s is over.", fixture=fixture))


def _filled(ask: Ask) -> Response:
    fixture = _fixture(ask, ask.text("fixture", limit=200))
    only = ask.text("only", limit=400)
    counts = {key: units for key, units in counts_of(ask).items() if not only or key == only}
    if not counts:
        wrong = ask.say("Enter how many lie there now, then say that it is filled up.")
        return ask.back("/stock/restocking", wrong=wrong, fixture=fixture)
    rows = save_counts(ask, counts, full=True)
    if len(rows) == 1:
        done = ask.say("%(product)s is filled up: %(count)s.", product=rows[0].name, count=rows[0].count)
    else:
        done = ask.say_many("%(count)s facing is filled up.", "%(count)s facings are filled up.", len(rows))
    return ask.back("/stock/restocking", done=done, fixture=fixture)


def _fixture(ask: Ask, wanted: str) -> FixtureId:
    for fixture in ask.store.shop.fixtures:
        if fixture.id == wanted and fixture.shelves:
            return fixture.id
    raise NotThere(ask.say("There is no fixture %(fixture)s in this shop.", fixture=wanted[:60]))
