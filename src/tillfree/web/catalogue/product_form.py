"""What somebody typed about a product: checked field by field, and a product where all is well."""

import math
import re
from collections.abc import Iterable

import msgspec

from tillfree.catalog.barcodes import CodeKind, classify_barcode
from tillfree.catalog.model import AGE_MAX, SOLD_BY, Product, Shop
from tillfree.catalog.product_table import ProductLimits
from tillfree.commerce.display import format_amount
from tillfree.core.ids import UNKNOWN_PRODUCT, ProductId
from tillfree.core.money import Money, MoneyError
from tillfree.web.ask import Ask

__all__ = ["Typed", "hints", "read_form", "typed_of"]

_FIELDS = ("id", "name", "price", "sold_by", "weight_g", "weight_sigma_g", "tax_class", "min_age", "barcodes", "rfid")
_NAME_MAX = 200
_BARCODES_MAX = 50
_LIMITS = ProductLimits()
_AMOUNT = re.compile(r"\d{1,12}(\.\d{1,6})?", re.ASCII)
_GRAMS = re.compile(r"\d{1,6}(\.\d{1,6})?", re.ASCII)
_AGE = re.compile(r"\d{1,2}", re.ASCII)


class Typed(msgspec.Struct):
    """The fields of the form as they were typed, what is wrong with them, and the product if nothing is."""

    values: dict[str, str]
    errors: dict[str, str]
    product: Product | None = None


def typed_of(product: Product, currency: str) -> dict[str, str]:
    """The fields of the form for a product as it is."""
    return {
        "id": product.id,
        "name": product.name,
        "price": "" if product.price_minor is None else format_amount(Money(product.price_minor, currency)),
        "sold_by": product.sold_by,
        "weight_g": _grams_text(product.weight_g),
        "weight_sigma_g": _grams_text(product.weight_sigma_g),
        "tax_class": product.tax_class,
        "min_age": str(product.min_age) if product.min_age else "",
        "barcodes": "\n".join(product.barcodes),
        "rfid": "yes" if product.rfid else "",
    }


def read_form(ask: Ask, shop: Shop, product: Product | None, tax_classes: tuple[str, ...]) -> Typed:
    """Check what was typed about a product, or about a new one (`product` is None)."""
    reader = _FormReader(ask, shop, tax_classes)
    values = reader.values
    if product is None:
        reader.check_id()
    name = reader.name()
    made = Product(
        id=ProductId(values["id"]) if product is None else product.id,
        name=name,
        weight_g=reader.grams("weight_g", _LIMITS.weight_min_g, _LIMITS.weight_max_g),
        weight_sigma_g=reader.grams("weight_sigma_g", 0.01, _LIMITS.weight_max_g),
        price_minor=reader.price(),
        tax_class=reader.one_of("tax_class", tax_classes),
        barcodes=reader.barcodes(),
        sold_by=reader.one_of("sold_by", SOLD_BY),
        min_age=reader.age(),
        rfid=values["rfid"] == "yes",
        tags=() if product is None else product.tags,
    )
    if product is not None:
        values["id"] = product.id
        # A number that is shown shorter than it is kept must not be changed by saving something else.
        before = typed_of(product, shop.currency)
        unchanged = [field for field in ("weight_g", "weight_sigma_g") if before[field] == values[field]]
        made = msgspec.structs.replace(made, **{field: getattr(product, field) for field in unchanged})
        reader.forgive(field for field in (*unchanged, "tax_class") if before[field] == values[field])
        if before["tax_class"] == values["tax_class"]:
            made = msgspec.structs.replace(made, tax_class=product.tax_class)
    return Typed(values, reader.errors, None if reader.errors else made)


