"""A sale at a till: put aside, decided, taken or let go; once, whatever happens in between."""

from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.store.till.counters import CARD, Bank, Clock, make_till, unavailable, usd
from tests.store.till.killed import try_all
from tests.store.till.killed_sale import asked_again, left_alone
from tests.store.till.moody import MOODS, MoodyBank
from tests.store.till.sales import receipt_of, sale
from tillfree.commerce.payments.payment import Payment
from tillfree.commerce.payments.processor import Answer, Order
from tillfree.commerce.trips import Payer, Trip
from tillfree.core.ids import ProductId, TripId
from tillfree.core.money import Money
from tillfree.storage.database.database import IN_MEMORY, Database
from tillfree.store.till.errors import OtherSaleError, TillError
from tillfree.store.till.selling import SALE_MINOR_MAX, sale_outcome
from tillfree.store.till.till import Till

S1 = TripId("s1")


@pytest.fixture
def till(database: Database, bank: Bank, clock: Clock) -> Till:
    return make_till(database, bank, clock)


def payment_of(database: Database, trip: Trip) -> Payment:
    found = database.payment_of_trip(trip.id)
    assert found is not None
    return found


def test_a_sale_is_put_aside_and_taken(till: Till, database: Database, bank: Bank, clock: Clock) -> None:
    sold = till.sell(sale(clock, reference="R-7"), CARD, usd(420))
    till.tick()
    assert (bank.kinds(), bank.balance_minor, bank.holds) == (["authorise", "capture"], 420, {})
    kept = database.trip(sold.id)
    assert kept is not None
    assert (kept.status, kept.reference, kept.entry, kept.receipt) == ("settled", "R-7", "palm", None)
    assert sale_outcome(payment_of(database, sold)) == "paid"
    clock.go(3600)
    till.tick()
    assert database.payer(sold.id) is None
    assert database.prove_ledger().holds


def test_what_is_sold_is_on_a_receipt_and_can_go_back_by_the_line(
    till: Till, database: Database, bank: Bank, clock: Clock
) -> None:
    receipt = receipt_of(clock, {"tea": 1, "milk": 2})
    sold = till.sell(sale(clock), CARD, receipt.total.gross, receipt)
    till.tick()
    assert sold.receipt == receipt
    assert bank.balance_minor == receipt.total.gross.minor
    kinds = [announced.kind for announced in database.announcements(0)]
    assert kinds.count("receipt.final") == 1
    till.refund(sold.id, usd(100), key="r", reason="broken", by="ann", lines=(0,))
    till.tick()
    assert bank.balance_minor == receipt.total.gross.minor - 100
    assert database.prove_ledger().holds


def test_the_same_sale_is_paid_once_and_another_one_is_refused(till: Till, bank: Bank, clock: Clock) -> None:
    for _ in range(3):
        till.sell(sale(clock), CARD, usd(420))
        till.tick()
    assert bank.balance_minor == 420
    with pytest.raises(OtherSaleError):
        till.sell(sale(clock, asked="something else"), CARD, usd(420))
    assert bank.kinds() == ["authorise", "capture"]


def test_a_decline_takes_nothing(database: Database, clock: Clock) -> None:
    bank = Bank(limit_minor=400)
    till = make_till(database, bank, clock)
    sold = till.sell(sale(clock), CARD, usd(420))
    till.tick()
    assert (sold.status, bank.balance_minor, bank.kinds()) == ("void", 0, ["authorise"])
    assert sale_outcome(payment_of(database, sold)) == "declined"
    assert database.prove_ledger().holds


def test_a_bank_that_puts_aside_a_part_is_no_yes(till: Till, database: Database, bank: Bank, clock: Clock) -> None:
    honest = bank.ask

    def partly(order: Order) -> Answer:
        answer = honest(order)
        return Answer(key=order.key, outcome="approved", reference=answer.reference, amount=usd(100))

    bank.ask = partly  # type: ignore[method-assign]
    sold = till.sell(sale(clock), CARD, usd(420))
    bank.ask = honest  # type: ignore[method-assign]
    till.tick()
    assert (bank.balance_minor, bank.holds) == (0, {})
    assert sale_outcome(payment_of(database, sold)) == "declined"


def test_where_no_answer_comes_nothing_is_taken_and_a_late_yes_is_let_go(
    till: Till, database: Database, bank: Bank, clock: Clock
) -> None:

    def lost(order: Order) -> None:
        unavailable(order)  # the bank did it, and its answer was lost

    bank.after = lost
    sold = till.sell(sale(clock), CARD, usd(420))
    assert sale_outcome(payment_of(database, sold)) == "no_answer"
    assert bank.holds
    bank.after = lambda _order: None
    clock.go(60)
    till.tick()
    assert (bank.balance_minor, bank.holds) == (0, {})
    assert till.sell(sale(clock), CARD, usd(420)).status == "void"
    assert bank.kinds() == ["authorise", "void"]
    assert database.prove_ledger().holds


def test_a_till_that_is_gone_by_then_pays_nothing(till: Till, database: Database, bank: Bank, clock: Clock) -> None:
    sold = till.sell(sale(clock), CARD, usd(420), still_wanted=lambda: False)
    till.tick()
    assert (bank.balance_minor, bank.holds) == (0, {})
    assert sale_outcome(payment_of(database, sold)) == "cancelled"


def test_a_sale_that_nobody_concludes_is_let_go(till: Till, database: Database, bank: Bank, clock: Clock) -> None:
    till.open(sale(clock), CARD, hold=usd(420))
    till.tick()
    assert bank.holds
    clock.go(121)
    till.tick()
    kept = database.trip(S1)
    assert kept is not None
    assert (kept.status, "gone" in kept.why, bank.holds) == ("abandoned", True, {})
    again = till.sell(sale(clock), CARD, usd(420))
    till.tick()
    assert (again.status, bank.balance_minor) == ("abandoned", 0)


