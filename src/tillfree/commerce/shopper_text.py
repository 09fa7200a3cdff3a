"""The receipt of a shopper as plain text in columns, in their language: for e-mails and narrow printers."""

from tillfree.commerce.display import cut, display_width, wrap
from tillfree.commerce.layout import Layout, LineLayout, SumLayout

__all__ = ["centred", "pair", "render_shopper_text"]

_INDENT = 2


def render_shopper_text(layout: Layout, columns: int = 42) -> str:
    """The receipt in lines of at most `columns`, each ended by a line break."""
    rule = "-" * columns
    lines = [*centred(layout.store, columns), *centred(layout.when, columns), *wrap(layout.number, columns)]
    if layout.simulated:
        lines += ["", *wrap(layout.words.simulated, columns)]
    lines.append(rule)
    for line in layout.lines:
        lines += _item(line, columns)
    if not layout.lines:
        lines += centred(layout.words.nothing_taken, columns)
    lines.append(rule)
    for total in layout.sums:
        lines += pair(total.label, total.amount, columns)
    lines += [rule, *wrap(layout.note, columns)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def pair(left: str, right: str, columns: int) -> list[str]:
    """Two texts at the two edges, the left one in as many lines as it needs."""
    room = columns - display_width(right) - 1
    if room < columns // 3:
        return [*wrap(left, columns), " " * max(0, columns - display_width(right)) + cut(right, columns)]
    *first, last = wrap(left, room) or [""]
    return [*first, last + " " * (columns - display_width(last) - display_width(right)) + right]


def centred(text: str, columns: int) -> list[str]:
    """The text in the middle, in as many lines as it needs."""
    return [" " * ((columns - display_width(line)) // 2) + line for line in wrap(text, columns)]


def _item(line: LineLayout, columns: int) -> list[str]:
    rows = wrap(line.name, columns)
    rows += _indented(SumLayout(line.detail, line.amount), columns)
    for under in line.under:
        rows += _indented(under, columns)
    return rows


def _indented(row: SumLayout, columns: int) -> list[str]:
    return [" " * _INDENT + line for line in pair(row.label, row.amount, columns - _INDENT)]
