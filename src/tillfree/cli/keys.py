"""`tillfree keys` and `tillfree api describe`: who may use the API of a store, and what there is in it."""

import argparse
import time

from tillfree.cli.terminal import TerminalError, say, show, write_file
from tillfree.commerce.display import display_text
from tillfree.core.time import format_utc
from tillfree.storage.database.audit import AuditEntry
from tillfree.storage.database.database import Database
from tillfree.web.api.description import description_text
from tillfree.web.api.scopes import SCOPES, is_scope
from tillfree.web.api.table import OPERATIONS

__all__ = ["run_describe", "run_keys"]

_WHO = "command line"


def run_keys(arguments: argparse.Namespace) -> int:
    """Makes, lists or revokes keys; what was done is in the audit log."""
    if arguments.action == "list" and arguments.scopes:
        for scope, text in SCOPES.items():
            show(f"{scope:18} {text}\n")
        return 0
    if arguments.data is None:
        raise TerminalError("say which store: --data FOLDER")
    with Database.open(arguments.data, create=False) as database:
        {"add": _add, "list": _list, "revoke": _revoke}[arguments.action](database, arguments)
    return 0


def _add(database: Database, arguments: argparse.Namespace) -> None:
    unknown = [scope for scope in arguments.scope if not is_scope(scope)]
    if unknown:
        raise TerminalError(
            f"{display_text(unknown[0])!r} is no scope; `tillfree keys list --scopes` prints all {len(SCOPES)}"
        )
    made = database.add_api_key(
        arguments.name, tuple(arguments.scope), _WHO, time.time_ns(), per_minute=arguments.per_minute
    )
    _log(database, "key.add", made.key.id, f"{made.key.name}: {' '.join(made.key.scopes)}")
    show(f"{made.secret}\n")
    say(f"This is the key of {display_text(made.key.name)}. It is shown this once: keep it where that system reads it.")


def _list(database: Database, _arguments: argparse.Namespace) -> None:
    keys = database.api_keys()
    for key in keys:
        used = f"used {format_utc(key.used_ns)}" if key.used_ns else "never used"
        state = "revoked" if key.revoked else used
        show(f"{key.id} {display_text(key.name):24} {state:30} {' '.join(key.scopes)}\n")
    if not keys:
        say("no other system has a key yet: tillfree keys add NAME --scope SCOPE --data FOLDER")


def _revoke(database: Database, arguments: argparse.Namespace) -> None:
    if not database.revoke_api_key(arguments.id):
        raise TerminalError(
            f"there is no key {display_text(arguments.id)!r} that opens anything; tillfree keys list says which do"
        )
    _log(database, "key.revoke", arguments.id, "")
    show(f"the key {arguments.id} opens nothing any more\n")


def run_describe(arguments: argparse.Namespace) -> int:
    """Prints the OpenAPI document, or writes it to a file."""
    text = description_text(OPERATIONS)
    if arguments.output is None:
        show(text)
    else:
        write_file(arguments.output, text.encode())
    return 0


def _log(database: Database, what: str, subject: str, detail: str) -> None:
    database.audit(AuditEntry(time_ns=time.time_ns(), who=_WHO, what=what, subject=subject, detail=detail))
