"""The books as people see them: balances, entries, a file of them, and the proof that every sum is right."""

import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import msgspec
from starlette.responses import Response
from starlette.routing import BaseRoute

from tillfree.commerce.display import display_text
from tillfree.core.ids import TripId
from tillfree.core.money import Money
from tillfree.storage.database.money.ledger import LedgerQuery, LedgerRow
from tillfree.storage.database.money.proof import LedgerProof
from tillfree.storage.database.paging import rows_of_pages
from tillfree.web.payments.wording import account_title, entry_title
from tillfree.web.reports.period import day_bounds
from tillfree.web.routing import act, view

if TYPE_CHECKING:
    from tillfree.web.ask import Ask

__all__ = ["BookPages"]

_PAGE = 50
_FILE_PAGE = 1000
_ROWS_MAX = 500_000
_HEADER = ("number", "time", "trip", "payment", "what", "account", "debit", "credit", "currency", "hash")


class BookPages:
    """Remembers the last proof: it reads the whole ledger."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._proof: tuple[int, LedgerProof] | None = None

    def routes(self) -> list[BaseRoute]:
        """The page, its file, and the proof."""
        return [
            view("/ledger", self._page, "payments.see"),
            view("/ledger.csv", self._file, "payments.see"),
            act("/ledger/prove", self._prove, "payments.see"),
        ]

    def _page(self, ask: "Ask") -> Response:
        query, day, trip = _wanted(ask)
        rows = ask.database.ledger(msgspec.structs.replace(query, limit=_PAGE + 1))
        more, rows = len(rows) > _PAGE, rows[:_PAGE]
        chosen = {name: value for name, value in (("day", day), ("trip", trip)) if value}
        proof = self._proof
        return ask.page(
            "payments/ledger.html",
            balances=[(account_title(ask, balance.account), balance) for balance in ask.database.balances()],
            rows=rows,
            account=lambda name: account_title(ask, name),
            entry_said=lambda entry: entry_title(ask, entry),
            amount_of=Money,
            chosen={"day": day, "trip": trip},
            filtered=bool(chosen),
            proof=None if proof is None else proof[1],
            proved_ns=0 if proof is None else proof[0],
            older=f"/ledger?{urlencode({**chosen, 'before': str(rows[-1].number)})}" if rows and more else "",
            newer=f"/ledger?{urlencode(chosen)}" if query.before is not None else "",
            export=f"/ledger.csv?{urlencode(chosen)}",
        )

    def _prove(self, ask: "Ask") -> Response:
        # Two proofs at once would read everything twice, for the same answer.
        with self._lock:
            proof = ask.database.prove_ledger()
            self._proof = (ask.console.now_ns(), proof)
        ask.audit("ledger.prove", detail=proof_text(proof))
        if proof.holds:
            return ask.back("/ledger", done=ask.say("Every sum was proved anew and is right."))
        return ask.back("/ledger", wrong=ask.say("The ledger does not prove: see what is wrong below."))

    def _file(self, ask: "Ask") -> Response:
        query, day, trip = _wanted(ask)
        ask.audit("ledger.export", detail=" ".join(part for part in (day, trip) if part))
        rows = rows_of_pages(
            lambda before: ask.database.ledger(msgspec.structs.replace(query, before=before, limit=_FILE_PAGE)),
            lambda row: row.number,
            size=_FILE_PAGE,
            most=_ROWS_MAX,
        )
        cells = (row_cells for row in rows for row_cells in _csv_rows(ask, row))
        return ask.download("ledger.csv", cells, _HEADER)


def proof_text(proof: LedgerProof) -> str:
    """For the log."""
    faults = "; ".join(f"{fault.where}: {fault.what}" for fault in proof.faults)
    return f"{proof.entries} entries: {faults[:400] or 'right'}"


def _wanted(ask: "Ask") -> tuple[LedgerQuery, str, str]:
    day = ask.query("day", limit=20).strip()
    trip = display_text(ask.query("trip", limit=100)).strip()
    since_ns, until_ns = day_bounds(ask, day) if day else (None, None)
    before = ask.number("before", 1, 2**62, 0)
    return (
        LedgerQuery(trip=TripId(trip), since_ns=since_ns, until_ns=until_ns, before=before or None, limit=_PAGE + 1),
        day,
        trip,
    )


def _csv_rows(ask: "Ask", row: LedgerRow) -> Iterator[tuple[object, ...]]:
    entry = row.entry
    for posting in entry.postings:
        amount = Money(abs(posting.minor), entry.currency)
        yield (
            row.number,
            ask.when(entry.time_ns).isoformat(),
            entry.trip,
            entry.payment,
            entry.what,
            posting.account,
            amount if posting.minor > 0 else "",
            amount if posting.minor < 0 else "",
            entry.currency,
            row.hash.hex(),
        )
