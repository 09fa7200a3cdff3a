"""The list of products and the page of one: looked for, added, changed and removed."""

from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response
from starlette.routing import BaseRoute

from tillfree.catalog.model import Facing, Product, Shop
from tillfree.core.ids import ProductId
from tillfree.web.ask import Ask
from tillfree.web.catalogue import import_page, version_page
from tillfree.web.catalogue.product_csv import HEADER, product_rows
from tillfree.web.catalogue.product_form import Typed, hints, read_form, typed_of
from tillfree.web.catalogue.search import as_lack, as_sort, index_of
from tillfree.web.errors import AskError, NotThere
from tillfree.web.routing import act, view
from tillfree.web.shop_editing import Changed, StaleError, digest, editor_of

__all__ = ["routes"]

_PAGE = 50
_PAGES_MAX = 100_000


def routes() -> list[BaseRoute]:
    """All pages about products."""
    return [
        view("/catalogue", _list, "catalogue.see"),
        view("/catalogue/rows", _rows, "catalogue.see"),
        view("/catalogue/export", _export, "catalogue.see"),
        view("/catalogue/product", _product, "catalogue.see"),
        view("/catalogue/new", _new, "catalogue.change"),
        act("/catalogue/product", _save, "catalogue.change"),
        act("/catalogue/new", _add, "catalogue.change"),
        act("/catalogue/remove", _remove, "catalogue.change"),
        *import_page.routes(),
        *version_page.routes(),
    ]


# ---- the list ---------------------------------------------------------------------------------------------------


def _list(ask: Ask) -> Response:
    return ask.page("catalogue/list.html", **_found(ask))


def _rows(ask: Ask) -> Response:
    """The table alone, for the script that looks while somebody types."""
    return ask.page("catalogue/rows.html", **_found(ask))


