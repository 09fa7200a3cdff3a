"""Finished visits: kept whole, found by time, outcome, code and product."""

import hashlib
from typing import Any, Literal

import msgspec
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    tuple_,
)

from tillfree.core.ids import TrackId, VisitId
from tillfree.core.money import Money
from tillfree.storage.database.connection import Connected
from tillfree.storage.database.errors import ContradictionError, DatabaseError
from tillfree.storage.database.lines import line_rows, search_form
from tillfree.storage.database.paging import page_size
from tillfree.storage.database.records import Route, VisitRecord
from tillfree.storage.database.tables import EVIDENCE, LINES, VISITS

__all__ = ["Outcome", "VisitCursor", "VisitQuery", "VisitRow", "Visits", "keep_visit", "kept_visit"]

# More than any name has.
_TEXT_MAX = 200
Outcome = Literal["charged", "to review", "decided"]

_encoder = msgspec.msgpack.Encoder(order="deterministic")
_decoder = msgspec.msgpack.Decoder(VisitRecord)


class VisitCursor(msgspec.Struct, frozen=True):
    """A place in the list of visits: the rows after it are older."""

    closed_ns: int
    visit: VisitId


class VisitQuery(msgspec.Struct, frozen=True, kw_only=True):
    """Which visits: closed at or after `since_ns` and before `until_ns`, of one outcome, with `text`.

    `text` is the beginning of a visit's code, or part of the id or name of a product on the model's receipt or on that
    of a decision. `before` is the cursor of the last row of the page before.
    """

    since_ns: int | None = None
    until_ns: int | None = None
    outcome: Outcome | None = None
    text: str = ""
    before: VisitCursor | None = None
    limit: int = 50


class VisitRow(msgspec.Struct, frozen=True, kw_only=True):
    """A visit in a list. `total` is the model's, `decided_total` that of the newest decision of a person.

    `right` says whether the model's receipt has the true quantities; None where nobody knows the truth.
    """

    visit: VisitId
    opened_ns: int
    closed_ns: int
    reason: str
    status: Literal["charge", "review"]
    outcome: Outcome
    probability: float
    items: int
    total: Money
    decided_total: Money | None
    anonymous: bool
    simulated: bool
    right: bool | None

    @property
    def cursor(self) -> VisitCursor:
        """Where the next page begins, if this is the last row of one."""
        return VisitCursor(self.closed_ns, self.visit)


class Visits(Connected):
    """The part of a database that keeps visits."""

    def add_visit(self, record: VisitRecord) -> None:
        """Keeps a visit. Again with the same content nothing happens.

        Raises:
            ContradictionError: another record with this visit's code is kept.
        """
        with self._writing() as connection:
            keep_visit(connection, record, self._where)

    def visit(self, visit: VisitId) -> VisitRecord | None:
        """The record of a visit, without evidence where that is erased; None where there is no such visit.

        Raises:
            DatabaseError: what is kept of it is damaged.
        """
        with self.reading() as connection:
            return kept_visit(connection, visit, self._where)

    def visits(self, query: VisitQuery) -> list[VisitRow]:
        """A page of visits, newest first, at most 500."""
        statement = select(*_ROW).where(*_conditions(query))
        if query.before is not None:
            cursor = (query.before.closed_ns, query.before.visit)
            statement = statement.where(tuple_(VISITS.c.closed_ns, VISITS.c.visit) < cursor)
        statement = statement.order_by(VISITS.c.closed_ns.desc(), VISITS.c.visit.desc()).limit(page_size(query.limit))
        with self.reading() as connection:
            return [_visit_row(row) for row in connection.execute(statement)]

    def count_visits(self, query: VisitQuery) -> int:
        """How many visits there are in all pages of a query; its cursor and limit do not matter."""
        with self.reading() as connection:
            return connection.scalar(select(func.count()).select_from(VISITS).where(*_conditions(query))) or 0

    def open_reviews(self, limit: int = 100) -> list[VisitRow]:
        """The visits that wait for the decision of a person, oldest first."""
        statement = (
            select(*_ROW)
            .where(VISITS.c.outcome == "to review")
            .order_by(VISITS.c.closed_ns, VISITS.c.visit)
            .limit(page_size(limit))
        )
        with self.reading() as connection:
            return [_visit_row(row) for row in connection.execute(statement)]

    def count_open_reviews(self) -> int:
        """How many visits wait for the decision of a person."""
        return self.count_visits(VisitQuery(outcome="to review"))


