"""Messages between this store and the retailer's connectors, with the names that stand in JSON.

Whoever reads them ignores fields that it does not know: the API grows by new ones. Times are ISO 8601 in UTC.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tillfree.connectors.retailer.money import RiskMoney
from tillfree.core.time import NS_PER_S

__all__ = [
    "AuthEvent",
    "CartHint",
    "CartItem",
    "Condition",
    "CreatePurchases",
    "CreatedPurchases",
    "ExternalIdentifier",
    "GateEvent",
    "GetScanDetails",
    "GetShopper",
    "GetShopperAuthorization",
    "HintIdentifier",
    "HintItem",
    "HintQuantity",
    "Identified",
    "Interaction",
    "PurchaseEvent",
    "Quantity",
    "Recommendation",
    "ResolveScan",
    "ScanDetails",
    "ScanEvent",
    "ScanResult",
    "ScanType",
    "ShoppingTrip",
    "Stamp",
    "StoreRef",
    "TripRef",
    "UuidText",
    "VerifyIdentityKeys",
    "Visitor",
    "decode",
    "encode",
    "stamp_of",
]

UuidText = Annotated[
    str, Meta(pattern=r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\Z")
]
Text = Annotated[str, Meta(min_length=1, max_length=255)]
StoreRef = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[0-9a-zA-Z_-]+\Z")]
TripRef = Annotated[str, Meta(min_length=1, max_length=255, pattern=r"^[0-9a-zA-Z_-]+\Z")]
Key = Annotated[str, Meta(min_length=1, max_length=1000, pattern=r"^[A-Za-z0-9+/_=-]+\Z")]
Stamp = Annotated[datetime, Meta(tz=True)]
ScanType = Literal["SHOPPER", "ASSOCIATE", "CASH", "LOYALTY"]
Location = Literal["ENTRY", "MANUAL_IN_STORE"]

_encoder = msgspec.json.Encoder(decimal_format="number")


class _Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Names in camel case, what is not said is left out."""


# ---- who is at the gate -----------------------------------------------------------------------------------------


class AuthEvent(_Wire, frozen=True, kw_only=True):
    """That somebody held something to a gate."""

    id: Text
    timestamp: Stamp
    location: str


class VerifyIdentityKeys(_Wire, frozen=True, kw_only=True):
    """May whoever shows this code come in? `identity_key` is the code in Base64."""

    request_id: UuidText
    identity_key: Key
    store_id: Text
    auth_event: AuthEvent
    key_channel: str


class Visitor(_Wire, frozen=True, kw_only=True):
    """Whom the retailer knows."""

    id: Text
    type: str


class Identified(_Wire, frozen=True, kw_only=True):
    """The answer of an identity connector."""

    visitor_details: Visitor


class GetShopper(_Wire, frozen=True, kw_only=True):
    """Whom does an associate serve?"""

    request_id: UuidText
    shopper_key: Key
    store_id: Text
    timestamp: Stamp
    shopper_key_type: Literal["QR_CODE", "PHONE_NUMBER"] | None = None


class ScanEvent(_Wire, frozen=True, kw_only=True):
    """A code that was scanned in the store. Both `id` and `value` may hold it: connectors read the one or the other."""

    id: str
    timestamp: Stamp
    value: str
    location: str
    channel: str


class ResolveScan(_Wire, frozen=True, kw_only=True):
    """Whose code is it?"""

    request_id: UuidText
    store_id: Text
    scan_event: ScanEvent


class ScanResult(_Wire, frozen=True, kw_only=True):
    """Whose code it is; `id` is the retailer's own name of them."""

    id: Text
    type: ScanType


class GetScanDetails(_Wire, frozen=True, kw_only=True):
    """What does a code bring its owner?"""

    store_id: Text
    scan_result: ScanResult


class ScanDetails(_Wire, frozen=True, kw_only=True, omit_defaults=False):
    """The loyalty programme and its offers."""

    provider: Annotated[str, Meta(max_length=255)] = ""
    promotion_ids: tuple[str, ...] = ()


# ---- risk -------------------------------------------------------------------------------------------------------


class Condition(_Wire, frozen=True, kw_only=True):
    """Let in, if the hold is made so large."""

    type: str
    amount: RiskMoney | None = None


class Recommendation(_Wire, frozen=True, kw_only=True):
    """Whether to let somebody in; sent as advice, and answered as decision."""

    shopper_authorized: bool
    authorization_conditions: tuple[Condition, ...] = ()
    shopper_risks: tuple[str, ...] = ()


