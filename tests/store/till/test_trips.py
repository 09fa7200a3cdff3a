"""What becomes of a trip, whoever came in and whatever they carried out."""

import msgspec
import pytest

from tests.storage.database.made import choose
from tests.store.till.counters import CARD, Bank, Clock, make_till, record, trip, usd, walk
from tillfree.commerce.errors import PaymentError
from tillfree.commerce.trips import Payer, Trip
from tillfree.core.events import Alternative
from tillfree.core.ids import ProductId, TripId, VisitId
from tillfree.storage.database.database import Database
from tillfree.storage.database.money.trips import TripBrief, TripQuery
from tillfree.store.till.errors import TillError
from tillfree.store.till.till import Till

TEA = 593
"""Two of tea with 19 % tax."""


@pytest.fixture
def till(database: Database, bank: Bank, clock: Clock) -> Till:
    return make_till(database, bank, clock)


def kinds(database: Database) -> list[str]:
    return [told.kind for told in database.announcements(0, 1000)]


def kept(database: Database, name: str = "t1") -> Trip:
    found = database.trip(TripId(name))
    assert found is not None
    return found


def proved(database: Database) -> None:
    assert database.prove_ledger().faults == ()


def test_a_trip_by_card_is_held_then_captured(till: Till, database: Database, bank: Bank, clock: Clock) -> None:
    walk(till, clock)
    assert kept(database).status == "settled"
    assert bank.kinds() == ["authorise", "capture"]
    assert bank.balance_minor == TEA
    assert kinds(database) == [
        "trip.opened", "payment.held", "trip.left", "receipt.final", "payment.captured", "trip.settled",
    ]  # fmt: skip
    proved(database)


def test_who_takes_nothing_pays_nothing_and_the_hold_is_let_go(
    till: Till, database: Database, bank: Bank, clock: Clock
) -> None:
    walk(till, clock, items={})
    assert kept(database).status == "void"
    assert bank.kinds() == ["authorise", "void"]
    assert "payment.voided" in kinds(database)
    proved(database)


def test_more_than_the_hold_is_adjusted_first(till: Till, database: Database, bank: Bank, clock: Clock) -> None:
    walk(till, clock, items={"tea": 20})
    assert bank.kinds() == ["authorise", "adjust", "capture"]
    assert bank.balance_minor == kept(database).receipt.total.gross.minor  # type: ignore[union-attr]


def test_what_cannot_be_adjusted_is_captured_and_the_rest_charged_or_owed(database: Database, clock: Clock) -> None:
    bank = Bank(limit_minor=3500)
    walk(make_till(database, bank, clock), clock, items={"tea": 20})
    assert bank.kinds() == ["authorise", "adjust", "capture", "charge"]
    assert bank.balance_minor == 2500 + 3426
    proved(database)


def test_a_declined_card_becomes_a_debt_that_can_be_tried_again(database: Database, clock: Clock) -> None:
    bank = Bank(limit_minor=0)
    till = make_till(database, bank, clock, payer_minutes=0)
    name = walk(till, clock)
    assert kept(database).status == "debt"
    assert [debt.owed for debt in database.debts()] == [usd(TEA)]
    assert database.owes(["other", "keyed"])
    assert not database.owes(["", "other"])
    clock.go(3600)
    till.tick()
    assert database.payer(name) is not None, "needed as long as something is owed"
    bank.limit_minor = 10**6
    till.retry(name, by="ann")
    till.tick()
    assert kept(database).status == "settled"
    assert not database.owes(["keyed"])
    proved(database)
    clock.go(1)
    till.tick()
    assert database.payer(name) is None


def test_a_debt_is_paid_in_part_and_the_rest_given_up(database: Database, clock: Clock) -> None:
    till = make_till(database, Bank(limit_minor=0), clock)
    name = walk(till, clock)
    till.debt_paid(name, usd(200), by="ann", key="k")
    till.debt_paid(name, usd(200), by="ann", key="k")
    assert [debt.owed for debt in database.debts()] == [usd(TEA - 200)]
    with pytest.raises(PaymentError, match="more than is owed"):
        till.debt_paid(name, usd(TEA), by="ann")
    till.write_off(name, usd(TEA - 200), by="ann")
    assert kept(database).status == "settled"
    assert {b.account: b.amount.minor for b in database.balances() if b.amount.minor}["bad debt"] == TEA - 200
    proved(database)


