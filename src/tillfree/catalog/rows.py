"""A table of text cells, out of CSV, JSON (an array of objects) or JSON lines, with the line of every row.

Cells stay text until a field is read, so that a price never passes through binary floating point.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from tillfree.catalog.csv_text import csv_records, guess_delimiter
from tillfree.catalog.errors import CatalogFileError
from tillfree.catalog.report import CatalogIssue, IssueKind, printable

__all__ = ["Row", "Table", "integer", "number", "read_rows"]

_BYTES_MAX = 256 * 1024 * 1024
_NUMBER = re.compile(r"[+-]?(\d{1,18}(\.\d{0,18})?|\.\d{1,18})([eE][+-]?\d{1,2})?", re.ASCII)
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_LINE_FEED = 0x0A
_LISTS = ("products", "facings", "planogram", "shelves", "layout", "rows")


class Row(msgspec.Struct, frozen=True):
    """The cells of one row by column, and the line of the file on which it begins."""

    line: int
    cells: dict[str, str]

    def text(self, column: str) -> str:
        """The cell without surrounding blanks; empty where the row or the table has none."""
        return self.cells.get(column, "").strip()


class Table(msgspec.Struct, frozen=True):
    """All rows of a file. `issues` are rows that could not be read at all; `rows_read` counts them too."""

    source: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    issues: tuple[CatalogIssue, ...]

    @property
    def rows_read(self) -> int:
        """Rows of the file, readable or not."""
        return len(self.rows) + len(self.issues)

    def column(self, names: Sequence[str]) -> str:
        """The first of these names that is a column, or an empty string."""
        return next((name for name in names if name in self.columns), "")

    def require(self, names: Sequence[str]) -> str:
        """As `column`, for a column without which the file is of no use.

        Raises:
            CatalogFileError: there is no such column.
        """
        found = self.column(names)
        if not found and (self.rows or self.columns):
            have = ", ".join(printable(name, 30) for name in self.columns[:20]) or "none"
            raise CatalogFileError(self.source, f"no column {' or '.join(names)}; the file has: {have}", 1)
        return found


def read_rows(data: bytes, source: str) -> Table:
    """The rows of a CSV or JSON file; which it is shows in its first character.

    Raises:
        CatalogFileError: the file is empty, not UTF-8, or broken as a whole.
    """
    text = _decode(data, source)
    start = text.lstrip()[:1]
    if not start:
        raise CatalogFileError(source, "the file is empty")
    return _read_json(text, source) if start in "[{" else _read_csv(text, source)


def number(text: str) -> Decimal | None:
    """A finite decimal number such as `12.5`, or None where the text is none. A decimal comma is not understood."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def integer(text: str) -> int | None:
    """A whole number, also written `3.0` as spreadsheets do, or None."""
    value = number(text)
    return int(value) if value is not None and value == value.to_integral_value() else None


def _decode(data: bytes, source: str) -> str:
    if len(data) > _BYTES_MAX:
        raise CatalogFileError(source, f"{len(data)} bytes are too many for a catalogue (at most {_BYTES_MAX})")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise CatalogFileError(source, "the file is UTF-16; save it as UTF-8 (in a spreadsheet: 'CSV UTF-8')", 1)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        problem = f"byte 0x{data[error.start]:02x} is not UTF-8, perhaps Windows-1252; save the file as UTF-8"
        raise CatalogFileError(source, problem, line, column) from error
    if "\0" in text:
        before_nul = text[: text.index("\0")]
        line = before_nul.count("\n") + 1
        problem = "a zero byte: this is no text file, or one in UTF-16; save it as UTF-8"
        raise CatalogFileError(source, problem, line, len(before_nul) - before_nul.rfind("\n"))
    return text


def _name(column: str) -> str:
    return re.sub(r"\s+", "_", column.strip().lower())


# ---- CSV --------------------------------------------------------------------------------------------------------


