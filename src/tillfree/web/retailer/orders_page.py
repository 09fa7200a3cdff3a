"""The page of carts on their way to the retailer: what waits, what the retailer will not take, what was handed over."""

from starlette.responses import Response
from starlette.routing import BaseRoute

from tillfree.core.ids import TripId
from tillfree.web.ask import Ask
from tillfree.web.routing import act, view

__all__ = ["routes"]

_PATH = "/integrations/retailer"
_SHOWN = 100


def routes() -> list[BaseRoute]:
    """The page, its file, and sending a cart again."""
    return [
        view(_PATH, _page, "integrations.change"),
        view(f"{_PATH}/bad.csv", _file, "integrations.change"),
        act(f"{_PATH}/again", _again, "integrations.change"),
    ]


def _page(ask: Ask) -> Response:
    settings = ask.store.settings.retailer
    counts = ask.database.orders_count()
    return ask.page(
        "retailer_orders.html",
        settings=settings,
        counts={state: counts.get(state, 0) for state in ("waiting", "accepted", "bad")},
        bad=ask.database.orders_in("bad", _SHOWN),
        waiting=ask.database.orders_in("waiting", _SHOWN),
        accepted=ask.database.orders_in("accepted", _SHOWN),
    )


def _file(ask: Ask) -> Response:
    rows = (
        (o.wire, ask.when(o.time_ns).isoformat(), o.items, o.tries, o.why) for o in ask.database.orders_in("bad", 500)
    )
    return ask.download("bad-carts.csv", rows, ("trip", "final", "items", "tries", "why"))


def _again(ask: Ask) -> Response:
    """A bad cart gets all its time once more."""
    trip = TripId(ask.text("trip", limit=255))
    if not ask.database.order_again(trip, ask.console.now_ns()):
        return ask.back(_PATH, wrong=ask.say("This cart is not a bad one any more."))
    ask.audit("order.again", trip)
    return ask.back(_PATH, done=ask.say("The cart is on its way once more."))