def _found(ask: Ask) -> dict[str, Any]:
    index = index_of(editor_of(ask).shop, ask.store.settings.commerce)
    text, lack, sort = ask.query("text"), as_lack(ask.query("lack")), as_sort(ask.query("sort"))
    down = ask.query("down") == "1"
    products = index.find(text, lack, sort, down)
    pages = max(1, -(-len(products) // _PAGE))
    page = min(ask.number("page", 1, _PAGES_MAX, 1), pages)

    def address(**changed: object) -> str:
        """This list with something else: its order or its page."""
        values = {"text": text, "lack": lack, "sort": sort, "down": "1" if down else "", **changed}
        return "/catalogue?" + urlencode({name: value for name, value in values.items() if value})

    return {
        "products": products[(page - 1) * _PAGE : page * _PAGE],
        "found": len(products),
        "all": len(index.shop.products),
        "first": (page - 1) * _PAGE + 1,
        "facings": index.facings,
        "text": text,
        "lack": lack,
        "sort": sort,
        "down": down,
        "page": page,
        "pages": pages,
        "address": address,
    }


def _export(ask: Ask) -> Response:
    ask.audit("catalogue.export")
    return ask.download("products.csv", product_rows(editor_of(ask).shop), HEADER)


# ---- one product ------------------------------------------------------------------------------------------------


def _product(ask: Ask) -> Response:
    shop = editor_of(ask).shop
    product = _known(ask, shop, ask.query("id"))
    return _form(ask, shop, product, Typed(typed_of(product, shop.currency), {}))


def _new(ask: Ask) -> Response:
    shop = editor_of(ask).shop
    blank = typed_of(Product(ProductId(""), "", tax_class=tax_classes(ask, shop)[0]), shop.currency)
    return _form(ask, shop, None, Typed(blank, {}))


def _save(ask: Ask) -> Response:
    editor = editor_of(ask)
    shop = editor.shop
    before = _known(ask, shop, ask.text("of", limit=200))
    typed = read_form(ask, shop, before, tax_classes(ask, shop))
    after = typed.product
    if after is None:
        return _form(ask, shop, before, typed, 422)
    shown = ask.text("shown", limit=100)

    def edit(now: Shop) -> Shop:
        if shown != digest(_known(ask, now, before.id)):
            raise StaleError(ask.say("Somebody else has changed this product meanwhile. Look at it again, then save."))
        products = tuple(after if product.id == before.id else product for product in now.products)
        return msgspec.structs.replace(now, products=products)

    try:
        changed = editor.change(ask.reader.name, ask.say("%(name)s changed", name=after.name), edit)
    except StaleError as error:
        typed.errors[""] = str(error)
        now = editor.shop
        return _form(ask, now, _known(ask, now, before.id), typed, 409)
    if changed.version:
        ask.audit("product.change", after.id, _differences(before, after))
    return _back(ask, changed, after)


def _add(ask: Ask) -> Response:
    editor = editor_of(ask)
    shop = editor.shop
    typed = read_form(ask, shop, None, tax_classes(ask, shop))
    product = typed.product
    if product is None:
        return _form(ask, shop, None, typed, 422)

    def edit(now: Shop) -> Shop:
        if any(known.id == product.id for known in now.products):
            raise AskError(ask.say("There is already a product with this id."), 409)
        return msgspec.structs.replace(now, products=(*now.products, product))

    changed = editor.change(ask.reader.name, ask.say("%(name)s added", name=product.name), edit)
    ask.audit("product.add", product.id, product.name)
    return _back(ask, changed, product)


def _remove(ask: Ask) -> Response:
    wanted = ask.text("of", limit=200)

    def edit(now: Shop) -> Shop:
        product = _known(ask, now, wanted)
        if any(facing.product == product.id for facing in (*now.facings, *ask.store.shop.facings)):
            said = ask.say("This product still has a place on a shelf. Take it out of the planogram first.")
            raise AskError(said, 409)
        return msgspec.structs.replace(now, products=tuple(p for p in now.products if p.id != product.id))

    editor = editor_of(ask)
    name = _known(ask, editor.shop, wanted).name or wanted
    editor.change(ask.reader.name, ask.say("%(name)s removed", name=name), edit)
    ask.audit("product.remove", wanted, name)
    return ask.back("/catalogue", done=ask.say("%(name)s is removed.", name=name))


def _back(ask: Ask, changed: Changed, product: Product) -> Response:
    if not changed.version:
        done = ask.say("Nothing was changed.")
    elif changed.in_force:
        done = ask.say("%(name)s is saved, and in force from the next receipt on.", name=product.name)
    else:
        done = ask.say("%(name)s is saved; what is on the shelves changes when the shop is empty.", name=product.name)
    return ask.back("/catalogue/product", done=done, id=product.id)


def _known(ask: Ask, shop: Shop, wanted: str) -> Product:
    product = next((product for product in shop.products if product.id == wanted), None)
    if product is None:
        raise NotThere(ask.say("There is no such product."))
    return product


def _form(ask: Ask, shop: Shop, product: Product | None, typed: Typed, status: int = 200) -> Response:
    return ask.page(
        "catalogue/product.html",
        status,
        product=product,
        shown="" if product is None else digest(product),
        typed=typed,
        currency=shop.currency,
        tax_classes=tax_classes(ask, shop),
        rates=rates(ask),
        hints=[] if product is None else hints(ask, product, shop),
        facings_here=[] if product is None else _places(shop, product),
    )


def _places(shop: Shop, product: Product) -> list[tuple[int, Facing]]:
    return [(number, facing) for number, facing in enumerate(shop.facings) if facing.product == product.id]


def _differences(before: Product, after: Product) -> str:
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in Product.__struct_fields__)
    return "; ".join(f"{name}: {old} -> {new}" for name, old, new in pairs if old != new)


def rates(ask: Ask) -> dict[str, int]:
    """The tax rate of each class that the settings of the store know, parts per million."""
    settings = ask.store.settings
    return settings.commerce.tax_rates_ppm


def tax_classes(ask: Ask, shop: Shop) -> tuple[str, ...]:
    """The classes that a product may have: those with a rate, and those in use."""
    return tuple(dict.fromkeys((*rates(ask), *sorted({product.tax_class for product in shop.products}))))
