"""Tax: a rate per tax class, on net or on gross prices, in integer arithmetic throughout.

Rounding. The exact tax on an amount is a fraction of the smallest unit. With `tax_rounding = "line"` each line's tax is
rounded and the rounded taxes are summed, with `"receipt"` the amounts of a class are summed first and their tax is
rounded once. The two may differ by half a unit per line. Net and tax always add up to gross, since only the tax is
rounded and the third is made from the other two.

Jurisdictions. Where several authorities tax one sale (a state, a county, a city), the rates that they have for a class
are added up, the tax is worked out once at the sum, and then shared out among them in proportion to their rates, by
largest remainders: the parts add up to the tax, whatever was rounded.
"""

from collections.abc import Iterable

import msgspec

from tillfree.commerce.allocation import allocate
from tillfree.commerce.errors import CommerceError
from tillfree.commerce.settings import CommerceSettings
from tillfree.core.money import Money, TaxedAmount

__all__ = ["TaxLine", "TaxPart", "TaxTable", "divide_rounded", "sum_taxed", "summarise_tax", "taxed"]

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
        tax = Money(_rounded(amount.minor * rate_ppm, _MILLION + rate_ppm, settings), amount.currency)
        return TaxedAmount(amount - tax, tax, amount)
    tax = Money(_rounded(amount.minor * rate_ppm, _MILLION, settings), amount.currency)
    return TaxedAmount(amount, tax, amount + tax)


def _rounded(numerator: int, denominator: int, settings: CommerceSettings) -> int:
    """A tax in smallest units; "down" and "up" are towards zero and away from it, so that a refund mirrors a sale."""
    if settings.tax_direction == "nearest":
        return divide_rounded(numerator, denominator, half_even=settings.half_even)
    whole, rest = divmod(abs(numerator), denominator)
    if rest and settings.tax_direction == "up":
        whole += 1
    return whole if numerator >= 0 else -whole


def sum_taxed(amounts: Iterable[TaxedAmount], currency: str) -> TaxedAmount:
    """The sum, each part for itself; of nothing, zero."""
    net = tax = gross = Money(0, currency)
    for amount in amounts:
        net, tax, gross = net + amount.net, tax + amount.tax, gross + amount.gross
    return TaxedAmount(net, tax, gross)


class TaxTable:
    """The rate of each tax class in one store, and whom its tax goes to."""

    def __init__(self, settings: CommerceSettings) -> None:
        self._settings = settings
        self._rates = {} if settings.jurisdiction else dict(settings.tax_rates_ppm)
        self._parts: dict[str, tuple[tuple[str, int], ...]] = {}
        if settings.jurisdiction:
            # The plain rates are left aside: a class that no authority names has no rate, and not a left-over one.
            stack = [(name, settings.authorities_ppm[name]) for name in settings.jurisdiction]
            for tax_class in sorted({tax_class for _, rates in stack for tax_class in rates}):
                parts = tuple((name, rates[tax_class]) for name, rates in stack if tax_class in rates)
                self._rates[tax_class] = sum(rate for _, rate in parts)
                self._parts[tax_class] = parts

    def rate_ppm(self, tax_class: str) -> int | None:
        """The rate of a class, all authorities together; None where nobody has set one."""
        return self._rates.get(tax_class)

    def summarise(self, amounts: Iterable[tuple[str, Money]]) -> tuple[TaxLine, ...]:
        """One line per tax class, ordered by class, from the amount and class of each line.

        Raises:
            CommerceError: a class has no rate.
        """
        by_class: dict[str, list[Money]] = {}
        for tax_class, amount in amounts:
            by_class.setdefault(tax_class, []).append(amount)
        return tuple(self._line(tax_class, found) for tax_class, found in sorted(by_class.items()))

    def _line(self, tax_class: str, amounts: list[Money]) -> TaxLine:
        rate_ppm = self._rates.get(tax_class)
        if rate_ppm is None:
            where = "authorities_ppm" if self._settings.jurisdiction else "tax_rates_ppm"
            raise CommerceError(f"tax class {tax_class!r} has no rate; add it to commerce.{where} in the settings")
        if self._settings.tax_rounding == "receipt":
            amounts = [sum(amounts[1:], amounts[0])]
        whole = sum_taxed((taxed(amount, rate_ppm, self._settings) for amount in amounts), amounts[0].currency)
        return TaxLine(tax_class, rate_ppm, whole, _shared(whole.tax, self._parts.get(tax_class, ())))


def _shared(tax: Money, authorities: tuple[tuple[str, int], ...]) -> tuple[TaxPart, ...]:
    # A class that all of them leave untaxed is shared out to nobody.
    if not sum(rate for _, rate in authorities):
        return ()
    shares = allocate(abs(tax.minor), [rate for _, rate in authorities])
    sign = 1 if tax.minor >= 0 else -1
    return tuple(
        TaxPart(name, rate, Money(sign * share, tax.currency))
        for (name, rate), share in zip(authorities, shares, strict=True)
    )


def summarise_tax(amounts: Iterable[tuple[str, Money]], settings: CommerceSettings) -> tuple[TaxLine, ...]:
    """As `TaxTable.summarise`, for a single use."""
    return TaxTable(settings).summarise(amounts)
