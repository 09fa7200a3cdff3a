"""The audit log: who saw and changed what, and whether anybody tampered with it."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response
from starlette.routing import BaseRoute

from tillfree.commerce.display import display_text
from tillfree.core.time import NS_PER_HOUR, NS_PER_MINUTE
from tillfree.storage.database.audit import AuditProof, AuditQuery, AuditRow
from tillfree.storage.database.audit_search import audit_names, search_audit
from tillfree.storage.database.paging import PAGE_MAX, rows_of_pages
from tillfree.web.ask import Ask
from tillfree.web.audit_words import ACTIONS
from tillfree.web.reports.period import day_bounds
from tillfree.web.routing import view

__all__ = ["routes"]

_PAGE = 50
_FILE_ROWS_MAX = 100_000
_SESSIONS_KEPT = 500
_PROOF_NS = NS_PER_MINUTE
_HEADER = ("number", "time", "who", "what", "subject", "detail", "hash")


def routes() -> list[BaseRoute]:
    """The log and its file."""
    pages = _AuditPages()
    return [
        view("/audit", pages.page, "audit.see"),
        view("/audit.csv", pages.file, "audit.see"),
    ]


class _AuditPages:
    """Remembers who looked lately, and when the chain was followed last: that reads the whole log."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looked_ns: OrderedDict[str, int] = OrderedDict()
        self._proof: tuple[int, AuditProof] | None = None

    def page(self, ask: Ask) -> Response:
        """A page of the log, newest entries first."""
        self._note_look(ask)
        query, text, day = _wanted(ask)
        rows = search_audit(ask.database, query, text)
        more = len(rows) == query.limit
        rows = rows[:_PAGE]
        checked_ns, proof = self._proof_of(ask)
        chosen = {"who": query.who, "what": query.what, "text": text, "day": day}
        return ask.page(
            "audit.html",
            rows=rows,
            names=audit_names(ask.database),
            said=lambda what: ask.say(ACTIONS[what]) if what in ACTIONS else display_text(what),
            proof=proof,
            checked_ns=checked_ns,
            chosen=chosen,
            filtered=any(chosen.values()),
            address=_address(chosen),
            older=f"/audit?{_address({**chosen, 'before': str(rows[-1].number)})}" if rows and more else "",
            newer=f"/audit?{_address(chosen)}" if query.before is not None else "",
        )

    def file(self, ask: Ask) -> Response:
        """Everything that fits the filter, as CSV; what it says is itself noted."""
        query, text, day = _wanted(ask)
        ask.audit("audit.export", "", " ".join(part for part in (query.who, query.what, text, day) if part))
        rows = (
            (
                row.number,
                ask.when(row.entry.time_ns).isoformat(),
                row.entry.who,
                row.entry.what,
                row.entry.subject,
                row.entry.detail,
                row.hash,
            )
            for row in _all(ask, query, text)
        )
        return ask.download("audit-log.csv", rows, _HEADER)

    def _note_look(self, ask: Ask) -> None:
        """Looking is noted once per session and hour, or the log would be about itself."""
        now_ns = ask.console.now_ns()
        with self._lock:
            last_ns = self._looked_ns.get(ask.reader.key)
            if last_ns is not None and 0 <= now_ns - last_ns < NS_PER_HOUR:
                return
            self._looked_ns[ask.reader.key] = now_ns
            self._looked_ns.move_to_end(ask.reader.key)
            while len(self._looked_ns) > _SESSIONS_KEPT:
                self._looked_ns.popitem(last=False)
        ask.audit("audit.see")

    def _proof_of(self, ask: Ask) -> tuple[int, AuditProof]:
        now_ns = ask.console.now_ns()
        kept = self._proof
        if kept is None or ask.query("check", limit=5) or not 0 <= now_ns - kept[0] < _PROOF_NS:
            kept = self._proof = (now_ns, ask.database.verify_audit())
        return kept


def _wanted(ask: Ask) -> tuple[AuditQuery, str, str]:
    day = ask.query("day", limit=20).strip()
    since_ns, until_ns = day_bounds(ask, day) if day else (None, None)
    before = ask.number("before", 1, 2**62, 0)
    query = AuditQuery(
        who=ask.query("who", limit=100),
        what=ask.query("what", limit=100),
        since_ns=since_ns,
        until_ns=until_ns,
        before=before or None,
        limit=_PAGE + 1,
    )
    return query, ask.query("text").strip(), day


def _all(ask: Ask, query: AuditQuery, text: str) -> Iterator[AuditRow]:
    return rows_of_pages(
        lambda before: search_audit(ask.database, msgspec.structs.replace(query, before=before, limit=PAGE_MAX), text),
        lambda row: row.number,
        most=_FILE_ROWS_MAX,
    )


def _address(values: dict[str, str]) -> str:
    return urlencode({name: value for name, value in values.items() if value})
