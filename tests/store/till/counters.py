"""A processor to test with, a clock that stands still, and trips."""

from collections.abc import Callable

from tests.commerce.shops import SETTINGS, SHOP
from tests.storage.database.made import record
from tillfree.commerce.payments.processor import Answer, Order, Outcome, ProcessorRefusal, ProcessorUnavailable
from tillfree.commerce.payments.settings import PaymentSettings
from tillfree.commerce.pricing import Pricing
from tillfree.commerce.trips import Payer, Trip
from tillfree.core.ids import TripId, VisitId
from tillfree.core.money import Money
from tillfree.storage.database.database import Database
from tillfree.store.settings import StoreSettings
from tillfree.store.till.till import Till

__all__ = ["CARD", "Bank", "Clock", "S", "make_till", "record", "trip", "unavailable", "usd", "walk"]

S = 10**9
CARD = Payer(kind="card", token="tok", fingerprint="keyed", brand="visa", last4="4242")


def usd(minor: int) -> Money:
    return Money(minor, "USD")


class Clock:
    def __init__(self) -> None:
        self.now_ns = 1_700_000_000 * S

    def __call__(self) -> int:
        return self.now_ns

    def go(self, seconds: float) -> None:
        self.now_ns += int(seconds * S)


class Bank:
    """A processor as an honest one is: a key does its thing once. `mood` may answer or raise before or after that."""

    def __init__(self, limit_minor: int = 10**9) -> None:
        self.limit_minor = limit_minor
        self.answers: dict[str, Answer] = {}
        self.asked: list[Order] = []
        self.looked_up: list[str] = []
        self.before: Callable[[Order], Outcome | None] = lambda _order: None
        self.after: Callable[[Order], None] = lambda _order: None
        self.holds: dict[str, int] = {}
        self.taken: dict[str, int] = {}
        self.hold_s = 7 * 86_400
        self.now_ns: Callable[[], int] = lambda: 0

    @property
    def balance_minor(self) -> int:
        return sum(self.taken.values())

    def ask(self, order: Order) -> Answer:
        self.asked.append(order)
        if order.key not in self.answers:
            outcome = self.before(order)
            self.answers[order.key] = self._done(order) if outcome is None else Answer(key=order.key, outcome=outcome)
        self.after(order)
        return self.answers[order.key]

    def look_up(self, key: str) -> Answer | None:
        self.looked_up.append(key)
        return self.answers.get(key)

    def kinds(self) -> list[str]:
        return [order.kind for order in self.asked]

    def _done(self, order: Order) -> Answer:
        minor = 0 if order.amount is None else order.amount.minor
        reference = order.reference or f"ref-{order.key}"
        if order.kind in ("authorise", "charge"):
            if not order.token:
                raise ProcessorRefusal("no token")
            if minor > self.limit_minor:
                return Answer(key=order.key, outcome="declined", code="insufficient_funds")
            (self.holds if order.kind == "authorise" else self.taken)[reference] = minor
        elif order.kind == "refund":
            if minor > self.taken.get(reference, 0):
                raise ProcessorRefusal("too much to refund")
            self.taken[reference] -= minor
        elif reference not in self.holds:
            raise ProcessorRefusal("no such hold")
        elif order.kind == "adjust":
            if minor > self.limit_minor:
                return Answer(key=order.key, outcome="declined", code="insufficient_funds")
            self.holds[reference] = minor
        elif order.kind == "capture":
            if minor > self.holds.pop(reference):
                raise ProcessorRefusal("more than is held")
            self.taken[reference] = minor
        else:
            del self.holds[reference]
        expires_ns = self.now_ns() + self.hold_s * S if order.kind in ("authorise", "adjust") else 0
        return Answer(
            key=order.key, outcome="approved", reference=reference, amount=order.amount, expires_ns=expires_ns
        )


def unavailable(_order: Order) -> Answer:
    raise ProcessorUnavailable("the line is dead")


def make_till(database: Database, bank: Bank, clock: Clock, **settings: object) -> Till:
    chosen = StoreSettings(commerce=SETTINGS, payments=PaymentSettings(**{"sale_wait_s": 0, **settings}))  # type: ignore[arg-type]
    bank.now_ns = clock
    return Till(database, chosen, bank, clock, prices=lambda _time_ns: Pricing(SHOP, SETTINGS), workers=0)


def trip(clock: Clock, name: str = "t1", **more: object) -> Trip:
    values: dict[str, object] = {"entry": "card", "gate": "gate 1", "opened_ns": clock(), **more}
    return Trip(id=TripId(name), **values)  # type: ignore[arg-type]


def walk(till: Till, clock: Clock, name: str = "t1", items: dict[str, int] | None = None, **more: object) -> TripId:
    """A shopper comes in by card, takes something and leaves."""
    till.open(trip(clock, name), CARD)
    till.tick()
    till.bind(TripId(name), VisitId(f"v-{name}"))
    clock.go(60)
    till.finished(record(f"v-{name}", items, closed_ns=clock(), **more))  # type: ignore[arg-type]
    till.tick()
    return TripId(name)
