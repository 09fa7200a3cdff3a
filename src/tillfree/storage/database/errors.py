"""What can be wrong with a database.

::

    TillfreeError
    └── DatabaseError           a file that cannot be used, or something that must not be kept as it is
        ├── ContradictionError  another record of that name is kept already
        └── LockedError         too many wrong passwords: wait
"""

import contextlib
import sqlite3
from collections.abc import Iterator

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from tillfree.core.errors import TillfreeError

__all__ = ["ContradictionError", "DatabaseError", "LockedError", "translated"]


class DatabaseError(TillfreeError):
    """The database cannot do this; says what was wrong, where, and what to do."""


class ContradictionError(DatabaseError):
    """What is to be kept contradicts what is kept under the same name, and is never put in its place."""


class LockedError(DatabaseError):
    """Too many wrong passwords for one name: no try is heard before `until_ns` (wall clock)."""

    def __init__(self, name: str, until_ns: int) -> None:
        super().__init__(f"sign-in of {name!r}: too many wrong passwords; wait some minutes, then try again")
        self.until_ns = until_ns


_ADVICE = (
    (("SQLITE_BUSY", "SQLITE_LOCKED"), "is locked by another program; close that one, or try again in a moment"),
    (("SQLITE_FULL",), "the disk is full; free some space, then try again (what was kept before is safe)"),
    (("SQLITE_NOTADB",), "is not a database; name another folder, or move that file away"),
    (("SQLITE_CORRUPT",), "is damaged; restore it from a copy, or move it away to begin anew"),
    (("SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_AUTH"), "cannot be opened; check that you may read and write there"),
    (("SQLITE_READONLY",), "may only be read; allow this user to write the file and its folder"),
    (("SQLITE_IOERR",), "cannot be read or written; check the disk"),
    (("SQLITE_CONSTRAINT",), "refuses a value that contradicts what is kept; nothing was changed"),
    (("SQLITE_TOOBIG",), "refuses a value that is too large; nothing was changed"),
)


@contextlib.contextmanager
def translated(where: str) -> Iterator[None]:
    """Turns what the database's library raises inside into a DatabaseError about `where`."""
    try:
        yield
    except DBAPIError as error:
        raise DatabaseError(_message(where, error.orig)) from error
    except (sqlite3.Error, SQLAlchemyError) as error:
        raise DatabaseError(_message(where, error)) from error
    except OverflowError as error:
        raise DatabaseError(f"{where}: a number is larger than 64 bits hold; nothing was changed") from error
    except UnicodeEncodeError as error:
        raise DatabaseError(f"{where}: a text holds half a character (a lone surrogate); correct the text") from error


def _message(where: str, error: BaseException | None) -> str:
    name = getattr(error, "sqlite_errorname", "") or ""
    for beginnings, advice in _ADVICE:
        if name.startswith(beginnings):
            return f"{where}: {advice}"
    return f"{where}: the database cannot do this ({error}); nothing was changed"
