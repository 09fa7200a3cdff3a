"""A file of products: chosen, looked at, and taken over or not."""

from typing import cast, get_args

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import BaseRoute

from tillfree.catalog.errors import CatalogFileError
from tillfree.catalog.model import Shop
from tillfree.web.ask import Ask
from tillfree.web.catalogue.product_import import ImportPlan, Scope, apply_plan, is_still_true, plan_import
from tillfree.web.errors import AskError
from tillfree.web.routing import act, view
from tillfree.web.shop_editing import StaleError, editor_of
from tillfree.web.texts import later
from tillfree.web.uploads import FILE_BYTES_MAX, Previews, check_table, file_name

__all__ = ["routes"]

_SHOWN = 200
_FIELDS = {
    "name": later("Name"),
    "price_minor": later("Price"),
    "sold_by": later("Sold by"),
    "weight_g": later("Weight"),
    "weight_sigma_g": later("Spread of the weight"),
    "tax_class": later("Tax class"),
    "min_age": later("Minimum age"),
    "rfid": later("RFID tag"),
    "barcodes": later("Barcodes"),
}


def routes() -> list[BaseRoute]:
    """Choosing, previewing, taking over."""
    pages = _ImportPages()
    return [
        view("/catalogue/import", pages.choose, "catalogue.change"),
        act("/catalogue/import", pages.preview, "catalogue.change"),
        act("/catalogue/import/apply", pages.apply, "catalogue.change"),
    ]


class _ImportPages:
    def __init__(self) -> None:
        self._previews: Previews[ImportPlan] = Previews()

    def choose(self, ask: Ask) -> Response:
        return ask.page("catalogue/import.html", wrong="")

    async def preview(self, ask: Ask) -> Response:
        data = await ask.file("file", FILE_BYTES_MAX)
        return await run_in_threadpool(self._preview, ask, data)

    def _preview(self, ask: Ask, data: bytes) -> Response:
        source = file_name(ask)
        scope = ask.text("scope", "everything", limit=20)
        if scope not in get_args(Scope):
            raise AskError(ask.say("Choose what to take from the file."))
        shop = editor_of(ask).shop
        try:
            check_table(ask, data, source)
            plan = plan_import(data, source, shop, cast("Scope", scope))
        except (AskError, CatalogFileError) as error:
            return ask.page("catalogue/import.html", 422, wrong=str(error))
        token = "" if plan.does_nothing else self._previews.keep(ask, plan)
        return ask.page("catalogue/preview.html", plan=plan, token=token, shown=_SHOWN, fields=_FIELDS)

    def apply(self, ask: Ask) -> Response:
        plan = self._previews.take(ask, ask.text("token", limit=100))

        def edit(now: Shop) -> Shop:
            if not is_still_true(plan, now):
                raise StaleError(ask.say("The catalogue was changed since the preview. Choose the file again."))
            return apply_plan(plan, now)

        counts = {"new": len(plan.new), "changed": len(plan.changed)}
        note = ask.say("Import: %(new)s new, %(changed)s changed", **counts)
        try:
            changed = editor_of(ask).change(ask.reader.name, note, edit)
        except StaleError as error:
            return ask.back("/catalogue/import", wrong=str(error))
        ask.audit("catalogue.import", plan.source, note)
        done = ask.say("Taken over: %(new)s new, %(changed)s changed.", **counts)
        if not changed.in_force:
            done += " " + ask.say("What is on the shelves changes when the shop is empty.")
        return ask.back("/catalogue", done=done)
