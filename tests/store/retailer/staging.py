"""A store with a till and a retailer, a clock that stands still, and a processor that keeps books."""

import dataclasses
import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tillfree.catalog.model import Product, Shop
from tillfree.commerce.payments.processor import Answer, Order
from tillfree.commerce.pricing import Pricing, Sale
from tillfree.commerce.trips import Payer, Role, Trip
from tillfree.commerce.weighing import Weighed
from tillfree.connectors.retailer.settings import RetailerSettings
from tillfree.core.events import CartLine
from tillfree.core.ids import ProductId, TrackId, TripId, VisitId
from tillfree.core.time import NS_PER_DAY, NS_PER_MINUTE
from tillfree.storage.database.database import Database
from tillfree.storage.database.records import VisitRecord
from tillfree.store.settings import StoreSettings
from tillfree.store.till.till import Till

__all__ = ["CARD", "NOW_NS", "SHOP", "BookProcessor", "World", "retailer_settings"]

NOW_NS = 1_710_000_000 * 10**9
HOLD_NS = 7 * NS_PER_DAY
SHOP = Shop(
    name="Corner shop",
    products=(
        Product(ProductId("1001"), "Oat milk", 1030.0, price_minor=250, barcodes=("012345678905",)),
        Product(ProductId("1002"), "Crisps", 180.0, price_minor=199),
        Product(ProductId("1003"), "Grapes", 500.0, price_minor=499, sold_by="weight"),
    ),
    fixtures=(),
    facings=(),
)
CARD = Payer(
    kind="card",
    token="tok-1",
    fingerprint="mark-1",
    brand="visa",
    last4="4242",
    email="someone@example.org",
    emv={"9F39": "07", "8A": "3030", "9F27": "80", "5F34": "01", "84": "A0000000031010", "5F24": "281231",
         "9F34": "1F0302", "9F1C": "5445524D30303031"},
)  # fmt: skip


def retailer_settings(**values: Any) -> RetailerSettings:
    """Settings in which the retailer prices, and calls for charges."""
    told: dict[str, Any] = {"prices": "retailer", "charges": "calls", "connector_auth": "none", "endpoint": ""}
    return RetailerSettings(**(told | values))


@dataclasses.dataclass
class BookProcessor:
    """Approves all but amounts in `declines`; answers a key twice alike. `silent`: says nothing at all for a while."""

    clock: Callable[[], int]
    declines: set[int] = dataclasses.field(default_factory=set)
    pending: set[str] = dataclasses.field(default_factory=set)
    answers: dict[str, Answer] = dataclasses.field(default_factory=dict)
    done: list[Order] = dataclasses.field(default_factory=list)

    def ask(self, order: Order) -> Answer:
        if order.key not in self.answers:
            self.done.append(order)
            refused = order.amount is not None and order.amount.minor in self.declines
            outcome = "declined" if refused else "pending" if order.kind in self.pending else "approved"
            self.answers[order.key] = Answer(
                key=order.key,
                outcome=outcome,  # type: ignore[arg-type]
                reference=order.reference or f"ref-{order.key}",
                amount=order.amount,
                code="51" if refused else "",
                expires_ns=self.clock() + HOLD_NS if order.kind in ("authorise", "adjust") else 0,
            )
        return self.answers[order.key]

    def look_up(self, key: str) -> Answer | None:
        return self.answers.get(key)

    def moved(self, kind: str) -> int:
        """How much was really captured, charged or refunded."""
        return sum(
            order.amount.minor
            for order in self.done
            if order.kind == kind and order.amount is not None and self.answers[order.key].outcome == "approved"
        )


class World:
    """A database in memory, a till without threads, and trips that come and go."""

    def __init__(self, retailer: RetailerSettings | None = None, *, shop: Shop = SHOP, **settings: Any) -> None:
        self.now_ns = NOW_NS
        self.shop = shop
        self.settings = StoreSettings(retailer=retailer or retailer_settings(), **settings)
        self.database = Database.open(":memory:")
        self.processor = BookProcessor(self.clock)
        self.till = Till(
            self.database,
            self.settings,
            self.processor,
            self.clock,
            retailer_prices=self.settings.retailer.prices == "retailer",
            workers=0,
        )
        self._numbers = itertools.count(1)

    def close(self) -> None:
        self.till.close()
        self.database.close()

    def clock(self) -> int:
        return self.now_ns

    def pass_time(self, minutes: float) -> None:
        self.now_ns += int(minutes * NS_PER_MINUTE)

    def enter(
        self, payer: Payer = CARD, *, role: Role = "shopper", people: int = 1, entry: str = "", trip: str = ""
    ) -> Trip:
        """Somebody comes in; the hold is asked for."""
        id_ = TripId(trip or f"{next(self._numbers):024x}")
        way: Any = entry or {"card": "card", "badge": "badge"}.get(payer.kind, "code")
        opened = Trip(id=id_, gate="gate-1", entry=way, role=role, group_size=people, opened_ns=self.now_ns)
        self.till.open(opened, payer)
        self.till.tick()
        return opened

    def leave(
        self,
        trip: Trip,
        *carts: Sequence[tuple[str, int]],
        unsure: bool = False,
        weights: Mapping[ProductId, Weighed] | None = None,
    ) -> Trip:
        """All leave, each with a cart, of which some was weighed."""
        pricing = Pricing(self.shop, self.settings.commerce)
        for person in range(len(carts) or 1):
            self.till.bind(trip.id, VisitId(f"v-{trip.id}-{person}"))
        for person, cart in enumerate(carts or ((),)):
            visit = VisitId(f"v-{trip.id}-{person}")
            lines = tuple(CartLine(ProductId(product), count, 0.99) for product, count in cart)
            receipt = pricing.receipt(
                Sale(
                    visit=visit,
                    time_ns=self.now_ns,
                    lines=lines,
                    probability=0.4 if unsure else 0.99,
                    review=unsure,
                    weights=dict(weights or {}),
                )
            )
            self.till.finished(
                VisitRecord(
                    visit=visit,
                    track=TrackId(f"t-{visit}"),
                    tracks=(),
                    opened_ns=trip.opened_ns,
                    closed_ns=self.now_ns,
                    reason="left",
                    receipt=receipt,
                )
            )
        self.till.tick()
        return self.trip(trip)

    def shopped(self, payer: Payer = CARD, *carts: Sequence[tuple[str, int]], **values: Any) -> Trip:
        """A whole trip of one person or more."""
        trip = self.enter(payer, people=max(1, len(carts)), **values)
        self.pass_time(5)
        return self.leave(trip, *(carts or ([("1001", 2)],)))

    def trip(self, trip: Trip) -> Trip:
        found = self.database.trip(trip.id)
        assert found is not None
        return found

    def announced(self, *kinds: str) -> list[str]:
        return [told.kind for told in self.database.announcements(0, 1000) if not kinds or told.kind in kinds]
