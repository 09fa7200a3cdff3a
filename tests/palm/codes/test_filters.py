import cv2
import numpy as np
import pytest

from tests.palm.codes.drawn_palms import drawn_palm, sample
from tillfree.palm.codes.filters import encode
from tillfree.palm.codes.layout import GRIDS, planes
from tillfree.palm.samples import REGION_PX, PalmRegion


def _region(pixels: np.ndarray, mask: np.ndarray | None = None) -> PalmRegion:
    everywhere = np.ones((REGION_PX, REGION_PX), np.bool_)
    return PalmRegion(pixels.astype(np.float32), everywhere if mask is None else mask)


def test_light_and_contrast_change_hardly_a_bit() -> None:
    plain = sample(drawn_palm(1), noise=0.0)
    slope = np.linspace(-0.1, 0.1, REGION_PX)[None, :]
    lit = _region(np.clip(0.6 * plain.pixels + 0.15 + slope, 0, 1))
    for one, other in zip(encode(plain)[:2], encode(lit)[:2], strict=True):
        assert np.unpackbits(one ^ other).mean() < 0.04


@pytest.mark.parametrize(("angle_deg", "johnson"), [(0, (0, 0, 0)), (30, (0, 0, 1)), (60, (0, 1, 1)), (90, (1, 1, 1))])
def test_the_competitive_code_names_the_direction_of_a_dark_line(angle_deg: int, johnson: tuple[int, int, int]) -> None:
    pixels = np.full((REGION_PX, REGION_PX), 0.6, np.float32)
    along = 60 * np.array([np.cos(np.deg2rad(angle_deg)), -np.sin(np.deg2rad(angle_deg))])
    ends = [tuple(int(v) for v in np.rint(80 + sign * along)) for sign in (-1, 1)]
    cv2.line(pixels, ends[0], ends[1], 0.3, 5, cv2.LINE_AA)
    competitive = encode(_region(pixels))[1]
    for level, grid in enumerate(GRIDS):
        middle = planes(competitive, level)[:, grid // 2, grid // 2]
        assert tuple(middle.astype(int)) == johnson


def test_what_is_masked_does_not_count_and_does_not_change_what_counts() -> None:
    region = sample(drawn_palm(2), noise=0.0)
    mask = region.mask.copy()
    mask[:, 120:] = False
    glaring = region.pixels.copy()
    glaring[:, 120:] = 1.0
    codes, masked = encode(region), encode(_region(glaring, mask))
    for level, grid in enumerate(GRIDS):
        valid = planes(masked[2], level)[0]
        assert not valid[:, 3 * grid // 4 :].any()
        assert valid[:, : grid // 2].all()
        inner = (slice(None), slice(None), slice(0, grid // 2))
        for code in (0, 1):
            assert (planes(codes[code], level)[inner] != planes(masked[code], level)[inner]).mean() < 0.02


def test_a_region_without_palm_has_no_valid_bit() -> None:
    nothing = _region(np.zeros((REGION_PX, REGION_PX)), np.zeros((REGION_PX, REGION_PX), np.bool_))
    assert not encode(nothing)[2].any()
