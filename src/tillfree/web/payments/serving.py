"""Staff serve somebody who is inside: what they hand over is added to the trip, and what comes back is taken off."""

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import Response

from tillfree.store.till.assisting import QUANTITY_MAX, WEIGHT_G_MAX
from tillfree.web.assisted import age_proved, choose
from tillfree.web.errors import AskError
from tillfree.web.payments.detail import trip_of
from tillfree.web.payments.handed import handed_parts
from tillfree.web.payments.wording import STATUS_KINDS, STATUSES

if TYPE_CHECKING:
    from tillfree.web.ask import Ask

__all__ = ["change_items", "show_items"]

_KEY = re.compile(r"[0-9a-f]{32}")
_CODE_MAX = 200
_ACTS = ("add", "take_off")


def show_items(ask: "Ask") -> Response:
    """The page for whoever serves; of the money it shows nothing."""
    trip = trip_of(ask)
    ask.audit("trip.see", trip.id)
    return ask.page(
        "payments/items.html",
        trip=trip,
        outcome=ask.say(STATUSES[trip.status]),
        kind=STATUS_KINDS.get(trip.status, ""),
        **handed_parts(ask, trip),
    )


def change_items(ask: "Ask") -> Response:
    """Adds something, or takes it off; the same form twice does it once."""
    trip, till = trip_of(ask), ask.console.till
    if till is None:
        raise AskError(ask.say("This store only makes receipts: no payment processor is set."), 409)
    act, key = ask.text("act", limit=20), ask.text("key", limit=64)
    if act not in _ACTS or not _KEY.fullmatch(key):
        raise AskError(ask.say("Open the trip and begin anew: this form is not complete."))
    quantity, weight_g = ask.number("quantity", 1, QUANTITY_MAX, default=1), ask.number("weight", 0, WEIGHT_G_MAX, 0)
    here = f"/trips/{quote(trip.id, safe='')}/items"
    try:
        one = choose(ask.console, ask.text("what", limit=_CODE_MAX), weight_g or None, ask.say)
        if act == "add":
            age_proved(ask.console, trip, one.product, ask.say)
    except AskError as error:
        return ask.back(here, wrong=str(error))
    change = till.add_item if act == "add" else till.take_off
    change(
        trip.id,
        one.product.id,
        quantity,
        key=f"console/{key}",
        by=ask.reader.role,
        weight_g=one.weight_g,
        price_minor=one.price_minor,
        scan=one.scan,
    )
    ask.audit("trip.item", trip.id, f"{quantity if act == 'add' else -quantity} x {one.product.id}")
    name = one.product.name or one.product.id
    said = {
        "add": ask.say("Added: %(count)s of %(name)s.", count=quantity, name=name),
        "take_off": ask.say("Taken off: %(count)s of %(name)s.", count=quantity, name=name),
    }
    return ask.back(here, done=said[act])
