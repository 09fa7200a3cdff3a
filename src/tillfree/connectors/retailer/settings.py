"""Settings of the retailer API: who identifies, prices, charges, and where the retailer's systems are."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

__all__ = ["RetailerSettings"]


def _unit(unit: str) -> dict[str, str]:
    return {"x-unit": unit}


class RetailerSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The retailer's own systems: who asks whom for what. The page on the retailer API explains each way of working."""

    identifies: Annotated[
        Literal["tillfree", "retailer"],
        Meta(
            title="Who identifies",
            description="Who says whether a scanned code may enter: this store by itself, or the retailer's identity "
            "connector.",
        ),
    ] = "tillfree"
    prices: Annotated[
        Literal["tillfree", "retailer"],
        Meta(
            title="Who prices",
            description="Who says what a cart costs: this store, or the retailer, to whose ordering connector each "
            "final cart then goes.",
        ),
    ] = "tillfree"
    charges: Annotated[
        Literal["tillfree", "calls", "retailer"],
        Meta(
            title="Who charges",
            description="tillfree: this store, as soon as there is a price. calls: this store, when the retailer "
            "calls adjust, capture or cancel. retailer: the retailer by its own means, for those who came in by one "
            "of its codes; for bank cards it is then as with calls.",
        ),
    ] = "tillfree"
    receipts: Annotated[
        Literal["tillfree", "retailer"],
        Meta(
            title="Who sends receipts",
            description="Who sends the shopper the receipt. With retailer no e-mail goes out from here but to an "
            "address that is given at the kiosk.",
        ),
    ] = "tillfree"
    risk: Annotated[
        Literal["none", "recommendation", "retailer"],
        Meta(
            title="Risk at entry",
            description="Whether the retailer's fraud and abuse connector is asked when somebody enters with a bank "
            "card. recommendation: it decides, and where it does not answer, this store's own advice holds. "
            "retailer: it decides alone, and where it does not answer, the gate stays shut.",
        ),
    ] = "none"
    loyalty: Annotated[
        Literal["tillfree", "retailer"],
        Meta(
            title="Loyalty codes",
            description="tillfree: a loyalty code that is scanned is the account itself. retailer: the retailer's scan "
            "connectors say whose it is, and which promotions it brings; they count like coupons of these names.",
        ),
    ] = "tillfree"
    store_id: Annotated[
        str,
        Meta(
            title="Store id",
            description="What this store is called in the retailer API.",
            min_length=1,
            max_length=255,
            pattern="^[0-9a-zA-Z_-]+$",
        ),
    ] = "store-1"
    endpoint: Annotated[
        str,
        Meta(
            title="Connectors",
            description="Where the retailer's connectors are, without /v1: https://connectors.example.com. Empty "
            "where there are none.",
            max_length=500,
            pattern="^(https?://[^\\s]+)?$",
        ),
    ] = ""
    connector_auth: Annotated[
        Literal["none", "sigv4", "bearer"],
        Meta(
            title="Connector authentication",
            description="How calls to the connectors are signed: AWS Signature Version 4, a bearer key, or not.",
        ),
    ] = "sigv4"
    connector_key_env: Annotated[
        str,
        Meta(
            title="Connector key",
            description="Name of the environment variable with the key of the connectors: id:secret for a signature, "
            "the key itself for bearer.",
            max_length=100,
            pattern="^[A-Z][A-Z0-9_]*$",
        ),
    ] = "TILLFREE_CONNECTOR_KEY"
    region: Annotated[
        str,
        Meta(
            title="Region",
            description="The region in signatures: of calls to the connectors, and asked of calls to this store.",
            min_length=1,
            max_length=40,
            pattern="^[a-z0-9-]+$",
        ),
    ] = "us-east-1"
    server_auth: Annotated[
        Literal["sigv4", "bearer", "either"],
        Meta(
            title="Caller authentication",
            description="What a call of the retailer to this store must carry: AWS Signature Version 4, a bearer key, "
            "or one of them.",
        ),
    ] = "sigv4"
    server_keys_env: Annotated[
        str,
        Meta(
            title="Caller keys",
            description="Name of the environment variable with the keys of callers, id:secret, several with blanks "
            "between them. For bearer, the whole of id:secret is the key. Empty or missing: every call is refused.",
            max_length=100,
            pattern="^[A-Z][A-Z0-9_]*$",
        ),
    ] = "TILLFREE_RETAILER_KEYS"
    clock_skew_s: Annotated[
        int,
        Meta(
            title="Clock difference",
            description="The most that the time in a signature may differ from this store's clock.",
            ge=1,
            le=3600,
            extra_json_schema=_unit("s"),
        ),
    ] = 300
    requests_per_s: Annotated[
        int,
        Meta(
            title="Calls per second",
            description="How many calls one key may make in a second, on average and at once; further ones are told "
            "when to come again.",
            ge=1,
            le=10_000,
            extra_json_schema=_unit("calls per second"),
        ),
    ] = 10
    items_max: Annotated[
        int,
        Meta(
            title="Items of an upload",
            description="The most items in one upload or archiving of the catalogue.",
            ge=1,
            le=10_000,
            extra_json_schema=_unit("items"),
        ),
    ] = 10_000
    report_link_minutes: Annotated[
        int,
        Meta(
            title="Report link",
            description="How long the link to the report of an upload is good.",
            ge=1,
            le=1440,
            extra_json_schema=_unit("minutes"),
        ),
    ] = 60
    refund_window_days: Annotated[
        int,
        Meta(
            title="Refund window",
            description="How long after a trip the retailer may call for a refund.",
            ge=1,
            le=365,
            extra_json_schema=_unit("days"),
        ),
    ] = 7
    refund_reasons: Annotated[
        tuple[Annotated[str, Meta(min_length=1, max_length=100, pattern="^[A-Z][A-Z0-9_]*$")], ...],
        Meta(title="Refund reasons", description="The reason codes with which the retailer may call for a refund."),
    ] = ("DAMAGED_ITEM", "WRONG_ITEM", "WRONG_PRICE", "RETURNED_ITEM", "OTHER")
    cart_amounts: Annotated[
        Literal["unit", "line"],
        Meta(
            title="Amounts of priced carts",
            description="Whether the price, promotions, fees and tax of a line of a priced cart are those of one unit, "
            "or of the whole line.",
        ),
    ] = "unit"
    code_pattern: Annotated[
        str,
        Meta(
            title="Code pattern",
            description="A regular expression that a scanned code must match as a whole; others never reach the "
            "retailer, and the gate stays shut. Empty: all do.",
            max_length=500,
        ),
    ] = ""
    unit_word: Annotated[
        str,
        Meta(
            title="Word for pieces",
            description="The unit of a quantity of pieces, as carts name it.",
            min_length=1,
            max_length=40,
        ),
    ] = "each"
    weight_word: Annotated[
        Literal["kg", "g", "lb", "oz"],
        Meta(title="Word for weight", description="The unit of a weighed quantity, as carts name it."),
    ] = "kg"
    item_ids: Annotated[
        Literal["SKU", "SCANCODE"],
        Meta(
            title="Ids in carts",
            description="What the id of a cart item is: the product's id (SKU), or its barcode (SCANCODE).",
        ),
    ] = "SKU"
    timeout_ms: Annotated[
        int,
        Meta(
            title="Time-out",
            description="How long a connector may take to answer, but at the gate, where the gate's own budget holds.",
            ge=100,
            le=60_000,
            extra_json_schema=_unit("ms"),
        ),
    ] = 10_000
    retry_first_ms: Annotated[
        int,
        Meta(
            title="First retry",
            description="About how long after a failed order it is sent again; each further wait is twice as long.",
            ge=10,
            le=600_000,
            extra_json_schema=_unit("ms"),
        ),
    ] = 1000
    retry_longest_ms: Annotated[
        int,
        Meta(
            title="Longest wait",
            description="The longest wait between two tries of an order.",
            ge=100,
            le=3_600_000,
            extra_json_schema=_unit("ms"),
        ),
    ] = 300_000
    bad_after_hours: Annotated[
        int,
        Meta(
            title="Bad cart after",
            description="An order that could not be handed over for so long is a bad cart: tried no more by itself, "
            "and shown until somebody sends it again.",
            ge=1,
            le=720,
            extra_json_schema=_unit("hours"),
        ),
    ] = 72
    alert_before_minutes: Annotated[
        int,
        Meta(
            title="Alert before the hold ends",
            description="A cart that nobody has priced is an alert so long before the hold on the card ends.",
            ge=1,
            le=10_080,
            extra_json_schema=_unit("minutes"),
        ),
    ] = 720
    breaker_failures: Annotated[
        int,
        Meta(
            title="Failures in a row",
            description="After so many calls without an answer the connectors are left alone for a while.",
            ge=1,
            le=1000,
            extra_json_schema=_unit("calls"),
        ),
    ] = 5
    breaker_pause_ms: Annotated[
        int,
        Meta(
            title="Pause after failures",
            description="How long the connectors are then left alone before one call tries them again.",
            ge=100,
            le=600_000,
            extra_json_schema=_unit("ms"),
        ),
    ] = 10_000
    orders_kept_days: Annotated[
        int,
        Meta(
            title="Orders kept",
            description="How long it is kept which orders were handed over, and which uploads and calls were made.",
            ge=1,
            le=3650,
            extra_json_schema=_unit("days"),
        ),
    ] = 90
    feed_folder: Annotated[
        str,
        Meta(
            title="Event feed folder",
            description="A folder to which events are written, a file of JSON lines a day. Empty: none.",
            max_length=500,
        ),
    ] = ""
    feed_url: Annotated[
        str,
        Meta(
            title="Event feed address",
            description="Where events are sent by POST, as a list of at most ten. Empty: nowhere.",
            max_length=500,
            pattern="^(https?://[^\\s]+)?$",
        ),
    ] = ""
    feed_source: Annotated[
        str,
        Meta(
            title="Event feed source",
            description="The source that stands in each event of the feed.",
            min_length=1,
            max_length=256,
        ),
    ] = "tillfree.store"
    sales_folder: Annotated[
        str,
        Meta(
            title="Sales files folder",
            description="A folder to which sales are written as CSV files, several a day. Empty: none.",
            max_length=500,
        ),
    ] = ""
    sales_every_minutes: Annotated[
        int,
        Meta(
            title="Sales files every",
            description="How often a file of sales is written, if anything was sold.",
            ge=1,
            le=1440,
            extra_json_schema=_unit("minutes"),
        ),
    ] = 60
    sales_rows_max: Annotated[
        int,
        Meta(
            title="Rows of a sales file",
            description="A file of sales has at most so many rows; what is more goes into a further file.",
            ge=1,
            le=1_000_000,
            extra_json_schema=_unit("rows"),
        ),
    ] = 50_000
