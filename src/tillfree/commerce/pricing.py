"""From a cart to a receipt: look up prices, offers and tax rates, and never guess one."""

import math
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from tillfree.catalog.model import Product, Shop
from tillfree.catalog.offers import Surcharge
from tillfree.catalog.periods import local_time, zone_of
from tillfree.commerce.assisted import Handed
from tillfree.commerce.display import display_text
from tillfree.commerce.errors import CommerceError
from tillfree.commerce.offers.offer_book import UNITS_MAX, Good, OfferBook
from tillfree.commerce.price_list import PriceList
from tillfree.commerce.receipt import (
    NO_PRICE,
    NO_TAX_RATE,
    NO_WEIGHT,
    UNKNOWN_PRODUCT,
    UNSURE_WEIGHT,
    LineDiscount,
    Receipt,
    ReceiptLine,
    line_amount,
)
from tillfree.commerce.settings import CommerceSettings
from tillfree.commerce.tax import TaxTable, sum_taxed
from tillfree.commerce.weighing import Weighed, certain_enough, weigh_loose
from tillfree.core.events import CartLine, Interaction
from tillfree.core.ids import ProductId, VisitId
from tillfree.core.money import Money

__all__ = ["ANONYMOUS_NOTE", "COUPONS_MAX", "Pricing", "Sale"]

ANONYMOUS_NOTE = "Nobody was tracked: one anonymous visitor is assumed."
"""The note on a receipt from a recording without people."""
COUPONS_MAX = 20
"""So many coupons may be shown in one trip."""
_TOO_MANY = f"More than {UNITS_MAX} units: no offer was worked out."


