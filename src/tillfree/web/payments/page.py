"""The routes of this room."""

from starlette.routing import BaseRoute

from tillfree.web.payments.acting import ask_debt, ask_refund, do_debt, do_refund, do_release
from tillfree.web.payments.detail import show_trip
from tillfree.web.payments.ledger import BookPages
from tillfree.web.payments.listing import export, show_list
from tillfree.web.payments.serving import change_items, show_items
from tillfree.web.routing import act, view

__all__ = ["routes"]


def routes() -> list[BaseRoute]:
    """All of them."""
    return [
        view("/trips", show_list, "payments.see"),
        view("/trips.csv", export, "payments.see"),
        view("/trips/{code}", show_trip, "payments.see"),
        view("/trips/{code}/refund", ask_refund, "payments.refund"),
        act("/trips/{code}/refund", do_refund, "payments.refund"),
        view("/trips/{code}/debt", ask_debt, "payments.refund"),
        act("/trips/{code}/debt", do_debt, "payments.refund"),
        act("/trips/{code}/release", do_release, "payments.refund"),
        view("/trips/{code}/items", show_items, "gate.change"),
        act("/trips/{code}/items", change_items, "gate.change"),
        *BookPages().routes(),
    ]
