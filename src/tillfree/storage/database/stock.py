"""Counts of stock by people; what the scales saw since then is for the running store to say."""

import msgspec
from sqlalchemy import func, insert, select

from tillfree.storage.database.connection import Connected
from tillfree.storage.database.errors import DatabaseError
from tillfree.storage.database.paging import PAGE_MAX, page_size
from tillfree.storage.database.tables import STOCK_COUNTS

__all__ = ["Stock", "StockCount"]


class StockCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many units somebody counted at a facing, and how many it holds when it is full (None: not said).

    `key` names the facing: `fixture/shelf/plates/product`.
    """

    key: str
    count: int
    par: int | None
    by: str
    time_ns: int


class Stock(Connected):
    """The part of a database that keeps counts."""

    def save_count(self, key: str, count: int, par: int | None, by: str, time_ns: int) -> None:
        """Keeps a count.

        Raises:
            DatabaseError: fewer than none were counted.
        """
        if count < 0 or (par is not None and par < 0):
            raise DatabaseError(f"count of {key!r}: {count} of {par} cannot lie there; count 0 or more")
        with self._writing() as connection:
            connection.execute(
                insert(STOCK_COUNTS), {"key": key, "count": count, "par": par, "by": by, "time_ns": time_ns}
            )

    def counts(self) -> dict[str, StockCount]:
        """The newest count of each facing, facings in order."""
        newest = select(func.max(STOCK_COUNTS.c.number)).group_by(STOCK_COUNTS.c.key)
        statement = select(*_COLUMNS).where(STOCK_COUNTS.c.number.in_(newest)).order_by(STOCK_COUNTS.c.key)
        with self.reading() as connection:
            found = [StockCount(**row._mapping) for row in connection.execute(statement)]  # noqa: SLF001
        return {count.key: count for count in found}

    def count_history(self, key: str, limit: int = PAGE_MAX) -> list[StockCount]:
        """The counts of one facing, newest first, at most 500."""
        statement = (
            select(*_COLUMNS)
            .where(STOCK_COUNTS.c.key == key)
            .order_by(STOCK_COUNTS.c.number.desc())
            .limit(page_size(limit))
        )
        with self.reading() as connection:
            return [StockCount(**row._mapping) for row in connection.execute(statement)]  # noqa: SLF001


_COLUMNS = [STOCK_COUNTS.c[name] for name in StockCount.__struct_fields__]
