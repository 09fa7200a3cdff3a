"""What staff hand over, as they scan or type it: which product, with which weight or price of its own."""

from typing import Protocol

import msgspec

from tillfree.catalog.model import Product
from tillfree.commerce.trips import Trip
from tillfree.core.ids import ProductId
from tillfree.store.till.assisting import PRICE_MINOR_MAX, WEIGHT_G_MAX
from tillfree.web.catalogue.search import index_of
from tillfree.web.console import Console
from tillfree.web.errors import AskError

__all__ = ["Chosen", "Say", "age_proved", "choose"]


class Say(Protocol):
    """Gives a text in the language of the reader."""

    def __call__(self, text: str, **values: object) -> str:
        """The text with its values."""
        ...


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """One thing: `weight_g` and `price_minor` are its own, where its label or a scale says so."""

    product: Product
    weight_g: int | None = None
    price_minor: int | None = None
    scan: str = ""


def choose(console: Console, text: str, weight_g: int | None, say: Say) -> Chosen:
    """What a scanned number or the name of a product means here; `weight_g` is what a scale says.

    Raises:
        AskError: nothing, or it is sold by weight and nobody says what it weighs.
    """
    shop = console.store.shop
    text = text.strip()
    product, scan, price_minor = shop.product_index().get(ProductId(text)), "", None
    if product is None:
        found = index_of(shop, console.store.settings.commerce).scans.read(text)
        if found.product is None:
            raise AskError(say("%(code)s: %(why)s.", code=text[:60], why=found.reason))
        product, price_minor, weight_g = found.product, found.price_minor, found.weight_g or weight_g
        scan = text if price_minor is not None or found.weight_g is not None else ""
    if price_minor is not None or product.sold_by == "unit":
        weight_g = None  # the label says what it costs, or a piece costs what a piece costs
    elif weight_g is None:
        raise AskError(say("%(name)s is sold by weight: scan its label, or weigh it.", name=product.name or product.id))
    if not 1 <= (weight_g or 1) <= WEIGHT_G_MAX or not 0 <= (price_minor or 0) <= PRICE_MINOR_MAX:
        raise AskError(say("The weight or price on this label cannot be true."))
    return Chosen(product=product, weight_g=weight_g, price_minor=price_minor, scan=scan)


def age_proved(console: Console, trip: Trip, product: Product, say: Say) -> None:
    """Raises AskError where nobody has seen a proof that everybody of the trip is old enough for a product."""
    entry = console.database.entry(trip.id)
    if product.min_age > max(trip.age_years, 0 if entry is None else entry.age_years):
        raise AskError(
            say(
                "%(name)s is for people of %(age)s or more: note at the gate that you saw a proof of age.",
                name=product.name or product.id,
                age=product.min_age,
            ),
            409,
        )
