"""Sales as two tables: one row for each line, or one for each tax; the sums of both are those of the receipts.

Amounts are whole smallest units beside their currency, as everywhere: a spreadsheet must not round them, and another
program need not know how many digits a currency has. What went back is a row of its own with amounts below zero.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from tillfree.commerce.receipt import Receipt, ReceiptLine
from tillfree.commerce.tax import divide_rounded
from tillfree.connectors.exports.cells import table_text
from tillfree.connectors.exports.sold import GivenBack, Sold
from tillfree.core.time import format_utc

__all__ = ["LINE_COLUMNS", "TAX_COLUMNS", "lines_csv", "tax_shares", "taxes_csv"]

LINE_COLUMNS = (
    "row", "kind", "trip", "receipt", "time", "line", "product", "name", "quantity", "weight_g", "unit_price_minor",
    "discount_minor", "tax_class", "rate_ppm", "net_minor", "tax_minor", "gross_minor", "currency", "status",
    "simulated",
)  # fmt: skip
"""`kind`: item, deposit, fee, or refund. `row` is the same in each export, so that nothing is booked twice."""
TAX_COLUMNS = (
    "row", "kind", "trip", "receipt", "time", "tax_class", "authority", "rate_ppm", "net_minor", "tax_minor",
    "gross_minor", "currency", "status", "simulated",
)  # fmt: skip
"""`kind`: sale or refund. Where several authorities share a tax each has a row; `net_minor` stands in the first."""
_Cells = list[str | int]


def lines_csv(sales: Iterable[Sold]) -> str:
    """One row for each line of each receipt, and for what went back of each tax class."""
    return table_text(LINE_COLUMNS, (row for sold in sales for row in _line_rows(sold)))


def taxes_csv(sales: Iterable[Sold]) -> str:
    """One row for each tax of each receipt, and for what went back of it."""
    return table_text(TAX_COLUMNS, (row for sold in sales for row in _tax_rows(sold)))


def tax_shares(receipt: Receipt) -> list[int]:
    """The tax of each line in minor units, in the order of the receipt; they sum to the receipt's tax.

    The tax of a class may have been rounded once for all its lines. It is dealt out by amounts, rounding the running
    sum, so that nothing is lost.
    """
    taxes = {tax.tax_class: tax.amount.tax.minor for tax in receipt.taxes}
    by_class: dict[str, list[int]] = defaultdict(list)
    for place, line in enumerate(receipt.lines):
        if line.charged is not None and not line.problem:
            by_class[line.tax_class].append(place)
    shares = [0] * len(receipt.lines)
    for tax_class, places in by_class.items():
        tax = taxes.get(tax_class, 0)
        amounts = [_charged(receipt.lines[place]) for place in places]
        whole, upto, given = sum(amounts), 0, 0
        for number, (place, amount) in enumerate(zip(places, amounts, strict=True)):
            upto += amount
            last = number == len(places) - 1
            due = tax if last or whole <= 0 else divide_rounded(tax * upto, whole)
            shares[place], given = due - given, due
    return shares


def _charged(line: ReceiptLine) -> int:
    return 0 if line.charged is None else line.charged.minor


def _line_rows(sold: Sold) -> Iterator[_Cells]:
    receipt = sold.receipt
    rates = {tax.tax_class: tax.rate_ppm for tax in receipt.taxes}
    when = format_utc(sold.time_ns)
    for place, (line, tax) in enumerate(zip(receipt.lines, tax_shares(receipt), strict=True)):
        charged = _charged(line)
        net, gross = (charged - tax, charged) if receipt.prices_include_tax else (charged, charged + tax)
        yield [
            f"{sold.trip}/{place}", line.kind, sold.trip, receipt.id, when, place, line.product, line.name,
            line.quantity, "" if line.weight_g is None else line.weight_g,
            "" if line.unit_price is None else line.unit_price.minor,
            sum(discount.amount.minor for discount in line.discounts),
            line.tax_class, rates.get(line.tax_class, 0), net, tax, gross, receipt.currency, sold.status,
            _yes(sold.simulated),
        ]  # fmt: skip
    for back in sold.given_back:
        for number, (tax_class, net, tax) in enumerate(_back_shares(back)):
            yield [
                f"{sold.trip}/refund/{back.key}/{number}", "refund", sold.trip, receipt.id, format_utc(back.time_ns),
                ";".join(map(str, back.lines)), "", back.reason, "", "", "", "", tax_class, rates.get(tax_class, 0),
                -net, -tax, -net - tax, receipt.currency, sold.status, _yes(sold.simulated),
            ]  # fmt: skip


def _tax_rows(sold: Sold) -> Iterator[_Cells]:
    receipt, when = sold.receipt, format_utc(sold.time_ns)
    rates = {tax.tax_class: tax.rate_ppm for tax in receipt.taxes}
    for tax in receipt.taxes:
        parts = [(part.name, part.rate_ppm, part.tax.minor) for part in tax.parts] or [
            ("", tax.rate_ppm, tax.amount.tax.minor)
        ]
        for number, (authority, rate_ppm, minor) in enumerate(parts):
            net = tax.amount.net.minor if number == 0 else 0
            yield [
                f"{sold.trip}/{tax.tax_class}/{number}", "sale", sold.trip, receipt.id, when, tax.tax_class, authority,
                rate_ppm, net, minor, net + minor, receipt.currency, sold.status, _yes(sold.simulated),
            ]  # fmt: skip
    for back in sold.given_back:
        for tax_class, net, minor in _back_shares(back):
            yield [
                f"{sold.trip}/refund/{back.key}/{tax_class}", "refund", sold.trip, receipt.id, format_utc(back.time_ns),
                tax_class, "", rates.get(tax_class, 0), -net, -minor, -net - minor, receipt.currency, sold.status,
                _yes(sold.simulated),
            ]  # fmt: skip


def _back_shares(back: GivenBack) -> list[tuple[str, int, int]]:
    """Tax class, net and tax of what went back; of no class where nobody knows."""
    found = [(share.tax_class, share.net_minor, share.tax_minor) for share in back.shares]
    return found or [("", back.minor, 0)]


def _yes(value: bool) -> str:
    return "yes" if value else "no"
