"""Money is exact: nothing is rounded unless a rate is applied, and then once, in a stated direction."""

from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.core.errors import TillfreeError
from tillfree.core.money import CURRENCY_EXPONENTS, Money, MoneyError, TaxedAmount, apply_rate

currencies = st.sampled_from(sorted(CURRENCY_EXPONENTS))
minors = st.integers(-(10**15), 10**15)
amounts = st.builds(Money, minors, currencies)
dollars = st.builds(Money, minors, st.just("USD"))


@given(amounts)
def test_printing_and_parsing_are_inverse(amount: Money) -> None:
    number, currency = str(amount).split()
    assert Money.parse(number, currency) == amount


@given(dollars, dollars, dollars)
def test_sums_are_those_of_integers(a: Money, b: Money, c: Money) -> None:
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert (a - b) + b == a
    assert a + -a == Money(0, "USD")


@given(dollars, st.integers(-100, 100), st.integers(-100, 100))
def test_quantities_distribute(price: Money, m: int, n: int) -> None:
    assert price * m + price * n == price * (m + n)


@given(amounts)
def test_money_survives_json(amount: Money) -> None:
    assert msgspec.json.decode(msgspec.json.encode(amount), type=Money) == amount


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("12.50", "USD", 1250), ("-0.01", "EUR", -1), ("7", "JPY", 7), ("1.005", "KWD", 1005), ("3", "USD", 300)],
)
def test_parse(text: str, currency: str, minor: int) -> None:
    assert Money.parse(text, currency).minor == minor


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [(-5, "USD", "-0.05 USD"), (0, "EUR", "0.00 EUR"), (-7, "JPY", "-7 JPY"), (1, "KWD", "0.001 KWD")],
)
def test_text(minor: int, currency: str, text: str) -> None:
    assert str(Money(minor, currency)) == text


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("1.005", "USD"), ("0.1", "JPY"), ("NaN", "USD"), ("Infinity", "USD"), ("", "USD"), ("1,50", "EUR"),
        ("twelve", "USD"), ("1.00", "XXX"), ("12345678901234567890123456789.01", "USD"),
        ("1e999999999", "USD"), ("1e-999999999", "USD"),
    ],
)  # fmt: skip
def test_what_is_not_an_exact_amount_is_refused(text: str, currency: str) -> None:
    with pytest.raises(MoneyError) as caught:
        Money.parse(text, currency)
    assert isinstance(caught.value, TillfreeError)
    assert currency in str(caught.value)


def test_two_currencies_never_mix() -> None:
    for combine in (Money.__add__, Money.__sub__):
        with pytest.raises(MoneyError, match="USD with EUR"):
            combine(Money(1, "USD"), Money(1, "EUR"))


def test_unknown_currency_is_refused_wherever_money_is_made() -> None:
    with pytest.raises(MoneyError, match="ISO 4217"):
        Money(1, "usd")
    with pytest.raises(msgspec.ValidationError, match="usd"):
        msgspec.json.decode(b'[1,"usd"]', type=Money)


@given(dollars, dollars)
def test_net_and_tax_are_gross_or_there_is_no_amount(net: Money, tax: Money) -> None:
    assert TaxedAmount(net, tax, net + tax).gross == net + tax
    with pytest.raises(MoneyError, match="is not gross"):
        TaxedAmount(net, tax, net + tax + Money(1, "USD"))


@given(dollars, st.integers(0, 1_000_000), st.booleans())
def test_a_rate_is_within_half_a_unit_and_odd(amount: Money, rate_ppm: int, half_even: bool) -> None:
    taxed = apply_rate(amount, rate_ppm, half_even=half_even)
    assert abs(taxed.minor - Fraction(amount.minor * rate_ppm, 1_000_000)) <= Fraction(1, 2)
    assert apply_rate(-amount, rate_ppm, half_even=half_even) == -taxed


@pytest.mark.parametrize(
    ("minor", "half_up", "half_even"), [(5, 1, 0), (15, 2, 2), (25, 3, 2), (-5, -1, 0), (4, 0, 0), (6, 1, 1)]
)
def test_halves(minor: int, half_up: int, half_even: int) -> None:
    assert apply_rate(Money(minor, "USD"), 100_000).minor == half_up
    assert apply_rate(Money(minor, "USD"), 100_000, half_even=True).minor == half_even
