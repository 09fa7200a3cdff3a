"""From a trip that is over to the cart that the retailer's ordering gets."""

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from tillfree.catalog.barcodes import classify_barcode
from tillfree.catalog.model import Product, Shop
from tillfree.commerce.assisted import Handed
from tillfree.commerce.trips import Payer, Trip
from tillfree.connectors.retailer.settings import RetailerSettings
from tillfree.connectors.retailer.wire import (
    CartItem,
    CreatePurchases,
    ExternalIdentifier,
    Identity,
    PurchaseEvent,
    Quantity,
    ScanResult,
    ScanType,
    ShoppingTrip,
    stamp_of,
)
from tillfree.core.events import CartLine
from tillfree.core.ids import ProductId, TripId

__all__ = ["auth_event_id", "cart_of", "items_of_lines", "shopper_id", "trip_on_wire"]

_NAMES = uuid.UUID("5f1f3a3e-6f0b-5c0e-9a0e-6b8f5c1d2e74")
"""A random name space: ids made from it cannot meet those of others."""
_IDENTIFIERS_MAX = 50
_GRAMS = {"kg": Decimal(1000), "g": Decimal(1), "lb": Decimal("453.59237"), "oz": Decimal("28.349523125")}
"""Grams in a unit of weight; pound and ounce as in the international agreement of 1959."""


def trip_on_wire(trip: TripId) -> str:
    """What the retailer API calls a trip: a UUID, the same one each time."""
    try:
        return str(uuid.UUID(trip))
    except ValueError:
        return str(uuid.uuid5(_NAMES, f"trip {trip}"))


def auth_event_id(store: str, gate: str, time_ns: int, member: int = 0) -> str:
    """The id of something that was held to a gate. Made from where and when, so that nobody need remember it.

    `member` counts those who came in with the one who held it.
    """
    return str(uuid.uuid5(_NAMES, f"event {store} {gate} {time_ns} {member}"))


def shopper_id(trip: Trip, payer: Payer, settings: RetailerSettings) -> str:
    """What the retailer may call the payer: where it judges risks a keyed mark of the card, else one of the trip."""
    if settings.risk != "none" and payer.fingerprint:
        return payer.fingerprint
    return str(uuid.uuid5(_NAMES, f"shopper {trip.id}"))


# ---- the cart -----------------------------------------------------------------------------------------------------


def cart_of(
    trip: Trip, payer: Payer, items: Sequence[CartItem], settings: RetailerSettings, *, end_ns: int
) -> CreatePurchases:
    """The cart as it is sent; the request id is put in at each try."""
    wire = trip_on_wire(trip.id)
    return CreatePurchases(
        request_id=wire,
        idempotent_shopping_trip_id=wire,
        store_id=settings.store_id,
        shopping_trip=ShoppingTrip(
            start_time=stamp_of(trip.opened_ns),
            end_time=stamp_of(max(end_ns, trip.opened_ns)),
            auth_events=_events(trip, payer, settings),
        ),
        cart_items=tuple(items),
        shopper_identity=Identity(id=shopper_id(trip, payer, settings)),
        payment_source=Identity(id=str(trip.payment)) if trip.payment else None,
    )


def _events(trip: Trip, payer: Payer, settings: RetailerSettings) -> tuple[PurchaseEvent, ...]:
    """One event for each who came in, at least one; then the loyalty code, where one was scanned beside a card."""
    by_card = payer.kind == "card" and trip.entry != "code"
    scan = None if by_card or not payer.account else ScanResult(id=payer.account, type=_scan_type(trip, payer))
    loyalty = ScanResult(id=payer.loyalty, type="LOYALTY") if payer.loyalty else None
    people = max(1, len(trip.visits))
    events = [
        PurchaseEvent(
            id=auth_event_id(settings.store_id, trip.gate, trip.opened_ns, member),
            payload_type="FINANCIAL" if by_card else "SCAN_CODE",
            timestamp=stamp_of(trip.opened_ns),
            location="MANUAL_IN_STORE" if trip.entry == "staff" and trip.role == "shopper" else "ENTRY",
            scan_result=scan or (loyalty if not by_card else None),
        )
        for member in range(people)
    ]
    if loyalty is not None and (by_card or scan is not None):
        events.append(
            PurchaseEvent(
                id=auth_event_id(settings.store_id, trip.gate, trip.opened_ns, people),
                payload_type="SCAN_CODE",
                timestamp=stamp_of(trip.opened_ns),
                location="ENTRY",
                scan_result=loyalty,
            )
        )
    return tuple(events)


def _scan_type(trip: Trip, payer: Payer) -> ScanType:
    if trip.role == "associate":
        return "ASSOCIATE"
    return "CASH" if payer.kind == "cash" else "SHOPPER"


# ---- its items ----------------------------------------------------------------------------------------------------


def items_of_lines(
    lines: Sequence[CartLine],
    weights: Mapping[ProductId, int],
    shop: Shop,
    settings: RetailerSettings,
    handed: Sequence[Handed] = (),
) -> tuple[CartItem, ...]:
    """What was taken, as pieces; what `weights` has grams of, as a weight; then what staff handed over.

    The price of a label is in its number only, so that is what the thing is called then.
    """
    products = shop.product_index()
    items = []
    for number, line in enumerate(lines, 1):
        value, unit = Decimal(line.quantity), settings.unit_word
        if line.product in weights:
            value, unit = _weighed(weights[line.product], settings)
        items.append(_item(number, line.product, products, settings, value, unit))
    for number, one in enumerate(handed, len(lines) + 1):
        value, unit = Decimal(one.quantity), settings.unit_word
        if one.weight_g is not None:
            value, unit = _weighed(one.weight_g, settings)
        item = _item(number, one.product, products, settings, value, unit)
        if one.price_minor is not None and one.scan:
            item = msgspec.structs.replace(item, id=one.scan, type="SCANCODE")
        items.append(item)
    return tuple(items)


def _weighed(weight_g: int, settings: RetailerSettings) -> tuple[Decimal, str]:
    unit = settings.weight_word
    return (Decimal(weight_g) / _GRAMS[unit]).quantize(Decimal("0.0001")), unit


def _item(
    number: int,
    product_id: ProductId,
    products: Mapping[ProductId, Product],
    settings: RetailerSettings,
    value: Decimal,
    unit: str,
) -> CartItem:
    product = products.get(product_id)
    codes = [code for code in (product_id, *(product.barcodes if product else ())) if classify_barcode(code).gtin14]
    by_code = settings.item_ids == "SCANCODE" and codes
    return CartItem(
        id=codes[0] if by_code else product_id,
        type="SCANCODE" if by_code else "SKU",
        quantity=Quantity(value=_plain(value), unit=unit),
        external_identifiers=tuple(
            ExternalIdentifier(id=code, type="UPC") for code in dict.fromkeys(codes[:_IDENTIFIERS_MAX])
        ),
        line_item_id=str(number),
    )


def _plain(value: Decimal) -> str:
    """`2`, `0.35`: no exponent and no zeros at the end."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
