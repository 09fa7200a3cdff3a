import csv
import io

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.catalog.model import Facing, Product, Shop
from tillfree.catalog.product_table import ID_COLUMNS, read_products
from tillfree.core.ids import FixtureId, ProductId
from tillfree.simulation.demo_shop import demo_shop
from tillfree.web.catalogue.product_csv import FIELD_COLUMNS, HEADER, product_rows
from tillfree.web.catalogue.product_import import Scope, apply_plan, is_still_true, plan_import
from tillfree.web.planogram import planogram_csv
from tillfree.web.rendering import csv_response

MILK = Product(ProductId("4006381333931"), "Milk", 1030.0, 4.5, 129, "reduced", ("0012", "x-1"), "unit", 0, rfid=True)
NUTS = Product(ProductId("nuts"), "Loose nuts", 12.5, None, 1990, "standard", (), "weight")
SHOP = Shop("test", (MILK, NUTS), (), (), (), "EUR")


def table(*rows: str) -> bytes:
    return "\n".join(rows).encode()


def after(rows: bytes, scope: Scope = "everything", shop: Shop = SHOP) -> Shop:
    return apply_plan(plan_import(rows, "test.csv", shop, scope), shop)


@pytest.mark.parametrize(("field", "column"), [(f, c) for f, columns in FIELD_COLUMNS.items() for c in columns])
def test_every_column_of_a_field_is_one_that_the_reader_of_products_reads(field: str, column: str) -> None:
    said = {
        "name": "A name", "price_minor": "7", "sold_by": "weight", "weight_g": "77", "weight_sigma_g": "7",
        "tax_class": "odd", "min_age": "18", "rfid": "yes", "barcodes": "4006381333931", "tags": "tea",
    }[field]  # fmt: skip
    (plain,), _ = read_products(table("product", "p"), "t", "EUR")
    (read,), _ = read_products(table(f"product,{column}", f"p,{said}"), "t", "EUR")
    assert getattr(read, field) != getattr(plain, field)


def test_an_empty_cell_and_a_missing_column_change_nothing() -> None:
    plan = plan_import(table("product,name,price,weight_g", "4006381333931,,1.49,"), "t", SHOP, "everything")
    assert apply_plan(plan, SHOP).products == (msgspec.structs.replace(MILK, price_minor=149), NUTS)
    (change,) = plan.changed
    assert [(field.field, field.before, field.after) for field in change.fields] == [("price_minor", 129, 149)]


def test_a_product_that_the_file_does_not_name_stays() -> None:
    assert NUTS in after(table("product,name", "4006381333931,Whole milk")).products


def test_new_products_come_with_everything_only() -> None:
    rows = table("product,name,price", "new-1,Bread,2.50")
    assert after(rows).products[2:] == (Product(ProductId("new-1"), "Bread", price_minor=250),)
    plan = plan_import(rows, "t", SHOP, "prices")
    assert plan.does_nothing
    assert [product.id for product in plan.left_new] == ["new-1"]


def test_prices_and_names_only_leave_weights_and_tax() -> None:
    rows = table("product,name,price,weight_g,tax_class,rfid", "4006381333931,Whole milk,1.39,900,standard,no")
    expected = msgspec.structs.replace(MILK, name="Whole milk", price_minor=139)
    assert after(rows, "prices").products[0] == expected


def test_a_price_of_a_piece_does_not_become_that_of_a_kilogram() -> None:
    rows = table("product,price,sold_by", "nuts,0.40,unit")
    plan = plan_import(rows, "t", SHOP, "prices")
    assert plan.other_unit == (Product(ProductId("nuts"), "", price_minor=40),)
    assert plan.does_nothing
    assert after(table("product,sold_by", "nuts,unit")).products[1].price_minor is None


@pytest.mark.parametrize(
    "row", ["nuts,abc,,", "nuts,-1,,", "nuts,,by the dozen,", "nuts,,,0.001", "nuts,1.999,,", "nuts,1e30,,", "nuts,,,x"]
)
def test_a_value_that_is_no_value_changes_nothing_and_is_reported(row: str) -> None:
    plan = plan_import(table("product,price,sold_by,weight_g", row), "t", SHOP, "everything")
    assert plan.does_nothing
    assert plan.problems.total > 0


def test_a_barcode_with_a_wrong_check_digit_stays_where_the_file_names_it_too() -> None:
    shop = msgspec.structs.replace(SHOP, products=(msgspec.structs.replace(MILK, barcodes=("4006381333932",)),))
    rows = table("product,barcodes", "4006381333931,4006381333932|5901234123457")
    assert set(after(rows, shop=shop).products[0].barcodes) == {"4006381333932", "5901234123457"}
    rows = table("product,barcodes", "4006381333931,5901234123457")
    assert after(rows, shop=shop).products[0].barcodes == ("5901234123457",)


def test_what_was_changed_since_the_preview_makes_it_untrue() -> None:
    plan = plan_import(table("product,price", "nuts,5", "new,5"), "t", SHOP, "everything")
    assert is_still_true(plan, SHOP)
    other = msgspec.structs.replace(SHOP, products=(MILK, msgspec.structs.replace(NUTS, name="Nuts")))
    assert not is_still_true(plan, other)
    assert not is_still_true(plan, msgspec.structs.replace(SHOP, products=(MILK,)))
    assert not is_still_true(plan, apply_plan(plan, SHOP))