class GateEvent(_Wire, frozen=True, kw_only=True):
    """How somebody showed who they are."""

    id: Text
    type: str
    interaction_type: str
    timestamp: Stamp
    location: str
    data: dict[str, str] = {}


class HintQuantity(_Wire, frozen=True, kw_only=True):
    """How much, as a number."""

    value: float
    unit: str


class HintIdentifier(_Wire, frozen=True, kw_only=True):
    """A barcode of an item."""

    id: str
    external_identifier_type: str


class HintItem(_Wire, frozen=True, kw_only=True):
    """Something that is probably in the cart."""

    id: Text
    type: str
    unit_price: RiskMoney
    quantity: HintQuantity
    external_identifiers: tuple[HintIdentifier, ...] = ()


class CartHint(_Wire, frozen=True, kw_only=True):
    """What the cart is probably worth."""

    total_price: RiskMoney
    items: tuple[HintItem, ...] = ()


class Interaction(_Wire, frozen=True, kw_only=True):
    """What is known of the one to be decided on."""

    shopping_trip_id: TripRef
    gate_authentication_event: GateEvent
    recommendation: Recommendation
    cart_hint: CartHint | None = None


class GetShopperAuthorization(_Wire, frozen=True, kw_only=True):
    """May this holder of a card come in? `shopper_identity` is a token, never a number of a card."""

    store_id: Text
    shopper_identity: "Identity"
    authorized_amount: RiskMoney
    shopper_interaction: Interaction


class Identity(_Wire, frozen=True, kw_only=True):
    """A name that means something only to who gave it."""

    id: Text


# ---- carts ------------------------------------------------------------------------------------------------------


class Quantity(_Wire, frozen=True, kw_only=True):
    """How much, as a decimal text."""

    value: Annotated[str, Meta(pattern=r"^[0-9]{1,12}(\.[0-9]{1,6})?\Z")]
    unit: Annotated[str, Meta(min_length=1, max_length=40)]


class ExternalIdentifier(_Wire, frozen=True, kw_only=True):
    """A barcode of an item."""

    id: Text
    type: Literal["UPC"]


class CartItem(_Wire, frozen=True, kw_only=True):
    """Something that was taken."""

    id: Text
    type: Literal["SKU", "SCANCODE"]
    quantity: Quantity
    external_identifiers: tuple[ExternalIdentifier, ...] = ()
    line_item_id: str = ""


class PurchaseEvent(_Wire, frozen=True, kw_only=True):
    """One entry on this trip: FINANCIAL by a card, SCAN_CODE by a code."""

    id: Text
    payload_type: Literal["FINANCIAL", "SCAN_CODE"]
    timestamp: Stamp | None = None
    location: Location | None = None
    scan_result: ScanResult | None = None


class ShoppingTrip(_Wire, frozen=True, kw_only=True):
    """From the gate to the exit. Several events are a group."""

    start_time: Stamp
    end_time: Stamp
    auth_events: Annotated[tuple[PurchaseEvent, ...], Meta(min_length=1)]

    def __post_init__(self) -> None:
        if self.end_time < self.start_time:
            raise ValueError("endTime is before startTime")


class CreatePurchases(_Wire, frozen=True, kw_only=True):
    """A final cart. The trip id is the same in each try, the request id never."""

    request_id: UuidText
    idempotent_shopping_trip_id: UuidText
    store_id: Text
    shopping_trip: ShoppingTrip
    cart_items: tuple[CartItem, ...]
    shopper_identity: Identity | None = None
    shopper_device_id: str = ""
    payment_source: Identity | None = None


class CreatedPurchases(_Wire, frozen=True, kw_only=True, omit_defaults=False):
    """The answer; empty for an empty cart."""

    purchase_id: str = ""


# ---- JSON -------------------------------------------------------------------------------------------------------


def encode(message: msgspec.Struct) -> bytes:
    """The message as JSON; amounts are plain decimal numbers, and `None` or empty optional parts are left out."""
    return _encoder.encode(message)


def decode(data: bytes | bytearray | dict[str, Any], kind: Any) -> Any:
    """A message from JSON; fields that it has and we do not know are ignored.

    Raises:
        msgspec.DecodeError: no JSON, or (ValidationError) no such message.
    """
    try:
        return msgspec.json.decode(data, type=kind) if not isinstance(data, dict) else msgspec.convert(data, kind)
    except (RecursionError, UnicodeDecodeError) as error:
        raise msgspec.DecodeError(f"no JSON of a message: {error}") from error


def stamp_of(time_ns: int) -> datetime:
    """The time of an event, to the second; sent as `2024-03-22T17:09:39Z`."""
    return datetime.fromtimestamp(time_ns // NS_PER_S, UTC)