def hints(ask: Ask, product: Product, shop: Shop) -> list[str]:
    """What is odd about the numbers of a product; told, never refused: the retailer's systems may know it so."""
    said = [
        ask.say("%(code)s: %(reason)s", code=code, reason=barcode.reason)
        for code in (product.id, *product.barcodes)
        if (barcode := classify_barcode(code)).kind is CodeKind.BAD_CHECK_DIGIT
    ]
    mine = set(product.barcodes)
    for other in shop.products:
        shared = mine & {other.id, *other.barcodes} if other.id != product.id else set()
        if shared:
            said.append(ask.say("%(code)s is also a number of %(name)s", code=min(shared), name=other.name or other.id))
    return said


def _grams_text(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.3f}".rstrip("0").rstrip(".") or "0"


class _FormReader:
    def __init__(self, ask: Ask, shop: Shop, tax_classes: tuple[str, ...]) -> None:
        self._ask, self._shop = ask, shop
        self._tax_classes = tax_classes
        self.values = {field: ask.text(field, limit=5000).strip() for field in _FIELDS}
        self.errors: dict[str, str] = {}

    def forgive(self, fields: Iterable[str]) -> None:
        """What is as it was before is not held against whoever changes something else."""
        for field in fields:
            self.errors.pop(field, None)

    def check_id(self) -> None:
        code = self.values["id"]
        say = self._ask.say
        if not code:
            self.errors["id"] = say("Give the number or code by which your systems know the product.")
        elif classify_barcode(code).kind is CodeKind.UNUSABLE or "|" in code or code == UNKNOWN_PRODUCT:
            self.errors["id"] = say("Use at most 80 printable characters, without |.")
        elif any(product.id == code for product in self._shop.products):
            self.errors["id"] = say("There is already a product with this id.")

    def name(self) -> str:
        name = " ".join(self.values["name"].split())
        if not name:
            self.errors["name"] = self._ask.say("Give a name: receipts and lists show it.")
        elif len(name) > _NAME_MAX:
            self.errors["name"] = self._ask.say("Use at most %(most)s characters.", most=_NAME_MAX)
        return name

    def price(self) -> int | None:
        text, currency = self.values["price"], self._shop.currency
        if not text:
            return None
        example = format_amount(Money(1250, currency))
        wrong = self._ask.say("Give an amount above 0 such as %(example)s, or nothing.", example=example)
        if not _AMOUNT.fullmatch(text):
            self.errors["price"] = wrong
            return None
        try:
            money = Money.parse(text, currency)
        except MoneyError:
            self.errors["price"] = wrong
            return None
        if not 0 < money.minor < 10**15:
            self.errors["price"] = wrong
        return money.minor

    def grams(self, field: str, low: float, high: float) -> float | None:
        text = self.values[field]
        if not text:
            return None
        value = float(text) if _GRAMS.fullmatch(text) else math.nan
        if not low <= value <= high:
            said = self._ask.say("Give grams from %(low)s to %(high)s, or nothing.", low=f"{low:g}", high=f"{high:.0f}")
            self.errors[field] = said
            return None
        return value

    def one_of(self, field: str, known: tuple[str, ...]) -> str:
        text = self.values[field]
        if text not in known:
            self.errors[field] = self._ask.say("Choose one of the list.")
        return text

    def age(self) -> int:
        text = self.values["min_age"]
        if not text:
            return 0
        if not _AGE.fullmatch(text):
            self.errors["min_age"] = self._ask.say("Give years from 0 to %(most)s.", most=AGE_MAX)
            return 0
        return int(text)

    def barcodes(self) -> tuple[str, ...]:
        codes = tuple(dict.fromkeys(self.values["barcodes"].replace(",", " ").replace(";", " ").split()))
        bad = [code for code in codes if classify_barcode(code).kind is CodeKind.UNUSABLE or "|" in code]
        if bad:
            self.errors["barcodes"] = self._ask.say("%(code)s cannot be a barcode.", code=bad[0][:40])
        elif len(codes) > _BARCODES_MAX:
            self.errors["barcodes"] = self._ask.say("Give at most %(most)s barcodes.", most=_BARCODES_MAX)
        return codes
