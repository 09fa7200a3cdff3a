"""Finding products: by words, by any of their numbers, by what they lack; quick enough to look at every letter."""

import functools
from collections import Counter
from collections.abc import Callable
from typing import Any, Literal, get_args

import msgspec

from tillfree.catalog.barcodes import classify_barcode
from tillfree.catalog.embedded import EmbeddedTemplate, parse_templates
from tillfree.catalog.model import Product, Shop
from tillfree.catalog.scanning import ScanReader
from tillfree.commerce.settings import CommerceSettings
from tillfree.core.ids import ProductId

__all__ = ["LACKS", "SORTS", "Lack", "ProductIndex", "Sort", "as_lack", "as_sort", "index_of"]

Lack = Literal["", "price", "weight", "place"]
LACKS: tuple[Lack, ...] = get_args(Lack)
Sort = Literal["name", "id", "price", "sold", "weight", "tax", "age", "facings"]
SORTS: tuple[Sort, ...] = get_args(Sort)
_GTIN_DIGITS_MIN = 8


class _Entry(msgspec.Struct, frozen=True):
    product: Product
    words: str
    gtins: frozenset[str]


class ProductIndex:
    """The products of one shop, made ready to be looked for. `facings` counts the places of each.

    `templates` say how the shop's own barcodes hold a price or a weight.
    """

    def __init__(self, shop: Shop, templates: tuple[EmbeddedTemplate, ...] = ()) -> None:
        self.shop = shop
        self._scans = ScanReader(shop, templates)
        self.facings: Counter[ProductId] = Counter(facing.product for facing in shop.facings)
        self._entries = [_entry(product) for product in shop.products]

    def find(self, text: str = "", lack: Lack = "", sort: Sort = "name", down: bool = False) -> list[Product]:
        """Products that have all words of the text, in name, id or barcodes; what has no value stands last.

        A scanned code finds its product whatever price, weight or other fields it holds.
        """
        words = [(word, _gtin(word)) for word in text.casefold().split()]
        scanned = self.scanned(text)
        found = [
            entry.product
            for entry in self._entries
            if (
                entry.product is scanned
                or all(word in entry.words or (gtin and gtin in entry.gtins) for word, gtin in words)
            )
            and not (lack and self._has(entry.product, lack))
        ]
        value = self._value(sort)
        known = sorted((product for product in found if value(product) is not None), key=value, reverse=down)
        return known + [product for product in found if value(product) is None]

    def scanned(self, text: str) -> Product | None:
        """The product behind a scanned code; None where the text is no code of this shop."""
        return self._scans.read(text).product if text else None

    def _has(self, product: Product, what: Lack) -> bool:
        if what == "price":
            return product.price_minor is not None
        if what == "weight":
            return product.weight_g is not None
        return self.facings[product.id] > 0

    def _value(self, sort: Sort) -> Callable[[Product], Any]:
        values: dict[Sort, Callable[[Product], Any]] = {
            "name": lambda product: (product.name or product.id).casefold(),
            "id": lambda product: product.id,
            "price": lambda product: product.price_minor,
            "sold": lambda product: product.sold_by,
            "weight": lambda product: product.weight_g,
            "tax": lambda product: product.tax_class.casefold(),
            "age": lambda product: product.min_age,
            "facings": lambda product: self.facings[product.id],
        }
        return values[sort]


@functools.lru_cache(maxsize=4)
def _index_by_identity(box: "_Boxed", templates: tuple[EmbeddedTemplate, ...]) -> ProductIndex:
    return ProductIndex(box.shop, templates)


class _Boxed:
    """A shop that is compared by identity: comparing thousands of products would take longer than the search."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop

    def __hash__(self) -> int:
        return id(self.shop)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Boxed) and other.shop is self.shop


def index_of(shop: Shop, settings: CommerceSettings) -> ProductIndex:
    """The index of a shop; made once while the shop stays the same."""
    return _index_by_identity(_Boxed(shop), parse_templates(settings.embedded_barcodes))


def _entry(product: Product) -> _Entry:
    numbers = (product.id, *product.barcodes)
    gtins = frozenset(gtin for number in numbers if (gtin := classify_barcode(number).gtin14))
    return _Entry(product, " ".join((product.name, *numbers)).casefold(), gtins)


def _gtin(word: str) -> str:
    """The full number behind a scanned code, so that 12 digits find what is kept with 13 or 14."""
    return classify_barcode(word).gtin14 if len(word) >= _GTIN_DIGITS_MIN and word.isdigit() else ""


def as_sort(text: str) -> Sort:
    """The sort of that name; by name where there is none."""
    return next((sort for sort in SORTS if sort == text), "name")


def as_lack(text: str) -> Lack:
    """The filter of that name; none where there is none."""
    return next((lack for lack in LACKS if lack == text), "")
