"""Cells of CSV files that a spreadsheet would run as a formula, disarmed on the way out and read back as they were."""

__all__ = ["guarded", "unguarded"]

# The wide forms are taken for the plain ones by some (OWASP, CSV Injection).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def guarded(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would run it."""
    return "'" + text if text.startswith(_FORMULA) else text


def unguarded(text: str) -> str:
    """The inverse of `guarded`."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text
