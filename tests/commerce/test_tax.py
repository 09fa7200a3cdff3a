"""Tax: rounding by hand-made cases, and that nothing is lost or invented."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.commerce.errors import CommerceError
from tillfree.commerce.settings import CommerceSettings
from tillfree.commerce.tax import divide_rounded, sum_taxed, summarise_tax, taxed
from tillfree.core.money import CURRENCY_EXPONENTS, Money, TaxedAmount

currencies = st.sampled_from(sorted(CURRENCY_EXPONENTS))
amounts = st.integers(0, 10**12)
rates = st.integers(0, 1_000_000)
settings = st.builds(
    CommerceSettings,
    prices_include_tax=st.booleans(),
    tax_rounding=st.sampled_from(["line", "receipt"]),
    half_even=st.booleans(),
    tax_rates_ppm=st.fixed_dictionaries({"a": rates, "b": rates}),
)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


@pytest.mark.parametrize(
    ("numerator", "denominator", "up", "even"),
    [(5, 2, 3, 2), (7, 2, 4, 4), (-5, 2, -3, -2), (1, 3, 0, 0), (2, 3, 1, 1), (0, 7, 0, 0), (6, 3, 2, 2), (1, 2, 1, 0)],
)
def test_rounding(numerator: int, denominator: int, up: int, even: int) -> None:
    assert divide_rounded(numerator, denominator) == up
    assert divide_rounded(numerator, denominator, half_even=True) == even


def test_division_by_nothing_is_refused() -> None:
    with pytest.raises(CommerceError):
        divide_rounded(1, 0)


@given(st.integers(-(10**18), 10**18), st.integers(1, 10**9), st.booleans())
def test_rounding_is_to_the_nearest(numerator: int, denominator: int, half_even: bool) -> None:
    exact = Fraction(numerator, denominator)
    rounded = divide_rounded(numerator, denominator, half_even=half_even)
    assert abs(rounded - exact) <= Fraction(1, 2)
    if half_even:
        assert rounded == round(exact), "the standard library rounds fractions half to even"


def test_tax_is_added_to_net_prices() -> None:
    # 7.25 % of 1.00 is 0.0725.
    assert taxed(usd(100), 72_500, CommerceSettings()) == TaxedAmount(usd(100), usd(7), usd(107))


def test_tax_is_taken_out_of_gross_prices() -> None:
    # 19/119 of 2.49 is 0.3976.
    inclusive = CommerceSettings(prices_include_tax=True)
    assert taxed(usd(249), 190_000, inclusive) == TaxedAmount(usd(209), usd(40), usd(249))


def test_half_a_unit_goes_up_or_to_even() -> None:
    # 5 % of 0.50 is 0.025, of 0.70 is 0.035.
    assert [taxed(usd(minor), 50_000, CommerceSettings()).tax.minor for minor in (50, 70)] == [3, 4]
    even = CommerceSettings(half_even=True)
    assert [taxed(usd(minor), 50_000, even).tax.minor for minor in (50, 70)] == [2, 4]


def test_rounding_on_lines_and_on_the_receipt_may_differ() -> None:
    # Three times 10 % of 0.05: each 0.005 rounds up to 0.01, together they are 0.015, which is 0.02.
    parts = [("a", usd(5))] * 3
    on_lines = summarise_tax(parts, CommerceSettings(tax_rounding="line", tax_rates_ppm={"a": 100_000}))
    at_once = summarise_tax(parts, CommerceSettings(tax_rounding="receipt", tax_rates_ppm={"a": 100_000}))
    assert (on_lines[0].amount.tax, at_once[0].amount.tax) == (usd(3), usd(2))


def test_classes_stand_in_order_and_each_has_its_rate() -> None:
    rates_ppm = {"standard": 190_000, "food": 70_000}
    parts = [("standard", usd(100)), ("food", usd(200)), ("standard", usd(300))]
    lines = summarise_tax(parts, CommerceSettings(tax_rates_ppm=rates_ppm))
    assert [(line.tax_class, line.rate_ppm, line.amount.tax.minor) for line in lines] == [
        ("food", 70_000, 14),
        ("standard", 190_000, 76),
    ]


def test_a_class_without_a_rate_is_an_error_not_a_guess() -> None:
    with pytest.raises(CommerceError, match="tax class 'wine' has no rate"):
        summarise_tax([("wine", usd(1))], CommerceSettings())


def test_nothing_sums_to_zero() -> None:
    assert sum_taxed([], "KWD").gross == Money(0, "KWD")
    assert summarise_tax([], CommerceSettings()) == ()


@given(amounts, rates, settings, currencies)
def test_net_and_tax_are_gross(minor: int, rate_ppm: int, chosen: CommerceSettings, currency: str) -> None:
    result = taxed(Money(minor, currency), rate_ppm, chosen)
    assert result.net + result.tax == result.gross
    shown = result.gross if chosen.prices_include_tax else result.net
    assert shown == Money(minor, currency), "the shelf price itself is never changed"
    assert 0 <= result.tax.minor <= result.gross.minor
    assert abs(result.tax.minor - Fraction(result.net.minor * rate_ppm, 1_000_000)) <= 1


@given(st.lists(st.tuples(st.sampled_from("ab"), amounts), max_size=8), settings, currencies)
def test_tax_does_not_depend_on_the_order_of_lines(
    parts: list[tuple[str, int]], chosen: CommerceSettings, currency: str
) -> None:
    lines = [(tax_class, Money(minor, currency)) for tax_class, minor in parts]
    summary = summarise_tax(lines, chosen)
    assert summary == summarise_tax(lines[::-1], chosen)
    total = sum_taxed((line.amount for line in summary), currency)
    assert (total.gross if chosen.prices_include_tax else total.net).minor == sum(minor for _, minor in parts)
