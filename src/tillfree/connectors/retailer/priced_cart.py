"""A cart that the retailer priced: its lines, promotions, taxes and sums must agree; then it is a receipt.

The sum of a cart is the shelf prices, less promotions, with taxes and fees. Whether amounts of a line are those of one
unit or of the whole line is a setting. Weights are rounded to the smallest coin, a half away from zero.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import msgspec

from tillfree.catalog.model import Product
from tillfree.commerce.errors import CommerceError
from tillfree.commerce.receipt import LineDiscount, Receipt, ReceiptLine
from tillfree.commerce.tax import TaxLine, divide_rounded
from tillfree.connectors.errors import ConnectorError
from tillfree.connectors.retailer.money import CheckoutMoney
from tillfree.connectors.retailer.platform_wire import CartLineItem, CheckoutCart
from tillfree.connectors.retailer.settings import RetailerSettings
from tillfree.core.ids import ProductId, TripId, VisitId
from tillfree.core.money import Money, MoneyError, TaxedAmount

__all__ = ["CartError", "receipt_of"]

_GRAMS = {
    "kg": Decimal(1000),
    "kilogram": Decimal(1000),
    "g": Decimal(1),
    "gram": Decimal(1),
    "lb": Decimal("453.59237"),
    "pound": Decimal("453.59237"),
    "oz": Decimal("28.349523125"),
    "ounce": Decimal("28.349523125"),
}
_KILOGRAM = 1000
_QUANTITY_MAX = 100_000


class CartError(ConnectorError):
    """A priced cart does not agree with itself; `code` is the word for it in the answer."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class _Line(msgspec.Struct, frozen=True):
    """A line with all its amounts for the whole quantity."""

    item: CartLineItem
    units: int
    weight_g: int | None
    one: Money
    price: Money
    promotions: tuple[tuple[str, Money], ...]
    fees: tuple[tuple[str, Money], ...]
    tax: Money


def receipt_of(
    cart: CheckoutCart,
    trip: TripId,
    visit: VisitId,
    products: Mapping[ProductId, Product],
    settings: RetailerSettings,
    *,
    store: str,
    currency: str,
    time_ns: int,
) -> Receipt:
    """The receipt of a cart.

    Raises:
        CartError: amounts that do not agree, of another currency, or with too many digits.
    """
    reader = _Reader(settings, currency)
    lines = [reader.line(number, item) for number, item in enumerate(cart.line_items, 1)]
    total = reader.check_totals(cart, lines)
    shown = [line for found in lines for line in _receipt_lines(found, products)]
    try:
        return Receipt(
            id=f"{trip}/receipt",
            visit=visit,
            time_ns=time_ns,
            store=store,
            currency=currency,
            lines=tuple(shown),
            taxes=(TaxLine("retailer", 0, total),) if shown else (),
            total=total,
            prices_include_tax=False,
            status="charge",
            probability=1.0,
        )
    except (CommerceError, MoneyError) as error:
        raise CartError("CartContentValidationException", str(error)) from error


