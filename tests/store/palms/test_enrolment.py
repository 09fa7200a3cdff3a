"""Two people who hold their hands in turn are enrolled as one as rarely as is said, wherever they stand."""

import math
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from tests.store.palms.stand_in import StandIn, StandInGallery, samples
from tillfree.evaluation.palms.bounds import clopper_pearson
from tillfree.palm.strangers import ENOUGH
from tillfree.palm.thresholds import fmr_for_gallery
from tillfree.storage.palm_vault.key_rooms import KeyText
from tillfree.storage.palm_vault.vault import PalmVault
from tillfree.store.palms.enrolment import are_of_one_palm, chosen_templates
from tillfree.store.palms.errors import PalmDeskError
from tillfree.store.palms.galleries import KeptGallery
from tillfree.store.palms.index_settings import IndexSettings
from tillfree.store.palms.recogniser import Protected, Sample
from tillfree.store.palms.settings import PalmSettings

RATE = 0.01
"""As the enrolment says."""
FALL = 0.8
"""How far the scores of strangers reach: their ratios fall a little faster than honest ones may."""
OWN = 25.0


class TailGallery(StandInGallery):
    """Each comparison of two people is as high as chance says."""

    strangers = np.random.default_rng(8)
    shift = 0.0

    def scores(self, probe: object, data: bytes) -> Sequence[float]:
        if repr(probe).encode() == data:
            return [OWN]
        return [float(self.strangers.exponential(FALL)) + self.shift]


class Tail(StandIn):
    """A recogniser whose thresholds keep exactly the rate that is asked for."""

    def gallery(self, site_key: bytes, index: IndexSettings) -> TailGallery:
        del index
        return TailGallery(site_key)

    def protect(self, sample: Sample, site_key: bytes) -> Sequence[Protected]:
        del site_key
        return [Protected("nir", repr(sample.features).encode())]

    def threshold(self, persons: int, rate: float) -> float:
        return -FALL * math.log(fmr_for_gallery(min(rate, 0.5), persons))


@pytest.fixture
def gallery() -> Iterator[KeptGallery]:
    with PalmVault.open(None, KeyText("test:" + "A" * 43 + "=", "the test")) as vault:
        yield KeptGallery(vault, Tail())


def is_one(gallery: KeptGallery, shown: Sequence[Sample]) -> bool:
    try:
        chosen_templates({"left": list(shown)}, gallery, Tail(), PalmSettings(), 1)
    except PalmDeskError:
        return False
    return True


def in_turn(count: int) -> list[Sample]:
    """Two people, one after the other."""
    return [samples(1 + at % 2, count=1)[0] for at in range(count)]


@pytest.mark.parametrize("count", [3, 4, 6])
def test_two_people_in_turn_pass_as_rarely_as_is_said(gallery: KeptGallery, count: int) -> None:
    times = 3000
    passed = clopper_pearson(sum(is_one(gallery, in_turn(count)) for _ in range(times)), times)
    assert passed.value <= RATE
    assert passed.low < RATE / 2 < 2 * passed.high  # and no more strictly than it has to be
    assert is_one(gallery, samples(1, count=count))


def test_two_holds_of_two_people_are_one_palm_as_rarely(gallery: KeptGallery) -> None:
    times = 3000
    held = sum(are_of_one_palm(samples(1), samples(2), gallery, Tail()) for _ in range(times))
    assert clopper_pearson(held, times).value <= RATE
    assert are_of_one_palm(samples(1), samples(1), gallery, Tail())


def test_where_strangers_score_high_people_in_turn_are_told_apart_as_well(
    gallery: KeptGallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TailGallery, "shift", 4.0)
    assert sum(is_one(gallery, in_turn(3)) for _ in range(300)) > 30
    met = 4.0 + np.random.default_rng(9).exponential(FALL, 4 * ENOUGH)
    gallery._met.scores.add(met.tolist())
    times = 1500
    assert sum(is_one(gallery, in_turn(3)) for _ in range(times)) <= 1.5 * RATE * times
    assert is_one(gallery, samples(1))
