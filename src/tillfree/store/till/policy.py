"""What happens to a receipt that is not certain: charged, reviewed, or charged in the part that is certain."""

from collections.abc import Sequence
from typing import Literal, Protocol

from tillfree.commerce.receipt import Receipt
from tillfree.core.events import CartLine
from tillfree.storage.database.records import VisitRecord

__all__ = ["AfterDeadline", "Policy", "Verdict"]

Verdict = Literal["charge", "review", "certain"]
AfterDeadline = Literal["charge", "certain", "nothing"]


class Policy(Protocol):
    """Decides about a trip when all have left, and once more where nobody decided in time. Pure, and quick."""

    def decide(self, receipt: Receipt, records: Sequence[VisitRecord]) -> Verdict:
        """At the end of a trip. A receipt with status "review" that is charged all the same keeps its problems out."""
        ...

    def after_deadline(self, receipt: Receipt, records: Sequence[VisitRecord]) -> AfterDeadline:
        """When the longest review is over."""
        ...

    def certain(self, record: VisitRecord) -> tuple[CartLine, ...]:
        """The lines of a visit that are charged where only the certain part is."""
        ...
