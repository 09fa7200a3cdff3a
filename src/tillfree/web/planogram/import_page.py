"""A file with a planogram: chosen, looked at, and taken over or not."""

from typing import cast, get_args

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import BaseRoute

from tillfree.catalog.errors import CatalogFileError
from tillfree.catalog.model import Shop
from tillfree.web.ask import Ask
from tillfree.web.errors import AskError
from tillfree.web.planogram.planogram_csv import PlanogramPlan, Scope, apply_plan, plan_import
from tillfree.web.routing import act, view
from tillfree.web.shop_editing import StaleError, editor_of
from tillfree.web.uploads import FILE_BYTES_MAX, Previews, check_table, file_name

__all__ = ["routes"]

_SHOWN = 200


def routes() -> list[BaseRoute]:
    """Choosing, previewing, taking over."""
    pages = _ImportPages()
    return [
        view("/planogram/import", pages.choose, "catalogue.change"),
        act("/planogram/import", pages.preview, "catalogue.change"),
        act("/planogram/import/apply", pages.apply, "catalogue.change"),
    ]


class _ImportPages:
    def __init__(self) -> None:
        self._previews: Previews[PlanogramPlan] = Previews()

    def choose(self, ask: Ask) -> Response:
        return ask.page("planogram/import.html", wrong="")

    async def preview(self, ask: Ask) -> Response:
        data = await ask.file("file", FILE_BYTES_MAX)
        return await run_in_threadpool(self._preview, ask, data)

    def _preview(self, ask: Ask, data: bytes) -> Response:
        source = file_name(ask)
        scope = ask.text("scope", "fixtures", limit=20)
        if scope not in get_args(Scope):
            raise AskError(ask.say("Choose what to take from the file."))
        shop = editor_of(ask).shop
        try:
            check_table(ask, data, source)
            plan = plan_import(data, source, shop, cast("Scope", scope))
        except (AskError, CatalogFileError) as error:
            return ask.page("planogram/import.html", 422, wrong=str(error))
        token = "" if plan.does_nothing else self._previews.keep(ask, plan)
        return ask.page("planogram/preview.html", plan=plan, token=token, shown=_SHOWN, products=shop.product_index())

    def apply(self, ask: Ask) -> Response:
        plan = self._previews.take(ask, ask.text("token", limit=100))

        def edit(now: Shop) -> Shop:
            known = {product.id for product in now.products}
            if now.facings != plan.before or any(facing.product not in known for facing in plan.new):
                raise StaleError(ask.say("The planogram was changed since the preview. Choose the file again."))
            return apply_plan(plan, now)

        counts = {"new": len(plan.new), "gone": len(plan.gone)}
        note = ask.say("Planogram import: %(new)s places new, %(gone)s gone", **counts)
        try:
            changed = editor_of(ask).change(ask.reader.name, note, edit)
        except StaleError as error:
            return ask.back("/planogram/import", wrong=str(error))
        ask.audit("planogram.import", plan.source, note)
        done = ask.say("Taken over: %(new)s new places, %(gone)s gone.", **counts)
        if not changed.in_force:
            done += " " + ask.say("They are in force when the shop is empty.")
        return ask.back("/planogram", done=done)
