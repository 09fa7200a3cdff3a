"""What staff handed over on a trip, and the form with which they do: a part of two pages."""

import secrets
from typing import TYPE_CHECKING, Any

from tillfree.commerce.assisted import handed_of
from tillfree.commerce.trips import Trip
from tillfree.core.money import Money
from tillfree.store.till.assisting import QUANTITY_MAX, WEIGHT_G_MAX

if TYPE_CHECKING:
    from tillfree.web.ask import Ask

__all__ = ["handed_parts"]


def handed_parts(ask: "Ask", trip: Trip) -> dict[str, Any]:
    """The values of `payments/_items.html`."""
    products = ask.store.shop.product_index()
    return {
        "handed": [
            (one, products[one.product].name if one.product in products else "") for one in handed_of(trip.added)
        ],
        "may_serve": ask.may("gate.change")
        and ask.console.till is not None
        and (trip.status, trip.closed_ns, trip.role) == ("inside", 0, "shopper"),
        "price_of": lambda minor: Money(minor, ask.store.shop.currency),
        "serving_key": secrets.token_hex(16),
        "quantity_max": QUANTITY_MAX,
        "weight_g_max": WEIGHT_G_MAX,
    }
