"""`tillfree users` and `tillfree audit`: who may use the console, and whether the log of what they did holds."""

import argparse
import contextlib
import getpass
import sys
import time
from collections.abc import Callable

from tillfree.cli.terminal import TerminalError, say, show
from tillfree.commerce.display import display_text
from tillfree.core.time import format_utc
from tillfree.storage.database.audit import AuditEntry, AuditProof, AuditQuery, AuditRow
from tillfree.storage.database.database import Database
from tillfree.storage.database.errors import DatabaseError
from tillfree.storage.database.paging import PAGE_MAX
from tillfree.storage.database.staff import User

__all__ = ["run_audit", "run_users"]

_WHO = "command line"


def run_users(arguments: argparse.Namespace) -> int:
    """Adds, lists, changes or removes people; what was done is in the audit log."""
    # Asked before the database is opened: nobody else should wait while somebody types.
    password = _new_password() if arguments.action in ("add", "password") else ""
    with Database.open(arguments.data, create=arguments.action == "add") as database:
        _USERS[arguments.action](database, arguments, password)
    return 0


def _add(database: Database, arguments: argparse.Namespace, password: str) -> None:
    user = database.add_user(arguments.name, password, arguments.role)
    _log(database, "user.add", user.name, f"role {user.role}")
    show(f"{user.name} may sign in, as {user.role}\n")


def _list(database: Database, _arguments: argparse.Namespace, _password: str) -> None:
    users = database.users()
    _log(database, "user.list", "")
    for user in users:
        show(f"{user.name:24} {user.role:10} since {_utc(user.created_ns)}\n")
    if not users:
        say("nobody may sign in yet: tillfree users add NAME --role manager --data FOLDER")


def _role(database: Database, arguments: argparse.Namespace, _password: str) -> None:
    before = _need(database, arguments.name)
    database.set_role(before.name, arguments.role)
    _log(database, "user.role", before.name, f"{before.role} to {arguments.role}")
    show(f"{before.name} is {arguments.role} now, and must sign in again\n")


def _set_password(database: Database, arguments: argparse.Namespace, password: str) -> None:
    user = _need(database, arguments.name)
    database.set_password(user.name, password)
    _log(database, "user.password", user.name)
    show(f"{user.name} has a new password, and must sign in again\n")


def _remove(database: Database, arguments: argparse.Namespace, _password: str) -> None:
    user = _need(database, arguments.name)
    database.remove_user(user.name)
    _log(database, "user.remove", user.name, f"role {user.role}")
    show(f"{user.name} may sign in no more\n")


_USERS: dict[str, Callable[[Database, argparse.Namespace, str], None]] = {
    "add": _add,
    "list": _list,
    "role": _role,
    "password": _set_password,
    "remove": _remove,
}


def _need(database: Database, name: str) -> User:
    """The user, by the name as it was first written."""
    user = database.user(name)
    if user is None:
        raise TerminalError(f"there is no user {display_text(name)!r}; tillfree users list says who there is")
    return user


def _log(database: Database, what: str, subject: str, detail: str = "") -> None:
    database.audit(AuditEntry(time_ns=time.time_ns(), who=_WHO, what=what, subject=subject, detail=detail))


def _new_password() -> str:
    """Asked twice without echo on a terminal, else one line of standard input."""
    if sys.stdin is None:
        raise TerminalError("there is no input to read the password from; give it as one line on standard input")
    try:
        if not sys.stdin.isatty():
            line = sys.stdin.readline()
            if not line:
                raise TerminalError("no password was given; give it as one line on standard input")
            return line.removesuffix("\n").removesuffix("\r")
        first, again = getpass.getpass("New password: "), getpass.getpass("The same once more: ")
    except UnicodeDecodeError as error:
        raise TerminalError("the password is no text in this terminal's encoding; type another one") from error
    except EOFError as error:
        raise TerminalError("no password was given; try again") from error
    if first != again:
        raise TerminalError("the two passwords differ; try again")
    return first


def run_audit(arguments: argparse.Namespace) -> int:
    """Proves or shows the log; 1 where it does not hold."""
    with Database.open(arguments.data, create=False) as database:
        if arguments.action == "show":
            return _show(database, arguments.limit)
        return _verify(database)


def _show(database: Database, limit: int) -> int:
    if limit < 1:
        raise TerminalError(f"--limit {limit}: give 1 or more")
    rows: list[AuditRow] = []
    while len(rows) < limit:
        before = rows[-1].number if rows else None
        page = database.audit_log(AuditQuery(before=before, limit=min(limit - len(rows), PAGE_MAX)))
        rows += page
        if not page:
            break
    _log(database, "audit.view", "", f"newest {limit}")
    for row in rows:
        entry = row.entry
        words = " ".join(str(part) for part in (entry.who, entry.what, entry.subject, entry.detail) if part != "")
        show(f"{row.number} {_utc(entry.time_ns)} {display_text(words)}\n")
    return 0


def _verify(database: Database) -> int:
    proof: AuditProof = database.verify_audit()
    if proof.broken_at is None:
        _log(database, "audit.verify", "", f"{proof.entries} entries hold")
        show(f"all {proof.entries} entries hold; the newest has the hash {proof.head}\n")
        return 0
    # A log that was tampered with may not even take this entry.
    with contextlib.suppress(DatabaseError):
        _log(database, "audit.verify", "", f"broken at entry {proof.broken_at}")
    show(
        f"! the log was altered: {proof.entries} entries hold, entry {proof.broken_at} does not; "
        f"compare with a copy of the file from before\n"
    )
    return 1


def _utc(time_ns: int) -> str:
    # Whoever tampers may leave a value of any kind behind, which must not keep the rest from being shown.
    try:
        return format_utc(time_ns)
    except (TypeError, ValueError, OverflowError, OSError):
        return display_text(f"(no time: {time_ns})")
