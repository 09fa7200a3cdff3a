"""A file with a planogram: chosen, looked at, and taken over or not."""

from typing import cast

from starlette.routing import BaseRoute

from tillfree.catalog.model import Shop
from tillfree.web.ask import Ask
from tillfree.web.importing import ImportPages, Takeover
from tillfree.web.planogram.planogram_csv import PlanogramPlan, Scope, apply_plan, plan_import
from tillfree.web.shop_editing import StaleError

__all__ = ["routes"]


def routes() -> list[BaseRoute]:
    """Choosing, previewing, taking over."""
    return ImportPages(
        "planogram",
        ("fixtures", "everything"),
        lambda data, source, shop, scope: plan_import(data, source, shop, cast("Scope", scope)),
        lambda shop: {"products": shop.product_index()},
        _takeover,
    ).routes()


def _takeover(ask: Ask, plan: PlanogramPlan) -> Takeover:
    def edit(now: Shop) -> Shop:
        known = {product.id for product in now.products}
        if now.facings != plan.before or any(facing.product not in known for facing in plan.new):
            raise StaleError(ask.say("The planogram was changed since the preview. Choose the file again."))
        return apply_plan(plan, now)

    counts = {"new": len(plan.new), "gone": len(plan.gone)}
    return Takeover(
        edit,
        ask.say("Planogram import: %(new)s places new, %(gone)s gone", **counts),
        ask.say("Taken over: %(new)s new places, %(gone)s gone.", **counts),
        ask.say("They are in force when the shop is empty."),
    )