def test_a_sale_that_was_interrupted_goes_on_but_not_at_another_price(
    till: Till, database: Database, bank: Bank, clock: Clock
) -> None:
    for name, minor, balance in (("s1", 420, 420), ("s2", 419, 420)):
        till.open(sale(clock, name), CARD, hold=usd(420))
        till.tick()
        till.sell(sale(clock, name), Payer(kind="none"), usd(minor))
        till.tick()
        assert bank.balance_minor == balance
    assert not bank.holds
    assert database.prove_ledger().holds


def test_a_badge_account_pays_without_a_bank(till: Till, database: Database, bank: Bank, clock: Clock) -> None:
    badge = Payer(kind="badge", account="e1", brand="payroll")
    sold = till.sell(sale(clock), badge, usd(420))
    till.tick()
    payment = payment_of(database, sold)
    assert (payment.method, payment.debt_minor, bank.asked) == ("badge", 420, [])
    assert sale_outcome(payment) == "paid"
    assert database.prove_ledger().holds


def test_a_badge_pays_nothing_by_a_sale_that_was_interrupted(till: Till, database: Database, clock: Clock) -> None:
    badge = Payer(kind="badge", account="e1", brand="payroll")
    till.open(sale(clock), badge, hold=usd(420))
    sold = till.sell(sale(clock), badge, usd(900))
    till.tick()
    payment = payment_of(database, sold)
    assert (sale_outcome(payment), payment.debt_minor) == ("cancelled", 0)
    assert till.sell(sale(clock), badge, usd(420)).id == sold.id
    assert payment_of(database, sold).debt_minor == 0
    assert database.prove_ledger().holds


@pytest.mark.parametrize("minor", [0, -1, SALE_MINOR_MAX + 1])
def test_no_amount_that_nobody_pays_at_once(till: Till, bank: Bank, clock: Clock, minor: int) -> None:
    with pytest.raises(TillError, match="paid at once"):
        till.sell(sale(clock), CARD, usd(minor))
    assert not bank.asked


def test_no_other_currency_no_other_receipt_and_nobody_who_cannot_pay(
    till: Till, database: Database, bank: Bank, clock: Clock
) -> None:
    receipt, doubtful = receipt_of(clock, {"tea": 1}), receipt_of(clock, {"tea": 1, "no such thing": 1})
    with pytest.raises(TillError, match="takes USD"):
        till.sell(sale(clock), CARD, Money(420, "EUR"))
    for wrong in (receipt, doubtful):
        with pytest.raises(TillError, match="not one over"):
            till.sell(sale(clock), CARD, usd(420) if wrong is receipt else wrong.total.gross, wrong)
    for payer in (Payer(kind="none"), Payer(kind="account", account="ann"), Payer(kind="cash")):
        with pytest.raises(TillError, match="pays at once"):
            till.sell(sale(clock), payer, usd(420))
    assert (bank.asked, database.trip(S1)) == ([], None)


def test_staff_add_nothing_to_a_sale_of_another_till(till: Till, clock: Clock) -> None:
    till.open(sale(clock), CARD, hold=usd(420))
    with pytest.raises(TillError, match="as that till asked"):
        till.add_item(S1, ProductId("tea"), key="k", by="clerk")


def test_killed_at_any_moment_and_asked_again_it_is_paid_once(tmp_path: Path) -> None:
    assert try_all(tmp_path, asked_again) >= 6


def test_killed_at_any_moment_and_never_asked_again_nothing_stays_put_aside(tmp_path: Path) -> None:
    assert try_all(tmp_path, left_alone) >= 6


SALES = st.lists(
    st.tuples(
        st.integers(1, 1500),
        st.lists(st.sampled_from(MOODS), max_size=4),
        st.booleans(),
        st.integers(1, 3),
        st.integers(0, 1500),
    ),
    min_size=1,
    max_size=6,
)


@given(sales=SALES, limit=st.sampled_from([700, 10**9]))
@settings(max_examples=60, deadline=None)
def test_whatever_the_bank_does_the_books_balance_and_what_was_told_is_true(
    sales: list[tuple[int, list[str], bool, int, int]], limit: int
) -> None:
    clock, moods = Clock(), list[str]()
    bank = MoodyBank(lambda _order: moods.pop(0) if moods else "good", limit)
    with Database.open(IN_MEMORY) as database:
        till = make_till(database, bank, clock, longest_retry_s=30)
        for number, (minor, those, wanted, times, back) in enumerate(sales):
            moods[:] = those
            for _ in range(times):
                till.sell(sale(clock, f"s{number}"), CARD, usd(minor), still_wanted=partial(bool, wanted))
                assert database.prove_ledger().holds
            moods.clear()
            for _ in range(20):
                bank.settle_one(0)
                clock.go(60)
                till.tick()
            payment = database.payment_of_trip(TripId(f"s{number}"))
            assert payment is not None
            told = sale_outcome(payment)
            # What the bank would not let us take is owed; it lets go of that by itself.
            assert bank.held_minor(payment.id) == 0 or payment.debt_minor
            assert bank.net_minor(payment.id) == (minor - payment.debt_minor if told == "paid" else 0)
            if 0 < back <= payment.refundable_minor:
                till.refund(payment.trip, usd(back), key=f"r{number}", reason="wrong", by="ann")
                till.tick()
                assert bank.net_minor(payment.id) == minor - back
            assert database.prove_ledger().holds
        assert database.orders_waiting() == 0
