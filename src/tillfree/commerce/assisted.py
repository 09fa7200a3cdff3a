"""What staff handed over to somebody in the shop: what stands of it, after what they took back."""

from collections.abc import Iterable

import msgspec

from tillfree.commerce.trips import StaffLine
from tillfree.core.ids import EventId, ProductId

__all__ = ["Handed", "handed_of", "standing"]


class Handed(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a receipt that staff are sure of: some units of a product, or one thing with a label of its own.

    `price_minor` is the price on its label, for all of it and before tax rules and offers; `weight_g` what it weighs.
    """

    product: ProductId
    quantity: int
    weight_g: int | None = None
    price_minor: int | None = None
    scan: str = ""
    evidence: tuple[EventId, ...] = ()

    @property
    def is_labelled(self) -> bool:
        """Whether it has a weight or a price of its own, so that no other is quite like it."""
        return self.weight_g is not None or self.price_minor is not None


_Kind = tuple[ProductId, int | None, int | None]


def standing(added: Iterable[StaffLine], like: StaffLine) -> int:
    """How many units stand of what has this product, weight and price."""
    return sum(line.quantity for line in added if _kind(line) == _kind(like))


def handed_of(added: Iterable[StaffLine]) -> tuple[Handed, ...]:
    """What stands, in the order in which it was first handed over; a thing with a label has a line of its own.

    What is taken back is the last of its kind, so that handing over and taking back leave no trace.
    """
    stacks: dict[_Kind, list[tuple[EventId, str]]] = {}
    for number, line in enumerate(added, 1):
        stack = stacks.setdefault(_kind(line), [])
        if line.quantity > 0:
            stack += [(EventId(f"scan#{number}"), line.scan)] * line.quantity
        else:
            del stack[len(stack) + line.quantity :]
        if not stack:
            del stacks[_kind(line)]
    return tuple(handed for kind, stack in stacks.items() for handed in _lines(kind, stack))


def _kind(line: StaffLine) -> _Kind:
    return line.product, line.weight_g, line.price_minor


def _lines(kind: _Kind, stack: list[tuple[EventId, str]]) -> list[Handed]:
    product, weight_g, price_minor = kind
    if weight_g is None and price_minor is None:
        evidence = tuple(dict.fromkeys(event for event, _ in stack))
        return [Handed(product=product, quantity=len(stack), evidence=evidence)]
    return [
        Handed(product=product, quantity=1, weight_g=weight_g, price_minor=price_minor, scan=scan, evidence=(event,))
        for event, scan in stack
    ]
