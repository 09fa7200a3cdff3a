"""Sales at a till, to test with."""

from tests.commerce.shops import SETTINGS, SHOP
from tests.store.till.counters import Clock
from tillfree.commerce.assisted import Handed
from tillfree.commerce.pricing import Pricing, Sale
from tillfree.commerce.receipt import Receipt
from tillfree.commerce.trips import Trip
from tillfree.core.ids import ProductId, TripId, VisitId

__all__ = ["receipt_of", "sale"]


def sale(clock: Clock, name: str = "s1", asked: str = "as it was", **more: object) -> Trip:
    values: dict[str, object] = {"entry": "palm", "gate": "till 1", "opened_ns": clock(), **more}
    return Trip(id=TripId(name), asked=asked, **values)  # type: ignore[arg-type]


def receipt_of(clock: Clock, items: dict[str, int], name: str = "s1") -> Receipt:
    handed = tuple(Handed(product=ProductId(product), quantity=count) for product, count in items.items())
    return Pricing(SHOP, SETTINGS).receipt(
        Sale(visit=VisitId(""), time_ns=clock(), lines=(), probability=1.0, handed=handed, id=f"{name}/receipt")
    )