def test_a_finding_says_that_what_the_shop_has_stays() -> None:
    plan = plan_import(table("product,price", "nuts,5"), "t", SHOP, "everything")
    assert {issue.outcome for issue in plan.problems.shown} == {"what the shop has stays"}


def test_many_findings_are_counted_and_the_first_of_them_shown() -> None:
    plan = plan_import(table("product", *(f"p{k}" for k in range(300))), "t", SHOP, "everything")
    assert plan.problems.total == 900
    assert len(plan.problems.shown) == 200
    assert plan.problems.more == 700


# ---- round trips ------------------------------------------------------------------------------------------------

WORDS = st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=12)
IDS = WORDS.filter(lambda text: "|" not in text and not text.startswith("'") and text == text.strip())
CODES = st.sampled_from(("4006381333931", "4006381333932", "5901234123457", "0012", "x-1", "=cmd"))


@st.composite
def products(draw: st.DrawFn) -> Product:
    return Product(
        ProductId(draw(IDS)),
        draw(st.lists(WORDS, max_size=3).map(" ".join).filter(lambda text: not text.startswith("'"))),
        draw(st.none() | st.floats(1.0, 50_000.0)),
        draw(st.none() | st.floats(0.01, 500.0)),
        draw(st.none() | st.integers(1, 10**9)),
        draw(WORDS.filter(lambda text: not text.startswith("'"))),
        tuple(draw(st.lists(CODES, unique=True, max_size=3))),
        draw(st.sampled_from(("unit", "weight"))),
        draw(st.integers(0, 99)),
        draw(st.booleans()),
    )


@given(st.lists(products(), max_size=5, unique_by=lambda product: product.id), st.sampled_from(("EUR", "JPY", "KWD")))
def test_an_export_that_comes_back_changes_nothing(made: list[Product], currency: str) -> None:
    shop = Shop("test", tuple(made), (), (), (), currency)
    if not made:
        return
    data = bytes(csv_response("p.csv", product_rows(shop), HEADER).body)
    plan = plan_import(data, "p.csv", shop, "everything")
    assert plan.does_nothing, (plan.changed, plan.new)
    assert plan.unchanged == len(made)


def test_an_export_does_not_run_in_a_spreadsheet() -> None:
    evil = Product(ProductId("@SUM(A1)"), "=HYPERLINK(1)", tax_class="+1")
    data = bytes(csv_response("p.csv", product_rows(Shop("t", (evil,), (), ())), HEADER).body).decode()
    (row,) = list(csv.reader(io.StringIO(data)))[1:]
    assert row[0] == "'@SUM(A1)"
    assert row[1] == "'=HYPERLINK(1)"
    assert row[6] == "'+1"


def test_a_planogram_that_comes_back_changes_nothing_not_even_with_odd_names() -> None:
    shop = demo_shop(2)
    odd_id, odd_fixture = ProductId("=odd"), FixtureId("-b")
    old = shop.products[0].id
    shop = msgspec.structs.replace(
        shop,
        products=(msgspec.structs.replace(shop.products[0], id=odd_id), *shop.products[1:]),
        fixtures=(msgspec.structs.replace(shop.fixtures[0], id=odd_fixture), *shop.fixtures[1:]),
        facings=tuple(
            Facing(
                odd_id if facing.product == old else facing.product,
                odd_fixture if facing.fixture == shop.fixtures[0].id else facing.fixture,
                facing.shelf,
                facing.plates,
            )
            for facing in shop.facings
        ),
    )
    assert any(touch(one, other) for one in shop.facings for other in shop.facings)  # a file says them as one
    data = bytes(csv_response("p.csv", planogram_csv.planogram_rows(shop), planogram_csv.HEADER).body)
    for scope in ("fixtures", "everything"):
        plan = planogram_csv.plan_import(data, "p.csv", shop, scope)
        assert plan.does_nothing, (plan.new, plan.gone)
        assert plan.problems.total == 0
        assert planogram_csv.apply_plan(plan, shop) == shop


def touch(one: Facing, other: Facing) -> bool:
    """Whether two places of one product are side by side."""
    same = (one.product, one.fixture, one.shelf) == (other.product, other.fixture, other.shelf)
    return same and max(one.plates) + 1 == min(other.plates)


def test_a_planogram_of_one_fixture_leaves_the_others() -> None:
    shop = demo_shop(2)
    data = table("product,fixture,shelf,plates", f"{shop.products[5].id},1,2,1-3", "nobody,1,2,5")
    plan = planogram_csv.plan_import(data, "p.csv", shop, "fixtures")
    made = planogram_csv.apply_plan(plan, shop)
    assert [facing for facing in made.facings if facing.fixture == "1"] == [
        Facing(shop.products[5].id, FixtureId("1"), 2, (1, 2, 3))
    ]
    assert [f for f in made.facings if f.fixture == "2"] == [f for f in shop.facings if f.fixture == "2"]
    assert plan.problems.total == 1
    whole = planogram_csv.plan_import(data, "p.csv", shop, "everything")
    assert len(planogram_csv.apply_plan(whole, shop).facings) == 1


def test_ids_may_stand_in_any_known_column() -> None:
    for column in ID_COLUMNS:
        assert after(table(f"{column},price", "nuts,5")).products[1].price_minor == 500
