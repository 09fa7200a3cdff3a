"""Sales and conversion: of the receipts in force, to the last cent."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.commerce.shops import NOON_NS, SETTINGS, SHOP, line
from tests.storage.database.made import choose, full_record, priced, record
from tillfree.catalog.model import Product
from tillfree.commerce.pricing import Pricing, Sale
from tillfree.commerce.receipt import Receipt
from tillfree.commerce.settings import CommerceSettings
from tillfree.core.ids import ProductId, VisitId
from tillfree.core.money import Money, TaxedAmount
from tillfree.core.time import NS_PER_HOUR
from tillfree.storage.database.database import IN_MEMORY, Database
from tillfree.storage.database.lines import line_rows
from tillfree.storage.database.reports import Conversion, HourSales, ProductSales, Sales

ALWAYS = (0, 2**62)


def amount(net: int, tax: int, currency: str = "USD") -> TaxedAmount:
    return TaxedAmount(Money(net, currency), Money(tax, currency), Money(net + tax, currency))


def test_nothing_was_sold(database: Database) -> None:
    assert database.sales(*ALWAYS) == Sales((), (), 0, 0, ())
    assert database.conversion(*ALWAYS) == Conversion(
        visits=0, with_items=0, charged=0, to_review=0, decided=0, mean_stay_s=0.0
    )


def test_sales_are_those_of_receipts_in_force(database: Database) -> None:
    database.add_visit(record("charged", {"tea": 2, "milk": 3}))
    database.add_visit(record("nothing", {}))
    database.add_visit(record("waits", {"wine": 5}, review=True))
    database.add_visit(record("decided", {"tea": 9}, review=True, closed_ns=NOON_NS + NS_PER_HOUR))
    database.decide(choose("decided", {"tea": 5}))
    database.decide(choose("decided", {"tea": 1}))
    noon = NOON_NS - NOON_NS % NS_PER_HOUR
    assert database.sales(*ALWAYS) == Sales(
        products=(
            ProductSales(ProductId("tea"), "Green tea", 3, amount(3 * 249, 95 + 47)),
            ProductSales(ProductId("milk"), "Milk 1 l", 3, amount(357, 25)),
        ),
        hours=(HourSales(noon, 1, 5, amount(855, 120)), HourSales(noon + NS_PER_HOUR, 1, 1, amount(249, 47))),
        receipts=2,
        units=6,
        totals=(amount(855 + 249, 120 + 47),),
    )


def test_sales_of_a_time(database: Database) -> None:
    for place in range(4):
        database.add_visit(record(f"v{place}", {"tea": 1}, closed_ns=1000 + place))
    assert database.sales(1001, 1003).receipts == 2
    assert database.conversion(1001, 1003).visits == 2


def test_currencies_are_never_summed(database: Database) -> None:
    euros = msgspec.structs.replace(SHOP, currency="EUR")
    database.add_visit(record("a", {"tea": 1}))
    database.add_visit(record("b", receipt=priced("b", {"tea": 1}, shop=euros)))
    sales = database.sales(*ALWAYS)
    assert sales.totals == (amount(249, 47, "EUR"), amount(249, 47, "USD"))
    assert len(sales.products) == len(sales.hours) == 2


def test_a_product_has_the_name_of_its_newest_receipt(database: Database) -> None:
    renamed = msgspec.structs.replace(SHOP, products=(Product(ProductId("tea"), "A tea", price_minor=249),))
    database.add_visit(record("a", {"tea": 1}))
    database.add_visit(record("b", receipt=priced("b", {"tea": 1}, shop=renamed)))
    assert [(sold.name, sold.units) for sold in database.sales(*ALWAYS).products] == [("A tea", 2)]


def test_conversion_counts_every_visit_once(database: Database) -> None:
    database.add_visit(record("a", {"tea": 1}))
    database.add_visit(record("b", {}))
    database.add_visit(record("c", {"tea": 1}, review=True))
    database.add_visit(record("d", {"tea": 1}, review=True))
    database.decide(choose("d", {}, choice="nothing"))
    late = full_record("e")
    database.add_visit(msgspec.structs.replace(late, opened_ns=late.closed_ns - 360 * 10**9))
    assert database.conversion(*ALWAYS) == Conversion(
        visits=5, with_items=3, charged=2, to_review=2, decided=1, mean_stay_s=120.0
    )


# ---- the tax of a line ------------------------------------------------------------------------------------------

prices = st.lists(st.tuples(st.integers(0, 999), st.integers(1, 4), st.sampled_from(["standard", "food"])), max_size=8)


def receipt_of(goods: list[tuple[int, int, str]], *, included: bool, rounding: str) -> Receipt:
    products = tuple(
        Product(ProductId(f"p{place}"), f"P{place}", price_minor=price, tax_class=tax_class)
        for place, (price, _, tax_class) in enumerate(goods)
    )
    settings = msgspec.convert(
        {
            **msgspec.to_builtins(SETTINGS),
            "prices_include_tax": included,
            "tax_rounding": rounding,
        },
        CommerceSettings,
    )
    lines = tuple(line(f"p{place}", count) for place, (_, count, _) in enumerate(goods))
    sale = Sale(visit=VisitId("v1"), time_ns=NOON_NS, lines=lines, probability=0.9)
    return Pricing(msgspec.structs.replace(SHOP, products=products), settings).receipt(sale)


@given(goods=prices, included=st.booleans(), rounding=st.sampled_from(["line", "receipt"]))
def test_lines_sum_to_the_receipt(goods: list[tuple[int, int, str]], included: bool, rounding: str) -> None:
    receipt = receipt_of(goods, included=included, rounding=rounding)
    rows = line_rows(receipt, receipt.visit, 0)
    for name, money in (("net", receipt.total.net), ("tax", receipt.total.tax), ("gross", receipt.total.gross)):
        assert sum(row[f"{name}_minor"] for row in rows) == money.minor
    for row in rows:
        assert row["net_minor"] + row["tax_minor"] == row["gross_minor"]
        assert row["tax_minor"] >= 0
    with Database.open(IN_MEMORY) as database:
        database.add_visit(record(receipt=receipt))
        sales = database.sales(*ALWAYS)
    assert sales.totals == ((receipt.total,) if goods else ())
    assert sum(sold.amount.gross.minor for sold in sales.products) == receipt.total.gross.minor
    assert {sold.product: sold.units for sold in sales.products} == receipt.quantities()


def test_a_line_with_a_problem_is_sold_for_nothing(database: Database) -> None:
    receipt = priced("v1", {"tea": 1, "unpriced": 2})
    assert receipt.status == "review"
    assert [row["gross_minor"] for row in line_rows(receipt, receipt.visit, 0)] == [249 + 47, 0]
    database.add_visit(record(receipt=receipt))
    assert database.sales(*ALWAYS).receipts == 0
