"""What went on minute by minute, and which alerts staff have seen."""

from typing import Protocol

import msgspec
from sqlalchemy import delete, select
from sqlalchemy.dialects.sqlite import insert

from tillfree.core.ids import FixtureId
from tillfree.storage.database.connection import Connected
from tillfree.storage.database.tables import ACKNOWLEDGED, MINUTES

__all__ = ["MinuteFields", "MinuteRow", "Traffic"]


class MinuteFields(Protocol):
    """Anything that has what is kept of a minute."""

    @property
    def begin_ns(self) -> int: ...  # noqa: D102
    @property
    def entries(self) -> int: ...  # noqa: D102
    @property
    def exits(self) -> int: ...  # noqa: D102
    @property
    def occupancy_mean(self) -> float: ...  # noqa: D102
    @property
    def occupancy_max(self) -> int: ...  # noqa: D102
    @property
    def door_wait_s(self) -> float: ...  # noqa: D102
    @property
    def reaches(self) -> dict[FixtureId, int]: ...  # noqa: D102
    @property
    def dwell_s(self) -> dict[FixtureId, float]: ...  # noqa: D102
    @property
    def cells(self) -> dict[int, float]: ...  # noqa: D102


class MinuteRow(msgspec.Struct, frozen=True, kw_only=True):
    """One minute of stream time as a running store counted it, whose `Minute` says what each field means."""

    begin_ns: int
    entries: int = 0
    exits: int = 0
    occupancy_mean: float = 0.0
    occupancy_max: int = 0
    door_wait_s: float = 0.0
    reaches: dict[FixtureId, int] = {}
    dwell_s: dict[FixtureId, float] = {}
    cells: dict[int, float] = {}


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(MinuteRow)


class Traffic(Connected):
    """The part of a database that keeps minutes, and what staff have seen."""

    def add_minute(self, minute: MinuteFields) -> None:
        """Keeps a minute in the place of one that began at the same time: a recording may be replayed."""
        row = MinuteRow(**{name: getattr(minute, name) for name in MinuteRow.__struct_fields__})
        statement = insert(MINUTES).values(begin_ns=row.begin_ns, record=_encoder.encode(row))
        with self._writing() as connection:
            connection.execute(
                statement.on_conflict_do_update(
                    index_elements=[MINUTES.c.begin_ns], set_={"record": statement.excluded.record}
                )
            )

    def minutes(self, since_ns: int, until_ns: int) -> list[MinuteRow]:
        """The minutes that began at or after a time and before another, in order."""
        statement = (
            select(MINUTES.c.record)
            .where(MINUTES.c.begin_ns >= since_ns, MINUTES.c.begin_ns < until_ns)
            .order_by(MINUTES.c.begin_ns)
        )
        with self._reading() as connection:
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
        with self._reading() as connection:
            return set(connection.scalars(select(ACKNOWLEDGED.c.alert)))
