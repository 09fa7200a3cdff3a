"""Prices are edited between shopping and pricing: parties, reviews, deadlines and late offers keep the old ones."""

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec
import pytest

from tests.commerce.shops import NOON_NS, SETTINGS, SHOP
from tests.storage.database.made import choose, record
from tests.store.running.staging import lines_of
from tests.store.till.counters import CARD, Bank, Clock, S, trip
from tillfree.catalog.model import Shop
from tillfree.catalog.offers import PriceEntry
from tillfree.commerce.payments.settings import PaymentSettings
from tillfree.commerce.receipt import Receipt
from tillfree.core.ids import TripId, VisitId
from tillfree.storage.database.database import IN_MEMORY, Database
from tillfree.store.counter import Counter
from tillfree.store.running.running import RunningStore
from tillfree.store.settings import StoreSettings
from tillfree.store.stream_clock import StreamClock
from tillfree.store.till.till import Till

TRIP = TripId("t1")


def dearer(old: Shop = SHOP) -> Shop:
    products = (msgspec.structs.replace(p, price_minor=p.price_minor and 10 * p.price_minor) for p in old.products)
    return msgspec.structs.replace(old, products=tuple(products))


class World:
    """A live store that opened this morning, and whose prices are edited after noon."""

    def __init__(self, database: Database, first: Shop) -> None:
        self.database, self.clock, self._first = database, Clock(), first
        self.clock.now_ns = NOON_NS - 60 * S
        settings = StoreSettings(commerce=SETTINGS, payments=PaymentSettings(after_review="certain", review_h=1))
        self.counter = Counter(database, settings, Bank(), StreamClock(wall_ns=self.clock))
        database.save_shop(first, "", "", NOON_NS - 3600 * S)
        self.store = RunningStore(lines_of(first), settings)
        self.counter.attach(self.store)
        self.till.open(trip(self.clock, group_size=2), CARD)
        for visit in ("v1", "v2"):
            self.till.bind(TRIP, VisitId(visit))
        self.clock.now_ns = NOON_NS

    @property
    def till(self) -> Till:
        return self.counter.till

    def edit(self, after: Shop | None = None) -> None:
        self.clock.go(60)
        changed = after or dearer(self._first)
        self.database.save_shop(changed, "ann", "dearer", self.clock())
        # As the store has it after `apply_shop`, without a stream.
        self.store._engine.apply_shop(changed)

    def leaves(self, visit: str, items: dict[str, int], *, review: bool = False) -> None:
        self.till.finished(record(visit, items, review=review, closed_ns=NOON_NS))

    def receipt(self) -> Receipt:
        self.clock.go(60)
        self.till.tick()
        found = self.database.trip(TRIP)
        assert found is not None
        assert found.receipt is not None, found.why
        return found.receipt


@contextmanager
def world(first: Shop = SHOP) -> Iterator[World]:
    with Database.open(IN_MEMORY) as database:
        made = World(database, first)
        try:
            yield made
        finally:
            made.counter.close()


def charged(receipt: Receipt) -> dict[str, int]:
    return {str(line.product): 0 if line.charged is None else line.charged.minor for line in receipt.lines}


def test_a_party_whose_last_one_is_worked_out_after_an_edit() -> None:
    with world() as made:
        made.leaves("v1", {"tea": 1})
        made.edit()
        made.leaves("v2", {"milk": 1})
        assert charged(made.receipt()) == {"tea": 249, "milk": 119}


def test_a_party_that_a_person_decides_about_after_an_edit() -> None:
    with world() as made:
        made.leaves("v1", {"tea": 1}, review=True)
        made.leaves("v2", {"milk": 1})
        made.edit()
        made.database.decide(choose("v1", {"tea": 2}))
        assert charged(made.receipt()) == {"tea": 498, "milk": 119}


@pytest.mark.parametrize("loyal", [False, True])
def test_the_certain_part_after_the_deadline_and_offers_shown_late(loyal: bool) -> None:
    with world() as made:
        made.leaves("v1", {"tea": 1}, review=True)
        made.leaves("v2", {"milk": 1})
        made.edit()
        if loyal:
            made.till.note_offers(TRIP, loyalty="member")
        made.clock.go(3600)
        assert charged(made.receipt())["milk"] == 119


def test_a_price_list_with_dates_that_was_taken_away_since() -> None:
    entry = PriceEntry(product=SHOP.products[0].id, price_minor=99, begin="2026-01-01T11:00", end="2026-01-01T12:30")
    with world(msgspec.structs.replace(SHOP, prices=(entry,))) as made:
        made.leaves("v1", {"tea": 1})
        made.edit(SHOP)
        made.leaves("v2", {"milk": 1})
        assert charged(made.receipt()) == {"tea": 99, "milk": 119}
