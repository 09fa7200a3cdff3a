"""A small shop and sales in it, for the tests of this folder."""

from tillfree.catalog.model import Product, Shop
from tillfree.commerce.pricing import Pricing, Sale
from tillfree.commerce.receipt import Receipt
from tillfree.commerce.settings import CommerceSettings
from tillfree.core.events import CartLine
from tillfree.core.ids import EventId, ProductId, VisitId

__all__ = ["NOON_NS", "SETTINGS", "SHOP", "line", "receipt", "sale"]

NOON_NS = 1_767_268_800_250_000_000
"""2026-01-01 12:00:00.250 UTC."""

SHOP = Shop(
    name="Corner shop",
    products=(
        Product(ProductId("tea"), "Green tea", price_minor=249),
        Product(ProductId("milk"), "Milk 1 l", price_minor=119, tax_class="food"),
        Product(ProductId("free"), "Bag", price_minor=0),
        Product(ProductId("unpriced"), "Mystery"),
        Product(ProductId("pears"), "Pears", price_minor=299, sold_by="weight"),
        Product(ProductId("wine"), "Wine", price_minor=899, tax_class="alcohol"),
        Product(ProductId("nameless"), "", price_minor=100),
    ),
    fixtures=(),
    facings=(),
)
SETTINGS = CommerceSettings(tax_rates_ppm={"standard": 190_000, "food": 70_000})


def line(product: str, quantity: int = 1, probability: float = 0.99, *evidence: str) -> CartLine:
    """A line of a cart."""
    return CartLine(ProductId(product), quantity, probability, tuple(EventId(event) for event in evidence))


def sale(*lines: CartLine, review: bool = False, notes: tuple[str, ...] = ()) -> Sale:
    """A sale of these lines at noon."""
    return Sale(visit=VisitId("v1"), time_ns=NOON_NS, lines=lines, probability=0.987, review=review, notes=notes)


def receipt(*lines: CartLine, shop: Shop = SHOP, settings: CommerceSettings = SETTINGS) -> Receipt:
    """The receipt of these lines."""
    return Pricing(shop, settings).receipt(sale(*lines))
