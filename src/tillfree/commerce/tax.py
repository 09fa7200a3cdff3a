"""Tax: a rate per tax class, on net or on gross prices, in integer arithmetic throughout.

Rounding. The exact tax on an amount is a fraction of the smallest unit. With `tax_rounding = "line"` each line's tax is
rounded and the rounded taxes are summed, with `"receipt"` the amounts of a class are summed first and their tax is
rounded once. The two may differ by half a unit per line. Net and tax always add up to gross, since only the tax is
rounded and the third is made from the other two.
"""

from collections.abc import Iterable

import msgspec

from tillfree.commerce.errors import CommerceError
from tillfree.commerce.settings import CommerceSettings
from tillfree.core.money import Money, TaxedAmount

__all__ = ["TaxLine", "TaxPart", "divide_rounded", "sum_taxed", "summarise_tax", "taxed"]

_MILLION = 1_000_000


class TaxPart(msgspec.Struct, frozen=True):
    """What one authority (a state, a county, a city) has of the tax of a class."""

    name: str
    rate_ppm: int
    tax: Money


class TaxLine(msgspec.Struct, frozen=True):
    """All that was bought of one tax class. `parts` say who gets the tax, where it is more than one authority."""

    tax_class: str
    rate_ppm: int
    amount: TaxedAmount
    parts: tuple[TaxPart, ...] = ()


def divide_rounded(numerator: int, denominator: int, *, half_even: bool = False) -> int:
    """The nearest integer to a fraction; a half goes away from zero, or to the even neighbour.

    Raises:
        CommerceError: `denominator` is not above 0.
    """
    if denominator <= 0:
        raise CommerceError(f"cannot divide an amount by {denominator}")
    whole, rest = divmod(abs(numerator), denominator)
    if 2 * rest > denominator or (2 * rest == denominator and (not half_even or whole % 2)):
        whole += 1
    return whole if numerator >= 0 else -whole


def taxed(amount: Money, rate_ppm: int, settings: CommerceSettings) -> TaxedAmount:
    """Net, tax and gross of an amount as the shelf shows it: net where tax is added, gross where it is included."""
    if settings.prices_include_tax:
        tax_minor = divide_rounded(amount.minor * rate_ppm, _MILLION + rate_ppm, half_even=settings.half_even)
        tax = Money(tax_minor, amount.currency)
        return TaxedAmount(amount - tax, tax, amount)
    tax = Money(divide_rounded(amount.minor * rate_ppm, _MILLION, half_even=settings.half_even), amount.currency)
    return TaxedAmount(amount, tax, amount + tax)


def sum_taxed(amounts: Iterable[TaxedAmount], currency: str) -> TaxedAmount:
    """The sum, each part for itself; of nothing, zero."""
    net = tax = gross = Money(0, currency)
    for amount in amounts:
        net, tax, gross = net + amount.net, tax + amount.tax, gross + amount.gross
    return TaxedAmount(net, tax, gross)


def summarise_tax(amounts: Iterable[tuple[str, Money]], settings: CommerceSettings) -> tuple[TaxLine, ...]:
    """One line per tax class, ordered by class, from the amount and class of each line.

    Raises:
        CommerceError: a class has no rate.
    """
    by_class: dict[str, list[Money]] = {}
    for tax_class, amount in amounts:
        by_class.setdefault(tax_class, []).append(amount)
    return tuple(_tax_line(tax_class, found, settings) for tax_class, found in sorted(by_class.items()))


def _tax_line(tax_class: str, amounts: list[Money], settings: CommerceSettings) -> TaxLine:
    rate_ppm = settings.tax_rates_ppm.get(tax_class)
    if rate_ppm is None:
        raise CommerceError(f"tax class {tax_class!r} has no rate; add it to commerce.tax_rates_ppm in the settings")
    if settings.tax_rounding == "receipt":
        amounts = [sum(amounts[1:], amounts[0])]
    parts = [taxed(amount, rate_ppm, settings) for amount in amounts]
    return TaxLine(tax_class, rate_ppm, sum_taxed(parts, amounts[0].currency))
