"""Changes to the shop, one after the other: checked, saved as a version, and put in force by the running store."""

import hashlib
import threading
import weakref
from collections.abc import Callable
from itertools import islice

import msgspec

from tillfree.catalog.model import Shop
from tillfree.catalog.shop_file import shop_problems
from tillfree.storage.database.shops import ShopEntry
from tillfree.web.ask import Ask
from tillfree.web.console import Console
from tillfree.web.errors import AskError

__all__ = ["Changed", "ShopEditor", "StaleError", "digest", "editor_for", "editor_of"]

_FIRST = threading.Lock()
_PROBLEMS_SHOWN = 5
_VERSIONS_SHOWN = 200


class StaleError(AskError):
    """What is to be changed is no longer as the page showed it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, 409)


class Changed(msgspec.Struct, frozen=True):
    """What became of an edit: the shop after it, the number of its version (0: nothing changed), whether all holds."""

    shop: Shop
    version: int
    in_force: bool


def digest(value: object) -> str:
    """A short mark of a value: a page shows it in its form, and a later change of the value gives another one."""
    return hashlib.blake2b(msgspec.json.encode(value), digest_size=12).hexdigest()


class ShopEditor:
    """The one place where the shop of a console is changed; all threads share it."""

    def __init__(self, console: Console) -> None:
        self._store, self._database, self._now_ns = console.store, console.database, console.now_ns
        self._lock = threading.Lock()
        self._newest: Shop | None = None

    @property
    def shop(self) -> Shop:
        """The shop as it will be: with changes that wait until it is empty."""
        # What was last saved here is asked first: while the store puts a shop in force, it names neither old nor new.
        return self._newest or self._store.pending_shop or self._store.shop

    def change(self, by: str, note: str | Callable[[], str], edit: Callable[[Shop], Shop]) -> Changed:
        """Make, save and apply what `edit` makes of the shop; nobody else changes it meanwhile.

        A `note` that is known only after the edit is a function.

        Raises:
            AskError: the shop would contradict itself; whatever `edit` raises: nothing is changed then.
        """
        with self._lock:
            before = self.shop
            after = edit(before)
            if after == before:
                return Changed(before, 0, self._store.pending_shop is None)
            problems = list(islice(shop_problems(after), _PROBLEMS_SHOWN))
            if problems:
                raise AskError("; ".join(problems))
            database, now_ns = self._database, self._now_ns()
            if database.latest_shop() is None:
                # Whoever wants to go back to the beginning must find it in the list.
                database.save_shop(before, "", "", now_ns)
            version = database.save_shop(after, by, note if isinstance(note, str) else note(), now_ns)
            self._newest = after
            return Changed(after, version, self._store.apply_shop(after))

    def versions(self) -> list[ShopEntry]:
        """The newest versions of the shop, newest first."""
        return self._database.shop_versions(_VERSIONS_SHOWN)


_EDITORS: dict[int, ShopEditor] = {}


def editor_of(ask: Ask) -> ShopEditor:
    """The editor that all requests to one console share; it goes when the console goes."""
    return editor_for(ask.console)


def editor_for(console: Console) -> ShopEditor:
    """The same for whoever has no page before them."""
    key = id(console)
    with _FIRST:
        if key not in _EDITORS:
            _EDITORS[key] = ShopEditor(console)
            weakref.finalize(console, _EDITORS.pop, key, None)
        return _EDITORS[key]
