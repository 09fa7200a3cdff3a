"""The number of quality is a chance that falls with each fault, and the reason names the fault."""

import dataclasses
import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("cv2", reason="palms are measured with the extra 'palm'")

import cv2

from tillfree.palm.quality import REASONS, chance_of, measures_of, quality_of
from tillfree.palm.quality_model import MEASURES, SHORT_MAX
from tillfree.palm.quality_table import FAULTS, SURE
from tillfree.palm.samples import REGION_PX, PalmRegion
from tillfree.simulation.palms.regions.conditions import TRAINING
from tillfree.simulation.palms.regions.world import identities, samples

WHOLE = np.ones((REGION_PX, REGION_PX), np.bool_)


@pytest.fixture(scope="module")
def palms() -> list[np.ndarray]:
    """Clear pictures with hardly any noise."""
    clear = dataclasses.replace(
        TRAINING[0],
        blur_px=(0.5, 0.6),
        noise=(0.0, 0.0),
        sharpen=(0.0, 0.0),
        motion_px=(0.0, 0.0),
        glints=0.0,
        cut=0.0,
        jpeg=0.0,
    )
    taken = [samples(palm, 1, seed=8, conditions=clear)[0].pixels for palm in identities(21, 4)]
    return [np.clip(0.9 * cv2.GaussianBlur(each, (0, 0), 0.5), 0.0, 1.0) for each in taken]


def value(pixels: np.ndarray, mask: np.ndarray = WHOLE, px: float = 160.0, sure: float = 0.95) -> float:
    return quality_of(region(pixels, mask), px, sure).value


def reason(pixels: np.ndarray, mask: np.ndarray = WHOLE, px: float = 160.0, sure: float = 0.95) -> str:
    return quality_of(region(pixels, mask), px, sure).reason


def region(pixels: np.ndarray, mask: np.ndarray = WHOLE) -> PalmRegion:
    levels = np.round(np.clip(pixels, 0.0, 1.0) * 255.0) / 255.0
    return PalmRegion(levels.astype(np.float32), mask)


def noisy(pixels: np.ndarray, sigma: float) -> np.ndarray:
    return pixels + sigma * np.random.default_rng(3).standard_normal(pixels.shape)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.0, 1.0), st.floats(0.0, 0.5), st.floats(0.0, 1.0), st.floats(1.0, 900.0))
def test_any_region_has_a_chance_and_a_known_reason(
    seed: int, level: float, spread: float, kept: float, palm_px: float
) -> None:
    rng = np.random.default_rng(seed)
    mask = rng.random((REGION_PX, REGION_PX)) < kept
    found = quality_of(region(level + spread * rng.standard_normal(mask.shape), mask), palm_px, kept)
    assert math.isfinite(found.value)
    assert 0.0 <= found.value <= 100.0
    assert found.reason in REASONS


@given(st.dictionaries(st.sampled_from(MEASURES), st.floats(-10.0, 10.0)), st.sampled_from(MEASURES))
def test_no_measure_lowers_the_number_by_being_better(given_: dict[str, float], name: str) -> None:
    measures = dict.fromkeys(MEASURES, 0.0) | given_
    better = measures | {name: measures[name] + 0.5}
    assert chance_of(better) >= chance_of(measures)


def test_the_table_has_a_price_for_each_measure() -> None:
    assert tuple(FAULTS) == MEASURES
    assert all(fault.step > 0.0 and fault.weight >= 0.0 for fault in FAULTS.values())
    assert chance_of({name: fault.harmless for name, fault in FAULTS.items()}) == pytest.approx(
        1 / (1 + math.exp(-SURE))
    )
    worst = {name: fault.harmless - (SHORT_MAX + 1.0) * fault.step for name, fault in FAULTS.items()}
    assert chance_of(worst) < 0.01


def test_a_clear_palm_is_good_for_no_reason(palms: list[np.ndarray]) -> None:
    for pixels in palms:
        assert value(pixels) > 75.0
        assert reason(pixels) in {"", "low contrast"}


@pytest.mark.parametrize("steps", [
    [cv2.GaussianBlur, 1.5, 3.0, 6.0],
    [noisy, 0.02, 0.06, 0.2],
    [lambda pixels, share: pixels * share, 0.2, 0.06, 0.02],
    [lambda pixels, share: pixels.mean() + (pixels - pixels.mean()) * share, 0.3, 0.1, 0.02],
])  # fmt: skip
def test_the_more_it_is_spoiled_the_lower_it_is(palms: list[np.ndarray], steps: list[Any]) -> None:
    way, amounts = steps[0], steps[1:]
    for pixels in palms:
        spoiled = [
            way(pixels, (0, 0), amount) if way is cv2.GaussianBlur else way(pixels, amount) for amount in amounts
        ]
        values = [value(noisy(each, 0.002)) for each in [pixels, *spoiled]]
        # Below ten nothing is to be told apart any more.
        assert all(later <= max(before, 10.0) for before, later in itertools.pairwise(values)), values
        assert values[-1] < values[0] - 10.0


def test_the_longer_a_hand_moves_the_lower_it_is(palms: list[np.ndarray]) -> None:
    for pixels in palms:
        moved = [cv2.blur(pixels, (1, length)) for length in (1, 9, 17)]
        values = [value(noisy(each, 0.002)) for each in moved]
        assert values[0] > values[2] + 5.0
        assert values[1] >= values[2] - 0.5


def test_less_of_the_palm_is_worth_less(palms: list[np.ndarray]) -> None:
    values = []
    for rows in (0, 60, 120):
        mask = WHOLE.copy()
        mask[REGION_PX - rows :] = False
        values.append(value(palms[0], mask))
    assert values[0] > values[1] > values[2]


def test_the_reason_is_what_was_done(palms: list[np.ndarray]) -> None:
    pixels = palms[0]
    half = WHOLE.copy()
    half[:110] = False
    dots = pixels.copy()
    for x, y in np.random.default_rng(1).integers(8, REGION_PX - 8, (40, 2)).tolist():
        cv2.circle(dots, (x, y), 9, 1.0, -1)
    assert reason(noisy(pixels, 0.1)) == "noisy"
    assert reason(cv2.GaussianBlur(pixels, (0, 0), 5.0)) == "blurred"
    assert reason(cv2.GaussianBlur(pixels, (0, 0), 5.0), px=50.0) == "too far"
    assert reason(noisy(pixels * 0.02, 0.004)) == "too dark"
    assert reason(noisy(pixels.mean() + 0.03 * (pixels - pixels.mean()), 0.004)) == "low contrast"
    assert reason(dots, cv2.erode((dots < 0.985).astype(np.uint8), np.ones((5, 5))).astype(bool)) == "glare"
    assert reason(np.where(pixels > 0.3, 1.0, pixels)) == "too bright"
    assert reason(pixels, sure=0.6) == "bent"
    assert reason(pixels, half, sure=0.6) == "cut off"


def test_a_picture_of_nothing_is_worth_nearly_nothing() -> None:
    assert value(np.zeros((REGION_PX, REGION_PX)), sure=0.5) < 30.0
    measures = measures_of(region(np.zeros((REGION_PX, REGION_PX)), ~WHOLE), 0.0, 0.0)
    assert all(math.isfinite(each) for each in measures.values())
