"""Parties: several visitors for whom one pays. What they hold together, from the virtual cart of each. Pure."""

import math
from collections.abc import Iterable, Sequence

import msgspec

from tillfree.core.events import CartLine
from tillfree.core.ids import EventId, ProductId, VisitId
from tillfree.shopping.cart import ShoppingError, VirtualCart

__all__ = ["PartyCart", "combine"]


class PartyCart(msgspec.Struct, frozen=True):
    """What a party holds: the sum of its members' carts, members in order of entry, lines in order of product.

    The probability of a line is the product of the members' probabilities of exactly their part of it, and
    `probability` that of their whole carts. That is a lower bound of the party's being right, as long as the members'
    errors have nothing to do with each other, or come together: who of a party took an item does not matter to the one
    who pays, so two wrong carts may well make a right sum. `decision` is "review" where any member's is, "" while a
    member is still in the shop, else "charge".
    """

    party: str
    members: tuple[VisitId, ...]
    lines: tuple[CartLine, ...]
    probability: float
    decision: str

    def quantities(self) -> dict[ProductId, int]:
        """Quantity by product, products in order."""
        return {line.product: line.quantity for line in self.lines}


def combine(carts: Sequence[VirtualCart]) -> PartyCart:
    """The cart of a party from those of its members, in any order.

    Raises:
        ShoppingError: no cart, carts of several parties or of none, or a visit given twice.
    """
    parties = sorted({cart.party for cart in carts})
    if len(parties) != 1 or not parties[0]:
        named = ", ".join(map(repr, parties)) or "none"
        raise ShoppingError(f"carts of one party are needed, got those of {named}: group them by party first")
    ordered = sorted(carts, key=lambda cart: (cart.opened_ns, cart.visit))
    members = tuple(cart.visit for cart in ordered)
    if len(set(members)) < len(members):
        raise ShoppingError(f"party {parties[0]!r} has a visit twice: give each member's last cart only")
    products = sorted({line.product for cart in ordered for line in cart.lines})
    decisions = {cart.decision for cart in ordered}
    return PartyCart(
        party=parties[0],
        members=members,
        lines=tuple(_line(product, ordered) for product in products),
        probability=_rounded(cart.probability for cart in ordered),
        decision="review" if "review" in decisions else "" if "" in decisions else "charge",
    )


def _line(product: ProductId, carts: Sequence[VirtualCart]) -> CartLine:
    found = [line for cart in carts for line in cart.lines if line.product == product]
    evidence: dict[EventId, None] = dict.fromkeys(event for line in found for event in line.evidence)
    chance = _rounded(_exactly(cart, product) for cart in carts)
    return CartLine(product, sum(line.quantity for line in found), chance, tuple(evidence))


def _exactly(cart: VirtualCart, product: ProductId) -> float:
    """The probability that a cart's quantity of a product is right; of none at all, at least that of the carts known.

    Carts that were too improbable to be kept may hold it or not; it is not known, so they count against it.
    """
    line = next((line for line in cart.lines if line.product == product), None)
    if line is not None:
        return line.probability
    without = math.fsum(a.probability for a in cart.alternatives if not a.items.get(product))
    return max(cart.probability, without)


def _rounded(chances: Iterable[float]) -> float:
    return round(min(1.0, math.prod(chances)), 9)