def _read_csv(text: str, source: str) -> Table:
    records = csv_records(text, source, guess_delimiter(text))
    header = next(records, None)
    columns = [_name(cell) for cell in header.cells] if header else []
    if header is None or not any(columns):
        raise CatalogFileError(source, "the first row names no columns", 1)
    for place, column in enumerate(columns):
        if column and column in columns[:place]:
            raise CatalogFileError(source, f"two columns are called {printable(column, 40)!r}", header.line)
    rows: list[Row] = []
    issues: list[CatalogIssue] = []
    for record in records:
        problem = record.malformed
        if any(cell.strip() for cell in record.cells[len(columns) :]):
            problem = f"{len(record.cells)} cells, but the header has {len(columns)}"
        if problem:
            issues.append(_unreadable(source, record.line, problem))
            continue
        rows.append(Row(record.line, {name: cell for name, cell in zip(columns, record.cells, strict=False) if name}))
    return Table(source, tuple(name for name in columns if name), tuple(rows), tuple(issues))


def _unreadable(source: str, line: int, problem: str) -> CatalogIssue:
    return CatalogIssue(IssueKind.UNREADABLE_ROW, source, line, "", problem, "left out")


# ---- JSON -------------------------------------------------------------------------------------------------------


def _read_json(text: str, source: str) -> Table:
    columns: dict[str, None] = {}
    rows: list[Row] = []
    issues: list[CatalogIssue] = []
    for line, item in _json_items(text.encode(), source):
        try:
            value = _DECODER.decode(item)
        except (msgspec.DecodeError, RecursionError) as error:
            issues.append(_unreadable(source, line, f"not JSON: {error}"))
            continue
        if not isinstance(value, dict):
            issues.append(_unreadable(source, line, f"a {type(value).__name__}, where an object belongs"))
            continue
        cells = dict(_flatten(value, ""))
        columns.update(dict.fromkeys(cells))
        rows.append(Row(line, cells))
    return Table(source, tuple(columns), tuple(rows), tuple(issues))


def _json_items(data: bytes, source: str) -> Iterator[tuple[int, bytes]]:
    """Each row as bytes with the line on which it begins."""
    start = len(data) - len(data.lstrip())
    if data[start : start + 1] == b"[":
        yield from _array_items(data[start:], 1 + data[:start].count(b"\n"), source)
        return
    # One object: either a wrapper around an array, or the first of several lines.
    try:
        whole = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        whole = {}
    for name in _LISTS:
        array = bytes(whole.get(name, b""))
        if array[:1] == b"[":
            yield from _array_items(array, 1 + data[: data.index(array)].count(b"\n"), source)
            return
    if whole:
        yield 1 + data[:start].count(b"\n"), data
        return
    for line, item in enumerate(data.split(b"\n"), start=1):
        if item.strip():
            yield line, item


def _array_items(array: bytes, line: int, source: str) -> Iterator[tuple[int, bytes]]:
    """The elements of an array that begins on `line`, found one after the other to know their lines."""
    try:
        items = msgspec.json.decode(array, type=list[msgspec.Raw])
    except RecursionError as error:
        raise CatalogFileError(source, "not JSON of a table: brackets are nested too deep", line) from error
    except msgspec.DecodeError as error:
        # Truncated text has no place of its own: the mistake is at its end.
        found = re.search(r"\(byte (\d+)\)", str(error))
        before = array[: int(found[1])] if found else array
        column = len(before) - before.rfind(b"\n")
        problem = f"not JSON: {str(error).partition(' (byte')[0]}"
        raise CatalogFileError(source, problem, line + before.count(b"\n"), column) from error
    position = 1
    for raw in items:
        while array[position] in b" \t\r\n,":
            line += array[position] == _LINE_FEED
            position += 1
        item = bytes(raw)
        yield line, item
        line += item.count(b"\n")
        position += len(item)


def _flatten(value: dict[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    """Objects in objects become columns with dots; a list of plain values becomes one cell with bars between."""
    for key, inner in value.items():
        name = prefix + _name(key)
        if isinstance(inner, dict):
            yield from _flatten(inner, name + ".")
        elif isinstance(inner, list):
            yield name, "|".join(_cell(item) for item in inner)
        else:
            yield name, _cell(inner)


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    # JSON has true, false and null; the text "None" would be a value where there is none.
    return "" if value is None or isinstance(value, dict | list) else str(value).lower()
