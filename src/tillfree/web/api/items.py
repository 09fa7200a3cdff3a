"""What staff hand over to somebody who is inside, and take back again: part of the trip's cart."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tillfree.commerce.assisted import handed_of
from tillfree.commerce.trips import Trip
from tillfree.core.money import Money
from tillfree.store.till.assisting import QUANTITY_MAX, WEIGHT_G_MAX
from tillfree.web.api.operations import Call, Operation
from tillfree.web.api.problems import Problem
from tillfree.web.api.shapes import Amount, amount
from tillfree.web.api.trips import trip_of
from tillfree.web.assisted import age_proved, choose

__all__ = ["OPERATIONS"]

_CODE_MAX = 100
_BY = "system"


class ItemBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was handed over: the number that was scanned, or the id of a product; one of the two."""

    scan: Annotated[str, Meta(max_length=_CODE_MAX)] = ""
    product: Annotated[str, Meta(max_length=200)] = ""
    quantity: Annotated[
        int, Meta(ge=-QUANTITY_MAX, le=QUANTITY_MAX, description="Below 0: taken off again what staff added.")
    ] = 1
    weight_g: Annotated[
        int | None,
        Meta(description="What a scale says of each, for goods sold by weight without a label."),
    ] = None


class ItemView(msgspec.Struct, frozen=True, kw_only=True):
    """Something that staff added and that stands. `price` and `weight_g` are those of its label, null without one."""

    product: str
    name: str
    quantity: int
    weight_g: int | None
    price: Amount | None


class ItemsView(msgspec.Struct, frozen=True, kw_only=True):
    """What staff added to a trip, after what they took off."""

    trip: str
    items: tuple[ItemView, ...]


def _view(call: Call, trip: Trip) -> ItemsView:
    shop = call.console.store.shop
    products = shop.product_index()
    return ItemsView(
        trip=trip.id,
        items=tuple(
            ItemView(
                product=one.product,
                name=products[one.product].name if one.product in products else "",
                quantity=one.quantity,
                weight_g=one.weight_g,
                price=None if one.price_minor is None else amount(Money(one.price_minor, shop.currency)),
            )
            for one in handed_of(trip.added)
        ),
    )


def _list(call: Call) -> ItemsView:
    return _view(call, trip_of(call))


def _add(call: Call) -> ItemsView:
    till, body = call.console.till, call.sent(ItemBody)
    if till is None:
        raise Problem("unavailable", "this store takes no money")
    trip = trip_of(call)
    if bool(body.scan.strip()) == bool(body.product.strip()):
        raise Problem("refused", "give scan or product, and not both")
    if body.product and body.product not in call.console.store.shop.product_index():
        raise Problem("refused", "there is no such product in the catalogue")
    if body.quantity == 0 or not 1 <= (1 if body.weight_g is None else body.weight_g) <= WEIGHT_G_MAX:
        raise Problem("refused", f"a quantity is not 0, and a weight is 1 to {WEIGHT_G_MAX} g")
    one = choose(call.console, body.scan or body.product, body.weight_g, _said)
    if body.quantity > 0:
        age_proved(call.console, trip, one.product, _said)
    change = till.add_item if body.quantity > 0 else till.take_off
    changed = change(
        trip.id,
        one.product.id,
        abs(body.quantity),
        key=f"api-{call.key.id}-{call.idempotency_key}",
        by=_BY,
        weight_g=one.weight_g,
        price_minor=one.price_minor,
        scan=one.scan,
    )
    call.note("trip.item", trip.id, f"{body.quantity} x {one.product.id}")
    return _view(call, changed)


def _said(text: str, **values: object) -> str:
    return text % values if values else text


OPERATIONS = (
    Operation(
        method="GET",
        path="/trips/{id}/items",
        name="listItems",
        group="Trips",
        summary="What staff added to a trip",
        scope="trips:read",
        run=_list,
        answer=ItemsView,
        problems=("not-found",),
    ),
    Operation(
        method="POST",
        path="/trips/{id}/items",
        name="addItem",
        group="Trips",
        summary="Staff hand something over, or take it back",
        about="As long as the trip is inside. It is charged with all else: at the price on its label, by the weight on "
        "it, or as the price list says. Never more is taken off than staff added.",
        scope="trips:sell",
        run=_add,
        body=ItemBody,
        answer=ItemsView,
        money=True,
        problems=("not-found", "refused", "conflict"),
        example={"scan": "2912345004125", "quantity": 1},
    ),
)