def test_a_badge_is_put_on_its_account_and_cash_is_waited_for(
    till: Till, database: Database, bank: Bank, clock: Clock
) -> None:
    for name, kind in (("t1", "badge"), ("t2", "cash")):
        till.open(trip(clock, name, entry="badge"), Payer(kind=kind, account="e1"))  # type: ignore[arg-type]
        till.bind(TripId(name), VisitId(f"v{name}"))
        till.finished(record(f"v{name}", closed_ns=clock()))
    till.tick()
    assert bank.asked == []
    assert kept(database, "t1").status == "settled"
    assert kept(database, "t2").status == "settling"
    till.debt_paid(TripId("t2"), usd(TEA), by="ann")
    assert kept(database, "t2").status == "settled"
    till.refund(TripId("t1"), usd(100), key="r", reason="wrong item", by="ann")
    assert {b.account: b.amount.minor for b in database.balances()}["badge"] == TEA - 100
    (owed,) = database.badge_sums()
    assert (owed.account, owed.minor, owed.currency) == ("e1", TEA - 100, "USD")
    assert database.badge_sums(owed.month) == [owed]
    assert database.badge_sums("1999-01") == []
    proved(database)


@pytest.mark.parametrize("role", ["associate", "delivery"])
def test_staff_and_deliveries_pay_nothing(till: Till, database: Database, bank: Bank, clock: Clock, role: str) -> None:
    till.open(trip(clock, role=role), CARD)
    till.bind(TripId("t1"), VisitId("v1"))
    till.finished(record("v1", closed_ns=clock()))
    till.tick()
    assert (kept(database).status, bank.asked) == ("void", [])
    assert "receipt.final" not in kinds(database)


def test_somebody_on_no_entry_has_a_receipt_that_nobody_pays(
    till: Till, database: Database, bank: Bank, clock: Clock
) -> None:
    till.finished(record("v1", closed_ns=clock()))
    till.finished(record("v1", closed_ns=clock()))
    till.tick()
    (found,) = database.trips(TripQuery(text="v1"))
    assert (found.entry, found.status, found.payment) == ("open", "void", "")
    assert found.receipt is not None
    assert kinds(database).count("receipt.final") == 1
    assert bank.asked == []


def test_a_party_pays_one_receipt_when_the_last_one_is_gone(
    till: Till, database: Database, bank: Bank, clock: Clock
) -> None:
    till.open(trip(clock, group_size=2), CARD)
    for name in ("v1", "v2"):
        till.bind(TripId("t1"), VisitId(name))
    till.finished(record("v1", {"tea": 1}, closed_ns=clock()))
    till.tick()
    assert kept(database).status == "inside"
    till.finished(record("v2", {"tea": 1, "milk": 1}, closed_ns=clock()))
    till.tick()
    receipt = kept(database).receipt
    assert receipt is not None
    assert receipt.quantities() == {"milk": 1, "tea": 2}
    assert bank.balance_minor == receipt.total.gross.minor
    assert till.lines(TripId("t1"))[0].quantity == 1


def test_a_group_that_is_not_complete_is_waited_for_a_while(till: Till, database: Database, clock: Clock) -> None:
    till.open(trip(clock, group_size=3), CARD)
    till.bind(TripId("t1"), VisitId("v1"))
    till.finished(record("v1", closed_ns=clock()))
    clock.go(59)
    till.tick()
    assert kept(database).status == "inside"
    clock.go(2)
    till.tick()
    assert kept(database).status == "settled"


