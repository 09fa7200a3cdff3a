"""What happened, in order, for whoever tells others: written in the transaction of the thing itself, read by cursor.

Each consumer (webhooks, the retailer's ordering, mail, an event feed) has a cursor of its own, so that a stop of any
length loses nothing and doubles nothing that it can tell apart by number.
"""

from typing import Any

import msgspec
from sqlalchemy import Column, Connection, Index, Integer, LargeBinary, String, Table, func, insert, select
from sqlalchemy.dialects.sqlite import insert as upsert

from tillfree.storage.database.connection import Connected
from tillfree.storage.database.paging import page_size
from tillfree.storage.database.tables import METADATA

__all__ = ["ANNOUNCEMENTS", "CURSORS", "Announcement", "Announcements", "announce", "announcement_row"]

ANNOUNCEMENTS = Table(
    "announcements",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("time_ns", Integer, nullable=False),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("announcements_time", "time_ns"),
    sqlite_autoincrement=True,
)
CURSORS = Table(
    "cursors", METADATA, Column("consumer", String, primary_key=True), Column("number", Integer, nullable=False)
)
_PAGE_MAX = 1000
_ANNOUNCE = insert(ANNOUNCEMENTS)
_encoder = msgspec.json.Encoder(order="deterministic")


class Announcement(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened: `kind` as `trip.settled`, `subject` the id of what it happened to, `body` in JSON."""

    number: int
    time_ns: int
    kind: str
    subject: str
    body: dict[str, Any]


def announce(connection: Connection, time_ns: int, kind: str, subject: str, body: dict[str, Any]) -> None:
    """Tells everybody, in the transaction of the caller; `body` is plain JSON without personal data."""
    connection.execute(_ANNOUNCE, announcement_row(time_ns, kind, subject, body))


def announcement_row(time_ns: int, kind: str, subject: str, body: dict[str, Any]) -> dict[str, Any]:
    """The row of an announcement, for those who put in many at once."""
    return {"time_ns": time_ns, "kind": kind, "subject": subject, "body": _encoder.encode(body)}


class Announcements(Connected):
    """The part of a database that keeps what happened."""

    def announcements(self, after: int, limit: int = 100, *, kinds: tuple[str, ...] = ()) -> list[Announcement]:
        """What came after that number, oldest first; of some kinds only, if they are given."""
        statement = select(ANNOUNCEMENTS).where(ANNOUNCEMENTS.c.number > after)
        if kinds:
            statement = statement.where(ANNOUNCEMENTS.c.kind.in_(kinds))
        statement = statement.order_by(ANNOUNCEMENTS.c.number).limit(page_size(limit, _PAGE_MAX))
        with self.reading() as connection:
            return [
                Announcement(
                    number=row.number,
                    time_ns=row.time_ns,
                    kind=row.kind,
                    subject=row.subject,
                    body=msgspec.json.decode(row.body),
                )
                for row in connection.execute(statement)
            ]

    def newest_announcement(self) -> int:
        """The number of the last thing that happened; 0 before there was any."""
        with self.reading() as connection:
            return connection.scalar(select(func.max(ANNOUNCEMENTS.c.number))) or 0

    def cursor(self, consumer: str) -> int:
        """The number up to which a consumer has done its work; 0 at first."""
        with self.reading() as connection:
            return connection.scalar(select(CURSORS.c.number).where(CURSORS.c.consumer == consumer)) or 0

    def set_cursor(self, consumer: str, number: int) -> None:
        """A consumer has done its work up to there."""
        statement = upsert(CURSORS).values(consumer=consumer, number=number)
        with self._writing() as connection:
            connection.execute(
                statement.on_conflict_do_update(index_elements=["consumer"], set_={"number": statement.excluded.number})
            )
