"""What was sold, from a store in which people really pay, complain and get money back."""

from collections.abc import Iterator

import pytest

from tests.connectors.exports.rules import broken_rules
from tests.store.till.counters import Bank, Clock, make_till, walk
from tillfree.commerce.disputes import Claim
from tillfree.connectors.exports.epcis import document, location_uri
from tillfree.connectors.exports.sales import lines_csv, taxes_csv
from tillfree.core.ids import TripId
from tillfree.core.money import Money
from tillfree.storage.database.database import Database
from tillfree.store.exports.gathering import sold_trips
from tillfree.store.receipts.desk import ReceiptDesk
from tillfree.store.settings import StoreSettings
from tillfree.store.till.till import Till


class Shop:
    def __init__(self, database: Database) -> None:
        self.database, self.clock, self.bank = database, Clock(), Bank()
        self.till: Till = make_till(database, self.bank, self.clock)
        self.desk = ReceiptDesk(database, StoreSettings(), self.till, self.clock, book=database)


@pytest.fixture
def shop() -> Iterator[Shop]:
    with Database.open(":memory:") as database:
        made = Shop(database)
        yield made
        made.till.close()


def test_only_what_was_bought_is_sold(shop: Shop) -> None:
    walk(shop.till, shop.clock, "bought", {"tea": 2})
    walk(shop.till, shop.clock, "nothing", {})
    walk(shop.till, shop.clock, "unsure", {"tea": 1}, review=True)
    (sale,) = sold_trips(shop.database, None, None)
    assert (sale.trip, sale.status, sale.gate) == ("bought", "settled", "gate 1")
    assert sale.receipt.quantities() == {"tea": 2}


def test_a_period_begins_and_ends(shop: Shop) -> None:
    times = []
    for number in range(3):
        times.append(shop.clock())
        walk(shop.till, shop.clock, f"t{number}", {"tea": 1})
    assert [sale.trip for sale in sold_trips(shop.database, times[1], None)] == ["t2", "t1"]
    assert [sale.trip for sale in sold_trips(shop.database, None, times[1])] == ["t0"]
    assert [sale.trip for sale in sold_trips(shop.database, times[1], times[2])] == ["t1"]


def test_many_pages_are_one_list(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tillfree.store.exports.gathering.PAGE_MAX", 2)
    for number in range(5):
        walk(shop.till, shop.clock, f"t{number}", {"tea": 1})
    assert [sale.trip for sale in sold_trips(shop.database, None, None)] == ["t4", "t3", "t2", "t1", "t0"]


def test_refunds_are_told_with_their_time_and_tax(shop: Shop) -> None:
    walk(shop.till, shop.clock, "t1", {"tea": 2, "milk": 1})
    shop.clock.go(3600)
    asked_ns = shop.clock()
    shop.till.refund(TripId("t1"), Money(127, "USD"), key="r1", reason="return of milk", by="x", lines=(1,))
    shop.till.tick()
    (sale,) = sold_trips(shop.database, None, None)
    (back,) = sale.given_back
    assert (back.key, back.minor, back.lines, back.goods, back.time_ns) == ("r1", 127, (1,), True, asked_ns)
    assert sum(share.net_minor + share.tax_minor for share in back.shares) == 127
    for text in (lines_csv([sale]), taxes_csv([sale])):
        assert "refund" in text
    made = document([sale], location_uri("x"), shop.clock())
    assert broken_rules(made) == []
    assert [event["disposition"] for event in made["epcisBody"]["eventList"]] == ["retail_sold", "returned"]


def test_what_a_shopper_did_not_take_is_put_right(shop: Shop) -> None:
    walk(shop.till, shop.clock, "t1", {"tea": 2, "milk": 1})
    shown = shop.desk.receipt_of_trip(TripId("t1"))
    assert shown is not None
    dispute, _ = shop.desk.dispute(shown, Claim(line=0, reason="fewer", really=1))
    if dispute.status == "open":
        shop.desk.decide(dispute.number, dispute.asked, by="x", answer="")
    shop.till.tick()
    (sale,) = sold_trips(shop.database, None, None)
    assert [(one.line, one.really) for one in sale.corrections] == [(0, 1)]
    made = document([sale], location_uri("x"), shop.clock())
    assert broken_rules(made) == []
    assert [("errorDeclaration" in event) for event in made["epcisBody"]["eventList"]] == [False, True, False]


def test_a_complaint_that_was_not_believed_changes_nothing(shop: Shop) -> None:
    walk(shop.till, shop.clock, "t1", {"tea": 2})
    shown = shop.desk.receipt_of_trip(TripId("t1"))
    assert shown is not None
    dispute, _ = shop.desk.dispute(shown, Claim(line=0, reason="damaged", really=2))
    shop.desk.decide(dispute.number, Money(0, "USD"), by="x", answer="")
    (sale,) = sold_trips(shop.database, None, None)
    assert (sale.corrections, sale.given_back) == ((), ())
