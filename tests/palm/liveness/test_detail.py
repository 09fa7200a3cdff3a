import math

import numpy as np
import pytest

from tests.palm.liveness.stacks import lines, seen_of, stack_of_patches
from tillfree.palm.liveness.bands import agreement
from tillfree.palm.liveness.cues import measured
from tillfree.palm.liveness.detail import detail_of, peak
from tillfree.palm.liveness.following import PATCH_PX, Stack
from tillfree.palm.liveness.shading import bands, glint, shading

FRAMES = 6


def palms(layers: list[np.ndarray], noise: float = 0.0, seed: int = 0) -> np.ndarray:
    """Frames of a palm: one layer of logarithms for each colour, and noise that is new in each frame."""
    rng = np.random.default_rng(seed)
    still = np.exp(np.stack(layers, axis=-1))[None] * 0.5
    return np.clip(np.repeat(still, FRAMES, axis=0) + rng.normal(0, noise, (FRAMES, *still.shape[1:])), 0.01, 1.0)


def test_noise_is_not_taken_for_structure() -> None:
    layer = 0.05 * lines(np.random.default_rng(1), 2.0)
    clean, noisy = (detail_of(stack_of_patches(palms([layer], noise))) for noise in (0.0, 0.03))
    assert noisy.middle == pytest.approx(clean.middle, abs=0.1)
    assert noisy.fine == pytest.approx(clean.fine, abs=0.25)


def test_one_frame_counts_its_noise() -> None:
    stack = stack_of_patches(palms([0 * lines(np.random.default_rng(1), 2.0)], 0.03)[:1])
    assert detail_of(stack).fine > detail_of(stack_of_patches(palms([np.zeros((PATCH_PX, PATCH_PX))], 0.03))).fine + 1.0


def test_light_that_travels_under_the_skin_softens_lines() -> None:
    rng = np.random.default_rng(2)
    sharp = 0.1 * lines(rng, 1.0)
    import cv2

    soft = cv2.GaussianBlur(sharp, (0, 0), 2.0)
    skin = measured(stack_of_patches(palms([soft, sharp, sharp])), None)
    ink = measured(stack_of_patches(palms([sharp, sharp, sharp])), None)
    assert skin["visible red softness"] < ink["visible red softness"] - 0.3
    assert skin["visible red contrast"] < ink["visible red contrast"] - 0.3
    assert ink["visible one colour"] > skin["visible one colour"] + 1.0


def test_grey_pictures_have_no_cues_of_colour() -> None:
    values = measured(stack_of_patches(palms([0.1 * lines(np.random.default_rng(2), 2.0)])), None)
    assert math.isnan(values["visible red softness"])


def test_both_lights_of_a_carbon_print_agree_and_strangers_do_not() -> None:
    rng = np.random.default_rng(3)
    one, other = 0.1 * lines(rng, 2.0), 0.1 * lines(rng, 2.0)
    first, second = (detail_of(stack_of_patches(palms([layer]))) for layer in (one, other))
    moved = detail_of(stack_of_patches(palms([np.roll(one, (4, -3), axis=(0, 1))])))
    half = detail_of(stack_of_patches(palms([0.5 * one + 0.5 * other])))
    assert agreement(first, moved) > 0.9
    assert agreement(first, second) < 0.3
    assert 0.4 < agreement(first, half) < 0.9


def test_a_picture_without_any_structure_does_not_agree() -> None:
    empty = detail_of(stack_of_patches(palms([np.zeros((PATCH_PX, PATCH_PX))])))
    lined = detail_of(stack_of_patches(palms([0.1 * lines(np.random.default_rng(3), 2.0)])))
    assert math.isnan(agreement(lined, empty))


@pytest.mark.parametrize("cycles_per_px", [0.15, 0.31, 0.43])
def test_a_grid_shows_as_a_peak(cycles_per_px: float) -> None:
    rng = np.random.default_rng(4)
    rows, columns = np.mgrid[:300, :300]
    wave = 6 * np.cos(2 * np.pi * cycles_per_px * (0.9 * columns + 0.4 * rows))
    skin = 128 + 6 * rng.standard_normal((300, 300))
    plain, grid = (
        peak(Stack(seen_of(picture.astype(np.uint8), 3), np.zeros((3, 0, 2)), np.zeros((3, 0, 2)),
                   np.zeros((3, PATCH_PX, PATCH_PX, 1), dtype=np.float32), np.eye(3)))
        for picture in (skin, skin + wave)
    )  # fmt: skip
    assert grid > plain + 1.5


def test_uneven_changes_of_light_are_relief() -> None:
    side = np.linspace(-1, 1, PATCH_PX)
    x, y = np.meshgrid(side, side)
    turning = np.linspace(0, 1, FRAMES)[:, None, None]
    slope = 0.4 * np.exp(turning * 0.3 * x)[..., None]
    hill = 0.4 * np.exp(turning * 0.3 * np.sin(4 * x) * np.cos(4 * y))[..., None]
    assert shading(stack_of_patches(hill)) > shading(stack_of_patches(slope)) + 2.0


def test_a_bright_spot_is_shine() -> None:
    side = np.linspace(-1, 1, PATCH_PX)
    x, y = np.meshgrid(side, side)
    spot = np.exp(-(x**2 + y**2) / 0.02)
    dull = np.full((FRAMES, PATCH_PX, PATCH_PX, 3), 0.4)
    assert glint(stack_of_patches(dull + 0.4 * spot[..., None])) > glint(stack_of_patches(dull)) + 0.1


def test_bands_along_rows_are_told_from_bands_along_columns() -> None:
    rows = np.arange(PATCH_PX)[:, None] + np.zeros((1, PATCH_PX))
    frames = np.stack([0.5 + 0.05 * np.sin(rows / 12 + phase) for phase in range(FRAMES)])[..., None]
    assert bands(stack_of_patches(frames)) > 1.0
    assert bands(stack_of_patches(frames.transpose(0, 2, 1, 3))) < -1.0


def test_with_one_frame_changes_of_light_cannot_be_measured() -> None:
    stack = stack_of_patches(np.full((1, PATCH_PX, PATCH_PX, 1), 0.5))
    assert math.isnan(shading(stack))
    assert math.isnan(bands(stack))
