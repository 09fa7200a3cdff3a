"""The virtual cart of one visit: a pure state machine over beliefs.

States: open (live, may change) -> closed (final belief in) with a decision: charge or review. A cart holds the most
probable whole cart of the belief; its probability is that of exactly this cart.
"""

import msgspec

from tillfree.core.errors import TillfreeError
from tillfree.core.events import Alternative, CartBelief, CartLine, Event, VisitClosed, VisitOpened
from tillfree.core.ids import UNKNOWN_PRODUCT, ProductId, VisitId
from tillfree.shopping.settings import ShoppingSettings

__all__ = ["ShoppingError", "VirtualCart", "lines_of_belief", "step"]


class ShoppingError(TillfreeError):
    """An event does not fit the state of the visit it names."""


class VirtualCart(msgspec.Struct, frozen=True):
    """What a visit is believed to hold. `probability` is that of exactly these lines; `decision` is "" while open."""

    visit: VisitId
    opened_ns: int
    party: str = ""
    anonymous: bool = False
    lines: tuple[CartLine, ...] = ()
    probability: float = 1.0
    alternatives: tuple[Alternative, ...] = ()
    changed_ns: int = 0
    closed_ns: int = 0
    reason: str = ""
    decision: str = ""

    def quantities(self) -> dict[ProductId, int]:
        """Quantity by product, products in order."""
        return {line.product: line.quantity for line in self.lines}


def step(cart: VirtualCart | None, event: Event, settings: ShoppingSettings) -> VirtualCart:
    """The cart after an event of its visit.

    Raises:
        ShoppingError: the event belongs to another visit, or comes before the visit opened or after its final belief.
    """
    if isinstance(event, VisitOpened):
        if cart is not None:
            raise ShoppingError(f"visit {event.visit} opened twice: check that visit ids are unique")
        return VirtualCart(event.visit, event.time_ns, event.party, event.anonymous, changed_ns=event.time_ns)
    if cart is None:
        raise ShoppingError(f"{type(event).__name__} at {event.time_ns} ns before its visit opened")
    if isinstance(event, VisitClosed) and event.visit == cart.visit:
        return msgspec.structs.replace(cart, closed_ns=event.time_ns, reason=event.reason)
    if isinstance(event, CartBelief) and event.visit == cart.visit:
        if cart.decision:
            raise ShoppingError(f"visit {cart.visit} got a belief after its final one")
        lines = lines_of_belief(event)
        probability = _probability(lines, event.alternatives)
        decision = ""
        if event.final:
            unknown = any(line.product == UNKNOWN_PRODUCT for line in lines)
            # Who was not seen leaving may still hold other things than those we saw; and where nobody was seen at all,
            # the one visitor who is assumed may have been several.
            seen_out = not cart.anonymous and cart.reason not in ("end of recording", "lost")
            sure = probability >= settings.review_below and not unknown and seen_out
            decision = "charge" if sure else "review"
        return msgspec.structs.replace(
            cart,
            lines=lines,
            probability=probability,
            alternatives=event.alternatives,
            changed_ns=event.time_ns,
            decision=decision,
        )
    raise ShoppingError(f"{type(event).__name__} does not belong to the cart of visit {cart.visit}")


def lines_of_belief(belief: CartBelief) -> tuple[CartLine, ...]:
    """The lines of the most probable whole cart, each with the probability of exactly its quantity.

    Taking each product's most probable quantity by itself could charge an item that was surely put back, only because
    it is unclear which of three it was; whole carts conserve items.
    """
    chosen = belief.alternatives[0].items if belief.alternatives else {}
    lines: list[CartLine] = []
    for line in belief.lines:
        quantity = chosen.get(line.product, 0)
        if quantity:
            more = line.at_least[quantity] if quantity < len(line.at_least) else 0.0
            chance = round(max(0.0, line.at_least[quantity - 1] - more), 9)
            lines.append(CartLine(line.product, quantity, chance, line.evidence))
    return tuple(lines)


def _probability(lines: tuple[CartLine, ...], alternatives: tuple[Alternative, ...]) -> float:
    wanted = {line.product: line.quantity for line in lines}
    if not alternatives:
        return 1.0 if not wanted else 0.0
    return next((a.probability for a in alternatives if a.items == wanted), 0.0)
