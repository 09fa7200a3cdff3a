"""The policy of the settings, as the till asks it: the first row of the table that fits decides."""

import math
from collections.abc import Sequence

from tillfree.commerce.policy import Believed, Case, certain_lines, decide, is_in_doubt
from tillfree.commerce.receipt import Receipt
from tillfree.core.events import CartLine
from tillfree.storage.database.records import VisitRecord
from tillfree.store.entry.doubts import AGE_NOTE, MIXED_UP_NOTE, UNINVITED_NOTE
from tillfree.store.settings import StoreSettings
from tillfree.store.till.policy import AfterDeadline, Verdict

__all__ = ["TablePolicy"]

_DOUBTS = (UNINVITED_NOTE, MIXED_UP_NOTE, AGE_NOTE.partition("{")[0])


class TablePolicy:
    """Behind the protocol `Policy`. Without rows it does what the probability of each visit says."""

    def __init__(self, settings: StoreSettings) -> None:
        self._rows = settings.policy.rows
        self._payments = settings.payments

    def decide(self, receipt: Receipt, records: Sequence[VisitRecord]) -> Verdict:
        """What the table says of a trip."""
        return decide(
            self._rows,
            Case(
                probability=min(1.0, math.prod(record.receipt.probability for record in records)),
                amount=receipt.total.gross,
                age_restricted=any(line.min_age > 0 for line in receipt.lines),
                in_doubt=any(line.problem for line in receipt.lines) or any(map(_in_doubt, records)),
                review=receipt.status == "review" or any(record.receipt.status == "review" for record in records),
            ),
        ).action

    def after_deadline(self, receipt: Receipt, records: Sequence[VisitRecord]) -> AfterDeadline:  # noqa: ARG002
        """What the settings say."""
        return self._payments.after_review

    def certain(self, record: VisitRecord) -> tuple[CartLine, ...]:
        """Of each product as many as are certain; nothing without a price."""
        priced = tuple(
            CartLine(line.product, line.quantity, line.probability, line.evidence)
            for line in record.receipt.lines
            if line.kind == "item" and not line.problem
        )
        visit = Believed(lines=priced, alternatives=record.alternatives)
        return certain_lines([visit], self._payments.certain_from)


def _in_doubt(record: VisitRecord) -> bool:
    noted = any(note.startswith(_DOUBTS) for note in record.receipt.notes)
    return noted or is_in_doubt(record.receipt, record.reason, anonymous=record.anonymous)
