"""What lists in the console share: a filter that stands in the address, and the place where a page begins."""

from typing import Any, get_args
from urllib.parse import urlencode

import msgspec

from tillfree.web.ask import Ask
from tillfree.web.errors import AskError

__all__ = ["CSV_ROWS_MAX", "Filter", "one_of", "place"]

CSV_ROWS_MAX = 200_000


class Filter(msgspec.Struct, frozen=True):
    """What the reader wants to see, as it stood in the form: texts, empty where nothing was chosen."""

    @property
    def chosen(self) -> bool:
        """Whether it leaves anything out."""
        return any(msgspec.structs.astuple(self))

    def address(self, path: str, **more: str) -> str:
        """The same list under another address."""
        values = {name: value for name, value in {**msgspec.structs.asdict(self), **more}.items() if value}
        return f"{path}?{urlencode(values)}" if values else path


def one_of(choices: Any, word: str, otherwise: str) -> Any:
    """The word, if it is of that Literal.

    Raises:
        AskError: it is not, in the words of `otherwise`.
    """
    if word not in get_args(choices):
        raise AskError(otherwise)
    return word


def place(ask: Ask) -> tuple[int, str] | None:
    """The time and the code after which the page begins, `TIME.CODE`; None at the newest."""
    time_ns, _, code = ask.query("before", limit=200).partition(".")
    if not (time_ns and code):
        return None
    if not (time_ns.isascii() and time_ns.isdigit() and len(time_ns) < 20):
        raise AskError(ask.say("This page of the list is not there; begin at the newest."))
    return int(time_ns), code
