"""A receipt as plain text that fits a narrow printer and any terminal: 42 columns."""

from tillfree.commerce.display import (
    cut,
    display_text,
    display_width,
    format_amount,
    format_probability,
    format_rate,
    format_weight,
    wrap,
)
from tillfree.commerce.receipt import Receipt, ReceiptLine
from tillfree.core.time import format_utc

__all__ = ["COLUMNS", "render_text"]

COLUMNS = 42
_NAME_LINES = 2
_RULE = "-" * COLUMNS


def render_text(receipt: Receipt) -> str:
    """The receipt in lines of at most 42 columns, each ended by a line break."""
    day, _, clock = format_utc(receipt.time_ns).partition("T")
    lines = [_centred(receipt.store), _centred(f"{day} {clock[:8]} UTC"), *_wrapped(f"Receipt {receipt.id}", 0)]
    if receipt.status == "review":
        lines += ["", _centred("*** FOR REVIEW: not charged ***")]
    lines.append(_RULE)
    for line in receipt.lines:
        lines += _item(line)
    if not receipt.lines:
        lines.append(_centred("nothing taken"))
    lines += [_RULE, *_totals(receipt), _RULE]
    lines += _pair("Probability", format_probability(receipt.probability))
    for note in receipt.notes:
        lines += _wrapped(f"* {note}", 2)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _item(line: ReceiptLine) -> list[str]:
    name = wrap(display_text(line.name), COLUMNS)
    if len(name) > _NAME_LINES:
        name = [*name[: _NAME_LINES - 1], cut(f"{name[_NAME_LINES - 1]} {name[_NAME_LINES]}", COLUMNS)]
    amount = format_amount(line.amount) if line.amount is not None and not line.problem else line.problem
    rows = [*name, *_pair(f"  {_how_much(line)}", display_text(amount))]
    for discount in line.discounts:
        rows += _pair(cut(f"    {display_text(discount.name)}", COLUMNS - 12), f"-{format_amount(discount.amount)}")
    return rows


def _how_much(line: ReceiptLine) -> str:
    """`2 x 2.49   99.0 %`, or `0.412 kg x 2.99/kg (2)   99.0 %`; nobody doubts a deposit by itself."""
    if line.unit_price is None:
        much = str(line.quantity)
    elif line.weight_g is None:
        much = f"{line.quantity} x {format_amount(line.unit_price)}"
    else:
        much = f"{format_weight(line.weight_g)} x {format_amount(line.unit_price)}/kg ({line.quantity})"
    return much if line.kind != "item" else f"{much}   {format_probability(line.probability)}"


def _totals(receipt: Receipt) -> list[str]:
    lines: list[str] = []
    if not receipt.prices_include_tax:
        lines += _pair("Net", format_amount(receipt.total.net))
    for tax in receipt.taxes:
        label = "incl. tax" if receipt.prices_include_tax else "Tax"
        named = f"{label} {format_rate(tax.rate_ppm)} {display_text(tax.tax_class)}"
        lines += _pair(cut(named, COLUMNS - 14), format_amount(tax.amount.tax))
        for part in tax.parts:
            named = f"  {display_text(part.name)} {format_rate(part.rate_ppm)}"
            lines += _pair(cut(named, COLUMNS - 14), format_amount(part.tax))
    total = _pair(f"TOTAL {receipt.currency}", format_amount(receipt.total.gross))
    if receipt.saved.minor:
        total += _pair("You saved", format_amount(receipt.saved))
    return [*total, *lines] if receipt.prices_include_tax else [*lines, *total]


def _pair(left: str, right: str) -> list[str]:
    """Two texts at the two edges; on two lines where they would touch."""
    gap = COLUMNS - display_width(left) - display_width(right)
    if gap >= 1:
        return [left + " " * gap + right]
    return [cut(left, COLUMNS), " " * max(0, COLUMNS - display_width(right)) + cut(right, COLUMNS)]


def _centred(text: str) -> str:
    shown = cut(display_text(text), COLUMNS)
    return " " * ((COLUMNS - display_width(shown)) // 2) + shown


def _wrapped(text: str, indent: int) -> list[str]:
    first, *rest = wrap(display_text(text), COLUMNS - indent) or [""]
    return [first, *(" " * indent + line for line in rest)]
