"""Tables that somebody uploads: bounded before they are read, and kept for a while between preview and taking over."""

import secrets
import threading
from collections.abc import Sequence
from typing import Generic, TypeVar

import msgspec
from starlette.datastructures import UploadFile

from tillfree.catalog.csv_text import csv_records, guess_delimiter
from tillfree.catalog.report import CatalogIssue, CatalogReport
from tillfree.commerce.display import display_text
from tillfree.core.time import NS_PER_MINUTE
from tillfree.web.ask import Ask
from tillfree.web.errors import AskError

__all__ = [
    "FILE_BYTES_MAX",
    "ROWS_MAX",
    "Previews",
    "Problems",
    "check_table",
    "file_name",
    "problems_of",
]

FILE_BYTES_MAX = 5 * 1024 * 1024
ROWS_MAX = 50_000
_LINES_MAX = 4 * ROWS_MAX
_COLUMNS_MAX = 200
_CELL_MAX = 2000
_ISSUES_SHOWN = 200
_KEPT_MAX = 8
_KEPT_NS = 30 * NS_PER_MINUTE

T = TypeVar("T")


def check_table(ask: Ask, data: bytes, source: str) -> None:
    """See that a CSV file is of a size that a catalogue may have, before anything is made of its rows.

    Raises:
        AskError: it is no CSV file, or has too many rows, columns or letters in a cell.
        CatalogFileError: a quote is never closed.
    """
    text = data.decode("utf-8-sig", errors="replace")
    if text.lstrip()[:1] in ("[", "{"):
        raise AskError(ask.say("This is a JSON file. Save the table as CSV, then choose it again."))
    # Empty lines are no rows, but millions of them keep a processor busy.
    if len(text.splitlines()) > _LINES_MAX:
        raise AskError(ask.say("The file has more than %(most)s rows. Split it.", most=ROWS_MAX), 413)
    for number, record in enumerate(csv_records(text, source, guess_delimiter(text))):
        if number > ROWS_MAX:
            raise AskError(ask.say("The file has more than %(most)s rows. Split it.", most=ROWS_MAX), 413)
        if len(record.cells) > _COLUMNS_MAX or max(map(len, record.cells), default=0) > _CELL_MAX:
            said = ask.say(
                "Line %(line)s has more than %(columns)s columns, or more than %(letters)s letters in one cell.",
                line=record.line,
                columns=_COLUMNS_MAX,
                letters=_CELL_MAX,
            )
            raise AskError(said)


def file_name(ask: Ask, field: str = "file") -> str:
    """The last part of the name that a browser gave a file, as it may be shown and written down."""
    upload = ask.form.get(field)
    name = (upload.filename or "") if isinstance(upload, UploadFile) else ""
    return display_text(name.replace("\\", "/").rpartition("/")[2])[:80] or "file.csv"


class Problems(msgspec.Struct, frozen=True):
    """What was wrong with a file: how many findings of each kind, and the first of them all."""

    counts: tuple[tuple[str, int], ...]
    shown: tuple[CatalogIssue, ...]
    total: int

    @property
    def more(self) -> int:
        """How many findings there are beside those shown."""
        return self.total - len(self.shown)


def problems_of(report: CatalogReport) -> Problems:
    """The findings of a report in the order of their kinds, so many as a page can show."""
    by_kind: dict[str, list[CatalogIssue]] = {kind.value: [] for kind in report.counts}
    for issue in report.rows:
        by_kind[issue.kind.value].append(issue)
    shown: Sequence[CatalogIssue] = [issue for issues in by_kind.values() for issue in issues[:_ISSUES_SHOWN]]
    counts = tuple((kind, len(issues)) for kind, issues in by_kind.items())
    return Problems(counts, tuple(shown[:_ISSUES_SHOWN]), len(report.rows))


class Previews(Generic[T]):
    """What somebody has been shown and may now take over; forgotten after half an hour, or for newer ones."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, int, T]] = {}
        self._lock = threading.Lock()

    def keep(self, ask: Ask, preview: T) -> str:
        """Keep a preview for the reader; the token that brings it back."""
        token = secrets.token_urlsafe(24)
        with self._lock:
            self._forget(ask.console.now_ns())
            while len(self._kept) >= _KEPT_MAX:
                del self._kept[next(iter(self._kept))]
            self._kept[token] = (ask.reader.key, ask.console.now_ns(), preview)
        return token

    def take(self, ask: Ask, token: str) -> T:
        """A preview of this very reader, which is then forgotten.

        Raises:
            AskError: there is none, it has expired, or it is somebody else's.
        """
        with self._lock:
            self._forget(ask.console.now_ns())
            key, _, preview = self._kept.get(token, ("", 0, None))
            if preview is None or key != ask.reader.key:
                raise AskError(ask.say("This preview is no longer kept. Choose the file again."), 409)
            del self._kept[token]
        return preview

    def _forget(self, now_ns: int) -> None:
        for token in [token for token, (_, kept_ns, _) in self._kept.items() if now_ns - kept_ns > _KEPT_NS]:
            del self._kept[token]
