"""Amounts as Stripe writes them: the smallest unit, in lower-case currencies, and fils by tens only.

Facts: docs.stripe.com/currencies ("Zero-decimal", "Three-decimal currencies").
"""

from tillfree.commerce.payments.processor import ProcessorRefusal
from tillfree.core.money import CURRENCY_EXPONENTS, Money, MoneyError

__all__ = ["from_stripe", "to_stripe"]


def to_stripe(amount: Money) -> tuple[int, str]:
    """The integer and the currency to send.

    Raises:
        ProcessorRefusal: a third decimal that is not 0, which Stripe does not take.
    """
    if CURRENCY_EXPONENTS[amount.currency] == 3 and amount.minor % 10:
        raise ProcessorRefusal(
            f"Stripe takes {amount.currency} by tens of the smallest unit only, and {amount} is none; "
            "let prices and totals end in 0"
        )
    return amount.minor, amount.currency.lower()


def from_stripe(minor: object, currency: object) -> Money | None:
    """The amount in an answer; None where there is none that we know."""
    if not isinstance(minor, int) or isinstance(minor, bool) or not isinstance(currency, str):
        return None
    try:
        return Money(minor, currency.upper())
    except MoneyError:
        return None
