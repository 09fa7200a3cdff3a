"""Cameras: which point falls on which pixel, and tables of them."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.catalog.camera_table import read_cameras
from tillfree.catalog.cameras import Camera, camera_problems, pixel_of
from tillfree.catalog.errors import CatalogFileError
from tillfree.catalog.report import CatalogReport, IssueKind
from tillfree.core.geometry import Point

LEVEL = Camera("c", Point(0.0, 0.0, 1.0), Point(0.0, 5.0, 1.0), 90.0, 1920, 1080)
HEADER = "camera,x_m,y_m,z_m,look_x_m,look_y_m,look_z_m,fov_deg,width_px,height_px,k1\n"
GOOD = "a,0,-2,2.8,0,0,0.9,90,1920,1080,-0.1\n"


def test_a_level_camera_that_looks_north_has_east_at_its_right() -> None:
    seen = pixel_of(LEVEL, Point(1.0, 2.0, 1.5))
    assert seen is not None
    # 960 px are one focal length: half a metre per metre to the right, a quarter up.
    assert (seen.u_px, seen.v_px, seen.depth_m) == pytest.approx((960 + 480, 540 - 240, 2.0))
    assert pixel_of(LEVEL, Point(2.1, 2.0, 1.0)) is None, "beyond 45 degrees"
    assert pixel_of(LEVEL, Point(0.0, -2.0, 1.0)) is None, "behind it"


def test_a_camera_that_looks_down_has_north_at_the_top() -> None:
    down = msgspec.structs.replace(LEVEL, position=Point(0.0, 0.0, 3.0), looks_at=Point(0.0, 0.0, 0.0))
    seen = pixel_of(down, Point(0.6, 0.3, 0.0))
    assert seen is not None
    assert (seen.u_px, seen.v_px) == pytest.approx((960 + 192, 540 - 96))


def test_a_barrel_draws_the_edge_inwards_and_never_folds_it_back() -> None:
    barrel = msgspec.structs.replace(LEVEL, k1=-0.2)
    seen = pixel_of(barrel, Point(1.0, 1.0, 1.0))
    assert seen is not None
    assert seen.u_px == pytest.approx(960 + 960 * 0.8)
    assert pixel_of(barrel, Point(2.2, 1.0, 1.0)) is None


@given(st.floats(-3.0, 3.0), st.floats(-3.0, 3.0), st.floats(0.0, 2.5), st.floats(-math.pi, math.pi))
def test_turning_the_shop_about_the_camera_changes_no_pixel(x: float, y: float, z: float, turn: float) -> None:
    cos, sin = math.cos(turn), math.sin(turn)

    def turned(point: Point) -> Point:
        return Point(cos * point.x - sin * point.y, sin * point.x + cos * point.y, point.z)

    camera = Camera("c", Point(0.0, 0.0, 2.8), Point(0.5, 1.5, 0.9), 80.0, 1000, 1000)
    other = msgspec.structs.replace(camera, looks_at=turned(camera.looks_at))
    one, two = pixel_of(camera, Point(x, y, z)), pixel_of(other, turned(Point(x, y, z)))
    if one is not None and two is not None:
        assert (two.u_px, two.v_px, two.depth_m) == pytest.approx((one.u_px, one.v_px, one.depth_m), abs=1e-6)
    else:
        seen = one or two
        # Rounding may decide at the very edge only.
        assert seen is None or min(seen.u_px, seen.v_px, 1000 - seen.u_px, 1000 - seen.v_px) < 1e-6


# ---- tables -----------------------------------------------------------------------------------------------------


def test_a_clean_table() -> None:
    cameras, report = read_cameras((HEADER + GOOD + "b,0,-2,2.8,1,0,0.9,60,640,480,\n").encode(), "cameras.csv")
    assert cameras == (
        Camera("a", Point(0.0, -2.0, 2.8), Point(0.0, 0.0, 0.9), 90.0, 1920, 1080, -0.1),
        Camera("b", Point(0.0, -2.0, 2.8), Point(1.0, 0.0, 0.9), 60.0, 640, 480),
    )
    assert report == CatalogReport(rows_read=2, kept=2)


def test_a_table_in_json() -> None:
    names, cells = HEADER.strip().split(","), GOOD.strip().split(",")
    data = msgspec.json.encode([dict(zip(names, cells, strict=True))])
    assert read_cameras(data, "cameras.json")[0] == read_cameras((HEADER + GOOD).encode(), "cameras.csv")[0]


@pytest.mark.parametrize(
    ("row", "kind", "words"),
    [
        (",0,-2,2.8,0,0,0.9,90,1920,1080,", IssueKind.BAD_VALUE, "no id"),
        ("b,0,-2,,0,0,0.9,90,1920,1080,", IssueKind.BAD_VALUE, "z_m '' is no number"),
        ("b,0,-2,2.8,0,0,0.9,90,1920.5,1080,", IssueKind.BAD_VALUE, "whole number of pixels"),
        ("b,0,-2,2.8,0,0,0.9,90,1920,1080,x", IssueKind.BAD_VALUE, "k1 'x'"),
        ("b,0,-2,2.8,0,-2,2.8,90,1920,1080,", IssueKind.BAD_CAMERA, "looks at the place where it hangs"),
        ("b,0,-2e9,2.8,0,0,0.9,90,1920,1080,", IssueKind.BAD_CAMERA, "within 10000 m"),
        ("b,0,-2,2.8,0,0,0.9,180,1920,1080,", IssueKind.BAD_CAMERA, "fov_deg 180"),
        ("b,0,-2,2.8,0,0,0.9,90,1920,0,", IssueKind.BAD_CAMERA, "height_px 0"),
        ("b,0,-2,2.8,0,0,0.9,90,1920,1080,-0.6", IssueKind.BAD_CAMERA, "k1 -0.6"),
        (GOOD.strip(), IssueKind.DUPLICATE, "described before"),
    ],
)
def test_a_bad_row_is_left_out(row: str, kind: IssueKind, words: str) -> None:
    cameras, report = read_cameras(f"{HEADER}{GOOD}{row}\n".encode(), "cameras.csv")
    assert [camera.id for camera in cameras] == ["a"]
    (issue,) = report.rows
    assert (issue.kind, issue.line) == (kind, 3)
    assert words in issue.detail


def test_a_table_without_a_lens_is_refused() -> None:
    with pytest.raises(CatalogFileError, match="no column fov_deg"):
        read_cameras(b"camera,x_m,y_m,z_m,look_x_m,look_y_m,look_z_m\na,0,0,0,0,0,1\n", "cameras.csv")


def test_numbers_that_are_none_are_problems() -> None:
    bad = msgspec.structs.replace(LEVEL, k1=math.nan, position=Point(math.nan, 0.0, 0.0))
    assert len(list(camera_problems(bad))) == 2
    assert list(camera_problems(LEVEL)) == []
