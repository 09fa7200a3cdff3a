"""Items of an uploaded catalogue: each is checked by the published rules, and becomes a product or a reason why not."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from tillfree.catalog.barcodes import CodeKind, classify_barcode, has_valid_check_digit
from tillfree.catalog.model import Product
from tillfree.core.ids import UNKNOWN_PRODUCT, ProductId
from tillfree.core.money import Money, MoneyError

__all__ = ["BARCODES_MAX", "CatalogItem", "barcode_problem", "merged", "problem_of", "read_item"]

BARCODES_MAX = 50
"""Further barcodes of one item."""
CodeType = Literal["UPC", "EAN8", "EAN", "ISBN", "GTIN", "PLU"]
_LENGTHS: dict[str, tuple[int, ...]] = {"UPC": (8, 12), "EAN8": (8,), "EAN": (13,), "ISBN": (10,), "GTIN": (14,)}
_SKU = re.compile(r"[0-9A-Za-z]{1,255}")
_PLU = re.compile(r"[0-9]{3,6}")
_MARKS = ("®", "©", "™", "(R)", "(C)", "(TM)")
_PRICE_MAX = 10**12


class FurtherCode(msgspec.Struct, frozen=True):
    """A further barcode of an item."""

    external_product_id: str
    external_product_id_type: CodeType


class CatalogItem(msgspec.Struct, frozen=True, kw_only=True):
    """One item as it comes; names have underscores here, as the API has them."""

    item_sku: Annotated[str, Meta(min_length=1, max_length=255)]
    external_product_id: Annotated[str, Meta(min_length=1, max_length=255)]
    external_product_id_type: CodeType
    item_name: Annotated[str, Meta(min_length=1, max_length=100)]
    store_id: Annotated[str, Meta(min_length=1, max_length=255)]
    standard_price: str = ""
    brand_name: str = ""
    product_tax_code: str = ""
    product_category: str = ""
    product_subcategory: str = ""
    additional_external_product_information: Annotated[tuple[FurtherCode, ...], Meta(max_length=BARCODES_MAX)] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """All barcodes, the main one first."""
        further = (code.external_product_id for code in self.additional_external_product_information)
        return tuple(dict.fromkeys((self.external_product_id, *further)))


def read_item(item: Mapping[str, Any]) -> CatalogItem | str:
    """The item, or what is wrong with its form."""
    try:
        return msgspec.convert(dict(item), CatalogItem)
    except msgspec.ValidationError as error:
        return str(error)


def problem_of(item: CatalogItem, store_id: str, currency: str) -> str:
    """What is wrong with an item; empty for nothing."""
    if item.store_id != store_id:
        return f"store_id {item.store_id!r} is not a store of this account"
    if not _SKU.fullmatch(item.item_sku) or item.item_sku == UNKNOWN_PRODUCT:
        return "item_sku may hold letters and digits only"
    if not item.item_name.strip() or not item.item_name.isprintable():
        return "item_name is blank, or holds control characters"
    if any(mark in item.item_name for mark in _MARKS):
        return "item_name holds a trade mark sign"
    codes = [(item.external_product_id, item.external_product_id_type)]
    codes += [(c.external_product_id, c.external_product_id_type) for c in item.additional_external_product_information]
    for code, kind in codes:
        if problem := barcode_problem(code, kind):
            return problem
    return _price_problem(item.standard_price, currency)


def barcode_problem(code: str, kind: str) -> str:
    """What is wrong with a barcode of a kind; empty for nothing. A missing check digit is the most frequent fault."""
    if not (code.isascii() and (code.isdigit() or (kind == "ISBN" and code[:-1].isdigit() and code[-1:] in "Xx"))):
        return f"{kind} {code!r} holds other signs than digits"
    if kind == "PLU":
        return "" if _PLU.fullmatch(code) else f"PLU {code!r} has {len(code)} digits, not 3 to 6"
    if len(code) not in _LENGTHS[kind]:
        wanted = " or ".join(map(str, _LENGTHS[kind]))
        return f"{kind} {code!r} has {len(code)} digits, not {wanted}; the check digit belongs to it"
    right = _is_isbn(code) if kind == "ISBN" else _is_upc_e(code, kind) or has_valid_check_digit(code)
    return "" if right else f"{kind} {code!r} has a wrong check digit"


def _is_isbn(code: str) -> bool:
    """ISO 2108, ISBN-10: weights 10 to 1, the sum divisible by 11; X is ten."""
    digits = [10 if sign in "Xx" else int(sign) for sign in code]
    return sum(weight * digit for weight, digit in zip(range(10, 0, -1), digits, strict=True)) % 11 == 0


def _is_upc_e(code: str, kind: str) -> bool:
    """A UPC of 8 digits is a short one, whose check digit is that of the long one behind it."""
    return kind == "UPC" and len(code) == 8 and classify_barcode(code).kind is CodeKind.UPC_E


def _price_problem(text: str, currency: str) -> str:
    if not text:
        return ""
    try:
        price = Money.parse(text, currency)
    except MoneyError as error:
        return f"standard_price: {error}"
    return "" if 0 <= price.minor <= _PRICE_MAX else f"standard_price {text!r} is not a price"


def merged(item: CatalogItem, before: Product | None, currency: str) -> Product:
    """The product of an item. What an item cannot say, above all the weight, stays as the shop has it."""
    known = before or Product(ProductId(item.item_sku), item.item_name)
    price = Money.parse(item.standard_price, currency).minor if item.standard_price else known.price_minor
    codes = tuple(code for code in item.codes if code != item.item_sku)
    return msgspec.structs.replace(
        known,
        name=" ".join(item.item_name.split()),
        price_minor=price,
        tax_class=item.product_tax_code or known.tax_class,
        barcodes=codes if set(codes) != set(known.barcodes) else known.barcodes,
    )
