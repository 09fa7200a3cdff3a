"""From a cart to a receipt: look up prices and tax rates, and never guess one."""

import msgspec

from tillfree.catalog.model import Shop
from tillfree.commerce.display import display_text
from tillfree.commerce.errors import CommerceError
from tillfree.commerce.receipt import NO_PRICE, NO_TAX_RATE, NO_WEIGHT, UNKNOWN_PRODUCT, Receipt, ReceiptLine
from tillfree.commerce.settings import CommerceSettings
from tillfree.commerce.tax import sum_taxed, summarise_tax
from tillfree.core.events import CartLine
from tillfree.core.ids import VisitId
from tillfree.core.money import Money

__all__ = ["ANONYMOUS_NOTE", "Pricing", "Sale"]

ANONYMOUS_NOTE = "Nobody was tracked: one anonymous visitor is assumed."
"""The note on a receipt from a recording without people."""


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be put on a receipt. `review` is true where the cart was too uncertain to charge anybody."""

    visit: VisitId
    time_ns: int
    lines: tuple[CartLine, ...]
    probability: float
    review: bool = False
    notes: tuple[str, ...] = ()


class Pricing:
    """The price list of one shop. Pure: the same sale always gives the same receipt."""

    def __init__(self, shop: Shop, settings: CommerceSettings, store: str = "") -> None:
        self._products = shop.product_index()
        self._currency = Money(0, shop.currency).currency
        self._settings = settings
        self._store = store or shop.name

    def receipt(self, sale: Sale) -> Receipt:
        """The receipt of a sale, its lines in the order of the cart.

        A product without a price, sold by weight, without a tax rate, or missing from the catalogue is listed, is in
        no total, and sends the receipt to review.

        Raises:
            CommerceError: a line with a quantity below 1, or a probability outside 0 to 1.
        """
        lines = tuple(self._line(line) for line in sale.lines)
        priced = [(line.tax_class, line.amount) for line in lines if line.amount is not None and not line.problem]
        taxes = summarise_tax(priced, self._settings)
        notes = [*sale.notes, *(_note(line) for line in lines if line.problem)]
        return Receipt(
            id=f"{sale.visit}/receipt",
            visit=sale.visit,
            time_ns=sale.time_ns,
            store=display_text(self._store),
            currency=self._currency,
            lines=lines,
            taxes=taxes,
            total=sum_taxed((tax.amount for tax in taxes), self._currency),
            prices_include_tax=self._settings.prices_include_tax,
            status="review" if sale.review or any(line.problem for line in lines) else "charge",
            probability=sale.probability,
            notes=tuple(dict.fromkeys(display_text(note) for note in notes)),
        )

    def _line(self, line: CartLine) -> ReceiptLine:
        if line.quantity < 1:
            raise CommerceError(f"product {line.product!r}: cannot sell a quantity of {line.quantity}")
        product = self._products.get(line.product)
        price, problem = None, ""
        if product is None:
            problem = UNKNOWN_PRODUCT
        elif product.price_minor is None or product.price_minor < 0:
            problem = NO_PRICE
        elif product.sold_by != "unit":
            # Its price is that of a kilogram, and a cart counts pieces: nothing is charged on a guess.
            problem = NO_WEIGHT
        else:
            price = Money(product.price_minor, self._currency)
            if product.tax_class not in self._settings.tax_rates_ppm:
                problem = NO_TAX_RATE
        return ReceiptLine(
            product=line.product,
            name=display_text(product.name if product else "") or display_text(line.product),
            quantity=line.quantity,
            unit_price=price,
            amount=None if price is None else price * line.quantity,
            tax_class=product.tax_class if product else "",
            probability=line.probability,
            evidence=line.evidence,
            problem=problem,
        )


def _note(line: ReceiptLine) -> str:
    what = f"tax class {line.tax_class!r} has no rate" if line.problem == NO_TAX_RATE else line.problem
    named = line.name if line.name == line.product else f"{line.name} ({line.product})"
    return f"{named}: {what}; not in the total."
