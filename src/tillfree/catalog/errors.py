"""Errors of the catalogue.

The tree::

    TillfreeError
    └── CatalogError
        ├── CatalogFileError    a file as a whole cannot be used: says file, line and column
        └── BarcodeError        a number cannot be turned into the form that was asked for
"""

from tillfree.core.errors import TillfreeError

__all__ = ["BarcodeError", "CatalogError", "CatalogFileError"]


class CatalogError(TillfreeError):
    """Base of the errors of products, planogram and layout."""


class CatalogFileError(CatalogError):
    """A file cannot be used at all; `line` and `column` count from 1, and are 0 where there is none to name."""

    def __init__(self, source: str, problem: str, line: int = 0, column: int = 0) -> None:
        self.source, self.problem, self.line, self.column = source, problem, line, column
        place = source + (f", line {line}" if line else "") + (f", column {column}" if column else "")
        super().__init__(f"{place}: {problem}")


class BarcodeError(CatalogError, ValueError):
    """Not a number of the kind that is needed."""
