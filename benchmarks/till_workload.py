"""Trips by the thousand for the benchmarks of ledger and till: real carts and prices, a processor that says yes."""

import random
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tillfree.catalog.model import Product, Shop
from tillfree.catalog.offers import Offer
from tillfree.commerce.payments.processor import Answer, Order
from tillfree.commerce.pricing import Pricing, Sale
from tillfree.commerce.settings import CommerceSettings
from tillfree.commerce.trips import Payer, Trip
from tillfree.core.events import CartLine
from tillfree.core.ids import EventId, ProductId, TrackId, TripId, VisitId
from tillfree.storage.database.database import Database
from tillfree.storage.database.records import VisitRecord
from tillfree.store.settings import StoreSettings
from tillfree.store.till.till import Till

__all__ = ["Approving", "Workload"]

_BEGIN_NS = 1_767_268_800_000_000_000
_PRODUCTS = 200
_LINES_MAX = 6
_CLASSES = ("standard", "food", "food", "alcohol")


class Approving:
    """A processor that answers at once, and approves."""

    def ask(self, order: Order) -> Answer:
        """Yes."""
        return Answer(key=order.key, outcome="approved", reference=order.reference or order.key, amount=order.amount)

    def look_up(self, key: str) -> Answer | None:
        """Nobody needs it."""
        raise AssertionError(f"{key} was answered")


class Workload:
    """One store whose till takes trips; the same seed makes the same carts."""

    def __init__(self, where: Path | str, *, seed: int = 1) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - no secret
        shop = _shop()
        self.settings = StoreSettings(
            commerce=CommerceSettings(
                tax_rates_ppm={"standard": 82_500, "food": 20_000, "alcohol": 100_000, "reduced": 0}
            )
        )
        self._products = [product.id for product in shop.products]
        self._pricing = Pricing(shop, self.settings.commerce)
        self._now_ns = _BEGIN_NS
        self.database = Database.open(where)
        self.till = Till(
            self.database,
            self.settings,
            Approving(),
            lambda: self._now_ns,
            prices=lambda _time_ns: self._pricing,
            workers=0,
        )
        self._made = 0

    def take(self, trips: int) -> None:
        """So many trips from the gate to the captured money, in transactions of all of them."""
        # All of one length, so that a copy under another name is as long (see benchmarks/ledger.py).
        names = [f"b{self._made + number:08}" for number in range(trips)]
        self._made += trips
        with self.till.together():
            for name in names:
                trip = Trip(id=TripId(name), gate="g", entry="card", opened_ns=self._now_ns)
                self.till.open(trip, Payer(kind="card", token=f"tok-{name}", fingerprint=name))
        self.till.tick()
        with self.till.together():
            for name in names:
                self.till.bind(TripId(name), VisitId(f"v-{name}"))
        self._now_ns += 60 * 10**9
        with self.till.together():
            for record in map(self._record, names):
                self.till.finished(record)
        self.till.tick()

    def batches(self, trips: int, batch: int) -> Iterator[int]:
        """Takes so many trips, some at once; yields how many are done."""
        for done in range(0, trips, batch):
            count = min(batch, trips - done)
            self.take(count)
            yield done + count

    def _record(self, name: str) -> VisitRecord:
        visit, chance = VisitId(f"v-{name}"), self._chance
        picked = chance.sample(self._products, chance.randint(1, _LINES_MAX))
        lines = tuple(
            CartLine(product, chance.choice((1, 1, 1, 2, 3)), 0.99, (EventId(f"scale#{chance.randrange(10**6)}"),))
            for product in sorted(picked)
        )
        receipt = self._pricing.receipt(Sale(visit=visit, time_ns=self._now_ns, lines=lines, probability=0.98))
        return VisitRecord(
            visit=visit,
            track=TrackId(name),
            tracks=(TrackId(name),),
            opened_ns=self._now_ns - 60 * 10**9,
            closed_ns=self._now_ns,
            reason="exit",
            receipt=receipt,
            simulated=True,
        )


def _shop() -> Shop:
    products = tuple(
        Product(
            ProductId(f"p{number:03}"),
            f"Product {number}",
            price_minor=99 + 37 * number % 900,
            tax_class=_CLASSES[number % len(_CLASSES)],
        )
        for number in range(_PRODUCTS)
    )
    names = tuple(product.id for product in products)
    offers = (
        Offer(id="three", name="3 for 2", kind="multi_buy", products=names[:20], buy=3, pay=2),
        Offer(id="ten", name="10 % off", kind="percent", products=names[20:60], rate_ppm=100_000),
    )
    return msgspec.structs.replace(Shop(name="Bench", products=products, fixtures=(), facings=()), offers=offers)
