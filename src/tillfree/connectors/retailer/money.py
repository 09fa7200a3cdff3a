"""The three shapes of money in the retailer API, turned into `Money` and back, exactly.

The API writes an amount as a number or as a decimal text, under the names `amount` and `code`, `amount` and
`currencyCode`, or `value` and `currencyCode`. Inside there is one shape; nothing here rounds.
"""

from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta

from tillfree.core.money import CURRENCY_EXPONENTS, Money

__all__ = ["ChargeMoney", "CheckoutMoney", "RiskMoney", "decimal_of"]

_Code = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]


class ChargeMoney(msgspec.Struct, frozen=True):
    """Money of charges and of feedback: `{"amount": 12.5, "code": "USD"}`."""

    amount: Decimal
    code: _Code

    @classmethod
    def of(cls, money: Money) -> "ChargeMoney":
        """The same amount in this shape."""
        return cls(decimal_of(money), money.currency)

    def money(self) -> Money:
        """Raises MoneyError: a currency that nobody knows, or more digits than it has."""
        return _exact(self.amount, self.code)


class CheckoutMoney(msgspec.Struct, frozen=True, rename="camel"):
    """Money of priced carts: `{"amount": "12.50", "currencyCode": "USD"}`."""

    amount: str
    currency_code: _Code

    @classmethod
    def of(cls, money: Money) -> "CheckoutMoney":
        """The same amount in this shape."""
        return cls(str(decimal_of(money)), money.currency)

    def money(self) -> Money:
        """Raises MoneyError: a currency that nobody knows, no number, or more digits than the currency has."""
        return _parse(self.amount, self.currency_code)


class RiskMoney(msgspec.Struct, frozen=True, rename="camel"):
    """Money of risk decisions: `{"value": 12.5, "currencyCode": "USD"}`."""

    value: Decimal
    currency_code: _Code

    @classmethod
    def of(cls, money: Money) -> "RiskMoney":
        """The same amount in this shape."""
        return cls(decimal_of(money), money.currency)

    def money(self) -> Money:
        """Raises MoneyError: a currency that nobody knows, or more digits than it has."""
        return _exact(self.value, self.currency_code)


def decimal_of(money: Money) -> Decimal:
    """The amount in whole units of its currency, with all the digits that the currency has: `12.50`."""
    return Decimal(money.minor).scaleb(-CURRENCY_EXPONENTS[money.currency])


def _exact(amount: Decimal, code: str) -> Money:
    return _parse(str(amount), code)


def _parse(text: str, code: str) -> Money:
    Money(0, code)
    return Money.parse(text, code)
