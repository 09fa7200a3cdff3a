"""CSV as it is found in the wild (RFC 4180 and what spreadsheets make of it), with the place of every mistake.

The reader of the standard library is not used: it names only the line where it gave up, and its limit on the length of
a field is a setting of the whole process.
"""

import re
from collections.abc import Iterator

from tillfree.catalog.errors import CatalogFileError

__all__ = ["CsvRecord", "csv_records", "guess_delimiter"]

_QUOTED = re.compile(r'"([^"]*(?:""[^"]*)*)"')
_PLAIN = {delimiter: re.compile(rf"[^{re.escape(delimiter)}\r\n]*") for delimiter in ",;\t|"}
_BREAK = re.compile(r"\r\n|\r|\n")


class CsvRecord:
    """The cells of one row; `malformed` says what is odd about its quotes, if anything."""

    __slots__ = ("cells", "line", "malformed")

    def __init__(self, line: int) -> None:
        self.line = line
        self.cells: list[str] = []
        self.malformed = ""


def guess_delimiter(text: str) -> str:
    """The delimiter that the first line uses most, outside quotes: comma, semicolon or tab."""
    first = _QUOTED.sub("", text[:65_536].lstrip("\r\n"))
    head = _BREAK.split(first, maxsplit=1)[0]
    return max(",;\t", key=head.count)


def csv_records(text: str, source: str, delimiter: str) -> Iterator[CsvRecord]:
    """All rows that are not blank, with the line on which each begins.

    Raises:
        CatalogFileError: a quote is opened and never closed; says where it was opened.
    """
    plain = _PLAIN[delimiter]
    position, line, line_start, end = 0, 1, 0, len(text)
    record = CsvRecord(line)
    while position < end or record.cells:
        if text.startswith('"', position):
            match = _QUOTED.match(text, position)
            if match is None:
                raise CatalogFileError(source, "this quote is never closed", line, position - line_start + 1)
            value = match[1].replace('""', '"')
            for inner in _BREAK.finditer(text, position, match.end()):
                line, line_start = line + 1, inner.end()
            position = match.end()
            if rest := _match(plain, text, position):
                record.malformed = f"text after a closing quote in column {position - line_start + 1}"
                value, position = value + rest, position + len(rest)
        else:
            value = _match(plain, text, position)
            position += len(value)
        record.cells.append(value)
        if text.startswith(delimiter, position):
            position += 1
            if position < end:
                continue
            record.cells.append("")
        if any(record.cells):
            yield record
        if (found := _BREAK.match(text, position)) is not None:
            position = line_start = found.end()
            line += 1
        record = CsvRecord(line)


def _match(pattern: re.Pattern[str], text: str, position: int) -> str:
    found = pattern.match(text, position)
    return "" if found is None else found[0]
