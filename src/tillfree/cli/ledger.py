"""`tillfree ledger`: prove the books again, look into them, and write them out for a bookkeeper."""

import argparse
import csv
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO

from tillfree.cli.terminal import TerminalError, say, show
from tillfree.commerce.display import display_text, format_amount
from tillfree.commerce.ledger import ACCOUNTS, account_of
from tillfree.connectors.exports.cells import guarded_cell
from tillfree.core.ids import TripId
from tillfree.core.money import Money
from tillfree.core.time import format_utc
from tillfree.storage.database.database import Database
from tillfree.storage.database.money.ledger import LedgerQuery, LedgerRow
from tillfree.storage.database.money.proof import LedgerProof

__all__ = ["run_ledger"]

_COLUMNS = ("number", "time", "trip", "payment", "what", "account", "debit", "credit", "currency")
_PAGE = 1000


def run_ledger(arguments: argparse.Namespace) -> int:
    """Proves, shows or exports; 1 where the proof fails."""
    with Database.open(arguments.data, create=False) as database:
        if arguments.action == "prove":
            return _prove(database)
        if arguments.action == "export":
            return _export(database, arguments.file)
        _show(database, arguments.trip, arguments.limit)
    return 0


def _prove(database: Database) -> int:
    proof: LedgerProof = database.prove_ledger()
    for fault in proof.faults:
        show(f"{display_text(fault.where)}: {display_text(fault.what)}\n")
    if not proof.holds:
        say(f"the ledger does NOT hold ({len(proof.faults)} faults): restore it from a copy, or find out who did it")
        return 1
    show(f"the ledger holds: {proof.entries} entries, {proof.payments} payments, newest hash {proof.head}\n")
    return 0


def _show(database: Database, trip: str, limit: int) -> None:
    if not trip:
        for balance in database.balances():
            meaning = ACCOUNTS.get(account_of(balance.account), "")
            show(f"{display_text(balance.account):28} {balance.amount!s:>18}  {meaning}\n")
    before: int | None = None
    while limit > 0:
        query = LedgerQuery(trip=TripId(trip), before=before, limit=min(limit, _PAGE))
        page = database.ledger(query)
        if not page and before is None:
            show(f"no entries{f' of trip {display_text(trip)}' if trip else ''}\n")
        for row in page:
            entry = row.entry
            show(f"{row.number:8} {format_utc(entry.time_ns)[:19]} {entry.what:13} {display_text(entry.trip)}\n")
            for posting in entry.postings:
                amount = Money(posting.minor, entry.currency)
                show(f"{'':9}{display_text(posting.account):36} {amount!s:>18}\n")
        if len(page) < _PAGE:
            return
        before, limit = page[-1].number, limit - len(page)


def _export(database: Database, target: Path) -> int:
    if str(target) == "-":
        _write(database.ledger_entries(), sys.stdout)
        return 0
    try:
        with target.open("x", encoding="utf-8", newline="") as file:
            count = _write(database.ledger_entries(), file)
    except OSError as error:
        raise TerminalError(f"{target}: cannot be written ({error.strerror}); name a new file") from error
    say(f"{count} postings written to {target}")
    return 0


def _write(rows: Iterable[LedgerRow], file: TextIO) -> int:
    writer = csv.writer(file, lineterminator="\r\n")  # RFC 4180
    writer.writerow(_COLUMNS)
    count = 0
    for row in rows:
        entry = row.entry
        for posting in entry.postings:
            amount = format_amount(Money(abs(posting.minor), entry.currency))
            debit, credit = (amount, "") if posting.minor > 0 else ("", amount)
            texts = (entry.trip, entry.payment, entry.what, posting.account)
            writer.writerow(
                (row.number, format_utc(entry.time_ns), *map(guarded_cell, texts), debit, credit, entry.currency)
            )  # fmt: skip
            count += 1
    return count
