"""Messages of the calls that a retailer makes to this store, with the names that stand in JSON."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tillfree.connectors.retailer.money import ChargeMoney, CheckoutMoney
from tillfree.connectors.retailer.wire import Quantity, StoreRef, TripRef, UuidText

__all__ = [
    "AdjustedCharge",
    "ArchiveCatalog",
    "CartLineItem",
    "CatalogStatus",
    "Charge",
    "ChargeStatus",
    "CheckoutCart",
    "DepositOrFee",
    "IngestionMade",
    "IngestionRef",
    "OrderTotals",
    "PaymentStatus",
    "Promotion",
    "Refund",
    "Refunded",
    "ShopperEmail",
    "TransactionalData",
    "TripOnly",
    "UnitPrice",
    "UploadCatalog",
]

ChargeStatus = Literal["APPROVED", "DECLINED", "PENDING"]


class _Wire(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Names in camel case."""


# ---- charges ----------------------------------------------------------------------------------------------------


class TripOnly(_Wire, frozen=True, kw_only=True):
    """A call about a trip that says nothing else: cancel, transactional data, the shopper's address."""

    store_id: StoreRef
    shopping_trip_id: TripRef


class Charge(_Wire, frozen=True, kw_only=True):
    """Adjust or capture: the whole total of the cart."""

    store_id: StoreRef
    shopping_trip_id: TripRef
    amount: ChargeMoney


class AdjustedCharge(_Wire, frozen=True, kw_only=True):
    """What became of an adjustment; a decline is an answer like others."""

    status: ChargeStatus
    authorized_amount: ChargeMoney


class Refund(_Wire, frozen=True, kw_only=True):
    """Give back; the request id makes a repetition harmless."""

    store_id: StoreRef
    shopping_trip_id: TripRef
    amount: ChargeMoney
    refund_request_id: UuidText
    refund_reason_code: Annotated[str, Meta(min_length=1, max_length=100)]


class Refunded(_Wire, frozen=True, kw_only=True):
    """The refund is on its way."""

    reconciliation_id: str


class PaymentStatus(_Wire, frozen=True, kw_only=True):
    """How much of what a trip cost has come in."""

    store_id: StoreRef
    shopping_trip_id: TripRef
    total_amount: ChargeMoney
    settled_amount: ChargeMoney
    payment_status_time: Annotated[float, Meta(ge=0)]


class ExpirationDate(_Wire, frozen=True, kw_only=True):
    """The last month of a card."""

    expiration_year: str
    expiration_month: str


class TransactionalData(_Wire, frozen=True, kw_only=True, omit_defaults=True):
    """What a receipt of a card payment must show; what is not known is left out."""

    brand: str = ""
    pos_entry_mode: str = ""
    currency: str = ""
    authorization_response_code: str = ""
    cryptogram_information_data: str = ""
    tail: str = ""
    pan_sequence_number: str = ""
    application_id: str = ""
    expiration_date: ExpirationDate | None = None
    cardholder_verification_method_result: str = ""
    terminal_id: str = ""
    reconciliation_id: str = ""
    card_statement_transaction_id: str = ""


class ShopperEmail(_Wire, frozen=True, kw_only=True):
    """Where the shopper wants the receipt."""

    shopper_id: str
    email: str


# ---- priced carts -----------------------------------------------------------------------------------------------


class DepositOrFee(_Wire, frozen=True, kw_only=True):
    """A bottle deposit, a bag."""

    deposit_and_fee_amount: CheckoutMoney
    deposit_and_fee_description: Annotated[str, Meta(max_length=255)] = ""
    sales_tax: CheckoutMoney | None = None


class Promotion(_Wire, frozen=True, kw_only=True):
    """What an offer takes off: a positive amount."""

    promotion_amount: CheckoutMoney
    promotion_description: Annotated[str, Meta(max_length=255)] = ""


class UnitPrice(_Wire, frozen=True, kw_only=True):
    """The price of a line."""

    price: CheckoutMoney
    total_price: CheckoutMoney
    sales_tax: CheckoutMoney | None = None
    deposits_and_fees: tuple[DepositOrFee, ...] = ()
    promotions: tuple[Promotion, ...] = ()


class CartLineItem(_Wire, frozen=True, kw_only=True):
    """A line of a priced cart."""

    product_id: Annotated[str, Meta(min_length=1, max_length=255)]
    type: Literal["SKU"]
    quantity: Quantity
    unit_price: UnitPrice


class OrderTotals(_Wire, frozen=True, kw_only=True):
    """The sums of a priced cart."""

    price_total: CheckoutMoney
    sub_total: CheckoutMoney
    promotions_total: CheckoutMoney | None = None
    sales_tax_total: CheckoutMoney | None = None


class CheckoutCart(_Wire, frozen=True, kw_only=True):
    """A priced cart: this store charges it, and makes the receipt."""

    idempotent_shopping_trip_id: TripRef
    store_id: StoreRef
    line_items: Annotated[tuple[CartLineItem, ...], Meta(max_length=10_000)]
    order_totals: OrderTotals


# ---- catalogue --------------------------------------------------------------------------------------------------


class UploadCatalog(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Items to add or to change; each is judged for itself, so they are read one by one."""

    catalog_items: Annotated[tuple[dict[str, Any], ...], Meta(min_length=1)]


class ArchiveCatalog(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Products to take out, either as items with an `item_sku` or as a list of `skus`."""

    catalog_items: tuple[dict[str, Any], ...] = ()
    skus: tuple[str, ...] = ()


class IngestionMade(_Wire, frozen=True, kw_only=True):
    """An upload was taken; what becomes of it can be asked by this id."""

    ingestion_id: str


class IngestionRef(_Wire, frozen=True, kw_only=True):
    """Which upload."""

    ingestion_id: Annotated[str, Meta(min_length=1, max_length=255)]


class CatalogStatus(_Wire, frozen=True, kw_only=True):
    """What became of an upload; the link is empty until there is a report."""

    processing_status: Literal["INQUEUE", "INPROGRESS", "DONE", "CANCELLED", "FATAL"]
    report_download_link: str = ""
