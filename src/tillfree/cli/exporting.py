"""`tillfree export`: what was sold, as files for other systems."""

import argparse
import datetime as dt
import re
import time

import msgspec

from tillfree.cli.terminal import TerminalError, say, show, write_file
from tillfree.commerce.display import display_text
from tillfree.connectors.exports.epcis import document, location_uri
from tillfree.connectors.exports.sales import lines_csv, taxes_csv
from tillfree.storage.database.audit import AuditEntry
from tillfree.storage.database.database import Database
from tillfree.store.exports.gathering import sold_trips

__all__ = ["run_export"]

_GLN = re.compile(r"\d{13}", re.ASCII)


def run_export(arguments: argparse.Namespace) -> int:
    """Writes the file that was asked for; that it was done is in the audit log."""
    since_ns, until_ns = _moment_ns(arguments.since, "--since"), _moment_ns(arguments.until, "--until")
    if arguments.action == "epcis" and arguments.gln and not _GLN.fullmatch(arguments.gln):
        raise TerminalError(f"--gln {display_text(arguments.gln)}: a GLN has 13 digits")
    with Database.open(arguments.data, create=False) as database:
        sales = list(sold_trips(database, since_ns, until_ns))
        database.audit(
            AuditEntry(
                time_ns=time.time_ns(),
                who="command line",
                what="report.export",
                subject=arguments.action,
                detail=f"{len(sales)} trips",
            )
        )
    if arguments.action == "epcis":
        made = document(sales, location_uri(arguments.store, arguments.gln), time.time_ns())
        data = msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n"
    else:
        data = (taxes_csv(sales) if arguments.by == "tax" else lines_csv(sales)).encode()
    if arguments.output is None:
        show(data.decode())
    else:
        write_file(arguments.output, data)
        say(f"{len(sales)} trips were written to {arguments.output}")
    return 0


def _moment_ns(text: str | None, option: str) -> int | None:
    if text is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise TerminalError(
            f"{option} {display_text(text)}: no date; give 2026-11-26, or 2026-11-26T08:00+01:00"
        ) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.UTC)
    return int((moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) / dt.timedelta(microseconds=1)) * 1000
