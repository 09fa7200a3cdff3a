"""The lines of a receipt as rows of a table, each with its share of the tax."""

from collections import defaultdict
from typing import Any

from tillfree.commerce.receipt import Receipt, ReceiptLine
from tillfree.commerce.tax import divide_rounded
from tillfree.core.ids import VisitId

__all__ = ["line_rows", "search_form"]


def search_form(text: str) -> str:
    """What search compares: upper and lower case are one."""
    return text.casefold()


def line_rows(receipt: Receipt, visit: VisitId, decision: int) -> list[dict[str, Any]]:
    """One row per line, in the order of the receipt; the net, tax and gross of all rows sum to the receipt's total.

    The tax of a class may have been rounded once for all of its lines. It is dealt out by amounts, rounding the running
    sum, so that nothing is lost. A line with a problem is in no total, and has zeros here.
    """
    by_class: dict[str, list[ReceiptLine]] = defaultdict(list)
    for line in receipt.lines:
        if line.amount is not None and not line.problem:
            by_class[line.tax_class].append(line)
    taxes = {tax.tax_class: tax.amount.tax.minor for tax in receipt.taxes}
    tax_of: dict[int, int] = {}
    for tax_class, lines in by_class.items():
        tax_of |= _dealt_out(lines, taxes.get(tax_class, 0))
    return [_row(receipt, line, tax_of.get(id(line)), visit, decision) for line in receipt.lines]


def _dealt_out(lines: list[ReceiptLine], tax_minor: int) -> dict[int, int]:
    """The share of each line (by identity) in the tax of its class."""
    amounts = [line.amount.minor if line.amount is not None else 0 for line in lines]
    whole = sum(amounts)
    shares: dict[int, int] = {}
    given = upto = 0
    for place, (line, amount) in enumerate(zip(lines, amounts, strict=True)):
        upto += amount
        last = place == len(lines) - 1
        due = tax_minor if last or whole <= 0 else divide_rounded(tax_minor * upto, whole)
        shares[id(line)] = due - given
        given = due
    return shares


def _row(receipt: Receipt, line: ReceiptLine, tax: int | None, visit: VisitId, decision: int) -> dict[str, Any]:
    if tax is None or line.amount is None:
        net = tax = gross = 0
    elif receipt.prices_include_tax:
        net, gross = line.amount.minor - tax, line.amount.minor
    else:
        net, gross = line.amount.minor, line.amount.minor + tax
    return {
        "visit": visit,
        "decision": decision,
        "product": line.product,
        "name": line.name,
        "words": search_form(f"{line.product}\n{line.name}"),
        "quantity": line.quantity,
        "net_minor": net,
        "tax_minor": tax,
        "gross_minor": gross,
    }
