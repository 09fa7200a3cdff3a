"""From a cart to a receipt: sums, what is missing, and that a false receipt cannot be made."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.commerce.shops import NOON_NS, SETTINGS, SHOP, line, receipt, sale
from tillfree.catalog.model import Product, Shop
from tillfree.commerce.errors import CommerceError, ReceiptError
from tillfree.commerce.pricing import Pricing, Sale
from tillfree.commerce.receipt import Receipt, decode_receipt, encode_receipt
from tillfree.commerce.settings import CommerceSettings
from tillfree.core.events import CartLine
from tillfree.core.ids import ProductId, VisitId
from tillfree.core.money import CURRENCY_EXPONENTS, Money, MoneyError, TaxedAmount


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def test_a_receipt_adds_up() -> None:
    found = receipt(line("tea", 2, 0.99, "scale#4", "scale#7"), line("milk", 3, 0.8))
    assert found.status == "charge"
    assert (found.id, found.visit, found.time_ns, found.store) == ("v1/receipt", "v1", NOON_NS, "Corner shop")
    assert [(item.name, item.quantity, item.unit_price, item.amount) for item in found.lines] == [
        ("Green tea", 2, usd(249), usd(498)),
        ("Milk 1 l", 3, usd(119), usd(357)),
    ]
    assert found.lines[0].evidence == ("scale#4", "scale#7")
    assert found.lines[1].probability == 0.8
    assert [(tax.tax_class, tax.amount) for tax in found.taxes] == [
        ("food", TaxedAmount(usd(357), usd(25), usd(382))),
        ("standard", TaxedAmount(usd(498), usd(95), usd(593))),
    ]
    assert found.total == TaxedAmount(usd(855), usd(120), usd(975))
    assert found.probability == 0.987
    assert not found.notes


def test_prices_that_include_tax() -> None:
    settings = CommerceSettings(prices_include_tax=True, tax_rates_ppm={"standard": 190_000})
    found = receipt(line("tea", 2), settings=settings)
    assert found.total == TaxedAmount(usd(418), usd(80), usd(498))


def test_an_empty_cart_costs_nothing() -> None:
    found = receipt()
    assert (found.status, found.lines, found.taxes) == ("charge", (), ())
    assert found.total.gross == usd(0)


@pytest.mark.parametrize(
    ("product", "problem", "note"),
    [
        ("unpriced", "no price", "Mystery (unpriced): no price; not in the total."),
        (
            "pears",
            "sold by weight, and its weight is not known",
            "Pears (pears): sold by weight, and its weight is not known; not in the total.",
        ),
        ("unknown", "not in the catalogue", "unknown: not in the catalogue; not in the total."),
        ("wine", "no tax rate", "Wine (wine): tax class 'alcohol' has no rate; not in the total."),
    ],
)
def test_what_cannot_be_priced_goes_to_review_and_is_in_no_total(product: str, problem: str, note: str) -> None:
    found = receipt(line("tea"), line(product, 2))
    assert found.status == "review"
    assert found.lines[1].problem == problem
    assert found.lines[1].quantity == 2
    assert found.total == receipt(line("tea")).total
    assert found.notes == (note,)


def test_an_uncertain_cart_goes_to_review() -> None:
    found = Pricing(SHOP, SETTINGS).receipt(sale(line("tea"), review=True, notes=("The visitor was lost.",)))
    assert found.status == "review"
    assert found.notes == ("The visitor was lost.",)
    assert found.total == receipt(line("tea")).total


def test_a_price_of_zero_is_a_price() -> None:
    found = receipt(line("free", 3))
    assert (found.status, found.total.gross) == ("charge", usd(0))


def test_a_product_without_name_is_shown_by_its_id() -> None:
    assert receipt(line("nameless")).lines[0].name == "nameless"


@pytest.mark.parametrize("quantity", [0, -1])
def test_a_quantity_below_one_is_refused(quantity: int) -> None:
    with pytest.raises(CommerceError, match="cannot sell a quantity of"):
        receipt(line("tea", quantity))


@pytest.mark.parametrize("probability", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_probability_is_one(probability: float) -> None:
    with pytest.raises(ReceiptError, match="probability"):
        receipt(line("tea", 1, probability))


@pytest.mark.parametrize(("currency", "text"), [("JPY", "747 JPY"), ("KWD", "0.747 KWD"), ("USD", "7.47 USD")])
def test_other_currencies(currency: str, text: str) -> None:
    found = receipt(
        line("tea", 3),
        shop=msgspec.structs.replace(SHOP, currency=currency),
        settings=CommerceSettings(),
    )
    assert str(found.total.gross) == text
    assert found.currency == currency


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(MoneyError):
        Pricing(msgspec.structs.replace(SHOP, currency="ZZZ"), SETTINGS)


def test_quantities_of_one_product_are_summed() -> None:
    assert receipt(line("tea", 2), line("milk"), line("tea")).quantities() == {"milk": 1, "tea": 3}


def test_a_total_beyond_all_bounds_is_refused() -> None:
    with pytest.raises(ReceiptError, match="more than any receipt can hold"):
        receipt(line("tea", 10**17))


# ---- a false receipt cannot be made -----------------------------------------------------------------------------


def forged(base: Receipt, **changes: Any) -> bytes:
    tree = msgspec.json.decode(encode_receipt(base))
    for path, value in changes.items():
        *way, last = (int(part) if part.isdigit() else part for part in path.split("__"))
        place: Any = tree
        for step in way:
            place = place[step]
        place[last] = value
    return msgspec.json.encode(tree)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"total__gross": [1, "USD"]}, "is not gross"),
        ({"total": {"net": [1, "USD"], "tax": [0, "USD"], "gross": [1, "USD"]}}, "its taxed amounts sum to"),
        ({"lines__0__quantity": 3}, "3 x 2.49 USD is not 4.98 USD"),
        ({"lines__0__quantity": 0}, "quantity 0 is not 1 or more"),
        ({"lines__0__amount": [499, "USD"]}, "2 x 2.49 USD is not 4.99 USD"),
        ({"lines__0__amount": None, "lines__0__unit_price": None}, "does not say why"),
        ({"lines__0__problem": "no price"}, "its lines sum to"),
        ({"lines": []}, "its lines sum to 0.00 USD"),
        ({"taxes": []}, "its taxed amounts sum to 0.00 USD"),
        ({"taxes__0__amount__tax": [0, "USD"]}, "is not gross"),
        ({"currency": "EUR"}, "cannot combine|sum to"),
        ({"currency": "ZZZ"}, "unknown currency"),
        ({"status": "paid"}, "Invalid enum value"),
        ({"probability": 1.5}, "probability 1.5"),
        ({"lines__0__probability": -1}, "probability -1.0"),
        ({"lines__0__unit_price": [2.49, "USD"]}, "Expected `int`"),
        ({"prices_include_tax": True}, "its lines sum to"),
    ],
)
def test_a_forged_receipt_is_refused(change: dict[str, Any], message: str) -> None:
    base = receipt(line("tea", 2))
    assert decode_receipt(forged(base)) == base
    with pytest.raises(ReceiptError, match=message):
        decode_receipt(forged(base, **change))


def test_nobody_is_charged_for_a_line_with_a_problem() -> None:
    with pytest.raises(ReceiptError, match="nobody may be charged"):
        decode_receipt(forged(receipt(line("unpriced")), status="charge"))


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b"[" * 100_000, b'{"a":' * 100_000])
def test_what_is_no_receipt_is_refused(data: bytes) -> None:
    with pytest.raises(ReceiptError, match="not a receipt"):
        decode_receipt(data)


# ---- properties -------------------------------------------------------------------------------------------------

products = st.builds(
    Product,
    id=st.sampled_from("abcdefg").map(ProductId),
    name=st.text(max_size=10),
    price_minor=st.none() | st.integers(0, 10**9),
    tax_class=st.sampled_from(["standard", "food", "other"]),
)
shops = st.builds(
    Shop,
    name=st.text(max_size=10),
    products=st.lists(products, max_size=6, unique_by=lambda product: product.id).map(tuple),
    fixtures=st.just(()),
    facings=st.just(()),
    currency=st.sampled_from(sorted(CURRENCY_EXPONENTS)),
)
carts = st.lists(
    st.builds(
        CartLine,
        product=st.sampled_from("abcdefgh").map(ProductId),
        quantity=st.integers(1, 100),
        probability=st.floats(0, 1),
    ),
    max_size=8,
).map(tuple)
rates = st.integers(0, 1_000_000)
all_settings = st.builds(
    CommerceSettings,
    prices_include_tax=st.booleans(),
    tax_rounding=st.sampled_from(["line", "receipt"]),
    half_even=st.booleans(),
    tax_rates_ppm=st.fixed_dictionaries({"standard": rates, "food": rates}),
)


def _floats(value: Any, path: str = "") -> list[str]:
    if isinstance(value, dict):
        return [found for key, inner in value.items() for found in _floats(inner, f"{path}.{key}")]
    if isinstance(value, list):
        return [found for inner in value for found in _floats(inner, path)]
    return [path] if isinstance(value, float) else []


@given(shops, carts, all_settings, st.floats(0, 1), st.booleans())
def test_any_cart_gives_a_receipt_that_adds_up(
    shop: Shop, lines: tuple[CartLine, ...], settings: CommerceSettings, probability: float, review: bool
) -> None:
    found = Pricing(shop, settings).receipt(
        Sale(visit=VisitId("v"), time_ns=NOON_NS, lines=lines, probability=probability, review=review)
    )
    by_id = shop.product_index()
    known = [
        item
        for item in lines
        if item.product in by_id
        and by_id[item.product].price_minor is not None
        and by_id[item.product].tax_class != "other"
    ]
    expected = sum((by_id[item.product].price_minor or 0) * item.quantity for item in known)
    shown = found.total.gross if settings.prices_include_tax else found.total.net
    assert shown == Money(expected, shop.currency)
    assert found.total.net + found.total.tax == found.total.gross
    assert found.total.tax.minor >= 0
    assert [(item.product, item.quantity) for item in found.lines] == [(item.product, item.quantity) for item in lines]
    assert (found.status == "review") == (review or len(known) < len(lines))
    data = encode_receipt(found)
    assert decode_receipt(data) == found
    assert encode_receipt(decode_receipt(data)) == data
    assert set(_floats(msgspec.json.decode(data))) <= {".probability", ".lines.probability"}, "money is never a float"
