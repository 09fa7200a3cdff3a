"""Poses are rigid and can be undone; boxes know their inside wherever they stand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.core.geometry import Box, Point, Pose

metres = st.floats(-50, 50)
points = st.builds(Point, metres, metres, metres)
poses = st.builds(Pose, points, st.floats(-7, 7))
TOLERANCE_M = 1e-9


@given(poses, points)
def test_there_and_back(pose: Pose, point: Point) -> None:
    assert pose.to_local(pose.to_parent(point)).distance_m(point) < TOLERANCE_M
    assert pose.to_parent(pose.to_local(point)).distance_m(point) < TOLERANCE_M


@given(poses, points, points)
def test_a_pose_keeps_distances(pose: Pose, a: Point, b: Point) -> None:
    assert pose.to_parent(a).distance_m(pose.to_parent(b)) == pytest.approx(a.distance_m(b), abs=TOLERANCE_M)


@given(poses, poses, points)
def test_a_chain_of_poses_is_one_pose(outer: Pose, inner: Pose, point: Point) -> None:
    assert outer.then(inner).to_parent(point).distance_m(outer.to_parent(inner.to_parent(point))) < TOLERANCE_M


def test_yaw_turns_left() -> None:
    turned = Pose(Point(1.0, 2.0, 3.0), math.pi / 2).to_parent(Point(1.0, 0.0, 0.5))
    assert turned.distance_m(Point(1.0, 3.0, 3.5)) < TOLERANCE_M


sizes = st.floats(0.1, 5)
shares = st.floats(0.001, 0.999)


@given(poses, sizes, sizes, sizes, shares, shares, shares)
def test_a_box_contains_its_inside_and_nothing_beyond_its_margin(
    pose: Pose, width: float, depth: float, height: float, u: float, v: float, w: float
) -> None:
    box = Box(pose, width, depth, height)
    inside = Point(u * width, v * depth, w * height)
    assert box.contains(pose.to_parent(inside))
    for outside in (
        Point(width + 0.2, inside.y, inside.z),
        Point(inside.x, -0.2, inside.z),
        Point(inside.x, inside.y, height + 0.2),
    ):
        placed = pose.to_parent(outside)
        assert not box.contains(placed)
        assert not box.contains(placed, margin_m=0.19)
        assert box.contains(placed, margin_m=0.21)


@given(poses, sizes, sizes, sizes, shares, shares, st.floats(0, 1))
def test_what_is_in_a_box_is_within_its_floor_bounds(
    pose: Pose, width: float, depth: float, height: float, along: float, inside: float, margin: float
) -> None:
    box = Box(pose, width, depth, height)
    x_min, x_max, y_min, y_max = box.floor_bounds(margin)
    local = Point(-margin + along * (width + 2 * margin), -margin + inside * (depth + 2 * margin), height / 2)
    point = pose.to_parent(local)
    assert box.contains(point, margin)
    assert x_min <= point.x <= x_max
    assert y_min <= point.y <= y_max
