"""The connection to the file: one writer at a time, readers beside it, whole transactions or nothing."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, CursorResult, Engine, Select, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.pool import QueuePool, StaticPool

from tillfree.storage.database.errors import DatabaseError, translated

__all__ = ["Connected", "Question", "made_number", "make_engine", "prepared"]

_BUSY_S = 5.0
_WRITES = "tillfree_writes"
_PLAIN = "tillfree_plain"
_DURABLE = "PRAGMA synchronous = FULL"


def make_engine(path: Path | None) -> Engine:
    """An engine for the file, or for a database in memory where there is no path."""

    def connect() -> sqlite3.Connection:
        # SQLAlchemy hands a connection to one thread at a time; transactions begin as `_begin` says, never by guess.
        raw = sqlite3.connect(
            ":memory:" if path is None else path, timeout=_BUSY_S, check_same_thread=False, isolation_level=None
        )
        try:
            raw.execute("PRAGMA foreign_keys = ON")
            # A receipt that was said to be kept is kept, even when the power goes.
            raw.execute(_DURABLE)
            # What is erased is overwritten: routes of people must not stay in free pages of the file.
            raw.execute("PRAGMA secure_delete = ON")
        except sqlite3.Error:
            raw.close()
            raise
        return raw

    if path is None:
        engine = create_engine("sqlite://", creator=connect, poolclass=StaticPool)
    else:
        engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=8, max_overflow=24)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    # A writer takes the lock at once: one that began as a reader could not wait for another writer, only fail.
    options = connection.get_execution_options()
    if not options.get(_PLAIN, False):
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get(_WRITES, False) else "BEGIN")


@contextlib.contextmanager
def _waiting_less(connection: Connection) -> Iterator[None]:
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    # The log of the file is read from its beginning to the first gap: nothing outlives what was written before it.
    raw.execute("PRAGMA synchronous = NORMAL")
    try:
        yield
    finally:
        raw.execute(_DURABLE)


def made_number(result: CursorResult[Any]) -> int:
    """The number that the table gave to the row just put in."""
    key = result.inserted_primary_key
    assert key is not None
    return int(key[0])


class Question(NamedTuple):
    """A question as text, made once, and the values in it that never change."""

    text: str
    constants: dict[str, Any]


def prepared(statement: Select[Any]) -> Question:
    """A question for `Connected._rows`; what changes from one time to the next is a `bindparam` with a name."""
    made = statement.compile(dialect=sqlite.dialect(paramstyle="named"))
    return Question(str(made), {name: value for name, value in made.params.items() if value is not None})


class Connected:
    """What all parts of a database share."""

    def __init__(self, engine: Engine, where: str, path: Path | None = None) -> None:
        self._engine = engine
        self._where = where
        self._path = path
        self._file = _file_of(path)
        self._closed = False
        self._writer = threading.Lock()
        # One connection for all threads, as in memory, cannot hold two transactions.
        self._single = isinstance(engine.pool, StaticPool)
        self._reader: contextlib.AbstractContextManager[object] = (
            self._writer if self._single else contextlib.nullcontext()
        )
        self._mine = threading.local()

    @contextlib.contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent view of the database."""
        self._need_open()
        own: Connection | None = getattr(self._mine, "writes", None)
        if own is not None:
            # Whoever writes in memory and reads beside it would wait for themselves.
            yield own
            return
        with translated(self._where), self._reader, self._engine.connect() as connection, connection.begin():
            yield connection

    def _rows(self, question: Question, values: dict[str, Any]) -> list[tuple[Any, ...]]:
        """All rows that answer one question (`prepared`), as the file has them: numbers, texts, bytes.

        One statement is one consistent view by itself. Without a transaction around it, and without anything built
        anew, it takes a tenth of the time; so that is for what is asked at every request and at every gate.
        """
        self._need_open()
        with translated(self._where), self._reader:
            lent = self._engine.raw_connection()
            try:
                raw = lent.driver_connection
                assert isinstance(raw, sqlite3.Connection)
                return raw.execute(question.text, question.constants | values).fetchall()
            finally:
                lent.close()

    @contextlib.contextmanager
    def _writing(self, *, with_next: bool = False) -> Iterator[Connection]:
        """One transaction: all of it is kept at the end, or nothing where something is raised inside.

        `with_next`: when the power goes it may be lost, as long as nothing was written after it; for what is of no
        use without that. The disk is not waited for.
        """
        self._need_open()
        self._need_file()
        with (
            translated(self._where),
            self._writer,
            self._engine.connect() as connection,
            _waiting_less(connection) if with_next else contextlib.nullcontext(),
            connection.execution_options(**{_WRITES: True}).begin(),
        ):
            self._mine.writes = connection if self._single else None
            try:
                yield connection
            finally:
                self._mine.writes = None

    @contextlib.contextmanager
    def _checkpointing(self) -> Iterator[Connection]:
        """No transaction at all: for the few commands that are refused inside one."""
        self._need_open()
        with translated(self._where), self._writer, self._engine.connect() as connection:
            yield connection.execution_options(**{_PLAIN: True})

    def _need_open(self) -> None:
        if self._closed:
            raise DatabaseError(f"{self._where}: the database was closed; open it again")

    def _need_file(self) -> None:
        # The system would go on writing into a file that nobody can find any more, without a word.
        if self._path is not None and _file_of(self._path) != self._file:
            raise DatabaseError(
                f"{self._where}: was moved away, deleted or replaced while it was in use; put it back, "
                f"or stop this program and start it again"
            )


def _file_of(path: Path | None) -> tuple[int, int] | None:
    """What tells a file from another one of the same name; None where there is none."""
    try:
        return None if path is None else ((found := path.stat()).st_dev, found.st_ino)
    except OSError:
        return None
