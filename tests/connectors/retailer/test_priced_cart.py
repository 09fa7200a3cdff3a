"""Carts that the retailer priced: whatever agrees becomes a receipt of exactly that total, and nothing else does."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.catalog.model import Product
from tillfree.commerce.receipt import Receipt
from tillfree.commerce.tax import divide_rounded
from tillfree.connectors.retailer.money import CheckoutMoney
from tillfree.connectors.retailer.platform_wire import (
    CartLineItem,
    CheckoutCart,
    DepositOrFee,
    OrderTotals,
    Promotion,
    UnitPrice,
)
from tillfree.connectors.retailer.priced_cart import CartError, receipt_of
from tillfree.connectors.retailer.settings import RetailerSettings
from tillfree.connectors.retailer.wire import Quantity
from tillfree.core.ids import ProductId, TripId, VisitId
from tillfree.core.money import Money

PRODUCTS = {ProductId("1001"): Product(ProductId("1001"), "Oat milk", min_age=18)}


def money(minor: int, currency: str = "USD") -> CheckoutMoney:
    return CheckoutMoney.of(Money(minor, currency))


@st.composite
def carts(draw: st.DrawFn, by_unit: bool, currency: str) -> tuple[CheckoutCart, int]:
    """A cart that agrees with itself, and its total."""
    lines, sub, off, fees, tax = [], 0, 0, 0, 0
    for _ in range(draw(st.integers(0, 5))):
        grams = draw(st.none() | st.integers(1, 5000))
        units = draw(st.integers(1, 9))
        price = draw(st.integers(0, 5000))
        parts = [p for p in draw(st.lists(st.integers(1, 800), max_size=2)) if p <= price]
        parts = parts[:1] if sum(parts) > price else parts
        fee, line_tax = draw(st.integers(0, 100)), draw(st.integers(0, 400))

        def whole(minor: int, units: int = units, grams: int | None = grams) -> int:
            if not by_unit:
                return minor
            return minor * units if grams is None else divide_rounded(minor * grams, 1000)

        if sum(whole(p) for p in parts) > whole(price):
            parts = []
        value = str(units) if grams is None else f"{grams / 1000:.3f}"
        lines.append(
            CartLineItem(
                product_id="1001",
                type="SKU",
                quantity=Quantity(value=value, unit="each" if grams is None else "kg"),
                unit_price=UnitPrice(
                    price=money(price, currency),
                    total_price=money(price - sum(parts), currency),
                    sales_tax=money(line_tax, currency),
                    promotions=tuple(Promotion(promotion_amount=money(p, currency)) for p in parts),
                    deposits_and_fees=(DepositOrFee(deposit_and_fee_amount=money(fee, currency)),),
                ),
            )
        )
        sub += whole(price)
        off += sum(whole(p) for p in parts)
        fees += whole(fee)
        tax += whole(line_tax)
    total = sub - off + fees + tax
    totals = OrderTotals(
        price_total=money(total, currency),
        sub_total=money(sub, currency),
        promotions_total=money(off, currency),
        sales_tax_total=money(tax, currency),
    )
    made = CheckoutCart(
        idempotent_shopping_trip_id="t", store_id="s", line_items=tuple(lines), order_totals=totals
    )  # fmt: skip
    return made, total


def read(cart: CheckoutCart, currency: str = "USD", **settings: Any) -> Receipt:
    return receipt_of(
        cart, TripId("t"), VisitId("v"), PRODUCTS, RetailerSettings(**settings),
        store="Shop", currency=currency, time_ns=1,
    )  # fmt: skip


@given(data=st.data(), by_unit=st.booleans(), currency=st.sampled_from(["USD", "JPY", "KWD"]))
def test_a_cart_that_agrees_is_a_receipt_of_its_total(data: st.DataObject, by_unit: bool, currency: str) -> None:
    cart, total = data.draw(carts(by_unit, currency))
    receipt = read(cart, currency, cart_amounts="unit" if by_unit else "line")
    assert receipt.total.gross == Money(total, currency)
    assert receipt.status == "charge"
    pieces = sum(int(line.quantity.value) for line in cart.line_items if line.quantity.unit == "each")
    weighed = sum(line.quantity.unit == "kg" for line in cart.line_items)
    assert sum(receipt.quantities().values()) == pieces + weighed
    assert all(line.min_age == 18 for line in receipt.lines if line.kind == "item")


@given(data=st.data(), field=st.sampled_from(["price_total", "sub_total", "promotions_total", "sales_tax_total"]))
def test_a_cent_anywhere_in_the_sums_is_found(data: st.DataObject, field: str) -> None:
    import msgspec

    cart, _ = data.draw(carts(True, "USD"))
    said = getattr(cart.order_totals, field).money().minor + 1
    wrong = msgspec.structs.replace(
        cart, order_totals=msgspec.structs.replace(cart.order_totals, **{field: money(said)})
    )
    with pytest.raises(CartError, match=r"orderTotals"):
        read(wrong)
