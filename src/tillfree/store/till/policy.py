"""What happens to a receipt that is not certain: charged, reviewed, or charged in the part that is certain."""

from collections.abc import Sequence
from typing import Literal, Protocol

from tillfree.commerce.payments.settings import PaymentSettings
from tillfree.commerce.receipt import Receipt
from tillfree.core.events import CartLine
from tillfree.core.ids import ProductId
from tillfree.storage.database.records import VisitRecord

__all__ = ["AfterDeadline", "DefaultPolicy", "Policy", "Verdict", "certain_lines"]

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


class DefaultPolicy:
    """What the model is sure of is charged, the rest is reviewed, and afterwards the settings decide."""

    def __init__(self, settings: PaymentSettings) -> None:
        self._settings = settings

    def decide(self, receipt: Receipt, records: Sequence[VisitRecord]) -> Verdict:
        """Charged unless any visit, or the receipt of all together, is for review."""
        sure = receipt.status == "charge" and all(record.receipt.status == "charge" for record in records)
        return "charge" if sure else "review"

    def after_deadline(self, receipt: Receipt, records: Sequence[VisitRecord]) -> AfterDeadline:  # noqa: ARG002
        """What the settings say."""
        return self._settings.after_review

    def certain(self, record: VisitRecord) -> tuple[CartLine, ...]:
        """Of each product as many as are certain."""
        return certain_lines(record, self._settings.certain_from)


def certain_lines(record: VisitRecord, certain_from: float) -> tuple[CartLine, ...]:
    """Of each product the greatest number of which it is so probable that at least so many were taken.

    The probability of "k or more" is summed over the carts that are kept as possible; those that were too improbable
    to be kept count against it. Where no carts are kept, the line's own probability decides.
    """
    found: list[CartLine] = []
    for line in record.receipt.lines:
        if line.problem or line.kind != "item":
            continue
        count, chance = line.quantity, line.probability
        if record.alternatives:
            count, chance = _most_certain(record, line.product, line.quantity, certain_from)
        if count and chance >= certain_from:
            found.append(CartLine(line.product, count, chance, line.evidence))
    return tuple(found)


def _most_certain(record: VisitRecord, product: ProductId, most: int, certain_from: float) -> tuple[int, float]:
    for count in range(most, 0, -1):
        chance = sum(other.probability for other in record.alternatives if other.items.get(product, 0) >= count)
        chance = round(min(1.0, chance), 9)
        if chance >= certain_from:
            return count, chance
    return 0, 0.0
