"""What the gate says, for the feed; and whose age somebody must see proved."""

from collections.abc import Mapping

from tillfree.catalog.model import Product
from tillfree.core.events import AgeChecked, EntryGranted, EntryRefused, SensorIssue
from tillfree.core.ids import ProductId, VisitId
from tillfree.identity.arrivals import MIXED_UP, NOBODY_CAME, told_visit
from tillfree.store.entry.doubts import too_young_for
from tillfree.store.gathering import Gather
from tillfree.store.running.state import FeedEntry

__all__ = ["GateEvent", "told_at_gate", "unproved_ages"]

GateEvent = EntryGranted | EntryRefused | AgeChecked


def told_at_gate(event: GateEvent | SensorIssue) -> FeedEntry | None:
    """The entry of the feed; None for a sensor that has nothing to do with who came in."""
    match event:
        case EntryGranted():
            return FeedEntry(
                sequence=0, time_ns=event.time_ns, kind="entry", device=event.source, quantity=event.group_size,
                detail=event.role,
            )  # fmt: skip
        case EntryRefused():
            return FeedEntry(
                sequence=0, time_ns=event.time_ns, kind="refused", device=event.source, detail=event.reason
            )
        case AgeChecked():
            return FeedEntry(sequence=0, time_ns=event.time_ns, kind="age_checked", quantity=event.age_years)
    about = told_visit(event)
    if not about:
        return None
    kind = {NOBODY_CAME: "unused", MIXED_UP: "mixed_up"}.get(event.problem, "tailgating")
    return FeedEntry(
        sequence=0, time_ns=event.time_ns, kind=kind, visit=VisitId("" if kind == "unused" else about),
        detail=event.problem,
    )  # fmt: skip


def unproved_ages(gather: Gather, visit: VisitId, products: Mapping[ProductId, Product]) -> list[Product]:
    """What a visit that goes on holds, and nobody has proved that they are old enough for."""
    cart, age_years = gather.cart(visit), gather.age_years(visit)
    return [] if cart is None or age_years is None else too_young_for(cart.lines, age_years, products)
