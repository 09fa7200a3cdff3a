"""Pairs of simulated palms under a key, and the weights that are learned from them."""

import numpy as np
import pytest

from tillfree.learning.errors import LearningError
from tillfree.learning.palms.fusion.protected import draw_protected_pairs
from tillfree.learning.palms.fusion.training import Pairs
from tillfree.palm.encoding import Encoder
from tillfree.palm.fusion import fit_fusion

pytest.importorskip("cv2")


def test_protected_pairs_tell_palms_apart() -> None:
    steps = list(draw_protected_pairs(Encoder(None), "visible", palms=21, seed=6000, strangers=20))
    pairs = steps.pop()
    assert isinstance(pairs, Pairs)
    assert [step for step in steps if isinstance(step, float)][-1] == 1.0
    assert pairs.opinions.shape == (21 * 21, 6)
    assert pairs.same.sum() == 21
    fusion = fit_fusion(pairs.opinions, pairs.places, pairs.same, [False, *[True] * 5])
    ratios = fusion.log_ratio(pairs.opinions, pairs.places)
    assert np.median(ratios[pairs.same]) > np.quantile(ratios[~pairs.same], 0.95)


def test_too_few_strangers_are_refused() -> None:
    with pytest.raises(LearningError, match="strangers"):
        next(draw_protected_pairs(Encoder(None), "visible", palms=21, seed=1, strangers=2))
