"""What the terminal and files get: text without anything a terminal would obey, progress, whole files or none."""

import os
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

from tillfree.core.errors import TillfreeError

__all__ = ["Progress", "TerminalError", "need_folder", "refuse_overwriting", "say", "show", "show_bytes", "write_file"]

_REDRAW_S = 0.2


class TerminalError(TillfreeError):
    """A file for the output cannot be written; says which and why."""


def _plain(text: str) -> str:
    """The text with line breaks, without any other control or format character: data may hold escape sequences."""
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def _encodable(text: str, encoding: str | None) -> str:
    """The text with what the output's encoding lacks replaced."""
    name = encoding or "utf-8"
    return text.encode(name, "replace").decode(name)


def show(text: str) -> None:
    """Writes text to standard output; on a terminal, headings and warnings get colour."""
    clean = _encodable(_plain(text), sys.stdout.encoding)
    if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
        _show_in_colour(clean)
    else:
        sys.stdout.write(clean)


def _show_in_colour(text: str) -> None:
    from rich.console import Console  # noqa: PLC0415  only a terminal needs it
    from rich.text import Text  # noqa: PLC0415

    console = Console(highlight=False, soft_wrap=True)
    for line in text.splitlines():
        console.print(Text(line, style=_style(line)))


def _style(line: str) -> str:
    """How a line looks, by how it begins: the same text reads well without colours."""
    if line.startswith(("! ", "  ! ")) or "REVIEW" in line:
        return "bold yellow"
    if line.startswith(("Visit ", "Party ")):
        return "bold"
    if line.startswith("    "):
        return "dim"
    return ""


def show_bytes(data: bytes) -> None:
    """Writes bytes to standard output as they are (JSON)."""
    sys.stdout.flush()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def say(text: str) -> None:
    """Writes a line to standard error."""
    sys.stderr.write(_encodable(_plain(text), sys.stderr.encoding).rstrip("\n") + "\n")
    sys.stderr.flush()


def refuse_overwriting(output: Path | None, *inputs: Path | None) -> None:
    """Raises TerminalError where the output is one of the inputs, or lies inside one that is a folder."""
    if output is None:
        return
    target = Path(os.path.realpath(output))
    for source in inputs:
        if source is None:
            continue
        kept = Path(os.path.realpath(source))
        same = target == kept or (output.exists() and source.exists() and output.samefile(source))
        if same or kept in target.parents:
            how = "is the input itself" if same else f"lies inside the input {source}"
            raise TerminalError(f"{output}: {how}, which is never written to; choose another place for the output")


def need_folder(output: Path | None) -> None:
    """Raises TerminalError where the folder of the output is not there: better before long work than after it."""
    if output is not None and not output.parent.is_dir():
        raise TerminalError(f"{output}: cannot be written: there is no folder {output.parent}; make it first")


def write_file(path: Path, data: bytes) -> None:
    """Writes a file as a whole: others see the old content or the new, never half.

    Raises:
        TerminalError: the file cannot be written.
    """
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(data)  # a pipe or a device cannot be replaced
            return
        handle, name = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            umask = os.umask(0)
            os.umask(umask)
            Path(name).chmod(0o666 & ~umask)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise TerminalError(f"{path}: cannot be written ({error.strerror or error})") from error


class Progress:
    """One line on standard error that says how far long work is; silent where that is not a terminal.

    It appears only after a moment, so that short work shows nothing.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._on = sys.stderr.isatty()
        self._begin = self._drawn = time.monotonic()
        self._width = 0

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()

    def show(self, detail: str, share: float | None = None) -> None:
        """Says how far the work is; called as often as convenient, drawn a few times a second."""
        now = time.monotonic()
        if not self._on or now - self._drawn < _REDRAW_S:
            return
        self._drawn = now
        bar = "" if share is None else f" [{'#' * int(20 * min(share, 1)):20}] {100 * min(share, 1):3.0f} %"
        line = _plain(f"{self._what}{bar} {detail} ({now - self._begin:.0f} s)").replace("\n", " ")[:120]
        sys.stderr.write("\r" + line.ljust(self._width))
        sys.stderr.flush()
        self._width = max(self._width, len(line))