class _Reader:
    def __init__(self, settings: RetailerSettings, currency: str) -> None:
        self._by_unit = settings.cart_amounts == "unit"
        self._currency = currency
        self._zero = Money(0, currency)

    def money(self, where: str, amount: CheckoutMoney | None) -> Money:
        """An amount of the store's currency, not below nothing."""
        if amount is None:
            return self._zero
        try:
            money = amount.money()
        except MoneyError as error:
            raise CartError("InvalidPayloadException", f"{where}: {error}") from error
        if money.currency != self._currency:
            raise CartError(
                "InvalidPayloadException", f"{where}: {money.currency}, but this store has {self._currency}"
            )
        if money.minor < 0:
            raise CartError("InvalidPayloadException", f"{where}: {money} is below nothing")
        return money

    def line(self, number: int, item: CartLineItem) -> _Line:
        """A line that agrees with itself."""
        where = f"lineItems[{number - 1}]"
        value, unit = Decimal(item.quantity.value), item.quantity.unit
        if not 0 < value <= _QUANTITY_MAX:
            raise CartError("InvalidPayloadException", f"{where}: quantity {value} is not above 0")
        grams = _GRAMS.get(unit.lower())
        if grams is None and value != value.to_integral_value():
            raise CartError("InvalidPayloadException", f"{where}: {value} {unit} are no whole pieces")
        price = item.unit_price
        one = self.money(f"{where}.unitPrice.price", price.price)
        promotions = [
            (promotion.promotion_description, self.money(f"{where}.promotions", promotion.promotion_amount))
            for promotion in price.promotions
        ]
        fees = [
            (fee.deposit_and_fee_description, self.money(f"{where}.depositsAndFees", fee.deposit_and_fee_amount))
            for fee in price.deposits_and_fees
        ]
        tax = self.money(f"{where}.unitPrice.salesTax", price.sales_tax)
        fee_tax = self._zero
        for fee in price.deposits_and_fees:
            fee_tax += self.money(f"{where}.depositsAndFees.salesTax", fee.sales_tax)
        after = one
        for _, amount in promotions:
            after -= amount
        self._check_line_total(where, item, after, tax, sum((amount for _, amount in fees), self._zero) + fee_tax)
        weight_g = None if grams is None else max(1, int((value * grams).to_integral_value()))
        return _Line(
            item,
            1 if grams is not None else int(value),
            weight_g,
            one,
            self._whole(one, value),
            self._wholes(promotions, value),
            self._wholes(fees, value),
            self._whole(tax + fee_tax, value),
        )

    def _check_line_total(self, where: str, item: CartLineItem, after: Money, tax: Money, fees: Money) -> None:
        """The total of a line is said with or without tax and fees, depending on who writes it."""
        if after.minor < 0:
            raise CartError("CartContentValidationException", f"{where}: promotions take off more than it costs")
        said = self.money(f"{where}.unitPrice.totalPrice", item.unit_price.total_price)
        if said not in (after, after + tax, after + fees, after + tax + fees):
            raise CartError(
                "CartContentValidationException",
                f"{where}: totalPrice {said} is not the price less promotions, {after}",
            )

    def _wholes(self, amounts: list[tuple[str, Money]], quantity: Decimal) -> tuple[tuple[str, Money], ...]:
        """Those that come to anything."""
        found = ((name, self._whole(amount, quantity)) for name, amount in amounts)
        return tuple((name, amount) for name, amount in found if amount.minor)

    def _whole(self, amount: Money, quantity: Decimal) -> Money:
        if not self._by_unit:
            return amount
        numerator, denominator = quantity.as_integer_ratio()
        return Money(divide_rounded(amount.minor * numerator, denominator), amount.currency)

    def check_totals(self, cart: CheckoutCart, lines: Sequence[_Line]) -> TaxedAmount:
        """The sums of the cart, which must be what its lines add up to."""
        prices = promotions = fees = tax = self._zero
        for line in lines:
            prices, tax = prices + line.price, tax + line.tax
            promotions += sum((amount for _, amount in line.promotions), self._zero)
            fees += sum((amount for _, amount in line.fees), self._zero)
        totals = cart.order_totals
        net = prices - promotions + fees
        for name, said, found in (
            ("subTotal", totals.sub_total, prices),
            ("promotionsTotal", totals.promotions_total, promotions),
            ("salesTaxTotal", totals.sales_tax_total, tax),
            ("priceTotal", totals.price_total, net + tax),
        ):
            money = self.money(f"orderTotals.{name}", said)
            if money != found:
                raise CartError(
                    "CartContentValidationException", f"orderTotals.{name} is {money}, but the lines add up to {found}"
                )
        return TaxedAmount(net, tax, net + tax)


def _receipt_lines(line: _Line, products: Mapping[ProductId, Product]) -> Iterator[ReceiptLine]:
    product_id = ProductId(line.item.product_id)
    product = products.get(product_id)
    name = product.name if product and product.name else product_id
    yield from _goods(line, product_id, name, product.min_age if product else 0)
    for fee_name, amount in line.fees:
        yield ReceiptLine(
            product=product_id,
            name=fee_name or "Fee",
            quantity=1,
            unit_price=amount,
            amount=amount,
            tax_class="retailer",
            probability=1.0,
            kind="fee",
        )


def _goods(line: _Line, product: ProductId, name: str, min_age: int) -> Iterator[ReceiptLine]:
    promotions = list(line.promotions)
    weight_g, unit = line.weight_g, None
    if weight_g is not None:
        unit = _kilogram_price(line.price, weight_g, line.one)
        weight_g = weight_g if unit is not None else None
    parts = [(line.units, unit or line.price)] if line.weight_g is not None else _split(line.price, line.units)
    for units, price in parts:
        amount = line.price if weight_g is not None else price * units
        yield ReceiptLine(
            product=product,
            name=name,
            quantity=units,
            unit_price=price,
            amount=amount,
            tax_class="retailer",
            probability=1.0,
            weight_g=weight_g,
            discounts=_taken_off(promotions, amount),
            min_age=min_age,
        )


def _taken_off(promotions: list[tuple[str, Money]], amount: Money) -> tuple[LineDiscount, ...]:
    """As much of the promotions as a line can bear; what is left of them stays in the list, for the next line."""
    found = []
    while promotions and amount.minor:
        text, off = promotions.pop(0)
        here = min(off.minor, amount.minor)
        found.append(LineDiscount(offer="retailer", name=text or "Promotion", amount=Money(here, off.currency)))
        amount -= Money(here, off.currency)
        if here < off.minor:
            promotions.insert(0, (text, Money(off.minor - here, off.currency)))
    return tuple(found)


def _kilogram_price(price: Money, weight_g: int, said: Money) -> Money | None:
    """A price of a kilogram, if it can be the one that was said, that gives exactly this price; None if none does."""
    near = divide_rounded(price.minor * _KILOGRAM, weight_g)
    for minor in (said.minor, near, near - 1, near + 1):
        if divide_rounded(minor * weight_g, _KILOGRAM) == price.minor:
            return Money(minor, price.currency)
    return None


def _split(price: Money, units: int) -> list[tuple[int, Money]]:
    """Units and their price, so that the whole is exact: 3 for 1.00 are 2 at 0.33 and 1 at 0.34."""
    each, more = divmod(price.minor, units)
    parts = [(units - more, Money(each, price.currency)), (more, Money(each + 1, price.currency))]
    return [(count, unit) for count, unit in parts if count]
