"""Tables as text (RFC 4180), in which no cell is run by a spreadsheet."""

import csv
import io
from collections.abc import Iterable

__all__ = ["FORMULA", "guarded_cell", "table_text"]

# The wide forms are taken for the plain ones by some (OWASP, CSV Injection).
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def guarded_cell(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would run it."""
    return "'" + text if text.startswith(FORMULA) else text


def table_text(header: Iterable[str], rows: Iterable[Iterable[str | int]]) -> str:
    """A table; numbers stay as they are, texts are guarded."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([guarded_cell(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue()
