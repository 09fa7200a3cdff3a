"""Pages of what other parts keep, for programs that read all of it: in the order of numbers, from a number on."""

import msgspec
from sqlalchemy import select

from tillfree.commerce.disputes import Dispute
from tillfree.storage.database.connection import Connected
from tillfree.storage.database.money.disputes import DISPUTES
from tillfree.storage.database.visits import PAGE_MAX

__all__ = ["Pages"]

_disputes = msgspec.msgpack.Decoder(Dispute)


class Pages(Connected):
    """The part of a database that is read page by page."""

    def disputes_after(self, after: int, limit: int, status: str = "") -> list[Dispute]:
        """Disputes whose number is above `after`, oldest first, at most 501."""
        statement = select(DISPUTES.c.record).where(DISPUTES.c.number > after)
        if status:
            statement = statement.where(DISPUTES.c.status == status)
        statement = statement.order_by(DISPUTES.c.number).limit(max(0, min(limit, PAGE_MAX + 1)))
        with self.reading() as connection:
            return [_disputes.decode(record) for record in connection.scalars(statement)]
