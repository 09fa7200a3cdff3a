"""What cameras see of people: past furniture, past others, and what a tracker makes of it."""

import math

import msgspec
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.simulation.scenes import frames, small_shop
from tillfree.catalog.cameras import Camera
from tillfree.catalog.model import Fixture, Shop
from tillfree.core.geometry import Box, Point, Pose
from tillfree.core.ids import FixtureId
from tillfree.simulation.options import SimulationOptions
from tillfree.simulation.recording import simulate
from tillfree.simulation.stores.named import STORES, store_of
from tillfree.simulation.tracks.sightlines import Sightlines, tracking_cameras

Floats = npt.NDArray[np.float64]

WALL = Fixture(FixtureId("wall"), Box(Pose(Point(-2.0, 1.0, 0.0)), 4.0, 0.5, 2.0), ())
"""From y = 1.0 to 1.5, two metres high, with its front towards -y."""
LOW = Camera("low", Point(0.0, 4.0, 2.0), Point(0.0, 0.0, 1.0), 120.0, 1600, 1200)
FRONT = Camera("front", Point(0.0, -3.0, 2.5), Point(0.0, 0.0, 1.0), 120.0, 1600, 1200)
ABOVE = Camera("above", Point(0.0, 0.0, 2.9), Point(0.0, 0.0, 0.0), 130.0, 1600, 1200)


def upright(x: float, y: float) -> Floats:
    """Joints of somebody who stands there and looks towards +y, wrists out to both sides."""
    return np.array(
        [
            (x, y, 1.72),
            (x, y, 1.5),
            (x - 0.19, y, 1.45),
            (x + 0.19, y, 1.45),
            (x - 0.3, y, 1.2),
            (x + 0.3, y, 1.2),
            (x - 0.35, y, 0.95),
            (x + 0.35, y, 0.95),
        ]
    )


def views(cameras: list[Camera], people: list[Floats], fixtures: tuple[Fixture, ...] = ()) -> Floats:
    """How many cameras see each joint of each person, at one moment."""
    joints = np.stack(people)[:, None]
    return Sightlines(cameras, fixtures).views(joints, np.ones((len(people), 1), np.bool_))[:, 0].astype(np.float64)


def test_a_joint_behind_furniture_is_not_seen_by_that_camera() -> None:
    person = [upright(0.0, 0.6)]
    assert (views([FRONT], person, (WALL,)) == 1).all()
    assert (views([LOW], person) == 1).all()
    assert (views([LOW], person, (WALL,)) == 0).all()
    assert (views([LOW, FRONT], person, (WALL,)) == 1).all()


def test_over_the_top_of_furniture_heads_are_seen_and_hands_are_not() -> None:
    high = msgspec.structs.replace(LOW, position=Point(0.0, 4.0, 3.4))
    low_wall = msgspec.structs.replace(WALL, box=msgspec.structs.replace(WALL.box, height_m=1.4))
    (seen,) = views([high], [upright(0.0, 0.5)], (low_wall,))
    assert seen[0] == 1
    assert (seen[6:] == 0).all()


def test_a_hand_in_a_shelf_is_seen_from_before_it_alone() -> None:
    person = upright(-0.5, 0.5)
    person[7] = (0.1, 1.2, 1.1)
    assert views([FRONT], [person], (WALL,))[0, 7] == 1
    assert views([LOW], [person], (WALL,))[0, 7] == 0


def test_who_stands_behind_somebody_is_hidden_and_the_other_is_not() -> None:
    before, behind = upright(0.0, -0.6), upright(0.1, 0.0)
    one, other = views([FRONT], [before, behind])
    assert (one == 1).all()
    assert other[6] == 1  # out to the side
    assert (other[[1, 4, 5]] < 1).any()
    assert (views([FRONT], [behind]) == 1).all()


def test_ones_own_body_hides_ones_hand() -> None:
    person = upright(0.0, 0.0)
    person[7] = (0.0, 0.25, 1.1)
    assert views([FRONT], [person])[0, 7] == 0
    assert views([ABOVE], [person])[0, 7] == 1


