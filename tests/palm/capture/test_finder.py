"""A hand is found wherever it is, on the right side, and the same skin lands on the same pixels of the region."""

import os
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("cv2", reason="pictures of hands are read with the extra 'palm'")
pytest.importorskip("onnxruntime", reason="hands are found with the extra 'palm'")

from PIL import Image

from tillfree.palm.capture.finder import HandFinder
from tillfree.palm.capture.looks import GUIDANCE
from tillfree.palm.errors import PalmError
from tillfree.palm.samples import REGION_PX, HandImage
from tillfree.simulation.palms.hands.anatomy import Pose, body_of, shape_at_random
from tillfree.simulation.palms.hands.drawing import Tilt, draw_cutout
from tillfree.simulation.palms.hands.scenes import Hand, HandScene, Place, empty_scene, hand_scene, scene_of
from tillfree.storage.models import hand_model

SHARED = Path(os.environ.get("TILLFREE_SHARED", "../shared")) / "data" / "palm"
FLAT = Pose(
    sway_deg=np.array([-8.0, -1.0, 5.0, 12.0]), flex_deg=np.full((4, 3), 3.0), thumb_deg=40.0, thumb_lift_deg=10.0,
    thumb_bend_deg=5.0, cup=0.02, wrist_deg=0.0, forearm=2.5, sleeve=9.0,
)  # fmt: skip
UPRIGHT = Place(240.0, 260.0, 150.0)
FACING = Tilt(0.0, 0.0, 7.0)


@pytest.fixture(scope="module")
def finder() -> HandFinder:
    return HandFinder(hand_model())


def scene(place: Place, band: str = "visible", number: int = 1, tilt: Tilt = FACING) -> HandScene:
    hand = Hand(shape_at_random(np.random.default_rng(number)), FLAT, tilt)
    return hand_scene(31, number, (480, 480), place, band, hand=hand, faults=0.3)  # type: ignore[arg-type]


def off_by(drawn: HandScene, square: np.ndarray, other: HandScene, square_there: np.ndarray) -> float:
    """How far apart on the palm the corners of two views lie, root mean square, as a share of the side."""
    places = []
    for each, corners in ((drawn, square), (other, square_there)):
        points = np.column_stack([corners, np.ones(4)]) @ np.linalg.inv(each.plane).T
        places.append(points[:, :2] / points[:, 2:])
    side = np.linalg.norm(places[0][1] - places[0][0])
    return float(np.sqrt(((places[0] - places[1]) ** 2).sum(axis=1).mean()) / side)


@pytest.mark.parametrize("band", ["visible", "nir"])
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("turn_deg", [0.0, 100.0, 200.0])
def test_a_hand_is_found_at_any_turn(finder: HandFinder, band: str, mirrored: bool, turn_deg: float) -> None:
    drawn = scene(Place(240.0, 240.0, 140.0, turn_deg, mirrored), band)
    look = finder.look(drawn.image)
    assert look.found
    assert look.region is not None
    assert look.side == ("right" if mirrored else "left")
    assert look.palm_width_px == pytest.approx(140.0, rel=0.15)
    away = np.linalg.norm(look.landmarks[:9] - drawn.landmarks[:9], axis=1)
    assert away.mean() < 0.06 * 140.0
    assert look.region.side == look.side
    assert look.region.band == band


@pytest.mark.parametrize("band", ["visible", "nir"])
@pytest.mark.parametrize(
    "place", [Place(200.0, 230.0, 130.0, 170.0), Place(260.0, 250.0, 110.0, 60.0), Place(250.0, 260.0, 160.0, -25.0)]
)
def test_the_same_skin_lands_on_the_same_pixels(finder: HandFinder, band: str, place: Place) -> None:
    one, other = scene(UPRIGHT, band), scene(place, band)
    looks = finder.look(one.image), finder.look(other.image)
    assert off_by(one, looks[0].square, other, looks[1].square) < 0.12
    cut = [np.where(look.region.mask, look.region.pixels, np.nan) for look in looks if look.region is not None]
    both = ~np.isnan(cut[0]) & ~np.isnan(cut[1])
    assert both.mean() > 0.7


@pytest.mark.parametrize("band", ["visible", "nir"])
@pytest.mark.parametrize(
    ("tilt", "apart"),
    [(Tilt(10.0, 0.0, 6.0), 0.08), (Tilt(0.0, -10.0, 6.0), 0.08), (Tilt(-22.0, 0.0, 5.0), 0.14),
     (Tilt(0.0, 22.0, 5.0), 0.14)],
)  # fmt: skip
def test_a_tilted_palm_has_its_region_on_nearly_the_same_skin(
    finder: HandFinder, band: str, tilt: Tilt, apart: float
) -> None:
    facing, tilted = scene(UPRIGHT, band, 2), scene(UPRIGHT, band, 2, tilt)
    looks = finder.look(facing.image), finder.look(tilted.image)
    assert off_by(facing, looks[0].square, tilted, looks[1].square) < apart
    assert looks[1].quality.value > 60.0


