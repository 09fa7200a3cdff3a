"""The books: what a sale, a discount, a deposit and a refund do to the accounts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.commerce.shops import line, receipt
from tillfree.commerce.errors import PaymentError
from tillfree.commerce.ledger import ACCOUNTS, Entry, Posting, account_of, difference, position, refund_parts
from tillfree.commerce.payments.events import Answered, DebtPaid, Due, Opened, RefundAsked
from tillfree.commerce.payments.machine import open_payment, step, wants
from tillfree.commerce.payments.payment import Payment, Refund
from tillfree.commerce.receipt import LineDiscount, Receipt, ReceiptLine
from tillfree.commerce.tax import TaxLine, TaxPart
from tillfree.core.ids import PaymentId, ProductId, TripId
from tillfree.core.money import Money, TaxedAmount


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def paid(found: Receipt, method: str = "card") -> Payment:
    """The payment of a receipt, all approved."""
    payment = open_payment(
        Opened(
            time_ns=0, payment=PaymentId("p"), trip=TripId("t"), method=method, hold=usd(10**6), chargeable=True  # type: ignore[arg-type]
        )
    )  # fmt: skip
    return drained(step(drained(payment), Due(time_ns=1, total=found.total.gross)))


def drained(payment: Payment) -> Payment:
    while orders := wants(payment):
        payment = step(payment, Answered(time_ns=2, key=orders[0].key, outcome="approved", reference="r"))
    return payment


def test_a_sale_credits_sales_and_tax_and_debits_what_the_processor_took() -> None:
    found = receipt(line("tea", 2), line("milk"))
    assert position(paid(found), found) == {
        "clearing": 720, "sales:food": -119, "tax:food": -8, "sales:standard": -498, "tax:standard": -95,
    }  # fmt: skip


def test_a_hold_stands_on_memo_accounts_only() -> None:
    payment = open_payment(
        Opened(time_ns=0, payment=PaymentId("p"), trip=TripId("t"), method="card", hold=usd(500), chargeable=True)
    )
    assert position(drained(payment), None) == {"holds": 500, "holds contra": -500}


def with_offers() -> Receipt:
    """Gross prices: a bottle of 1.19 with 19 % less 0.60, its deposit of 0.25, and a tax of two authorities."""
    tax = TaxedAmount(usd(71), usd(13), usd(84))
    bottle = ReceiptLine(
        product=ProductId("cola"), name="Cola", quantity=1, unit_price=usd(119), amount=usd(119), tax_class="standard",
        probability=1.0, discounts=(LineDiscount(offer="o", name="Half", amount=usd(60)),),
    )  # fmt: skip
    deposit = ReceiptLine(
        product=ProductId("cola"), name="Deposit", quantity=1, unit_price=usd(25), amount=usd(25),
        tax_class="standard", probability=1.0, kind="deposit",
    )  # fmt: skip
    parts = (TaxPart("State", 100_000, usd(7)), TaxPart("City", 90_000, usd(6)))
    plain = receipt()
    return Receipt(
        id="r", visit=plain.visit, time_ns=0, store="s", currency="USD", lines=(bottle, deposit),
        taxes=(TaxLine("standard", 190_000, tax, parts),), total=tax, prices_include_tax=True, status="charge",
        probability=1.0,
    )  # fmt: skip


def test_discounts_deposits_and_authorities_have_accounts_of_their_own() -> None:
    found = with_offers()
    assert position(paid(found), found) == {
        "clearing": 84,
        "deposits": -21,
        "discounts:standard": 50,
        "sales:standard": -100,
        "tax:standard:State": -7,
        "tax:standard:City": -6,
    }


def test_what_another_system_priced_is_plain_sales() -> None:
    found = receipt(line("tea"))
    assert position(paid(found), None) == {"clearing": 296, "sales": -296}


def test_cash_goes_from_due_to_cash() -> None:
    found = receipt(line("tea"))
    payment = paid(found, "cash")
    assert position(payment, found)["cash due"] == 296
    payment = step(payment, DebtPaid(time_ns=3, key="k", amount=usd(296), by="ann"))
    assert position(payment, found)["cash"] == 296
    assert "cash due" not in position(payment, found)


def test_an_entry_balances_or_is_none() -> None:
    with pytest.raises(PaymentError, match="do not sum to zero"):
        Entry(time_ns=0, trip="t", payment="p", what="due", currency="USD", postings=(Posting("sales", 1),))
    assert difference({"a": 5, "b": -5}, {"a": 5, "c": -5}) == (Posting("b", 5), Posting("c", -5))


ITEMS = st.dictionaries(st.sampled_from(["tea", "milk", "free", "nameless"]), st.integers(1, 9), min_size=1)


@given(ITEMS, st.lists(st.tuples(st.integers(1, 2000), st.sets(st.integers(0, 3))), max_size=8))
def test_refunds_give_back_exactly_the_tax(items: dict[str, int], wishes: list[tuple[int, set[int]]]) -> None:
    found = receipt(*(line(product, count) for product, count in items.items()))
    payment, left = paid(found), found.total.gross.minor
    for number, (wanted, chosen) in enumerate([*wishes, (10**9, set())]):
        minor = min(wanted, left)
        if not minor:
            break
        lines = [i for i in chosen if i < len(found.lines)]
        parts = refund_parts(found, payment.refunds, minor, lines)
        assert sum(part.net_minor + part.tax_minor for part in parts) == minor
        assert all(part.net_minor >= 0 and part.tax_minor >= 0 for part in parts)
        payment = step(
            payment,
            RefundAsked(time_ns=3, key=f"k{number}", amount=usd(minor), reason="", by="", parts=parts),
        )
        assert sum(position(payment, found).values()) == 0
        payment, left = drained(payment), left - minor
    after = position(payment, found)
    assert not [account for account in after if account_of(account) == "tax"], "all of the tax went back"
    assert all(account_of(account) in ACCOUNTS for account in after)


def test_lines_say_of_which_class_a_refund_is() -> None:
    found = receipt(line("tea", 2), line("milk"))
    (part,) = refund_parts(found, (), 127, [1])
    assert (part.tax_class, part.net_minor, part.tax_minor) == ("food", 119, 8)
    gesture = refund_parts(found, (Refund(key="a", minor=127, reason="", by="", parts=(part,)),), 100, [1])
    assert [part.tax_class for part in gesture] == ["standard"], "nothing is left of the milk"
    with pytest.raises(PaymentError, match="has no line 2"):
        refund_parts(found, (), 1, [2])