def test_an_entry_that_nobody_used_is_let_go(till: Till, database: Database, bank: Bank, clock: Clock) -> None:
    till.open(trip(clock), CARD)
    till.tick()
    clock.go(121)
    till.tick()
    assert (kept(database).status, bank.kinds()) == ("abandoned", ["authorise", "void"])
    # They come in after all, before the payer is forgotten.
    till.bind(TripId("t1"), VisitId("v1"))
    till.tick()
    till.finished(record("v1", closed_ns=clock()))
    till.tick()
    assert (kept(database).status, bank.balance_minor) == ("settled", TEA)
    proved(database)


def test_who_comes_in_again_pays_the_difference(till: Till, database: Database, bank: Bank, clock: Clock) -> None:
    name = walk(till, clock)
    till.bind(name, VisitId("again"))
    till.finished(record("again", {"milk": 1}, closed_ns=clock()))
    till.tick()
    receipt = kept(database).receipt
    assert receipt is not None
    assert receipt.quantities() == {"milk": 1, "tea": 2}
    assert bank.balance_minor == receipt.total.gross.minor
    assert bank.kinds() == ["authorise", "capture", "charge"]
    proved(database)
    clock.go(3600)
    till.tick()
    with pytest.raises(TillError, match="open a new one"):
        till.bind(name, VisitId("much later"))


def test_somebody_who_is_never_seen_leaving_pays_nothing(
    till: Till, database: Database, bank: Bank, clock: Clock
) -> None:
    till.open(trip(clock), CARD)
    till.bind(TripId("t1"), VisitId("v1"))
    clock.go(25 * 3600)
    till.tick()
    assert (kept(database).status, bank.balance_minor) == ("void", 0)
    assert "not seen" in kept(database).why


# ---- review ---------------------------------------------------------------------------------------------------------


def test_an_uncertain_trip_waits_for_a_person(till: Till, database: Database, bank: Bank, clock: Clock) -> None:
    walk(till, clock, review=True)
    assert kept(database).status == "review"
    clock.go(3600)
    till.tick()
    assert bank.balance_minor == 0
    database.decide(choose("v-t1", {"milk": 1}))
    till.tick()
    assert kept(database).status == "settled"
    assert bank.balance_minor == 127
    proved(database)


@pytest.mark.parametrize(("after", "paid"), [("nothing", 0), ("charge", TEA), ("certain", 296)])
def test_nobody_waits_for_ever(database: Database, bank: Bank, clock: Clock, after: str, paid: int) -> None:
    till = make_till(database, bank, clock, after_review=after, review_h=2)
    believed = (Alternative({ProductId("tea"): 2}, 0.6), Alternative({ProductId("tea"): 1}, 0.395))
    till.open(trip(clock), CARD)
    till.bind(TripId("t1"), VisitId("v1"))
    till.finished(msgspec.structs.replace(record("v1", review=True, closed_ns=clock()), alternatives=believed))
    clock.go(2 * 3600)
    till.tick()
    assert bank.balance_minor == paid
    assert kept(database).status == ("settled" if paid else "void")
    proved(database)


def test_a_hold_that_ends_before_the_review_is_asked_for_anew(database: Database, clock: Clock) -> None:
    bank = Bank()
    bank.hold_s = 4 * 3600
    till = make_till(database, bank, clock)
    walk(till, clock, review=True)
    clock.go(3 * 3600)
    till.tick()
    assert bank.kinds() == ["authorise"]
    clock.go(2000)
    till.tick()
    assert bank.kinds() == ["authorise", "authorise"]
    database.decide(choose("v-t1", {"tea": 2}))
    till.tick()
    assert bank.balance_minor == TEA
    proved(database)


# ---- refunds, and what other systems do -----------------------------------------------------------------------------


