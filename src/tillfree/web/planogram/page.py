"""The planogram of one fixture: looked at from the front, and changed by dragging or by form."""

from collections.abc import Callable
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute

from tillfree.catalog.model import Fixture, Shop
from tillfree.core.ids import FixtureId, ProductId, ShelfRef
from tillfree.web.ask import Ask
from tillfree.web.catalogue.search import index_of
from tillfree.web.errors import AskError, NotAllowed
from tillfree.web.floor_plan import floor_plan
from tillfree.web.planogram import import_page
from tillfree.web.planogram.drawing import counts_by_place, draw_fixture
from tillfree.web.planogram.moves import MoveError, move, narrow, place, remove, swap, widen
from tillfree.web.planogram.planogram_csv import HEADER, planogram_rows
from tillfree.web.routing import act, view
from tillfree.web.shop_editing import StaleError, digest, editor_of

__all__ = ["routes"]

_FOUND_MAX = 12
_FACINGS_MAX = 1_000_000
_PLATES_MAX = 64
Edit = Callable[[Shop], Shop]


def routes() -> list[BaseRoute]:
    """The page, its changes, import and export."""
    return [
        view("/planogram", _show, "catalogue.see"),
        view("/planogram/products", _products, "catalogue.see"),
        view("/planogram/export", _export, "catalogue.see"),
        act("/planogram/move", _move, "catalogue.change"),
        act("/planogram/swap", _swap, "catalogue.change"),
        act("/planogram/width", _width, "catalogue.change"),
        act("/planogram/place", _place, "catalogue.change"),
        act("/planogram/remove", _remove, "catalogue.change"),
        # Seen by all who see the planogram; who may do it is asked below, since either of two permissions will do.
        act("/planogram/apply", _apply_now, "catalogue.see"),
        *import_page.routes(),
    ]


# ---- looking ----------------------------------------------------------------------------------------------------


def _show(ask: Ask) -> Response:
    shop = editor_of(ask).shop
    if not shop.fixtures:
        return ask.page("planogram/none.html")
    fixture = _fixture(shop, ask.query("fixture"))
    shelves = draw_fixture(shop, fixture, ask.store.shop.facings, counts_by_place(ask.store.stock()))
    chosen = ask.number("facing", -1, _FACINGS_MAX, -1)
    if not 0 <= chosen < len(shop.facings) or shop.facings[chosen].fixture != fixture.id:
        chosen = -1
    products = shop.product_index()
    wanted = products.get(ProductId(ask.query("product")))
    return ask.page(
        "planogram/page.html",
        shop=shop,
        fixture=fixture,
        here=[known.id for known in shop.fixtures].index(fixture.id),
        shelves=shelves,
        chosen=chosen,
        facing=shop.facings[chosen] if chosen >= 0 else None,
        product=products.get(shop.facings[chosen].product) if chosen >= 0 else None,
        others=[(number, f) for number, f in enumerate(shop.facings) if f.fixture == fixture.id and number != chosen],
        products=products,
        wanted=wanted,
        version=digest(shop.facings),
        plan=floor_plan(shop),
        words=_words(ask),
        open_visits=len(ask.store.carts()) if ask.store.pending_shop else 0,
        **_found(ask, shop),
    )


def _words(ask: Ask) -> dict[str, str]:
    """The texts of planogram.js."""
    return {
        "move": ask.say("Move here"),
        "place": ask.say("Put here"),
        "swap": ask.say("Swap with %(name)s"),
        "taken": ask.say("Not free"),
        "none": ask.say("Does not fit"),
    }


def _fixture(shop: Shop, wanted: str) -> Fixture:
    """The fixture of that name, else the first one."""
    return next((fixture for fixture in shop.fixtures if fixture.id == wanted), shop.fixtures[0])


def _products(ask: Ask) -> Response:
    """What is found in the search box, alone, for the script that looks while somebody types."""
    shop = editor_of(ask).shop
    if not shop.fixtures:
        raise AskError(ask.say("This shop has no furniture yet."))
    return ask.page("planogram/found.html", fixture=_fixture(shop, ask.query("fixture")), **_found(ask, shop))


def _found(ask: Ask, shop: Shop) -> dict[str, Any]:
    text = ask.query("text").strip()
    index = index_of(shop, ask.store.settings.commerce)
    # Without words, products that lie nowhere: they are what somebody most likely wants to place.
    found = index.find(text) if text else index.find(lack="place")
    return {"text": text, "found": found[:_FOUND_MAX], "found_more": len(found) - len(found[:_FOUND_MAX]),
            "facings": index.facings}  # fmt: skip


