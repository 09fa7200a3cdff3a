"""Each way of spoiling does what its name says, and more of it does more."""

import numpy as np
import pytest

pytest.importorskip("cv2", reason="hands are drawn with the extra 'palm'")

from tillfree.palm.samples import HandImage
from tillfree.simulation.errors import SimulationError
from tillfree.simulation.palms.hands.spoiling import SPOILINGS, spoiled

MIDDLE, PALM_PX = np.array([100.0, 120.0]), 90.0


@pytest.fixture(scope="module")
def image() -> HandImage:
    rng = np.random.default_rng(2)
    return HandImage(rng.integers(60, 180, (220, 200, 3)).astype(np.uint8))


def done(image: HandImage, kind: str, hard: float) -> np.ndarray:
    return spoiled(np.random.default_rng(5), image, kind, hard, MIDDLE, PALM_PX).pixels.astype(float)


@pytest.mark.parametrize("kind", ["", *SPOILINGS])
def test_the_same_numbers_give_the_same_picture(image: HandImage, kind: str) -> None:
    assert np.array_equal(done(image, kind, 0.5), done(image, kind, 0.5))
    assert spoiled(np.random.default_rng(5), image, kind, 0.5, MIDDLE, PALM_PX).band == image.band


def test_light_blur_noise_and_size_change_as_they_are_named(image: HandImage) -> None:
    plain = done(image, "", 0.0)
    assert np.abs(plain - image.pixels).mean() < 3.0
    assert done(image, "dark", 0.8).mean() < 0.1 * plain.mean()
    assert done(image, "bright", 0.5).mean() > 1.4 * plain.mean()
    assert done(image, "low contrast", 0.9).std() < 0.3 * plain.std()
    assert done(image, "noisy", 0.9).std() > plain.std()
    assert done(image, "blurred", 0.9).std() < 0.3 * plain.std()
    assert done(image, "too far", 0.5).shape[0] == pytest.approx(0.56 * 220, abs=1)
    warm = done(image, "warm", 1.0).mean(axis=(0, 1))
    assert warm[0] > warm[1] > warm[2]
    assert (done(image, "glare", 1.0) == 255.0).mean() > 0.005


def test_a_movement_blurs_one_direction_only(image: HandImage) -> None:
    moved = done(image, "moved", 0.6)
    across, down = (np.abs(np.diff(moved, axis=axis)).mean() for axis in (1, 0))
    assert moved.std() < 0.7 * done(image, "", 0.0).std()
    assert across != pytest.approx(down, rel=0.05)


def test_cutting_off_takes_one_side_away(image: HandImage) -> None:
    sizes = {done(image, "cut off", hard).shape[:2] for hard in (0.1, 0.5, 0.9)}
    assert len(sizes) == 3
    assert all(height == 220 or width == 200 for height, width in sizes)


def test_an_unknown_way_is_refused(image: HandImage) -> None:
    with pytest.raises(SimulationError, match="'wet'"):
        done(image, "wet", 0.5)
