"""prices.csv: what is understood, and what is said about the rest, row by row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.catalog.errors import CatalogFileError
from tillfree.catalog.offers import PriceEntry
from tillfree.catalog.price_table import read_prices
from tillfree.catalog.report import CatalogReport, IssueKind
from tillfree.core.ids import ProductId
from tillfree.core.money import MoneyError


def read(
    *rows: str, currency: str = "EUR", products: tuple[str, ...] = ()
) -> tuple[tuple[PriceEntry, ...], CatalogReport]:
    return read_prices("\n".join(rows).encode(), "prices.csv", currency, tuple(map(ProductId, products)))


def test_a_row_with_everything() -> None:
    (entry,), report = read(
        "product,name,price,store,from,until,days,hours,note",
        "tea,Green tea,1.99,Main,2026-01-01,2026-01-31T08:00,mon-wed sat,08:00-09:00|17:00-19:00,spring",
    )
    assert entry == PriceEntry(
        product=ProductId("tea"),
        price_minor=199,
        store="Main",
        begin="2026-01-01",
        end="2026-01-31T08:00",
        days=("mon", "tue", "wed", "sat"),
        hours=("08:00-09:00", "17:00-19:00"),
    )
    assert not report.rows


def test_json_and_smallest_units() -> None:
    entries, _ = read_prices(b'[{"product": "tea", "price_minor": 199}, {"product": "jam", "price": "2.5"}]', "p.json")
    assert [entry.price_minor for entry in entries] == [199, 250]


def test_days_may_go_over_the_end_of_the_week() -> None:
    (entry,), _ = read("product,price,days", "tea,1,sat-mon")
    assert entry.days == ("sat", "sun", "mon")


@pytest.mark.parametrize(
    ("row", "detail"),
    [
        ("tea,1.999,,", "price 1.999 has more digits than EUR has"),
        ("tea,abc,,", "price 'abc' is no decimal number"),
        ('tea,"1,99",,', "price '1,99' is no decimal number"),
        ("tea,,,", "price '' is no decimal number"),
        ("tea,-1,,", "price -1 is not within 0 to"),
        ("tea,1e15,,", "price 1e15 is not within 0 to"),
        ("tea,nan,,", "is no decimal number"),
        ("tea,1.00,2026-13-01,", "from '2026-13-01' is not in the calendar"),
        ("tea,1.00,,someday", "'someday' is no weekday"),
        (",1.00,,", "no value in column product"),
        ("jam,1.00,,", "not in the catalogue"),
    ],
)
def test_a_row_that_is_not_understood_is_left_out_and_named_by_line(row: str, detail: str) -> None:
    (entry,), report = read("product,price,from,days", row, "tea,2.00,,", products=("tea",))
    assert entry.price_minor == 200
    (issue,) = report.rows
    assert (issue.line, issue.outcome) == (2, "left out")
    assert detail in issue.detail


def test_a_price_of_nothing_is_a_price() -> None:
    assert read("product,price", "tea,0")[0][0].price_minor == 0


def test_two_rows_for_the_same_time() -> None:
    entries, report = read("product,price,from", "tea,2,2026-01-01", "tea,2,2026-01-01", "tea,1,2026-01-01", "tea,2,")
    assert [entry.price_minor for entry in entries] == [200, 100, 200]
    assert [(issue.kind, issue.line) for issue in report.rows] == [
        (IssueKind.DUPLICATE, 3),
        (IssueKind.CONTRADICTION, 4),
    ]


def test_more_prices_of_one_product_than_anybody_has_are_left_out() -> None:
    entries, report = read(
        "product,price,from",
        *(f"tea,1,{2000 + n // 300}-01-01T{n % 24:02d}:{n % 60:02d}:{n % 59:02d}" for n in range(1500)),
    )
    assert len(entries) <= 1000
    assert any("more than 1000 prices" in issue.detail for issue in report.rows)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("product,price,untl\ntea,1,2026-01-01", "column 'untl' is unknown"),
        ("product\ntea", "no column price or price_minor"),
        ("name,price\ntea,1", "no column product"),
        ("", "the file is empty"),
        ('product,price\n"tea,1', "this quote is never closed"),
    ],
)
def test_a_file_that_is_no_price_list_is_refused(text: str, message: str) -> None:
    with pytest.raises(CatalogFileError, match=message):
        read_prices(text.encode(), "prices.csv")


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(MoneyError):
        read("product,price", "tea,1", currency="ZZZ")


@pytest.mark.parametrize(("currency", "text", "minor"), [("JPY", "199", 199), ("KWD", "1.999", 1999)])
def test_other_currencies(currency: str, text: str, minor: int) -> None:
    assert read("product,price", f"tea,{text}", currency=currency)[0][0].price_minor == minor


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: ("product,price\n" + text).encode()))
def test_no_file_makes_the_reader_fail_otherwise(data: bytes) -> None:
    try:
        entries, report = read_prices(data, "prices.csv")
    except CatalogFileError:
        return
    assert len(entries) == report.kept
    assert all(entry.price_minor >= 0 for entry in entries)
