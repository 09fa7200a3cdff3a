"""The routes of this room."""

from starlette.routing import BaseRoute

from tillfree.web.routing import open_view
from tillfree.web.shopper import exit_page, kiosk_page
from tillfree.web.shopper.receipt_page import ReceiptPages

__all__ = ["routes"]


def routes() -> list[BaseRoute]:
    """All of them. They are open: a secret link, a secret of displays or the sign-in of staff stands before each."""
    pages = ReceiptPages()
    return [
        open_view("/r/{secret}", pages.show),
        open_view("/r/{secret}/receipt.pdf", pages.pdf),
        open_view("/r/{secret}/wrong/{line:int}", pages.ask_what),
        open_view("/r/{secret}/wrong/{line:int}", pages.tell, ("POST",)),
        open_view("/exit", exit_page.show),
        open_view("/exit/now", exit_page.now),
        open_view("/kiosk", kiosk_page.show),
        open_view("/kiosk", kiosk_page.send, ("POST",)),
    ]
