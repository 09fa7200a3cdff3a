"""Finding a product by a piece of its name, its number or a barcode."""

from collections.abc import Iterator

from tillfree.catalog.model import Product, Shop
from tillfree.commerce.display import display_text
from tillfree.commerce.settings import CommerceSettings
from tillfree.web.catalogue.search import index_of

__all__ = ["find_product", "matching"]


def matching(shop: Shop, settings: CommerceSettings, text: str, most: int) -> list[Product]:
    """The first products with the text in name or number, those that begin with it first; or what was scanned."""
    wanted = display_text(text).casefold()
    if not wanted:
        return []
    found = [product for product in shop.products if any(wanted in word for word in _words(product))]
    scanned = None if found else index_of(shop, settings).scanned(text)
    if scanned is not None:
        return [scanned]
    found.sort(key=lambda product: (not any(w.startswith(wanted) for w in _words(product)), product.name, product.id))
    return found[:most]


def find_product(shop: Shop, settings: CommerceSettings, text: str) -> Product | None:
    """The one product that is meant: its number, barcode or whole name, a scanned code, or else the only match."""
    wanted = display_text(text).casefold()
    exact = [product for product in shop.products if wanted and wanted in _words(product)]
    by_number = [product for product in exact if product.id.casefold() == wanted]
    for found in (by_number, exact, matching(shop, settings, text, 2)):
        if len(found) == 1:
            return found[0]
    return None


def _words(product: Product) -> Iterator[str]:
    yield display_text(product.name).casefold()
    yield product.id.casefold()
    yield from (code.casefold() for code in product.barcodes)
