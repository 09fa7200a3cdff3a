"""What holds of every cart, whatever the prices, offers, deposits and taxes are."""

from collections.abc import Sequence
from random import Random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.commerce.carts import COUPON, Case, carts, cases, offers, products, settings, shop_of
from tests.commerce.shops import NOON_NS
from tillfree.catalog.model import Product, Shop
from tillfree.catalog.offers import Offer
from tillfree.commerce.allocation import allocate
from tillfree.commerce.page import render_html
from tillfree.commerce.pricing import Pricing, Sale
from tillfree.commerce.receipt import Receipt, decode_receipt, encode_receipt
from tillfree.commerce.settings import CommerceSettings
from tillfree.commerce.text import COLUMNS, render_text
from tillfree.core.events import CartLine
from tillfree.core.ids import ProductId, VisitId
from tillfree.core.money import Money

FREE = CommerceSettings(tax_rates_ppm={"standard": 0, "food": 0})


def receipt_of(case: Case, lines: Sequence[CartLine] | None = None) -> Receipt:
    sale = Sale(
        visit=VisitId("v"),
        time_ns=NOON_NS,
        lines=tuple(case.lines if lines is None else lines),
        probability=0.9,
        loyalty=case.loyalty,
        coupons=case.coupons,
        weights=case.weights,
    )
    return Pricing(case.shop, case.settings).receipt(sale)


def total(shop: Shop, lines: Sequence[CartLine]) -> int:
    """What is to be paid, without tax, by somebody who may have every offer."""
    sale = Sale(
        visit=VisitId("v"), time_ns=NOON_NS, lines=tuple(lines), probability=0.9, loyalty=True, coupons=(COUPON,)
    )
    return Pricing(shop, FREE).receipt(sale).total.gross.minor


@given(cases())
def test_lines_sum_to_the_total_and_no_line_is_below_zero(case: Case) -> None:
    found = receipt_of(case)
    assert found.status == "charge"
    charged = [line.charged for line in found.lines]
    assert all(amount is not None and amount.minor >= 0 for amount in charged)
    shown = sum(amount.minor for amount in charged if amount is not None)
    assert shown == (found.total.gross if case.settings.prices_include_tax else found.total.net).minor
    assert found.total.net + found.total.tax == found.total.gross
    assert found.saved.minor == sum(d.amount.minor for line in found.lines for d in line.discounts)


@given(cases())
def test_tax_is_of_each_class_and_its_parts_sum_to_it(case: Case) -> None:
    found = receipt_of(case)
    by_class: dict[str, int] = {}
    for line in found.lines:
        assert line.charged is not None
        by_class[line.tax_class] = by_class.get(line.tax_class, 0) + line.charged.minor
    assert by_class.keys() == {tax.tax_class for tax in found.taxes}
    for tax in found.taxes:
        shown = tax.amount.gross if case.settings.prices_include_tax else tax.amount.net
        assert shown.minor == by_class[tax.tax_class]
        if tax.parts:
            assert sum(part.tax.minor for part in tax.parts) == tax.amount.tax.minor
            assert sum(part.rate_ppm for part in tax.parts) == tax.rate_ppm
            for part in tax.parts:
                exact = tax.amount.tax.minor * part.rate_ppm / tax.rate_ppm
                assert abs(part.tax.minor - exact) < 1
        assert bool(tax.parts) == bool(case.settings.jurisdiction and tax.rate_ppm)


@given(cases())
def test_the_same_sale_is_the_same_bytes_and_comes_back(case: Case) -> None:
    data = encode_receipt(receipt_of(case))
    assert encode_receipt(receipt_of(case)) == data
    assert encode_receipt(decode_receipt(data)) == data


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_the_lines_changes_no_amount(case: Case, random: Random) -> None:
    shuffled = list(case.lines)
    random.shuffle(shuffled)
    first, second = receipt_of(case), receipt_of(case, shuffled)
    assert second.total == first.total
    assert second.taxes == first.taxes
    assert {line.product: line.discounts for line in second.lines} == {
        line.product: line.discounts for line in first.lines
    }


@given(cases())
def test_the_order_of_the_offers_changes_no_amount(case: Case) -> None:
    turned = msgspec.structs.replace(case.shop, offers=case.shop.offers[::-1], prices=case.shop.prices[::-1])
    assert receipt_of(msgspec.structs.replace(case, shop=turned)) == receipt_of(case)


@given(cases())
def test_offers_only_ever_make_a_cart_cheaper(case: Case) -> None:
    plain = msgspec.structs.replace(case, shop=msgspec.structs.replace(case.shop, offers=()))
    before, after = receipt_of(plain), receipt_of(case)
    shown = "gross" if case.settings.prices_include_tax else "net"
    assert getattr(before.total, shown) - after.saved == getattr(after.total, shown)
    assert after.saved.minor >= 0


