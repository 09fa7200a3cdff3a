"""A worked example: a cart with what it must come to, worked out by hand, and what the program makes of it."""

from collections.abc import Sequence

import msgspec

from tillfree.catalog.model import Product, Shop
from tillfree.catalog.offers import Offer, PriceEntry, Surcharge
from tillfree.commerce.pricing import Pricing, Sale
from tillfree.commerce.receipt import Receipt
from tillfree.commerce.settings import CommerceSettings
from tillfree.commerce.weighing import Weighed
from tillfree.core.events import CartLine
from tillfree.core.ids import ProductId, VisitId

__all__ = ["GOODS", "STORE", "UNTAXED", "WorkedCase", "receipt_of", "said_cart"]

NOON_NS = 1_767_268_800_000_000_000
"""2026-01-01 12:00 UTC, a Thursday."""
STORE = "Corner shop"
UNTAXED = CommerceSettings(tax_rates_ppm={"standard": 0, "food": 0})


class WorkedCase(msgspec.Struct, frozen=True, kw_only=True):
    """A cart, the rules, and what it comes to: texts of amounts, as they stand on a receipt.

    `off` says what is taken off each line of the cart, `parts` what each authority has of the tax.
    """

    title: str
    cart: dict[str, int]
    rule: str
    total: str
    net: str = ""
    tax: str = ""
    off: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    offers: tuple[Offer, ...] = ()
    surcharges: tuple[Surcharge, ...] = ()
    prices: tuple[PriceEntry, ...] = ()
    settings: CommerceSettings = UNTAXED
    currency: str = "EUR"
    loyalty: bool = False
    coupons: tuple[str, ...] = ()
    grams: dict[str, int] = {}


def _goods(*rows: tuple[str, str, int, str, tuple[str, ...]]) -> tuple[Product, ...]:
    return tuple(
        Product(ProductId(id_), name, price_minor=price, tax_class=tax_class, tags=tags)
        for id_, name, price, tax_class, tags in rows
    )


GOODS = (
    *_goods(
        ("tea", "Tea", 249, "standard", ()),
        ("milk", "Milk", 119, "food", ()),
        ("cola", "Cola", 100, "standard", ("drink", "bottle", "lunch")),
        ("water", "Water", 80, "standard", ("drink", "bottle")),
        ("wine", "Wine", 899, "standard", ("alcohol",)),
        ("sandwich", "Sandwich", 350, "food", ("lunch",)),
        ("crisps", "Crisps", 180, "food", ("lunch",)),
        ("bag", "Bag", 30, "standard", ("bag",)),
        ("pen", "Pen", 5, "standard", ()),
        ("clip", "Clip", 5, "standard", ()),
        ("pin", "Pin", 5, "standard", ()),
        ("stamp", "Stamp", 50, "standard", ()),
        ("book", "Book", 999, "standard", ()),
    ),
    Product(ProductId("apples"), "Apples", 180.0, 20.0, price_minor=299, tax_class="food", sold_by="weight"),
)


def receipt_of(case: WorkedCase) -> Receipt:
    """What the program makes of a case."""
    shop = Shop(
        STORE, GOODS, (), (), currency=case.currency, prices=case.prices, offers=case.offers, surcharges=case.surcharges
    )
    lines = tuple(CartLine(ProductId(product), quantity, 0.99) for product, quantity in case.cart.items())
    weights = {ProductId(name): Weighed(case.cart[name], grams, 3.0) for name, grams in case.grams.items()}
    sale = Sale(
        visit=VisitId("v1"),
        time_ns=NOON_NS,
        lines=lines,
        probability=0.99,
        loyalty=case.loyalty,
        coupons=case.coupons,
        weights=weights,
    )
    return Pricing(shop, case.settings).receipt(sale)


def said_cart(case: WorkedCase) -> str:
    """`2 × Tea, 1 × Milk`, or of loose goods their weight."""
    names = {product.id: product.name for product in GOODS}
    parts: Sequence[str] = [
        f"{case.grams[name] / 1000:.3f} kg {names[ProductId(name)]}"
        if name in case.grams
        else f"{count} × {names[ProductId(name)]}"
        for name, count in case.cart.items()
    ]
    return ", ".join(parts)
