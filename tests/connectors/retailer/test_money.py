"""Three shapes of money, each exact both ways."""

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.connectors.retailer.money import ChargeMoney, CheckoutMoney, RiskMoney
from tillfree.connectors.retailer.wire import decode, encode
from tillfree.core.money import CURRENCY_EXPONENTS, Money, MoneyError

SHAPES = (ChargeMoney, CheckoutMoney, RiskMoney)


@given(minor=st.integers(min_value=-(10**17), max_value=10**17), currency=st.sampled_from(sorted(CURRENCY_EXPONENTS)))
def test_every_amount_comes_back_as_it_was(minor: int, currency: str) -> None:
    money = Money(minor, currency)
    for shape in SHAPES:
        assert decode(encode(shape.of(money)), shape).money() == money


def test_names_and_forms_are_those_of_the_api() -> None:
    assert encode(ChargeMoney.of(Money(1250, "USD"))) == b'{"amount":12.50,"code":"USD"}'
    assert encode(CheckoutMoney.of(Money(99, "USD"))) == b'{"amount":"0.99","currencyCode":"USD"}'
    assert encode(RiskMoney.of(Money(3000, "USD"))) == b'{"value":30.00,"currencyCode":"USD"}'
    assert encode(ChargeMoney.of(Money(1250, "JPY"))) == b'{"amount":1250,"code":"JPY"}'
    assert encode(ChargeMoney.of(Money(5, "KWD"))) == b'{"amount":0.005,"code":"KWD"}'


@pytest.mark.parametrize("amount", ["0.001", "1e999999", "NaN", "Infinity", "1.5.0", "", "12,50"])
def test_what_is_no_amount_is_refused(amount: str) -> None:
    with pytest.raises(MoneyError):
        CheckoutMoney(amount, "USD").money()


def test_numbers_are_read_exactly() -> None:
    found = decode(b'{"amount": 0.29, "code": "USD"}', ChargeMoney)
    assert found.amount == Decimal("0.29")
    assert found.money() == Money(29, "USD")
    assert decode(b'{"amount": 12345678901234.56, "code": "USD"}', ChargeMoney).money().minor == 1234567890123456


@pytest.mark.parametrize("code", ["usd", "US", "USDD", "USD\n", "", "XXX"])
def test_a_currency_is_one_that_is_known(code: str) -> None:
    with pytest.raises((msgspec.ValidationError, MoneyError)):
        decode(msgspec.json.encode({"amount": 1, "code": code}), ChargeMoney).money()
