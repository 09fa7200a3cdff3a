"""What a scanned number means in one shop: which product, how much of it, at what price; nothing is guessed."""

from decimal import Decimal

import msgspec

from tillfree.catalog.barcodes import CodeKind, classify_barcode
from tillfree.catalog.element_strings import parse_elements
from tillfree.catalog.embedded import EmbeddedTemplate, read_embedded
from tillfree.catalog.errors import BarcodeError
from tillfree.catalog.model import Product, Shop
from tillfree.core.money import CURRENCY_EXPONENTS

__all__ = ["ScanReader", "Scanned"]


class Scanned(msgspec.Struct, frozen=True):
    """A number as this shop understands it; `reason` says why there is no product, and is empty otherwise.

    `weight_g` (whole grams, a half up) and `price_minor` are what the number itself says; `organic` is the digit 9
    before a PLU code.
    """

    text: str
    product: Product | None = None
    weight_g: int | None = None
    price_minor: int | None = None
    organic: bool = False
    reason: str = ""


class ScanReader:
    """Reads numbers against the catalogue of one shop."""

    def __init__(self, shop: Shop, templates: tuple[EmbeddedTemplate, ...] = ()) -> None:
        self._templates = templates
        self._currency = shop.currency
        self._digits = CURRENCY_EXPONENTS[shop.currency]
        self._by_code: dict[str, Product] = {}
        for product in reversed(shop.products):  # of two products with one number, the first in the catalogue
            for code in (*product.barcodes, product.id):
                self._by_code[code] = product
                self._by_code[classify_barcode(code).gtin14 or code] = product

    def read(self, text: str) -> Scanned:
        """What a number means. Never raises: a number that cannot be used says why."""
        try:
            return self._read(text.strip(" \r\n"))
        except BarcodeError as error:
            return Scanned(text, reason=str(error))

    def _read(self, text: str) -> Scanned:
        if text[:1] in ("(", "]", "\x1d"):
            return self._elements(text)
        inside = read_embedded(text, self._templates, self._digits)
        if inside is not None:
            # The catalogue may hold the number with nothing inside, or the shop's own reference to the item.
            product = self._find(inside.base, inside.item, inside.item.lstrip("0"))
            return self._found(text, product, inside.weight_g, inside.price)
        barcode = classify_barcode(text)
        if not barcode.usable:
            return Scanned(text, reason=barcode.reason)
        organic = barcode.kind is CodeKind.PLU_ORGANIC
        product = self._find(text, barcode.gtin14)
        if product is None and organic and self._find(text[1:]) is not None:
            # The conventional price is another one: whoever sells both has two products.
            return Scanned(text, organic=True, reason=f"organic, and the catalogue has only {text[1:]}")
        return msgspec.structs.replace(self._found(text, product, None, None), organic=organic)

    def _elements(self, text: str) -> Scanned:
        found = parse_elements(text)
        if found.currency not in ("", self._currency):
            raise BarcodeError(f"its price is in {found.currency}, and this shop's are in {self._currency}")
        return self._found(text, self._find(found.gtin14), found.weight_g, found.price)

    def _find(self, *codes: str) -> Product | None:
        for code in codes:
            product = self._by_code.get(code) or self._by_code.get(classify_barcode(code).gtin14)
            if code and product is not None:
                return product
        return None

    def _found(self, text: str, product: Product | None, weight_g: Decimal | None, price: Decimal | None) -> Scanned:
        price_minor = None if price is None else price.scaleb(self._digits)
        if price_minor is not None and price_minor != price_minor.to_integral_value():
            raise BarcodeError(f"its price {price} has more digits than {self._currency} has")
        return Scanned(
            text,
            product,
            None if weight_g is None else int(weight_g + Decimal("0.5")),
            None if price_minor is None else int(price_minor),
            reason="" if product is not None else "not in the catalogue",
        )
