"""What went on minute by minute, and which alerts staff have seen."""

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from tillfree.storage.database.connection import Connected
from tillfree.storage.database.records import Minute
from tillfree.storage.database.tables import ACKNOWLEDGED, MINUTES

__all__ = ["Traffic"]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Minute)


class Traffic(Connected):
    """The part of a database that keeps minutes, and what staff have seen."""

    def add_minute(self, minute: Minute) -> None:
        """Keeps a minute in the place of one that began at the same time: a recording may be replayed."""
        statement = insert(MINUTES).values(begin_ns=minute.begin_ns, record=_encoder.encode(minute))
        with self._writing() as connection:
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=[MINUTES.c.begin_ns], set_={"record": statement.excluded.record}
                )
            )

    def minutes(self, since_ns: int, until_ns: int) -> list[Minute]:
        """The minutes that began at or after a time and before another, in order."""
        statement = (
            select(MINUTES.c.record)
            .where(MINUTES.c.begin_ns >= since_ns, MINUTES.c.begin_ns < until_ns)
            .order_by(MINUTES.c.begin_ns)
        )
        with self.reading() as connection:
            return [_decoder.decode(record) for record in connection.scalars(statement)]

    def acknowledge(self, alert: str, by: str, time_ns: int) -> None:
        """Notes that somebody has seen an alert; who saw it first stays noted."""
        statement = insert(ACKNOWLEDGED).values(alert=alert, by=by, time_ns=time_ns).on_conflict_do_nothing()
        with self._writing() as connection:
            connection.execute(statement)

    def withdraw_acknowledgement(self, alert: str) -> None:
        """Forgets that an alert was seen, as when its cause is gone: the next time it is new again."""
        with self._writing() as connection:
            connection.execute(delete(ACKNOWLEDGED).where(ACKNOWLEDGED.c.alert == alert))

    def acknowledged(self) -> set[str]:
        """The ids of all alerts that somebody has seen."""
        with self.reading() as connection:
            return set(connection.scalars(select(ACKNOWLEDGED.c.alert)))
