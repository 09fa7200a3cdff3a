"""What people decided about receipts that the model was unsure of, and what can be learned from it."""

from collections.abc import Iterator
from typing import Literal

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from tillfree.commerce.receipt import Receipt
from tillfree.core.events import Alternative
from tillfree.core.ids import ProductId, VisitId
from tillfree.storage.database.connection import Connected, made_number
from tillfree.storage.database.errors import DatabaseError
from tillfree.storage.database.lines import line_rows
from tillfree.storage.database.records import VisitRecord
from tillfree.storage.database.tables import DECISIONS, LABELS, LINES, VISITS

__all__ = ["Choice", "Decisions", "Label", "ReviewDecision", "newest_decision"]

Choice = Literal["alternative", "edited", "nothing"]
_LABELS_AT_ONCE = 200


class ReviewDecision(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody decided about a visit: the cart, and the receipt that is charged for it.

    `choice`: one of the model's alternatives, a cart edited by hand, or nothing was taken. `odds` is the model's
    probability of that cart, None where it had none. `items` may hold more than the
    receipt: what is unknown, or has no price, is on none.
    """

    visit: VisitId
    by: str
    time_ns: int
    choice: Choice
    items: dict[ProductId, int]
    receipt: Receipt
    odds: float | None = None
    note: str = ""


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """A decided case as labelled data: the cart that somebody chose, and those the model thought possible.

    `visit` and `by` are empty once the visit itself is erased: a label says nothing of who was there.
    """

    visit: VisitId
    by: str
    time_ns: int
    choice: Choice
    items: dict[ProductId, int]
    model_items: dict[ProductId, int]
    alternatives: tuple[Alternative, ...]
    odds: float | None
    simulated: bool


_encoder = msgspec.msgpack.Encoder(order="deterministic")
_decisions = msgspec.msgpack.Decoder(ReviewDecision)
_labels = msgspec.msgpack.Decoder(Label)
_records = msgspec.msgpack.Decoder(VisitRecord)


class Decisions(Connected):
    """The part of a database that keeps decisions. A later one about the same visit counts, the earlier ones stay."""

    def decide(self, decision: ReviewDecision) -> None:
        """Keeps a decision; its receipt is in force from now on.

        Raises:
            DatabaseError: there is no such visit, or the receipt is not that of the decision.
        """
        self._prove(decision)
        visit = decision.visit
        with self._writing() as connection:
            kept = connection.execute(select(VISITS.c.record, VISITS.c.currency).where(VISITS.c.visit == visit)).first()
            if kept is None:
                raise DatabaseError(f"{self._where}: there is no visit {visit!r} to decide; it may be erased by now")
            if kept.currency != decision.receipt.currency:
                raise DatabaseError(
                    f"{self._where}: visit {visit!r} is priced in {kept.currency}, the decision in "
                    f"{decision.receipt.currency}; price the decision in {kept.currency}"
                )
            made = connection.execute(
                insert(DECISIONS),
                {"visit": visit, "time_ns": decision.time_ns, "record": _encoder.encode(decision)},
            )
            number = made_number(made)
            if rows := line_rows(decision.receipt, visit, number):
                connection.execute(insert(LINES), rows)
            connection.execute(
                update(VISITS)
                .where(VISITS.c.visit == visit)
                .values(outcome="decided", decided_minor=decision.receipt.total.gross.minor, in_force=number)
            )
            connection.execute(delete(LABELS).where(LABELS.c.visit == visit))
            label = _label(decision, _records.decode(kept.record))
            connection.execute(
                insert(LABELS), {"visit": visit, "time_ns": decision.time_ns, "record": _encoder.encode(label)}
            )

    def _prove(self, decision: ReviewDecision) -> None:
        receipt, visit = decision.receipt, decision.visit
        items = {p: n for p, n in decision.items.items() if n}
        charged = receipt.quantities()
        if receipt.visit != visit:
            problem = f"its receipt is of visit {receipt.visit!r}"
        elif receipt.status != "charge":
            problem = "its receipt waits for review itself"
        elif any(items.get(product) != count for product, count in charged.items()):
            problem = "its receipt does not have the chosen quantities"
        elif decision.choice == "nothing" and charged:
            problem = "it says that nothing was taken, and charges for something"
        else:
            return
        raise DatabaseError(f"decision about visit {visit!r}: {problem}; price the chosen cart, and decide again")

    def decision(self, visit: VisitId) -> ReviewDecision | None:
        """The newest decision about a visit."""
        found = self.decisions_of(visit)
        return found[-1] if found else None

    def decisions_of(self, visit: VisitId) -> list[ReviewDecision]:
        """All decisions about a visit, in the order in which they were made."""
        statement = select(DECISIONS.c.record).where(DECISIONS.c.visit == visit).order_by(DECISIONS.c.number)
        with self.reading() as connection:
            return [_decisions.decode(record) for record in connection.scalars(statement)]

    def decisions(self, since_ns: int = 0) -> list[ReviewDecision]:
        """All decisions made at or after a time, in the order in which they were made."""
        statement = select(DECISIONS.c.record).where(DECISIONS.c.time_ns >= since_ns).order_by(DECISIONS.c.number)
        with self.reading() as connection:
            return [_decisions.decode(record) for record in connection.scalars(statement)]

    def count_decisions(self) -> int:
        """How many decisions are kept."""
        with self.reading() as connection:
            return connection.scalar(select(func.count()).select_from(DECISIONS)) or 0

    def labels(self) -> Iterator[Label]:
        """One label per decided visit, of its newest decision, in order."""
        last = 0
        while True:
            statement = (
                select(LABELS.c.number, LABELS.c.record)
                .where(LABELS.c.number > last)
                .order_by(LABELS.c.number)
                .limit(_LABELS_AT_ONCE)
            )
            with self.reading() as connection:
                page = connection.execute(statement).all()
            if not page:
                return
            for row in page:
                yield _labels.decode(row.record)
            last = page[-1].number


_NEWEST = (
    select(DECISIONS.c.record).where(DECISIONS.c.visit == bindparam("key")).order_by(DECISIONS.c.number.desc()).limit(1)
)


def newest_decision(connection: Connection, visit: VisitId) -> ReviewDecision | None:
    """The newest decision about a visit, in the transaction of the caller."""
    record = connection.scalar(_NEWEST, {"key": visit})
    return None if record is None else _decisions.decode(record)


def _label(decision: ReviewDecision, record: VisitRecord) -> Label:
    return Label(
        visit=decision.visit,
        by=decision.by,
        time_ns=decision.time_ns,
        choice=decision.choice,
        items=decision.items,
        model_items=record.receipt.quantities(),
        alternatives=record.alternatives,
        odds=decision.odds,
        simulated=record.simulated,
    )
