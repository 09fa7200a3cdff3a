"""Reading JSON lines that may be damaged: streaming, bounded in memory, every line left out is counted."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from tillfree.storage.recordings.model import RecordingError
from tillfree.storage.recordings.tally import Tally

__all__ = [
    "DECODE_ERRORS",
    "GIVE_UP_AFTER_LINES",
    "LINE_BYTES_MAX",
    "decode_lines",
    "head_document",
    "last_line",
    "read_lines",
]

LINE_BYTES_MAX = 8 * 1024 * 1024
"""Longer lines are skipped without being held; real ones have some kB, and what they decode to takes far more."""
GIVE_UP_AFTER_LINES = 1000
"""A file whose first so many lines are all unreadable is something else than it claims to be."""
_EXPECTED = "is it the file that its name says? Export it again as JSON lines"
_BUFFER_BYTES = 1024 * 1024
_ENDS_BYTES = 1024 * 1024
_HEAD_LINES = 200

DECODE_ERRORS = (msgspec.DecodeError, RecursionError, ValueError)
"""What a msgspec decoder raises on a hostile line: not JSON, another layout, nested too deep, not UTF-8."""

Document = TypeVar("Document")


def read_lines(path: Path, tally: Tally, line_bytes_max: int = LINE_BYTES_MAX) -> Iterator[tuple[int, bytes | None]]:
    """Numbers (from 1) and lines of a file, with their line ends; blank lines are passed over.

    A line over the bound is None: it is counted, and skipped when the next one is asked for.

    Raises:
        RecordingError: the file cannot be read.
    """
    number = 0
    try:
        with path.open("rb", buffering=_BUFFER_BYTES) as file:
            while line := file.readline(line_bytes_max):
                number += 1
                if len(line) == line_bytes_max and not line.endswith(b"\n"):
                    bound = f"{line_bytes_max / 1024 / 1024:.3g} MiB"
                    tally.add(f"{path.name}: line longer than {bound} left out", f"line {number}")
                    line = b""
                    yield number, None
                    while (rest := file.readline(_BUFFER_BYTES)) and not rest.endswith(b"\n"):
                        pass
                elif not line.isspace():
                    yield number, line
    except OSError as error:
        raise RecordingError(
            f"{path}: cannot be read ({error.strerror or error}); check the file and its rights"
        ) from None


def decode_lines(
    path: Path,
    decoder: "msgspec.json.Decoder[Document]",
    tally: Tally,
    repair: Callable[[bytes, str], Document | None] | None = None,
    line_bytes_max: int = LINE_BYTES_MAX,
) -> Iterator[tuple[int, int, Document]]:
    """The documents of a JSON-lines file: line number, length in bytes, document.

    A line that the decoder refuses goes to `repair` (line, place in words), which gives a document or None; then it is
    left out and counted, as "cut off" where it is the unfinished last one.

    Raises:
        RecordingError: the file cannot be read, or nothing in its beginning is JSON of this layout.
    """
    decode = decoder.decode
    good = bad = 0
    for number, line in read_lines(path, tally, line_bytes_max):
        if line is None:
            if not good:
                raise RecordingError(f"{path}: line {number} is longer than any line should be; {_EXPECTED}")
            continue
        try:
            document = decode(line)
        except DECODE_ERRORS as error:
            where = f"line {number}"
            repaired = repair(line, where) if repair else None
            if repaired is None:
                bad += 1
                _count_bad_line(path, line, error, where, tally)
                if not good and bad >= GIVE_UP_AFTER_LINES:
                    raise RecordingError(
                        f"{path}: the first {bad} lines are unreadable (line {number}: {error}); {_EXPECTED}"
                    ) from None
                continue
            document = repaired
        good += 1
        yield number, len(line), document
    if bad and not good:
        raise RecordingError(f"{path}: none of its {bad} lines is readable; {_EXPECTED}")


def _count_bad_line(path: Path, line: bytes, error: Exception, where: str, tally: Tally) -> None:
    """Says in plain words why a line was left out."""
    text = str(error)
    if "base64" in text:
        what = "line with wrong base64 left out"
    elif isinstance(error, msgspec.ValidationError):
        what = "line of another layout left out"
    elif isinstance(error, RecursionError):
        what = "line nested too deep left out"
    elif not line.endswith(b"\n"):
        what = "last line is cut off: left out, the recording may be incomplete"
    else:
        what = "unreadable line left out"
    tally.add(f"{path.name}: {what}", f"{where}: {text}")


def head_document(path: Path, decode: Callable[[bytes], Document]) -> tuple[Document | None, str]:
    """The first readable document among the first MiB of a file, else None and why not.

    Raises:
        RecordingError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_ENDS_BYTES)
    except OSError as error:
        raise RecordingError(f"{path}: cannot be read ({error.strerror or error})") from None
    reason = "it is empty"
    for number, line in enumerate(head.split(b"\n")[:_HEAD_LINES], start=1):
        if line.isspace() or not line:
            continue
        try:
            return decode(line), ""
        except DECODE_ERRORS as error:
            reason = f"line {number}: {error}"
    return None, reason


def last_line(path: Path) -> bytes | None:
    """The last complete line of a file, None where its last MiB holds none (or the file cannot be read)."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            start = max(0, size - _ENDS_BYTES)
            file.seek(start)
            lines = file.read(_ENDS_BYTES).split(b"\n")
    except OSError:
        return None
    complete = lines[1 if start else 0 : -1]
    return next((line for line in reversed(complete) if line and not line.isspace()), None)
