"""Text that is safe to show: what a catalogue holds may have been written by anybody."""

import unicodedata
from decimal import Decimal

from tillfree.core.money import Money

__all__ = [
    "cut",
    "display_text",
    "display_width",
    "format_amount",
    "format_probability",
    "format_rate",
    "format_weight",
    "wrap",
]

_ELLIPSIS = "…"
# Control, format (it turns the direction of writing), surrogate, private use, unassigned, line and paragraph breaks.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_STACKED_MAX = 4


def display_text(text: str) -> str:
    """One line without anything that a terminal or a page would obey instead of show.

    Line breaks and tabs become blanks; other control and format characters go; blanks are joined; and of accents
    stacked on one letter only the first few stay.
    """
    letters: list[str] = []
    stacked = 0
    for letter in text:
        category = unicodedata.category(letter)
        stacked = stacked + 1 if category.startswith("M") else 0
        if letter.isspace():
            letters.append(" ")
        elif category not in _HIDDEN and stacked <= _STACKED_MAX:
            letters.append(letter)
    return " ".join("".join(letters).split())


def display_width(text: str) -> int:
    """Columns that the text takes on a terminal: wide East Asian letters two, combining ones none."""
    return sum(_letter_width(letter) for letter in text)


def _letter_width(letter: str) -> int:
    if unicodedata.category(letter) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def cut(text: str, columns: int) -> str:
    """The text, or as much of it as fits before an ellipsis."""
    if display_width(text) <= columns:
        return text
    kept, width = "", 0
    for letter in text:
        width += _letter_width(letter)
        if width > columns - 1:
            break
        kept += letter
    return kept.rstrip() + _ELLIPSIS


def wrap(text: str, columns: int) -> list[str]:
    """The text in lines that fit, broken at blanks, and within a word only where it alone is too long."""
    lines: list[str] = []
    current, width = "", 0
    for word in text.split():
        if current and width + 1 + display_width(word) <= columns:
            current, width = f"{current} {word}", width + 1 + display_width(word)
            continue
        if current:
            lines.append(current)
        current, width = "", 0
        for letter in word:
            if width + _letter_width(letter) > columns:
                lines.append(current)
                current, width = "", 0
            current, width = current + letter, width + _letter_width(letter)
    return [*lines, current] if current else lines


def format_amount(money: Money) -> str:
    """The amount without its currency: `12.50`."""
    return str(money).rpartition(" ")[0]


def format_rate(rate_ppm: int) -> str:
    """A rate in per cent with as many digits as it has: `7.25 %`."""
    text = f"{Decimal(rate_ppm) / 10_000:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) + " %"


def format_weight(weight_g: int) -> str:
    """Kilograms to the gram: `0.412 kg`."""
    return f"{weight_g // 1000}.{weight_g % 1000:03d} kg"


def format_probability(probability: float) -> str:
    """Per cent with one digit, never rounded up, and never 100 %: no model may claim certainty."""
    tenths = int(Decimal(repr(probability)) * 1000)
    return f"{tenths // 10}.{tenths % 10} %" if probability < 0.9995 else "> 99.9 %"
