"""The planogram out of tables: facings of neighbouring plates, and what leads nowhere."""

from pathlib import Path

import pytest

from tillfree.catalog.errors import CatalogFileError
from tillfree.catalog.layout_table import read_layout
from tillfree.catalog.model import Facing, Fixture, Product
from tillfree.catalog.planogram_table import read_planogram
from tillfree.catalog.product_table import read_products
from tillfree.catalog.report import CatalogReport, IssueKind
from tillfree.core.ids import FixtureId, ProductId

PRODUCTS = (
    Product(ProductId("036000291452"), "Tea"),
    Product(ProductId("4011"), "Bananas", barcodes=("04963406",)),
    Product(ProductId("44"), "Soup"),
)
LAYOUT = b"""fixture,shelf,x_m,y_m,z_m,width_m,depth_m,height_m,plates
g1,1,0,0,0.2,1.2,0.4,0.3,6
g1,2,0,0,0.6,1.2,0.4,0.3,4
"""


@pytest.fixture(scope="module")
def fixtures() -> tuple[Fixture, ...]:
    return read_layout(LAYOUT, "layout.csv")[0]


def read(text: str, fixtures: tuple[Fixture, ...] | None = None) -> tuple[tuple[Facing, ...], CatalogReport]:
    return read_planogram(text.encode(), "planogram.csv", PRODUCTS, fixtures)


def facing(product: str, shelf: int, *plates: int) -> Facing:
    return Facing(ProductId(product), FixtureId("g1"), shelf, plates)


@pytest.mark.parametrize("plates", ["2-4", "2 - 4", "2|3|4", '"2,3,4"', '"2; 3 4"', "4|2-3"])
def test_plates_can_be_written_in_several_ways(plates: str, fixtures: tuple[Fixture, ...]) -> None:
    facings, report = read(f"product,fixture,shelf,plates\n44,g1,1,{plates}\n", fixtures)
    assert facings == (facing("44", 1, 2, 3, 4),)
    assert report == CatalogReport(rows_read=1, kept=1)


def test_one_row_per_plate_gives_the_same_facing(fixtures: tuple[Fixture, ...]) -> None:
    text = "product,gondola,shelf,plate\n44,g1,1,3\n4011,g1,1,1\n44,g1,1,2\n44,-1,-1,-1\n"
    facings, report = read(text, fixtures)
    assert facings == (facing("44", 1, 2, 3), facing("4011", 1, 1))
    assert not report.counts


def test_json_is_read_as_well(fixtures: tuple[Fixture, ...]) -> None:
    text = '{"facings": [{"product": "44", "fixture": "g1", "shelf": 2, "plates": [1, 2]}]}'
    assert read(text, fixtures) == ((facing("44", 2, 1, 2),), CatalogReport(rows_read=1, kept=1))


@pytest.mark.parametrize(("number", "product"), [("0036000291452", "036000291452"), ("049000006346", "4011")])
def test_a_product_is_found_by_any_form_of_its_numbers(number: str, product: str) -> None:
    assert read(f"product,fixture,shelf,plates\n{number},g1,1,1\n")[0] == (facing(product, 1, 1),)


@pytest.mark.parametrize(
    ("row", "kind", "detail"),
    [
        ("99,g1,1,1", IssueKind.UNKNOWN_PRODUCT, "not among the products"),
        ("44,g2,1,1", IssueKind.UNKNOWN_SHELF, "the layout has no shelf g2/1"),
        ("44,g1,3,1", IssueKind.UNKNOWN_SHELF, "the layout has no shelf g1/3"),
        ("44,g1,2,5", IssueKind.MISSING_PLATE, "shelf g1/2 has 4 plates, none with number 5"),
        ("44,g1,2,0", IssueKind.MISSING_PLATE, "none with number 0"),
        ("44,g1,2,", IssueKind.EMPTY_FACING, "no plates named"),
        (",g1,2,1", IssueKind.EMPTY_FACING, "no product named"),
        ("44,g1,x,1", IssueKind.BAD_VALUE, "shelf 'x'"),
        ("44,,1,1", IssueKind.BAD_VALUE, "fixture ''"),
        ("44,g1,1,4-2", IssueKind.BAD_VALUE, "plates '4-2'"),
        ("44,g1,1,1-9999", IssueKind.BAD_VALUE, "are no place"),
        ("44,g1,1,|", IssueKind.BAD_VALUE, "plates '|'"),
    ],
)
def test_a_row_that_leads_nowhere_is_left_out(
    row: str, kind: IssueKind, detail: str, fixtures: tuple[Fixture, ...]
) -> None:
    facings, report = read(f"product,fixture,shelf,plates\n{row}\n44,g1,1,1\n", fixtures)
    assert facings == (facing("44", 1, 1),), "reading goes on"
    (issue,) = report.rows
    assert (issue.kind, issue.line) == (kind, 2)
    assert detail in issue.detail


def test_plates_that_exist_are_kept_of_a_facing(fixtures: tuple[Fixture, ...]) -> None:
    facings, report = read("product,fixture,shelf,plates\n44,g1,2,3-6\n", fixtures)
    assert facings == (facing("44", 2, 3, 4),)
    assert report.counts == {IssueKind.MISSING_PLATE: 1}
    assert "none with number 5, 6" in str(report)


def test_without_a_layout_places_are_believed() -> None:
    assert read("product,fixture,shelf,plates\n44,g9,7,12\n")[0][0].plates == (12,)


def test_plates_apart_become_facings_of_their_own(fixtures: tuple[Fixture, ...]) -> None:
    facings, report = read("product,fixture,shelf,plates\n44,g1,1,1|2|5\n", fixtures)
    assert facings == (facing("44", 1, 1, 2), facing("44", 1, 5))
    assert report.counts == {IssueKind.SPLIT_FACING: 1}


def test_two_products_on_one_plate_are_reported_and_kept(fixtures: tuple[Fixture, ...]) -> None:
    facings, report = read("product,fixture,shelf,plates\n44,g1,1,1-2\n4011,g1,1,2-3\n", fixtures)
    assert facings == (facing("44", 1, 1, 2), facing("4011", 1, 2, 3))
    assert report.counts == {IssueKind.SHARED_PLATE: 1}


def test_the_same_facing_twice_is_kept_once(fixtures: tuple[Fixture, ...]) -> None:
    facings, report = read("product,fixture,shelf,plates\n44,g1,1,1\n44,g1,1,1\n", fixtures)
    assert facings == (facing("44", 1, 1),)
    assert report.counts == {IssueKind.DUPLICATE: 1}


def test_a_table_without_places_is_refused() -> None:
    with pytest.raises(CatalogFileError, match="no column shelf or shelf_index"):
        read("product,fixture,plates\n44,g1,1\n")


def test_the_real_planogram_of_one_row_per_plate(shared_data: Path) -> None:
    path = shared_data / "autocheckout" / "cps-test-01" / "products.csv"
    products, _ = read_products(path.read_bytes(), path.name)
    facings, report = read_planogram(path.read_bytes(), path.name, products)
    assert len(facings) == 121
    assert {facing.fixture for facing in facings} == {"1", "2", "3", "4", "5"}
    assert not report.counts
