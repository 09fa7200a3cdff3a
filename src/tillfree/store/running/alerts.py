"""What staff should see to: empty facings, goods in the wrong place, devices, weight changes that nobody explains."""

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator

from tillfree.catalog.model import Product, Shop
from tillfree.core.events import WeightChange
from tillfree.core.ids import FixtureId, ProductId, ShelfRef, VisitId
from tillfree.core.time import NS_PER_MINUTE
from tillfree.store.running.state import Alert, DeviceState, StockLine

__all__ = ["MISPLACED_LEAST", "Alerts", "device_alerts", "stock_alerts", "strong_plates"]

MISPLACED_LEAST = 0.7
"""How probable a put-back must be for an alert."""
_LOW_SHARE = 0.2
_UNEXPLAINED_NS = 15 * NS_PER_MINUTE
_UNEXPLAINED_KEPT = 20
_MISPLACED_KEPT = 200
_LOOSE_SHARE = 0.35
# Of the plates of a change, those are meant that have at least this share of the largest part.
_STRONG_SHARE = 0.15


class Alerts:
    """Misplaced goods and unexplained changes. `standing` is a value that is replaced, never changed."""

    def __init__(self, shop: Shop) -> None:
        self._misplaced: OrderedDict[str, Alert] = OrderedDict()
        self._unexplained: OrderedDict[str, Alert] = OrderedDict()
        self._ages: dict[VisitId, dict[ProductId, Alert]] = {}
        self._left_ns: dict[tuple[FixtureId, int, int], int] = {}
        self.standing: tuple[Alert, ...] = ()
        self.set_shop(shop)

    def set_shop(self, shop: Shop) -> None:
        """Another planogram: what lay wrong may lie right now, so nothing of it stands any more."""
        self._weights = {product.id: product.weight_g for product in shop.products}
        self._products: dict[tuple[FixtureId, int, int], set[ProductId]] = {}
        for facing in shop.facings:
            for plate in facing.plates:
                self._products.setdefault((facing.fixture, facing.shelf, plate), set()).add(facing.product)
        self._misplaced.clear()
        self._publish()

    def put_back(self, product: ProductId, shelf: ShelfRef, plates: tuple[int, ...], time_ns: int) -> None:
        """Somebody put a product down; `plates` took part. No alert where it belongs, or where it is gone again."""
        places = [(shelf.fixture, shelf.shelf, plate) for plate in plates]
        belongs = any(product in self._products.get(place, ()) for place in places)
        if belongs or product not in self._weights or not places:
            return
        if any(self._left_ns.get(place, 0) > time_ns for place in places):
            return
        alert = Alert(
            id=f"misplaced/{shelf}/{plates[0]}/{product}",
            kind="misplaced",
            time_ns=time_ns,
            fixture=shelf.fixture,
            shelf=shelf.shelf,
            plates=plates,
            product=product,
            remedy="bring it back to its place",
        )
        self._misplaced.setdefault(alert.id, alert)
        while len(self._misplaced) > _MISPLACED_KEPT:
            self._misplaced.popitem(last=False)
        self._publish()

    def weight(self, change: WeightChange) -> None:
        """Where something as heavy as a misplaced product goes, that product has been seen to."""
        if change.total_g >= 0.0:
            return
        for plate, delta_g in zip(change.plates, change.delta_g, strict=True):
            if delta_g < 0.0:
                self._left_ns[change.fixture, change.shelf, plate] = change.time_ns
        gone = [alert.id for alert in self._misplaced.values() if self._takes(change, alert)]
        for id_ in gone:
            del self._misplaced[id_]
        if gone:
            self._publish()

    def unexplained(self, change: WeightChange) -> None:
        """A weight changed with nobody near."""
        alert = Alert(
            id=f"unexplained/{change.id}",
            kind="unexplained",
            time_ns=change.time_ns,
            fixture=change.fixture,
            shelf=change.shelf,
            plates=change.plates,
            detail=f"{change.total_g:+.0f} g with nobody near",
            remedy="have a look at the shelf, and count it",
        )
        self._unexplained[alert.id] = alert
        while len(self._unexplained) > _UNEXPLAINED_KEPT:
            self._unexplained.popitem(last=False)
        self._publish()

    def ages(self, visit: VisitId, young: Iterable[Product], now_ns: int) -> list[Alert]:
        """A visit holds these products, for which nobody has proved that they are old enough; gives the new alerts."""
        before = self._ages.get(visit, {})
        now = {product.id: before.get(product.id) or _age_alert(visit, product, now_ns) for product in young}
        if now.keys() == before.keys():
            return []
        self._ages.pop(visit, None)
        if now:
            self._ages[visit] = now
        self._publish()
        return [alert for product, alert in now.items() if product not in before]

    def seen_to(self, shelf: ShelfRef, plates: Iterable[int]) -> None:
        """Somebody counted there: what nobody had explained is settled."""
        places = set(plates)
        for id_, alert in list(self._unexplained.items()):
            if (alert.fixture, alert.shelf) == (shelf.fixture, shelf.shelf) and places & set(alert.plates):
                del self._unexplained[id_]
        self._publish()

    def tick(self, now_ns: int) -> None:
        """Old changes that nobody explained are let go."""
        old = [id_ for id_, alert in self._unexplained.items() if now_ns - alert.time_ns > _UNEXPLAINED_NS]
        for id_ in old:
            del self._unexplained[id_]
        if old:
            self._publish()

    def _takes(self, change: WeightChange, alert: Alert) -> bool:
        weight_g = self._weights.get(alert.product)
        here = (change.fixture, change.shelf) == (alert.fixture, alert.shelf)
        if not here or not set(change.plates) & set(alert.plates) or change.time_ns <= alert.time_ns:
            return False
        return weight_g is None or abs(-change.total_g - weight_g) <= _LOOSE_SHARE * weight_g

    def _publish(self) -> None:
        ages = (alert for found in self._ages.values() for alert in found.values())
        self.standing = (*ages, *self._misplaced.values(), *self._unexplained.values())


