import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest

from tests.palm.codes.drawn_palms import drawn_palm, sample
from tillfree.palm.comparison import Probe, Reference, compare
from tillfree.palm.encoding import Encoder
from tillfree.palm.errors import PalmError
from tillfree.palm.features import Features
from tillfree.palm.samples import PalmRegion

CODES = Encoder(None)


class _Means:
    """A stand-in for a network: means of 8 x 8 tiles, of length 1."""

    def embed(self, regions: Sequence[PalmRegion]) -> npt.NDArray[np.float32]:
        tiles = np.array([region.pixels.reshape(8, 20, 8, 20).mean(axis=(1, 3)).ravel() for region in regions])
        tiles -= tiles.mean(axis=1, keepdims=True)
        unit: npt.NDArray[np.float32] = (tiles / np.linalg.norm(tiles, axis=1, keepdims=True)).astype(np.float32)
        return unit


def _features(palm: int, seed: int, **placed: object) -> Features:
    return CODES.features(sample(drawn_palm(palm), seed, **placed))  # type: ignore[arg-type]


def test_a_sample_of_the_same_palm_has_better_odds_than_a_stranger() -> None:
    own = compare(_features(1, 1), _features(1, 2, shift=(7, -4), turn_deg=4))
    stranger = compare(_features(1, 1), _features(2, 2))
    assert own.log_ratio > 3
    assert stranger.log_ratio < 0
    assert own.ordinal > stranger.ordinal
    assert own.competitive > stranger.competitive


def test_identical_features_agree_entirely() -> None:
    scores = compare(_features(3, 1), _features(3, 1))
    assert scores.ordinal == scores.competitive == pytest.approx(1.0, abs=1e-6)


def test_many_references_give_the_same_as_one_by_one() -> None:
    probe = _features(4, 1)
    references = [_features(palm, 2) for palm in (4, 5, 6)]
    at_once = Probe(probe).compare_all([Reference(each) for each in references])
    one_by_one = [compare(probe, each) for each in references]
    for one, other in zip(at_once, one_by_one, strict=True):
        assert dataclasses.astuple(one)[1:] == pytest.approx(dataclasses.astuple(other)[1:])


def test_little_palm_says_little() -> None:
    """Where most is masked, both a good and a bad agreement are worth less."""

    def cut(palm: int, seed: int) -> Features:
        region = sample(drawn_palm(palm), seed)
        mask = region.mask.copy()
        mask[:, 60:] = False
        return CODES.features(dataclasses.replace(region, mask=mask))

    whole, part = compare(_features(7, 1), _features(7, 2)), compare(cut(7, 1), cut(7, 2))
    assert part.log_ratio < whole.log_ratio
    assert part.ordinal < whole.ordinal


def test_the_embedding_is_a_cosine() -> None:
    encoder = Encoder(_Means())
    a, b = encoder.features_of([sample(drawn_palm(8), 1), sample(drawn_palm(9), 1)])
    assert compare(a, a).embedding == pytest.approx(1.0)
    assert compare(a, b).embedding == pytest.approx(float(a.embedding @ b.embedding))
    assert encoder.features_of([]) == []


def test_what_cannot_be_compared_is_refused() -> None:
    nir = CODES.features(sample(drawn_palm(1), 1, band="nir"))
    with pytest.raises(PalmError, match="nir light"):
        compare(_features(1, 1), nir)
    with pytest.raises(PalmError, match="two models"):
        compare(_features(1, 1), Encoder(_Means()).features(sample(drawn_palm(1), 1)))
    with pytest.raises(PalmError, match="3000"):
        compare(_features(1, 1), dataclasses.replace(_features(1, 1), ordinal=np.zeros(4, np.uint8)))
