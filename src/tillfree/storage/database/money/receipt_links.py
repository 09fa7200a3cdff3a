"""Secret links to receipts: whoever has one sees that receipt. Only a hash is kept, so the file gives none away."""

import hashlib
import secrets

import msgspec
from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, delete, insert, select

from tillfree.core.ids import TripId
from tillfree.storage.database.connection import Connected
from tillfree.storage.database.tables import METADATA

__all__ = ["RECEIPT_LINKS", "SECRET_BYTES", "ReceiptLink", "ReceiptLinks"]

SECRET_BYTES = 18
"""144 random bits: nobody finds one by trying."""
_SECRET_MAX = 64

RECEIPT_LINKS = Table(
    "receipt_links",
    METADATA,
    Column("digest", LargeBinary, primary_key=True),
    Column("trip", String, nullable=False),
    Column("made_ns", Integer, nullable=False),
    Column("until_ns", Integer, nullable=False),
    Index("receipt_links_trip", "trip"),
    Index("receipt_links_until", "until_ns"),
)


class ReceiptLink(msgspec.Struct, frozen=True, kw_only=True):
    """What a secret leads to, and until when."""

    trip: TripId
    made_ns: int
    until_ns: int


class ReceiptLinks(Connected):
    """The part of a database that knows which secret leads to which receipt."""

    def add_receipt_link(self, trip: TripId, now_ns: int, until_ns: int) -> str:
        """Makes a new secret for a receipt, which is told here and never again; a trip may have several."""
        secret = secrets.token_urlsafe(SECRET_BYTES)
        row = {"digest": _digest(secret), "trip": trip, "made_ns": now_ns, "until_ns": until_ns}
        with self._writing() as connection:
            connection.execute(insert(RECEIPT_LINKS), row)
        return secret

    def receipt_link(self, secret: str, now_ns: int) -> ReceiptLink | None:
        """What a secret leads to now; None where it leads nowhere, or no longer."""
        if not secret or len(secret) > _SECRET_MAX:
            return None
        statement = select(RECEIPT_LINKS).where(
            RECEIPT_LINKS.c.digest == _digest(secret), RECEIPT_LINKS.c.until_ns > now_ns
        )
        with self.reading() as connection:
            row = connection.execute(statement).first()
        return None if row is None else ReceiptLink(trip=TripId(row.trip), made_ns=row.made_ns, until_ns=row.until_ns)

    def erase_receipt_links(self, now_ns: int) -> int:
        """Forgets links whose time is over; says how many."""
        with self._writing() as connection:
            return connection.execute(delete(RECEIPT_LINKS).where(RECEIPT_LINKS.c.until_ns <= now_ns)).rowcount


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
