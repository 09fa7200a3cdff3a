"""What each badge account owes by month, for payroll: sums of money, and nothing of the trips behind them."""

import datetime as dt
from collections.abc import Sequence

import msgspec
from sqlalchemy import Column, Connection, Integer, String, Table, select
from sqlalchemy.dialects.sqlite import insert as upsert

from tillfree.core.time import NS_PER_S
from tillfree.storage.database.connection import Connected
from tillfree.storage.database.tables import METADATA

__all__ = ["BADGE_SUMS", "BadgeSum", "BadgeSums", "add_badge_sums", "month_of"]

BADGE_SUMS = Table(
    "badge_sums",
    METADATA,
    Column("account", String, primary_key=True),  # empty: whose it was is no longer known
    Column("paid_by", String, primary_key=True),
    Column("month", String, primary_key=True),
    Column("currency", String, primary_key=True),
    Column("minor", Integer, nullable=False),
)


class BadgeSum(msgspec.Struct, frozen=True, kw_only=True):
    """What was put on an account in a month (UTC, `YYYY-MM`), less what went back."""

    account: str
    paid_by: str
    month: str
    currency: str
    minor: int


def month_of(time_ns: int) -> str:
    """The month of a moment, in UTC."""
    return dt.datetime.fromtimestamp(time_ns // NS_PER_S, dt.UTC).strftime("%Y-%m")


def add_badge_sums(connection: Connection, sums: Sequence[BadgeSum]) -> None:
    """Puts further amounts on the accounts."""
    for one in sums:
        statement = upsert(BADGE_SUMS).values(msgspec.structs.asdict(one))
        grown = {"minor": BADGE_SUMS.c.minor + statement.excluded.minor}
        connection.execute(statement.on_conflict_do_update(set_=grown))


class BadgeSums(Connected):
    """The part of a database that says them."""

    def badge_sums(self, month: str = "") -> list[BadgeSum]:
        """Those of a month, or of all, accounts in order."""
        order = (BADGE_SUMS.c.month, BADGE_SUMS.c.account, BADGE_SUMS.c.paid_by, BADGE_SUMS.c.currency)
        statement = select(BADGE_SUMS).order_by(*order)
        if month:
            statement = statement.where(BADGE_SUMS.c.month == month)
        with self.reading() as connection:
            return [BadgeSum(**row) for row in connection.execute(statement).mappings()]