# Made once: to build a statement takes longer than to run it.
_KEY: BindParameter[str] = bindparam("key")
_DIGEST = select(VISITS.c.digest).where(VISITS.c.visit == _KEY)
_WHOLE = select(EVIDENCE.c.record).where(EVIDENCE.c.visit == _KEY)
_BARE = select(VISITS.c.record).where(VISITS.c.visit == _KEY)
_ADD_VISIT, _ADD_EVIDENCE, _ADD_LINES = insert(VISITS), insert(EVIDENCE), insert(LINES)


def keep_visit(connection: Connection, record: VisitRecord, where: str) -> None:
    """Keeps a visit in the transaction of the caller, as `Visits.add_visit` does.

    Raises:
        ContradictionError: it is kept already with other content.
    """
    digest = hashlib.sha256(_encoder.encode(record)).digest()
    known = connection.scalar(_DIGEST, {"key": record.visit})
    if known == digest:
        return
    if known is not None:
        raise ContradictionError(
            f"{where}: visit {record.visit!r} is kept already with other content, which is never "
            f"overwritten; give the visit a code of its own"
        )
    connection.execute(_ADD_VISIT, _visit_values(record, digest))
    connection.execute(
        _ADD_EVIDENCE,
        {"visit": record.visit, "closed_ns": record.closed_ns, "record": _encoder.encode(record)},
    )
    if rows := line_rows(record.receipt, record.visit, 0):
        connection.execute(_ADD_LINES, rows)


def kept_visit(connection: Connection, visit: VisitId, where: str) -> VisitRecord | None:
    """A visit in the transaction of the caller, as `Visits.visit` gives it.

    Raises:
        DatabaseError: what is kept of it is damaged.
    """
    kept = connection.scalar(_WHOLE, {"key": visit})
    if kept is None:
        kept = connection.scalar(_BARE, {"key": visit})
    if kept is None:
        return None
    try:
        return _decoder.decode(kept)
    except (msgspec.DecodeError, ValueError) as error:
        raise DatabaseError(f"{where}: visit {visit!r} is damaged ({error}); restore it from a copy") from error


_ROW: tuple[ColumnElement[Any], ...] = tuple(
    column for column in VISITS.c if column.name not in ("digest", "record", "in_force")
)


def _conditions(query: VisitQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if query.since_ns is not None:
        found.append(VISITS.c.closed_ns >= query.since_ns)
    if query.until_ns is not None:
        found.append(VISITS.c.closed_ns < query.until_ns)
    if query.outcome is not None:
        found.append(VISITS.c.outcome == query.outcome)
    if text := search_form(query.text.strip()[:_TEXT_MAX]):
        # Not LIKE, for which some characters are more than themselves, and which ends at a NUL.
        on_receipt = (
            select(LINES.c.number)
            .where(and_(LINES.c.visit == VISITS.c.visit, func.instr(LINES.c.words, text) > 0))
            .exists()
        )
        found.append(or_(func.instr(func.lower(VISITS.c.visit), text) == 1, on_receipt))
    return found


def _visit_values(record: VisitRecord, digest: bytes) -> dict[str, Any]:
    receipt = record.receipt
    charged = receipt.status == "charge"
    right = None
    if record.truth is not None:
        right = receipt.quantities() == {product: count for product, count in record.truth.items() if count}
    bare = msgspec.structs.replace(record, route=Route(), traces=(), frames=(), person=TrackId(""), truth=None)
    return {
        "visit": record.visit,
        "opened_ns": record.opened_ns,
        "closed_ns": record.closed_ns,
        "reason": record.reason,
        "status": receipt.status,
        "outcome": "charged" if charged else "to review",
        "probability": receipt.probability,
        "items": sum(line.quantity for line in receipt.lines),
        "currency": receipt.currency,
        "total_minor": receipt.total.gross.minor,
        "in_force": 0 if charged else None,
        "anonymous": record.anonymous,
        "simulated": record.simulated,
        "right": right,
        "digest": digest,
        "record": _encoder.encode(bare),
    }


def _visit_row(row: Row[Any]) -> VisitRow:
    values: dict[str, Any] = dict(row._mapping)  # noqa: SLF001  the public name of it in SQLAlchemy
    currency, decided = values.pop("currency"), values.pop("decided_minor")
    return VisitRow(
        total=Money(values.pop("total_minor"), currency),
        decided_total=None if decided is None else Money(decided, currency),
        **values,
    )
