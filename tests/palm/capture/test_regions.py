"""Regions lie where the fit says, fingers up and thumb left, and ready regions are taken as they are."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.palm.capture.fitting import TEMPLATE, fit_hand
from tillfree.palm.capture.landmarks import LANDMARKS
from tillfree.palm.capture.regions import SQUARES, palm_region, region_of_square, square_matrix
from tillfree.palm.capture.sampling import Pyramid, sampled
from tillfree.palm.errors import PalmError
from tillfree.palm.samples import REGION_PX

SURE = np.ones(len(LANDMARKS))


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("turn_deg", [0.0, 75.0, 180.0])
def test_a_mark_on_the_thumbs_side_is_on_the_left(mirrored: bool, turn_deg: float) -> None:
    turn = np.radians(turn_deg)
    flip = -1.0 if mirrored else 1.0
    linear = 150.0 * np.array([(np.cos(turn) * flip, -np.sin(turn)), (np.sin(turn) * flip, np.cos(turn))])
    fit = fit_hand(TEMPLATE @ linear.T + (400.0, 400.0), SURE)
    picture = np.full((800, 800), 90, np.uint8)
    x, y, side = SQUARES["visible"]
    mark = fit.places(np.array([(x - 0.3 * side, y - 0.4 * side)]))[0]
    cv2.circle(picture, (round(mark[0]), round(mark[1])), 6, 250, -1)
    region = palm_region(picture, "visible", square_matrix(fit, "visible"), None, "unknown")
    row, column = np.unravel_index(region.pixels.argmax(), region.pixels.shape)
    assert column == pytest.approx(0.2 * REGION_PX, abs=7)
    assert row == pytest.approx(0.1 * REGION_PX, abs=7)
    assert region.mask.all()


def test_what_lies_outside_the_picture_is_not_valid() -> None:
    fit = fit_hand(TEMPLATE * 200.0 + (100.0, 100.0), SURE)
    region = palm_region(np.full((240, 240), 90, np.uint8), "nir", square_matrix(fit, "nir"), None, "left")
    assert 0.2 < region.mask.mean() < 0.95
    assert not region.mask[-1].any()


def test_glints_are_not_valid() -> None:
    square = np.full((128, 128), 100, np.uint8)
    square[40:50, 60:70] = 255
    region = region_of_square(square, "visible")
    assert not region.mask[52:60, 78:84].any()
    assert region.mask.mean() > 0.98


@given(st.integers(64, 400), st.sampled_from(["grey", "colour", "shares"]))
def test_ready_regions_of_any_size_are_taken(size: int, kind: str) -> None:
    shape = (size, size, 3) if kind == "colour" else (size, size)
    pixels = np.full(shape, 0.5, np.float32) if kind == "shares" else np.full(shape, 128, np.uint8)
    region = region_of_square(pixels, "nir")
    assert region.pixels == pytest.approx(0.5, abs=0.01)
    assert region.mask.all()
    assert region.band == "nir"


@pytest.mark.parametrize("shape", [(63, 63), (128, 100), (128, 128, 4), (128,)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(PalmError, match="palm region"):
        region_of_square(np.zeros(shape, np.uint8), "visible")


def test_fine_stripes_become_grey_when_they_shrink() -> None:
    stripes = np.tile(np.array([0, 255], np.uint8), (400, 200))
    small = sampled(stripes, np.array([(4.0, 0.0, 1.5), (0.0, 4.0, 1.5)]), (100, 100))
    assert small.std() < 6.0
    assert small.mean() == pytest.approx(127.5, abs=3.0)


def test_a_pyramid_shows_the_same_as_the_picture() -> None:
    rng = np.random.default_rng(3)
    small = cv2.GaussianBlur(rng.uniform(0, 255, (900, 1200)).astype(np.float32), (0, 0), 12.0)
    picture = np.clip((small - small.mean()) * 12 + 128, 0, 255).astype(np.uint8)
    for matrix in ([(5.0, 0.6, 30.0), (-0.6, 5.0, 90.0)], [(-2.2, 0.0, 700.0), (0.0, 2.2, 80.0)]):
        direct, through = (f(np.array(matrix), (120, 110)).astype(int)
                           for f in (lambda m, s: sampled(picture, m, s), Pyramid(picture).sampled))  # fmt: skip
        assert np.abs(direct - through).mean() < 1.5
