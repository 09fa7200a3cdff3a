import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tillfree.palm.fusion import OPINIONS, Fusion, fit_fusion
from tillfree.palm.fusion_table import FUSIONS, TAILS
from tillfree.palm.samples import BANDS

FULL = np.array([[1600.0, 6400.0]])
ALL = [True] * len(OPINIONS)


def _normal_pairs(gap: float, seed: int = 0, count: int = 4000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Opinions of which the first alone tells: normal with this gap, in standard deviations."""
    generator = np.random.default_rng(seed)
    same = np.arange(count) % 8 == 0
    opinions = generator.normal(size=(count, len(OPINIONS)))
    opinions[:, 0] += gap * same
    return opinions, np.repeat(FULL, count, axis=0), same


def test_weights_give_the_likelihood_ratio_that_is_known() -> None:
    """Of two normal distributions of one spread, the log ratio is gap * x - gap ** 2 / 2, whatever their shares."""
    gap = 2.0
    fusion = fit_fusion(*_normal_pairs(gap, count=40000), ALL, stiffness=1e-6)
    x = np.array([-1.0, 0.0, 1.0, 2.0, 3.0])
    opinions = np.zeros((5, len(OPINIONS)))
    opinions[:, 0] = x
    assert fusion.log_ratio(opinions, np.repeat(FULL, 5, axis=0)) == pytest.approx(gap * x - gap**2 / 2, abs=0.3)


@given(st.integers(0, 200))
def test_no_weight_is_negative(seed: int) -> None:
    opinions, places, same = _normal_pairs(1.0, seed, 400)
    opinions[:, 2] -= 1.5 * same  # an opinion that is wrong about everything
    fusion = fit_fusion(opinions, places, same, ALL)
    assert min(fusion.weights) >= 0
    assert fusion.weights[2] == 0


def test_what_may_not_count_does_not() -> None:
    opinions, places, same = _normal_pairs(2.0)
    opinions[:, 0] = np.nan
    fusion = fit_fusion(opinions, places, same, [False, *ALL[1:]])
    assert fusion.weights[0] == 0
    assert np.isfinite(fusion.log_ratio(opinions, places)).all()


@given(st.floats(0, 1600), st.floats(0, 6400))
def test_fewer_places_never_say_more(coarse: float, fine: float) -> None:
    fusion = Fusion((0.0,) * 6, (1.0,) * 6, (1.0,) * 6, 0.0)
    opinions = np.array([[0.0, 2.0, 2.0, 2.0, 2.0, 0.0]])
    assert fusion.log_ratio(opinions, np.array([[coarse, fine]]))[0] <= fusion.log_ratio(opinions, FULL)[0] + 1e-9


def test_pairs_that_are_separated_entirely_give_finite_weights() -> None:
    opinions, places, same = _normal_pairs(50.0)
    fusion = fit_fusion(opinions, places, same, ALL)
    assert np.isfinite(fusion.weights).all()
    ratios = fusion.log_ratio(opinions, places)
    assert ratios[same].min() > ratios[~same].max()


def test_the_table_has_each_kind_of_light_with_and_without_embeddings() -> None:
    keys = {(band, embedded) for band in BANDS for embedded in (False, True)}
    assert set(FUSIONS) == set(TAILS) == keys
    for key, fusion in FUSIONS.items():
        assert min(fusion.weights) >= 0, key
        assert min(fusion.spread) > 0, key
        assert 0 < TAILS[key].share <= 0.05
