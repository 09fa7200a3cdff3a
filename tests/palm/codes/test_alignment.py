import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.palm.codes.drawn_palms import drawn_palm, sample
from tillfree.palm.codes.alignment import Agreements, Aligner, Tiles
from tillfree.palm.codes.filters import encode
from tillfree.palm.samples import REGION_PX, PalmRegion


def _lay(reference: PalmRegion, probe: PalmRegion) -> Agreements:
    return Aligner(*encode(probe)).align([Tiles(*encode(reference))])


def test_a_palm_lies_on_itself() -> None:
    region = sample(drawn_palm(3))
    agreement = _lay(region, region)
    assert agreement.ordinal.tolist() == agreement.competitive.tolist() == [[0.0, 0.0]]
    assert agreement.unrest_places.tolist() == [0.0]
    assert agreement.places.tolist() == [[1600.0, 6400.0]]
    assert np.abs(agreement.maps).max() < 1e-6


@given(st.integers(-5, 5), st.integers(-5, 5))
def test_a_shift_is_found(right: int, down: int) -> None:
    skin = drawn_palm(4)
    moved = sample(skin, shift=(4.0 * right, 4.0 * down), noise=0.0)
    agreement = _lay(sample(skin, noise=0.0), moved)
    assert agreement.maps[0, :, 0] == pytest.approx([down, right], abs=0.5)
    assert agreement.ordinal.max() < 0.1


@pytest.mark.parametrize(("turn_deg", "scale"), [(8.0, 1.0), (-10.0, 1.0), (0.0, 1.1), (6.0, 0.92)])
def test_a_turn_and_a_distance_are_found(turn_deg: float, scale: float) -> None:
    skin = drawn_palm(5)
    turned = _lay(sample(skin), sample(skin, 1, turn_deg=turn_deg, scale=scale))
    stranger = _lay(sample(drawn_palm(6)), sample(skin, 1, turn_deg=turn_deg, scale=scale))
    # A turn to the left, seen from the middle: what lies right of it goes up, and y points down.
    assert turned.maps[0, 0, 2] == pytest.approx(-scale * np.sin(np.deg2rad(turn_deg)), abs=0.06)
    assert turned.maps[0, 0, 1] == pytest.approx(scale * np.cos(np.deg2rad(turn_deg)) - 1, abs=0.06)
    assert turned.ordinal.max() < 0.7 * stranger.ordinal.min()
    assert turned.unrest_places[0] < stranger.unrest_places[0]


def test_strangers_differ_more_than_samples_of_one_palm() -> None:
    skins = [drawn_palm(seed) for seed in range(20, 26)]
    first = [Tiles(*encode(sample(skin, 1))) for skin in skins]
    second = [Aligner(*encode(sample(skin, 2, shift=(6, -5), turn_deg=3))) for skin in skins]
    shares = np.array([probe.align(first).ordinal[:, 1] for probe in second])
    own = np.diag(shares)
    assert own.max() < shares[~np.eye(len(skins), dtype=bool)].min()


def test_palms_that_share_nothing_valid_agree_in_nothing_and_break_nothing() -> None:
    region = sample(drawn_palm(7))
    empty = PalmRegion(np.zeros((REGION_PX, REGION_PX), np.float32), np.zeros((REGION_PX, REGION_PX), np.bool_))
    agreement = _lay(region, empty)
    assert agreement.places.tolist() == [[0.0, 0.0]]
    assert np.isfinite(agreement.ordinal).all()
    assert np.isfinite(agreement.competitive).all()
    assert np.isfinite(agreement.unrest_places).all()


def test_references_at_once_and_one_by_one_give_the_same() -> None:
    aligner = Aligner(*encode(sample(drawn_palm(8))))
    references = [Tiles(*encode(sample(drawn_palm(seed), 3))) for seed in range(8, 18)]
    at_once = aligner.align(references)
    for number in reversed(range(len(references))):
        alone = aligner.align(references[number : number + 1])
        assert np.array_equal(alone.ordinal[0], at_once.ordinal[number])
        assert np.array_equal(alone.competitive[0], at_once.competitive[number])
        assert np.allclose(alone.maps[0], at_once.maps[number])
    assert aligner.align([]).ordinal.shape == (0, 2)
