"""The ledger: entries that are only ever added, numbered without holes, each bound to the one before by a hash."""

from collections.abc import Iterator
from typing import Any

import msgspec
from sqlalchemy import Column, Connection, Index, Integer, LargeBinary, Row, String, Table, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from tillfree.commerce.ledger import NO_HASH, Entry, Posting, entry_hash
from tillfree.core.ids import PaymentId, TripId
from tillfree.core.money import Money
from tillfree.storage.database.connection import Connected
from tillfree.storage.database.paging import page_size
from tillfree.storage.database.tables import METADATA

__all__ = [
    "LEDGER",
    "LEDGER_BALANCES",
    "LEDGER_HEAD",
    "Balance",
    "LedgerQuery",
    "LedgerRow",
    "Ledgers",
    "append_entries",
    "decode_row",
]

LEDGER = Table(
    "ledger",
    METADATA,
    Column("number", Integer, primary_key=True),
    Column("time_ns", Integer, nullable=False),
    Column("trip", String, nullable=False),
    Column("payment", String, nullable=False),
    Column("what", String, nullable=False),
    Column("currency", String, nullable=False),
    Column("postings", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Index("ledger_trip", "trip", "number"),
    Index("ledger_payment", "payment", "number"),
    Index("ledger_time", "time_ns"),
)
LEDGER_HEAD = Table(
    "ledger_head",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)
LEDGER_BALANCES = Table(
    "ledger_balances",
    METADATA,
    Column("account", String, primary_key=True),
    Column("currency", String, primary_key=True),
    Column("minor", Integer, nullable=False),
)
_put = upsert(LEDGER_BALANCES)
_ADD = _put.on_conflict_do_update(
    index_elements=["account", "currency"], set_={"minor": LEDGER_BALANCES.c.minor + _put.excluded.minor}
)
_HEAD = select(LEDGER_HEAD.c.number, LEDGER_HEAD.c.hash)
_SET_HEAD, _APPEND = update(LEDGER_HEAD), insert(LEDGER)
_PAGE_MAX = 1000
_encoder = msgspec.msgpack.Encoder()
_postings = msgspec.msgpack.Decoder(tuple[Posting, ...])


class LedgerRow(msgspec.Struct, frozen=True):
    """An entry as it is kept: numbers count from 1 without holes, `hash` covers all up to this one."""

    number: int
    entry: Entry
    hash: bytes


class LedgerQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries: of one trip or payment, at or after `since_ns` and before `until_ns`; `before` is a number."""

    trip: TripId = TripId("")
    payment: PaymentId = PaymentId("")
    since_ns: int | None = None
    until_ns: int | None = None
    before: int | None = None
    limit: int = 100


class Balance(msgspec.Struct, frozen=True, order=True):
    """What stands on an account: debit above zero."""

    account: str
    amount: Money


def append_entries(connection: Connection, entries: list[Entry]) -> None:
    """Adds entries at the end, in the transaction of the caller."""
    if not entries:
        return
    head = connection.execute(_HEAD).first()
    number, chained = (0, NO_HASH) if head is None else (head.number, head.hash)
    rows: list[dict[str, Any]] = []
    sums: dict[tuple[str, str], int] = {}
    for entry in entries:
        number += 1
        chained = entry_hash(chained, number, entry)
        rows.append(
            {
                "number": number,
                "time_ns": entry.time_ns,
                "trip": entry.trip,
                "payment": entry.payment,
                "what": entry.what,
                "currency": entry.currency,
                "postings": _encoder.encode(entry.postings),
                "hash": chained,
            }
        )
        for posting in entry.postings:
            key = (posting.account, entry.currency)
            sums[key] = sums.get(key, 0) + posting.minor
    connection.execute(_APPEND, rows)
    if head is None:
        connection.execute(LEDGER_HEAD.insert(), {"id": 1, "number": number, "hash": chained})
    else:
        connection.execute(_SET_HEAD, {"number": number, "hash": chained})
    connection.execute(
        _ADD,
        [{"account": account, "currency": unit, "minor": minor} for (account, unit), minor in sums.items()],
    )


def decode_row(row: Row[Any]) -> LedgerRow:
    """An entry from its row.

    Raises:
        msgspec.DecodeError: the postings were altered, so that they cannot be read.
        PaymentError: the entry does not balance.
    """
    entry = Entry(
        time_ns=row.time_ns,
        trip=row.trip,
        payment=row.payment,
        what=row.what,
        currency=row.currency,
        postings=_postings.decode(row.postings),
    )
    return LedgerRow(row.number, entry, row.hash)


class Ledgers(Connected):
    """The part of a database that keeps the ledger; written in a `book` only."""

    def ledger(self, query: LedgerQuery) -> list[LedgerRow]:
        """A page of entries, newest first, at most 1000."""
        statement = select(LEDGER).order_by(LEDGER.c.number.desc()).limit(page_size(query.limit, _PAGE_MAX))
        if query.trip:
            statement = statement.where(LEDGER.c.trip == query.trip)
        if query.payment:
            statement = statement.where(LEDGER.c.payment == query.payment)
        if query.since_ns is not None:
            statement = statement.where(LEDGER.c.time_ns >= query.since_ns)
        if query.until_ns is not None:
            statement = statement.where(LEDGER.c.time_ns < query.until_ns)
        if query.before is not None:
            statement = statement.where(LEDGER.c.number < query.before)
        with self.reading() as connection:
            return [decode_row(row) for row in connection.execute(statement)]

    def ledger_entries(self) -> Iterator[LedgerRow]:
        """All entries, oldest first, a page at a time."""
        last = 0
        while True:
            statement = select(LEDGER).where(LEDGER.c.number > last).order_by(LEDGER.c.number).limit(_PAGE_MAX)
            with self.reading() as connection:
                page = [decode_row(row) for row in connection.execute(statement)]
            if not page:
                return
            yield from page
            last = page[-1].number

    def balances(self) -> list[Balance]:
        """What stands on each account, in order of their names."""
        statement = select(LEDGER_BALANCES).order_by(LEDGER_BALANCES.c.account, LEDGER_BALANCES.c.currency)
        with self.reading() as connection:
            return [Balance(row.account, Money(row.minor, row.currency)) for row in connection.execute(statement)]
