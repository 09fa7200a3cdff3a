"""What the live page is told of money: as it happens, once, and that the processor is silent."""

from contextlib import nullcontext

import pytest

from tests.store.till.counters import Bank, Clock, make_till, unavailable, usd, walk
from tillfree.commerce.payments.processor import Order, ProcessorUnavailable
from tillfree.core.ids import PaymentId, TripId
from tillfree.storage.database.database import Database
from tillfree.store.counter import Counter
from tillfree.store.money_told import MoneyTold
from tillfree.store.running.state import FeedEntry
from tillfree.store.settings import StoreSettings
from tillfree.store.stream_clock import StreamClock
from tillfree.store.till.watched import WatchedProcessor


def test_each_step_is_told_once_and_leads_to_its_trip(database: Database) -> None:
    bank, clock, told = Bank(), Clock(), list[FeedEntry]()
    till = make_till(database, bank, clock)
    walk(till, clock, "before")
    teller = MoneyTold(database, told.append)
    walk(till, clock, "t1")
    walk(till, clock, "t2", {})
    till.refund(TripId("t1"), usd(100), key="r", reason="goodwill", by="ann")
    till.tick()
    teller.tick()
    teller.tick()
    assert [(one.kind, one.trip, one.visit, str(one.total)) for one in told] == [
        ("paid", "t1", "v-t1", "5.93 USD"),
        ("let_go", "t2", "v-t2", "25.00 USD"),
        ("refunded", "t1", "v-t1", "1.00 USD"),
    ]


def test_what_the_bank_declines_is_told(database: Database) -> None:
    bank, clock, told = Bank(), Clock(), list[FeedEntry]()
    bank.before = lambda _order: "declined"
    till = make_till(database, bank, clock)
    teller = MoneyTold(database, told.append)
    walk(till, clock)
    teller.tick()
    assert {one.kind for one in told} == {"declined", "debt"}


def _ask(processor: WatchedProcessor, bank: Bank, order: Order, *, silent: bool) -> None:
    """Three questions, so that it counts as down; or one that is answered."""
    bank.before = unavailable if silent else lambda _order: None  # type: ignore[assignment]
    for _ in range(3 if silent else 1):
        with pytest.raises(ProcessorUnavailable) if silent else nullcontext():
            processor.ask(order)


class Notes:
    """Of a store, what a counter tells it."""

    now_ns = 0

    def __init__(self) -> None:
        self.noted: list[FeedEntry] = []

    def note(self, entry: FeedEntry) -> None:
        self.noted.append(entry)


def test_a_silent_processor_stands_on_every_page_until_it_answers(database: Database) -> None:
    bank, store = Bank(), Notes()
    counter = Counter(database, StoreSettings(), bank, StreamClock())
    counter.attach(store)  # type: ignore[arg-type]
    try:
        assert counter.trouble == ""
        order = Order(key="k", kind="authorise", payment=PaymentId("p"), amount=usd(1), token="t")
        _ask(counter.processor, bank, order, silent=True)
        counter.watch_processor()
        counter.watch_processor()
        assert counter.trouble == "payment processor: gives no answers; 0 orders wait"
        _ask(counter.processor, bank, order, silent=False)
        counter.watch_processor()
        assert counter.trouble == ""
        assert [(one.kind, one.device) for one in store.noted] == [
            ("issue", "payment processor"),
            ("recovered", "payment processor"),
        ]
    finally:
        counter.close()
