"""What is done with a cart when everybody has left: charge it, let a person look, or charge what is certain of it.

The certain part of a product is the greatest quantity that was taken with at least a wanted probability, and never more
than the most probable cart holds. Members of a party are taken to err independently of each other, as for their
combined cart; carts that were too improbable to be kept may hold nothing of it, so they count against it.
"""

from collections.abc import Mapping, Sequence

import msgspec

from tillfree.commerce.errors import CommerceError
from tillfree.commerce.policy_settings import Action, PolicyRow
from tillfree.commerce.receipt import Receipt
from tillfree.core.events import Alternative, CartLine
from tillfree.core.ids import UNKNOWN_PRODUCT, EventId, ProductId
from tillfree.core.money import Money

__all__ = ["Believed", "Case", "Verdict", "certain_lines", "decide", "is_in_doubt"]

_SEEN_OUT = ("exit", "gate")
_ROUNDED = 9


class Believed(msgspec.Struct, frozen=True, kw_only=True):
    """What one visitor is believed to have taken: the most probable cart, and all carts that were kept."""

    lines: tuple[CartLine, ...]
    alternatives: tuple[Alternative, ...] = ()


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What the table asks of a cart.

    `amount` is the gross total of the most probable cart. `review` says that without a table a person would look:
    where any receipt of the trip has the status "review". `in_doubt`: see `is_in_doubt`.
    """

    probability: float
    amount: Money
    age_restricted: bool = False
    in_doubt: bool = False
    review: bool = False


class Verdict(msgspec.Struct, frozen=True):
    """What is done, and by which row (from 1 on); 0 where no row decided."""

    action: Action
    row: int = 0


def is_in_doubt(receipt: Receipt, reason: str, *, anonymous: bool = False) -> bool:
    """Whether a visit has another flaw than its probability.

    It ended otherwise than through a door, nobody was tracked, or goods of it are unknown or cannot be priced.
    """
    return anonymous or reason not in _SEEN_OUT or any(line.problem for line in receipt.lines)


def decide(rows: Sequence[PolicyRow], case: Case) -> Verdict:
    """What the first row that fits says; without a table, what the probability of each visit said.

    Raises:
        CommerceError: the probability is none.
    """
    if not 0.0 <= case.probability <= 1.0:
        raise CommerceError(f"a cart with a probability of {case.probability} cannot be decided; give one from 0 to 1")
    for number, row in enumerate(rows, 1):
        if _fits(row, case):
            return Verdict(row.then, number)
    return Verdict("review" if rows or case.review else "charge")


def _fits(row: PolicyRow, case: Case) -> bool:
    return (
        case.probability >= row.from_probability
        and (row.up_to_minor == 0 or case.amount.minor <= row.up_to_minor)
        and (row.goods == "any" or (row.goods == "with_age") == case.age_restricted)
        and (row.in_doubt or not case.in_doubt)
    )


def certain_lines(visits: Sequence[Believed], from_probability: float) -> tuple[CartLine, ...]:
    """The certain part of what the visits of one payer hold together, in the order of products.

    The probability of a line is that of at least its quantity. What no product explains is never in it.
    """
    held: dict[ProductId, list[Believed]] = {}
    for visit in visits:
        for line in visit.lines:
            owners = held.setdefault(line.product, [])
            if not any(owner is visit for owner in owners):
                owners.append(visit)
    found = (_certain(product, owners, from_probability) for product, owners in sorted(held.items()))
    return tuple(line for line in found if line is not None)


def _certain(product: ProductId, owners: Sequence[Believed], from_probability: float) -> CartLine | None:
    if product == UNKNOWN_PRODUCT:
        return None
    sums = [1.0]
    evidence: dict[EventId, None] = {}
    most = 0
    for owner in owners:
        lines = [line for line in owner.lines if line.product == product]
        evidence |= dict.fromkeys(event for line in lines for event in line.evidence)
        quantity = sum(line.quantity for line in lines)
        most += quantity
        sums = _added(sums, _counts(product, lines, quantity, owner.alternatives))
    at_least = 0.0
    for quantity in range(len(sums) - 1, 0, -1):
        at_least += sums[quantity]
        if quantity <= most and round(at_least, _ROUNDED) >= from_probability:
            return CartLine(product, quantity, min(1.0, round(at_least, _ROUNDED)), tuple(evidence))
    return None


def _counts(
    product: ProductId, lines: Sequence[CartLine], quantity: int, alternatives: Sequence[Alternative]
) -> list[float]:
    """A lower bound of the probability of each quantity from 0 up: what is not known is none."""
    chances: Mapping[int, float]
    if alternatives:
        found: dict[int, float] = {}
        for cart in alternatives:
            count = max(0, cart.items.get(product, 0))
            found[count] = found.get(count, 0.0) + max(0.0, cart.probability)
        # The line's own probability is over all carts, also those that were not kept.
        if len(lines) == 1:
            found[quantity] = max(found.get(quantity, 0.0), lines[0].probability)
        chances = found
    else:
        chances = {quantity: min((line.probability for line in lines), default=0.0)}
    counts = [chances.get(count, 0.0) for count in range(max(chances) + 1)]
    above = sum(counts[1:])
    if above > 1.0:
        counts = [count / above for count in counts]
        above = 1.0
    counts[0] = 1.0 - above
    return counts


def _added(left: Sequence[float], right: Sequence[float]) -> list[float]:
    """The distribution of the sum of two independent quantities."""
    sums = [0.0] * (len(left) + len(right) - 1)
    for one, chance in enumerate(left):
        for other, further in enumerate(right):
            sums[one + other] += chance * further
    return sums