def test_the_region_is_turned_fingers_up_and_thumb_left(finder: HandFinder) -> None:
    for mirrored in (False, True):
        drawn = scene(Place(240.0, 240.0, 140.0, 130.0, mirrored))
        look = finder.look(drawn.image)
        # The first corner is the one nearest to the root of the index finger, on the thumb's side.
        away = np.linalg.norm(look.square - drawn.landmarks[0], axis=1)
        assert away.argmin() == 0
        assert np.linalg.norm(look.square - drawn.landmarks[3], axis=1).argmin() == 1


def test_a_grey_picture_is_as_good_as_one_with_three_equal_colours(finder: HandFinder) -> None:
    drawn = scene(UPRIGHT, "nir")
    grey = finder.look(HandImage(drawn.image.pixels[..., 1].copy(), "nir"))
    three = finder.look(HandImage(np.repeat(drawn.image.pixels[..., 1:2], 3, axis=2), "nir"))
    assert grey.found
    assert np.allclose(grey.square, three.square)


def test_nothing_is_found_where_nothing_is(finder: HandFinder) -> None:
    for number in range(4):
        look = finder.look(empty_scene(np.random.default_rng(number), (320, 240), "visible").image)
        assert not look.found
        assert look.region is None
        assert look.guidance == "no hand"
        assert look.quality.value == 0.0


def test_the_same_picture_gives_the_same_look(finder: HandFinder) -> None:
    image = scene(UPRIGHT).image
    one, other = finder.look(image), finder.look(image)
    assert np.array_equal(one.landmarks, other.landmarks)
    assert one.quality == other.quality


def test_guidance_names_what_has_to_change(finder: HandFinder) -> None:
    far, near, aside = (finder.look(scene(place).image) for place in (
        Place(240.0, 240.0, 62.0), Place(240.0, 330.0, 330.0), Place(400.0, 240.0, 140.0)))  # fmt: skip
    assert far.guidance == "closer"
    assert near.guidance in {"further", "centre", "no hand"}
    assert aside.guidance == "centre"
    good = scene(UPRIGHT).image
    assert finder.look(good, wanted="right").guidance == "other hand"
    assert finder.look(good, wanted="left").guidance != "other hand"
    moved = finder.look(scene(Place(290.0, 260.0, 150.0)).image)
    assert finder.look(good, before=moved).guidance == "hold still"
    assert {far.guidance, near.guidance, aside.guidance} <= set(GUIDANCE)


def test_what_is_cut_off_is_not_valid_in_the_region(finder: HandFinder) -> None:
    drawn = scene(Place(240.0, 440.0, 150.0))
    look = finder.look(drawn.image)
    assert look.region is not None
    assert 0.2 < look.region.mask.mean() < 0.95
    assert not look.region.mask[REGION_PX - 8 :, 40:120].any()


def test_noise_and_darkness_lower_the_quality(finder: HandFinder) -> None:
    rng = np.random.default_rng(4)
    cutout = draw_cutout(rng, body_of(shape_at_random(rng), FLAT), FACING, "visible", 150.0)
    clean = scene_of(rng, cutout, (480, 480), UPRIGHT, faults=0.0).image.pixels // 5 * 3
    noisy = np.clip(clean + rng.normal(0.0, 45.0, clean.shape), 0, 255).astype(np.uint8)
    values = [finder.look(HandImage(picture)).quality.value for picture in (clean, noisy, clean // 25)]
    assert values[0] > values[1] + 10.0
    assert values[0] > values[2] + 10.0


def test_a_finder_needs_a_model_of_hands() -> None:
    with pytest.raises(PalmError, match="hand_model"):
        HandFinder(None)
    with pytest.raises(PalmError, match="no model"):
        HandFinder(b"nothing")


@pytest.mark.parametrize(("folder", "band"), [("nir-hands", "nir"), ("visible-hands", "visible")])
def test_real_hands_are_found(finder: HandFinder, folder: str, band: str) -> None:
    paths = sorted((SHARED / folder).glob("*.jpg"))[::4]
    if not paths:
        pytest.skip("the pictures of real hands are not here: they are not ours to give away")
    for path in paths:
        with Image.open(path) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        look = finder.look(HandImage(pixels, band))  # type: ignore[arg-type]
        assert look.found, path.name
        # All hands of this extract are left ones.
        assert look.side == "left", path.name