def _age_alert(visit: VisitId, product: Product, now_ns: int) -> Alert:
    # The audit log keeps the id of an alert that somebody acknowledged for longer than anybody knows the visit.
    mark = hashlib.blake2b(f"{visit}|{product.id}".encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return Alert(
        id=f"age/{mark}",
        kind="age",
        time_ns=now_ns,
        product=product.id,
        visit=visit,
        detail=f"from {product.min_age} years",
        remedy="ask for a proof of age",
    )


def stock_alerts(lines: Iterable[StockLine]) -> Iterator[Alert]:
    """Facings that are empty, or nearly so."""
    for line in lines:
        if line.count is None or line.par is None or line.count >= line.par:
            continue
        empty = line.count == 0
        if empty or line.count <= max(1, int(_LOW_SHARE * line.par)):
            kind = "out_of_stock" if empty else "low_stock"
            yield Alert(
                id=f"{kind}/{line.fixture}/{line.shelf}/{line.plates[0] if line.plates else 0}/{line.product}",
                kind="out_of_stock" if empty else "low_stock",
                time_ns=max(line.changed_ns, line.counted_ns),
                fixture=line.fixture,
                shelf=line.shelf,
                plates=line.plates,
                product=line.product,
                detail=f"{line.count} of {line.par} left",
                remedy="refill it",
            )


def device_alerts(devices: Iterable[DeviceState]) -> Iterator[Alert]:
    """Devices that say nothing, or work in part."""
    for device in devices:
        if device.state in ("silent", "degraded"):
            scales = device.kind == "scales"
            yield Alert(
                id=f"device/{device.device}/{device.state}",
                kind="device",
                time_ns=device.last_seen_ns,
                fixture=FixtureId(device.device.removeprefix("scales/")) if scales else FixtureId(""),
                device=device.device,
                detail=device.detail,
                remedy=device.remedy,
            )


def strong_plates(change: WeightChange) -> tuple[int, ...]:
    """The plates that have a good part of a change."""
    least_g = _STRONG_SHARE * max(abs(delta) for delta in change.delta_g)
    return tuple(plate for plate, delta in zip(change.plates, change.delta_g, strict=True) if abs(delta) >= least_g)