class Sale(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be put on a receipt. `review` is true where the cart was too uncertain to charge anybody.

    `loyalty` says that the payer has an account for loyalty prices, `coupons` the codes that they showed. `weights`
    are what loose goods weigh (`weigh_loose`); without one, they cannot be charged. `handed` is what staff handed over:
    certain, with the price or weight of its label where it has one. `id` is that of the receipt; empty,
    it is made of the visit.
    """

    visit: VisitId
    time_ns: int
    lines: tuple[CartLine, ...]
    probability: float
    review: bool = False
    notes: tuple[str, ...] = ()
    loyalty: bool = False
    coupons: tuple[str, ...] = ()
    weights: dict[ProductId, Weighed] = {}
    id: str = ""
    handed: tuple[Handed, ...] = ()


class _Item(msgspec.Struct):
    """A line in the making."""

    cart: CartLine
    product: Product | None
    unit_price: Money | None
    weight_g: int | None
    problem: str
    discounts: list[LineDiscount]


class Pricing:
    """The prices, offers and taxes of one shop. Pure: the same sale always gives the same receipt."""

    def __init__(self, shop: Shop, settings: CommerceSettings, store: str = "") -> None:
        """`store` is the name on receipts, and the one by which prices and offers name this store.

        Raises:
            CatalogError: the time zone of the settings, or a time of a price or offer, is not understood.
        """
        self._products = shop.product_index()
        self._currency = Money(0, shop.currency).currency
        self._settings = settings
        self._store = store or shop.name
        self._zone = zone_of(settings.time_zone)
        self._prices = PriceList(shop, self._store)
        self._offers = OfferBook(shop, self._store)
        self._taxes = TaxTable(settings)

    def receipt(self, sale: Sale) -> Receipt:
        """The receipt of a sale, its lines in the order of the cart; what staff handed over; then deposits, then fees.

        A product without a price or a tax rate, missing from the catalogue, or sold by a weight that is not known well
        enough, is listed, is in no total, and sends the receipt to review.

        Raises:
            CommerceError: a line with a quantity below 1, a probability outside 0 to 1, or too many coupons.
        """
        if len(sale.coupons) > COUPONS_MAX:
            raise CommerceError(f"{len(sale.coupons)} coupons: a trip takes at most {COUPONS_MAX}")
        local = local_time(sale.time_ns, self._zone)
        items = [self._item(line, sale, local) for line in sale.lines]
        items += [self._handed(handed, local) for handed in sale.handed]
        notes = [*sale.notes]
        too_many = not self._discount(items, sale, local)
        if too_many:
            notes.append(_TOO_MANY)
        lines = (*map(self._line, items), *self._surcharges(items, local))
        priced = [(line.tax_class, line.charged) for line in lines if line.charged is not None and not line.problem]
        taxes = self._taxes.summarise(priced)
        notes += [_note(line) for line in lines if line.problem]
        notes += self._unused(sale, lines, local)
        review = sale.review or too_many or any(line.problem for line in lines)
        return Receipt(
            id=sale.id or f"{sale.visit}/receipt",
            visit=sale.visit,
            time_ns=sale.time_ns,
            store=display_text(self._store),
            currency=self._currency,
            lines=lines,
            taxes=taxes,
            total=sum_taxed((tax.amount for tax in taxes), self._currency),
            prices_include_tax=self._settings.prices_include_tax,
            status="review" if review else "charge",
            probability=sale.probability,
            notes=tuple(dict.fromkeys(display_text(note) for note in notes)),
        )

    def weigh(self, acts: Iterable[Interaction], visits: Collection[VisitId]) -> dict[ProductId, Weighed]:
        """What the plates measured of loose goods that these visits, as one payer, carried away: `Sale.weights`."""
        return weigh_loose(acts, visits, self._products, self._settings)

    # ---- goods ----------------------------------------------------------------------------------------------

    def _item(self, line: CartLine, sale: Sale, local: datetime) -> _Item:
        if line.quantity < 1:
            raise CommerceError(f"product {line.product!r}: cannot sell a quantity of {line.quantity}")
        product = self._products.get(line.product)
        item = _Item(line, product, None, None, "", [])
        if product is None:
            item.problem = UNKNOWN_PRODUCT
            return item
        price_minor = self._prices.price_minor(product, local)
        if price_minor is None or price_minor < 0:
            item.problem = NO_PRICE
            return item
        if product.sold_by != "unit":
            # Its price is that of a kilogram, and a cart counts pieces: nothing is charged on a guess.
            item.problem, item.weight_g = self._weight(product, line, sale)
            if item.problem:
                return item
        item.unit_price = Money(price_minor, self._currency)
        if self._taxes.rate_ppm(product.tax_class) is None:
            item.problem = NO_TAX_RATE
        return item

    def _handed(self, handed: Handed, local: datetime) -> _Item:
        """A line that staff are sure of: the price on a label is that of the line, its weight that of loose goods."""
        product = self._products.get(handed.product)
        item = _Item(CartLine(handed.product, handed.quantity, 1.0, handed.evidence), product, None, None, "", [])
        if product is None:
            item.problem = UNKNOWN_PRODUCT
            return item
        minor = handed.price_minor
        if minor is None:
            minor = self._prices.price_minor(product, local)
            if product.sold_by != "unit":
                item.weight_g = handed.weight_g
                item.problem = NO_WEIGHT if handed.weight_g is None else ""
        if minor is None or minor < 0:
            item.problem = NO_PRICE
        if item.problem:
            item.weight_g = None
            return item
        assert minor is not None, "it would be a problem"
        item.unit_price = Money(minor, self._currency)
        if self._taxes.rate_ppm(product.tax_class) is None:
            item.problem = NO_TAX_RATE
        return item

    def _weight(self, product: Product, line: CartLine, sale: Sale) -> tuple[str, int | None]:
        """What the loose goods of a line weigh, or why nobody can say."""
        weighed = sale.weights.get(product.id)
        if weighed is None or self._settings.loose_goods == "review":
            return NO_WEIGHT, None
        alone = sum(other.product == product.id for other in sale.lines) == 1
        if not alone or weighed.pieces != line.quantity or not certain_enough(weighed, product, self._settings):
            return UNSURE_WEIGHT, None
        return "", weighed.grams

    def _discount(self, items: Sequence[_Item], sale: Sale, local: datetime) -> bool:
        """Put what offers take off on the lines; false where there are too many units to work it out."""
        if not self._offers:
            return True
        sold = [item for item in items if item.product is not None and item.unit_price is not None and not item.problem]
        if sum(item.cart.quantity for item in sold) > UNITS_MAX:
            return False
        goods = [
            Good(item.product, _price_of(item).minor, item.cart.quantity, item.weight_g)
            for item in sold
            if item.product is not None
        ]
        for saving in self._offers.savings(goods, local, loyalty=sale.loyalty, coupons=frozenset(sale.coupons)):
            amount = Money(saving.amount_minor, self._currency)
            name = display_text(saving.offer.name) or saving.offer.id
            sold[saving.line].discounts.append(LineDiscount(offer=saving.offer.id, name=name, amount=amount))
        return True

    def _line(self, item: _Item) -> ReceiptLine:
        product, cart = item.product, item.cart
        price = item.unit_price
        return ReceiptLine(
            product=cart.product,
            name=display_text(product.name if product else "") or display_text(cart.product),
            quantity=cart.quantity,
            unit_price=price,
            amount=None if price is None else line_amount(price, cart.quantity, item.weight_g),
            tax_class=product.tax_class if product else "",
            probability=cart.probability,
            evidence=cart.evidence,
            problem=item.problem,
            weight_g=item.weight_g,
            discounts=tuple(item.discounts),
            min_age=product.min_age if product else 0,
        )

    # ---- deposits and fees ----------------------------------------------------------------------------------

    def _surcharges(self, items: Sequence[_Item], local: datetime) -> list[ReceiptLine]:
        """One line per deposit or fee and tax class, deposits first, each in order of id."""
        due: dict[tuple[str, str, str], tuple[Surcharge, list[CartLine]]] = {}
        for item in items:
            # Of what has no price nobody knows whether it was taken at all.
            if item.product is None or item.problem:
                continue
            for surcharge in self._offers.surcharges(item.product, local):
                tax_class = surcharge.tax_class or item.product.tax_class
                key = (surcharge.kind, surcharge.id, tax_class)
                due.setdefault(key, (surcharge, []))[1].append(item.cart)
        # "deposit" comes before "fee" in the alphabet, too.
        ordered = sorted(due.items(), key=lambda pair: pair[0])
        return [self._surcharge(surcharge, key[2], carts) for key, (surcharge, carts) in ordered]

    def _surcharge(self, surcharge: Surcharge, tax_class: str, carts: Sequence[CartLine]) -> ReceiptLine:
        quantity = 1 if surcharge.once else sum(cart.quantity for cart in carts)
        price = Money(surcharge.amount_minor, self._currency)
        kind: Literal["deposit", "fee"] = surcharge.kind
        return ReceiptLine(
            product=ProductId(surcharge.id),
            name=display_text(surcharge.name) or surcharge.id,
            quantity=quantity,
            unit_price=price,
            amount=price * quantity,
            tax_class=tax_class,
            probability=round(math.prod(sorted(cart.probability for cart in carts)), 9),
            problem="" if self._taxes.rate_ppm(tax_class) is not None else NO_TAX_RATE,
            kind=kind,
        )

    # ---- coupons --------------------------------------------------------------------------------------------

    def _unused(self, sale: Sale, lines: Sequence[ReceiptLine], local: datetime) -> list[str]:
        """A note for each coupon that did nothing, so that nobody wonders."""
        if not sale.coupons:
            return []
        used = {discount.offer for line in lines for discount in line.discounts}
        spent = {offer.coupon for offer in self._offers.in_force(local) if offer.id in used}
        known = self._offers.coupons(local)
        shown = dict.fromkeys(sale.coupons)
        notes = [f"Coupon {code}: nothing in this cart is cheaper by it." for code in shown if code in known - spent]
        # A code that no offer has may be one person's own, and receipts are kept for years: it must not stand there.
        unknown = sum(code not in known and code not in spent for code in shown)
        if unknown:
            notes.append(f"{unknown} of the coupons shown {'is' if unknown == 1 else 'are'} not valid here and now.")
        return notes


def _price_of(item: _Item) -> Money:
    """Of a unit; of loose goods, of all that was weighed."""
    assert item.unit_price is not None
    return item.unit_price if item.weight_g is None else line_amount(item.unit_price, 1, item.weight_g)


def _note(line: ReceiptLine) -> str:
    what = f"tax class {line.tax_class!r} has no rate" if line.problem == NO_TAX_RATE else line.problem
    named = line.name if line.name == line.product else f"{line.name} ({line.product})"
    return f"{named}: {what}; not in the total."