@given(cases())
def test_deposits_and_fees_are_never_cheaper(case: Case) -> None:
    for line in receipt_of(case).lines:
        if line.kind != "item":
            assert not line.discounts
            assert line.unit_price is not None
            assert line.unit_price.minor == case.shop.surcharges[0].amount_minor


@given(cases())
def test_a_receipt_can_be_shown(case: Case) -> None:
    found = receipt_of(case)
    assert all(len(row) <= COLUMNS for row in render_text(found).splitlines())
    page = render_html(found)
    assert ("You saved" in page) == (found.saved.minor > 0)


# ---- more in the cart is not less to pay --------------------------------------------------------------------------


def more(lines: tuple[CartLine, ...], product: str) -> tuple[CartLine, ...]:
    """The cart with one unit more."""
    quantities = {line.product: line.quantity for line in lines}
    quantities[ProductId(product)] = quantities.get(ProductId(product), 0) + 1
    return tuple(CartLine(name, count, 0.9) for name, count in quantities.items())


one_price = st.sampled_from("abcdef")


@given(products(), offers(("percent", "amount", "price", "multi_buy"), steps=False), carts, one_price)
def test_one_more_thing_makes_a_cart_no_cheaper_than_is_documented(
    goods: tuple[Product, ...], offer: Offer, lines: tuple[CartLine, ...], product: str
) -> None:
    shop = shop_of(goods, [offer])
    # A percentage is rounded once over everything: one more unit may move that rounding by one. And a multi-buy that
    # becomes full may free the others of its free units, too: 3 for the price of 1 does, 3 for 2 does not.
    dearest = max(good.price_minor or 0 for good in goods if good.sold_by == "unit")
    drop = (offer.buy - offer.pay - 1) * dearest if offer.kind == "multi_buy" else int(offer.kind == "percent")
    assert total(shop, more(lines, product)) >= total(shop, lines) - drop


@given(products(), offers(("bundle",), steps=False), carts, one_price)
def test_a_bundle_that_becomes_full_saves_no_more_than_its_other_units_cost_above_its_price(
    goods: tuple[Product, ...], offer: Offer, lines: tuple[CartLine, ...], product: str
) -> None:
    shop = shop_of(goods, [offer])
    dearest = max(good.price_minor or 0 for good in goods if good.sold_by == "unit")
    drop = max(0, (offer.buy - 1) * dearest - offer.price_minor)
    assert total(shop, more(lines, product)) >= total(shop, lines) - drop


@given(products(), st.lists(offers(), max_size=6), carts)
def test_nothing_costs_less_than_nothing(
    goods: tuple[Product, ...], offered: list[Offer], lines: tuple[CartLine, ...]
) -> None:
    assert total(shop_of(goods, offered), lines) >= 0


@given(products(), st.lists(offers(), min_size=1, max_size=4), carts)
def test_rivals_save_at_least_what_the_best_of_them_saves_alone(
    goods: tuple[Product, ...], offered: list[Offer], lines: tuple[CartLine, ...]
) -> None:
    rivals = [msgspec.structs.replace(offer, stackable=False, priority=0) for offer in offered]
    alone = [total(shop_of(goods, [offer]), lines) for offer in rivals]
    assert total(shop_of(goods, rivals), lines) <= min(alone)


@given(products(), offers(), carts)
def test_an_offer_for_nobody_in_sight_does_nothing(
    goods: tuple[Product, ...], offer: Offer, lines: tuple[CartLine, ...]
) -> None:
    hidden = msgspec.structs.replace(offer, coupon="SECRET")
    assert total(shop_of(goods, [hidden]), lines) == total(shop_of(goods, []), lines)


# ---- sharing out ----------------------------------------------------------------------------------------------------


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=30), st.integers(0, 10**6))
def test_a_sum_is_shared_out_to_the_last_unit(weights: list[int], share_ppm: int) -> None:
    whole = sum(weights)
    part = whole * share_ppm // 1_000_000
    shares = allocate(part, weights)
    assert sum(shares) == part
    for share, weight in zip(shares, weights, strict=True):
        assert share <= weight
        assert abs(share * whole - part * weight) < max(whole, 1), "its exact share, rounded down or up"


@given(st.lists(st.integers(0, 100), min_size=2, max_size=8), st.integers(0, 500))
def test_more_to_share_out_is_shared_out(weights: list[int], part: int) -> None:
    if sum(weights):
        assert sum(allocate(part, weights)) == part


@given(cases(), settings())
def test_the_way_of_taxing_changes_no_shelf_amount(case: Case, other: CommerceSettings) -> None:
    first = receipt_of(case)
    second = receipt_of(msgspec.structs.replace(case, settings=other))
    assert [line.charged for line in first.lines] == [line.charged for line in second.lines]
    assert all(isinstance(line.charged, Money) for line in second.lines)
