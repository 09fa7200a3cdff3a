"""Simulated palms: the same seed gives the same palm, samples of one are alike, twins share principal lines only."""

import dataclasses
import importlib.util

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

if importlib.util.find_spec("cv2") is None:
    pytest.skip("opencv is not installed: it is part of the extra palm", allow_module_level=True)

from tillfree.palm.opencv import opencv
from tillfree.palm.samples import BANDS, Band
from tillfree.simulation.errors import SimulationError
from tillfree.simulation.palms.regions.conditions import TRAINING, UNSEEN, Conditions, careful
from tillfree.simulation.palms.regions.identity import CANVAS_PX, palm_of, twin_of
from tillfree.simulation.palms.regions.photograph import photograph
from tillfree.simulation.palms.regions.world import identities, samples

Floats = npt.NDArray[np.float32]
_NONE = (0.0, 0.0)


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**31), number=st.integers(0, 10**6), band=st.sampled_from(BANDS))
def test_the_same_numbers_give_the_same_palm_and_samples(seed: int, number: int, band: Band) -> None:
    one, two = (next(identities(seed, 1, number)) for _ in range(2))
    assert one.lines.shape == one.skin.shape == (CANVAS_PX, CANVAS_PX, 4)
    assert np.array_equal(one.lines, two.lines)
    assert np.array_equal(one.skin, two.skin)
    first, again = samples(one, 2, band), samples(two, 2, band)
    for left, right in zip(first, again, strict=True):
        assert np.array_equal(left.pixels, right.pixels)
        assert 0.0 <= left.pixels.min() <= left.pixels.max() <= 1.0
        assert left.mask.mean() > 0.3
        assert left.band == band
    assert not np.array_equal(first[0].pixels, first[1].pixels)
    assert not np.array_equal(first[0].pixels, samples(one, 1, band, seed=7)[0].pixels)


def test_twins_differ_in_all_but_the_principal_lines() -> None:
    assert [twin_of(number) for number in range(5, 9)] == [5, 6, 6, 8]
    one, two, other = palm_of(1, 6), palm_of(1, 7), palm_of(1, 8)
    assert np.array_equal(one.lines[..., 0], two.lines[..., 0])
    for layer in (1, 2, 3):
        assert not np.array_equal(one.lines[..., layer], two.lines[..., layer])
    assert not np.array_equal(one.lines[..., 0], other.lines[..., 0])


def test_a_palm_can_have_the_lines_and_mounds_of_another_as_they_are_or_bent() -> None:
    first, same, bent = palm_of(1, 4, like=4), palm_of(1, 7, like=4), palm_of(1, 5, like=4, bend=0.03)
    assert np.array_equal(first.lines[..., 0], palm_of(1, 4).lines[..., 0])
    assert np.array_equal(first.lines[..., 0], same.lines[..., 0])
    for other in (same, bent):
        assert np.array_equal(first.skin[..., 3], other.skin[..., 3])
        for layer in (1, 2, 3):
            assert not np.array_equal(first.lines[..., layer], other.lines[..., layer])
    cv2 = opencv()
    # A pixel of a bent line is still near the line: blurred, the two look much alike.
    seen = [cv2.GaussianBlur(palm.lines[..., 0].astype(np.float32), (0, 0), 6.0).ravel() for palm in (first, bent)]
    stranger = cv2.GaussianBlur(palm_of(1, 9).lines[..., 0].astype(np.float32), (0, 0), 6.0).ravel()
    assert not np.array_equal(first.lines[..., 0], bent.lines[..., 0])
    assert np.corrcoef(*seen)[0, 1] > 0.6 > np.corrcoef(seen[0], stranger)[0, 1]


@pytest.mark.parametrize("conditions", TRAINING, ids=lambda each: each.name)
def test_a_careful_hand_differs_in_its_place_only(conditions: Conditions) -> None:
    calm = careful(conditions)
    assert calm.shift == conditions.shift / 2
    assert calm.rotation_deg[1] == conditions.rotation_deg[1] / 2
    assert abs(calm.scale[0] - 1.0) < abs(conditions.scale[0] - 1.0)
    held = ("rotation_deg", "shift", "scale", "tilt", "warp", "cut")
    assert dataclasses.replace(calm, **{name: getattr(conditions, name) for name in held}) == conditions


@pytest.mark.parametrize("conditions", TRAINING + UNSEEN, ids=lambda each: each.name)
def test_samples_of_a_palm_are_more_alike_than_those_of_two(conditions: Conditions) -> None:
    still = dataclasses.replace(
        conditions, rotation_deg=_NONE, shift=0.0, scale=(1.0, 1.0), tilt=0.0, warp=_NONE, cut=0.0,
        light=(0.0, 0.1), mounds=(0.0, 0.1), glints=0.0,
    )  # fmt: skip
    rng = np.random.default_rng(5)
    shown = [[photograph(palm, still, rng, 96)[0] for _ in range(3)] for palm in identities(2, 4)]
    fine = np.array([[_fine(picture) for picture in row] for row in shown])
    alike = np.mean([row[i] @ row[j] for row in fine for i, j in ((0, 1), (0, 2), (1, 2))])
    other = np.mean([fine[i, k] @ fine[j, k] for i in range(4) for j in range(i) for k in range(3)])
    assert alike > other + 0.05


def _fine(picture: Floats) -> Floats:
    import cv2

    off = cv2.GaussianBlur(picture, (0, 0), 1.0) - cv2.GaussianBlur(picture, (0, 0), 5.0)
    off = (off - off.mean()).ravel()
    unit: Floats = off / np.linalg.norm(off)
    return unit


def test_veins_show_in_near_infrared_only() -> None:
    palm = palm_of(1, 3)
    veins = palm.lines[48:208, 48:208, 3].astype(np.float32)
    plain = Conditions(
        "plain", "nir", rotation_deg=_NONE, shift=0.0, scale=(1.0, 1.0), tilt=0.0, warp=_NONE, cut=0.0,
        principal=_NONE, secondary=_NONE, fine=_NONE, ridges=_NONE, mottling=_NONE, folds=_NONE, relief=_NONE,
        light=_NONE, mounds=_NONE, noise=_NONE, motion_px=_NONE, glints=0.0, jpeg=0.0, veins=(0.3, 0.3),
    )  # fmt: skip
    shown = photograph(palm, plain, np.random.default_rng(1))[0]
    hardly = photograph(palm, dataclasses.replace(plain, veins=(0.0, 0.02)), np.random.default_rng(1))[0]
    assert shown.std() > 4 * hardly.std()
    assert np.corrcoef(veins.ravel(), shown.ravel())[0, 1] < -0.1
    assert max(each.veins[1] for each in TRAINING + UNSEEN if each.band == "visible") < min(
        each.veins[1] for each in TRAINING + UNSEEN if each.band == "nir"
    )


def test_conditions_of_the_other_band_are_refused() -> None:
    with pytest.raises(SimulationError, match="for the band nir"):
        samples(palm_of(1, 0), 1, "visible", conditions=UNSEEN[1])
