"""Lists that are too long to be read at once: how long a page may be, and every row of all pages."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

__all__ = ["PAGE_MAX", "page_size", "rows_of_pages"]

PAGE_MAX = 500

Row = TypeVar("Row")
Cursor = TypeVar("Cursor")


def page_size(limit: int, most: int = PAGE_MAX) -> int:
    """How many rows are read where somebody wants `limit`: not more than `most`, and none for less than none."""
    return max(0, min(limit, most))


def rows_of_pages(
    page_after: Callable[[Cursor | None], Sequence[Row]],
    cursor: Callable[[Row], Cursor],
    size: int = PAGE_MAX,
    most: int | None = None,
) -> Iterator[Row]:
    """The rows of one page after the other, until one is shorter than `size` or `most` rows were given.

    `page_after` reads the page behind a place in the list, None for the first; `cursor` is the place of a row.
    """
    given, before = 0, None
    while most is None or given < most:
        page = page_after(before)
        yield from page
        given += len(page)
        if len(page) < size:
            return
        before = cursor(page[-1])
