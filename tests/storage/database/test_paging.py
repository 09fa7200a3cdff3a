"""Every row of all pages, in order, whatever the size of a page; and never a page too many."""

from hypothesis import given
from hypothesis import strategies as st

from tillfree.storage.database.paging import PAGE_MAX, page_size, rows_of_pages


@given(rows=st.integers(0, 40), size=st.integers(1, 9), most=st.none() | st.integers(0, 50))
def test_all_rows_come_once_and_in_order(rows: int, size: int, most: int | None) -> None:
    asked: list[int | None] = []

    def page_after(before: int | None) -> list[int]:
        asked.append(before)
        first = 0 if before is None else before + 1
        return list(range(first, min(first + size, rows)))

    found = list(rows_of_pages(page_after, lambda row: row, size, most))
    assert found == list(range(len(found)))
    assert len(found) == rows or (most is not None and most <= len(found) < most + size)
    assert len(asked) <= rows // size + 1
    assert asked[1:] == list(range(size - 1, rows, size))[: len(asked) - 1]


def test_the_length_of_a_page_has_bounds() -> None:
    assert [page_size(limit) for limit in (-1, 0, 7, 10**9)] == [0, 0, 7, PAGE_MAX]
    assert page_size(10**9, 1000) == 1000