@given(st.floats(-3.0, 3.0), st.floats(-3.0, 3.0), st.floats(-math.pi, math.pi))
def test_turning_the_whole_shop_changes_nothing(x: float, y: float, yaw: float) -> None:
    """Cameras, a person and a screen that hides all of them turn together about the vertical."""
    turn = Pose(Point(x, y, 0.0), yaw)
    spot = turn.to_parent(Point(0.0, 0.45, 0.0))
    screen = msgspec.structs.replace(WALL, box=msgspec.structs.replace(WALL.box, pose=turn.then(WALL.box.pose)))

    def moved(camera: Camera) -> Camera:
        return msgspec.structs.replace(
            camera, position=turn.to_parent(camera.position), looks_at=turn.to_parent(camera.looks_at)
        )

    points = [turn.to_parent(Point(*joint)) for joint in upright(0.0, 0.45).tolist()]
    person = np.array([(point.x, point.y, point.z) for point in points])
    assert math.dist(person[1, :2], (spot.x, spot.y)) < 1e-9
    assert (views([moved(LOW)], [person], (screen,)) == 0).all()
    assert (views([moved(LOW)], [person])[0, :4] == 1).all()


def test_who_is_not_there_hides_nobody_and_is_not_seen() -> None:
    joints = np.stack([upright(0.0, -0.6), upright(0.1, 0.0)])[:, None]
    seen = Sightlines([FRONT], ()).views(joints, np.array([[False], [True]]))
    assert (seen[0] == 0).all()
    assert (seen[1] == 1).all()


def test_far_cameras_and_those_that_look_away_see_nothing() -> None:
    away = msgspec.structs.replace(FRONT, looks_at=Point(0.0, -9.0, 1.0))
    far = msgspec.structs.replace(FRONT, position=Point(0.0, -8.0, 2.5))
    assert (views([away], [upright(0.0, 0.0)]) == 0).all()
    assert (views([far], [upright(0.0, 0.0)]) == 0).all()


@pytest.mark.parametrize("name", STORES)
def test_alone_on_the_floor_of_a_store_nearly_every_joint_has_two_views(name: str) -> None:
    shop = store_of(name)
    visits = simulate(shop, SimulationOptions(shoppers=1, seed=4, takes=5.0)).script.visits
    spots = [(x, y) for visit in visits for _, x, y in visit.path]
    sight = Sightlines.of(shop)
    assert sight is not None
    joints = np.stack([upright(*spot) for spot in spots])[None]
    seen = sight.views(joints, np.ones((1, len(spots)), np.bool_))
    assert (seen[..., :4] >= 2).mean() > 0.85
    assert seen.max() > 2


def test_cameras_of_the_tracker_hang_over_the_whole_floor_however_large() -> None:
    shop = store_of("convenience")
    cameras = tracking_cameras(shop)
    (floor,) = [zone for zone in shop.zones if zone.use == "aisle"]
    for x in np.linspace(floor.x_min_m, floor.x_max_m, 9):
        for y in np.linspace(floor.y_min_m, floor.y_max_m, 9):
            assert min(math.hypot(camera.position.x - x, camera.position.y - y) for camera in cameras) < 1.8
    vast = msgspec.structs.replace(floor, x_max_m=9000.0, y_max_m=9000.0)
    assert len(tracking_cameras(msgspec.structs.replace(shop, zones=(vast,)))) < 4500
    assert Sightlines.of(Shop("empty", (), (), ())) is None


# ---- in recordings ----------------------------------------------------------------------------------------------


def missing_share(shop: Shop, **options: object) -> float:
    wanted = {"shoppers": 4, "seed": 6, "arrival_spread_s": 4.0, **options}
    people = [
        person
        for frame in frames(simulate(shop, msgspec.convert(wanted, SimulationOptions)).events())
        for person in frame.people
    ]
    return 1.0 - sum(len(person.joints) for person in people) / (8.0 * len(people))


def test_in_a_store_with_cameras_people_lose_joints_unless_told_otherwise() -> None:
    shop = store_of("nano")
    clear = missing_share(shop, sightlines=False)
    assert clear < 0.02
    assert missing_share(shop) == missing_share(shop, sightlines=True) > clear + 0.003


def test_a_shop_without_cameras_is_as_before_unless_asked() -> None:
    shop, options = small_shop(), SimulationOptions(shoppers=1, seed=6, takes=1.0)
    plain = list(simulate(shop, options).events())
    assert plain == list(simulate(shop, msgspec.structs.replace(options, sightlines=False)).events())
    assert plain != list(simulate(shop, msgspec.structs.replace(options, sightlines=True)).events())


def test_whom_no_camera_sees_is_not_in_the_frame() -> None:
    shop = msgspec.structs.replace(small_shop(), zones=(), fixtures=small_shop().fixtures)
    recording = simulate(shop, SimulationOptions(shoppers=3, seed=6, sightlines=True, arrival_spread_s=1.0))
    assert all(person.joints for frame in frames(recording.events()) for person in frame.people)
