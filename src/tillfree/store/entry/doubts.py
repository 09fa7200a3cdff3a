"""Why nobody may be charged for a visit because of how it began, or because of an age that nobody has proved."""

from collections.abc import Iterable, Mapping

from tillfree.catalog.model import Product
from tillfree.commerce.display import display_text
from tillfree.core.events import CartLine
from tillfree.core.ids import ProductId
from tillfree.store.gathering import VisitResult

__all__ = ["AGE_NOTE", "MIXED_UP_NOTE", "UNINVITED_NOTE", "entry_doubts", "too_young_for"]

UNINVITED_NOTE = "Nobody let them in: they came in without an entry of their own."
MIXED_UP_NOTE = "The gate was open for two, and one of them did not come: this may be the other one's entry."
AGE_NOTE = "Only from an age of {age}, which nobody has checked: {name}"


def too_young_for(lines: Iterable[CartLine], age_years: int, products: Mapping[ProductId, Product]) -> list[Product]:
    """The products of a cart for which somebody of that proved age is too young, in the order of the lines."""
    found = (products.get(line.product) for line in lines if line.quantity > 0)
    return [product for product in found if product is not None and product.min_age > age_years]


def entry_doubts(visit: VisitResult, products: Mapping[ProductId, Product]) -> tuple[str, ...]:
    """What a person must look at first; nothing where the visit may be charged as far as this goes."""
    notes = [UNINVITED_NOTE] if visit.uninvited else []
    notes += [MIXED_UP_NOTE] if visit.mixed_up else []
    if visit.checks_age:
        young = too_young_for(visit.lines, visit.age_years, products)
        notes += [AGE_NOTE.format(age=product.min_age, name=display_text(product.name)) for product in young]
    return tuple(notes)