def test_refunds_never_exceed_what_was_taken(till: Till, database: Database, bank: Bank, clock: Clock) -> None:
    name = walk(till, clock)
    till.refund(name, usd(500), key="a", reason="wrong item", by="ann", lines=[0])
    till.refund(name, usd(500), key="a", reason="wrong item", by="ann", lines=[0])
    till.tick()
    assert bank.balance_minor == TEA - 500
    with pytest.raises(PaymentError, match=r"more than can be given back \(0\.93 USD\)"):
        till.refund(name, usd(94), key="b", reason="gesture", by="ann")
    with pytest.raises(PaymentError, match="another amount"):
        till.refund(name, usd(1), key="a", reason="wrong item", by="ann")
    with pytest.raises(PaymentError, match="not in EUR"):
        till.refund(name, msgspec.structs.replace(usd(1), currency="EUR"), key="c", reason="gesture", by="ann")
    till.refund(name, usd(93), key="d", reason="gesture", by="ann")
    till.tick()
    assert bank.balance_minor == 0
    balances = {b.account: b.amount.minor for b in database.balances()}
    assert balances["tax:standard"] == 0, "all of the tax went back"
    assert kept(database).status == "settled"
    proved(database)


def test_another_system_prices_adjusts_and_captures(database: Database, bank: Bank, clock: Clock) -> None:
    till = make_till(database, bank, clock)
    till.open(trip(clock), CARD)
    till.bind(TripId("t1"), VisitId("v1"))
    answer = till.adjust(TripId("t1"), usd(4000))
    assert (answer.outcome, answer.amount) == ("approved", usd(4000))
    bank.limit_minor = 5000
    assert till.adjust(TripId("t1"), usd(6000)).outcome == "declined"
    receipt = msgspec.structs.replace(record("v1").receipt, id="theirs")
    assert till.checkout(TripId("t1"), receipt) == till.checkout(TripId("t1"), receipt)
    till.tick()
    assert bank.balance_minor == TEA
    with pytest.raises(TillError, match="another receipt"):
        till.checkout(TripId("t1"), msgspec.structs.replace(receipt, id="other"))
    with pytest.raises(TillError, match="refund it instead"):
        till.cancel(TripId("t1"))
    proved(database)


def test_capture_and_cancel_by_another_system(till: Till, database: Database, bank: Bank, clock: Clock) -> None:
    for name in ("t1", "t2"):
        till.open(trip(clock, name), CARD)
    till.tick()
    till.capture(TripId("t1"), usd(1000))
    till.capture(TripId("t1"), usd(1000))
    till.cancel(TripId("t2"))
    till.cancel(TripId("t2"))
    till.tick()
    assert bank.balance_minor == 1000
    assert [kept(database, name).status for name in ("t1", "t2")] == ["settled", "void"]
    with pytest.raises(TillError, match="already"):
        till.capture(TripId("t1"), usd(1001))
    with pytest.raises(TillError, match="no trip"):
        till.cancel(TripId("nobody"))
    proved(database)


def test_trips_are_found(till: Till, database: Database, clock: Clock) -> None:
    for number in range(5):
        walk(till, clock, f"t{number}", items={} if number % 2 else None)
    everything = database.trips(TripQuery())
    assert [found.id for found in everything] == ["t4", "t3", "t2", "t1", "t0"]
    assert [found.id for found in database.trips(TripQuery(statuses=("void",)))] == ["t3", "t1"]
    assert [found.id for found in database.trips(TripQuery(text="v-t2"))] == ["t2"]
    assert database.trips(TripQuery(text="%")) == []
    assert database.count_trips(TripQuery(since_ns=everything[1].opened_ns)) == 2
    assert database.open_trips() == []


def test_a_trip_in_brief_says_what_the_trip_says(till: Till, database: Database, clock: Clock) -> None:
    """A field that is added to one and not to the other would be empty in lists."""
    walk(till, clock)
    walk(till, clock, "t2", items={})
    till.open(trip(clock, "t3"), CARD)
    briefs = database.trips_in_brief(TripQuery())
    assert [brief.id for brief in briefs] == [one.id for one in database.trips(TripQuery())]
    for brief, whole in zip(briefs, database.trips(TripQuery()), strict=True):
        for name in TripBrief.__struct_fields__:
            if name != "receipt":
                assert getattr(brief, name) == getattr(whole, name), name
        assert (brief.receipt and brief.receipt.total) == (whole.receipt and whole.receipt.total)
    assert set(Trip.__struct_fields__) - set(TripBrief.__struct_fields__) == {"left", "language", "added", "asked"}