def _export(ask: Ask) -> Response:
    ask.audit("planogram.export")
    return ask.download("planogram.csv", planogram_rows(editor_of(ask).shop), HEADER)


# ---- changing ---------------------------------------------------------------------------------------------------


def _move(ask: Ask) -> Response:
    number, shelf = _facing(ask), _shelf(ask)
    first, count = _span(ask)
    note = ask.say("moved to shelf %(shelf)s, plate %(plate)s", shelf=str(shelf), plate=first)
    return _change(ask, number, note, lambda shop: move(shop, number, shelf, first, count), shelf.fixture)


def _swap(ask: Ask) -> Response:
    number, other = _facing(ask), ask.number("other", 0, _FACINGS_MAX)
    return _change(ask, number, ask.say("places swapped"), lambda shop: swap(shop, number, other))


def _width(ask: Ask) -> Response:
    number = _facing(ask)
    if ask.text("width", limit=10) == "wider":
        return _change(ask, number, ask.say("one plate wider"), lambda shop: widen(shop, number))
    return _change(ask, number, ask.say("one plate narrower"), lambda shop: narrow(shop, number))


def _remove(ask: Ask) -> Response:
    number = _facing(ask)
    return _change(ask, number, ask.say("taken out of the planogram"), lambda shop: remove(shop, number), keep=False)


def _place(ask: Ask) -> Response:
    product, shelf = ProductId(ask.text("product", limit=200)), _shelf(ask)
    first, count = _span(ask)
    note = ask.say("put on shelf %(shelf)s, plate %(plate)s", shelf=str(shelf), plate=first)
    return _change(ask, product, note, lambda shop: place(shop, product, shelf, first, count), shelf.fixture)


def _facing(ask: Ask) -> int:
    return ask.number("facing", 0, _FACINGS_MAX)


def _shelf(ask: Ask) -> ShelfRef:
    """A shelf as the forms name it: `fixture/shelf`; the id of a fixture may hold a stroke itself."""
    fixture, _, shelf = ask.text("shelf", limit=200).rpartition("/")
    if not shelf.isascii() or not shelf.isdigit():
        raise AskError(ask.say("Choose a shelf."))
    return ShelfRef(FixtureId(fixture), int(shelf))


def _span(ask: Ask) -> tuple[int, int]:
    return ask.number("first", 1, _PLATES_MAX), ask.number("plates", 1, _PLATES_MAX, 1)


def _change(ask: Ask, what: int | ProductId, note: str, edit: Edit, fixture: str = "", keep: bool = True) -> Response:
    """Make a change if the planogram is still as the page showed it, and go back to the page."""
    shown, subject = ask.text("version", limit=100), ""
    fixture = fixture or ask.text("fixture", limit=200)

    def checked(shop: Shop) -> Shop:
        nonlocal note, subject
        if shown != digest(shop.facings):
            raise StaleError(ask.say("Somebody else has changed the planogram meanwhile. This is how it is now."))
        after = edit(shop)
        subject = shop.facings[what].product if isinstance(what, int) else what
        product = shop.product_index().get(ProductId(subject))
        note = f"{(product.name if product is not None else '') or subject}: {note}"
        return after

    chosen = str(what) if isinstance(what, int) and keep else ""
    try:
        changed = editor_of(ask).change(ask.reader.name, lambda: note, checked)
    except StaleError as error:
        return ask.back("/planogram", wrong=str(error), fixture=ask.text("fixture", limit=200))
    except MoveError as error:
        wrong = ask.say(error.text, **error.values)
        back = ask.text("fixture", limit=200)
        product = "" if isinstance(what, int) else what
        return ask.back("/planogram", wrong=wrong, fixture=back, facing=chosen, product=product)
    if not changed.version:
        return ask.back("/planogram", done=ask.say("It is there already."), fixture=fixture, facing=chosen)
    ask.audit("planogram.change", subject, note)
    return ask.back("/planogram", done=note, fixture=fixture, facing=chosen)


def _apply_now(ask: Ask) -> Response:
    if not (ask.may("devices.change") or ask.may("catalogue.change")):
        raise NotAllowed(ask.say("Your role does not allow this. Ask a manager for another role."))
    fixture = ask.text("fixture", limit=200)
    if ask.store.pending_shop is None:
        return ask.back("/planogram", done=ask.say("Everything is in force already."), fixture=fixture)
    ask.audit("planogram.apply")
    ask.store.apply_now()
    done = ask.say("The planogram is in force. Visits that were open go to review.")
    return ask.back("/planogram", done=done, fixture=fixture)
