"""Products and prices: read, put and patched, each change a new version of the catalogue."""

from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from tillfree.catalog.barcodes import CodeKind, classify_barcode
from tillfree.catalog.model import AGE_MAX, Product, Shop
from tillfree.core.ids import UNKNOWN_PRODUCT, ProductId
from tillfree.web.api.operations import Call, Operation, Page, Reply, missing
from tillfree.web.api.problems import Fault, Problem
from tillfree.web.api.shapes import AMOUNT_MAX, Amount, Limit
from tillfree.web.shop_editing import digest, editor_for

__all__ = ["OPERATIONS"]

Name = Annotated[str, Meta(min_length=1, max_length=200, description="What receipts and lists show.")]
Grams = Annotated[float, Meta(ge=0.01, le=50_000)]
Age = Annotated[int, Meta(ge=0, le=AGE_MAX, description="How old a buyer must be, in years; 0 for anybody.")]
TaxClass = Annotated[str, Meta(min_length=1, max_length=40)]
SoldBy = Annotated[
    str,
    Meta(
        pattern="^(unit|weight)$",
        max_length=6,
        description="`weight`: the price is that of a kilogram.",
        extra_json_schema={"enum": ["unit", "weight"]},
    ),
]
Barcodes = Annotated[
    tuple[Annotated[str, Meta(min_length=1, max_length=80)], ...],
    Meta(max_length=50, description="Further codes of the same product."),
]


