"""What an operation of the API is: declared once, and served, described and tested from that."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar

import msgspec

from tillfree.storage.database.audit import AuditEntry
from tillfree.storage.database.database import Database
from tillfree.storage.database.integration.keys import ApiKey
from tillfree.web.api.problems import Problem
from tillfree.web.api.scopes import Scope
from tillfree.web.console import Console

__all__ = ["IDEMPOTENCY_KEY", "Call", "Method", "NoQuery", "Operation", "Page", "Reply", "missing"]

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
AnyStruct = TypeVar("AnyStruct", bound=msgspec.Struct)
IDEMPOTENCY_KEY = r'^"?([\x21\x23-\x7e]{1,200})"?$'
"""What that header is: the key, perhaps in quotes, as the IETF's draft of the header has it."""


class NoQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An operation without parameters in its address."""


@dataclasses.dataclass(frozen=True)
class Call:
    """One request as a handler sees it: decoded, and known to be allowed."""

    console: Console
    key: ApiKey
    path: Mapping[str, str]
    query: Any
    body: Any
    if_match: str = ""
    if_none_match: str = ""
    idempotency_key: str = ""
    gone: Callable[[], bool] = lambda: False
    """Whether whoever asked has hung up since. Ask it in the thread of the handler."""
    noted: list[AuditEntry] = dataclasses.field(default_factory=list)
    """What is to stand in the audit log: written with the answer where the request has an idempotency key."""

    @property
    def database(self) -> Database:
        """What the store remembers."""
        return self.console.database

    @property
    def who(self) -> str:
        """Under which name things are done."""
        return f"key {self.key.name}"

    def note(self, what: str, subject: str, detail: str = "") -> None:
        """Writes down in the audit log that it was done."""
        entry = AuditEntry(time_ns=self.console.now_ns(), who=self.who, what=what, subject=subject, detail=detail)
        if self.idempotency_key:
            self.noted.append(entry)
        else:
            self.database.audit(entry)

    def asked(self, kind: type[AnyStruct]) -> AnyStruct:
        """The parameters, typed."""
        assert isinstance(self.query, kind)
        return self.query

    def sent(self, kind: type[AnyStruct]) -> AnyStruct:
        """The body, typed."""
        assert isinstance(self.body, kind)
        return self.body


@dataclasses.dataclass(frozen=True)
class Page:
    """Some of many: `next` is the cursor of the following page, empty where there is none."""

    items: Any
    next: str = ""


@dataclasses.dataclass(frozen=True)
class Reply:
    """An answer that is more than a plain 200."""

    value: Any = None
    status: int = 0
    headers: dict[str, str] = dataclasses.field(default_factory=dict)
    etag: str = ""
    data: bytes | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one address.

    `answer` is the type of what comes back, None for nothing (204) or where `media_type` is not JSON. `paged` answers
    are `{"items": [...], "next": ...}`. `money` needs an Idempotency-Key. `problems` are those it may give beside the
    usual ones.
    """

    method: Method
    path: str
    name: str
    group: str
    summary: str
    scope: Scope
    run: Callable[[Call], Any]
    about: str = ""
    query: type[msgspec.Struct] = NoQuery
    body: type[msgspec.Struct] | None = None
    answer: Any = None
    status: int = 200
    paged: bool = False
    money: bool = False
    tagged: bool = False
    """Whether answers carry an ETag, and changes need If-Match."""
    media_type: str = "application/json"
    problems: tuple[str, ...] = ()
    example: Any = None

    @property
    def parameters(self) -> list[str]:
        """The names in braces of its path."""
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]


def missing(what: str) -> Problem:
    """There is nothing of that name."""
    return Problem("not-found", f"there is no {what}; it may be erased by now")
