"""One file for all that a store remembers: `FOLDER/store.db`."""

import os
import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy.exc import SQLAlchemyError

from tillfree.storage.database.accounts import Accounts
from tillfree.storage.database.audit import Audit
from tillfree.storage.database.calibrations import Calibrations
from tillfree.storage.database.connection import make_engine
from tillfree.storage.database.decisions import Decisions
from tillfree.storage.database.entry import Entries
from tillfree.storage.database.errors import DatabaseError
from tillfree.storage.database.integration.answers import Answers
from tillfree.storage.database.integration.hooks import Hooks
from tillfree.storage.database.integration.ingestions import Ingestions
from tillfree.storage.database.integration.keys import ApiKeys
from tillfree.storage.database.integration.orders import Orders
from tillfree.storage.database.migrations import bring_up_to_date
from tillfree.storage.database.money.announcements import Announcements
from tillfree.storage.database.money.badge_sums import BadgeSums
from tillfree.storage.database.money.bookkeeping import Bookkeeping
from tillfree.storage.database.money.deliveries import Deliveries
from tillfree.storage.database.money.disputes import Disputes
from tillfree.storage.database.money.ledger import Ledgers
from tillfree.storage.database.money.payments import Payments
from tillfree.storage.database.money.proof import Proving
from tillfree.storage.database.money.receipt_links import ReceiptLinks
from tillfree.storage.database.money.trips import Trips
from tillfree.storage.database.reports import Reports
from tillfree.storage.database.retention import Erasing
from tillfree.storage.database.shops import Shops
from tillfree.storage.database.staff import Staff
from tillfree.storage.database.stock import Stock
from tillfree.storage.database.traffic import Traffic
from tillfree.storage.database.visits import Visits

__all__ = ["FILE_NAME", "IN_MEMORY", "Database"]

FILE_NAME = "store.db"
IN_MEMORY = ":memory:"


class Database(
    Visits,
    Decisions,
    Audit,
    Staff,
    Shops,
    Stock,
    Calibrations,
    Traffic,
    Reports,
    Erasing,
    Announcements,
    Orders,
    Ingestions,
    ApiKeys,
    Answers,
    Hooks,
    Entries,
    Accounts,
    ReceiptLinks,
    Deliveries,
    Disputes,
    Trips,
    Payments,
    Ledgers,
    Bookkeeping,
    BadgeSums,
    Proving,
):
    """What a store remembers. Every method may be called from any thread, is one transaction, and may wait 5 s for it.

    Any of them raises DatabaseError where the file cannot be used: locked, damaged, full disk. What a method has
    returned from is on the disk.
    """

    @classmethod
    def open(cls, where: Path | str, *, create: bool = True) -> Self:
        """Opens the database of a folder, or one in memory that is forgotten at the end (`":memory:"`).

        The file is readable for its owner only, and so is the folder if it is made here. Without `create`, one that is
        not there is an error.

        Raises:
            DatabaseError: the folder cannot be used, or the file is no database of this version.
        """
        path = None if where == IN_MEMORY else Path(where) / FILE_NAME
        name = "the database in memory" if path is None else str(path)
        if path is not None:
            _prepare(path, create=create)
        database = cls(make_engine(path), name, path)
        try:
            database._begin()
        except BaseException:
            database.close()
            raise
        return database

    def _begin(self) -> None:
        with self._checkpointing() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode = WAL")
        with self._writing() as connection:
            bring_up_to_date(connection, self._where)

    def close(self) -> None:
        """Closes the file; what is called afterwards raises DatabaseError. Closing twice is fine."""
        self._closed = True
        try:
            self._engine.dispose()
        except (sqlite3.Error, SQLAlchemyError) as error:
            raise DatabaseError(f"{self._where}: cannot be closed ({error}); what was kept is safe") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _prepare(path: Path, *, create: bool) -> None:
    """Makes the folder and an empty file where they are missing, for the owner only."""
    folder = path.parent
    try:
        if not create and not path.exists():
            raise DatabaseError(f"{path}: there is no such file; name the folder of the store")
        if not folder.exists():
            if not folder.parent.is_dir():
                raise DatabaseError(f"{folder}: there is no folder {folder.parent} to make it in; make that first")
            folder.mkdir(mode=0o700)
        if not folder.is_dir():
            raise DatabaseError(f"{folder}: is a file; name a folder for the database")
        if path.exists() and not path.is_file():
            raise DatabaseError(f"{path}: is not a regular file; move it away, or name another folder")
        # SQLite gives its journals the mode of the file.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise DatabaseError(f"{path}: cannot be opened ({error.strerror or error}); name another folder") from error