class ProductBody(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A product as it is to be, whole: what is left out gets its default."""

    name: Name
    price: Amount | None = None
    tax_class: TaxClass = "standard"
    barcodes: Barcodes = ()
    sold_by: SoldBy = "unit"
    min_age: Age = 0
    weight_g: Grams | None = None
    weight_sigma_g: Grams | None = None
    rfid: bool = False


class ProductPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be changed (RFC 7396): fields that are left out stay, null takes a value away."""

    name: Name | UnsetType = UNSET
    price: Amount | UnsetType | None = UNSET
    tax_class: TaxClass | UnsetType = UNSET
    barcodes: Barcodes | UnsetType = UNSET
    sold_by: SoldBy | UnsetType = UNSET
    min_age: Age | UnsetType = UNSET
    weight_g: Grams | UnsetType | None = UNSET
    weight_sigma_g: Grams | UnsetType | None = UNSET
    rfid: bool | UnsetType = UNSET


class ProductView(msgspec.Struct, frozen=True, kw_only=True):
    """A product; `etag` is what a change of it sends in If-Match."""

    id: str
    name: str
    price: Amount | None
    tax_class: str
    barcodes: tuple[str, ...]
    sold_by: str
    min_age: int
    weight_g: float | None
    weight_sigma_g: float | None
    rfid: bool
    etag: str


class ProductQuery(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which products, in the order of their ids."""

    text: Annotated[str, Meta(max_length=200, description="Part of the name, the id or a barcode.")] = ""
    after: Annotated[
        str, Meta(max_length=200, description="Cursor: the id of the last product of the page before.")
    ] = ""
    limit: Limit = 100


def _etag(product: Product) -> str:
    return f'"{digest(product)}"'


def _view(product: Product, currency: str) -> ProductView:
    price = None if product.price_minor is None else Amount(product.price_minor, currency)
    return ProductView(
        id=product.id,
        name=product.name,
        price=price,
        tax_class=product.tax_class,
        barcodes=product.barcodes,
        sold_by=product.sold_by,
        min_age=product.min_age,
        weight_g=product.weight_g,
        weight_sigma_g=product.weight_sigma_g,
        rfid=product.rfid,
        etag=_etag(product),
    )


def _list(call: Call) -> Page:
    query = call.asked(ProductQuery)
    shop = editor_for(call.console).shop
    wanted = query.text.casefold().strip()
    found = [
        product
        for product in sorted(shop.products, key=lambda product: product.id)
        if product.id > query.after
        and (not wanted or any(wanted in text.casefold() for text in (product.id, product.name, *product.barcodes)))
    ]
    page = found[: query.limit]
    return Page([_view(product, shop.currency) for product in page], page[-1].id if len(found) > len(page) else "")


def _get(call: Call) -> Reply:
    shop = editor_for(call.console).shop
    product = _found(shop, call)
    if product is None:
        raise missing("product of this id")
    return Reply(_view(product, shop.currency), etag=_etag(product))


def _put(call: Call) -> Reply:
    body = call.sent(ProductBody)

    def make(shop: Shop, before: Product | None) -> Product:
        if before is None:
            _check_id(call.path["id"])
        made = Product(id=ProductId(call.path["id"]), name="") if before is None else before
        return msgspec.structs.replace(
            made,
            name=body.name,
            price_minor=_price(body.price, shop),
            tax_class=body.tax_class,
            barcodes=tuple(dict.fromkeys(body.barcodes)),
            sold_by=body.sold_by,
            min_age=body.min_age,
            weight_g=body.weight_g,
            weight_sigma_g=body.weight_sigma_g,
            rfid=body.rfid,
        )

    return _change(call, make)


def _patch(call: Call) -> Reply:
    body = call.sent(ProductPatch)

    def make(shop: Shop, before: Product | None) -> Product:
        if before is None:
            raise missing("product of this id")
        values = {
            name: value
            for name in ("name", "tax_class", "barcodes", "sold_by", "min_age", "weight_g", "weight_sigma_g", "rfid")
            if (value := getattr(body, name)) is not UNSET
        }
        if not isinstance(body.price, UnsetType):
            values["price_minor"] = _price(body.price, shop)
        return msgspec.structs.replace(before, **values)

    return _change(call, make)


def _change(call: Call, make: Callable[[Shop, Product | None], Product]) -> Reply:
    made: list[Product] = []
    new: list[bool] = []

    def edit(shop: Shop) -> Shop:
        before = _found(shop, call)
        _check_condition(call, before)
        product = make(shop, before)
        _check(call, product, before)
        made.append(product)
        new.append(before is None)
        if before is None:
            return msgspec.structs.replace(shop, products=(*shop.products, product))
        products = tuple(product if one.id == product.id else one for one in shop.products)
        return msgspec.structs.replace(shop, products=products)

    changed = editor_for(call.console).change(call.who, f"product {call.path['id'][:80]} by the API", edit)
    product = made[0]
    if changed.version:
        call.note("product.add" if new[0] else "product.change", product.id, f"version {changed.version}")
    status = 201 if new[0] else 200
    return Reply(_view(product, changed.shop.currency), status=status, etag=_etag(product))


def _check_condition(call: Call, before: Product | None) -> None:
    """Nobody overwrites what they have not seen."""
    if before is None:
        if call.if_match:
            raise Problem("changed-meanwhile", "there is no such product, and If-Match was sent")
        return
    if call.if_none_match.strip() == "*":
        raise Problem("changed-meanwhile", "there is such a product already, and If-None-Match: * was sent")
    if not call.if_match:
        raise Problem("condition-needed", "send If-Match with the ETag of the product as you read it")
    etag = _etag(before)
    if all(part.strip() not in (etag, "*") for part in call.if_match.split(",")):
        raise Problem("changed-meanwhile", f"the product is {etag} now", headers={"ETag": etag})


def _check_id(id_: str) -> None:
    if len(id_) > 80 or classify_barcode(id_).kind is CodeKind.UNUSABLE or "|" in id_ or id_ == UNKNOWN_PRODUCT:
        raise Problem("refused", "an id has at most 80 printable characters, without |")


def _check(call: Call, product: Product, before: Product | None) -> None:
    faults = []
    if not product.name.strip() or not product.name.isprintable():
        faults.append(Fault("/name", "give a name of printable characters"))
    known = call.console.store.settings.commerce.tax_rates_ppm
    if product.tax_class not in known and (before is None or before.tax_class != product.tax_class):
        faults.append(Fault("/tax_class", f"the store has no rate for it; it knows {', '.join(sorted(known))}"))
    for place, code in enumerate(product.barcodes):
        if classify_barcode(code).kind is CodeKind.UNUSABLE or "|" in code:
            faults.append(Fault(f"/barcodes/{place}", "this cannot be a barcode"))
    if faults:
        raise Problem("refused", "; ".join(f"{fault.pointer[1:]}: {fault.detail}" for fault in faults), errors=faults)


def _price(price: Amount | None, shop: Shop) -> int | None:
    if price is None:
        return None
    minor = price.money(shop.currency).minor
    if not 0 < minor <= AMOUNT_MAX:
        raise Problem("refused", "a price is above 0", errors=(Fault("/price/minor", "give more than 0"),))
    return minor


def _found(shop: Shop, call: Call) -> Product | None:
    return next((product for product in shop.products if product.id == call.path["id"]), None)


_CHANGES = ("changed-meanwhile", "condition-needed", "refused", "not-found", "conflict")
OPERATIONS = (
    Operation(
        method="GET",
        path="/products",
        name="listProducts",
        group="Products",
        summary="Products in the order of their ids",
        scope="products:read",
        run=_list,
        query=ProductQuery,
        answer=ProductView,
        paged=True,
    ),
    Operation(
        method="GET",
        path="/products/{id}",
        name="getProduct",
        group="Products",
        summary="One product",
        scope="products:read",
        run=_get,
        answer=ProductView,
        tagged=True,
        problems=("not-found",),
    ),
    Operation(
        method="PUT",
        path="/products/{id}",
        name="putProduct",
        group="Products",
        summary="Make a product, or replace it",
        about="A new product needs no condition; to replace one, send If-Match with the ETag that was read.",
        scope="products:write",
        run=_put,
        body=ProductBody,
        answer=ProductView,
        tagged=True,
        problems=_CHANGES,
        example={"name": "Oat drink 1 l", "price": {"minor": 249, "currency": "EUR"}, "tax_class": "food"},
    ),
    Operation(
        method="PATCH",
        path="/products/{id}",
        name="patchProduct",
        group="Products",
        summary="Change some fields of a product",
        scope="products:write",
        run=_patch,
        body=ProductPatch,
        answer=ProductView,
        tagged=True,
        problems=_CHANGES,
        example={"price": {"minor": 199, "currency": "EUR"}},
    ),
)
