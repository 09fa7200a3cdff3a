"""Accounts of an app, or of palms: what their owners linked to them, until they take it back.

No trip names an account once it is settled, and nothing here names a trip.
"""

from sqlalchemy import Column, LargeBinary, String, Table, bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert as upsert

from tillfree.storage.database.connection import Connected, prepared
from tillfree.storage.database.tables import METADATA

__all__ = ["ACCOUNTS", "Accounts"]

ACCOUNTS = Table(
    "accounts",
    METADATA,
    Column("account", String, primary_key=True),
    Column("record", LargeBinary, nullable=False),
)
_RECORD = prepared(select(ACCOUNTS.c.record).where(ACCOUNTS.c.account == bindparam("account")))


class Accounts(Connected):
    """The part of a database that keeps them."""

    def account(self, account: str) -> bytes | None:
        """The record of an account; None where nothing is linked to it."""
        found = self._rows(_RECORD, {"account": account})
        return found[0][0] if found else None

    def set_account(self, account: str, record: bytes) -> None:
        """Links something to an account, in the place of what was."""
        statement = upsert(ACCOUNTS).values(account=account, record=record)
        with self._writing() as connection:
            connection.execute(statement.on_conflict_do_update(set_={"record": statement.excluded.record}))

    def remove_account(self, account: str) -> bool:
        """Forgets it; False where there was nothing."""
        with self._writing() as connection:
            return bool(connection.execute(delete(ACCOUNTS).where(ACCOUNTS.c.account == account)).rowcount)
