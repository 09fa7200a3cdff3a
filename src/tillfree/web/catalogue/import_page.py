"""A file of products: chosen, looked at, and taken over or not."""

from typing import cast

from starlette.routing import BaseRoute

from tillfree.catalog.model import Shop
from tillfree.web.ask import Ask
from tillfree.web.catalogue.product_import import ImportPlan, Scope, apply_plan, is_still_true, plan_import
from tillfree.web.importing import ImportPages, Takeover
from tillfree.web.shop_editing import StaleError
from tillfree.web.texts import later

__all__ = ["routes"]

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
    "tags": later("Tags"),
}


def routes() -> list[BaseRoute]:
    """Choosing, previewing, taking over."""
    return ImportPages(
        "catalogue",
        ("everything", "prices"),
        lambda data, source, shop, scope: plan_import(data, source, shop, cast("Scope", scope)),
        lambda _shop: {"fields": _FIELDS},
        _takeover,
    ).routes()


def _takeover(ask: Ask, plan: ImportPlan) -> Takeover:
    def edit(now: Shop) -> Shop:
        if not is_still_true(plan, now):
            raise StaleError(ask.say("The catalogue was changed since the preview. Choose the file again."))
        return apply_plan(plan, now)

    counts = {"new": len(plan.new), "changed": len(plan.changed)}
    return Takeover(
        edit,
        ask.say("Import: %(new)s new, %(changed)s changed", **counts),
        ask.say("Taken over: %(new)s new, %(changed)s changed.", **counts),
        ask.say("What is on the shelves changes when the shop is empty."),
    )
