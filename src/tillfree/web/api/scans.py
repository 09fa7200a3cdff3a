"""What a scanned number means in this shop: the labels of its scales, with a weight or price inside, as well."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tillfree.catalog.periods import local_time, zone_of
from tillfree.commerce.price_list import PriceList
from tillfree.commerce.receipt import line_amount
from tillfree.core.money import Money
from tillfree.web.api.operations import Call, Operation
from tillfree.web.api.shapes import Amount, amount
from tillfree.web.catalogue.search import index_of

__all__ = ["OPERATIONS"]

_CODE_MAX = 100


class ScanQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The number, or the text, that was read."""

    code: Annotated[str, Meta(min_length=1, max_length=_CODE_MAX)]


class ScanView(msgspec.Struct, frozen=True, kw_only=True):
    """`product` is null where there is none, and `reason` says why. `price` is for all of it, before offers and tax."""

    product: str | None
    name: str
    weight_g: int | None
    price: Amount | None
    reason: str


def _scan(call: Call) -> ScanView:
    store = call.console.store
    commerce, shop = store.settings.commerce, store.shop
    found = index_of(shop, commerce).scans.read(call.asked(ScanQuery).code)
    product, minor = found.product, found.price_minor
    if minor is None and product is not None:
        local = local_time(store.now_ns or call.console.now_ns(), zone_of(commerce.time_zone))
        minor = PriceList(shop, store.name).price_minor(product, local)
        if minor is not None and product.sold_by == "weight":
            of_it = None if found.weight_g is None else line_amount(Money(minor, shop.currency), 1, found.weight_g)
            minor = None if of_it is None else of_it.minor
    price = None if minor is None else Money(minor, shop.currency)
    return ScanView(
        product=None if product is None else product.id,
        name="" if product is None else product.name,
        weight_g=found.weight_g,
        price=None if price is None else amount(price),
        reason=found.reason,
    )


OPERATIONS = (
    Operation(
        method="GET",
        path="/scans",
        name="readScan",
        group="Products",
        summary="What a scanned number means here",
        about="Barcodes, PLU codes, GS1 element strings, and codes of the shop's own scales as "
        "`commerce.embedded_barcodes` lays them out.",
        scope="products:read",
        run=_scan,
        query=ScanQuery,
        answer=ScanView,
    ),
)
