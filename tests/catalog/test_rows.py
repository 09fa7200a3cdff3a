"""Tables of text cells out of CSV and JSON, whatever was done to them."""

import contextlib
import csv
import io
import json
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.catalog.csv_text import csv_records, guess_delimiter
from tillfree.catalog.errors import CatalogFileError
from tillfree.catalog.report import IssueKind
from tillfree.catalog.rows import Table, integer, number, read_rows


def read(data: str | bytes) -> Table:
    return read_rows(data.encode() if isinstance(data, str) else data, "f")


def cells(data: str | bytes) -> list[dict[str, str]]:
    return [row.cells for row in read(data).rows]


def refusal(data: str | bytes) -> CatalogFileError:
    with pytest.raises(CatalogFileError) as caught:
        read(data)
    return caught.value


# ---- CSV --------------------------------------------------------------------------------------------------------


def test_plain_rows() -> None:
    table = read("Name,Product ID\nTea,1\n\nMilk,2\n")
    assert table.columns == ("name", "product_id")
    assert [(row.line, row.cells) for row in table.rows] == [
        (2, {"name": "Tea", "product_id": "1"}),
        (4, {"name": "Milk", "product_id": "2"}),
    ]


def test_quotes_hold_commas_quotes_and_line_breaks() -> None:
    table = read('id,name,x\n1,"Tea, ""green""\nloose",5\n2,Milk,6\n')
    assert table.rows[0].cells == {"id": "1", "name": 'Tea, "green"\nloose', "x": "5"}
    assert table.rows[1].line == 4, "lines are lines of the file, not rows"


def test_the_last_cell_may_be_empty() -> None:
    assert [record.cells for record in csv_records("a,b\n1,", "f", ",")] == [["a", "b"], ["1", ""]]
    assert [record.cells for record in csv_records("a,b\n1,\n,2", "f", ",")] == [["a", "b"], ["1", ""], ["", "2"]]


def test_a_column_without_a_name_is_skipped() -> None:
    table = read("id,,name\n1,x,Tea\n")
    assert table.columns == ("id", "name")
    assert table.rows[0].cells == {"id": "1", "name": "Tea"}


def test_a_quote_within_a_word_is_a_quote() -> None:
    assert cells('id,name\n1,5" nail\n') == [{"id": "1", "name": '5" nail'}]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_all_line_endings(ending: str) -> None:
    table = read(ending.join(["id,name", "1,a", '2,"b', 'c"', "3,d"]))
    assert [(row.line, row.text("id")) for row in table.rows] == [(2, "1"), (3, "2"), (5, "3")]


@pytest.mark.parametrize(("delimiter", "text"), [(",", "a,b\n1,2"), (";", "a;b\n1;2"), ("\t", "a\tb\n1\t2")])
def test_the_delimiter_is_found(delimiter: str, text: str) -> None:
    assert guess_delimiter(text) == delimiter
    assert cells(text) == [{"a": "1", "b": "2"}]


def test_a_byte_order_mark_is_no_part_of_the_first_column() -> None:
    assert cells(b"\xef\xbb\xbfid,name\n1,a\n") == [{"id": "1", "name": "a"}]


def test_a_huge_field_is_read() -> None:
    text = "x" * 3_000_000
    assert cells(f'id,name\n1,"{text}"\n')[0]["name"] == text


def test_a_formula_is_text() -> None:
    formula = "=cmd|'/c calc'!A1"
    assert cells(f"id,name\n1,{formula}\n") == [{"id": "1", "name": formula}]


def test_missing_cells_are_empty_and_extra_empty_ones_are_ignored() -> None:
    table = read("id,name,x\n1\n2,b,3,,\n")
    assert table.rows[0].text("name") == ""
    assert table.rows[1].cells == {"id": "2", "name": "b", "x": "3"}
    assert not table.issues


def test_a_row_with_too_many_cells_is_left_out_and_reported() -> None:
    table = read("id,name\n1,Tea, green\n2,Milk\n")
    assert [row.text("id") for row in table.rows] == ["2"]
    assert [(issue.kind, issue.line) for issue in table.issues] == [(IssueKind.UNREADABLE_ROW, 2)]
    assert "3 cells, but the header has 2" in str(table.issues[0])
    assert table.rows_read == 2


def test_text_after_a_closing_quote_is_reported() -> None:
    table = read('id,name\n1,"Tea" green\n2,Milk\n')
    assert [row.text("id") for row in table.rows] == ["2"]
    assert "text after a closing quote in column 8" in table.issues[0].detail


def test_an_open_quote_names_its_place() -> None:
    error = refusal('id,name\n1,"Tea"\n2,"Milk\n3,Rice\n')
    assert (error.line, error.column) == (3, 3)
    assert str(error) == "f, line 3, column 3: this quote is never closed"


@pytest.mark.parametrize("data", [";", ",,,\n", '" ",\n1,2\n'])
def test_a_file_without_column_names_is_refused(data: str) -> None:
    assert "the first row names no columns" in str(refusal(data))


