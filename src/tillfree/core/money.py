"""Money: integer minor units with a currency (ISO 4217); nothing here ever rounds silently."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Context, Decimal, Inexact, InvalidOperation, Overflow

import msgspec

from tillfree.core.errors import TillfreeError

__all__ = ["CURRENCY_EXPONENTS", "Money", "MoneyError", "TaxedAmount", "apply_rate"]

CURRENCY_EXPONENTS: dict[str, int] = {
    "USD": 2, "EUR": 2, "GBP": 2, "CHF": 2, "CAD": 2, "AUD": 2, "SEK": 2, "NOK": 2, "DKK": 2, "PLN": 2,
    "CZK": 2, "BRL": 2, "MXN": 2, "INR": 2, "CNY": 2, "SGD": 2, "NZD": 2, "ZAR": 2, "AED": 2,
    "JPY": 0, "KRW": 0, "KWD": 3, "BHD": 3, "OMR": 3, "JOD": 3, "TND": 3,
}  # fmt: skip
"""Digits after the decimal point of each known currency (ISO 4217 list one)."""

_EXACT = Context(prec=28, Emax=27, traps=[Inexact, InvalidOperation, Overflow])
"""Refuses an amount of more than 28 digits, where the default context would round it without a word."""


class MoneyError(TillfreeError, ValueError):
    """An unknown currency, two currencies in one sum, or amounts that do not add up."""


class Money(msgspec.Struct, frozen=True, array_like=True):
    """An amount: `minor` is an integer count of the currency's smallest unit (cents, yen, fils)."""

    minor: int
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in CURRENCY_EXPONENTS:
            raise MoneyError(f"unknown currency {self.currency!r}: use an ISO 4217 code such as USD, EUR or JPY")

    @classmethod
    def parse(cls, text: str, currency: str) -> "Money":
        """Read a decimal amount such as `"12.50"`; more digits than the currency has are an error."""
        zero = cls(0, currency)
        try:
            scaled = Decimal(text).scaleb(CURRENCY_EXPONENTS[currency], _EXACT)
        except ArithmeticError as error:
            raise MoneyError(f"{text!r} is not an amount of {currency}") from error
        if not scaled.is_finite() or scaled != scaled.to_integral_value():
            raise MoneyError(f"{text!r} has more digits than {currency} has ({zero})")
        return cls(int(scaled), currency)

    def _check(self, other: "Money") -> None:
        if self.currency != other.currency:
            raise MoneyError(f"cannot combine {self.currency} with {other.currency}")

    def __add__(self, other: "Money") -> "Money":
        self._check(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._check(other)
        return Money(self.minor - other.minor, self.currency)

    def __mul__(self, quantity: int) -> "Money":
        return Money(self.minor * quantity, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __str__(self) -> str:
        digits = CURRENCY_EXPONENTS[self.currency]
        sign = "-" if self.minor < 0 else ""
        whole, rest = divmod(abs(self.minor), 10**digits)
        return f"{sign}{whole}.{rest:0{digits}d} {self.currency}" if digits else f"{sign}{whole} {self.currency}"


class TaxedAmount(msgspec.Struct, frozen=True):
    """Net, tax and gross of one thing; the sum is checked where it is made."""

    net: Money
    tax: Money
    gross: Money

    def __post_init__(self) -> None:
        if self.net + self.tax != self.gross:
            raise MoneyError(f"net {self.net} + tax {self.tax} is not gross {self.gross}")


def apply_rate(amount: Money, rate_ppm: int, *, half_even: bool = False) -> Money:
    """`amount` times a rate in parts per million, rounded to the minor unit (half up unless `half_even`)."""
    exact = Decimal(amount.minor) * rate_ppm / 1_000_000
    rounding = ROUND_HALF_EVEN if half_even else ROUND_HALF_UP
    return Money(int(exact.to_integral_value(rounding)), amount.currency)
