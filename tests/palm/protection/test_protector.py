"""Templates under a key: what they keep, what they refuse, and what they do not show."""

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tillfree.palm.errors import PalmError
from tillfree.palm.protection import ProtectedTemplate, Protector
from tillfree.palm.samples import BANDS
from tillfree.simulation.palms.features import FeatureModel

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
MODEL = FeatureModel(dimensions=128)


def salt(number: int) -> bytes:
    return number.to_bytes(16, "little")


def test_the_same_palm_is_far_more_likely_than_another() -> None:
    protector = Protector(KEY)
    stored = [protector.protect(MODEL.palm(1, number), salt(number)) for number in range(6)]
    for number in range(6):
        probe = protector.probe(MODEL.palm(1, number, sample=1))
        ratios = [protector.compare(probe, template) for template in stored]
        assert ratios[number] > 5.0
        assert max(ratios[:number] + ratios[number + 1 :]) < 0.0


def test_a_probe_gives_the_same_as_its_features() -> None:
    protector = Protector(KEY)
    stored, probe = protector.protect(MODEL.palm(1, 1), salt(1)), MODEL.palm(1, 1, sample=1)
    assert protector.compare(probe, stored) == protector.compare(protector.probe(probe), stored)


@settings(max_examples=15)
@given(number=st.integers(0, 50), salted=st.binary(min_size=16, max_size=16), embedded=st.booleans())
def test_what_is_stored_comes_back_and_says_the_same(number: int, salted: bytes, embedded: bool) -> None:
    protector = Protector(KEY)
    model = MODEL if embedded else FeatureModel(dimensions=0)
    template = protector.protect(model.palm(2, number), salted)
    again = ProtectedTemplate.from_bytes(template.to_bytes())
    assert again.to_bytes() == template.to_bytes()
    probe = model.palm(2, number, sample=1)
    assert protector.compare(probe, again) == protector.compare(probe, template)


def test_features_without_an_embedding_are_compared_by_their_codes() -> None:
    protector = Protector(KEY)
    model = FeatureModel(dimensions=0)
    template = protector.protect(model.palm(3, 1), salt(1))
    assert protector.compare(model.palm(3, 1, sample=1), template) > protector.compare(model.palm(3, 2), template)
    assert math.isnan(protector.opinions(model.palm(3, 2), template)[0][0])
    with pytest.raises(PalmError, match="without an embedding"):
        protector.search_code(model.palm(3, 1))


def test_the_cosine_is_estimated_without_bias() -> None:
    protector = Protector(KEY)
    errors = []
    for number in range(30):
        first, second = MODEL.palm(4, number), MODEL.palm(4, number, sample=1)
        told = protector.opinions(second, protector.protect(first, salt(number)))[0][0]
        errors.append(told - float(first.embedding @ second.embedding))
    assert abs(np.mean(errors)) < 0.01
    assert np.std(errors) < 0.04


def test_templates_of_one_sample_look_unlike_under_other_salts_and_keys() -> None:
    features = MODEL.palm(5, 1)
    templates = [
        Protector(KEY).protect(features, salt(1)),
        Protector(KEY).protect(features, salt(2)),
        Protector(OTHER_KEY).protect(features, salt(1)),
    ]
    bits = [np.unpackbits(template.sealed) for template in templates]
    for a, b in ((0, 1), (0, 2), (1, 2)):
        assert abs((bits[a] != bits[b]).mean() - 0.5) < 4 * 0.5 / math.sqrt(len(bits[a]))
    assert all(abs(each.mean() - 0.5) < 4 * 0.5 / math.sqrt(len(each)) for each in bits)


def test_search_codes_of_two_sites_have_nothing_in_common() -> None:
    features = MODEL.palm(6, 1)
    here, there = (np.unpackbits(Protector(key).search_code(features)) for key in (KEY, OTHER_KEY))
    assert abs((here != there).mean() - 0.5) < 0.1
    again = np.unpackbits(Protector(KEY).search_code(MODEL.palm(6, 1, sample=1)))
    assert (here != again).mean() < 0.35


def test_a_template_of_another_key_band_or_model_is_refused() -> None:
    protector = Protector(KEY)
    probe = MODEL.palm(7, 1)
    with pytest.raises(PalmError, match="made with the key"):
        protector.compare(probe, Protector(OTHER_KEY).protect(probe, salt(1)))
    with pytest.raises(PalmError, match="nir light"):
        protector.compare(probe, protector.protect(dataclasses.replace(probe, band="nir"), salt(1)))
    with pytest.raises(PalmError, match="another model"):
        protector.compare(probe, protector.protect(FeatureModel(dimensions=64).palm(7, 1), salt(1)))


def test_short_keys_and_salts_and_broken_features_are_refused() -> None:
    with pytest.raises(PalmError, match="at least 32"):
        Protector(bytes(31))
    with pytest.raises(PalmError, match="16 new random bytes"):
        Protector(KEY).protect(MODEL.palm(1, 1), b"short")
    broken = dataclasses.replace(MODEL.palm(1, 1), embedding=np.full(128, np.nan, np.float32))
    with pytest.raises(PalmError, match="finite"):
        Protector(KEY).protect(broken, salt(1))
    shorter = dataclasses.replace(MODEL.palm(1, 1), ordinal=np.zeros(10, np.uint8))
    with pytest.raises(PalmError, match="encode anew"):
        Protector(KEY).protect(shorter, salt(1))


@given(cut=st.integers(0, 4000), flip=st.integers(0, 4))
def test_bytes_that_are_no_template_are_refused(cut: int, flip: int) -> None:
    data = Protector(KEY).protect(MODEL.palm(1, 1), salt(1)).to_bytes()
    if cut < len(data):
        with pytest.raises(PalmError):
            ProtectedTemplate.from_bytes(data[:cut])
    with pytest.raises(PalmError):
        ProtectedTemplate.from_bytes(data[:flip] + b"\xff" + data[flip + 1 :] + b"\x00")


@given(fmr=st.floats(1e-12, 5e-3), embedded=st.booleans())
def test_rarer_strangers_need_higher_thresholds_and_no_threshold_is_the_last(fmr: float, embedded: bool) -> None:
    protector = Protector(KEY)
    for band in BANDS:
        higher = protector.threshold(fmr / 10, band, embedded=embedded)
        # At least exponential: a tenth of the rate costs at least the scale times the logarithm of ten.
        assert higher - protector.threshold(fmr, band, embedded=embedded) > 0.5
    with pytest.raises(PalmError, match="false match rate"):
        protector.threshold(0.5, "visible")


def test_the_name_of_a_key_is_not_the_key() -> None:
    name = Protector(KEY).key_id
    assert len(name) == 8
    assert name not in KEY
    assert name != Protector(OTHER_KEY).key_id
