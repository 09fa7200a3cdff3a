"""Products out of the tables of retailers: what is kept, what is reported, and that it is the same every time."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.catalog.errors import CatalogFileError
from tillfree.catalog.model import Product
from tillfree.catalog.product_table import ProductLimits, read_products
from tillfree.catalog.report import CatalogReport, IssueKind
from tillfree.core.ids import ProductId
from tillfree.core.money import MoneyError

HEADER = "id,name,weight_g,price\n"


def read(text: str, currency: str = "USD") -> tuple[tuple[Product, ...], CatalogReport]:
    return read_products(text.encode(), "products.csv", currency)


def one(row: str, currency: str = "USD") -> tuple[Product, CatalogReport]:
    products, report = read(HEADER + row, currency)
    assert len(products) == 1
    return products[0], report


def test_a_clean_table_has_an_empty_report() -> None:
    products, report = read(HEADER + "036000291452,Tea,250,1.25\n4011,Bananas,120.5,0.30\n")
    assert products == (
        Product(ProductId("036000291452"), "Tea", 250.0, price_minor=125),
        Product(ProductId("4011"), "Bananas", 120.5, price_minor=30),
    )
    assert report == CatalogReport(rows_read=2, kept=2)
    assert str(report) == "2 rows read, 2 kept, 0 findings"


def test_all_columns() -> None:
    products, report = read(
        "sku,Name,Weight,weight_sigma_g,price_minor,tax_class,barcodes\n"
        "A1,Tea,250,2.5,125,food,036000291452|04963406;4011 bad-one\n"
    )
    expected = Product(ProductId("A1"), "Tea", 250.0, 2.5, 125, "food", ("036000291452", "04963406", "4011", "bad-one"))
    assert products == (expected,)
    assert not report.counts


def test_goods_by_weight_ages_and_tags() -> None:
    products, report = read(
        "id,name,weight_g,price,sold_by,min_age,rfid\n"
        "84001,Pears,180,2.99,Weight,,\nA2,Cider,700,1.99,unit,18,yes\nA3,Tea,250,1.25,,0,0\n"
    )
    assert products == (
        Product(ProductId("84001"), "Pears", 180.0, price_minor=299, sold_by="weight"),
        Product(ProductId("A2"), "Cider", 700.0, price_minor=199, min_age=18, rfid=True),
        Product(ProductId("A3"), "Tea", 250.0, price_minor=125),
    )
    assert not report.counts


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ("litre,,", {"price_minor": None, "sold_by": "unit"}),
        (",eighteen,", {"min_age": 99}),
        (",-1,", {"min_age": 99}),
        (",100,", {"min_age": 99}),
        (",1.5,", {"min_age": 99}),
        (",,perhaps", {"rfid": False}),
    ],
)
def test_what_is_not_understood_of_a_sale_is_taken_on_the_safe_side(cells: str, expected: dict[str, object]) -> None:
    (product,), report = read(f"id,name,weight_g,price,sold_by,min_age,rfid\nA1,Cider,700,1.99,{cells}\n")
    assert {name: getattr(product, name) for name in expected} == expected
    assert report.of(IssueKind.BAD_VALUE)[0].line == 2


def test_of_several_rows_the_highest_age_counts_and_no_price_changes_its_meaning() -> None:
    header = "id,name,weight_g,price,sold_by,min_age,rfid\n"
    (product,), report = read(f"{header}A1,Cider,700,1.99,,16,\nA1,Cider,700,1.99,,18,yes\n")
    assert (product.min_age, product.rfid) == (18, True)
    assert "min_age 16 on line 2, 18 here" in str(report.of(IssueKind.CONTRADICTION)[0])
    (product,), report = read(f"{header}A1,Pears,180,,weight,,\nA1,Pears,,2.99,unit,,\n")
    assert (product.sold_by, product.price_minor) == ("weight", None)
    assert "sold_by 'weight' on line 2, 'unit' here" in str(report.of(IssueKind.CONTRADICTION)[0])


def test_further_numbers_with_wrong_check_digits_are_left_out() -> None:
    products, report = read("id,name,weight_g,price,gtin\nA1,Tea,250,1.25,111111111111\n")
    assert products[0].barcodes == ()
    assert report.counts == {IssueKind.WRONG_CHECK_DIGIT: 1}


# ---- ids --------------------------------------------------------------------------------------------------------


def test_a_wrong_check_digit_is_reported_and_kept() -> None:
    product, report = one("071142004007,Water,500,1.25")
    assert product.id == "071142004007"
    (issue,) = report.of(IssueKind.WRONG_CHECK_DIGIT)
    assert "the last digit of 12 is 7 and should be 3" in str(issue)


@pytest.mark.parametrize("number", ["01", "44", "120850", "4011", "04963406", "SOUP"])
def test_local_numbers_are_no_findings(number: str) -> None:
    product, report = one(f"{number},Soup,500,1.25")
    assert product.id == number
    assert not report.counts


def test_a_row_without_id_is_left_out() -> None:
    products, report = read(HEADER + ",Tea,250,1.25\n1,Milk,1000,1.35\n")
    assert [product.id for product in products] == ["1"]
    assert report.counts == {IssueKind.MISSING_ID: 1}
    assert (report.rows_read, report.kept) == (2, 1)


def test_an_id_with_control_characters_is_left_out() -> None:
    products, report = read(HEADER + "1\x1b[31m,Tea,250,1.25\n")
    assert products == ()
    assert report.counts == {IssueKind.UNUSABLE_ID: 1}
    assert "\x1b" not in str(report)


def test_several_ids_in_a_field() -> None:
    product, report = one("036000291452|4011,Tea,250,1.25")
    assert (product.id, product.barcodes) == ("036000291452", ("4011",))
    assert report.counts == {IssueKind.SEVERAL_IDS: 1}
    product, report = one("036000291452 049000006346,Tea,250,1.25")
    assert product.id == "036000291452 049000006346", "the retailer's systems know it by this text"
    assert product.barcodes == ("036000291452", "049000006346")
    assert report.counts == {IssueKind.SEVERAL_IDS: 1}


def test_one_gtin_under_two_ids_is_reported_and_both_are_kept() -> None:
    products, report = read(HEADER + "036000291452,Tea,250,1.25\n36000291452,Tea,250,1.25\n")
    assert len(products) == 2
    (issue,) = report.of(IssueKind.SHARED_GTIN)
    assert issue.line == 3
    assert "036000291452 on line 2" in issue.detail


# ---- duplicates -------------------------------------------------------------------------------------------------


def test_the_same_row_again_is_kept_once() -> None:
    products, report = read(HEADER + "1,Tea,250,1.25\n2,Milk,1000,1.35\n1,Tea,250,1.25\n")
    assert [product.id for product in products] == ["1", "2"]
    assert report.counts == {IssueKind.DUPLICATE: 1}
    assert report.rows[0].line == 4


def test_of_contradicting_rows_the_first_wins() -> None:
    products, report = read(HEADER + "1,Tea,250,1.25\n1,Tea,300,1.35\n")
    assert products == (Product(ProductId("1"), "Tea", 250.0, price_minor=125),)
    (issue,) = report.of(IssueKind.CONTRADICTION)
    assert "weight_g 250.0 on line 2, 300.0 here; price_minor 125 on line 2, 135 here" in str(issue)
    assert "line 2 kept, it stands first" in str(issue)


def test_of_contradicting_rows_the_one_with_more_values_wins() -> None:
    products, report = read(HEADER + "1,Tea,250,\n1,Green tea,300,1.35\n")
    assert products == (Product(ProductId("1"), "Green tea", 300.0, price_minor=135),)
    assert "line 3 kept, it has most values" in str(report.of(IssueKind.CONTRADICTION)[0])


def test_rows_that_complete_each_other_are_joined() -> None:
    products, report = read(HEADER + "1,Tea,250,\n1,,,1.35\n")
    assert products == (Product(ProductId("1"), "Tea", 250.0, price_minor=135),)
    assert report.counts == {IssueKind.DUPLICATE: 1}


def test_one_row_per_plate_is_no_duplicate_but_a_contradiction_stays_one() -> None:
    header = "id,name,weight_g,price,plate\n"
    products, report = read(header + "1,Tea,250,1.25,1\n1,Tea,250,1.25,2\n")
    assert len(products) == 1
    assert not report.counts
    _, report = read(header + "1,Tea,250,1.25,1\n1,Tea,260,1.25,2\n")
    assert report.counts == {IssueKind.CONTRADICTION: 1}


# ---- weights ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "weight_g", "kinds"),
    [
        ("250", 250.0, set()),
        ("", None, {IssueKind.MISSING_WEIGHT}),
        ("0", None, {IssueKind.MISSING_WEIGHT}),
        ("0.0", None, {IssueKind.MISSING_WEIGHT}),
        ("-5", None, {IssueKind.ABSURD_WEIGHT, IssueKind.MISSING_WEIGHT}),
        ("0.1658", None, {IssueKind.ABSURD_WEIGHT, IssueKind.MISSING_WEIGHT}),
        ("5.16", 5.16, {IssueKind.DOUBTFUL_WEIGHT}),
        ("50001", None, {IssueKind.ABSURD_WEIGHT, IssueKind.MISSING_WEIGHT}),
        ("nan", None, {IssueKind.BAD_VALUE, IssueKind.MISSING_WEIGHT}),
        ("250 g", None, {IssueKind.BAD_VALUE, IssueKind.MISSING_WEIGHT}),
    ],
)
def test_weights(text: str, weight_g: float | None, kinds: set[IssueKind]) -> None:
    product, report = one(f"1,Tea,{text},1.25")
    assert product.weight_g == weight_g
    assert set(report.counts) == kinds


def test_limits_can_be_set() -> None:
    products, report = read_products(
        (HEADER + "1,Tea,250,1.25\n").encode(), "f", limits=ProductLimits(weight_max_g=200)
    )
    assert products[0].weight_g is None
    assert IssueKind.ABSURD_WEIGHT in report.counts


# ---- prices -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "currency", "minor", "kinds"),
    [
        ("1.25", "USD", 125, set()),
        ("1.2500", "USD", 125, set()),
        ("0.1", "USD", 10, set()),
        ("300", "JPY", 300, set()),
        ("1.255", "KWD", 1255, set()),
        ("1.255", "USD", None, {IssueKind.ABSURD_PRICE, IssueKind.MISSING_PRICE}),
        ("0.5", "JPY", None, {IssueKind.ABSURD_PRICE, IssueKind.MISSING_PRICE}),
        ("0", "USD", None, {IssueKind.ABSURD_PRICE, IssueKind.MISSING_PRICE}),
        ("-1", "USD", None, {IssueKind.ABSURD_PRICE, IssueKind.MISSING_PRICE}),
        ("", "USD", None, {IssueKind.MISSING_PRICE}),
        ("free", "USD", None, {IssueKind.BAD_VALUE, IssueKind.MISSING_PRICE}),
        ("$1.25", "USD", None, {IssueKind.BAD_VALUE, IssueKind.MISSING_PRICE}),
    ],
)
def test_prices(text: str, currency: str, minor: int | None, kinds: set[IssueKind]) -> None:
    product, report = one(f"1,Tea,250,{text}", currency)
    assert product.price_minor == minor
    assert set(report.counts) == kinds


def test_a_price_in_json_never_passes_through_binary_floating_point() -> None:
    products, _ = read('[{"id": "1", "name": "Tea", "weight": 250, "price": 4503599627370.23}]')
    assert products[0].price_minor == 450_359_962_737_023


def test_placeholder_prices_are_one_finding_with_a_count() -> None:
    rows = "".join(f"{number},Item,250,1\n" for number in range(8)) + "8,Other,250,2.45\n"
    products, report = read(HEADER + rows)
    assert report.counts == {IssueKind.PLACEHOLDER_PRICES: 8}
    (issue,) = report.rows
    assert "8 of 9 prices are 1.00 USD" in str(issue)
    assert {product.price_minor for product in products} == {100, 245}, "placeholders are reported, not removed"


def test_equal_prices_of_less_than_half_are_no_finding() -> None:
    rows = "".join(f"{number},Item,250,{1 if number < 6 else number}\n" for number in range(13))
    assert not read(HEADER + rows)[1].counts


def test_a_few_equal_prices_are_no_finding() -> None:
    assert not read(HEADER + "1,A,250,1\n2,B,250,1\n3,C,250,1\n4,D,250,1\n")[1].counts


def test_a_price_far_above_the_others_is_doubtful() -> None:
    _, report = read(HEADER + "1,A,250,1.10\n2,B,250,1.20\n3,C,250,10000\n")
    (issue,) = report.of(IssueKind.DOUBTFUL_PRICE)
    assert issue.subject == "3"


# ---- names ------------------------------------------------------------------------------------------------------


def test_names_are_tidied_and_cut() -> None:
    assert one('1,"  Green\n tea ",250,1.25')[0].name == "Green tea"
    product, report = one(f"1,{'x' * 5000},250,1.25")
    assert len(product.name) == 200
    assert report.counts == {IssueKind.LONG_NAME: 1}
    assert one("1,,250,1.25")[1].counts == {IssueKind.MISSING_NAME: 1}


def test_a_formula_is_just_a_name() -> None:
    assert one('1,"=HYPERLINK(""http://x"")",250,1.25')[0].name == '=HYPERLINK("http://x")'


# ---- files ------------------------------------------------------------------------------------------------------


def test_a_table_without_ids_is_refused() -> None:
    with pytest.raises(CatalogFileError, match=r"products\.csv, line 1: no column product or .*; the file has: a, b"):
        read("a,b\n1,2\n")


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(MoneyError):
        read(HEADER, "ZZZ")


def test_lines_of_nested_json_are_read() -> None:
    text = '{"product_id": {"id": "01"}, "metadata": {"name": "Soup", "price": 1, "weight": 340.5}}\n'
    products, report = read(text + text + "{broken\n")
    assert products == (Product(ProductId("01"), "Soup", 340.5, price_minor=100),)
    assert report.counts == {IssueKind.UNREADABLE_ROW: 1, IssueKind.DUPLICATE: 1}
    assert report.rows_read == 3


field = st.text(st.sampled_from("0123456789.-abn ,\"'\n\x1b=<"), max_size=8)


@given(st.lists(st.tuples(st.sampled_from("1234"), field, field, field), max_size=8))
def test_any_rows_give_products_in_order_and_a_report(rows: list[tuple[str, str, str, str]]) -> None:
    quoted = "".join(",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n" for row in rows)
    products, report = read(HEADER + quoted)
    assert [product.id for product in products] == list(dict.fromkeys(row[0] for row in rows))
    assert (report.rows_read, report.kept) == (len(rows), len(products))
    assert all(product.weight_g is None or product.weight_g > 0 for product in products)
    assert all(product.price_minor is None or product.price_minor > 0 for product in products)
    assert "\x1b" not in str(report)
    assert (products, report) == read(HEADER + quoted)


# ---- a real catalogue -------------------------------------------------------------------------------------------


def test_the_real_catalogue_in_json(shared_data: Path) -> None:
    path = shared_data / "autocheckout" / "benchmark-1" / "products.json"
    products, report = read_products(path.read_bytes(), path.name)
    assert (report.rows_read, len(products)) == (711, 361)
    counts = report.counts
    assert counts[IssueKind.DUPLICATE] == 350
    assert {issue.subject for issue in report.of(IssueKind.WRONG_CHECK_DIGIT)} == {"111111111111", "071142004007"}
    assert len(report.of(IssueKind.PLACEHOLDER_PRICES)) == 1
    assert counts[IssueKind.PLACEHOLDER_PRICES] > 300
    assert IssueKind.CONTRADICTION not in counts
    (water,) = (product for product in products if product.id == "071142008582")
    assert water.weight_g is not None
    assert water.price_minor is not None


def test_the_real_catalogue_in_csv(shared_data: Path) -> None:
    path = shared_data / "autocheckout" / "cps-test-01" / "products.csv"
    products, report = read_products(path.read_bytes(), path.name)
    assert (report.rows_read, len(products)) == (566, 239)
    assert report.counts[IssueKind.MISSING_ID] == 153
    (issue,) = report.of(IssueKind.CONTRADICTION)
    assert issue.subject == "01210806"
