"""Receipts on their way to shoppers by e-mail. An address is kept until its e-mail is sent or given up, no longer."""

from typing import Any, Literal

import msgspec
from sqlalchemy import Column, Index, Integer, Row, String, Table, delete, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from tillfree.core.ids import TripId
from tillfree.storage.database.connection import Connected
from tillfree.storage.database.paging import page_size
from tillfree.storage.database.tables import METADATA

__all__ = ["DELIVERIES", "Deliveries", "Delivery", "DeliveryKind", "DeliveryStatus"]

DeliveryKind = Literal["receipt", "refund"]
DeliveryStatus = Literal["waiting", "sent", "refused", "given up"]
"""refused: the other side will never take it. given up: no answer for too long."""

DELIVERIES = Table(
    "deliveries",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("key", String, nullable=False, unique=True),
    Column("trip", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("address", String, nullable=False),
    Column("language", String, nullable=False),
    Column("status", String, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("next_ns", Integer, nullable=False),
    Column("made_ns", Integer, nullable=False),
    Column("done_ns", Integer, nullable=False),
    Column("problem", String, nullable=False),
    Index("deliveries_due", "status", "next_ns"),
    Index("deliveries_trip", "trip"),
    sqlite_autoincrement=True,
)
_LIMIT_MAX = 1000


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One e-mail to be sent. `key` tells it from others, so that it is put down once."""

    number: int = 0
    key: str
    trip: TripId
    kind: DeliveryKind
    address: str
    language: str
    status: DeliveryStatus = "waiting"
    tries: int = 0
    next_ns: int
    made_ns: int
    done_ns: int = 0
    problem: str = ""


class Deliveries(Connected):
    """The part of a database that keeps what is to be sent."""

    def add_delivery(self, delivery: Delivery) -> bool:
        """Puts an e-mail down; False where that key is there already, and nothing changes."""
        values = {name: value for name, value in msgspec.structs.asdict(delivery).items() if name != "number"}
        statement = upsert(DELIVERIES).values(values).on_conflict_do_nothing(index_elements=["key"])
        with self._writing() as connection:
            return connection.execute(statement).rowcount > 0

    def due_deliveries(self, now_ns: int, limit: int = 20) -> list[Delivery]:
        """What is to be sent now, what waits longest first."""
        statement = (
            select(DELIVERIES)
            .where(DELIVERIES.c.status == "waiting", DELIVERIES.c.next_ns <= now_ns)
            .order_by(DELIVERIES.c.next_ns, DELIVERIES.c.number)
            .limit(page_size(limit, _LIMIT_MAX))
        )
        with self.reading() as connection:
            return [_delivery(row) for row in connection.execute(statement)]

    def try_again(self, number: int, next_ns: int, problem: str) -> None:
        """An e-mail could not be sent this time."""
        with self._writing() as connection:
            connection.execute(
                update(DELIVERIES)
                .where(DELIVERIES.c.number == number)
                .values(tries=DELIVERIES.c.tries + 1, next_ns=next_ns, problem=problem)
            )

    def end_delivery(self, number: int, status: DeliveryStatus, now_ns: int, problem: str = "") -> None:
        """An e-mail is sent, refused or given up; its address is erased."""
        with self._writing() as connection:
            connection.execute(
                update(DELIVERIES)
                .where(DELIVERIES.c.number == number)
                .values(status=status, done_ns=now_ns, problem=problem, address="", tries=DELIVERIES.c.tries + 1)
            )

    def deliveries_of(self, trip: TripId) -> list[Delivery]:
        """All of a trip, oldest first."""
        statement = select(DELIVERIES).where(DELIVERIES.c.trip == trip).order_by(DELIVERIES.c.number)
        with self.reading() as connection:
            return [_delivery(row) for row in connection.execute(statement)]

    def erase_deliveries(self, before_ns: int) -> int:
        """Forgets all that were put down before a time, whatever became of them; says how many."""
        with self._writing() as connection:
            return connection.execute(delete(DELIVERIES).where(DELIVERIES.c.made_ns < before_ns)).rowcount


def _delivery(row: Row[Any]) -> Delivery:
    values: dict[str, Any] = dict(row._mapping)  # noqa: SLF001  the public name of it in SQLAlchemy
    return Delivery(**values)
