"""Palms for staff: how many there are and what their owners agreed to. No picture, no template, no score."""

from starlette.responses import Response

from tillfree.web.ask import Ask

__all__ = ["delete", "show"]


def show(ask: Ask) -> Response:
    """The page."""
    return ask.page("palms/palms.html", room=ask.console.palms)


def delete(ask: Ask) -> Response:
    """Forgets everything of an account."""
    return ask.back("/palms")
