"""Fingerprints of ways to pay, kept under a key of this store: they serve debts and blocks here, and nobody elsewhere."""

import hashlib
import hmac
import secrets

from sqlalchemy import Column, Connection, LargeBinary, String, Table, select
from sqlalchemy.dialects.sqlite import insert as upsert

from tillfree.storage.database.tables import METADATA

__all__ = ["MONEY_KEYS", "keyed_fingerprint", "make_key"]

MONEY_KEYS = Table(
    "money_keys", METADATA, Column("name", String, primary_key=True), Column("key", LargeBinary, nullable=False)
)
_NAME = "fingerprints"


def make_key(connection: Connection) -> None:
    """Makes the key of this store, if there is none yet; needs a writer's transaction."""
    statement = upsert(MONEY_KEYS).values(name=_NAME, key=secrets.token_bytes(32))
    connection.execute(statement.on_conflict_do_nothing())


def keyed_fingerprint(connection: Connection, fingerprint: str) -> str | None:
    """HMAC-SHA-256 in hexadecimal; None where this store has no key yet, and so has kept none."""
    key = connection.scalar(select(MONEY_KEYS.c.key).where(MONEY_KEYS.c.name == _NAME))
    if key is None:
        return None
    return hmac.new(key, fingerprint.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
