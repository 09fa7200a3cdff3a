"""What happens in live carts, told once each: what somebody took, put back or was handed.

Beliefs name whole carts, and acts only after the exit; what can be said at once is how the most probable cart changed,
and which weight change was behind it.
"""

from collections.abc import Callable, Iterable, Iterator

from tillfree.core.events import CartLine, WeightChange
from tillfree.core.ids import EventId, FixtureId, ProductId, VisitId
from tillfree.shopping.cart import VirtualCart
from tillfree.store.running.state import FeedEntry

__all__ = ["LiveActs"]

_LEAST = 0.5


class LiveActs:
    """Carts in, feed entries out; what is less probable than one half waits until it is more so."""

    def __init__(self, change_of: Callable[[EventId], WeightChange | None]) -> None:
        self._change_of = change_of
        self._told: dict[VisitId, dict[ProductId, int]] = {}

    def opened(self, visit: VisitId) -> None:
        """A visit begins, with nothing."""
        self._told[visit] = {}

    def closed(self, visit: VisitId) -> None:
        """A visit is over; its receipt says the rest."""
        self._told.pop(visit, None)

    def differences(
        self, carts: Iterable[VirtualCart], changes: list[WeightChange], time_ns: int
    ) -> Iterator[FeedEntry]:
        """What is new in the carts that one event changed, together with the weight changes that it brought."""
        gains: list[tuple[VirtualCart, CartLine, int]] = []
        losses: list[tuple[VirtualCart, ProductId, int]] = []
        for cart in carts:
            told = self._told.get(cart.visit)
            if told is None:
                continue
            lines = {line.product: line for line in cart.lines}
            for product in sorted(told.keys() | lines.keys()):
                line, before = lines.get(product), told.get(product, 0)
                now = line.quantity if line is not None else 0
                if now == before or (line.probability if line is not None else cart.probability) < _LEAST:
                    continue
                told[product] = now
                if line is not None and now > before:
                    gains.append((cart, line, now - before))
                else:
                    losses.append((cart, product, before - now))
        put = next((change for change in changes if change.total_g > 0.0), None)
        if not changes:
            yield from self._handed(gains, losses, time_ns)
        for cart, line, quantity in gains:
            change = self._newest(line, changes)
            yield _entry("take", cart.visit, line.product, quantity, line.probability, time_ns, change)
        for cart, product, quantity in losses:
            yield _entry("put_back", cart.visit, product, quantity, cart.probability, time_ns, put)

    def _handed(
        self,
        gains: list[tuple[VirtualCart, CartLine, int]],
        losses: list[tuple[VirtualCart, ProductId, int]],
        time_ns: int,
    ) -> Iterator[FeedEntry]:
        """What went from one to another without any shelf; takes it out of both lists."""
        for gain in list(gains):
            cart, line, quantity = gain
            giver = next((loss for loss in losses if loss[1:] == (line.product, quantity)), None)
            if giver is not None and any(id_.startswith("meeting#") for id_ in line.evidence):
                gains.remove(gain)
                losses.remove(giver)
                yield FeedEntry(
                    sequence=0,
                    time_ns=time_ns,
                    kind="hand_over",
                    visit=giver[0].visit,
                    to_visit=cart.visit,
                    product=line.product,
                    quantity=quantity,
                    probability=line.probability,
                )

    def _newest(self, line: CartLine, changes: list[WeightChange]) -> WeightChange | None:
        """The weight change behind a line that grew: one of those that came just now, else the newest that is known."""
        just_now = next((change for change in changes if change.id in line.evidence), None)
        if just_now is not None:
            return just_now
        known = [change for id_ in line.evidence if (change := self._change_of(id_)) is not None]
        return changes[0] if changes and not known else max(known, key=lambda c: c.time_ns, default=None)


def _entry(
    kind: str,
    visit: VisitId,
    product: ProductId,
    quantity: int,
    probability: float,
    time_ns: int,
    change: WeightChange | None,
) -> FeedEntry:
    """An entry; without a new weight change it corrects what was said before."""
    return FeedEntry(
        sequence=0,
        time_ns=time_ns if change is None else change.step_ns,
        kind=kind,
        visit=visit,
        product=product,
        quantity=quantity,
        fixture=change.fixture if change is not None else FixtureId(""),
        shelf=change.shelf if change is not None else 0,
        probability=probability,
        detail="" if change is not None else "corrected",
    )
