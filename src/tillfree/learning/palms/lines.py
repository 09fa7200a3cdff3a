"""Files of what was drawn and measured, one thing a line, so that work can be interrupted and goes on."""

from pathlib import Path
from typing import TypeVar

import msgspec

from tillfree.learning.errors import LearningError

__all__ = ["drop_unfinished", "read_lines"]

Kept = TypeVar("Kept", bound=msgspec.Struct)


def read_lines(path: Path, kind: type[Kept], what: str) -> list[Kept]:
    """All things of a file; a line that was cut off at its end is left out. `what` names one in messages.

    Raises:
        LearningError: a line is none.
    """
    found = []
    for number, line in enumerate(path.read_bytes().split(b"\n")[:-1], start=1):
        try:
            found.append(msgspec.json.decode(line, type=kind))
        except msgspec.DecodeError as error:
            raise LearningError(f"line {number} of {path} is no {what} ({error}); remove it") from error
    return found


def drop_unfinished(path: Path) -> None:
    """Takes off a line that was cut off at the end, so that the next one begins where it has to."""
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.rfind(b"\n") + 1])