def test_two_columns_of_one_name_are_refused() -> None:
    assert "two columns are called 'id'" in str(refusal("id,ID\n1,2\n"))


@given(
    st.lists(
        st.lists(st.text(st.sampled_from('ab ,;"\n\r=é'), max_size=6), min_size=3, max_size=3).filter(any),
        min_size=1,
        max_size=5,
    )
)
def test_what_the_standard_library_writes_is_read_back(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(rows)
    assert [record.cells for record in csv_records(out.getvalue(), "f", ",")] == rows


@given(st.text(st.sampled_from('a,"\n\r1'), max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        records = list(csv_records(text, "f", ","))
    except CatalogFileError as error:
        place = re.split("\r\n|\r|\n", text)[error.line - 1][error.column - 1]
        assert place == '"'
        return
    lines = [record.line for record in records]
    assert lines == sorted(set(lines)), "every row begins on a line of its own"


# ---- encodings --------------------------------------------------------------------------------------------------


def test_another_encoding_is_named_with_its_place() -> None:
    error = refusal("id,name\n1,Tea\n2,Crème\n".encode("cp1252"))
    assert (error.line, error.column) == (3, 5)
    assert "byte 0xe8 is not UTF-8" in str(error)
    assert "save the file as UTF-8" in str(error)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_utf_16_is_refused_with_advice(encoding: str) -> None:
    assert "UTF-8" in str(refusal("id,name\n1,Tea\n".encode(encoding)))


@pytest.mark.parametrize("data", [b"", b"\n\n", b"   ", b"\xef\xbb\xbf"])
def test_an_empty_file_is_refused(data: bytes) -> None:
    assert "empty" in str(refusal(data))


@given(st.binary(max_size=200))
def test_garbage_never_crashes_the_reader(data: bytes) -> None:
    with contextlib.suppress(CatalogFileError):
        read(data)


# ---- JSON -------------------------------------------------------------------------------------------------------


def test_an_array_of_objects_with_lines() -> None:
    table = read('\n[\n {"id": "1", "price": 1.10},\n {"id": "2",\n  "meta": {"Name": "x"}}, 7]')
    assert [(row.line, row.cells) for row in table.rows] == [
        (3, {"id": "1", "price": "1.10"}),
        (4, {"id": "2", "meta.name": "x"}),
    ]
    assert [(issue.line, issue.detail) for issue in table.issues] == [(5, "a int, where an object belongs")]


def test_an_object_around_the_array() -> None:
    table = read('{"version": 3,\n"products": [\n{"id": "1"},\n{"id": "2"}]}')
    assert [(row.line, row.text("id")) for row in table.rows] == [(3, "1"), (4, "2")]


def test_lines_of_json_go_on_after_a_bad_one() -> None:
    table = read('{"id": "1"}\n{"id": \n\n{"id": "3"}\n')
    assert [(row.line, row.text("id")) for row in table.rows] == [(1, "1"), (4, "3")]
    assert [(issue.line, issue.kind) for issue in table.issues] == [(2, IssueKind.UNREADABLE_ROW)]


def test_values_become_text() -> None:
    row = read('[{"a": null, "b": true, "c": [1, "x"], "d": 12.340, "e": 5, "f": {"g": [], "h": 1e2}}]').rows[0]
    assert row.cells == {"a": "", "b": "true", "c": "1|x", "d": "12.340", "e": "5", "f.g": "", "f.h": "1e+2"}


def test_broken_json_names_its_place() -> None:
    error = refusal('[\n{"id": "1"},\n{"id": }]')
    assert (error.line, error.column) == (3, 8)
    assert "not JSON" in str(error)


def test_truncated_and_deep_json_are_refused() -> None:
    assert "truncated" in str(refusal('[{"id": "1"},'))
    assert "nested too deep" in str(refusal("[" * 200_000))


def test_a_column_is_found_by_its_first_name() -> None:
    table = read("gtin,id\n1,2\n")
    assert table.column(("id", "gtin")) == "id"
    assert table.column(("sku",)) == ""
    with pytest.raises(CatalogFileError, match="no column sku or ean; the file has: gtin, id"):
        table.require(("sku", "ean"))


# ---- numbers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["", "x", "1,5", "nan", "inf", "1_000", "0x10", "1e999", "--1", "١", "1" * 40, "1e1000000"]
)
def test_what_is_no_number(text: str) -> None:
    assert number(text) is None
    assert integer(text) is None


def test_numbers() -> None:
    assert number("1.50") == Decimal("1.5")
    assert number("-.5e1") == Decimal(-5)
    assert integer("3.0") == 3
    assert integer("3.5") is None
    assert integer("-1") == -1


@given(st.dictionaries(st.sampled_from(["id", "name"]), st.text(), min_size=1))
def test_json_text_arrives_unchanged(values: dict[str, str]) -> None:
    assert cells(json.dumps([values]).encode()) == [values]
