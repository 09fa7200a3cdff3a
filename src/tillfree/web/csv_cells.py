"""Cells of CSV files that a spreadsheet would run as a formula, disarmed on the way out and read back as they were."""

from tillfree.connectors.exports.cells import FORMULA, guarded_cell

__all__ = ["guarded", "unguarded"]


def guarded(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would run it."""
    return guarded_cell(text)


def unguarded(text: str) -> str:
    """The inverse of `guarded`."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text
