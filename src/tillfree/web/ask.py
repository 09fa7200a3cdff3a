"""One request as a page sees it: who asks, what they may, and the means to answer."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

import msgspec
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tillfree.core.money import Money
from tillfree.core.time import NS_PER_S
from tillfree.storage.database.audit import AuditEntry
from tillfree.web import rendering
from tillfree.web.console import Console
from tillfree.web.errors import AskError, NotAllowed
from tillfree.web.roles import Permission, may
from tillfree.web.texts import translations

__all__ = ["Ask", "Reader"]

_FIELD_MAX = 10_000


class Reader(msgspec.Struct, frozen=True):
    """Who looks at the console: a name and a role; `key` tells one session from another, and is no secret."""

    name: str
    role: str
    key: str


class Ask:
    """A request with its reader. `form` is what a browser sent with it, empty for a plain look."""

    def __init__(self, request: Request, console: Console, reader: Reader, language: str, form: FormData) -> None:
        self.request = request
        self.console = console
        self.store = console.store
        self.database = console.database
        self.reader = reader
        self.language = language
        self.form = form
        self._translations = translations(language, console.texts)

    # ---- who may --------------------------------------------------------------------------------------------

    def may(self, permission: Permission) -> bool:
        """Whether the reader's role allows it."""
        return may(self.reader.role, permission)

    def need(self, permission: Permission) -> None:
        """Raises NotAllowed where the reader's role does not allow it."""
        if not self.may(permission):
            raise NotAllowed(self.say("Your role does not allow this. Ask a manager for another role."))

    def audit(self, action: str, subject: str = "", detail: str = "") -> None:
        """Note that the reader saw or changed something: `visit.see`, `product.change`, ..."""
        self.database.audit(
            AuditEntry(
                time_ns=self.console.now_ns(),
                who=self.reader.name,
                what=action,
                subject=subject,
                detail=detail,
            )
        )

    # ---- what was sent --------------------------------------------------------------------------------------

    def text(self, name: str, default: str = "", limit: int = _FIELD_MAX) -> str:
        """A field of the form.

        Raises:
            AskError: it is a file, or too long.
        """
        value = self.form.get(name, default)
        return self._bounded(name, value, limit)

    def query(self, name: str, default: str = "", limit: int = 200) -> str:
        """A value of the address, as `?text=milk`; raises AskError where it is too long."""
        return self._bounded(name, self.request.query_params.get(name, default), limit)

    def number(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """A whole number, from the form or else the address.

        Raises:
            AskError: it is none, or out of bounds.
        """
        raw = self.form.get(name, self.request.query_params.get(name, ""))
        text = self._bounded(name, raw, 40).strip()
        if not text and default is not None:
            return default
        digits = text.removeprefix("-")
        value = int(text) if digits.isascii() and digits.isdigit() else None
        if value is None or not low <= value <= high:
            raise AskError(
                self.say("%(name)s: give a whole number from %(low)s to %(high)s", name=name, low=low, high=high)
            )
        return value

    async def file(self, name: str, limit_bytes: int) -> bytes:
        """The bytes of a file of the form; raises AskError where it is missing or too large."""
        value = self.form.get(name)
        if not isinstance(value, UploadFile):
            raise AskError(self.say("Choose a file first."))
        data = await value.read(limit_bytes + 1)
        if len(data) > limit_bytes:
            raise AskError(self.say("This file is larger than %(most)s MB.", most=limit_bytes // 2**20), 413)
        return data

    def _bounded(self, name: str, value: object, limit: int) -> str:
        if not isinstance(value, str):
            raise AskError(self.say("%(name)s: a text is wanted, not a file", name=name))
        if len(value) > limit:
            raise AskError(self.say("%(name)s is longer than %(most)s characters", name=name, most=limit))
        return value.replace("\0", "")

    # ---- texts, times, money --------------------------------------------------------------------------------

    def say(self, text: str, **values: object) -> str:
        """The text in the reader's language, with `%(name)s` filled in."""
        said = self._translations.gettext(text)
        return said % values if values else said

    def say_many(self, one: str, many: str, count: int, **values: object) -> str:
        """The same for something counted, which is `%(count)s` in the text."""
        return self._translations.ngettext(one, many, count) % {"count": count, **values}

    def when(self, time_ns: int) -> dt.datetime:
        """A moment in the store's time zone."""
        return dt.datetime.fromtimestamp(time_ns // NS_PER_S, self.console.zone)

    def money(self, minor: int) -> Money:
        """An amount in the shop's currency."""
        return Money(minor, self.store.shop.currency)

    # ---- answers --------------------------------------------------------------------------------------------

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """An HTML page from a template, which also knows `ask` and everything of `base.html`."""
        return HTMLResponse(rendering.render(self, template, values), status)

    def json(self, value: object, status: int = 200) -> Response:
        """Data for a script of ours."""
        return Response(msgspec.json.encode(value), status, media_type="application/json")

    def download(self, name: str, rows: Iterable[Iterable[object]], header: Iterable[str]) -> Response:
        """A CSV file; a cell that a spreadsheet would run as a formula is given a leading apostrophe (OWASP)."""
        return rendering.csv_response(name, rows, header)

    def back(self, path: str, done: str = "", wrong: str = "", **query: str) -> Response:
        """After a change: on to a page of ours, with a short text for the reader."""
        if done:
            self.console.notify(self.reader.key, done)
        if wrong:
            self.console.notify(self.reader.key, wrong, "wrong")
        return RedirectResponse(path + _query(query), 303)


def _query(values: Mapping[str, str]) -> str:
    pairs = [f"{quote(name)}={quote(value, safe='')}" for name, value in values.items() if value]
    return "?" + "&".join(pairs) if pairs else ""
