"""The routes of this room."""

from starlette.routing import BaseRoute

from tillfree.web.console import Console
from tillfree.web.palms import console_page, home_page, linking_page, station_page
from tillfree.web.palms.stream import Stations
from tillfree.web.routing import act, open_view, view

__all__ = ["routes"]


def routes(console: Console) -> list[BaseRoute]:
    """The station is open: the secret of displays or the sign-in of staff stands before it."""
    return [
        open_view("/palm", station_page.show),
        open_view("/palm/samples/{person:int}/{frame:int}.jpg", station_page.sample),
        open_view("/palm/policy", home_page.policy),
        open_view("/palm/home/{secret}", home_page.home),
        open_view("/palm/home/{secret}", home_page.send, ("POST",)),
        *Stations(console).routes(),
        view("/palms", console_page.show, "palms.see"),
        act("/palms/invite", console_page.invite, "palms.change"),
        act("/palms/find", console_page.find, "palms.change"),
        act("/palms/code", console_page.code, "palms.change"),
        act("/palms/link", linking_page.link, "palms.change"),
        act("/palms/doors", linking_page.doors, "palms.change"),
        act("/palms/card", linking_page.card, "palms.change"),
        act("/palms/export", console_page.export, "palms.change"),
        act("/palms/delete", console_page.delete, "palms.change"),
        act("/palms/revoke", console_page.revoke, "palms.change"),
    ]
