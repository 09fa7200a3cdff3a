"""Simulated hands are repeatable, and their landmarks lie on them."""

import numpy as np
import pytest

pytest.importorskip("cv2", reason="hands are drawn with the extra 'palm'")

from tillfree.palm.capture.landmarks import CORNERS, FRAME, LANDMARKS, square_points
from tillfree.palm.capture.regions import SQUARES
from tillfree.palm.samples import Band
from tillfree.simulation.palms.hands.anatomy import body_of, pose_at_random, shape_at_random
from tillfree.simulation.palms.hands.drawing import Tilt
from tillfree.simulation.palms.hands.scenes import Hand, HandScene, Place, empty_scene, hand_scene
from tillfree.simulation.palms.hands.skin import TONES, Skin

PLACE = Place(150.0, 170.0, 80.0)
FACING = Tilt(0.0, 0.0, 7.0)


def scene(number: int, band: Band = "visible", place: Place = PLACE, faults: float = 1.0) -> HandScene:
    return hand_scene(5, number, (300, 300), place, band, faults=faults)


def test_the_same_number_is_the_same_picture() -> None:
    assert np.array_equal(scene(1).image.pixels, scene(1).image.pixels)
    assert not np.array_equal(scene(1).image.pixels, scene(2).image.pixels)


@pytest.mark.parametrize("band", ["visible", "nir"])
def test_landmarks_of_the_palm_lie_on_skin(band: Band) -> None:
    hits = []
    for number in range(6):
        drawn = scene(number, band)
        x, y = np.round(drawn.landmarks[[0, 1, 2, 3, 21]]).astype(int).T
        hits.append(drawn.skin[y, x] > 128)
        assert drawn.image.band == band
        assert drawn.landmarks.shape == (len(LANDMARKS), 2)
    assert np.mean(hits) > 0.85


def test_near_infrared_has_no_colour() -> None:
    pixels = scene(3, "nir").image.pixels.astype(int)
    assert np.abs(pixels - pixels.mean(axis=2, keepdims=True)).max() <= 1


def test_a_mirrored_hand_has_its_thumb_on_the_other_side() -> None:
    left, right = (scene(4, place=Place(150.0, 170.0, 80.0, 0.0, mirrored)) for mirrored in (False, True))
    assert left.landmarks[12, 0] < left.landmarks[21, 0]
    assert right.landmarks[12, 0] > right.landmarks[21, 0]


def test_the_plane_of_the_palm_leads_to_the_corners() -> None:
    rng = np.random.default_rng(1)
    shape, pose = shape_at_random(rng), pose_at_random(rng)
    drawn = hand_scene(5, 9, (300, 300), Place(150.0, 160.0, 80.0, 40.0, True), "visible",
                       hand=Hand(shape, pose, Tilt(10.0, -8.0, 5.0)))  # fmt: skip
    ends = np.column_stack([square_points(*FRAME), np.ones(5)]) @ drawn.plane.T
    away = np.linalg.norm(ends[:, :2] / ends[:, 2:] - drawn.landmarks[CORNERS], axis=1)
    # The palm is a little cupped, the plane is not.
    assert away.max() < 0.12 * 80.0


def test_bodies_are_whole() -> None:
    for number in range(20):
        rng = np.random.default_rng(number)
        body = body_of(shape_at_random(rng), pose_at_random(rng))
        assert np.isfinite(body.landmarks).all()
        assert (body.radii > 0.0).all()
        assert len(body.centres) == len(body.radii) == len(body.parts)


def test_a_scene_without_a_hand_says_so() -> None:
    empty = empty_scene(np.random.default_rng(2), (128, 96), "visible")
    assert empty.image.pixels.shape == (96, 128, 3)
    assert len(empty.landmarks) == 0
    assert not empty.skin.any()


def _with_skin(skin: Skin | None, tilt: Tilt = FACING, band: Band = "visible") -> HandScene:
    rng = np.random.default_rng(6)
    shape, pose = shape_at_random(rng), pose_at_random(rng)
    return hand_scene(
        5, 12, (400, 400), Place(200.0, 220.0, 130.0), band, hand=Hand(shape, pose, tilt, skin), faults=0.0
    )


def test_a_surface_is_worn_where_the_palm_is_and_tilts_with_it() -> None:
    spots = np.ones((256, 256), np.float32)
    # The middle of the canvas is the middle of the region.
    spots[120:136, 120:136] = 0.1
    bare = np.ones_like(spots)
    for tilt in (FACING, Tilt(25.0, 0.0, 5.0), Tilt(0.0, -25.0, 5.0)):
        spotted, even = (_with_skin(Skin(each), tilt) for each in (spots, bare))
        change = even.image.pixels.astype(float).sum(axis=2) - spotted.image.pixels.astype(float).sum(axis=2)
        rows, columns = np.nonzero(change > 0.5 * change.max())
        x, y, _ = SQUARES["visible"]
        there = spotted.plane @ (x, y, 1.0)
        away = np.hypot(columns.mean() - there[0] / there[2], rows.mean() - there[1] / there[2])
        assert away < 0.03 * 130.0


def test_tone_and_rings_can_be_asked_for() -> None:
    light, dark = (_with_skin(Skin(tone=tone)) for tone in (0.0, float(TONES)))
    middle = np.s_[190:250, 170:230]
    assert light.image.pixels[middle].mean() > 1.4 * dark.image.pixels[middle].mean()
    ringed, plain = (_with_skin(Skin(rings=rings)) for rings in (1.0, 0.0))
    fingers = np.s_[:140]
    assert (plain.skin[fingers] > 0).sum() > (ringed.skin[fingers] > 0).sum() + 100


def test_without_wishes_a_hand_is_as_it_was() -> None:
    assert np.array_equal(_with_skin(None).image.pixels, _with_skin(Skin()).image.pixels)
