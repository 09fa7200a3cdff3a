"""From the exit of a shopper to the money that goes back, through the till: only the bank is made up."""

import pytest

from tests.store.till.counters import CARD, Bank, Clock, make_till, trip, walk
from tillfree.commerce.disputes import Claim, DisputeSettings
from tillfree.core.ids import TripId
from tillfree.core.money import Money
from tillfree.storage.database.database import Database
from tillfree.store.receipts.desk import ReceiptDesk, refunds_of
from tillfree.store.settings import StoreSettings

NOT_TAKEN = Claim(line=0, reason="not_taken", really=0)
EVERYTHING = DisputeSettings(auto_below=1.0, auto_line_minor=10**6, auto_trip_minor=10**6, auto_day_minor=10**6)


@pytest.mark.parametrize("ticks", [1, 3])
def test_what_a_shopper_disputes_comes_back_from_the_bank_once(ticks: int) -> None:
    with Database.open(":memory:") as database:
        bank, clock = Bank(), Clock()
        till = make_till(database, bank, clock)
        desk = ReceiptDesk(database, StoreSettings(disputes=EVERYTHING), till, clock)
        walk(till, clock)
        desk.tick()
        (one,) = desk.exits.showing("gate 1", clock())
        shown = desk.receipt_of(one.secret)
        assert shown is not None
        total = shown.receipt.total.gross.minor
        assert total > 0
        assert bank.balance_minor == total
        made, _ = desk.dispute(shown, NOT_TAKEN)
        assert made.by == "rules"
        for _ in range(ticks):
            till.tick()
            clock.go(31)
            desk.tick()
        desk.dispute(shown, NOT_TAKEN)
        till.tick()
        assert bank.balance_minor == total - made.asked.minor
        assert bank.kinds().count("refund") == 1
        shown = desk.receipt_of(one.secret)
        assert shown is not None
        assert refunds_of(shown) == {0: made.asked}
        assert shown.disputes[0].status == "refunded"
        desk.tick()
        wanted = ("dispute.opened", "dispute.decided", "payment.refunded")
        kinds = [told.kind for told in database.announcements(0, 1000, kinds=wanted)]
        assert kinds == ["dispute.opened", "dispute.decided", "payment.refunded"]
        till.close()


def test_a_refund_at_the_counter_is_on_the_receipt_too() -> None:
    with Database.open(":memory:") as database:
        bank, clock = Bank(), Clock()
        till = make_till(database, bank, clock)
        desk = ReceiptDesk(database, StoreSettings(), till, clock)
        name = walk(till, clock)
        shown = desk.receipt_of_trip(name)
        assert shown is not None
        part = Money(1, shown.receipt.currency)
        till.refund(name, part, key="counter-1", reason="goodwill", by="Ada")
        till.tick()
        shown = desk.receipt_of_trip(name)
        assert shown is not None
        assert refunds_of(shown) == {-1: part}
        till.close()


def test_while_somebody_is_in_the_shop_there_is_no_receipt() -> None:
    with Database.open(":memory:") as database:
        bank, clock = Bank(), Clock()
        till = make_till(database, bank, clock)
        desk = ReceiptDesk(database, StoreSettings(), till, clock)
        till.open(trip(clock, "t1"), CARD)
        till.tick()
        assert desk.receipt_of_trip(TripId("t1")) is None
        desk.tick()
        assert desk.exits.showing("", clock()) == []
        till.close()
