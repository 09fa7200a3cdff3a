"""Furniture out of tables."""

import math

import pytest

from tillfree.catalog.errors import CatalogFileError
from tillfree.catalog.layout_table import read_layout
from tillfree.catalog.model import Fixture, plate_point
from tillfree.catalog.report import CatalogReport, IssueKind
from tillfree.core.geometry import Point

HEADER = "fixture,shelf,x_m,y_m,z_m,yaw_deg,width_m,depth_m,height_m,plates\n"


def read(rows: str) -> tuple[tuple[Fixture, ...], CatalogReport]:
    return read_layout((HEADER + rows).encode(), "layout.csv")


def test_shelves_become_fixtures() -> None:
    fixtures, report = read("g2,2,0,0,0.6,0,1.2,0.4,0.3,4\ng1,1,5,0,0.2,,1,0.4,0.3,2\ng2,1,0,0,0.2,0,1.2,0.5,0.3,6\n")
    assert [(fixture.id, [shelf.index for shelf in fixture.shelves]) for fixture in fixtures] == [
        ("g2", [1, 2]),
        ("g1", [1]),
    ]
    assert report == CatalogReport(rows_read=3, kept=3)
    box = fixtures[0].box
    assert (box.pose.origin, box.width_m, box.depth_m) == (Point(0.0, 0.0, 0.2), 1.2, 0.5)
    assert box.height_m == pytest.approx(0.7)
    assert fixtures[1].shelves[0].plates == ((0.0, 0.5), (0.5, 1.0))


def test_a_turned_fixture_encloses_its_shelves() -> None:
    fixtures, _ = read("g,1,4,-0.3,0.2,-90,0.8,0.4,0.3,2\ng,2,4,-0.3,0.6,-90,0.8,0.3,0.3,2\n")
    box = fixtures[0].box
    assert box.pose.yaw_rad == pytest.approx(-math.pi / 2)
    assert (box.width_m, box.depth_m, box.height_m) == pytest.approx((0.8, 0.4, 0.7))
    for shelf in fixtures[0].shelves:
        assert box.contains(plate_point(shelf, 1), margin_m=1e-9)
    first = plate_point(fixtures[0].shelves[0], 1)
    assert (first.x, first.y, first.z) == pytest.approx((4.0, -0.5, 0.2)), "turned clockwise: along the front is -y"


def test_edges_of_plates_can_be_given() -> None:
    fixtures, report = read("g,1,0,0,0,0,1,0.4,0.3,0-0.1|0.1 - 0.25|0.3-1\n")
    assert fixtures[0].shelves[0].plates == ((0.0, 0.1), (0.1, 0.25), (0.3, 1.0))
    assert not report.counts


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        ("g,1,0,0,0,0,0,0.4,0.3,4", IssueKind.BAD_SIZE),
        ("g,1,0,0,0,0,1,-0.4,0.3,4", IssueKind.BAD_SIZE),
        ("g,1,nan,0,0,0,1,0.4,0.3,4", IssueKind.BAD_VALUE),
        ("g,1,,0,0,0,1,0.4,0.3,4", IssueKind.BAD_VALUE),
        ("g,1,1e9,0,0,0,1,0.4,0.3,4", IssueKind.BAD_VALUE),
        ("g,0,0,0,0,0,1,0.4,0.3,4", IssueKind.BAD_VALUE),
        ("g,x,0,0,0,0,1,0.4,0.3,4", IssueKind.BAD_VALUE),
        (",1,0,0,0,0,1,0.4,0.3,4", IssueKind.BAD_VALUE),
        ("g,1,0,0,0,0,1,0.4,0.3,x", IssueKind.BAD_VALUE),
        ("g,1,0,0,0,0,1,0.4,0.3,", IssueKind.BAD_VALUE),
        ("g,1,0,0,0,0,1,0.4,0.3,-1", IssueKind.BAD_VALUE),
        ("g,1,0,0,0,0,1,0.4,0.3,99999999", IssueKind.BAD_VALUE),
        ("g,1,0,0,0,0,1,0.4,0.3,0-0.5|0.4-1.1", IssueKind.BAD_VALUE),
        ("g,1,0,0,0,0,1,0.4,0.3,0.5-1|0-0.5", IssueKind.BAD_VALUE),
        ("g,1,0,0,0,0,1,0.4,0.3,0.5-0.5", IssueKind.BAD_VALUE),
        ("ok,1,0,0,0,0,1,0.4,0.3,4", IssueKind.DUPLICATE),
    ],
)
def test_a_bad_row_is_left_out(row: str, kind: IssueKind) -> None:
    fixtures, report = read(f"ok,1,0,0,0,0,1,0.4,0.3,4\n{row}\n")
    assert [fixture.id for fixture in fixtures] == ["ok"]
    (issue,) = report.rows
    assert (issue.kind, issue.line) == (kind, 3)


def test_a_shelf_without_plates_is_a_shelf() -> None:
    assert read("g,1,0,0,0,0,1,0.4,0.3,0\n")[0][0].shelves[0].plates == ()


def test_a_table_without_sizes_is_refused() -> None:
    with pytest.raises(CatalogFileError, match="no column z_m"):
        read_layout(b"fixture,shelf,x_m,y_m,plates\ng,1,0,0,4\n", "layout.csv")
