"""The routes of this room."""

from starlette.routing import BaseRoute

from tillfree.web.console import Console
from tillfree.web.palms import console_page, station_page
from tillfree.web.palms.stream import Stations
from tillfree.web.routing import act, open_view, view

__all__ = ["routes"]


def routes(console: Console) -> list[BaseRoute]:
    """The station is open: the secret of displays or the sign-in of staff stands before it."""
    return [
        open_view("/palm", station_page.show),
        open_view("/palm/samples/{person:int}/{frame:int}.jpg", station_page.sample),
        *Stations(console).routes(),
        view("/palms", console_page.show, "palms.see"),
        act("/palms/delete", console_page.delete, "palms.change"),
    ]
