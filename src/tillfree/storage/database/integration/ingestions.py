"""Uploads of the retailer's catalogue: taken at once, worked off after, each with a report."""

from typing import Literal

import msgspec
from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, delete, insert, select, update

from tillfree.storage.database.connection import Connected
from tillfree.storage.database.tables import METADATA

__all__ = ["INGESTIONS", "Ingestion", "IngestionKind", "IngestionState", "Ingestions"]

IngestionKind = Literal["upload", "cart", "archive"]
IngestionState = Literal["INQUEUE", "INPROGRESS", "DONE", "CANCELLED", "FATAL"]

INGESTIONS = Table(
    "retailer_ingestions",
    METADATA,
    Column("id", String, primary_key=True),
    Column("owner", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("time_ns", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("report", LargeBinary, nullable=False),
    Index("retailer_ingestions_time", "time_ns"),
)


class Ingestion(msgspec.Struct, frozen=True, kw_only=True):
    """An upload: `body` as it came, empty when it is worked off; `report` a CSV file; `owner` the key that sent it."""

    id: str
    owner: str
    kind: IngestionKind
    time_ns: int
    body: bytes
    state: IngestionState = "INQUEUE"
    report: bytes = b""


class Ingestions(Connected):
    """The part of a database that keeps uploads."""

    def add_ingestion(self, ingestion: Ingestion) -> None:
        """Keeps an upload."""
        with self._writing() as connection:
            connection.execute(insert(INGESTIONS), msgspec.structs.asdict(ingestion))

    def ingestion(self, ingestion: str) -> Ingestion | None:
        """One upload."""
        with self.reading() as connection:
            row = connection.execute(select(INGESTIONS).where(INGESTIONS.c.id == ingestion)).first()
        return None if row is None else Ingestion(**row._mapping)  # noqa: SLF001

    def next_ingestion(self) -> Ingestion | None:
        """The oldest upload that is not worked off; one that was begun, as its process was stopped, comes again."""
        open_ = INGESTIONS.c.state.in_(("INQUEUE", "INPROGRESS"))
        statement = select(INGESTIONS).where(open_).order_by(INGESTIONS.c.time_ns, INGESTIONS.c.id).limit(1)
        with self.reading() as connection:
            row = connection.execute(statement).first()
        return None if row is None else Ingestion(**row._mapping)  # noqa: SLF001

    def ingestion_begun(self, ingestion: str) -> None:
        """It is worked on."""
        self._set(ingestion, {"state": "INPROGRESS"})

    def ingestion_ended(self, ingestion: str, state: IngestionState, report: bytes) -> None:
        """It is worked off."""
        self._set(ingestion, {"state": state, "report": report, "body": b""})

    def erase_ingestions(self, before_ns: int) -> int:
        """Erases what was worked off and came before that; gives their number."""
        old = (INGESTIONS.c.time_ns < before_ns) & INGESTIONS.c.state.in_(("DONE", "CANCELLED", "FATAL"))
        with self._writing() as connection:
            return connection.execute(delete(INGESTIONS).where(old)).rowcount

    def _set(self, ingestion: str, values: dict[str, object]) -> None:
        with self._writing() as connection:
            connection.execute(update(INGESTIONS).where(INGESTIONS.c.id == ingestion).values(**values))
