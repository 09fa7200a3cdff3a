"""The versions of the shop: who changed it when, and going back to one of them."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from tillfree.catalog.model import Shop
from tillfree.web.ask import Ask
from tillfree.web.errors import AskError, NotThere
from tillfree.web.routing import act, view
from tillfree.web.shop_editing import editor_of

__all__ = ["routes"]

_NUMBER_MAX = 2**53


def routes() -> list[BaseRoute]:
    """The list, and restoring."""
    return [
        view("/catalogue/versions", _versions, "catalogue.see"),
        act("/catalogue/versions/restore", _restore, "catalogue.change"),
    ]


def _versions(ask: Ask) -> Response:
    return ask.page("catalogue/versions.html", versions=editor_of(ask).versions())


def _restore(ask: Ask) -> Response:
    """Back to a version: it becomes the newest one, and those between stay in the list."""
    number = ask.number("number", 1, _NUMBER_MAX)
    version = ask.database.shop_version(number)
    if version is None:
        raise NotThere(ask.say("There is no version %(number)s.", number=number))
    shop = version.shop

    def edit(now: Shop) -> Shop:
        if shop.currency != now.currency:
            raise AskError(ask.say("That version has prices in %(currency)s.", currency=shop.currency), 409)
        return shop

    changed = editor_of(ask).change(ask.reader.name, ask.say("Version %(number)s restored", number=number), edit)
    if not changed.version:
        return ask.back("/catalogue/versions", done=ask.say("The shop is as it was in that version already."))
    ask.audit("catalogue.restore", str(number))
    done = ask.say("Version %(number)s is restored.", number=number)
    if not changed.in_force:
        done += " " + ask.say("What is on the shelves changes when the shop is empty.")
    return ask.back("/catalogue/versions", done=done)
