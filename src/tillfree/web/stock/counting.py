"""Entering counts: of one facing, or of the facings of a fixture one below the other."""

from collections.abc import Iterable, Mapping

import msgspec
from starlette.responses import Response
from starlette.routing import BaseRoute

from tillfree.catalog.model import Shop
from tillfree.web.ask import Ask
from tillfree.web.errors import AskError, NotThere
from tillfree.web.routing import act, view
from tillfree.web.stock.lines import Row, rows_of
from tillfree.web.stock.places import place_words, plates_words, shelves_from_top

__all__ = ["COUNT_MAX", "FIELD", "counts_of", "routes", "save_counts", "shelves_of"]

COUNT_MAX = 9999
FIELD = "count "
"""What the name of a field begins with; the name of the facing follows."""
_ROWS_MAX = 300


def routes() -> list[BaseRoute]:
    """Counting."""
    return [view("/stock/count", _page, "stock.change"), act("/stock/count", _count, "stock.change")]


def _page(ask: Ask) -> Response:
    fixtures = [fixture.id for fixture in ask.store.shop.fixtures if fixture.shelves]
    fixture, key = ask.query("fixture"), ask.query("facing", limit=400)
    rows = rows_of(ask.store.shop, ask.store.stock())
    if key:
        rows = [row for row in rows if row.key == key]
        if not rows:
            raise NotThere(ask.say("This facing is not in the planogram any more."))
    elif fixture:
        rows = [row for row in rows if row.fixture == fixture]
        if fixture not in fixtures:
            raise NotThere(ask.say("There is no fixture %(fixture)s in this shop.", fixture=fixture))
    else:
        rows = []
    shelf = ask.number("shelf", 0, 10_000, 0)
    if len(rows) > _ROWS_MAX and not shelf:
        shelf = min(row.shelf for row in rows)
    shelves = sorted({row.shelf for row in rows})
    rows = [row for row in rows if not shelf or row.shelf == shelf][:_ROWS_MAX]
    return ask.page(
        "stock_count.html",
        fixtures=fixtures,
        fixture=rows[0].fixture if key else fixture,
        facing=key,
        shelf=shelf,
        shelves=shelves,
        by_shelf=shelves_of(ask.store.shop, rows),
        field=FIELD,
        most=COUNT_MAX,
        plates_words=plates_words,
        place_words=place_words,
    )


def _count(ask: Ask) -> Response:
    counts = counts_of(ask)
    fixture, shelf = ask.text("fixture", limit=200), ask.number("shelf", 0, 10_000, 0)
    again = {"fixture": fixture, "shelf": str(shelf) if shelf else ""}
    if not counts:
        return ask.back("/stock/count", wrong=ask.say("Nothing was entered: type what you counted."), **again)
    rows = save_counts(ask, counts)
    done = ask.say_many("Saved: %(count)s facing counted.", "Saved: %(count)s facings counted.", len(rows))
    if ask.text("facing", limit=400):
        return ask.back("/stock", done=done, text=rows[0].name)
    return ask.back("/stock/count", done=done, **again)


def counts_of(ask: Ask) -> dict[str, int]:
    """Facing and number of each field that something was entered into.

    Raises:
        AskError: what was entered is no count.
    """
    counts: dict[str, int] = {}
    for name, value in ask.form.items():
        if not name.startswith(FIELD) or not isinstance(value, str) or not value.strip():
            continue
        text = value.strip()
        if not (text.isascii() and text.isdigit() and len(text) <= 4):
            raise AskError(
                ask.say(
                    "“%(entered)s” is no count: give whole numbers from 0 to %(most)s. Nothing was saved.",
                    entered=text[:20],
                    most=COUNT_MAX,
                )
            )
        counts[name.removeprefix(FIELD)] = int(text)
    return counts


def save_counts(ask: Ask, counts: Mapping[str, int], full: bool = False) -> list[Row]:
    """Tell the store and the database what a person counted; `full` says that no more would fit.

    Raises:
        AskError: a facing is not there (any more); then nothing is saved.
    """
    store = ask.store
    by_key = {row.key: row for row in rows_of(store.shop, store.stock())}
    unknown = [key for key in counts if key not in by_key]
    if unknown:
        raise AskError(ask.say("The planogram has changed meanwhile: open the page again. Nothing was saved."), 409)
    now_ns = store.now_ns
    saved: list[Row] = []
    for key, units in counts.items():
        row = by_key[key]
        par = units if full or row.par is None else max(row.par, units)
        store.count_facing(row.index, units)
        if full:
            # A count never makes a facing smaller; "no more would fit" does.
            store.set_counts({row.index: (units, par, now_ns)})
        ask.database.save_count(key, units, par, ask.reader.name, now_ns)
        before = "–" if row.count is None else row.count
        ask.audit("stock.fill" if full else "stock.count", key, f"{before} → {units}, par {par}")
        saved.append(msgspec.structs.replace(row, count=units, par=par))
    return saved


def shelves_of(shop: Shop, rows: Iterable[Row]) -> list[tuple[int, list[Row]]]:
    """The rows of one fixture by shelf, as a person goes through them: the top shelf first, from the left."""
    by_shelf: dict[int, list[Row]] = {}
    for row in rows:
        by_shelf.setdefault(row.shelf, []).append(row)
    fixture = next((row.fixture for group in by_shelf.values() for row in group), "")
    height = {
        shelf.index: place
        for known in shop.fixtures
        if known.id == fixture
        for place, shelf in enumerate(shelves_from_top(known))
    }
    order = sorted(by_shelf, key=lambda shelf: height.get(shelf, shelf))
    return [(shelf, sorted(by_shelf[shelf], key=lambda row: row.plates)) for shelf in order]
