"""GS1 element strings, scanned and printed: what is read out, and where reading ends."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.catalog.element_strings import _CURRENCIES, parse_elements
from tillfree.catalog.errors import BarcodeError
from tillfree.core.money import CURRENCY_EXPONENTS

GTIN = "09521234543213"
GS = "\x1d"


def test_printed_and_scanned_say_the_same() -> None:
    printed = parse_elements(f"(01){GTIN}(3103)000412(3922)123(10)ABC-1")
    for symbology in ("]C1", "]e0", "]d2", GS, ""):
        assert parse_elements(f"{symbology}01{GTIN}31030004123922123{GS}10ABC-1") == printed
    assert printed.gtin14 == GTIN
    assert (printed.weight_g, printed.price, printed.currency) == (Decimal(412), Decimal("1.23"), "")
    assert printed.elements["10"] == "ABC-1"


@pytest.mark.parametrize(
    ("identifier", "weight_g"),
    [("3100", 12_000_000), ("3103", 12_000), ("3105", 120), ("3203", Decimal("5443.10844"))],
)
def test_weights_in_kilograms_and_pounds(identifier: str, weight_g: Decimal) -> None:
    assert parse_elements(f"({identifier})012000").weight_g == weight_g


def test_prices_with_and_without_a_currency() -> None:
    assert parse_elements("(3930)978123").price == 123
    found = parse_elements("(3932)9781234")
    assert (found.price, found.currency) == (Decimal("12.34"), "EUR")
    assert parse_elements("(8005)000599").unit_price == "000599"


def test_every_currency_of_the_program_has_its_number() -> None:
    assert sorted(_CURRENCIES.values()) == sorted(CURRENCY_EXPONENTS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "nothing that is an element string"),
        ("]C1", "nothing that is an element string"),
        ("(01)09521234543214", "wrong check digit"),
        ("(01)9521234543213", "needs 14 digits"),
        ("(3103)00041", "needs 6 digits"),
        ("(3103)00041A", "needs 6 digits"),
        ("(3106)000412", "more decimals"),
        ("(3103)000412(3203)000412", "two weights or two prices"),
        ("(3922)123(3932)978123", "two weights or two prices"),
        ("(3922)1234567890123456", "at most 15 digits"),
        ("(3922)12A", "needs an amount"),
        ("(3932)978", "needs an amount"),
        ("(3932)999123", "currency 999 is not known"),
        ("(8005)5", "needs 6 digits"),
        ("(01)09521234543213(01)04006381333931", "stands there twice"),
        ("(ab)1", "character 1 begins no application identifier"),
        ("(10)A B(", "begins no application identifier"),
        ("(310)000412", "is no application identifier that is known"),
        ("6612", "is no application identifier that is known"),
        ("01095212345", "needs 14 digits"),
        ("10" + GS, "no data that may stand"),
        ("10\u00e9", "no data that may stand"),
        ("1" * 600, "too many for an element string"),
    ],
)
def test_what_is_none_is_refused(text: str, message: str) -> None:
    with pytest.raises(BarcodeError, match=message):
        parse_elements(text)


@given(st.text(max_size=60) | st.text("()0123456789\x1d]C1", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse_elements(text)
    except BarcodeError:
        return
    assert found.elements


@given(st.integers(0, 999_999), st.integers(0, 5), st.integers(0, 10**10))
def test_scanned_and_printed_agree(weight: int, digits: int, price: int) -> None:
    printed = parse_elements(f"(01){GTIN}(310{digits}){weight:06d}(3922){price}(21)x")
    assert printed == parse_elements(f"]C101{GTIN}310{digits}{weight:06d}3922{price}{GS}21x")
    assert printed.weight_g == Decimal(weight * 1000).scaleb(-digits)
